"""Timing: how the comments of one author follow each other inside the window.

Everything here lives in memory while a night is assessed, says something about comments, and is
stored nowhere.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.signals.traces import NOBODY, Traces

HOUR = 3_600.0
DAY = 86_400.0
MIN_TIMED = 10
"""Fewer comments with a time show no rhythm."""
EVEN_SHARE = 0.04
EVEN_SECONDS = 2.0
"""Two gaps are even when they differ by this share or by this many seconds."""
MIN_EVEN = 8
"""Even gaps in a row that are called machine-like: 8 come by chance once in many billions."""
REPLY_SECONDS = 3.0
"""Faster than a person reads a comment and writes an answer."""
MIN_WRITTEN = 20
"""Letters of an answer that cannot be typed in that time."""
SECOND_PROFILES = 3

Floats = npt.NDArray[np.float64]
RHYTHM_FEATURES = (
    "hours",
    "hour_entropy",
    "burstiness",
    "within_minute",
    "within_ten_minutes",
    "longest_rest",
    "median_gap",
    "even_gaps",
)
"""The number of comments is left out: who writes much is busy, not a robot."""


@dataclass(frozen=True)
class EvenRun:
    """A row of comments of one author with even gaps."""

    rows: npt.NDArray[np.int64]
    gap: float
    """Seconds from one comment to the next, the median."""


@dataclass(frozen=True)
class Rhythm:
    """Timing of the authors with enough comments; `features` has shape (authors, 8)."""

    rows: list[npt.NDArray[np.int64]]
    """Rows of each author's timed comments, in order of time."""
    features: Floats


def rhythm(traces: Traces) -> Rhythm:
    """Return the rhythm of every author with enough comments whose times are fine enough."""
    rows = author_rows(traces, MIN_TIMED)
    features = [rhythm_features(traces.seconds[own]) for own in rows]
    return Rhythm(rows, np.array(features).reshape(len(rows), len(RHYTHM_FEATURES)))


def author_rows(traces: Traces, at_least: int) -> list[npt.NDArray[np.int64]]:
    """Return the rows of each author's comments in order of time, for times in seconds alone."""
    usable = (traces.authors != NOBODY) & ~np.isnan(traces.seconds) & (traces.steps == 1)
    rows = np.flatnonzero(usable)
    rows = rows[np.lexsort((traces.seconds[rows], traces.authors[rows]))]
    if not len(rows):
        return []
    cuts = np.flatnonzero(np.diff(traces.authors[rows])) + 1
    return [own for own in np.split(rows, cuts) if len(own) >= at_least]


def rhythm_features(seconds: Floats) -> list[float]:
    """Return the features of sorted times, in the order of RHYTHM_FEATURES."""
    gaps = np.diff(seconds)
    hours = np.bincount((seconds % DAY // HOUR).astype(np.int64), minlength=24)
    possible = min(len(seconds), 24)
    share = hours[hours > 0] / len(seconds)
    spread, mean = float(gaps.std()), float(gaps.mean())
    return [
        float((hours > 0).sum() / possible),
        float(-(share * np.log(share)).sum() / np.log(possible)),
        (spread - mean) / (spread + mean) if spread + mean > 0 else 0.0,
        float((gaps < 60).mean()),
        float((gaps < 600).mean()),
        float(gaps.max() / max(seconds[-1] - seconds[0], 1.0)),
        float(np.log1p(np.median(gaps))),
        float(even_pairs(gaps).mean()) if len(gaps) > 1 else 0.0,
    ]


def even_pairs(gaps: Floats) -> npt.NDArray[np.bool_]:
    """Tell for each gap but the last whether the next one is even with it."""
    longer = np.maximum(gaps[1:], gaps[:-1])
    apart = np.abs(np.diff(gaps))
    # Comments in the same second have no gap to be even with.
    even: npt.NDArray[np.bool_] = (longer > EVEN_SECONDS * 2) & (
        apart <= np.maximum(EVEN_SECONDS, EVEN_SHARE * longer)
    )
    return even


def even_runs(traces: Traces) -> list[EvenRun]:
    """Return the rows of comments that one author posted at machine-like, even gaps."""
    found: list[EvenRun] = []
    for own in author_rows(traces, MIN_EVEN + 1):
        gaps = np.diff(traces.seconds[own])
        for start, end in runs(even_pairs(gaps)):
            n_gaps = end - start + 1
            # By chance, people who chat have gaps of a few seconds that look even.
            gap = float(np.median(gaps[start : end + 1]))
            if n_gaps >= MIN_EVEN and gap >= 5 * EVEN_SECONDS:
                found.append(EvenRun(own[start : end + 2], gap))
    return found


def runs(flags: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return start and end (exclusive) of the unbroken rows of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    return [(int(start), int(end)) for start, end in edges.reshape(-1, 2)]


def same_second(traces: Traces) -> list[npt.NDArray[np.int64]]:
    """Return rows of long comments that three profiles or more posted in one and the same second.

    Chance is ruled out by the pace of the window: such a second must be expected less than once in
    a hundred windows.
    """
    usable = (traces.authors != NOBODY) & ~np.isnan(traces.seconds) & (traces.steps == 1)
    usable &= traces.prints.n_letters >= MIN_WRITTEN
    rows = np.flatnonzero(usable)
    if len(rows) < SECOND_PROFILES:
        return []
    rows = rows[np.argsort(traces.seconds[rows], kind="stable")]
    whole = np.floor(traces.seconds[rows])
    cuts = np.flatnonzero(np.diff(whole)) + 1
    pace = local_pace(whole)
    found = []
    for own in np.split(np.arange(len(rows)), cuts):
        k = len(np.unique(traces.authors[rows[own]]))
        if k >= SECOND_PROFILES:
            # Seconds in the window at this pace, times the Poisson chance of k in one of them.
            chance = len(rows) / pace[own[0]] * pace[own[0]] ** k / 6
            if chance < 0.01:
                found.append(rows[own])
    return found


def local_pace(whole: Floats) -> Floats:
    """Return the comments per second around each comment, from the 50 before and after it."""
    reach = 50
    n = len(whole)
    low = np.maximum(np.arange(n) - reach, 0)
    high = np.minimum(np.arange(n) + reach, n - 1)
    pace: Floats = (high - low + 1) / np.maximum(whole[high] - whole[low], 1.0)
    return pace


def fast_replies(traces: Traces) -> npt.NDArray[np.int64]:
    """Return the rows of long answers that came faster than anybody reads and writes."""
    answers = np.flatnonzero((traces.parents >= 0) & (traces.steps == 1))
    waited = traces.seconds[answers] - traces.seconds[traces.parents[answers]]
    long = traces.prints.n_letters[answers] >= MIN_WRITTEN
    # NaN compares as false: an unknown time is never fast. A reply before its parent is a clock.
    fast: npt.NDArray[np.int64] = answers[long & (waited >= 0) & (waited <= REPLY_SECONDS)]
    return fast
