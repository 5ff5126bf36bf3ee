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

    Newton's method on two parameters; a flat or falling curve is replaced by a constant one, so
    that a head that learned nothing says the base rate.
    """
    positives, negatives = float(weights[truth].sum()), float(weights[~truth].sum())
    target = np.where(truth, (positives + 1) / (positives + 2), 1 / (negatives + 2))
    slope, intercept = 1.0, 0.0
    for _ in range(100):
        prob = Curve(slope, intercept).apply(logits)
        gradient = weights * (prob - target)
        curvature = weights * np.maximum(prob * (1 - prob), 1e-9)
        g = np.array([(gradient * logits).sum() + 1e-3 * (slope - 1), gradient.sum()])
        cross = (curvature * logits).sum()
        h = np.array([[(curvature * logits**2).sum() + 1e-3, cross], [cross, curvature.sum()]])
        change = np.linalg.solve(h + 1e-9 * np.eye(2), g)
        slope, intercept = slope - np.clip(change[0], -2, 2), intercept - np.clip(change[1], -4, 4)
        if np.abs(change).max() < 1e-9:
            break
    if slope <= 0:
        rate = (positives + 1) / (positives + negatives + 2)
        return Curve(0.0, float(np.log(rate / (1 - rate))))
    return Curve(float(slope), float(intercept))


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
