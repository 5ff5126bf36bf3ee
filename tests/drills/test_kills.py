"""kill -9 at any moment: the next run finishes, nothing lost, nothing doubled, the same bytes."""

import os
import random
import signal
import time
from collections.abc import Callable

import pytest

pytest.importorskip("torch")
pytestmark = pytest.mark.train

from drill_night import LATER, Night, same  # noqa: E402

Nights = Callable[..., Night]
IS_FULL = os.environ.get("SARUNA_DRILLS") == "all"
"""The full drill takes minutes; without it a few of its points are tried with every test run."""
N_POINTS, IN_A_ROW, N_FROM_OUTSIDE = (30, 5, 5) if IS_FULL else (5, 5, 2)


def test_a_night_killed_before_changes_of_files_or_database_comes_out_the_same(
    undisturbed: Night, night: Nights
) -> None:
    total = undisturbed.n_events
    assert total > 100
    points = random.Random(10).sample(range(1, total + 1), N_POINTS)
    for at in range(0, N_POINTS, IN_A_ROW):
        disturbed = night(f"killed-{at}")
        for point in points[at : at + IN_A_ROW]:
            ended = disturbed.run(at={"SIGKILL": point})
            # A night that goes on does less: late points may lie beyond its end.
            assert ended.code in (-signal.SIGKILL, 0), ended.err
        assert disturbed.run(clock=LATER).code == 0
        same(disturbed, undisturbed)


def test_a_night_killed_from_outside_at_any_time_comes_out_the_same(
    undisturbed: Night, night: Nights
) -> None:
    started = time.monotonic()
    night("timing").run()
    length = time.monotonic() - started
    moments = random.Random(11)
    disturbed = night("outside")
    killed = 0
    for _ in range(N_FROM_OUTSIDE):
        pid = disturbed.ask(wait=False)["pid"]
        time.sleep(length * moments.uniform(0.1, 0.8))
        os.kill(pid, signal.SIGKILL)
        killed += disturbed.zygote.ask({"reap": pid})["rc"] == -signal.SIGKILL
    assert killed
    assert disturbed.run(clock=LATER).code == 0
    same(disturbed, undisturbed)
