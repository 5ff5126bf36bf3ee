"""Calibrated numbers mean what they say, whatever the logits look like."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model import calibration
from pipeline.model.calibration import ANY_LANGUAGE, MIN_PER_CLASS, Curve, fit_curve


def draw(
    rng: np.random.Generator, n: int, slope: float, intercept: float
) -> tuple[np.ndarray, np.ndarray]:
    logits = rng.normal(0.0, 3.0, n)
    return logits, rng.random(n) < Curve(slope, intercept).apply(logits)


@pytest.mark.parametrize(("slope", "intercept"), [(0.5, -2.0), (1.0, 0.0), (1.5, 1.0), (3.0, -4.0)])
def test_a_known_curve_is_recovered(slope: float, intercept: float) -> None:
    logits, truth = draw(np.random.default_rng(1), 20_000, slope, intercept)
    found = fit_curve(logits, truth, np.ones(len(logits)))
    assert found.slope == pytest.approx(slope, rel=0.08)
    assert found.intercept == pytest.approx(intercept, abs=0.15)


@pytest.mark.parametrize("centre", [-1000.0, -3.0, 0.0, 8.0])
@pytest.mark.parametrize("spread", [0.0, 0.01, 0.2, 5.0])
def test_a_head_that_learned_nothing_says_the_base_rate(centre: float, spread: float) -> None:
    rng = np.random.default_rng(3)
    logits = rng.normal(centre, spread, 400)
    truth = rng.random(400) < 0.07
    probs = fit_curve(logits, truth, np.ones(400)).apply(logits)
    assert probs.mean() == pytest.approx(truth.mean(), abs=0.02)
    assert probs.max() < 0.5


@given(
    st.lists(
        st.tuples(st.floats(-30, 30, allow_subnormal=False), st.booleans()),
        min_size=40,
        max_size=120,
    )
)
def test_the_mean_probability_is_the_share_of_positives(rows: list[tuple[float, bool]]) -> None:
    logits, truth = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    probs = fit_curve(logits, truth, np.ones(len(rows))).apply(logits)
    assert np.isfinite(probs).all()
    assert probs.mean() == pytest.approx(truth.mean(), abs=0.05)


@given(st.lists(st.tuples(st.floats(-9, 9), st.booleans()), min_size=2, max_size=60))
def test_a_larger_logit_never_means_less(rows: list[tuple[float, bool]]) -> None:
    logits, truth = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    curve = fit_curve(logits, truth, np.ones(len(rows)))
    assert (np.diff(curve.apply(np.sort(logits))) >= 0).all()


def test_weights_count_like_copies() -> None:
    logits, truth = draw(np.random.default_rng(5), 300, 1.0, -1.0)
    twice = fit_curve(np.tile(logits, 2), np.tile(truth, 2), np.ones(600))
    weighed = fit_curve(logits, truth, np.full(300, 2.0))
    assert weighed.slope == pytest.approx(twice.slope, rel=1e-3)
    assert weighed.intercept == pytest.approx(twice.intercept, rel=1e-3)


def test_without_labels_nothing_is_changed() -> None:
    assert fit_curve(np.zeros(0), np.zeros(0, dtype=bool), np.zeros(0)) == Curve(1.0, 0.0)


def test_a_language_with_enough_labels_gets_its_own_curve() -> None:
    rng = np.random.default_rng(7)
    latvian, russian = draw(rng, 3000, 0.6, -2.0), draw(rng, 3000, 2.0, 1.0)
    few = rng.normal(0, 1, MIN_PER_CLASS), np.arange(MIN_PER_CLASS) % 2 == 0
    logits = np.concatenate([each[0] for each in (latvian, russian, few)])[:, None]
    targets = np.concatenate([each[1] for each in (latvian, russian, few)])[:, None]
    langs = ["lv"] * 3000 + ["ru"] * 3000 + ["en"] * MIN_PER_CLASS
    curves = calibration.fit(
        logits.astype(np.float32), targets.astype(np.float32), langs, np.ones(len(langs)), ["x"]
    )
    assert curves["x"].keys() == {ANY_LANGUAGE, "lv", "ru"}
    assert curves["x"]["lv"].slope == pytest.approx(0.6, rel=0.15)
    assert curves["x"]["ru"].slope == pytest.approx(2.0, rel=0.15)
    one = np.zeros((3, 1), dtype=np.float32)
    probs = calibration.apply(curves, one, ["lv", "ru", "en"], ["x"])[:, 0]
    assert probs[0] < 0.3 < 0.5 < probs[1]
    assert probs[2] == pytest.approx(float(curves["x"][ANY_LANGUAGE].apply(0.0)))


def test_unknown_labels_are_left_out_of_the_fit() -> None:
    logits, truth = draw(np.random.default_rng(9), 500, 1.0, 0.0)
    targets = truth.astype(np.float32)[:, None]
    noise = np.full((500, 1), 25.0, dtype=np.float32)
    plain = calibration.fit(
        logits.astype(np.float32)[:, None], targets, ["lv"] * 500, np.ones(500), ["x"]
    )
    mixed = calibration.fit(
        np.concatenate([logits.astype(np.float32)[:, None], noise]),
        np.concatenate([targets, np.full((500, 1), np.nan, dtype=np.float32)]),
        ["lv"] * 1000,
        np.ones(1000),
        ["x"],
    )
    assert plain == mixed


finite = st.floats(-50, 50)


@given(
    st.dictionaries(
        st.sampled_from(["insult", "abuse", "bot"]),
        st.dictionaries(st.sampled_from(["any", "lv", "ru"]), st.builds(Curve, finite, finite)),
    )
)
def test_calibration_survives_json(curves: dict[str, dict[str, Curve]]) -> None:
    raw = json.loads(json.dumps(calibration.to_json(curves)))
    assert calibration.from_json(raw) == curves
