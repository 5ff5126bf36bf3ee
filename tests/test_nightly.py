"""A night accounts for every record, survives being killed, and adds nothing the second time."""

import contextlib
import fcntl
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

pytest.importorskip("torch")
pytestmark = pytest.mark.train

from tiny_release import Tiny  # noqa: E402

from pipeline import nightly  # noqa: E402
from pipeline.core import paths  # noqa: E402
from pipeline.core.errors import PipelineError  # noqa: E402
from pipeline.core.tables import DECISION  # noqa: E402

SMALL = """id,author,date,comment
1,u1,2026-03-01 10:00,Kad beidzot salabos bedres Brīvības ielā?
2,u2,2026-03-01 10:01,Спасибо за каток
3,u3,2026-03-01 10:02,
4,u4,2026-03-01 10:03,ielas sniegs nošaut nosist kāpēc
5,u5,2026-03-01 10:04,Tere päevast ja kes selle eest vastutab?
"""
Start = Callable[..., subprocess.Popen[str]]
Run = Callable[..., subprocess.CompletedProcess[str]]
PLAIN = "from pipeline.cli import main; main()"
# What a test changes inside the started program: time, so that it can be met half-way.
SLOW = f"""
import time
from pipeline.stages import score
chunk = score.score_chunk
def slow(*arguments):
    time.sleep(0.1)
    return chunk(*arguments)
score.score_chunk = slow
{PLAIN}
"""
IMPATIENT = f"""
from pipeline.desk import databases
databases.LOCK_SECONDS = 0.2
{PLAIN}
"""


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "small.csv"
    path.write_text(SMALL, encoding="utf-8")
    return path


@pytest.fixture
def start(tiny: Tiny, tmp_path: Path) -> Start:
    """Starts `saruna ...` with the tiny release and a state of its own."""

    def run(
        command: str,
        *arguments: object,
        code: str = PLAIN,
        release: Path = tiny.release,
        database: str = "",
    ) -> subprocess.Popen[str]:
        state = str(tmp_path / "state")
        environment = {**os.environ, "SARUNA_STATE": state, "SARUNA_DATABASE_URL": database}
        given = [command, *map(str, arguments), "--release", str(release)]
        if command != "demo":
            given += ["--json"]
            given += [] if "--params" in arguments else ["--params", str(tiny.params)]
        return subprocess.Popen(
            [sys.executable, "-c", code, *given],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
        )

    return run


@pytest.fixture
def run(start: Start) -> Run:
    """Runs `saruna ...` to its end."""

    def wait(*arguments: Any, **options: Any) -> subprocess.CompletedProcess[str]:
        process = start(*arguments, **options)
        out, err = process.communicate(timeout=180)
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    return wait


def night_of(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def refused(done: subprocess.CompletedProcess[str], *words: str, code: int = 1) -> None:
    assert done.returncode == code, done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in done.stderr
    for secret in ("bedres", "каток", "nošaut"):
        assert secret not in done.stderr


def decisions(folder: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pq.read_table(folder / "decisions.parquet").to_pylist()
    return rows


def count(database: Path, table: str) -> int:
    with contextlib.closing(sqlite3.connect(database)) as connection:
        number: int = connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608
    return number


def table_of_cases(database: Path) -> str:
    with contextlib.closing(sqlite3.connect(database)) as connection:
        names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master")]
    return next(name for name in names if name.endswith("_case"))


def test_the_sample_night_accounts_for_every_record_and_adds_nothing_twice(
    run: Run, tmp_path: Path
) -> None:
    out = tmp_path / "night"
    night = night_of(run("nightly", paths.SAMPLE_NIGHT, "--out", out))
    assert night["n_read"] == night["n_comments"] + night["n_rejected"]
    assert night["n_comments"] == night["n_scored"] + night["n_unknown_language"]
    assert night["n_failed"] == {}, "no detector fails on the sample"
    bands = night["n_clear"] + night["n_review"] + night["n_priority"]
    assert bands == night["n_comments"] > 300
    assert night["n_rejected"] == sum(night["reject_reasons"].values()) > 0
    for name, n_rows in (("rejects", "n_rejected"), ("scores", "n_comments")):
        assert pq.read_table(out / f"{name}.parquet").num_rows == night[n_rows]
    assert pq.read_table(out / "decisions.parquet").schema.equals(DECISION)
    database = tmp_path / "state" / "desk.sqlite3"
    table = table_of_cases(database)
    assert count(database, table) == night["n_new_cases"] > 0
    again = night_of(run("nightly", paths.SAMPLE_NIGHT, "--out", out))
    assert (again["n_new_cases"], again["n_updated_cases"]) == (0, 0)
    assert again["n_unchanged_cases"] == night["n_new_cases"]
    assert count(database, table) == night["n_new_cases"]
    told = {key: value for key, value in night.items() if "cases" not in key and key != "seconds"}
    assert told.items() <= again.items()


def test_scoring_alone_leaves_the_queue_alone_and_routing_fills_it(
    run: Run, small: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    night = night_of(run("score", small, "--out", out))
    assert (night["n_read"], night["n_rejected"], night["n_unknown_language"]) == (5, 1, 1)
    assert night["n_new_cases"] is None
    assert not (tmp_path / "state" / "desk.sqlite3").exists()
    found = {row["comment_id"]: row for row in decisions(out)}
    assert found["4"]["top_label"] == "threat"
    assert found["5"]["reasons"] == ["language"]
    done = run("route", out, "--queue")
    assert done.returncode == 0, done.stderr
    flagged = sum(row["decision"] != "clear" for row in found.values())
    assert count(tmp_path / "state" / "desk.sqlite3", "desk_case") == flagged


def test_two_runs_at_once_are_refused(run: Run, small: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    hold = "import fcntl, sys; f = open(sys.argv[1], 'w'); fcntl.flock(f, fcntl.LOCK_EX);"
    hold += "print('held', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", hold, str(out / ".lock")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        refused(run("nightly", small, "--out", out), "another run is at work", "--out", code=75)
        assert sorted(path.name for path in out.iterdir()) == [".lock"]
        holder.communicate("")
    assert night_of(run("nightly", small, "--out", out))["n_read"] == 5


def test_the_lock_goes_with_the_run(tmp_path: Path) -> None:
    with nightly.only_run(tmp_path):
        with pytest.raises(PipelineError, match="another run"), nightly.only_run(tmp_path):
            pass
        with (tmp_path / ".lock").open() as handle, pytest.raises(BlockingIOError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    with nightly.only_run(tmp_path):
        pass


def test_a_tampered_release_stops_the_night_before_any_work(
    run: Run, tiny: Tiny, small: Path, tmp_path: Path
) -> None:
    release = tmp_path / "release"
    shutil.copytree(tiny.release, release)
    with (release / "thresholds.json").open("a", encoding="utf-8") as handle:
        handle.write(" ")
    done = run("nightly", small, "--out", tmp_path / "out", release=release)
    refused(done, "thresholds.json: has changed since the release was made")
    assert not (tmp_path / "out").exists()
    assert not (tmp_path / "state" / "desk.sqlite3").exists()


@contextlib.contextmanager
def locked(database: Path) -> Iterator[None]:
    connection = sqlite3.connect(database, isolation_level=None)
    connection.execute("BEGIN EXCLUSIVE")
    try:
        yield
    finally:
        connection.rollback()
        connection.close()


def test_a_night_goes_on_when_the_registry_is_down_and_says_so(
    run: Run, tiny: Tiny, small: Path, tmp_path: Path
) -> None:
    own = tmp_path / "own.yaml"
    told = tiny.params.read_text(encoding="utf-8")
    own.write_text(f"{told}register: {{tracking_uri: 'http://127.0.0.1:9'}}\n", encoding="utf-8")
    night = night_of(run("nightly", small, "--out", tmp_path / "out", "--params", own))
    assert night["n_read"] == 5
    assert night["registry"] == (
        "http://127.0.0.1:9: the registry does not answer; this night ran on the local release "
        f"{night['model_version']}"
    )


def test_a_locked_database_is_named_and_the_next_run_finishes(
    run: Run, small: Path, tmp_path: Path
) -> None:
    first = night_of(run("nightly", small, "--out", tmp_path / "first"))
    small.write_text(f"{SMALL}6,u6,2026-03-01 10:05,улица снег сжечь убить дом\n", encoding="utf-8")
    database = tmp_path / "state" / "desk.sqlite3"
    with locked(database):
        done = run("nightly", small, "--out", tmp_path / "second", code=IMPATIENT)
        refused(done, "desk.sqlite3: locked by another program", "run the same command", code=75)
    finished = night_of(run("nightly", small, "--out", tmp_path / "second"))
    assert finished["n_unchanged_cases"] == first["n_new_cases"]
    assert finished["n_new_cases"] == 1


def test_a_killed_night_is_finished_by_the_next_run_with_the_same_decisions(
    start: Start, run: Run, tmp_path: Path
) -> None:
    undisturbed, out = tmp_path / "undisturbed", tmp_path / "killed"
    whole = night_of(run("score", paths.SAMPLE_NIGHT, "--out", undisturbed))
    process = start("nightly", paths.SAMPLE_NIGHT, "--out", out, code=SLOW)
    end = time.monotonic() + 120
    part = out / "scores.parts" / "000001.parquet"
    while not part.exists() and process.poll() is None and time.monotonic() < end:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert part.exists()
    assert not (out / "scores.parquet").exists()
    before = part.read_bytes()
    night = night_of(run("nightly", paths.SAMPLE_NIGHT, "--out", out))
    assert part.read_bytes() == before
    assert decisions(out) == decisions(undisturbed)
    assert night["n_comments"] == whole["n_comments"]
    assert count(tmp_path / "state" / "desk.sqlite3", "desk_case") == night["n_new_cases"] > 0


def test_a_folder_that_cannot_be_written_is_named(run: Run, small: Path, tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("x", encoding="utf-8")
    done = run("nightly", small, "--out", in_the_way / "out")
    refused(done, f"{in_the_way / 'out'}: cannot be written", "--out")


def test_an_input_of_nothing_but_rejects_is_an_error_with_the_rejects_kept(
    run: Run, small: Path, tmp_path: Path
) -> None:
    small.write_text("id,author,date,comment\n1,u1,2026-03-01 10:00,\n", encoding="utf-8")
    refused(run("nightly", small, "--out", tmp_path / "out"), "no usable comment")
    assert pq.read_table(tmp_path / "out" / "rejects.parquet").num_rows == 1


@pytest.mark.parametrize(
    ("n_read", "n_rejected", "n_scored", "n_routed"), [(5, 1, 3, 3), (5, 1, 4, 3), (4, 1, 4, 4)]
)
def test_a_night_that_does_not_add_up_fails(
    n_read: int, n_rejected: int, n_scored: int, n_routed: int
) -> None:
    nightly.check_sum(5, 1, 4, 4)
    with pytest.raises(PipelineError, match=f"{n_read} records were read"):
        nightly.check_sum(n_read, n_rejected, n_scored, n_routed)


def test_the_demo_prints_the_list_and_never_touches_a_real_queue(run: Run, tmp_path: Path) -> None:
    real = tmp_path / "real.sqlite3"
    done = run("demo", "--once", database=f"sqlite:///{real}")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("Read ")
    ranked = [line.split()[0] for line in lines if " priority " in line or " review " in line]
    assert ranked == [str(number) for number in range(1, 21)]
    assert "http://127.0.0.1:8000/" in done.stdout
    assert not real.exists()
    assert count(tmp_path / "state" / "demo" / "desk.sqlite3", "desk_case") > 0
    assert not (tmp_path / "state" / "desk.sqlite3").exists()
