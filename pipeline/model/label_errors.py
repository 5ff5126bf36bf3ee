"""Label errors: labels that a model which never saw them finds hard to believe.

Confident learning (Northcutt, Jiang and Chuang 2021) on out-of-fold probabilities, by cleanlab. A
wrong-looking label is a question to a second person, never a correction.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from cleanlab.filter import find_label_issues
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold

Vectors = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
FOLDS = 5
STRENGTH = 4.0
SCALE = 4.0
"""Unit vectors are stretched by this, as for the heads of the simulation."""


def out_of_fold(vectors: Vectors, truth: Flags, groups: Sequence[str], seed: int) -> Floats:
    """Return the probability of the label for every row, by models that saw nothing of its group.

    Copies of a text and comments of one thread are one group: otherwise a wrong label would vouch
    for its own copy.
    """
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed)
    probs = np.full(len(truth), np.nan)
    scaled = vectors * np.float32(SCALE)
    for learned, held in folds.split(scaled, truth, np.asarray(groups)):
        if truth[learned].all() or not truth[learned].any():
            continue
        model = LogisticRegression(C=STRENGTH, max_iter=400).fit(scaled[learned], truth[learned])
        probs[held] = model.predict_proba(scaled[held])[:, 1]
    return probs


def suspects(probs: Floats, truth: Flags) -> tuple[npt.NDArray[np.int64], Floats]:
    """Return the rows whose label is likely wrong, least believed first, and how far each is
    believed: the probability of the label that was given.
    """
    known = np.flatnonzero(~np.isnan(probs))
    given = truth[known].astype(int)
    if len(np.unique(given)) < 2:
        return np.zeros(0, dtype=np.int64), np.zeros(0)
    both = np.column_stack([1 - probs[known], probs[known]])
    found = find_label_issues(
        given, both, filter_by="both", return_indices_ranked_by="self_confidence", n_jobs=1
    )
    rows = known[np.asarray(found, dtype=np.int64)]
    believed = np.where(truth[rows], probs[rows], 1 - probs[rows])
    return rows, np.asarray(believed, dtype=np.float64)
