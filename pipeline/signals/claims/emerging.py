"""Emerging claims: what many comments say within days and no base knows. No verdict on any."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipeline.core.tables import UTC_TIME
from pipeline.signals.claims.index import Vectors, unit
from pipeline.signals.claims.terms import Glossary, terms_of

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
of comments, the most typical first. Texts are not copied: the desk shows them by id."""

MIN_TOKENS = 6
BLOCK = 2048


@dataclass(frozen=True)
class Spoken:
    """A comment as far as groups need it."""

    comment_id: str
    text: str
    author: str
    at: datetime.datetime | None


def emerging(
    comments: Sequence[Spoken],
    vectors: Vectors,
    glossary: Glossary,
    *,
    min_size: int = 5,
    min_authors: int = 3,
    days: int = 7,
    similarity: float = 0.8,
) -> pa.Table:
    """Return the groups of similar comments by several people, the largest first.

    Comments that match a known claim, or assert nothing, are left out by the caller.
    """
    times = [comment.at for comment in comments if comment.at is not None]
    since = max(times) - datetime.timedelta(days=days) if times else None
    chosen = [
        number
        for number, comment in enumerate(comments)
        if asserts(comment.text, glossary)
        and (since is None or comment.at is None or comment.at >= since)
    ]
    rows = []
    for group in groups(unit(vectors[chosen] - vectors[chosen].mean(axis=0)), similarity):
        members = [comments[chosen[at]] for at in group]
        authors = {member.author or member.comment_id for member in members}
        if len(members) >= min_size and len(authors) >= min_authors:
            rows.append(described(members, len(authors)))
    rows.sort(key=lambda row: (-int(str(row["size"])), str(row["group"])))
    return pa.Table.from_pylist(rows, schema=EMERGING)


def asserts(text: str, glossary: Glossary) -> bool:
    """Tell whether a comment is long enough to assert something, and does not merely ask."""
    if text.rstrip().endswith("?"):
        return False
    return len(terms_of(text, glossary).tokens) >= MIN_TOKENS


def groups(vectors: Vectors, similarity: float) -> list[list[int]]:
    """Return groups around leaders: the row with most neighbours takes them, then the next.

    Each group lists its leader first, then its members by their likeness to it.
    """
    n_rows = len(vectors)
    near: list[npt.NDArray[np.int64]] = []
    for start in range(0, n_rows, BLOCK):
        cosines = vectors[start : start + BLOCK] @ vectors.T
        near += [np.flatnonzero(row >= similarity) for row in cosines]
    free = np.ones(n_rows, bool)
    found = []
    for leader in sorted(range(n_rows), key=lambda at: (-len(near[at]), at)):
        if not free[leader] or len(near[leader]) < 2:
            continue
        members = [int(at) for at in near[leader] if free[at]]
        members.sort(key=lambda at: (-float(vectors[at] @ vectors[leader]), at))
        free[members] = False
        found.append(members)
    return found


def described(members: Sequence[Spoken], n_authors: int) -> dict[str, object]:
    """Return the row of a group."""
    times = sorted(member.at for member in members if member.at is not None)
    growth = 0.0
    if len(times) > 1 and times[-1] > times[0]:
        middle = times[0] + (times[-1] - times[0]) / 2
        growth = sum(time > middle for time in times) / len(times)
    return {
        "group": min(member.comment_id for member in members),
        "size": len(members),
        "n_authors": n_authors,
        "growth": round(growth, 3),
        "first_at": times[0] if times else None,
        "last_at": times[-1] if times else None,
        "examples": [member.comment_id for member in members[:5]],
    }
