"""Simpler models for the same comments: what the network must beat to be worth its weight."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Predict = Callable[[Sequence[str]], Floats]
"""Texts -> probabilities of shape (texts,)."""
Encode = Callable[[Sequence[str]], npt.NDArray[np.float32]]
"""Texts -> vectors of shape (texts, width)."""
STRENGTH = 4.0
"""Inverse of the regularisation, as in the yardsticks that come with the public sets."""


def fit_tfidf(texts: Sequence[str], truth: Flags) -> Predict:
    """Return logistic regression on TF-IDF of words (1 to 2) and characters (2 to 5)."""
    parts = (
        TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), min_df=2, sublinear_tf=True),
        TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True),
    )
    matrix = hstack([part.fit_transform(texts) for part in parts]).tocsr()
    linear = fit_linear(matrix, truth, solver="liblinear")

    def predict(given: Sequence[str]) -> Floats:
        return positives(linear, hstack([part.transform(given) for part in parts]).tocsr())

    return predict


def fit_vectors(vectors: npt.NDArray[np.float32], truth: Flags) -> Callable[[Any], Floats]:
    """Return logistic regression on vectors; the result takes vectors too."""
    linear = fit_linear(vectors, truth, solver="lbfgs")
    return lambda given: positives(linear, given)


def fit_linear(matrix: Any, truth: Flags, *, solver: str) -> LogisticRegression:
    """Return a balanced logistic regression."""
    linear = LogisticRegression(C=STRENGTH, class_weight="balanced", solver=solver, max_iter=400)
    return linear.fit(matrix, truth)


def positives(linear: LogisticRegression, matrix: Any) -> Floats:
    """Return the probability of the positive class."""
    probs: Floats = linear.predict_proba(matrix)[:, 1]
    return probs
