"""Signals, two nights at once, a clock that jumps: nothing is lost, nothing doubled."""

import os
import random
import signal
from collections.abc import Callable

import pyarrow.parquet as pq
import pytest

pytest.importorskip("torch")
pytestmark = pytest.mark.train

from drill_night import LATER, Night, refused, same, until_stopped  # noqa: E402

Nights = Callable[..., Night]
N_POINTS = 12 if os.environ.get("SARUNA_DRILLS") == "all" else 2
STOP_IN_SCORING = """
import os, signal
from pipeline.stages import score
plain, has_stopped = score.score_chunk, []
def stopped(*arguments):
    if not has_stopped:
        has_stopped.append(True)
        os.kill(os.getpid(), signal.SIGSTOP)
    return plain(*arguments)
score.score_chunk = stopped
"""
"""Waits in the middle of the work until somebody sends SIGCONT."""
JUMP = """
import datetime, importlib
from pipeline.core import clock
def jump():
    moved = clock.utc_now() + datetime.timedelta(days={days})
    for name in ("pipeline.core.clock", "pipeline.stages.score", "pipeline.stages.feedback"):
        importlib.import_module(name).utc_now = lambda: moved
from pipeline.stages import score
plain = score.score_chunk
def jumping(*arguments):
    jump()
    return plain(*arguments)
score.score_chunk = jumping
"""


@pytest.mark.parametrize(
    ("name", "code", "n_points"), [("SIGTERM", 143, N_POINTS), ("SIGINT", 130, N_POINTS // 2)]
)
def test_a_signal_stops_the_night_and_the_next_run_ends_it_the_same(
    name: str, code: int, n_points: int, undisturbed: Night, night: Nights
) -> None:
    total = undisturbed.n_events
    disturbed = night("stopped")
    n_stopped = 0
    for point in sorted(random.Random(13).sample(range(1, total - 20), n_points)):
        ended = disturbed.run(at={name: point})
        if ended.code:
            refused(ended, code, f"stopped by {name}", "Run the same command again")
            n_stopped += 1
    assert n_stopped
    assert not [*disturbed.state.rglob(".*.partial")], "a stopped run clears up after itself"
    assert disturbed.run(clock=LATER).code == 0
    same(disturbed, undisturbed)


def test_of_two_runs_in_one_folder_the_second_is_told_to_wait_and_the_first_ends_the_same(
    undisturbed: Night, night: Nights
) -> None:
    first = night("first")
    second = night("second", state=first.state)
    pid = first.start(code=[STOP_IN_SCORING])
    until_stopped(pid)
    refused(second.run(), 75, f"{first.out}: another run is at work", "Wait until it has ended")
    os.kill(pid, signal.SIGCONT)
    assert first.reap(pid).code == 0
    same(first, undisturbed)


def test_two_nights_at_once_fill_one_queue_without_doubles(
    undisturbed: Night, night: Nights
) -> None:
    one = night("one")
    other = night("other", state=one.state)
    pids = [
        one.start(code=[STOP_IN_SCORING]),
        other.start(code=[STOP_IN_SCORING], folder=one.state / "nights" / "other"),
    ]
    for pid in pids:
        until_stopped(pid)
    for pid in pids:
        os.kill(pid, signal.SIGCONT)
    told = [each.reap(pid).told for each, pid in zip((one, other), pids, strict=True)]
    n_cases = len(undisturbed.queue()["desk_case"])
    assert sum(each["n_new_cases"] for each in told) == n_cases
    assert one.queue() == undisturbed.queue()
    windows = [
        pq.read_table(each.state / "behaviour" / "window.parquet") for each in (one, undisturbed)
    ]
    names = [sorted(table.column("comment_id").to_pylist()) for table in windows]
    assert names[0] == names[1], "neither night is lost from the window, nor in it twice"


def test_a_clock_that_lost_its_time_stops_the_night_before_anything_is_written(
    night: Nights,
) -> None:
    disturbed = night()
    ended = disturbed.run(clock="1970-01-01T00:03:00+00:00")
    refused(ended, 1, "clock: shows 1970-01-01 00:03 UTC", "Set the clock")
    assert not disturbed.out.exists()


@pytest.mark.parametrize("days", [-40, 400])
def test_a_clock_that_jumps_in_the_night_changes_nothing(
    days: int, undisturbed: Night, night: Nights
) -> None:
    disturbed = night()
    assert disturbed.run(code=[JUMP.format(days=days)], at={"SIGKILL": 300}).code == -9
    assert disturbed.run(clock=LATER, code=[JUMP.format(days=days)]).code == 0
    same(disturbed, undisturbed)
