"""Emerging claims: what many comments say within days and no base knows. No verdict on any.

A night keeps the vectors of the comments that assert something and match no claim; groups of
them are found over one night or several. Texts are not copied: groups name comments by id.
"""

import datetime
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.core.errors import PipelineError
from pipeline.core.tables import UTC_TIME, read_table, write_table
from pipeline.signals.claims.index import Vectors, unit
from pipeline.signals.claims.terms import tokens_of

UNMATCHED = pa.schema(
    [
        pa.field("comment_id", pa.string(), nullable=False),
        pa.field("author_key", pa.string()),
        pa.field("created_at", UTC_TIME),
        pa.field("vector", pa.binary(), nullable=False),
    ]
)
"""`vector` holds 16-bit floats."""

EMERGING = pa.schema(
    [
        pa.field("group", pa.string(), nullable=False),
        pa.field("size", pa.int64(), nullable=False),
        pa.field("n_authors", pa.int64(), nullable=False),
        pa.field("growth", pa.float64(), nullable=False),
        pa.field("first_at", UTC_TIME),
        pa.field("last_at", UTC_TIME),
        pa.field("examples", pa.list_(pa.string()), nullable=False),
    ]
)
"""`growth` is the share of the group's comments in the later half of its time; `examples` are ids
of comments, the most typical first."""

FOLDER, TABLE = "scores.parts/unmatched", "emerging.parquet"
"""Beside the parts of a run: what is thrown away with them never counts again."""
MIN_TOKENS = 6
"""Fewer words make "Paldies domei!" of many people look like one claim."""
MENTION = re.compile(r"\[[^\]|\n]{1,80}\|[^\]\n]{1,80}\]|@[\w.]+|https?://\S+")
"""Whom a comment answers, in the forms of VKontakte and others, and addresses: neither is said."""
BLOCK = 1024
MADE_BY = "saruna nightly"


@dataclass(frozen=True)
class Limits:
    """When a group is worth a look."""

    min_size: int = 5
    min_authors: int = 3
    days: int = 7
    similarity: float = 0.55
    """Cosine of projected vectors without their mean."""
    max_comments: int = 20_000
    """The newest ones; time grows with the square."""

    @property
    def span(self) -> datetime.timedelta:
        """How far back comments are compared."""
        return datetime.timedelta(days=self.days)


DEFAULT = Limits()


@dataclass(frozen=True)
class Summary:
    """What was grouped."""

    n_comments: int
    n_left_out: int
    """Older than the span of days, or beyond the most that are compared."""
    n_groups: int
    largest: int


def asserts(text: str) -> bool:
    """Tell whether a comment is long enough to assert something, and does not merely ask."""
    said = MENTION.sub(" ", text).rstrip()
    return not said.endswith("?") and len(tokens_of(said)) >= MIN_TOKENS


def keep(folder: Path, rows: Sequence[dict[str, object]]) -> None:
    """Write rows of UNMATCHED; the same rows written again replace themselves."""
    if rows:
        name = hashlib.sha256(str(rows[0]["comment_id"]).encode()).hexdigest()[:16]
        write_table(folder / FOLDER / f"{name}.parquet", pa.Table.from_pylist(rows, UNMATCHED))


def write_emerging(nights: Sequence[Path], out: Path, limits: Limits = DEFAULT) -> Summary:
    """Write the groups of the comments that these nights kept, and count them."""
    absent = [str(night) for night in nights if not night.is_dir()]
    if absent:
        raise PipelineError(
            "\n".join(f"{night}: not found" for night in absent),
            f"Name folders that `{MADE_BY}` wrote.",
        )
    files = [each for night in nights for each in sorted((night / FOLDER).glob("*.parquet"))]
    table, n_in_all = newest(files, limits)
    groups = emerging(table.to_pylist(), limits)
    write_table(out, groups)
    sizes = groups.column("size").to_pylist()
    n_left_out = n_in_all - table.num_rows
    return Summary(table.num_rows, n_left_out, len(sizes), max(sizes, default=0))


def newest(files: Sequence[Path], limits: Limits) -> tuple[pa.Table, int]:
    """Return the newest comments within the span of days, and how many there are in all.

    File by file, so that a night of a million needs no more memory than what is compared.
    """
    n_in_all, last = 0, None
    for file in files:
        times = read_times(file)
        n_in_all += len(times)
        found = pc.max(times).as_py()
        last = found if last is None or (found is not None and found > last) else last
    kept = UNMATCHED.empty_table()
    for file in files:
        table = read_table(file, UNMATCHED, MADE_BY)
        if last is not None:
            recent = pc.greater_equal(
                table.column("created_at"), pa.scalar(last - limits.span, UTC_TIME)
            )
            # Without a time a comment counts as old, not as outside the span.
            table = table.filter(pc.fill_null(recent, True))
        kept = pa.concat_tables([kept, table]).sort_by(
            [("created_at", "descending"), ("comment_id", "ascending")]
        )[: limits.max_comments]
    return kept.combine_chunks(), n_in_all


def read_times(file: Path) -> pa.ChunkedArray:
    """Return the times of the comments in a file that a night kept."""
    times = pa.schema([UNMATCHED.field("created_at")])
    return read_table(file, times, MADE_BY).column("created_at")


def emerging(rows: Sequence[dict[str, object]], limits: Limits) -> pa.Table:
    """Return the groups of similar comments by several people, the largest first."""
    found: list[dict[str, object]] = []
    if len(rows) >= limits.min_size:
        raw = np.stack([np.frombuffer(row["vector"], np.float16) for row in rows])  # type: ignore[call-overload]
        vectors = raw.astype(np.float32)
        for group in groups_of(unit(vectors - vectors.mean(axis=0)), limits.similarity):
            members = [rows[at] for at in group]
            authors = {member["author_key"] or member["comment_id"] for member in members}
            if len(members) >= limits.min_size and len(authors) >= limits.min_authors:
                found.append(described(members, len(authors)))
    found.sort(key=lambda row: (-int(str(row["size"])), str(row["group"])))
    return pa.Table.from_pylist(found, schema=EMERGING)


def groups_of(vectors: Vectors, similarity: float) -> list[list[int]]:
    """Return groups around leaders: the row with most neighbours takes them, then the next.

    Each group lists its leader first, then its members by their likeness to it.
    """
    n_near = np.zeros(len(vectors), dtype=np.int64)
    for start in range(0, len(vectors), BLOCK):
        cosines = vectors[start : start + BLOCK] @ vectors.T
        n_near[start : start + BLOCK] = (cosines >= similarity).sum(axis=1)
    free = np.ones(len(vectors), bool)
    found = []
    for leader in np.argsort(-n_near, kind="stable"):
        if not free[leader] or n_near[leader] < 2:
            continue
        # Counted above and looked at again here: to keep all neighbours would take room by the
        # square of a campaign's comments.
        likeness = vectors @ vectors[leader]
        members = np.flatnonzero((likeness >= similarity) & free)
        free[members] = False
        order = np.argsort(-likeness[members], kind="stable")
        found.append([int(at) for at in members[order]])
    return found


def described(members: Sequence[dict[str, object]], n_authors: int) -> dict[str, object]:
    """Return the row of a group."""
    times = sorted(
        at for member in members if isinstance(at := member["created_at"], datetime.datetime)
    )
    growth = 0.0
    if len(times) > 1 and times[-1] > times[0]:
        middle = times[0] + (times[-1] - times[0]) / 2
        growth = sum(time > middle for time in times) / len(times)
    ids = [str(member["comment_id"]) for member in members]
    return {
        "group": min(ids),
        "size": len(members),
        "n_authors": n_authors,
        "growth": round(growth, 3),
        "first_at": times[0] if times else None,
        "last_at": times[-1] if times else None,
        "examples": ids[:5],
    }
