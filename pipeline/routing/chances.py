"""Chances: how many violations a night holds, and where, judged by its scores.

Probabilities were calibrated on labelled comments, where violations are frequent. Real traffic
holds fewer: the share is estimated from the night itself by expectation and maximisation (Saerens,
Latinne and Decaestecker 2002), and the odds are shifted by it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
ROUNDS = 500
NEAR = 1e-6
"""Probabilities are kept this far from 0 and 1, so that odds exist."""
PRECISION = (4.0, 1.0)
"""Of the prior on stretch and shift of the log odds: standard deviations of a half and of one."""
LEAST_STRETCH = 0.05
"""A comment with a higher score is never taken to be the safer one."""
LEAST = 0.001
"""The share of violations is taken to be at least this: a quiet night is not proof of innocence."""


@dataclass(frozen=True)
class Reviewed:
    """Comments that people judged: the chance that was calibrated, and the verdict."""

    prob: Floats
    langs: npt.NDArray[np.str_]
    violates: Flags

    @classmethod
    def none(cls) -> "Reviewed":
        """Return no comment at all."""
        return cls(np.zeros(0), np.zeros(0, dtype=str), np.zeros(0, dtype=bool))


def shifted(prob: Floats, rate: float, share: float) -> Floats:
    """Return probabilities calibrated at `rate` as they read where violations have `share`."""
    odds = np.clip(prob, NEAR, 1 - NEAR)
    odds = odds / (1 - odds) * (share / (1 - share)) / (rate / (1 - rate))
    return odds / (1 + odds)


def share_of(prob: Floats, rate: float) -> tuple[float, float]:
    """Return the estimated share of violations, and the standard error of its log odds."""
    if not len(prob):
        return rate, 0.0
    share = rate
    for _ in range(ROUNDS):
        found = float(np.clip(shifted(prob, rate, share).mean(), LEAST, 1 - LEAST))
        if abs(found - share) < 1e-7:
            break
        share = found
    clipped = np.clip(prob, NEAR, 1 - NEAR)
    violating, lawful = clipped / rate, (1 - clipped) / (1 - rate)
    mixture = share * violating + (1 - share) * lawful
    information = float((((violating - lawful) / mixture) ** 2).sum())
    error = 1 / np.sqrt(information) / (share * (1 - share)) if information > 0 else 0.0
    return share, float(error)


@dataclass(frozen=True)
class Chances:
    """The chance that each comment breaks a rule, in this night's traffic."""

    prob: Floats
    """NaN where nothing is known."""
    error: Floats
    """Standard error of the log odds, by which all comments of a language move together."""
    shares: Mapping[str, float]
    """Estimated share of violations by language."""


def chances(prob: Floats, langs: npt.NDArray[np.str_], rates: Mapping[str, float]) -> Chances:
    """Return the chances in a night; `rates` are the shares at which probs were calibrated."""
    found, error = np.full(len(prob), np.nan), np.zeros(len(prob))
    shares: dict[str, float] = {}
    for lang in np.unique(langs):
        rows = (langs == lang) & ~np.isnan(prob)
        rate = rates.get(str(lang), rates.get("any", 0.5))
        if rows.any() and 0 < rate < 1:
            shares[str(lang)], error[rows] = share_of(prob[rows], rate)
            found[rows] = shifted(prob[rows], rate, shares[str(lang)])
    return Chances(found, error, shares)


def in_tonights_odds(
    reviewed: Reviewed, rates: Mapping[str, float], shares: Mapping[str, float]
) -> Reviewed:
    """Return reviews with their chances as they would read in tonight's traffic."""
    prob = reviewed.prob.copy()
    for lang, share in shares.items():
        rows = reviewed.langs == lang
        prob[rows] = shifted(prob[rows], rates.get(lang, rates.get("any", 0.5)), share)
    return Reviewed(prob, reviewed.langs, reviewed.violates)


def corrected(prob: Floats, reviewed: Reviewed) -> Floats:
    """Return chances that follow what people found.

    Their log odds are stretched and moved by the two numbers that fit the reviews best, with a
    normal prior around "as they are" that some tens of reviews outweigh.
    """
    if not len(reviewed.prob):
        return prob
    odds, truth = log_odds(reviewed.prob), reviewed.violates.astype(np.float64)
    inputs = np.stack([odds, np.ones_like(odds)])
    start, precision = np.array([1.0, 0.0]), np.diag(PRECISION)
    at = start.copy()
    for _ in range(ROUNDS):
        found = 1 / (1 + np.exp(-np.clip(at @ inputs, -40, 40)))
        slope = inputs @ (found - truth) + precision @ (at - start)
        change = np.linalg.solve((inputs * (found * (1 - found))) @ inputs.T + precision, slope)
        # Small steps: far from the minimum Newton's are too bold.
        at = at - change / max(1.0, float(np.abs(change).max()))
        if np.abs(change).max() < 1e-9:
            break
    stretched = max(float(at[0]), LEAST_STRETCH) * log_odds(prob) + at[1]
    result: Floats = 1 / (1 + np.exp(-np.clip(stretched, -40, 40)))
    return result


def log_odds(prob: Floats) -> Floats:
    """Return log odds; NaN stays NaN."""
    clipped = np.clip(prob, NEAR, 1 - NEAR)
    odds: Floats = np.log(clipped / (1 - clipped))
    return odds


def expected_sum(prob: Floats, error: Floats) -> tuple[float, float, float]:
    """Return how many of these comments break a rule: expected, and a 95 % interval.

    It holds as far as the scores mean what they say; the audit measures whether they do.
    """
    known = ~np.isnan(prob)
    p = prob[known]
    mean, spread = float(p.sum()), p * (1 - p)
    together = float((spread * error[known]).sum())
    width = 1.96 * float(np.sqrt(spread.sum() + together**2))
    low, high = max(0.0, mean - width), min(float(len(p)), mean + width)
    return round(mean, 2), round(low, 2), round(high, 2)
