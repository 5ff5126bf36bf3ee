"""A killed run leaves whole parts only, and the next one goes on where it was."""

import json
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.core.errors import PipelineError
from pipeline.engine.local import checkpointed, merge

FINGERPRINT = {"comments": "abc", "model_version": "1"}


def chunks(n_chunks: int = 4, n_rows: int = 3) -> Iterator[pa.Table]:
    for number in range(n_chunks):
        yield pa.table({"x": [number * n_rows + row for row in range(n_rows)]})


def square(table: pa.Table) -> pa.Table:
    return pa.table({"y": [value**2 for value in table.column("x").to_pylist()]})


def counted(score: Callable[[pa.Table], pa.Table]) -> tuple[Callable[[pa.Table], pa.Table], list]:
    calls: list[int] = []

    def call(table: pa.Table) -> pa.Table:
        calls.append(table.column("x")[0].as_py())
        return score(table)

    return call, calls


def result(parts: Iterator[Path] | list[Path]) -> list[int]:
    return [value for table in merge(parts) for value in table.column("y").to_pylist()]


def test_parts_come_in_the_order_of_the_chunks(tmp_path: Path) -> None:
    done: list[int] = []
    parts = list(checkpointed(chunks(), square, tmp_path / "parts", FINGERPRINT, done.append))
    assert [part.name for part in parts] == [f"{number:06d}.parquet" for number in range(4)]
    assert result(parts) == [value**2 for value in range(12)]
    assert done == [3, 3, 3, 3]


def test_a_second_run_scores_nothing_again(tmp_path: Path) -> None:
    first = list(checkpointed(chunks(), square, tmp_path / "parts", FINGERPRINT))
    score, calls = counted(square)
    again = list(checkpointed(chunks(), score, tmp_path / "parts", FINGERPRINT))
    assert calls == []
    assert result(again) == result(first)


def test_only_missing_parts_are_scored(tmp_path: Path) -> None:
    parts = list(checkpointed(chunks(), square, tmp_path / "parts", FINGERPRINT))
    parts[2].unlink()
    score, calls = counted(square)
    assert result(checkpointed(chunks(), score, tmp_path / "parts", FINGERPRINT)) == result(parts)
    assert calls == [6]


@pytest.mark.parametrize(
    "other",
    [
        {"comments": "abc", "model_version": "2"},
        {"comments": "other", "model_version": "1"},
        {},
    ],
)
def test_parts_of_another_fingerprint_are_thrown_away(
    other: dict[str, str], tmp_path: Path
) -> None:
    list(checkpointed(chunks(6), square, tmp_path / "parts", FINGERPRINT))
    score, calls = counted(square)
    parts = list(checkpointed(chunks(2), score, tmp_path / "parts", other))
    assert calls == [0, 3]
    left = sorted(path.name for path in (tmp_path / "parts").iterdir())
    assert left == [*(part.name for part in parts), "fingerprint.json"]


def test_parts_without_a_fingerprint_are_thrown_away(tmp_path: Path) -> None:
    list(checkpointed(chunks(), square, tmp_path / "parts", FINGERPRINT))
    (tmp_path / "parts" / "fingerprint.json").unlink()
    score, calls = counted(square)
    list(checkpointed(chunks(), score, tmp_path / "parts", FINGERPRINT))
    assert len(calls) == 4


def test_a_failing_chunk_leaves_the_parts_before_it(tmp_path: Path) -> None:
    def fail(table: pa.Table) -> pa.Table:
        if table.column("x")[0].as_py() == 6:
            raise PipelineError("broken", "mend it")
        return square(table)

    with pytest.raises(PipelineError, match="broken"):
        list(checkpointed(chunks(), fail, tmp_path / "parts", FINGERPRINT))
    score, calls = counted(square)
    parts = list(checkpointed(chunks(), score, tmp_path / "parts", FINGERPRINT))
    assert calls == [6, 9]
    assert result(parts) == [value**2 for value in range(12)]


SLOW = textwrap.dedent(
    """
    import sys, time
    from pathlib import Path
    import pyarrow as pa
    from pipeline.engine.local import checkpointed

    def chunks():
        for number in range(4):
            yield pa.table({"x": [number * 3 + row for row in range(3)]})

    def slow(table):
        time.sleep(0.15)
        return pa.table({"y": [value ** 2 for value in table.column("x").to_pylist()]})

    fingerprint = {"comments": "abc", "model_version": "1"}
    for part in checkpointed(chunks(), slow, Path(sys.argv[1]), fingerprint):
        pass
    """
)


def wait_for(path: Path, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 60
    while not path.exists() and process.poll() is None and time.monotonic() < end:
        time.sleep(0.01)
    assert path.exists()


def test_a_run_killed_half_way_leaves_whole_parts_and_is_finished_by_the_next(
    tmp_path: Path,
) -> None:
    parts = tmp_path / "parts"
    process = subprocess.Popen([sys.executable, "-c", SLOW, str(parts)])
    wait_for(parts / "000001.parquet", process)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    left = sorted(parts.glob("*.parquet"))
    assert 2 <= len(left) < 4
    for part in left:
        assert pq.read_table(part).num_rows == 3
    assert json.loads((parts / "fingerprint.json").read_text()) == FINGERPRINT
    score, calls = counted(square)
    done = list(checkpointed(chunks(), score, parts, FINGERPRINT))
    assert len(calls) == 4 - len(left)
    assert result(done) == [value**2 for value in range(12)]
