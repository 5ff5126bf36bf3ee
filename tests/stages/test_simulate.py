"""What the simulated years are made of, and how their figures are told."""

from typing import Any

import numpy as np
import pytest

pytest.importorskip("scipy")

from pipeline.core.settings import SimulateSettings
from pipeline.routing.world import KNOWN, LAWFUL, OVERLOOKED, PANEL, Texts
from pipeline.routing.year import Log
from pipeline.sources.played import errors_of
from pipeline.stages.simulate import (
    ELSEWHERE,
    WAVES,
    by_kind,
    passed_over,
    spread,
    summarise,
    years,
)

SETTINGS = SimulateSettings()


def of_kinds(*kinds: str) -> Texts:
    n = len(kinds)
    return Texts(np.zeros((n, 2), np.float32), np.zeros((n, 1), dtype=bool), np.array(kinds))


@pytest.mark.parametrize(
    ("kind", "past"),
    [
        (KNOWN, KNOWN),
        (LAWFUL, LAWFUL),
        (PANEL, PANEL),
        ("threat", KNOWN),
        ("hate", KNOWN),
        ("advertising 2", OVERLOOKED),
        ("agitation", OVERLOOKED),
        ("disinformation 1", ELSEWHERE),
        ("campaign", ELSEWHERE),
    ],
)
def test_past_moderation_named_some_kinds_and_passed_over_others(kind: str, past: str) -> None:
    assert passed_over(of_kinds(kind)).kind.tolist() == [past]


def test_every_wave_has_a_place_in_the_other_year() -> None:
    assert {KNOWN, OVERLOOKED, ELSEWHERE} == set(passed_over(of_kinds(*WAVES)).kind.tolist())


def test_both_years_compare_arms_of_one_capacity_and_one_learner() -> None:
    found = years(SETTINGS, of_kinds(KNOWN))
    assert {"ranking", "audit and picks"} <= found["waves"].arms.keys()
    compared = [found["overlooked"].arms[name] for name in ("ranking", "audit and picks")]
    assert [arm.doubts for arm in compared] == [True, True]
    assert [arm.n_audit + arm.n_picks for arm in compared] == [0, 6]
    assert found["overlooked"].plot.overlooked_rate == SETTINGS.overlooked


def test_figures_are_means_over_worlds_and_the_ratio_is_taken_world_by_world() -> None:
    def account(rate: float) -> dict[str, Any]:
        return {"miss_rate": rate, "false_alarms": 0.1, "year_miss_rate": rate}

    worlds = [
        {"waves": {"ranking": account(alone), "audit and picks": account(both)}}
        for alone, both in ((0.2, 0.1), (0.4, 0.1))
    ]
    told = summarise(SETTINGS, 9, worlds)
    assert told.miss_rate["waves: ranking"].startswith("0.300 (")
    assert told.ratio["waves"].startswith("0.375 (")


def test_misses_of_the_last_weeks_are_told_by_kind() -> None:
    log = Log(kinds=[["early"]] + [["a", "b"]] * 56, missed_kinds=[["early"]] + [["b"]] * 56)
    assert by_kind(log) == {"a": [0, 56], "b": [56, 56]}


def test_half_of_the_differences_between_two_people_is_one_persons() -> None:
    one, other = {"hate"}, set[str]()
    pairs = [[one, one]] * 8 + [[one, other]] * 4 + [[other, other]] * 88
    assert errors_of(pairs, "hate") == (pytest.approx(2 / 10), pytest.approx(2 / 90))
    assert errors_of(pairs[:4], "hate") == (0.05, 0.005)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ([0.25], "0.250"),
        # A table of Student's t has 12.706 for one degree of freedom, 2.201 for eleven.
        ([0.0, 2.0], "1.000 (-11.706 to 13.706)"),
        ([0.0, 2.0] * 6, "1.000 (0.336 to 1.664)"),
    ],
)
def test_a_mean_over_worlds_has_its_interval(values: list[float], told: str) -> None:
    assert spread(values) == told
