"""Stacking joins the model's probability with signs, each of which moves it one way only."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.model import stacking
from pipeline.model.calibration import Curve
from pipeline.model.stacking import Stacked

OUTPUTS = ("advertising", "agitation")
NAMES = ("link", "question", "shout")
SIGNS = {"advertising": {"link": 1, "question": -1, "shout": 0}}


def world(n_rows: int = 600, seed: int = 1, link: float = 2.0) -> tuple[np.ndarray, ...]:
    """Return probabilities, features and labels in which links speak for advertising."""
    rng = np.random.default_rng(seed)
    features = rng.integers(0, 2, (n_rows, 3)).astype(float)
    own = rng.normal(0, 1, n_rows)
    real = own + link * features[:, 0] - 1.5 * features[:, 1]
    truth = rng.random(n_rows) < stacking.sigmoid(real)
    probs = np.column_stack([stacking.sigmoid(own), np.full(n_rows, 0.3)])
    targets = np.column_stack([truth, np.full(n_rows, np.nan)]).astype(np.float32)
    return probs, features, targets


def fit(
    probs: np.ndarray,
    features: np.ndarray,
    targets: np.ndarray,
    signs: Any = SIGNS,
    lang: str = "lv",
) -> dict[str, Stacked]:
    langs = [lang] * len(probs)
    return stacking.fit(probs, features, NAMES, targets, outputs=OUTPUTS, langs=langs, signs=signs)


def apply(
    stack: dict[str, Stacked], probs: np.ndarray, features: np.ndarray, lang: str = "lv"
) -> np.ndarray:
    langs = [lang] * len(probs)
    return stacking.apply(stack, probs, features, NAMES, outputs=OUTPUTS, langs=langs)


def loss(probs: np.ndarray, truth: np.ndarray) -> float:
    return float(-np.log(np.where(truth > 0.5, probs, 1 - probs)).mean())


def test_signs_that_tell_something_lower_the_loss_on_unseen_comments() -> None:
    probs, features, targets = world()
    stack = fit(probs, features, targets)
    assert stack["advertising"].weights["link"] == pytest.approx(2.0, abs=0.5)
    assert stack["advertising"].weights["question"] == pytest.approx(-1.5, abs=0.5)
    assert set(stack) == {"advertising"}
    probs, features, targets = world(seed=2)
    stacked = apply(stack, probs, features)
    assert loss(stacked[:, 0], targets[:, 0]) < loss(probs[:, 0], targets[:, 0]) - 0.05
    assert (stacked[:, 1] == probs[:, 1]).all()
    predicted, happened = stacked[:, 0].mean(), targets[:, 0].mean()
    assert predicted == pytest.approx(happened, abs=0.05)


def test_a_sign_never_gets_a_weight_against_its_direction() -> None:
    probs, features, targets = world(link=-2.0)
    stack = fit(probs, features, targets)
    assert "link" not in stack["advertising"].weights
    free = {"advertising": {"link": 0, "question": 0}}
    stack = fit(probs, features, targets, free)
    assert stack["advertising"].weights["link"] < -1


def test_too_few_labels_leave_the_model_alone() -> None:
    probs, features, targets = world(n_rows=2 * stacking.MIN_PER_CLASS - 1)
    assert fit(probs, features, targets) == {}


def test_the_weights_are_those_of_least_loss() -> None:
    probs, features, targets = world()
    inputs = np.column_stack([stacking.log_odds(probs[:, 0]), features, np.ones(len(probs))])
    truth = targets[:, 0].astype(float)
    found = stacking.least_loss(inputs, truth, [1, 1, -1, 0, 0])

    def cost(at: np.ndarray) -> float:
        pull = stacking.RIDGE * ((at[0] - 1) ** 2 + (at[1:-1] ** 2).sum()) / 2
        return loss(stacking.sigmoid(inputs @ at), truth) * len(truth) + float(pull)

    for at in range(len(found)):
        for change in (-0.01, 0.01):
            other = found.copy()
            other[at] += change
            assert cost(other) > cost(found)


def test_a_comment_without_its_features_keeps_the_models_own_probability() -> None:
    stack = {"advertising": Stacked(1.0, 0.5, {"link": 1.0})}
    features = np.array([[1.0, 0, 0], [np.nan, 0, 0]])
    probs = np.array([[0.4, 0.1], [0.4, 0.1]])
    stacked = apply(stack, probs, features)
    assert stacked[0, 0] > 0.6
    assert stacked[1].tolist() == [0.4, 0.1]


@given(st.floats(0, 1), st.floats(0, 3), st.floats(0, 3))
@settings(max_examples=50)
def test_more_of_a_sign_for_never_lowers_a_probability(
    prob: float, one: float, other: float
) -> None:
    stack = {"advertising": Stacked(0.8, -0.5, {"link": 0.7})}
    features = np.array([[min(one, other), 0, 0], [max(one, other), 0, 0]])
    probs = np.full((2, 2), prob)
    less, more = apply(stack, probs, features)[:, 0]
    assert 0 <= less <= more <= 1


def test_a_language_in_which_signs_are_not_found_is_calibrated_by_itself() -> None:
    probs, features, targets = world()
    others = world(seed=3)
    # In the second language nothing is found, though the same comments are advertising.
    blind = np.zeros_like(features)
    stack = stacking.fit(
        np.vstack([probs, others[0]]),
        np.vstack([features, blind]),
        NAMES,
        np.vstack([targets, others[2]]),
        outputs=OUTPUTS,
        langs=["lv"] * len(probs) + ["en"] * len(probs),
        signs=SIGNS,
    )
    # Latvian has enough labels for signs of its own weight, and so has English: none.
    assert set(stack["advertising"].langs) == {"en", "lv"}
    assert not stack["advertising"].curves
    assert not stack["advertising"].langs["en"].weights
    for lang, own in (("lv", (probs, features, targets)), ("en", (others[0], blind, others[2]))):
        predicted = apply(stack, own[0], own[1], lang)[:, 0].mean()
        assert predicted == pytest.approx(own[2][:, 0].mean(), abs=0.02)


def test_a_language_with_few_labels_has_a_curve_or_nothing() -> None:
    probs, features, targets = world(n_rows=260)
    few = world(n_rows=90, seed=3)
    stack = stacking.fit(
        np.vstack([probs, few[0]]),
        np.vstack([features, few[1]]),
        NAMES,
        np.vstack([targets, few[2]]),
        outputs=OUTPUTS,
        langs=["lv"] * len(probs) + ["en"] * len(few[0]),
        signs=SIGNS,
    )
    assert set(stack["advertising"].langs) == {"lv"}
    assert set(stack["advertising"].curves) <= {"en"}


def test_an_output_hears_what_another_says() -> None:
    rng = np.random.default_rng(5)
    own, peer = rng.normal(0, 1, (2, 800))
    truth = rng.random(800) < stacking.sigmoid(own + 1.5 * peer)
    probs = stacking.sigmoid(np.column_stack([own, peer]))
    targets = np.column_stack([truth, np.full(800, np.nan)]).astype(np.float32)
    stack = fit(probs, np.zeros((800, 3)), targets, {"advertising": {"odds_agitation": 1}})
    assert stack["advertising"].langs["lv"].weights["odds_agitation"] == pytest.approx(1.5, abs=0.4)
    joined = apply(stack, probs, np.zeros((800, 3)))
    assert loss(joined[:, 0], truth) < loss(probs[:, 0], truth) - 0.1
    assert (joined[:, 1] == probs[:, 1]).all()


def test_a_stack_survives_json() -> None:
    own = {"ru": Stacked(0.9, 0.1, {"odds_agitation": 0.2})}
    stack = {"advertising": Stacked(0.8, -0.5, {"link": 0.7}, {"lv": Curve(1.1, 0.2)}, own)}
    assert stacking.from_json(json.loads(json.dumps(stacking.to_json(stack)))) == stack
    assert stacking.from_json({}) == {}
