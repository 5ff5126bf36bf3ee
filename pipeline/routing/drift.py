"""Drift: whether tonight's scores and languages look like those of earlier nights."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

NOTABLE = 0.1
"""A population stability index from which a shift is usually looked at; 0.25 is a large one."""
SMOOTH = 0.5
"""Added to every count, so that an empty bin does not stand for the end of the world."""
SURE = 4.0
"""Standard errors beyond what chance alone makes of samples of this size."""


@dataclass(frozen=True)
class Drift:
    """How far a distribution moved."""

    what: str
    index: float
    is_notable: bool
    """Large, and more than samples of this size show by chance."""
    n_tonight: int
    n_before: int


def drift(what: str, tonight: Sequence[int], before: Sequence[int]) -> Drift:
    """Return the population stability index of counts in the same bins."""
    now, then = np.array(tonight) + SMOOTH, np.array(before) + SMOOTH
    p, q = now / now.sum(), then / then.sum()
    index = float(((p - q) * np.log(p / q)).sum())
    n, m = int(sum(tonight)), int(sum(before))
    # Without a shift, index * nm / (n + m) follows a chi-square distribution.
    free = max(1, len(now) - 1)
    by_chance = (free + SURE * math.sqrt(2 * free)) * (n + m) / (n * m) if n and m else math.inf
    return Drift(what, round(index, 4), index > max(NOTABLE, by_chance), n, m)


def drifts(
    tonight: Mapping[str, Sequence[int]], before: Sequence[Mapping[str, Sequence[int]]]
) -> list[Drift]:
    """Return the drift of the scores in each language, and of the mix of languages."""
    if not before:
        return []
    langs = sorted(set(tonight).union(*before))
    empty = [0] * max(len(bins) for bins in tonight.values()) if tonight else []
    earlier = {
        lang: np.sum([each.get(lang, empty) for each in before], axis=0).tolist() for lang in langs
    }
    mix = drift(
        "languages",
        [sum(tonight.get(lang, empty)) for lang in langs],
        [sum(earlier[lang]) for lang in langs],
    )
    return [mix, *(drift(lang, tonight[lang], earlier[lang]) for lang in sorted(tonight))]
