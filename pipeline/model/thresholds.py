"""Thresholds: cuts on prob, computed on calib from policy sentences.

Clear    "miss at most X of the violations, unless that flags more than Y of lawful criticism":
         the ceiling on criticism wins, because flagging it is the worse error.
Priority "precision at least P at the real base rate, and no lawful criticism at all".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

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
PARTS = (1.0, 0.7, 0.5, 0.35, 0.25, 0.15, 0.0)
"""Parts of the ceiling on criticism that one output may use, tried in this order."""


@dataclass(frozen=True)
class Cut:
    """`prob >= clear` needs a person; `prob >= priority` is sure."""

    clear: float
    priority: float


# Without labels nothing can be promised: a person looks from an even chance on.
UNKNOWN = Cut(0.5, NEVER)
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
    """Return a cut per output for each language and for any.

    A language with few positives takes the shared cut, raised to its own ceiling on criticism.
    The ceiling holds for all outputs together: each gets a smaller share of it until their union
    keeps to it.
    """
    language = np.asarray(langs)
    criticism = np.isin(np.asarray(slices), ("criticism", "hard_negative"))
    criticism &= ~(targets_known > 0.5).any(axis=1)
    thresholds: dict[str, dict[str, Cut]] = {output: {} for output in outputs}
    for name in (ANY_LANGUAGE, *sorted(set(langs))):
        rows = (language == name) | (name == ANY_LANGUAGE)
        shared = {output: cuts.get(ANY_LANGUAGE, UNKNOWN) for output, cuts in thresholds.items()}
        for part in PARTS:
            allowed = replace(targets, clear_criticism=part * targets.clear_criticism)
            cuts = {
                output: raised(
                    cut_of(probs[:, at], targets_known[:, at], rows, criticism, allowed)
                    or shared[output],
                    probs[rows & criticism, at],
                    allowed,
                )
                for at, output in enumerate(outputs)
            }
            clear = np.array([cuts[output].clear for output in outputs])
            if share_flagged(probs[rows & criticism], clear) <= targets.clear_criticism:
                break
        for output in outputs:
            thresholds[output][name] = cuts[output]
    return thresholds


def cut_of(
    probs: Floats,
    known: npt.NDArray[np.float32],
    rows: Flags,
    criticism: Flags,
    targets: Targets,
) -> Cut | None:
    """Return the cut from the labelled comments of `rows`, None when there are too few."""
    chosen = rows & ~np.isnan(known)
    truth = known[chosen] > 0.5
    if min(truth.sum(), (~truth).sum()) < MIN_POSITIVES:
        return None
    return choose(probs[chosen], truth, criticism[chosen], targets)


def raised(cut: Cut, lawful: Floats, targets: Targets) -> Cut:
    """Return the cut, lifted where more lawful criticism would reach it than is allowed."""
    ordered = np.sort(lawful)
    clear = max(cut.clear, ceiling(ordered, targets.clear_criticism))
    priority = max(cut.priority, ceiling(ordered, 0.0), clear)
    return Cut(round(min(clear, NEVER), 6), round(min(priority, NEVER), 6))


def share_flagged(probs: Floats, clear: Floats) -> float:
    """Return the share of comments that any output flags.

    `probs` has shape (comments, outputs), `clear` has shape (outputs,).
    """
    return float((probs >= clear).any(axis=1).mean()) if len(probs) else 0.0


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
