"""Bursts: how many profiles say the same near one comment, and how surprising that is.

The surprise of a comment is an exact permutation test in closed form: if the times of the other
copies were drawn at random from the times of all comments in the window, how often would as many
profiles fall so close to it? A saying that people write every day is no surprise; a text that
seven profiles post within twelve minutes is one.
"""

from collections import Counter
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.signals.near_duplicates import NO_GROUP, Groups
from pipeline.signals.traces import NOBODY, Traces

SPANS = (60.0, 600.0, 3_600.0, 21_600.0, 86_400.0, 604_800.0)
"""Looked at before and after a comment, in seconds: a minute to a week."""
UNKNOWN_WEIGHT = 0.5
"""Comments of unknown authors: each may be another profile's or the same one's."""
MAX_SURPRISE = 12.0
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Bursts:
    """What stands around each comment of a group; zeros for comments without one. Shape (n,)."""

    near: Floats
    """Profiles with the same in the most surprising span, the comment's own included."""
    copies: npt.NDArray[np.int64]
    """Comments with the same in that span, itself included."""
    span: Floats
    """Seconds from the first to the last of them; NaN when their times are unknown."""
    profiles: Floats
    """Profiles with the same in the whole window."""
    surprise: Floats
    """-log10 of the p-value, 0 to 12; 0 when the time is unknown."""


def bursts(traces: Traces, groups: Groups) -> Bursts:
    """Return the burst around each comment of a group of two or more profiles."""
    n = len(traces)
    found = Bursts(
        np.zeros(n), np.zeros(n, dtype=np.int64), np.full(n, np.nan), np.zeros(n), np.zeros(n)
    )
    clock = np.sort(traces.seconds[~np.isnan(traces.seconds)])
    for members in members_of(groups):
        authors = traces.authors[members]
        profiles = count_profiles(authors)
        found.profiles[members] = profiles
        found.near[members] = profiles
        found.copies[members] = len(members)
        if profiles < 2:
            continue
        timed = members[~np.isnan(traces.seconds[members])]
        timed = timed[np.argsort(traces.seconds[timed], kind="stable")]
        if len(timed) > 1:
            fill_group(found, traces, timed, clock, profiles)
    return found


def members_of(groups: Groups) -> list[npt.NDArray[np.int64]]:
    """Return the rows of each group, in order of its number."""
    order = np.argsort(groups, kind="stable")
    order = order[groups[order] != NO_GROUP]
    if not len(order):
        return []
    cuts = np.flatnonzero(np.diff(groups[order])) + 1
    return list(np.split(order, cuts))


def count_profiles(authors: npt.NDArray[np.int64]) -> float:
    """Return how many profiles stand behind comments; unknown ones count by half, at least one."""
    known = authors[authors != NOBODY]
    unknown = len(authors) - len(known)
    return max(1.0, len(np.unique(known)) + UNKNOWN_WEIGHT * unknown)


def fill_group(
    found: Bursts, traces: Traces, timed: npt.NDArray[np.int64], clock: Floats, profiles: float
) -> None:
    """Write what stands around each comment of a group; `timed` are its rows in order of time."""
    seconds, authors = traces.seconds[timed], traces.authors[timed]
    best = np.full(len(timed), -1.0)
    for span in SPANS:
        # Times in whole minutes say nothing about seconds.
        width = np.maximum(span, traces.steps[timed])
        low = np.searchsorted(seconds, seconds - width, side="left")
        high = np.searchsorted(seconds, seconds + width, side="right")
        near = sliding_profiles(authors, low, high)
        share = background(clock, seconds, width, high - low)
        surprise = tail_surprise(near - 1, profiles - 1, share) - np.log10(len(SPANS))
        better = surprise > best + 1e-9
        rows = timed[better]
        best = np.where(better, surprise, best)
        found.near[rows] = near[better]
        found.copies[rows] = (high - low)[better]
        found.span[rows] = (seconds[high - 1] - seconds[low])[better]
    found.surprise[timed] = np.clip(best, 0, MAX_SURPRISE)


def sliding_profiles(
    authors: npt.NDArray[np.int64], low: npt.NDArray[np.int64], high: npt.NDArray[np.int64]
) -> Floats:
    """Return the profiles in each range of rows; both bounds never go back."""
    counts: Counter[int] = Counter()
    out = np.empty(len(low))
    start = end = 0
    unknown = 0
    names = authors.tolist()
    for at, (first, last) in enumerate(zip(low.tolist(), high.tolist(), strict=True)):
        while end < last:
            counts[names[end]] += 1
            end += 1
        while start < first:
            counts[names[start]] -= 1
            if not counts[names[start]]:
                del counts[names[start]]
            start += 1
        unknown = counts.get(NOBODY, 0)
        out[at] = max(1.0, len(counts) - (unknown > 0) + UNKNOWN_WEIGHT * unknown)
    return out


def background(clock: Floats, seconds: Floats, width: Floats, own: npt.NDArray[np.int64]) -> Floats:
    """Return the share of all other comments that fall into each range of time.

    The group's own comments are left out: a campaign that is half the night must not hide itself.
    """
    inside = np.searchsorted(clock, seconds + width, side="right") - np.searchsorted(
        clock, seconds - width, side="left"
    )
    others = len(clock) - len(seconds)
    share: Floats = (np.maximum(inside - own, 0) + 1.0) / (others + 2.0)
    return np.clip(share, 1e-9, 1 - 1e-9)


def tail_surprise(hits: Floats, tries: float, share: Floats) -> Floats:
    """Return -log10 of a bound on P(at least `hits` of `tries` fall into `share`).

    Chernoff's bound: never smaller than the binomial tail, so never too sure.
    """
    if tries <= 0:
        return np.zeros(len(hits))
    rate = np.clip(hits / tries, 0, 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        gain = rate * np.log(rate / share)
        loss = np.where(rate < 1, (1 - rate) * np.log((1 - rate) / (1 - share)), 0.0)
    divergence = np.where(rate > share, np.nan_to_num(gain) + loss, 0.0)
    surprise: Floats = tries * divergence / np.log(10)
    return surprise
