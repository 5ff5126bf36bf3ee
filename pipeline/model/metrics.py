"""Metrics with intervals: discrimination, calibration, and what happens to lawful criticism."""

from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt
from sklearn.metrics import average_precision_score, roc_auc_score

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Metrics:
    """Figures of one output on one slice; None where a class is missing."""

    n: int
    n_positive: int
    auc: float | None
    average_precision: float | None
    precision: float | None
    recall: float | None
    f1: float | None
    macro_f1: float | None
    flagged_lawful: float | None
    """Share of negatives at or above the threshold."""
    ece: float
    brier: float
    f1_interval: tuple[float, float] | None = None
    auc_interval: tuple[float, float] | None = None

    def as_dict(self) -> dict[str, object]:
        """Return plain JSON values, rounded to four digits."""
        return {key: rounded(value) for key, value in asdict(self).items()}


def rounded(value: object) -> object:
    """Round floats, also inside tuples, to four digits."""
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, tuple):
        return [rounded(each) for each in value]
    return value


def measure(
    probs: Floats, truth: Flags, threshold: float, *, bootstrap: int = 0, seed: int = 0
) -> Metrics:
    """Return the figures for arrays of shape (comments,), with 95 % intervals if resampled."""
    predicted = probs >= threshold
    both = 0 < truth.sum() < len(truth)
    hits = int((predicted & truth).sum())
    f1 = f1_score(predicted, truth)
    negative_f1 = f1_score(~predicted, ~truth)
    return Metrics(
        n=len(truth),
        n_positive=int(truth.sum()),
        auc=float(roc_auc_score(truth, probs)) if both else None,
        average_precision=float(average_precision_score(truth, probs)) if both else None,
        precision=hits / int(predicted.sum()) if predicted.any() else None,
        recall=hits / int(truth.sum()) if truth.any() else None,
        f1=f1 if truth.any() else None,
        macro_f1=(f1 + negative_f1) / 2 if both else None,
        flagged_lawful=float(predicted[~truth].mean()) if (~truth).any() else None,
        ece=expected_calibration_error(probs, truth),
        brier=float(np.mean((probs - truth) ** 2)) if len(truth) else 0.0,
        f1_interval=interval(f1_score, predicted, truth, bootstrap, seed) if both else None,
        auc_interval=interval(auc, probs, truth, bootstrap, seed) if both else None,
    )


def f1_score(predicted: Flags, truth: Flags) -> float:
    """Return F1 of the positive class, 0 when nothing is true or predicted."""
    hits = int((predicted & truth).sum())
    total = int(predicted.sum()) + int(truth.sum())
    return 2 * hits / total if total else 0.0


def precision_at_rate(
    recall: float | None, flagged_lawful: float | None, base_rate: float
) -> float | None:
    """Return what precision would be where `base_rate` of comments are positive.

    Test sets hold many more violations than real traffic does; recall and the share of lawful
    comments flagged do not depend on how many, precision does.
    """
    if recall is None or flagged_lawful is None or not recall + flagged_lawful:
        return None
    hits = recall * base_rate
    return hits / (hits + flagged_lawful * (1 - base_rate))


def best_f1_threshold(probs: Floats, truth: Flags) -> float:
    """Return the threshold of the highest F1; for use on other comments than it was found on."""
    order = np.argsort(-probs, kind="stable")
    hits = np.cumsum(truth[order])
    f1 = 2 * hits / (np.arange(1, len(truth) + 1) + max(1, truth.sum()))
    # Ties share a threshold: only the last of equal probs may carry it.
    last = np.append(np.diff(probs[order]) != 0, True)
    return float(probs[order][int(np.argmax(np.where(last, f1, -1.0)))])


def auc(probs: Floats, truth: Flags) -> float:
    """Return the area under the ROC curve, 0.5 when a class is missing."""
    return float(roc_auc_score(truth, probs)) if 0 < truth.sum() < len(truth) else 0.5


def expected_calibration_error(probs: Floats, truth: Flags, n_bins: int = 15) -> float:
    """Return ECE over bins of equal count (Nguyen and O'Connor 2015; Guo et al. 2017)."""
    if len(probs) == 0:
        return 0.0
    order = np.argsort(probs, kind="stable")
    gaps = [
        len(chosen) * abs(float(probs[chosen].mean() - truth[chosen].mean()))
        for chosen in np.array_split(order, min(n_bins, len(order)))
    ]
    return float(sum(gaps) / len(probs))


def interval(
    statistic: Callable[..., float],
    values: npt.NDArray[np.generic],
    truth: Flags,
    bootstrap: int,
    seed: int,
) -> tuple[float, float] | None:
    """Return the 95 % percentile interval over resampled comments; None without resampling."""
    if not bootstrap:
        return None
    rng = np.random.default_rng(seed)
    draws = []
    for _ in range(bootstrap):
        chosen = rng.integers(0, len(truth), len(truth))
        draws.append(statistic(values[chosen], truth[chosen]))
    low, high = np.percentile(draws, [2.5, 97.5])
    return float(low), float(high)
