"""Fitting the behaviour model's logistic regressions with scikit-learn, into plain numbers."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Fitted:
    """A logistic regression on standardised features."""

    low: tuple[float, ...]
    high: tuple[float, ...]
    mean: tuple[float, ...]
    scale: tuple[float, ...]
    weights: tuple[float, ...]
    intercept: float


def fit(
    table: Floats,
    truth: npt.NDArray[np.bool_],
    *,
    weights: Floats | None = None,
    base_rate: float | None = None,
) -> Fitted:
    """Return a logistic regression of `truth` on the features of `table`, shape (rows, features).

    With `base_rate` the intercept is moved from the share of True in the sample to that share in
    the world; the order of the rows stays.
    """
    low, high = np.quantile(table, (0.005, 0.995), axis=0)
    table = np.clip(table, low, high)
    mean, scale = table.mean(axis=0), table.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    fitted = LogisticRegression(C=1.0, max_iter=5000)
    fitted.fit((table - mean) / scale, truth, sample_weight=weights)
    intercept = float(fitted.intercept_[0])
    if base_rate is not None:
        share = float(truth.mean())
        intercept += float(np.log(base_rate / (1 - base_rate)) - np.log(share / (1 - share)))
    return Fitted(
        rounded(low),
        rounded(high),
        rounded(mean),
        rounded(scale),
        rounded(fitted.coef_[0]),
        intercept=round(intercept, 6),
    )


def rounded(values: Floats) -> tuple[float, ...]:
    """Return numbers with six digits after the point, so that a file of them stays readable."""
    return tuple(round(float(value), 6) for value in values)
