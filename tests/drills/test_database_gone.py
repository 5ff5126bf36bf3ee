"""PostgreSQL goes away while cases are written: a restart is waited out, an end is said."""

import os
import signal
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

pytest.importorskip("torch")
pytestmark = pytest.mark.train

from drill_night import LATER, Night, refused, until_stopped  # noqa: E402
from own_postgres import Server, find_programs  # noqa: E402

Nights = Callable[..., Night]
STOP_IN_WRITING = """
import os, signal
from pipeline.desk import queue, turns, writing
turns.PAUSES = {pauses}
queue.write_cases.__kwdefaults__["chunk"] = 10
plain, n_calls = writing.insert_cases, [0]
def stopped(*arguments):
    n_calls[0] += 1
    if n_calls[0] == 2:
        os.kill(os.getpid(), signal.SIGSTOP)
    plain(*arguments)
writing.insert_cases = stopped
"""
"""Waits inside the second of several transactions until somebody sends SIGCONT."""


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    programs = find_programs()
    if programs is None:
        pytest.skip("PostgreSQL's programs are not installed")
    # Not in pytest's folders: they are closed to the user that the server runs as.
    with tempfile.TemporaryDirectory(prefix="saruna-postgres-") as folder:
        made = Server(programs, Path(folder))
        made.control("start")
        yield made
        made.control("stop", "-m", "immediate")


@pytest.fixture
def database(server: Server) -> str:
    """An empty database on it."""
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS night WITH (FORCE)")
        connection.execute("CREATE DATABASE night")
    return server.url.replace("/postgres", "/night")


def test_a_restart_of_the_server_in_the_middle_of_writing_is_waited_out(
    server: Server, database: str, undisturbed: Night, night: Nights
) -> None:
    disturbed = night(database=database)
    pid = disturbed.start(code=[STOP_IN_WRITING.format(pauses=(0.2, 0.5, 1.0))])
    until_stopped(pid)
    server.control("restart", "-m", "immediate")
    os.kill(pid, signal.SIGCONT)
    told = disturbed.reap(pid).told
    assert told["n_new_cases"] == len(undisturbed.queue()["desk_case"])
    assert disturbed.cases() == undisturbed.cases()


def test_a_server_that_stays_away_ends_the_night_and_the_next_run_adds_the_rest(
    server: Server, database: str, undisturbed: Night, night: Nights
) -> None:
    disturbed = night(database=database)
    pid = disturbed.start(code=[STOP_IN_WRITING.format(pauses=(0.1, 0.1))])
    until_stopped(pid)
    server.control("stop", "-m", "immediate")
    os.kill(pid, signal.SIGCONT)
    refused(disturbed.reap(pid), 75, "does not answer", "Start PostgreSQL", "same command again")
    server.control("start")
    told = disturbed.run(clock=LATER).told
    n_cases = len(undisturbed.queue()["desk_case"])
    assert 0 < told["n_unchanged_cases"] < n_cases
    assert told["n_new_cases"] + told["n_unchanged_cases"] == n_cases
    assert disturbed.cases() == undisturbed.cases()
