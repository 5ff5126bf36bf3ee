"""Picking: which cleared comments are worth a label, and why.

A model that learns from what it proposed alone never hears of what it ranks lowest. The audit finds
that at random; from there, and from what the scores and vectors of a night show, these signs lead
on. All vectors are unit vectors without the mean of the comments around them (`centred`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Vectors = npt.NDArray[np.float32]
NEAR_MISS = "near_miss"
EMERGING = "emerging"
DISAGREEMENT = "disagreement"
UNCERTAIN = "uncertain"
DIVERSE = "diverse"
REASONS = (NEAR_MISS, EMERGING, DISAGREEMENT, UNCERTAIN, DIVERSE)
"""In the order in which they get a turn."""
CLOSE = 0.3
"""Cosine with a missed violation from which a comment is like it."""
SHARP = 10.0
"""How fast a comment's part in the density around another falls with their cosine."""
GROWN = 0.7
"""Log of how much denser it is around a comment than in earlier nights: twice as dense."""
SMOOTH = 0.3
"""Part of a usual density that is added to both: where little was said, one comment is no topic."""
APART = 0.5
"""Difference of the log odds from which model and rules disagree."""
COPY = 0.98
"""Cosine from which two texts are one: copies are found by behaviour."""
ALIKE = 0.85
"""Two comments that are closer than this teach the same."""


@dataclass(frozen=True)
class Cleared:
    """Comments that were cleared and not drawn for the audit; arrays with one row each."""

    prob: Floats
    """Chance of any violation, as far as anybody knows."""
    apart: Floats
    """How far the log odds of the model alone and with the rules are apart."""
    vectors: Vectors
    """Shape (n, width); a row of zeros is a comment without a vector."""


class Memory(NamedTuple):
    """What the signs are measured against; vectors of shape (any, width)."""

    before: Vectors
    """A sample of earlier nights."""
    recent: Vectors
    """Tonight and the last few nights."""
    misses: Vectors
    """Cleared comments in which people found a violation."""
    lawful: Vectors
    """Cleared comments in which they found none."""


@dataclass(frozen=True)
class Pick:
    """A comment to label, by its row, and what spoke for it."""

    row: int
    reason: str


def centred(vectors: Vectors, mean: Vectors) -> Vectors:
    """Return unit vectors without the mean: an encoder's vectors lie in a narrow cone."""
    if not vectors.size:
        return np.zeros((len(vectors), len(mean)), dtype=np.float32)
    moved = np.where(vectors.any(axis=1, keepdims=True), vectors - mean, 0)
    lengths = np.linalg.norm(moved, axis=1, keepdims=True)
    unit: Vectors = (moved / np.maximum(lengths, 1e-9)).astype(np.float32)
    return unit


def signs(cleared: Cleared, memory: Memory) -> dict[str, Floats]:
    """Return how strongly each reason speaks for each comment; -inf where it does not."""
    known = np.any(cleared.vectors, axis=1)
    found = {
        NEAR_MISS: where(known, near_misses(cleared.vectors, memory)),
        EMERGING: where(known, growth(cleared.vectors, memory)),
        DISAGREEMENT: where(np.greater_equal(cleared.apart, APART), cleared.apart),
        UNCERTAIN: np.nan_to_num(cleared.prob, nan=-np.inf),
        DIVERSE: where(known, 1.0 - nearest(cleared.vectors, memory.before)),
    }
    return {reason: found[reason] for reason in REASONS}


def where(holds: Flags, values: Floats) -> Floats:
    """Return the values, -inf where they do not hold."""
    return np.where(holds, values, -np.inf)


def near_misses(vectors: Vectors, memory: Memory) -> Floats:
    """Return how much closer comments are to a missed violation than to a lawful comment."""
    close = nearest(vectors, memory.misses)
    alike: Flags = close >= CLOSE
    return where(alike, close - nearest(vectors, memory.lawful))


def growth(vectors: Vectors, memory: Memory) -> Floats:
    """Return the log of how much denser it is around comments now than it was before.

    The ratio of two kernel density estimates finds what grows without naming any topics.
    """
    if not len(memory.before) or not len(memory.recent):
        return np.full(len(vectors), -np.inf)
    now, then = density(vectors, memory.recent), density(vectors, memory.before)
    usual = SMOOTH * float(np.median(then)) if len(then) else 1.0
    grown = np.log((now + usual) / (then + usual))
    notable: Flags = grown >= GROWN
    return where(notable, grown)


def density(vectors: Vectors, around: Vectors) -> Floats:
    """Return the mean closeness of all comments around each vector, itself and copies aside."""
    cosines = vectors @ around.T
    weights = np.where(cosines < COPY, np.exp(SHARP * (cosines - 1)), 0)
    return np.asarray(weights.mean(axis=1), dtype=np.float64)


def nearest(vectors: Vectors, others: Vectors) -> Floats:
    """Return the cosine of each vector with the nearest of the others, 0 when there is none."""
    if not len(others):
        return np.zeros(len(vectors))
    return np.asarray((vectors @ others.T).max(axis=1), dtype=np.float64)


def choose(
    speaks: Mapping[str, Floats], vectors: Vectors, budget: int, turns: Sequence[str] = REASONS
) -> list[Pick]:
    """Return at most `budget` comments: the reasons take turns, and no two comments are alike.

    Each reason takes the comment for which it speaks most among those unlike the ones chosen (a
    greedy k-centre step; Sener and Savarese 2018). A reason that speaks for none passes.
    """
    n = len(vectors)
    free = np.ones(n, dtype=bool)
    picks: list[Pick] = []
    waiting = list(turns)
    while waiting and len(picks) < budget:
        reason = waiting.pop(0)
        values = where(free, speaks[reason])
        if not n or not np.isfinite(row := int(values.argmax())) or values[row] == -np.inf:
            continue
        picks.append(Pick(row, reason))
        free[row] = False
        free &= vectors @ vectors[row] < ALIKE
        waiting.append(reason)
    return picks
