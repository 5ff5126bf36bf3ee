"""Stacking: one probability per output from the model's own and the features of the signals.

A logistic regression per output on the log odds of the calibrated probability and on features of
the text, fitted on calib. A sign that speaks for a label never lowers it, one that speaks against
never raises it. Other outputs can be features too: "any abuse" hears what threat and hate say by
themselves. Signs mean more in one language than in another, so a language with many labels has a
regression of its own, and one with enough is calibrated once more by itself. Kept as plain numbers
in JSON.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.core.heads import ODDS
from pipeline.model.calibration import MIN_PER_CLASS as MIN_FOR_A_CURVE
from pipeline.model.calibration import Curve, fit_curve

Floats = npt.NDArray[np.float64]
MIN_PER_CLASS = 15
"""Fewer positives or negatives than this teach nothing: the output keeps the model's own."""
RIDGE = 2.0
"""Pull of a weight to 0, and of the slope to 1, in comments that would say so."""
MIN_OF_ITS_OWN = 100
"""Positives and negatives from which a language has a regression of its own."""
FARTHEST = 12.0
"""Log odds beyond this are as good as certain, and must not drown the signs."""


@dataclass(frozen=True)
class Stacked:
    """log odds = slope * the model's own + weights * features + intercept."""

    slope: float
    intercept: float
    weights: Mapping[str, float]
    curves: Mapping[str, Curve] = field(default_factory=dict)
    """Language -> how its log odds become a probability; others take them as they are."""
    langs: Mapping[str, "Stacked"] = field(default_factory=dict)
    """Language -> its own regression, in place of this one and its curve."""

    def log_odds(self, probs: Floats, features: Floats, names: Sequence[str]) -> Floats:
        """Return the joined log odds of comments, NaN where a feature is missing."""
        scaled = self.slope * log_odds(probs) + self.intercept
        for name, weight in self.weights.items():
            scaled = scaled + weight * features[:, names.index(name)]
        return scaled


Curves = Mapping[str, Curve]
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
    *,
    outputs: Sequence[str],
    langs: Sequence[str],
    signs: Signs,
) -> dict[str, Stacked]:
    """Return the stack of every output that has features and enough labels.

    `probs` and `targets` have shape (comments, outputs), targets NaN where unknown; `features` has
    shape (comments, names).
    """
    stack = {}
    features, names = with_peers(probs, features, names, outputs)
    language = np.asarray(langs)
    for output, chosen in signs.items():
        at = outputs.index(output)
        columns = [names.index(name) for name in chosen]
        known = ~np.isnan(targets[:, at]) & ~np.isnan(features[:, columns]).any(axis=1)
        truth = targets[known, at] > 0.5
        if min(truth.sum(), (~truth).sum()) < MIN_PER_CLASS:
            continue
        own = log_odds(probs[known, at])
        inputs = np.column_stack([own, features[known][:, columns], np.ones(len(own))])
        plain = regression(inputs, truth, chosen)
        scaled = plain.log_odds(probs[known, at], features[known], names)
        by_lang = {}
        for lang in sorted(set(langs)):
            rows = language[known] == lang
            if min(truth[rows].sum(), (~truth[rows]).sum()) >= MIN_OF_ITS_OWN:
                by_lang[lang] = regression(inputs[rows], truth[rows], chosen)
        curves = curves_of(scaled, truth, language[known])
        stack[output] = replace(
            plain,
            curves={lang: curve for lang, curve in curves.items() if lang not in by_lang},
            langs=by_lang,
        )
    return stack


def with_peers(
    probs: Floats, features: Floats, names: Sequence[str], outputs: Sequence[str]
) -> tuple[Floats, list[str]]:
    """Return the features with the log odds of every output beside them, and all names."""
    peers = log_odds(probs).reshape(len(features), len(outputs))
    return np.hstack([features, peers]), [*names, *(f"{ODDS}{output}" for output in outputs)]


def regression(inputs: Floats, truth: npt.NDArray[np.bool_], signs: Mapping[str, int]) -> Stacked:
    """Return the regression of `truth` on the own log odds, the features of `signs`, and 1."""
    found = least_loss(inputs, truth.astype(np.float64), [1, *signs.values(), 0])
    rounded = [round(float(each), 6) for each in found]
    weights = {name: each for name, each in zip(signs, rounded[1:-1], strict=True) if each}
    return Stacked(rounded[0], rounded[-1], weights)


def curves_of(scaled: Floats, truth: npt.NDArray[np.bool_], langs: npt.NDArray[np.str_]) -> Curves:
    """Return a curve for every language with enough labels of both kinds."""
    curves = {}
    for lang in sorted(set(langs.tolist())):
        rows = langs == lang
        if min(truth[rows].sum(), (~truth[rows]).sum()) >= MIN_FOR_A_CURVE:
            curves[lang] = fit_curve(scaled[rows], truth[rows], np.ones(int(rows.sum())))
    return curves


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
    stack: Stack,
    probs: Floats,
    features: Floats,
    names: Sequence[str],
    *,
    outputs: Sequence[str],
    langs: Sequence[str],
) -> Floats:
    """Return probabilities of the shape of `probs`: (comments, outputs).

    A comment that lacks a feature (NaN: its detector failed) keeps the model's own probability.
    """
    result = probs.copy()
    features, names = with_peers(probs, features, names, outputs)
    language = np.asarray(langs)
    for output, stacked in stack.items():
        at = outputs.index(output)
        scaled = stacked.log_odds(probs[:, at], features, names)
        joined = sigmoid(scaled)
        for lang, curve in stacked.curves.items():
            rows = language == lang
            joined[rows] = curve.apply(scaled[rows])
        for lang, own in stacked.langs.items():
            rows = language == lang
            joined[rows] = sigmoid(own.log_odds(probs[rows, at], features[rows], names))
        result[:, at] = np.where(np.isnan(scaled), probs[:, at], joined)
    return result


def to_json(stack: Stack) -> dict[str, dict[str, Any]]:
    """Return a stack as plain JSON values."""
    return {
        output: {
            **numbers(each),
            "curves": {lang: [own.slope, own.intercept] for lang, own in each.curves.items()},
            "langs": {lang: numbers(own) for lang, own in each.langs.items()},
        }
        for output, each in stack.items()
    }


def numbers(each: Stacked) -> dict[str, Any]:
    """Return a regression as plain JSON values."""
    return {"slope": each.slope, "intercept": each.intercept, "weights": dict(each.weights)}


def from_json(raw: Mapping[str, Mapping[str, Any]]) -> dict[str, Stacked]:
    """Return the stack that `to_json` wrote."""
    return {
        output: Stacked(
            each["slope"],
            each["intercept"],
            dict(each["weights"]),
            {lang: Curve(*own) for lang, own in each["curves"].items()},
            {
                lang: Stacked(own["slope"], own["intercept"], dict(own["weights"]))
                for lang, own in each.get("langs", {}).items()
            },
        )
        for output, each in raw.items()
    }
