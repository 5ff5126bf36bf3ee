"""Pick: what to label next among the comments that nobody would look at.

Reads   scores.parquet, decisions.parquet, the night's vectors, the rows of feedback, the memory of
        earlier nights
Writes  picks.parquet, pick.json, the memory
"""

import datetime
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.core.errors import PipelineError
from pipeline.core.settings import PickSettings
from pipeline.core.tables import (
    DECISION,
    PICK,
    read_table,
    score_schema,
    write_table,
    write_text,
)
from pipeline.model.release import Release, file_hash
from pipeline.model.scorer import Scorer
from pipeline.routing.disagreement import disagreement
from pipeline.routing.memory import keep_night, known_nights, unpack
from pipeline.routing.picking import (
    NEAR_MISS,
    REASONS,
    UNCERTAIN,
    Cleared,
    Memory,
    Pick,
    Vectors,
    centred,
    choose,
    signs,
)
from pipeline.routing.picks import PICKS, Key, read_picks, worthwhile
from pipeline.routing.reading import lot
from pipeline.signals import campaign
from pipeline.signals.behaviour_night import VECTORS
from pipeline.sources.reviewed import PICKED, reviewed_rows

DECISIONS, SCORES, TURNS = "decisions.parquet", "scores.parquet", "pick.json"
OF = b"decisions"
"""Which decisions the picks were made from: a hash in the file's metadata."""
CANDIDATES = 20_000
"""Cleared comments that are looked at in a night; of more, the likeliest and a random half."""
SAMPLE, TONIGHT = 300, 1_500
"""Comments of a night that later ones are compared with, and that say what is new tonight."""
MISSES, LAWFUL = 150, 300
"""Judged comments that tonight's are compared with, the latest ones."""
SHOWN = ("audit", PICKED)


@dataclass(frozen=True)
class Summary:
    """What was picked, and why."""

    n_cleared: int
    """Comments that nobody would look at."""
    n_without_vector: int
    """Of those, too short for a vector: only scores speak for them."""
    n_picked: int
    reasons: Mapping[str, int]
    resting: tuple[str, ...]
    """Reasons whose picks were hardly ever violations."""


def run(
    settings: PickSettings,
    folder: Path,
    release: Release,
    *,
    feedback: Path,
    nights: Path | None,
    memory: Path | None,
    fill: bool = False,
) -> Summary:
    """Write tonight's picks; running it again on the same decisions changes nothing.

    Without `memory` the night is compared with no other and leaves nothing behind. With `fill` the
    places that no reason takes go to the likeliest violations: places of a capacity are kept free.
    """
    n_places(settings, folder, feedback, nights)
    table = read_table(folder / DECISIONS, DECISION, "saruna route")
    turns: list[str] = json.loads((folder / TURNS).read_text(encoding="utf-8"))["turns"]
    rows = candidates(table)
    cleared = table.take(pa.array(rows))
    night = read_vectors(folder / "scores.parts" / VECTORS)
    vectors = vectors_of(night, keys_of(cleared))
    version = file_hash(folder / DECISIONS)
    if not is_of(folder / PICKS, version):
        before, recent = recalled(settings, folder, release, memory)
        tonight = vectors_of(night, drawn(keys_of(table), TONIGHT))
        if NEAR_MISS in turns:
            misses, lawful = judged_vectors(settings, folder, feedback, release)
        else:
            misses, lawful = unpack([], 0), unpack([], 0)
        known = Memory(before, stacked(recent, tonight), misses, lawful)
        # The calendar moves agitation, which is no finding about a comment.
        apart = disagreement(folder / SCORES, release, (campaign.LABEL,))[rows]
        found = picks_of(settings, cleared, apart, vectors, known, turns, fill=fill)
        if memory is not None:
            own = vectors_of(night, drawn(keys_of(table), SAMPLE))
            keep_night(memory, folder.name, own, release.version, scored_at(folder), settings)
        write_table(folder / PICKS, found.replace_schema_metadata({OF: version.encode()}))
    reasons = Counter(read_picks(folder / PICKS).values())
    return Summary(
        n_cleared=len(rows),
        n_without_vector=int((~vectors.any(axis=1)).sum()),
        n_picked=reasons.total(),
        reasons=dict(sorted(reasons.items())),
        resting=tuple(reason for reason in REASONS if reason not in turns),
    )


def n_places(settings: PickSettings, folder: Path, feedback: Path, nights: Path | None) -> int:
    """Return how many places of each capacity tonight's picks need, none when every reason rests.

    Which reasons rest is decided once per night: run again when more verdicts are in, it stays.
    """
    path = folder / TURNS
    if not path.is_file():
        since = scored_at(folder) - datetime.timedelta(days=settings.window_days)
        judged = [*verdicts(feedback, nights, since)]
        turns = worthwhile(REASONS, judged, settings.stop_below) if settings.budget else ()
        told = {
            "turns": turns,
            "judged": dict(Counter(reason for reason, _ in judged)),
            "violations": dict(Counter(reason for reason, violates in judged if violates)),
        }
        write_text(path, json.dumps(told, indent=1) + "\n")
    active = json.loads(path.read_text(encoding="utf-8"))["turns"]
    return settings.budget if active else 0


def verdicts(
    feedback: Path, nights: Path | None, since: datetime.datetime
) -> Iterator[tuple[str, bool]]:
    """Yield the reason of every earlier pick that people judged, and whether it was a violation."""
    reasons: dict[Key, str] = {}
    for path in sorted(nights.glob(f"*/{PICKS}")) if nights else ():
        reasons.update(read_picks(path))
    for row in reviewed_rows(feedback):
        reason = reasons.get((row["source"], row["comment_id"]))
        if reason and row["shown"] == PICKED and row["settled_at"] >= since:
            yield reason, row["is_violation"]


def scored_at(folder: Path) -> datetime.datetime:
    """Return when a night was scored: its time, whenever it is run again."""
    column = pa.schema([score_schema(()).field("scored_at")])
    times = read_table(folder / SCORES, column, "saruna score").column("scored_at")
    latest = pc.max(times).as_py()
    if latest is None:
        raise PipelineError(
            f"{folder / SCORES}: says of no comment when it was scored",
            "Run `saruna score` again: a night is compared with others by its time.",
        )
    found: datetime.datetime = latest
    return found


def candidates(table: pa.Table) -> npt.NDArray[np.int64]:
    """Return the rows of cleared comments that nobody would look at, at most CANDIDATES."""
    cleared = pc.and_(
        pc.equal(table.column("decision"), "clear"),
        pc.invert(pc.or_(table.column("is_proposed"), table.column("is_audit_sample"))),
    )
    rows = np.flatnonzero(cleared.to_numpy(zero_copy_only=False))
    if len(rows) <= CANDIDATES:
        return rows
    prob = np.nan_to_num(table.column("prob").to_numpy()[rows])
    likely = np.argsort(-prob, kind="stable")[: CANDIDATES // 2]
    rest = np.setdiff1d(rows, rows[likely])
    some = np.random.default_rng(len(rows)).choice(rest, CANDIDATES // 2, replace=False)
    return np.sort(np.concatenate([rows[likely], some]))


def keys_of(table: pa.Table) -> list[Key]:
    """Return source and id of every row."""
    columns = (table.column(name).to_pylist() for name in ("source", "comment_id"))
    return [*zip(*columns, strict=True)]


def drawn(keys: Sequence[Key], n: int) -> list[Key]:
    """Return n of the keys, the same ones on every run."""
    return sorted(keys, key=lambda key: lot(0, *key))[:n]


def read_vectors(folder: Path) -> dict[Key, bytes]:
    """Return the night's vectors as scoring kept them, by source and comment."""
    found: dict[Key, bytes] = {}
    for file in sorted(folder.glob("*.parquet")):
        table = pq.read_table(file)
        found.update(zip(keys_of(table), table.column("vector").to_pylist(), strict=True))
    return found


def vectors_of(night: Mapping[Key, bytes], keys: Sequence[Key]) -> Vectors:
    """Return a vector per key, zeros where the comment has none."""
    width = len(next(iter(night.values()), b""))
    return unpack([night.get(key, bytes(width)) for key in keys], width)


def recalled(
    settings: PickSettings, folder: Path, release: Release, memory: Path | None
) -> tuple[Vectors, Vectors]:
    """Return what earlier nights said, and what the last few said."""
    if memory is None:
        return unpack([], 0), unpack([], 0)
    now = scored_at(folder)
    return known_nights(memory, folder.name, release.version, now, settings.window_days)


def judged_vectors(
    settings: PickSettings, folder: Path, feedback: Path, release: Release
) -> tuple[Vectors, Vectors]:
    """Return vectors of cleared comments that people found to be violations, and lawful.

    Without a violation among them nothing is read, and no model is opened.
    """
    since = scored_at(folder) - datetime.timedelta(days=settings.window_days)
    rows = [
        row
        for row in reviewed_rows(feedback)
        if row["shown"] in SHOWN and since <= row["settled_at"] <= scored_at(folder)
    ]
    rows.sort(key=lambda row: row["settled_at"])
    misses = [row["text"] for row in rows if row["is_violation"]][-MISSES:]
    lawful = [row["text"] for row in rows if not row["is_violation"]][-LAWFUL:]
    if not misses:
        return unpack([], 0), unpack([], 0)
    scorer = Scorer(release)
    if not scorer.has_vectors:
        return unpack([], 0), unpack([], 0)
    found = scorer.vectors([*misses, *lawful])
    return found[: len(misses)], found[len(misses) :]


def stacked(*parts: Vectors) -> Vectors:
    """Return the vectors of all parts that have any."""
    kept = [part for part in parts if part.size]
    return np.concatenate(kept) if kept else unpack([], 0)


def picks_of(
    settings: PickSettings,
    cleared: pa.Table,
    apart: npt.NDArray[np.float64],
    vectors: Vectors,
    known: Memory,
    turns: Sequence[str],
    *,
    fill: bool,
) -> pa.Table:
    """Return the picks of every institution, as they are written."""
    everything = stacked(known.before, known.recent)
    usable = everything[everything.any(axis=1)] if len(everything) else everything
    width = max(part.shape[1] for part in (vectors, *known))
    mean = usable.mean(axis=0) if len(usable) else np.zeros(width, dtype=np.float32)
    near = Memory(*(centred(part, mean) for part in known))
    institutions = np.array(pc.fill_null(cleared.column("institution"), "").to_pylist(), dtype=str)
    prob = cleared.column("prob").to_numpy().astype(np.float64)
    own = centred(vectors, mean)
    rows = []
    for name in np.unique(institutions):
        at = np.flatnonzero(institutions == name)
        speaks = signs(Cleared(prob[at], apart[at], own[at]), near)
        chosen_here = choose(speaks, own[at], settings.budget, turns)
        if fill and turns:
            chosen_here += filled(speaks[UNCERTAIN], chosen_here, settings.budget)
        for pick in chosen_here:
            rows.append((int(at[pick.row]), pick.reason))
    chosen = cleared.take(pa.array([row for row, _ in rows], pa.int64()))
    return pa.table(
        {
            "source": chosen.column("source"),
            "comment_id": chosen.column("comment_id"),
            "institution": pc.fill_null(chosen.column("institution"), ""),
            "reason": pa.array([reason for _, reason in rows], pa.string()),
        }
    ).cast(PICK)


def filled(likely: npt.NDArray[np.float64], before: Sequence[Pick], budget: int) -> list[Pick]:
    """Return the likeliest violations for the places that are left."""
    taken = {pick.row for pick in before}
    order = [int(row) for row in np.argsort(-likely, kind="stable") if row not in taken]
    return [Pick(row, UNCERTAIN) for row in order[: budget - len(before)]]


def is_of(path: Path, version: str) -> bool:
    """Tell whether the picks on file were made from these decisions."""
    return path.is_file() and (pq.read_schema(path).metadata or {}).get(OF) == version.encode()
