"""How far annotators agree, and how frequent a label is: both with intervals."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Z95 = 1.959963984540054
"""Two-sided 95 % point of the normal distribution."""


@dataclass(frozen=True)
class Agreement:
    """Krippendorff's alpha of one label; None where nothing varies, so that none is defined."""

    n_units: int
    """Texts with at least two judgements."""
    n_marked: int
    """Of these, texts that at least one annotator gave the label."""
    n_agreed: int
    """Of these, texts to which all annotators of the text gave it."""
    alpha: float | None
    interval: tuple[float, float] | None


@dataclass(frozen=True)
class Rate:
    """A share with its 95 % Wilson interval."""

    n: int
    n_marked: int
    share: float
    low: float
    high: float


def agreement(
    judgements: Sequence[Sequence[bool]], *, bootstrap: int = 2000, seed: int = 0
) -> Agreement:
    """Return how far the judgements of each text agree; texts with one judgement do not count."""
    units = [unit for unit in judgements if len(unit) > 1]
    counts = np.array([[len(unit) - sum(unit), sum(unit)] for unit in units], dtype=np.float64)
    counts = counts.reshape(-1, 2)
    return Agreement(
        n_units=len(units),
        n_marked=sum(any(unit) for unit in units),
        n_agreed=sum(all(unit) for unit in units),
        alpha=alpha(counts),
        interval=alpha_interval(counts, bootstrap, seed),
    )


def alpha(counts: Floats) -> float | None:
    """Return Krippendorff's alpha for nominal values.

    `counts` has shape (units, values): how many annotators gave a unit each value. Units with
    fewer than two are left out. None when there is no unit, or only one value anywhere, because
    chance cannot disagree then (Krippendorff, Computing Krippendorff's Alpha-Reliability, 2011).
    """
    paired = counts[counts.sum(axis=1) > 1]
    (value,) = alphas(paired, np.ones((1, len(paired))))
    return None if math.isnan(value) else float(value)


def alphas(counts: Floats, weights: Floats) -> Floats:
    """Return an alpha per row of `weights`, shape (draws, units): how often each unit counts.

    alpha = 1 - observed disagreement / expected disagreement, over pairs of judgements.
    """
    judged = counts.sum(axis=1)
    differing = (judged**2 - (counts**2).sum(axis=1)) / np.maximum(judged - 1, 1)
    total = weights @ judged
    of_value = weights @ counts
    expected = total**2 - (of_value**2).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        found: Floats = 1 - (total - 1) * (weights @ differing) / expected
    found[expected <= 0] = np.nan
    return found


def alpha_interval(counts: Floats, bootstrap: int, seed: int) -> tuple[float, float] | None:
    """Return the 95 % percentile interval over resampled units.

    Draws in which nothing varies have no alpha and are left out; None when that is most of them.
    """
    paired = counts[counts.sum(axis=1) > 1]
    if len(paired) < 2 or not bootstrap:
        return None
    rng = np.random.default_rng(seed)
    n = len(paired)
    weights = rng.multinomial(n, np.full(n, 1 / n), size=bootstrap).astype(np.float64)
    drawn = alphas(paired, weights)
    defined = drawn[~np.isnan(drawn)]
    if 2 * len(defined) <= bootstrap:
        return None
    low, high = np.percentile(defined, [2.5, 97.5])
    return float(low), float(high)


def rate(n_marked: int, n: int) -> Rate:
    """Return a share with its 95 % interval (Wilson 1927), which holds for rare labels too."""
    if n == 0:
        return Rate(0, 0, 0.0, 0.0, 1.0)
    share = n_marked / n
    middle = share + Z95**2 / (2 * n)
    spread = Z95 * math.sqrt(share * (1 - share) / n + Z95**2 / (4 * n**2))
    scale = 1 + Z95**2 / n
    low, high = (middle - spread) / scale, (middle + spread) / scale
    # At none or all the formula gives 0 or 1 but for rounding.
    return Rate(n, n_marked, share, min(max(0.0, low), share), max(min(1.0, high), share))
