"""Metrics against scikit-learn and against sums done by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("sklearn")
pytestmark = pytest.mark.train

from sklearn import metrics as reference  # noqa: E402

from pipeline.model.metrics import (  # noqa: E402
    auc,
    best_f1_threshold,
    expected_calibration_error,
    interval,
    measure,
    precision_at_rate,
)

rows = st.lists(st.tuples(st.integers(0, 100), st.booleans()), min_size=4, max_size=80)


@settings(max_examples=30)
@given(rows, st.integers(0, 100))
def test_metrics_agree_with_scikit_learn(pairs: list[tuple[int, bool]], cut: int) -> None:
    probs = np.array([pair[0] / 100 for pair in pairs])
    truth = np.array([pair[1] for pair in pairs])
    truth[:2] = True, False
    predicted = probs >= cut / 100
    found = measure(probs, truth, cut / 100)
    assert found.auc == pytest.approx(reference.roc_auc_score(truth, probs))
    assert found.average_precision == pytest.approx(reference.average_precision_score(truth, probs))
    assert found.f1 == pytest.approx(reference.f1_score(truth, predicted, zero_division=0.0))
    assert found.macro_f1 == pytest.approx(
        reference.f1_score(truth, predicted, average="macro", zero_division=0.0)
    )
    assert found.recall == pytest.approx(reference.recall_score(truth, predicted))
    if predicted.any():
        assert found.precision == pytest.approx(reference.precision_score(truth, predicted))
    assert found.brier == pytest.approx(reference.brier_score_loss(truth, probs))


def test_metrics_of_a_small_case_are_those_of_a_pencil() -> None:
    probs = np.array([0.9, 0.8, 0.4, 0.3, 0.1])
    truth = np.array([True, False, True, False, False])
    found = measure(probs, truth, 0.5)
    assert (found.n, found.n_positive) == (5, 2)
    assert (found.precision, found.recall, found.f1) == (0.5, 0.5, 0.5)
    assert found.flagged_lawful == pytest.approx(1 / 3)
    assert found.auc == pytest.approx(5 / 6)
    # Each comment is a bin of its own: the mean distance between probability and truth.
    assert found.ece == pytest.approx((0.1 + 0.8 + 0.6 + 0.3 + 0.1) / 5)
    assert found.brier == pytest.approx((0.01 + 0.64 + 0.36 + 0.09 + 0.01) / 5)


def test_a_perfectly_calibrated_model_has_no_calibration_error() -> None:
    probs = np.repeat([0.2, 0.8], 500)
    truth = np.concatenate([np.arange(500) % 5 == 0, np.arange(500) % 5 != 0])
    assert expected_calibration_error(probs, truth, n_bins=2) == pytest.approx(0.0)
    assert expected_calibration_error(1 - probs, truth, n_bins=2) == pytest.approx(0.6)


@pytest.mark.parametrize("positive", [True, False])
def test_a_missing_class_gives_none_and_no_warning(positive: bool) -> None:
    found = measure(np.array([0.2, 0.7]), np.array([positive, positive]), 0.5, bootstrap=20)
    assert found.auc is None
    assert found.macro_f1 is None
    assert found.f1_interval is None
    assert (found.recall is None) == (not positive)
    assert (found.flagged_lawful is None) == positive
    empty = measure(np.zeros(0), np.zeros(0, dtype=bool), 0.5)
    assert (empty.n, empty.f1, empty.ece) == (0, None, 0.0)


def test_intervals_hold_the_figure_and_repeat_with_the_seed() -> None:
    rng = np.random.default_rng(2)
    truth = rng.random(300) < 0.4
    probs = np.clip(truth * 0.3 + rng.normal(0.4, 0.2, 300), 0, 1)
    found = measure(probs, truth, 0.5, bootstrap=200, seed=4)
    assert found.auc_interval is not None
    assert found.auc is not None
    low, high = found.auc_interval
    assert low < found.auc < high
    assert interval(auc, probs, truth, 200, 4) == found.auc_interval
    assert interval(auc, probs, truth, 0, 4) is None


def test_metrics_turn_into_plain_rounded_values() -> None:
    plain = measure(np.array([1 / 3, 0.9]), np.array([False, True]), 0.5, bootstrap=10).as_dict()
    assert plain["brier"] == 0.0606
    assert isinstance(plain["f1_interval"], list)
    assert plain["f1"] == 1.0


@pytest.mark.parametrize(
    ("probs", "truth", "wanted"),
    [
        ([0.9, 0.8, 0.3, 0.1], [True, True, False, False], 0.8),
        ([0.9, 0.5, 0.5, 0.1], [True, True, False, False], 0.5),
        ([0.9, 0.8, 0.7, 0.1], [True, False, True, False], 0.7),
    ],
)
def test_the_best_threshold_for_f1(probs: list[float], truth: list[bool], wanted: float) -> None:
    found = best_f1_threshold(np.array(probs), np.array(truth))
    assert found == pytest.approx(wanted)


@pytest.mark.parametrize(
    ("recall", "flagged_lawful", "rate", "wanted"),
    [
        (0.8, 0.02, 0.05, 0.04 / (0.04 + 0.019)),
        (1.0, 0.0, 0.01, 1.0),
        (0.0, 0.1, 0.05, 0.0),
        (None, 0.1, 0.05, None),
        (0.0, 0.0, 0.05, None),
    ],
)
def test_precision_at_the_real_base_rate(
    recall: float | None, flagged_lawful: float, rate: float, wanted: float | None
) -> None:
    assert precision_at_rate(recall, flagged_lawful, rate) == pytest.approx(wanted)
