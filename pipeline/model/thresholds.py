"""Thresholds: cuts on prob, computed on calib from policy sentences.

Clear    "miss at most X of the violations, unless that flags more than Y of lawful criticism":
         the ceiling on criticism wins, because flagging it is the worse error.
Priority "precision at least P at the real base rate, and no lawful criticism at all".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
NEVER = 1.01
"""A threshold that no probability reaches."""
HAIR = 1e-6
"""Less than any difference that matters, more than what rounding and float32 take or add."""
ANY_LANGUAGE = "any"
MIN_POSITIVES = 25


@dataclass(frozen=True)
class Cut:
    """`prob >= clear` needs a person; `prob >= priority` is sure."""

    clear: float
    priority: float


Thresholds = Mapping[str, Mapping[str, Cut]]
"""Output -> language or "any" -> cut."""


@dataclass(frozen=True)
class Targets:
    """The policy sentences behind the cuts, as shares."""

    clear_miss: float
    clear_criticism: float
    priority_precision: float
    base_rate: float


def choose(probs: Floats, truth: Flags, criticism: Flags, targets: Targets) -> Cut:
    """Return the cut for one output: arrays of shape (comments,) of calib."""
    positives = np.sort(probs[truth])
    lawful = np.sort(probs[criticism & ~truth])
    # A hair lower: neither rounding nor float32 may lift the cut above the comment that set it.
    by_miss = float(positives[int(np.floor(targets.clear_miss * len(positives)))]) - HAIR
    clear = max(by_miss, ceiling(lawful, targets.clear_criticism))
    priority = max(sure(probs, truth, targets), ceiling(lawful, 0.0), clear)
    return Cut(round(min(clear, NEVER), 6), round(min(priority, NEVER), 6))


def ceiling(lawful: Floats, share: float) -> float:
    """Return the smallest cut that at most `share` of the sorted lawful probs reach."""
    allowed = int(np.floor(share * len(lawful)))
    if len(lawful) <= allowed:
        return 0.0
    return float(lawful[len(lawful) - 1 - allowed]) + HAIR


def sure(probs: Floats, truth: Flags, targets: Targets) -> float:
    """Return the smallest cut from which precision holds at the base rate, NEVER when none does.

    Positives and negatives are reweighted from their share in calib to the base rate.
    """
    order = np.argsort(-probs, kind="stable")
    hits = np.cumsum(truth[order]) * targets.base_rate / max(1, truth.sum())
    misses = np.cumsum(~truth[order]) * (1 - targets.base_rate) / max(1, (~truth).sum())
    precise = hits / (hits + misses + 1e-12) >= targets.priority_precision
    # Ties share a cut: only the last of equal probs may carry it.
    last = np.append(np.diff(probs[order]) != 0, True)
    good = np.flatnonzero(precise & last & (np.cumsum(truth[order]) >= 5))
    return float(probs[order][good[-1]]) - HAIR if len(good) else NEVER


def fit(
    probs: Floats,
    targets_known: npt.NDArray[np.float32],
    langs: Sequence[str],
    slices: Sequence[str],
    outputs: Sequence[str],
    targets: Targets,
) -> dict[str, dict[str, Cut]]:
    """Return a cut per output and language; a language with few positives uses the shared one."""
    language = np.asarray(langs)
    criticism = np.isin(np.asarray(slices), ("criticism", "hard_negative"))
    thresholds: dict[str, dict[str, Cut]] = {}
    for column, output in enumerate(outputs):
        known = ~np.isnan(targets_known[:, column])
        cuts: dict[str, Cut] = {}
        for name in (ANY_LANGUAGE, *sorted(set(langs))):
            chosen = known & ((language == name) | (name == ANY_LANGUAGE))
            truth = targets_known[chosen, column] > 0.5
            if truth.sum() >= MIN_POSITIVES and (~truth).sum() >= MIN_POSITIVES:
                cuts[name] = choose(probs[chosen, column], truth, criticism[chosen], targets)
        # Without labels nothing can be promised: a person looks from an even chance on.
        cuts.setdefault(ANY_LANGUAGE, Cut(0.5, NEVER))
        thresholds[output] = cuts
    return thresholds


def cut_for(thresholds: Thresholds, output: str, lang: str) -> Cut:
    """Return the cut of an output in a language."""
    cuts = thresholds[output]
    return cuts.get(lang, cuts[ANY_LANGUAGE])


def to_json(thresholds: Thresholds) -> dict[str, dict[str, list[float]]]:
    """Return thresholds as plain JSON values."""
    return {
        output: {name: [cut.clear, cut.priority] for name, cut in cuts.items()}
        for output, cuts in thresholds.items()
    }


def from_json(raw: Mapping[str, Mapping[str, Sequence[float]]]) -> dict[str, dict[str, Cut]]:
    """Return the thresholds that `to_json` wrote."""
    return {
        output: {name: Cut(*values) for name, values in cuts.items()}
        for output, cuts in raw.items()
    }
