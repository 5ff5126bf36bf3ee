"""Stacking: one probability per output from the model's own and the features of the signals.

A logistic regression per output on the log odds of the calibrated probability and on features of
the text, fitted on calib. A sign that speaks for a label never lowers it, one that speaks against
never raises it. Kept as plain numbers in JSON.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
MIN_PER_CLASS = 15
"""Fewer positives or negatives than this teach nothing: the output keeps the model's own."""
RIDGE = 2.0
"""Pull of a weight to 0, and of the slope to 1, in comments that would say so."""
FARTHEST = 12.0
"""Log odds beyond this are as good as certain, and must not drown the signs."""


@dataclass(frozen=True)
class Stacked:
    """log odds = slope * the model's own + weights * features + intercept."""

    slope: float
    intercept: float
    weights: Mapping[str, float]


Stack = Mapping[str, Stacked]
"""Output -> how its probability is made; an output that is absent keeps the model's own."""
Signs = Mapping[str, Mapping[str, int]]
"""Output -> feature -> 1 when it speaks for the output, -1 against, 0 either way."""


def log_odds(probs: Floats) -> Floats:
    """Return log odds, cut off at the farthest."""
    inside = np.clip(probs, 1e-9, 1 - 1e-9)
    result: Floats = np.clip(np.log(inside / (1 - inside)), -FARTHEST, FARTHEST)
    return result


def sigmoid(scaled: Floats) -> Floats:
    """Return probabilities for log odds."""
    result: Floats = 1.0 / (1.0 + np.exp(-np.clip(scaled, -40, 40)))
    return result


def fit(
    probs: Floats,
    features: Floats,
    names: Sequence[str],
    targets: npt.NDArray[np.float32],
    outputs: Sequence[str],
    signs: Signs,
) -> dict[str, Stacked]:
    """Return the stack of every output that has features and enough labels.

    `probs` and `targets` have shape (comments, outputs), targets NaN where unknown; `features` has
    shape (comments, names).
    """
    stack = {}
    for output, chosen in signs.items():
        at = outputs.index(output)
        columns = [names.index(name) for name in chosen]
        known = ~np.isnan(targets[:, at]) & ~np.isnan(features[:, columns]).any(axis=1)
        truth = targets[known, at] > 0.5
        if min(truth.sum(), (~truth).sum()) < MIN_PER_CLASS:
            continue
        own = log_odds(probs[known, at])
        inputs = np.column_stack([own, features[known][:, columns], np.ones(len(own))])
        found = least_loss(inputs, truth.astype(np.float64), [1, *chosen.values(), 0])
        rounded = [round(float(each), 6) for each in found]
        weights = {name: each for name, each in zip(chosen, rounded[1:-1], strict=True) if each}
        stack[output] = Stacked(rounded[0], rounded[-1], weights)
    return stack


def least_loss(inputs: Floats, truth: Floats, signs: Sequence[int]) -> Floats:
    """Return the weights of least log loss within their signs: projected Newton steps.

    The first input starts at weight 1 and is pulled there, the last one, always 1, is free.
    """
    start = np.zeros(inputs.shape[1])
    start[0] = 1.0
    pull = np.full(len(start), RIDGE)
    pull[-1] = 1e-6
    lowest = np.where(np.asarray(signs) > 0, 0.0, -np.inf)
    highest = np.where(np.asarray(signs) < 0, 0.0, np.inf)

    def loss(at: Floats) -> float:
        scaled = inputs @ at
        own = np.logaddexp(0, scaled) - truth * scaled
        return float(own.sum() + (pull * (at - start) ** 2).sum() / 2)

    at = start.copy()
    for _ in range(100):
        prob = sigmoid(inputs @ at)
        gradient = inputs.T @ (prob - truth) + pull * (at - start)
        held = ((at <= lowest) & (gradient > 0)) | ((at >= highest) & (gradient < 0))
        free = ~held
        curvature = (inputs * np.maximum(prob * (1 - prob), 1e-9)[:, None]).T @ inputs
        curvature += np.diag(pull)
        step = np.zeros_like(at)
        step[free] = np.linalg.solve(curvature[np.ix_(free, free)], gradient[free])
        share, before = 1.0, loss(at)
        while share > 1e-8 and loss(np.clip(at - share * step, lowest, highest)) > before:
            share /= 2
        moved = np.clip(at - share * step, lowest, highest)
        change = float(np.abs(moved - at).max())
        at = moved
        if change < 1e-9:
            break
    return at


def apply(
    stack: Stack, probs: Floats, features: Floats, names: Sequence[str], outputs: Sequence[str]
) -> Floats:
    """Return probabilities of the shape of `probs`: (comments, outputs).

    A comment that lacks a feature (NaN: its detector failed) keeps the model's own probability.
    """
    result = probs.copy()
    for output, stacked in stack.items():
        at = outputs.index(output)
        scaled = stacked.slope * log_odds(probs[:, at]) + stacked.intercept
        for name, weight in stacked.weights.items():
            scaled = scaled + weight * features[:, names.index(name)]
        result[:, at] = np.where(np.isnan(scaled), probs[:, at], sigmoid(scaled))
    return result


def to_json(stack: Stack) -> dict[str, dict[str, object]]:
    """Return a stack as plain JSON values."""
    return {
        output: {
            "slope": each.slope,
            "intercept": each.intercept,
            "weights": dict(each.weights),
        }
        for output, each in stack.items()
    }


def from_json(raw: Mapping[str, Mapping[str, object]]) -> dict[str, Stacked]:
    """Return the stack that `to_json` wrote."""
    stack = {}
    for output, each in raw.items():
        weights = each["weights"]
        slope, intercept = float(str(each["slope"])), float(str(each["intercept"]))
        known = dict(weights) if isinstance(weights, Mapping) else {}
        stack[output] = Stacked(slope, intercept, known)
    return stack
