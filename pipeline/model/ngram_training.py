"""Fitting the linear model on character n-grams, and how much it says beside the network."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from pipeline.model.ngrams import N_BUCKETS, NgramModel, features

STRENGTH = 4.0
"""Inverse of the regularisation."""
MIN_POSITIVES = 20
MAX_BLEND = 2.0


def fit_ngrams(
    texts: Sequence[str],
    targets: npt.NDArray[np.float32],
    weights: npt.NDArray[np.float32],
) -> NgramModel:
    """Return a logistic regression per output; an output without enough positives stays silent.

    `targets` has shape (texts, outputs), NaN where unknown; `weights` has shape (texts,).
    """
    given = features(texts)
    matrix = csr_matrix(
        (given.values, given.buckets, given.row_starts), shape=(len(texts), N_BUCKETS)
    )
    # Only buckets that occur at least twice: the rest cannot generalise and would cost megabytes.
    frequent = np.bincount(given.buckets, minlength=N_BUCKETS) >= 2
    chosen = np.flatnonzero(frequent)
    matrix = matrix[:, chosen]
    n_outputs = targets.shape[1]
    coefficients = np.zeros((N_BUCKETS, n_outputs), dtype=np.float32)
    bias = np.zeros(n_outputs, dtype=np.float32)
    for column in range(n_outputs):
        known = ~np.isnan(targets[:, column])
        truth = targets[known, column] > 0.5
        if min(truth.sum(), (~truth).sum()) < MIN_POSITIVES:
            continue
        linear = LogisticRegression(C=STRENGTH, solver="liblinear", max_iter=200)
        linear.fit(matrix[known], truth, sample_weight=weights[known])
        coefficients[chosen, column] = linear.coef_[0]
        bias[column] = linear.intercept_[0]
    return NgramModel(coefficients, bias)


def fit_blend(
    network: npt.NDArray[np.float32],
    ngrams: npt.NDArray[np.float32],
    targets: npt.NDArray[np.float32],
) -> npt.NDArray[np.float32]:
    """Return, per output, how much of the n-gram logit to add to the network's logit.

    Fitted on calib, all arrays of shape (comments, outputs); never negative.
    """
    blend = np.zeros(network.shape[1], dtype=np.float32)
    for column in range(network.shape[1]):
        known = ~np.isnan(targets[:, column])
        truth = targets[known, column] > 0.5
        if min(truth.sum(), (~truth).sum()) < MIN_POSITIVES:
            continue
        pair = np.stack([network[known, column], ngrams[known, column]], axis=1)
        of_network, of_ngrams = LogisticRegression(C=100.0).fit(pair, truth).coef_[0]
        if of_network > 0:
            blend[column] = np.clip(of_ngrams / of_network, 0.0, MAX_BLEND)
    return blend
