"""Several processes give what one gives, in its order, and hold few chunks at a time."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pyarrow as pa
import pytest

from pipeline.core.errors import PipelineError
from pipeline.engine.local import checkpointed, merge
from pipeline.engine.workers import Workers

FINGERPRINT = {"comments": "abc"}
Score = Callable[[pa.Table], pa.Table]


def chunks(n_chunks: int = 9) -> Iterator[pa.Table]:
    for number in range(n_chunks):
        yield pa.table({"x": [number, number + 100]})


def square(table: pa.Table) -> pa.Table:
    values = table.column("x").to_pylist()
    time.sleep(0.05 if values[0] % 3 == 0 else 0)  # later chunks are ready first
    return pa.table({"y": [value**2 for value in values], "by": [os.getpid()] * len(values)})


def build_square() -> Score:
    return square


def fall(table: pa.Table) -> pa.Table:
    if table.column("x")[0].as_py() == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return table


def build_fall() -> Score:
    return fall


def fail(table: pa.Table) -> pa.Table:
    raise PipelineError("broken", "mend it")


def build_fail() -> Score:
    return fail


def has_part(parts: Path, number: int) -> bool:
    return (parts / f"{number:06d}.parquet").is_file()


def run(build: Callable[[], Score], parts: Path, given: Iterator[pa.Table]) -> list[dict]:
    with Workers(build, 2) as workers:
        ahead = workers.ahead(given, partial(has_part, parts))
        files = list(checkpointed(ahead, workers.score, parts, FINGERPRINT))
    return [row for table in merge(files) for row in table.to_pylist()]


def test_results_are_those_of_one_process_in_the_same_order(tmp_path: Path) -> None:
    rows = run(build_square, tmp_path / "parts", chunks())
    alone = [row["y"] for table in chunks() for row in square(table).to_pylist()]
    assert [row["y"] for row in rows] == alone
    assert os.getpid() not in {row["by"] for row in rows}


def test_only_missing_parts_are_scored_again(tmp_path: Path) -> None:
    parts = tmp_path / "parts"
    first = run(build_square, parts, chunks())
    for number in (1, 2, 8):
        (parts / f"{number:06d}.parquet").unlink()
    again = run(build_square, parts, chunks())
    assert [row["y"] for row in again] == [row["y"] for row in first]
    kept = [at for at, (one, two) in enumerate(zip(first, again, strict=True)) if one == two]
    assert kept == [0, 1, *range(6, 16)]


def test_input_is_read_only_a_little_ahead_of_what_is_written(tmp_path: Path) -> None:
    read = 0

    def counted() -> Iterator[pa.Table]:
        nonlocal read
        for chunk in chunks(20):
            read += 1
            yield chunk

    with Workers(build_square, 2) as workers:
        ahead = workers.ahead(counted(), lambda number: False)
        for written, chunk in enumerate(ahead):
            assert read <= written + workers.ahead_of_writing
            workers.score(chunk)
    assert read == 20


def test_a_worker_that_is_killed_is_told_with_the_next_step(tmp_path: Path) -> None:
    with pytest.raises(PipelineError, match="ended from outside") as told:
        run(build_fall, tmp_path / "parts", chunks())
    assert "fewer --workers" in str(told.value)


def test_a_problem_in_a_worker_arrives_as_it_was_raised(tmp_path: Path) -> None:
    with pytest.raises(PipelineError, match="broken") as told:
        run(build_fail, tmp_path / "parts", chunks())
    assert "mend it" in str(told.value)


ORPHANS = textwrap.dedent(
    """
    import os, sys, time
    sys.path.insert(0, sys.argv[1])
    from test_workers import build_square, chunks
    from pipeline.engine.workers import Workers
    if __name__ == "__main__":
        with Workers(build_square, 2) as workers:
            for chunk in workers.ahead(chunks(), lambda number: False):
                print(workers.score(chunk).column("by")[0].as_py(), flush=True)
                time.sleep(60)
    """
)


def test_no_worker_outlives_a_run_that_was_killed(tmp_path: Path) -> None:
    script = tmp_path / "run.py"
    script.write_text(ORPHANS, encoding="utf-8")
    command = [sys.executable, str(script), str(Path(__file__).parent)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    worker = int(process.stdout.readline())
    process.kill()
    process.wait()
    process.stdout.close()
    end = time.monotonic() + 20
    while is_alive(worker) and time.monotonic() < end:
        time.sleep(0.05)
    assert not is_alive(worker)


def is_alive(pid: int) -> bool:
    status = Path(f"/proc/{pid}/status")
    return status.is_file() and "\nState:\tZ" not in status.read_text(encoding="utf-8")
