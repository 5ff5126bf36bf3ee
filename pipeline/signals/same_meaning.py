"""Groups of comments that say the same in other words, or in the other language, within days.

Two paraphrases are hardly closer than two comments on one piece of news: no cut on pairs tells them
apart. The mean of several is: what is accidental in each wording averages out. So each comment
looks for a mean around it (one step of mean shift, Comaniciu and Meer 2002) among the comments of
other authors near it in time, and a group is judged as a whole: by its profiles against all
comments of that time, how close they are, and how many say it at other times.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.signals.behaviour_model import BehaviourModel
from pipeline.signals.traces import NOBODY, Traces

MIN_LETTERS = 30
"""Shorter comments have too little meaning of their own."""
REACH = 172_800.0
"""Seconds before and after a comment in which others are looked at: two days."""
MOST = 4_000
"""Comments before and after it that are looked at: bounds the time on busy pages."""
SPANS = (600.0, 3_600.0, 21_600.0, 172_800.0)
BLOCK = 512
N_NEAREST, ENOUGH = 6, 4
NEAR, MEMBER = 0.27, 0.38
"""Cosine of a neighbour that starts a mean, and of a comment with the mean that it belongs to."""
MIN_PROFILES = 4
WHITEN, FLOOR = 0.5, 0.013
"""Directions in which all comments vary most are damped by this power of their variance plus a
floor, a share of the largest: they are style and topic."""
FIT_ON = 50_000

MEANING_FEATURES = (
    "log_profiles",
    "log_around",
    "closeness",
    "log_span",
    "per_profile",
    "spill",
    "at_other_times",
)
Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class MeaningGroup:
    """Comments of one meaning in one span of time."""

    rows: Rows
    closeness: Floats
    """Cosine of each with the group's mean."""
    score: float
    """Probability that the group is a campaign."""


@dataclass(frozen=True)
class Timed:
    """Usable comments in order of time: rows of the traces, unit vectors, seconds, authors."""

    rows: Rows
    vectors: Floats
    seconds: npt.NDArray[np.float64]
    authors: Rows


def same_meaning_groups(
    traces: Traces, model: BehaviourModel, least: float = 0.5
) -> list[MeaningGroup]:
    """Return groups that score at least `least`, the best first; no comment is in two of them.

    Comments without vector, author or time are left out. Memory is bounded by BLOCK and MOST.
    """
    timed = usable(traces)
    found: list[tuple[list[float], Rows, Floats]] = []
    if timed is not None:
        for start in range(0, len(timed.rows), BLOCK):
            found += block_groups(timed, start)
    if not found or timed is None:
        return []
    table = np.array([features for features, _, _ in found])
    scores = model.probs("same_meaning", MEANING_FEATURES, table)
    taken = np.zeros(len(timed.rows), dtype=bool)
    groups = []
    for at in np.argsort(-scores, kind="stable").tolist():
        if scores[at] < least:
            break
        _, places, closeness = found[at]
        free = ~taken[places]
        places, closeness = places[free], closeness[free]
        if len(np.unique(timed.authors[places])) >= MIN_PROFILES:
            taken[places] = True
            groups.append(MeaningGroup(timed.rows[places], closeness, float(scores[at])))
    return groups


def usable(traces: Traces) -> Timed | None:
    """Return the comments that can be compared, None when there are too few of them."""
    if traces.vectors is None:
        return None
    known = (traces.authors != NOBODY) & ~np.isnan(traces.seconds)
    rows = np.flatnonzero(known & (traces.prints.n_letters >= MIN_LETTERS))
    rows = rows[traces.vectors[rows].any(axis=1)]
    if len(rows) < MIN_PROFILES:
        return None
    rows = rows[np.argsort(traces.seconds[rows], kind="stable")]
    vectors = spread_out(traces.vectors, rows)
    return Timed(rows, vectors, traces.seconds[rows], traces.authors[rows])


def spread_out(vectors: npt.NDArray[np.int8], rows: Rows) -> Floats:
    """Return unit vectors without their mean and with their common directions damped.

    The encoder's vectors lie in a narrow cone; mean and directions are those of the comments.
    """
    sample = vectors[rows[:: max(1, len(rows) // FIT_ON)]].astype(np.float32)
    mean = sample.mean(axis=0)
    values, axes = np.linalg.eigh(np.cov((sample - mean).T))
    damped = (np.maximum(values, 0) + FLOOR * values.max()) ** (-WHITEN / 2)
    turn = (axes * damped).astype(np.float32)
    out = np.empty((len(rows), len(mean)), dtype=np.float32)
    for start in range(0, len(rows), 1 << 14):
        piece = (vectors[rows[start : start + (1 << 14)]].astype(np.float32) - mean) @ turn
        lengths = np.linalg.norm(piece, axis=1, keepdims=True)
        out[start : start + len(piece)] = piece / np.maximum(lengths, 1e-9)
    return out


def block_groups(timed: Timed, start: int) -> Iterator[tuple[list[float], Rows, Floats]]:
    """Yield features, places and closeness of the groups around a block of comments."""
    end = min(start + BLOCK, len(timed.rows))
    first = np.searchsorted(timed.seconds, timed.seconds[start] - REACH)
    low = max(int(first), start - MOST)
    last = np.searchsorted(timed.seconds, timed.seconds[end - 1] + REACH, side="right")
    high = min(int(last), end + MOST)
    around = timed.vectors[low:high]
    means = first_means(timed, range(start, end), range(low, high))
    if not len(means):
        return
    weights = means @ around.T
    weights[weights < MEMBER] = 0
    shifted = weights @ around
    lengths = np.linalg.norm(shifted, axis=1, keepdims=True)
    cosines = np.where(lengths > 0, shifted / np.maximum(lengths, 1e-9), means) @ around.T
    for row in cosines:
        members = np.flatnonzero(row >= MEMBER)
        if len(members) >= MIN_PROFILES:
            for features, inside in spans_of(timed, members + low, high - low):
                yield features, inside, row[inside - low]


def first_means(timed: Timed, own: range, around: range) -> Floats:
    """Return a mean for each comment with enough close neighbours by other authors."""
    block, others = slice(own.start, own.stop), slice(around.start, around.stop)
    vectors = timed.vectors[others]
    if len(vectors) <= N_NEAREST:
        return np.empty((0, vectors.shape[1]), dtype=np.float32)
    cosines = timed.vectors[block] @ vectors.T
    cosines[timed.authors[block, None] == timed.authors[None, others]] = -1
    nearest = np.argpartition(-cosines, N_NEAREST, axis=1)[:, :N_NEAREST]
    close = np.take_along_axis(cosines, nearest, axis=1)
    seeds = np.flatnonzero((close >= NEAR).sum(axis=1) >= ENOUGH - 1)
    weights = np.where(close[seeds] >= NEAR, close[seeds], 0)
    means = timed.vectors[block][seeds] / 2
    means = means + np.einsum("ij,ijk->ik", weights, vectors[nearest[seeds]])
    unit: Floats = (means / np.linalg.norm(means, axis=1, keepdims=True)).astype(np.float32)
    return unit


def spans_of(timed: Timed, members: Rows, n_around: int) -> Iterator[tuple[list[float], Rows]]:
    """Yield the features and the places of a group's fullest stretch, for each span of time."""
    seconds = timed.seconds[members]
    for span in SPANS:
        ends = np.searchsorted(seconds, seconds + span, side="right")
        at = int((ends - np.arange(len(members))).argmax())
        inside = members[at : ends[at]]
        profiles = len(np.unique(timed.authors[inside]))
        if profiles < MIN_PROFILES:
            continue
        edges = np.searchsorted(timed.seconds, [seconds[at], seconds[at] + span])
        vectors = timed.vectors[inside]
        total = vectors.sum(axis=0)
        alone = (vectors @ total - 1) / np.linalg.norm(total - vectors, axis=1)
        n_inside, n_all, n_then = len(inside), len(members), int(edges[1] - edges[0])
        features = [
            np.log2(profiles),
            np.log2(n_then + 1),
            alone.mean(),
            np.log2(span / SPANS[0]),
            np.log2(n_inside / profiles),
            np.log2(profiles / n_inside * n_all / n_inside),
            np.log2(1 + 1_000 * (n_all - n_inside) / (max(n_around - n_then, 0) + 100)),
        ]
        yield [float(each) for each in features], inside
