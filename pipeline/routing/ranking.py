"""Ranking: expected harm of a comment that stays, from severity, probability and exposure.

Time is the night's own: the age of a comment is counted to the night's latest comments, so that
running the night again changes nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]
NO_TIME = np.iinfo(np.int64).min
LATEST = 0.99
"""The night's time is this quantile of the comments' times: a date in 2099 does not move it."""
HOUR = 3_600_000_000
"""Microseconds."""
REPLY = 2
"""A reply counts as much as this many reactions: it brings the comment up again."""
FLOOR = 0.5
"""What is left of the attention to an old comment: it can still be found."""


@dataclass(frozen=True)
class Circumstances:
    """What is known of how many people see a comment; -1 and NO_TIME where it is not."""

    created_at: Codes
    """Microseconds since 1970, UTC."""
    reactions: Codes
    replies: Codes
    thread: Codes
    """Number of the thread, -1 outside of threads."""


def circumstances(comments: pa.Table, threads: Codes) -> Circumstances:
    """Return the circumstances of a table of comments, whose threads are numbered."""

    def whole(name: str, missing: int) -> Codes:
        values = comments.column(name).cast(pa.int64())
        found: Codes = pc.fill_null(values, missing).to_numpy()
        return found

    return Circumstances(
        created_at=whole("created_at", NO_TIME),
        reactions=whole("n_reactions", -1),
        replies=whole("n_replies", -1),
        thread=threads,
    )


def night_time(created_at: Codes) -> int:
    """Return the time of the night: its latest comments, a few wrong dates aside."""
    known = np.sort(created_at[created_at != NO_TIME])
    return int(known[int(LATEST * (len(known) - 1))]) if len(known) else NO_TIME


def thread_sizes(threads: Codes) -> Codes:
    """Return the number of the night's comments in each comment's thread, 0 outside of threads."""
    known = threads >= 0
    counts = np.bincount(threads[known]) if known.any() else np.zeros(1, dtype=np.int64)
    return np.where(known, counts[np.maximum(threads, 0)], 0)


def ages(created_at: Codes, now: int) -> Floats:
    """Return the age of comments in hours, NaN where it is not known; never below 0."""
    known = (created_at != NO_TIME) & (now != NO_TIME)
    # Where one is missing the difference would overflow.
    earlier = np.where(known, created_at, now)
    return np.where(known, np.maximum(now - earlier, 0) / HOUR, np.nan)


def exposure(
    reactions: Codes, replies: Codes, sizes: Codes, hours: Floats, half_life: float
) -> Floats:
    """Return how much more, or less, a comment is seen than a fresh one that nobody answered.

    An audience ten times as large counts for one more. An unknown age counts as fresh.
    """
    audience = np.maximum(reactions, 0) + REPLY * np.maximum(replies, 0)
    audience = audience + np.maximum(sizes - 1, 0) / 10
    fresh = 0.5 ** (np.nan_to_num(hours) / half_life)
    seen: Floats = (1 + np.log10(1 + audience)) * (FLOOR + (1 - FLOOR) * fresh)
    return seen


def explained(reactions: int, replies: int, size: int, hours: float) -> Iterator[str]:
    """Yield why a comment is seen by many, as codes that the desk words."""
    if reactions > 0:
        yield f"reactions:{reactions}"
    if replies > 0:
        yield f"replies:{replies}"
    if size > 1:
        yield f"thread:{size}"
    if not np.isnan(hours):
        yield f"age_hours:{round(hours)}"
