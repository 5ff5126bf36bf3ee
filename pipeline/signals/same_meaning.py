"""Groups of comments that say the same in other words, or in the other language, within days.

Two paraphrases are hardly closer than two comments on one piece of news: no cut on pairs tells them
apart. The mean of several is: what is accidental in each wording averages out. So each comment
looks for a mean around it (one step of mean shift, Comaniciu and Meer 2002) among the comments of
other authors near it in time, and a group is judged as a whole: by its profiles against all
comments of that time, how close they are, and how many say it at other times.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

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
    score: float
    """Probability that the group is a campaign."""


@dataclass(frozen=True)
class Timed:
    """Usable comments in order of time: rows of the traces, unit vectors, seconds, authors."""

    rows: Rows
    halves: npt.NDArray[np.float16]
    """The vectors as they are kept: in full precision a million of them take 1.5 GB."""
    seconds: npt.NDArray[np.float64]
    authors: Rows

    def vectors(self, places: slice | Rows) -> Floats:
        """Return the vectors of some comments, shape (places, width)."""
        return self.halves[places].astype(np.float32)


@dataclass(frozen=True)
class Candidate:
    """Comments around one mean in one span, as places in `Timed`, in order of time."""

    places: Rows
    span: float
    n_then: int
    """All comments in the span, whatever they say."""
    n_all: int
    """Comments around the mean at any time that is looked at."""
    n_around: int
    """All comments at any time that is looked at."""


def same_meaning_groups(
    traces: Traces, model: BehaviourModel, least: float = 0.5
) -> list[MeaningGroup]:
    """Return groups that score at least `least`, the best first; no comment is in two of them.

    Comments without vector, author or time are left out. Memory is bounded by BLOCK and MOST, and
    by what scores enough.
    """
    timed = usable(traces)
    if timed is None:
        return []
    kept: list[tuple[float, Candidate]] = []
    for start in range(0, len(timed.rows), BLOCK):
        found = list(block_groups(timed, start))
        scores = scored(timed, found, model)
        kept += [pair for pair in zip(scores, found, strict=True) if pair[0] >= least]
    kept.sort(key=lambda pair: -pair[0])
    return apart(timed, kept, model, least)


def scored(timed: Timed, found: Sequence[Candidate], model: BehaviourModel) -> list[float]:
    """Return the probability of each candidate."""
    if not found:
        return []
    table = np.array([features_of(timed, each) for each in found])
    probs: list[float] = model.probs("same_meaning", MEANING_FEATURES, table).tolist()
    return probs


def apart(
    timed: Timed, ranked: Sequence[tuple[float, Candidate]], model: BehaviourModel, least: float
) -> list[MeaningGroup]:
    """Return the candidates as groups without common members, each comment in the best of its own.

    What a better group leaves of a candidate is judged anew: next to a campaign the rest are often
    the people who talk about the same, and what made the whole suspicious is gone.
    """
    taken = np.zeros(len(timed.rows), dtype=bool)
    groups = []
    for score, whole in ranked:
        free = whole.places[~taken[whole.places]]
        if len(np.unique(timed.authors[free])) < MIN_PROFILES:
            continue
        if len(free) < len(whole.places):
            n_gone = len(whole.places) - len(free)
            rest = replace(whole, places=free, n_all=whole.n_all - n_gone)
            score = scored(timed, [rest], model)[0]
        if score >= least:
            taken[free] = True
            groups.append(MeaningGroup(timed.rows[free], score))
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


def spread_out(vectors: npt.NDArray[np.int8], rows: Rows) -> npt.NDArray[np.float16]:
    """Return unit vectors without their mean and with their common directions damped.

    The encoder's vectors lie in a narrow cone; mean and directions are those of the comments.
    """
    sample = vectors[rows[:: max(1, len(rows) // FIT_ON)]].astype(np.float32)
    mean = sample.mean(axis=0)
    values, axes = np.linalg.eigh(np.cov((sample - mean).T))
    damped = (np.maximum(values, 0) + FLOOR * values.max()) ** (-WHITEN / 2)
    turn = (axes * damped).astype(np.float32)
    out = np.empty((len(rows), len(mean)), dtype=np.float16)
    for start in range(0, len(rows), 1 << 14):
        piece = (vectors[rows[start : start + (1 << 14)]].astype(np.float32) - mean) @ turn
        lengths = np.linalg.norm(piece, axis=1, keepdims=True)
        out[start : start + len(piece)] = piece / np.maximum(lengths, 1e-9)
    return out


def block_groups(timed: Timed, start: int) -> Iterator[Candidate]:
    """Yield the groups around a block of comments that could be a campaign."""
    end = min(start + BLOCK, len(timed.rows))
    first = np.searchsorted(timed.seconds, timed.seconds[start] - REACH)
    low = max(int(first), start - MOST)
    last = np.searchsorted(timed.seconds, timed.seconds[end - 1] + REACH, side="right")
    high = min(int(last), end + MOST)
    around = timed.vectors(slice(low, high))
    means = first_means(timed, range(start, end), range(low, high), around)
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
            yield from spans_of(timed, members + low, high - low)


def first_means(timed: Timed, own: range, around: range, vectors: Floats) -> Floats:
    """Return a mean for each own comment with enough close neighbours by other authors.

    `vectors` are those of the comments around, the own ones among them.
    """
    block, others = slice(own.start, own.stop), slice(around.start, around.stop)
    mine = vectors[own.start - around.start : own.stop - around.start]
    if len(vectors) <= N_NEAREST:
        return np.empty((0, vectors.shape[1]), dtype=np.float32)
    cosines = mine @ vectors.T
    cosines[timed.authors[block, None] == timed.authors[None, others]] = -1
    nearest = np.argpartition(-cosines, N_NEAREST, axis=1)[:, :N_NEAREST]
    close = np.take_along_axis(cosines, nearest, axis=1)
    seeds = np.flatnonzero((close >= NEAR).sum(axis=1) >= ENOUGH - 1)
    weights = np.where(close[seeds] >= NEAR, close[seeds], 0)
    means = mine[seeds] / 2
    means = means + np.einsum("ij,ijk->ik", weights, vectors[nearest[seeds]])
    unit: Floats = (means / np.linalg.norm(means, axis=1, keepdims=True)).astype(np.float32)
    return unit


def spans_of(timed: Timed, members: Rows, n_around: int) -> Iterator[Candidate]:
    """Yield a group's fullest stretch for each span of time."""
    seconds = timed.seconds[members]
    for span in SPANS:
        ends = np.searchsorted(seconds, seconds + span, side="right")
        at = int((ends - np.arange(len(members))).argmax())
        inside = members[at : ends[at]]
        if len(np.unique(timed.authors[inside])) < MIN_PROFILES:
            continue
        edges = np.searchsorted(timed.seconds, [seconds[at], seconds[at] + span])
        yield Candidate(inside, span, int(edges[1] - edges[0]), len(members), n_around)


def features_of(timed: Timed, group: Candidate) -> list[float]:
    """Return the features of a group, in the order of MEANING_FEATURES."""
    profiles = len(np.unique(timed.authors[group.places]))
    vectors = timed.vectors(group.places)
    total = vectors.sum(axis=0)
    alone = (vectors @ total - 1) / np.linalg.norm(total - vectors, axis=1)
    n_inside, n_others = len(group.places), group.n_around - group.n_then
    features = [
        np.log2(profiles),
        np.log2(group.n_then + 1),
        alone.mean(),
        np.log2(group.span / SPANS[0]),
        np.log2(n_inside / profiles),
        np.log2(profiles / n_inside * group.n_all / n_inside),
        np.log2(1 + 1_000 * (group.n_all - n_inside) / (max(n_others, 0) + 100)),
    ]
    return [float(each) for each in features]
