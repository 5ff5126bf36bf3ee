"""Detectors are as careful as the sentence about innocent comments asks."""

import numpy as np
import pytest

from pipeline.core.errors import PipelineError
from pipeline.core.settings import PrepareSettings
from pipeline.signals.behaviour_model import Logistic
from pipeline.signals.meaning_sample import strictest
from pipeline.stages.behaviour import careful, run, stricter

WIDE = Logistic(("x",), (-9.0,), (9.0,), (0.0,), (1.0,), (1.0,), 0.0)
INNOCENT = np.linspace(-2, 3, 51)[:, None]


@pytest.mark.parametrize("most", [0, 1, 7, 30, 51, 80])
def test_at_most_so_many_innocents_get_an_even_chance(most: int) -> None:
    found = careful(WIDE, INNOCENT, most)
    flagged = int((found.probs(INNOCENT) >= 0.5).sum())
    # Zero lies at the 21st: a detector is never made less careful.
    assert flagged == min(most, 31)
    assert found.intercept <= WIDE.intercept


def test_a_detector_is_shifted_and_its_order_kept() -> None:
    found = stricter(WIDE, 0.8)
    assert found.probs(np.array([[np.log(4.0)]]))[0] == pytest.approx(0.5, abs=1e-4)
    assert (np.diff(found.probs(INNOCENT)) > 0).all()


@pytest.mark.parametrize(("most", "expected"), [(0, 0.9), (2, 0.9), (3, 0.7), (4, 0.6), (9, 0.0)])
def test_groups_are_counted_by_their_comments_once(most: int, expected: float) -> None:
    members = [np.array(each) for each in ([1, 2, 3], [3, 4], [5, 6], [1, 2])]
    assert strictest(np.array([0.9, 0.7, 0.6, 0.8]), members, most) == expected


def test_without_the_public_sets_the_place_and_the_next_step_are_told(tmp_path: object) -> None:
    settings = PrepareSettings(external=tmp_path)  # type: ignore[arg-type]
    with pytest.raises(PipelineError, match=r"prepare\.external"):
        run(settings, tmp_path / "model.json")  # type: ignore[operator]
