"""Cuts: what policy sentences ask of clear and priority, on the labelled comments of a language.

Clear     Learn then Test (Angelopoulos et al. 2021) with fixed-sequence testing: cuts are tested
          from 0, which misses nothing, upwards. The exact binomial test on the *violating* comments
          rejects "more is missed than allowed" up to some cut; the highest such cut is taken, so
          that P(cleared | violates) keeps to the sentence with its confidence at any base rate.
Priority  Cuts are tested from the surest down, from several starts that share the error
          (multi-start fixed sequence), on the comments called sure, at the real base rate.
Ceilings  The share of lawful criticism that reaches a cut.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from pipeline.core.sentences import VIOLATIONS, Sentence
from pipeline.model.bounds import allowed, labels_needed, proves_share
from pipeline.model.stacking import log_odds, sigmoid
from pipeline.model.thresholds import NEVER

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
HAIR = 1e-6
"""Less than any difference that matters, more than what rounding and float32 take or add."""
FEW = 25
"""A language with fewer violations or less lawful criticism keeps to the shared cut, or above."""
STARTS = 4
"""Starts of the sequence of tests for priority."""
TAIL = 20
"""Highest lawful comments that tell how fast their log odds thin out."""
SAFE = 0.8
"""Probability that as many new lawful comments stay below the cut that none may reach."""


@dataclass(frozen=True)
class Labelled:
    """Labelled comments of one language: probs and truth of shape (comments, outputs)."""

    probs: Floats
    known: npt.NDArray[np.float32]
    """1 true, 0 false, NaN unknown."""
    protected: Flags
    """Lawful criticism and what resembles it, shape (comments,)."""
    drawn: Flags
    """Violations that stand for those of real traffic, shape (comments,): see `uniform`."""

    def violates(self, column: int | None = None) -> Flags:
        """Return which comments have this label, or any."""
        columns = self.known if column is None else self.known[:, [column]]
        return np.asarray((columns > 0.5).any(axis=1))

    def rows(self, chosen: Flags) -> "Labelled":
        """Return some of the comments."""
        return Labelled(
            self.probs[chosen], self.known[chosen], self.protected[chosen], self.drawn[chosen]
        )


@dataclass
class Clear:
    """What the sentences read so far leave open."""

    low: float = 0.0
    """A lower shared cut would flag too much lawful criticism."""
    high: float = NEVER
    """A higher shared cut would miss too many violations."""
    own: dict[int, float] = field(default_factory=dict)
    """Output -> its own, lower cut."""

    def cuts(self, shared: float, n_outputs: int) -> Floats:
        """Return the cut of every output."""
        return np.array([min(shared, self.own.get(at, NEVER)) for at in range(n_outputs)])


def choose_clear(
    own: Labelled, outputs: Sequence[str], sentences: Sequence[Sentence], shared: float
) -> Floats:
    """Return the clear cut of every output: sentences are kept in their order."""
    state = Clear()
    ceilings: list[int] = []
    few = min(own.violates().sum(), own.protected.sum()) < FEW
    for sentence in sentences:
        if sentence.kind == "flagged":
            n_may = max(0, allowed(int(own.protected.sum()), sentence.share, sentence.confidence))
            low = lowest(own, state.own, n_may)
            low = max(low, shared) if few else low
            if low < NEVER and low <= state.high:
                state.low = max(state.low, low)
                ceilings.append(n_may)
        elif sentence.kind == "miss" and sentence.subject == VIOLATIONS:
            high = highest(own.probs.max(axis=1)[own.violates() & own.drawn], sentence)
            if (high or 0.0) >= state.low:
                state.high = min(state.high, high or 0.0)
        elif sentence.kind == "miss" and sentence.subject in outputs:
            lower_one(own, state, outputs.index(sentence.subject), sentence, ceilings)
    missed = state.high if state.high < NEVER else state.low
    return state.cuts(missed, len(outputs))


def highest(levels: Floats, sentence: Sentence) -> float | None:
    """Return the highest cut proven to miss few enough of these violations, None when none is.

    `levels` holds the cut up to which each one is caught. Misses only grow with the cut, so the
    sequence of tests ends where they exceed what the exact test allows.
    """
    n_may = allowed(len(levels), sentence.share, sentence.confidence)
    # A hair lower: neither rounding nor float32 may lift the cut above the comment that set it.
    return None if n_may < 0 else max(0.0, float(np.sort(levels)[n_may]) - HAIR)


def lowest(own: Labelled, lowered: dict[int, float], n_may: int) -> float:
    """Return the lowest shared cut with which at most `n_may` lawful comments are flagged."""
    lawful = own.probs[own.protected]
    already = np.zeros(len(lawful), dtype=bool)
    for at, cut in lowered.items():
        already |= lawful[:, at] >= cut
    left = n_may - int(already.sum())
    return NEVER if left < 0 else ceiling(np.sort(lawful[~already].max(axis=1, initial=0)), left)


def ceiling(lawful: Floats, n_may: int) -> float:
    """Return the lowest cut that at most `n_may` of the sorted probs reach."""
    return 0.0 if len(lawful) <= n_may else float(lawful[len(lawful) - 1 - n_may]) + HAIR


def beyond(lawful: Floats) -> float:
    """Return the cut that none of as many new lawful comments reaches, with probability `SAFE`.

    Above the highest of the sorted probs alone, the highest of the next as many would lie every
    second time. Log odds thin out exponentially at their upper end, so that the highest of two
    samples differ by a logistic variable; its scale is the mean excess of the `TAIL` highest.
    """
    if len(lawful) <= TAIL:
        return ceiling(lawful, 0)
    odds = log_odds(lawful[-TAIL - 1 :])
    scale = (odds[1:] - odds[0]).mean()
    cut = odds[-1] + scale * np.log(SAFE / (1 - SAFE))
    return max(ceiling(lawful, 0), float(sigmoid(cut)))


def lower_one(
    own: Labelled, state: Clear, column: int, sentence: Sentence, ceilings: Sequence[int]
) -> None:
    """Give a label a cut of its own, as far as data and the sentences before this one allow.

    Its output alone is tested: whatever the others catch comes on top. It may use what an earlier
    ceiling leaves over, and never drives the shared cut up.
    """
    high = highest(own.probs[own.violates(column) & own.drawn, column], sentence)
    if high is None:
        return
    lowered = {**state.own, column: high}
    if all(lowest(own, lowered, n_may) <= state.low for n_may in ceilings):
        state.own = lowered


def choose_priority(
    own: Labelled,
    sure: Flags,
    sentences: Sequence[Sentence],
    base_rate: float,
    shared: float,
    *,
    clear: float,
) -> float:
    """Return the cut from which a comment is sure to break a rule, NEVER when none is proven.

    It lies at or above the clear cut and every ceiling on criticism. Without a sentence about
    precision nobody is ever sure.
    """
    levels = own.probs[:, sure].max(axis=1, initial=0)
    lawful = np.sort(levels[own.protected])
    few = min(own.violates().sum(), own.protected.sum()) < FEW
    floor = clear
    for sentence in sentences:
        if sentence.kind == "priority":
            n_may = max(0, allowed(len(lawful), sentence.share, sentence.confidence))
            none = sentence.share == 0
            floor = max(floor, beyond(lawful) if none else ceiling(lawful, n_may))
    if not any(sentence.kind == "precision" for sentence in sentences):
        return NEVER
    cut = floor
    judged = (own.violates() & own.drawn) | is_lawful(own)
    for sentence in sentences:
        if sentence.kind == "precision" and few and sentence.confidence is None:
            cut = max(cut, shared)
        elif sentence.kind == "precision":
            own_truth = own.violates()[judged]
            cut = max(cut, precise(levels[judged], own_truth, sentence, base_rate, floor))
    return cut


def is_lawful(own: Labelled) -> Flags:
    """Return which comments are known to break no rule: every kind of abuse is ruled out."""
    lawful: Flags = (own.known[:, -1] == 0) & ~own.violates()
    return lawful


def precise(
    levels: Floats, truth: Flags, sentence: Sentence, base_rate: float, floor: float
) -> float:
    """Return the lowest cut from `floor` on whose precision holds, NEVER when none does."""
    order = np.argsort(-levels, kind="stable")
    ordered, lawful = levels[order], ~truth[order]
    n, k = np.arange(1, len(order) + 1), np.cumsum(lawful, dtype=np.int64)
    may = lawful_share(1 - sentence.share, truth, base_rate)
    if sentence.confidence is None:
        good = (k <= may * n) & (n - k >= 5)
    else:
        good = proven(n, k, may, sentence.confidence)
    # Ties share a cut: only the last of equal probs may carry it.
    last = np.append(np.diff(ordered) != 0, True)
    at = np.flatnonzero(good & last & (ordered - HAIR >= floor))
    return max(0.0, float(ordered[at[-1]]) - HAIR) if len(at) else NEVER


def lawful_share(share: float, truth: Flags, base_rate: float, *, back: bool = False) -> float:
    """Return which share of lawful comments here stands for `share` at the base rate, or back.

    Violations are more frequent among labelled comments than in real traffic: the odds are scaled
    by how much more.
    """
    positives = float(truth.mean()) if len(truth) else 0.0
    if not 0 < positives < 1 or share in (0, 1):
        return share if positives else 0.0
    factor = base_rate / (1 - base_rate) * (1 - positives) / positives
    odds = share / (1 - share) * (1 / factor if back else factor)
    return odds / (1 + odds)


def proven(n: Counts, k: Counts, may: float, sure: float) -> Flags:
    """Return at which counts of comments called sure the exact tests hold.

    The sequence starts at four sizes, fixed by the sentence alone, each with a quarter of the
    error, and goes down from each until its first failure.
    """
    held = np.zeros(len(n), dtype=bool)
    each = 1 - (1 - sure) / STARTS
    first = labels_needed(0, may, each)
    if first is None:
        return held
    enough = sizes_needed(may, each, len(n))
    passed = n >= enough[np.minimum(k, len(enough) - 1)]
    for start in (first * 2**doubling for doubling in range(STARTS)):
        if start <= len(n):
            failures = np.flatnonzero(~passed[start - 1 :])
            end = start - 1 + (failures[0] if len(failures) else len(n) - start + 1)
            held[start - 1 : end] = True
    return held


def sizes_needed(may: float, sure: float, n_most: int) -> Counts:
    """Return, for 0, 1, 2... lawful comments, how many called sure prove a share of at most `may`.

    The last entry is more than there are.
    """
    sizes: list[int] = []
    size = 1
    while size <= n_most:
        size = next_size(len(sizes), may, sure, size, n_most)
        sizes.append(size)
    return np.array(sizes)


def next_size(k: int, may: float, sure: float, low: int, n_most: int) -> int:
    """Return the smallest n from `low` on for which k of n prove `may`, n_most + 1 when none is."""
    high = n_most + 1
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if proves_share(k, middle, may, sure) else (middle + 1, high)
    return low
