"""How well labelled accounts are told apart by numbers: within a set, and from set to set."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.tree import DecisionTreeClassifier

DEPTH, LEAF = 5, 10
"""A shallow tree: at most 32 leaves of ten accounts or more."""
TREES = 300
FOLDS = 10
SEED = 0
Floats = npt.NDArray[np.float64]
Truth = npt.NDArray[np.bool_]
Sets = Mapping[str, tuple[Floats, Truth]]


def left_out(sets: Sets) -> dict[str, float]:
    """Return the AUC on each set of trees that learned from all the others."""
    found = {}
    for name, (table, truth) in sets.items():
        others = [each for other, each in sets.items() if other != name]
        trees = ExtraTreesClassifier(TREES, min_samples_leaf=2, random_state=SEED)
        trees.fit(np.concatenate([t for t, _ in others]), np.concatenate([y for _, y in others]))
        found[name] = float(roc_auc_score(truth, trees.predict_proba(table)[:, 1]))
    return found


def within(table: Floats, truth: Truth) -> tuple[float, float]:
    """Return the accuracy of a shallow tree and of a forest over ten folds."""
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=SEED)
    tree = DecisionTreeClassifier(max_depth=DEPTH, min_samples_leaf=LEAF, random_state=SEED)
    forest = RandomForestClassifier(TREES, min_samples_leaf=2, random_state=SEED)
    first, second = (
        float((cross_val_predict(model, known(table), truth, cv=folds) == truth).mean())
        for model in (tree, forest)
    )
    return first, second


def across(one: tuple[Floats, Truth], other: tuple[Floats, Truth]) -> float:
    """Return the AUC on `other` of a forest that learned from `one`, in the same columns."""
    forest = RandomForestClassifier(TREES, min_samples_leaf=5, random_state=SEED)
    forest.fit(known(one[0]), one[1])
    return float(roc_auc_score(other[1], forest.predict_proba(known(other[0]))[:, 1]))


def known(table: Floats) -> Floats:
    """Return a table without missing values: a missing one is a value of its own."""
    return np.nan_to_num(table, nan=-1.0, posinf=1e12, neginf=-1e12)
