"""A simulated year keeps its own rules: same seed, same capacity, nothing met twice."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("scipy")

from pipeline.routing.world import KNOWN, LAWFUL, OVERLOOKED, PANEL, Plot, Texts, World, draw
from pipeline.routing.year import Arm, Desk, Doubts, Log, judge, play

WIDTH = 24
PLOT = Plot(42, 60, known_rate=4, wave_rate=3, wave_weeks=3, waves={"new": 2})
DESK = Desk(7, overlooks=np.full(3, 0.05), imagines=np.full(3, 0.005))
PAST = replace(PLOT, waves={}, overlooked_rate=3, n_violations=90, n_lawful=250, stands_for=5.0)
ARMS = {
    "ranking": Arm(),
    "audit": Arm(n_audit=2, most_weight=10),
    "both": Arm(n_audit=1, n_picks=3),
    "one head": Arm(n_audit=1, n_picks=3, one_head=True),
    "all labels": Arm(all_labels=True),
}


def texts() -> Texts:
    """Return lawful texts all over, and two kinds of violation, each around a place of its own."""
    rng = np.random.default_rng(5)
    n_lawful, n_bad = 900, 300
    vectors = rng.normal(size=(n_lawful + 2 * n_bad, WIDTH))
    vectors[n_lawful : n_lawful + n_bad] += 1.5 * rng.normal(size=WIDTH)
    vectors[n_lawful + n_bad :] += 1.5 * rng.normal(size=WIDTH)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    kind = np.array([LAWFUL] * n_lawful + [KNOWN] * n_bad + ["new"] * n_bad, dtype="<U8")
    kind[:100] = PANEL
    labels = np.zeros((len(kind), 3), dtype=bool)
    labels[kind == KNOWN, 0] = labels[kind == KNOWN, 2] = True
    labels[kind == "new", 1] = True
    return Texts(vectors.astype(np.float32), labels, kind)


@pytest.fixture(scope="module")
def world() -> World:
    return draw(texts(), PLOT, 1)


@pytest.fixture(scope="module")
def logs(world: World) -> dict[str, Log]:
    return {name: play(world, arm, DESK, 3) for name, arm in ARMS.items()}


def test_the_same_seed_draws_the_same_year_and_another_one_does_not(world: World) -> None:
    again, other = draw(texts(), PLOT, 1), draw(texts(), PLOT, 2)
    assert all((one == two).all() for one, two in zip(world.days, again.days, strict=True))
    assert any(not np.array_equal(*pair) for pair in zip(world.days, other.days, strict=True))


def test_no_violation_is_met_twice_nor_learned_beforehand(world: World) -> None:
    met = Counter(np.concatenate([*world.days, world.start]).tolist())
    violates = world.violates
    assert max(n for row, n in met.items() if violates[row]) == 1
    assert not np.isin(world.panel, np.concatenate(world.days)).any()


def test_a_wave_begins_in_its_week_and_the_first_model_never_saw_it(world: World) -> None:
    is_new = world.texts.kind == "new"
    assert not is_new[world.start].any()
    assert not any(is_new[day].any() for day in world.days[:14])
    assert sum(is_new[day].sum() for day in world.days[21:28]) > 5


def test_every_arm_spends_the_same_capacity(logs: dict[str, Log]) -> None:
    for log in logs.values():
        assert log.cases == [DESK.capacity] * PLOT.n_days
        assert all(missed <= of for missed, of in zip(log.missed, log.violations, strict=True))
    assert len({tuple(log.violations) for log in logs.values()}) == 1


def test_the_same_seed_plays_the_same_year(world: World, logs: dict[str, Log]) -> None:
    assert play(world, ARMS["both"], DESK, 3) == logs["both"]


def test_arms_with_picks_and_audit_find_something_by_them(logs: dict[str, Log]) -> None:
    assert logs["ranking"].picks == []
    assert sum(logs["ranking"].found_by_audit) == 0
    assert sum(logs["audit"].found_by_audit) > 0
    assert sum(hit for _, hit in logs["both"].picks) > 0


def test_who_knows_every_label_misses_least(logs: dict[str, Log]) -> None:
    # In the week after it learned for the second time.
    last = {name: sum(log.missed[-7:]) for name, log in logs.items()}
    assert last["all labels"] <= min(last.values())


def overlooked() -> Texts:
    """Return the same texts, the second kind being one that nobody looked for."""
    given = texts()
    return replace(given, kind=np.where(given.kind == "new", OVERLOOKED, given.kind))


def test_what_nobody_looked_for_is_taught_as_lawful_and_as_often_as_it_comes() -> None:
    year = draw(overlooked(), PAST, 1)
    is_past = year.texts.kind[year.start] == OVERLOOKED
    # 3 of 60 - 4 - 3 comments, among 250.
    assert is_past.sum() == PAST.n_overlooked == round(250 * 3 / 53)
    assert not year.taught[is_past].any()
    assert (year.taught[~is_past] == year.texts.labels[year.start[~is_past]]).all()
    met = np.concatenate(year.days)
    assert not np.isin(year.start[is_past], met).any()
    assert 2 < (year.texts.kind[met] == OVERLOOKED).sum() / PLOT.n_days < 4
    assert draw(texts(), PLOT, 1).stands_for == 1


def test_comments_like_a_surprise_are_doubted_unless_they_are_more_like_a_lawful_one() -> None:
    year = draw(overlooked(), PAST, 1)
    doubts = Doubts(year)
    assert (doubts.weights() == 5).all()
    lawful = np.flatnonzero(~year.taught.any(axis=1))
    vectors = year.texts.vectors[year.start[lawful]]
    no, yes = np.array([False]), np.array([True])
    doubts.hear(vectors[:1], yes, no)
    close = lawful[vectors @ vectors[0] >= 0.5]
    assert set(np.flatnonzero(doubts.weights() == 0)) == set(close)
    assert len(close) < len(lawful) / 2
    doubts.hear(vectors[:1], no, yes)
    assert (doubts.weights() == 5).all()
    assert (doubts.weights()[year.taught.any(axis=1)] == 5).all()


def test_who_looks_beyond_the_ranking_finds_what_the_first_model_was_taught_to_pass() -> None:
    missed = {}
    for name, arm in {"ranking": Arm(doubts=True), "both": Arm(1, 3, doubts=True)}.items():
        logs = [play(draw(overlooked(), PAST, seed), arm, DESK, seed) for seed in (1, 2, 3)]
        missed[name] = sum(sum(log.missed[-14:]) for log in logs)
    assert missed["both"] < 0.8 * missed["ranking"]


def test_people_err_as_often_as_was_measured() -> None:
    truth = np.tile(np.array([True, False, False]), (20_000, 1))
    said = judge(
        truth, Desk(1, np.array([0.1, 0, 0]), np.array([0, 0.02, 0])), np.random.default_rng(0)
    )
    assert said[:, 0].mean() == pytest.approx(0.9, abs=0.01)
    assert said[:, 1].mean() == pytest.approx(0.02, abs=0.005)
    assert not said[:, 2].any()
