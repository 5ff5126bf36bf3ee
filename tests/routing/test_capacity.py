"""Orders, curves and chances: the best order is taken, and estimates mean what they say."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.routing import capacity, chances, ranking
from pipeline.routing.chances import Reviewed

shares = st.lists(st.floats(0, 1), min_size=2, max_size=60)


@given(shares, st.integers(0, 60), st.integers(0, 1000))
def test_the_order_that_is_taken_catches_most_of_all(
    error: list[float], limit: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    n = len(error)
    found = capacity.orders(rng.random(n), rng.random(n), np.ones(n, dtype=bool))
    assert set(found) == set(capacity.MIXTURES)
    order, name, curves = capacity.choose(found, np.array(error), limit)
    assert sorted(order) == list(range(n))
    caught = {curve.order: curve.caught for curve in curves}
    assert caught[name] == max(caught.values())
    assert all(curve.points[0] == 0 for curve in curves)
    assert all(np.diff(curve.points).min() >= -1e-9 for curve in curves)


def test_what_stands_first_stays_first_in_every_order() -> None:
    first = np.array([False, True, False, True])
    for order in capacity.orders(np.arange(4.0), np.ones(4), first).values():
        assert set(order[:2]) == {1, 3}


def test_a_wanted_order_is_taken_whatever_it_catches() -> None:
    found = capacity.orders(np.array([0.9, 0.1]), np.array([0.5, 0.01]), np.ones(2, dtype=bool))
    order, name, _ = capacity.choose(found, np.array([0.9, 0.1]), 1, "uncertainty")
    assert (name, order[0]) == ("uncertainty", 1)
    order, name, _ = capacity.choose(found, np.array([0.9, 0.1]), 1)
    assert (name, order[0]) == ("harm", 0)


def test_chances_follow_the_share_of_violations_in_the_night() -> None:
    rng = np.random.default_rng(0)
    for share in (0.02, 0.1, 0.4):
        truth = rng.random(20_000) < share
        logits = rng.normal(3 * (truth - 0.5), 1)
        # Calibrated where half of the comments are violations.
        prob = 1 / (1 + np.exp(-3 * logits))
        found = chances.chances(prob, np.full(len(prob), "lv"), {"lv": 0.5})
        assert found.shares["lv"] == pytest.approx(share, abs=0.02)
        mean, low, high = chances.expected_sum(found.prob, found.error)
        assert low <= truth.sum() <= high
        assert mean == pytest.approx(truth.sum(), rel=0.2)


def test_reviews_correct_chances_that_are_wrong() -> None:
    prob = np.linspace(0.01, 0.5, 1000)
    langs = np.full(1000, "lv")
    rng = np.random.default_rng(0)
    judged = Reviewed(prob, langs, rng.random(1000) < prob / 5)
    before, after = prob, chances.corrected(prob, judged)
    assert abs(after.mean() - prob.mean() / 5) < abs(before.mean() - prob.mean() / 5) / 4
    assert chances.corrected(prob, Reviewed.none()) is prob


def test_unknown_chances_are_not_counted() -> None:
    found = chances.expected_sum(np.array([np.nan, 0.5, np.nan]), np.zeros(3))
    assert found[0] == 0.5
    assert found[2] <= 1
    empty = chances.chances(np.full(3, np.nan), np.full(3, "und"), {"any": 0.5})
    assert empty.shares == {}
    assert np.isnan(empty.prob).all()


@given(st.integers(0, 10**6), st.integers(0, 10**4), st.integers(0, 10**5), st.floats(0, 10**5))
def test_more_attention_never_lowers_the_rank(
    reactions: int, replies: int, size: int, hours: float
) -> None:
    def seen(*values: float) -> float:
        arrays = [np.array([value]) for value in values]
        return float(ranking.exposure(*arrays, 24)[0])

    base = seen(reactions, replies, size, hours)
    assert seen(reactions + 1, replies, size, hours) >= base
    assert seen(reactions, replies + 1, size, hours) >= base
    assert seen(reactions, replies, size + 1, hours) >= base
    assert seen(reactions, replies, size, hours + 1) <= base
    assert seen(-1, -1, 0, float("nan")) == 1.0


def test_one_date_in_the_future_does_not_age_the_night() -> None:
    hour = ranking.HOUR
    times = np.array([*range(0, 100 * hour, hour), 10**6 * hour, ranking.NO_TIME])
    now = ranking.night_time(times)
    assert now == 99 * hour
    hours = ranking.ages(times, now)
    assert hours[0] == 99
    assert hours[-2] == 0
    assert np.isnan(hours[-1])
    assert ranking.night_time(times[-1:]) == ranking.NO_TIME
    assert np.isnan(ranking.ages(times, ranking.NO_TIME)).all()
