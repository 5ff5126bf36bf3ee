"""Calibration: from raw logits to probabilities that mean what they say.

Platt scaling (Platt 1999) per output, on logits; a language with enough labelled comments gets its
own slope and intercept, others share one. Kept as plain numbers in JSON.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
ANY_LANGUAGE = "any"
RIDGE = 1e-3
"""Keeps the slope finite and the equations solvable, and is too weak to be seen otherwise."""
MAX_SLOPE = 20.0
"""A steeper curve would blow up what rounding to bfloat16 alone does to a logit."""
MIN_PER_CLASS = 40
"""A language gets its own curve from this many positives and this many negatives."""


@dataclass(frozen=True)
class Curve:
    """prob = 1 / (1 + exp(-(slope * logit + intercept)))."""

    slope: float
    intercept: float

    def apply(self, logits: npt.ArrayLike) -> Floats:
        """Return probabilities for logits."""
        scaled = self.slope * np.asarray(logits, dtype=np.float64) + self.intercept
        result: Floats = 1.0 / (1.0 + np.exp(-np.clip(scaled, -40, 40)))
        return result


Calibration = Mapping[str, Mapping[str, Curve]]
"""Output -> language or "any" -> curve."""


def fit_curve(logits: Floats, truth: npt.NDArray[np.bool_], weights: Floats) -> Curve:
    """Return the curve of least weighted log loss, with Platt's smoothed targets.

    A falling, flat or far too steep curve is replaced by a constant one, so that a head that
    learned nothing says the base rate. Without a single label nothing is changed.
    """
    positives, negatives = float(weights[truth].sum()), float(weights[~truth].sum())
    if not len(logits):
        return Curve(1.0, 0.0)
    target = np.where(truth, (positives + 1) / (positives + 2), 1 / (negatives + 2))
    # On centred logits of unit spread the problem is well-conditioned wherever they lie.
    centre, spread = float(logits.mean()), float(logits.std()) or 1.0
    scaled, level = least_loss((logits - centre) / spread, target, weights)
    slope = scaled / spread
    if not 0 < slope <= MAX_SLOPE or not (positives and negatives):
        rate = (positives + 1) / (positives + negatives + 2)
        return Curve(0.0, float(np.log(rate / (1 - rate))))
    return Curve(slope, level - slope * centre)


def least_loss(logits: Floats, target: Floats, weights: Floats) -> tuple[float, float]:
    """Return slope and intercept of least log loss: Newton's method, steps halved until they help.

    The loss is convex, so that halving cannot miss the minimum.
    """

    def loss(at: Floats) -> float:
        scaled = at[0] * logits + at[1]
        own = np.logaddexp(0, scaled) - target * scaled
        return float((weights * own).sum() + RIDGE / 2 * at[0] ** 2)

    inputs = np.stack([logits, np.ones_like(logits)])
    at = np.zeros(2)
    for _ in range(100):
        prob = Curve(at[0], at[1]).apply(logits)
        gradient = inputs @ (weights * (prob - target)) + RIDGE * np.array([at[0], 0.0])
        curvature = weights * np.maximum(prob * (1 - prob), 1e-9)
        change = np.linalg.solve((inputs * curvature) @ inputs.T + RIDGE * np.eye(2), gradient)
        share, before = 1.0, loss(at)
        while share > 1e-6 and loss(at - share * change) > before:
            share /= 2
        at = at - share * change
        if np.abs(share * change).max() < 1e-9:
            break
    return float(at[0]), float(at[1])


def fit(
    logits: npt.NDArray[np.float32],
    targets: npt.NDArray[np.float32],
    langs: Sequence[str],
    weights: Floats,
    outputs: Sequence[str],
) -> dict[str, dict[str, Curve]]:
    """Return a curve per output and language.

    `logits` and `targets` have shape (comments, outputs), targets NaN where unknown.
    """
    language = np.asarray(langs)
    calibration: dict[str, dict[str, Curve]] = {}
    for column, output in enumerate(outputs):
        known = ~np.isnan(targets[:, column])
        curves: dict[str, Curve] = {}
        for name in (ANY_LANGUAGE, *sorted(set(langs))):
            chosen = known & ((language == name) | (name == ANY_LANGUAGE))
            truth = targets[chosen, column] > 0.5
            enough = min(truth.sum(), (~truth).sum()) >= MIN_PER_CLASS
            if name == ANY_LANGUAGE or enough:
                own = logits[chosen, column].astype(np.float64)
                curves[name] = fit_curve(own, truth, weights[chosen])
        calibration[output] = curves
    return calibration


def apply(
    calibration: Calibration,
    logits: npt.NDArray[np.float32],
    langs: Sequence[str],
    outputs: Sequence[str],
) -> Floats:
    """Return probabilities of the shape of `logits`: (comments, outputs)."""
    probs = np.empty(logits.shape, dtype=np.float64)
    language = np.asarray(langs)
    for column, output in enumerate(outputs):
        curves = calibration[output]
        for name in set(langs):
            chosen = language == name
            curve = curves.get(name, curves[ANY_LANGUAGE])
            probs[chosen, column] = curve.apply(logits[chosen, column])
    return probs


def to_json(calibration: Calibration) -> dict[str, dict[str, list[float]]]:
    """Return a calibration as plain JSON values."""
    return {
        output: {name: [curve.slope, curve.intercept] for name, curve in curves.items()}
        for output, curves in calibration.items()
    }


def from_json(raw: Mapping[str, Mapping[str, Sequence[float]]]) -> dict[str, dict[str, Curve]]:
    """Return the calibration that `to_json` wrote."""
    return {
        output: {name: Curve(*values) for name, values in curves.items()}
        for output, curves in raw.items()
    }
