"""Prepare: turn labelled sets into train, calib and test that share no text, pair or thread.

Reads   data/seed/, data/annotations/, data/feedback/, the public sets under prepare.external
Writes  train.parquet, calib.parquet, test.parquet, stranger.parquet, soft.parquet, prepare.json
"""

import collections
import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import pyarrow as pa
from datasketch import MinHash, MinHashLSH

from pipeline.core.errors import PipelineError
from pipeline.core.heads import OUTPUTS
from pipeline.core.settings import PrepareSettings
from pipeline.core.tables import PREPARED, write_table, write_text
from pipeline.core.text import normalise, text_hash
from pipeline.sources.labelled import (
    ANNOTATED_SOURCES,
    MEASURED_ONLY,
    PUBLIC_SETS,
    Labelled,
    check_set_names,
    read_annotations,
    read_own,
    trains,
)
from pipeline.sources.reviewed import SET as REVIEWED
from pipeline.sources.reviewed import read_reviewed, soft_table

MINHASH_PERMUTATIONS = 64
BANDS = (16, 4)
"""Bands and rows of the index: it finds 99.9 % of pairs alike by 0.8, 99 % by 0.7, and some less
alike, which an exact comparison then takes out."""
SUITE_TWIN = 0.7
"""Jaccard similarity from which a comment is a near-duplicate of a case of the suites."""
MAX_MEASURED_GROUP = 20
Grams = frozenset[bytes]


@dataclass(frozen=True)
class Row:
    """A labelled text of a named set."""

    set: str
    labelled: Labelled


@dataclass(frozen=True)
class Summary:
    """What was read, what was left out and where the rest went."""

    n_rows: dict[str, int]
    n_train: int
    n_calib: int
    n_test: int
    n_stranger: int
    n_conflicts: int
    n_suite_twins: int
    skipped_sets: tuple[str, ...]


def run(
    settings: PrepareSettings,
    data: Path,
    suites: Path,
    out_dir: Path,
    *,
    feedback: Path | None = None,
) -> Summary:
    """Write the splits and a summary; near-duplicates of the behaviour suites are left out.

    `feedback` is the folder of reviewed comments, by default that in `data`.
    """
    reviewed = feedback or data / "feedback"
    read, skipped = read_sets(settings, data, reviewed)
    kept, n_conflicts = without_conflicts(read)
    kept, n_twins = without_suite_twins(kept, suites)
    trained = [row for row in kept if trains(row.set)]
    strangers = [row for row in kept if not trains(row.set)]
    groups = group_rows(trained + strangers, settings.near_duplicate)
    splits = split_groups(trained, groups[: len(trained)], settings)
    known = set(groups[: len(trained)])
    pairs = zip(strangers, groups[len(trained) :], strict=True)
    # A measured-only text that has a twin among the trained ones is no stranger any more.
    splits["stranger"] = [row for row, group in pairs if group not in known]
    for name, rows in splits.items():
        write_table(out_dir / f"{name}.parquet", to_table(rows))
    write_table(out_dir / "soft.parquet", soft_table(reviewed, settings.max_feedback_weight))
    counts = {name: len(rows) for name, rows in splits.items()}
    per_set = dict(sorted(collections.Counter(row.set for row in read).items()))
    summary = Summary(
        n_rows=per_set,
        n_train=counts["train"],
        n_calib=counts["calib"],
        n_test=counts["test"],
        n_stranger=counts["stranger"],
        n_conflicts=n_conflicts,
        n_suite_twins=n_twins,
        skipped_sets=tuple(skipped),
    )
    write_text(out_dir / "prepare.json", json.dumps(asdict(summary), indent=2))
    return summary


def read_sets(settings: PrepareSettings, data: Path, reviewed: Path) -> tuple[list[Row], list[str]]:
    """Return all usable rows, and the names of sets that are absent."""
    check_set_names(settings.sets, "prepare.sets")
    found: list[Row] = []
    skipped: list[str] = []

    def wanted(name: str) -> bool:
        return not settings.sets or name in settings.sets or not trains(name)

    if wanted("seed"):
        found += take("seed", read_own(data / "seed"), 0)
    if wanted(REVIEWED):
        found += take(REVIEWED, read_reviewed(reviewed), 0)
    annotated = read_annotations(data / "annotations", settings.external)
    for source, labelled in annotated:
        if source not in MEASURED_ONLY and wanted(f"annotated-{source}"):
            found += take(f"annotated-{source}", [labelled], 0)
    for source, (relative, *_) in ANNOTATED_SOURCES.items():
        if source not in MEASURED_ONLY and not (settings.external / relative).is_file():
            skipped.append(f"annotated-{source}")
    for public in PUBLIC_SETS:
        path = settings.external / public.path
        if not path.exists():
            skipped.append(public.name)
        elif wanted(public.name):
            found += take(public.name, public.read(path), settings.max_rows_per_set)
    if not found:
        raise PipelineError(
            f"prepare: no labelled comment in {data / 'seed'} nor in {settings.external}",
            "Set prepare.external to the folder of the public sets.",
        )
    return found, skipped


def take(name: str, labelled: Iterable[Labelled], limit: int) -> Iterator[Row]:
    """Yield at most `limit` rows (0: all) whose text has at least two letters or digits."""
    count = 0
    for row in labelled:
        if sum(sign.isalnum() for sign in row.text[:80]) < 2:
            continue
        count += 1
        yield Row(name, row)
        if count == limit:
            return


def without_conflicts(rows: list[Row]) -> tuple[list[Row], int]:
    """Keep the first row of each text; drop texts that two sets judge differently."""
    by_key: dict[str, Row] = {}
    conflicts: set[str] = set()
    for row in rows:
        key = normalise(row.labelled.text).text.casefold()
        first = by_key.setdefault(key, row)
        known = first.labelled.truth.keys() & row.labelled.truth.keys()
        if any(first.labelled.truth[name] != row.labelled.truth[name] for name in known):
            conflicts.add(key)
    return [row for key, row in by_key.items() if key not in conflicts], len(conflicts)


def without_suite_twins(rows: list[Row], suites: Path) -> tuple[list[Row], int]:
    """Drop rows that are near-duplicates of a case of the behaviour suites."""
    index = MinHashLSH(num_perm=MINHASH_PERMUTATIONS, params=BANDS)
    cases: list[Grams] = []
    files = sorted(suites.glob("*.tsv"))
    if not files:
        raise PipelineError(
            f"{suites}: holds no behaviour suites",
            "Name their folder with --suites: training must not see their cases.",
        )
    for file in files:
        for line in file.read_text(encoding="utf-8").splitlines()[1:]:
            own = grams_of(line.split("\t")[-1])
            index.insert(str(len(cases)), min_hash(own))
            cases.append(own)

    def has_twin(row: Row) -> bool:
        own = grams_of(row.labelled.text)
        near = index.query(min_hash(own))
        return any(similarity(own, cases[int(each)]) >= SUITE_TWIN for each in near)

    kept = [row for row in rows if not has_twin(row)]
    return kept, len(rows) - len(kept)


def grams_of(text: str) -> Grams:
    """Return the character 5-grams of a text, as the model reads it and without case."""
    folded = normalise(text).text.casefold()
    return frozenset(folded[at : at + 5].encode("utf-8") for at in range(max(1, len(folded) - 4)))


def similarity(one: Grams, other: Grams) -> float:
    """Return the Jaccard similarity of two texts."""
    return len(one & other) / len(one | other)


def min_hash(grams: Grams) -> MinHash:
    """Return the MinHash of the grams of a text."""
    # A fixed, fast hash: datasketch's default is SHA-1, four times slower here.
    signature = MinHash(num_perm=MINHASH_PERMUTATIONS, hashfunc=short_hash)
    signature.update_batch(list(grams))
    return signature


def short_hash(gram: bytes) -> int:
    """Return 32 bits of a BLAKE2 hash."""
    return int.from_bytes(hashlib.blake2b(gram, digest_size=4).digest(), "little")


def group_rows(rows: list[Row], alike: float) -> list[int]:
    """Return a group number per row: near-duplicates and rows of one thread or pair share it."""
    parent = list(range(len(rows)))

    def find(index: int) -> int:
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    def join(one: int, other: int) -> None:
        # The first row names the group, in whatever order the index returns twins.
        low, high = sorted((find(one), find(other)))
        parent[high] = low

    index = MinHashLSH(num_perm=MINHASH_PERMUTATIONS, params=BANDS)
    first_of_group: dict[str, int] = {}
    for number, row in enumerate(rows):
        own = grams_of(row.labelled.text)
        signature = min_hash(own)
        for twin in sorted(map(int, index.query(signature))):
            # In a cluster the first hit settles the rest.
            if find(twin) != find(number) and (
                similarity(own, grams_of(rows[twin].labelled.text)) >= alike
            ):
                join(number, twin)
        index.insert(str(number), signature)
        if row.labelled.group:
            group = f"{row.set}:{row.labelled.group}"
            join(number, first_of_group.setdefault(group, number))
    return [find(number) for number in range(len(rows))]


def split_groups(
    rows: list[Row], groups: list[int], settings: PrepareSettings
) -> dict[str, list[Row]]:
    """Assign whole groups to train, calib and test, each by a hash of its own.

    A group's split depends on nothing but the group: data that come later move no row between
    splits, so that a network that goes on from earlier weights has not seen its test comments.
    """
    members: dict[int, list[Row]] = collections.defaultdict(list)
    for row, group in zip(rows, groups, strict=True):
        members[group].append(row)
    splits: dict[str, list[Row]] = {"train": [], "calib": [], "test": []}
    for group in sorted(members):
        splits[split_of(members[group], settings)] += members[group]
    return splits


def split_of(members: list[Row], settings: PrepareSettings) -> str:
    """Return the split of a group; large ones would make one text weigh too much, so they train."""
    if len(members) > MAX_MEASURED_GROUP:
        return "train"
    key = min(text_hash(row.labelled.text) for row in members)
    digest = hashlib.blake2b(f"{settings.seed}:{key}".encode(), digest_size=8).digest()
    place = int.from_bytes(digest, "big") / 2**64
    if place < settings.test_share:
        return "test"
    return "calib" if place < settings.test_share + settings.calib_share else "train"


def to_table(rows: list[Row]) -> pa.Table:
    """Return rows as a table of the PREPARED schema."""
    columns: dict[str, list[object]] = {
        "row_hash": [text_hash(row.labelled.text) for row in rows],
        "set": [row.set for row in rows],
        "lang": [row.labelled.lang for row in rows],
        "slice": [row.labelled.slice for row in rows],
        "text": [row.labelled.text for row in rows],
    }
    for name in OUTPUTS:
        columns[f"is_{name}"] = [row.labelled.truth.get(name) for row in rows]
    return pa.table(columns, schema=PREPARED)
