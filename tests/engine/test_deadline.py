"""A run that must end in time: the order, when it stops, and that nothing is lost."""

import datetime
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.errors import UsageError
from pipeline.core.tables import write_batches
from pipeline.engine import deadline
from pipeline.engine.deadline import in_time, next_time, sort_by, split_at

SCHEMA = pa.schema([pa.field("x", pa.float32()), pa.field("at", pa.int64())])
RIGA = "Europe/Riga"


def utc(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text).replace(tzinfo=datetime.UTC)


@pytest.mark.parametrize(
    ("now", "wanted", "expected"),
    [
        ("2026-01-10T20:00", "06:00", "2026-01-11T04:00"),
        ("2026-01-10T03:59", "06:00", "2026-01-10T04:00"),
        ("2026-01-10T04:00", "06:00", "2026-01-11T04:00"),
        ("2026-07-10T20:00", "06:00", "2026-07-11T03:00"),
        ("2026-03-28T23:00", "06:00", "2026-03-29T03:00"),  # the clock is put forward that night
    ],
)
def test_the_deadline_is_the_next_such_time_on_local_clocks(
    now: str, wanted: str, expected: str
) -> None:
    assert next_time(wanted, RIGA, utc(now)) == utc(expected)


@pytest.mark.parametrize("wanted", ["25:00", "six", ""])
def test_what_is_no_time_of_day_is_refused(wanted: str) -> None:
    with pytest.raises(UsageError, match="is not a time of day"):
        next_time(wanted, RIGA, utc("2026-01-10T20:00"))


def taken(seconds: float, step: float, under_way: int = 1) -> int:
    """Return how many of 100 chunks are handed out when each takes `step` seconds."""
    now = [0.0]
    chunks = (pa.table({"x": [number]}) for number in range(100))
    count = 0
    for _ in in_time(chunks, seconds, under_way, clock=lambda: now[0]):
        now[0] += step
        count += 1
    return count


def test_no_chunk_is_begun_that_would_end_after_the_deadline() -> None:
    assert taken(seconds=1000, step=1) == 100
    # 60 seconds are kept back: 14 chunks of 10 seconds end at 140 of 200 seconds.
    assert taken(seconds=200, step=10) == 14
    assert taken(seconds=200, step=10, under_way=4) == 11


def test_one_chunk_is_scored_however_late_it_is() -> None:
    assert taken(seconds=-5, step=10) == 1


def write(path: Path, values: list[float], piece: int) -> Path:
    table = pa.table({"x": values, "at": range(len(values))}, schema=SCHEMA)
    write_batches(path, SCHEMA, (table.slice(at, piece) for at in range(0, len(values), piece)))
    return path


def prior(table: pa.Table) -> npt.NDArray[np.float32]:
    return np.asarray(table.column("x").to_numpy(), dtype=np.float32)


@given(values=st.lists(st.integers(0, 5), max_size=40), piece=st.integers(1, 9))
def test_rows_are_sorted_by_their_prior_and_ties_keep_their_order(
    tmp_path_factory: pytest.TempPathFactory, values: list[int], piece: int
) -> None:
    folder = tmp_path_factory.mktemp("sort")
    source = write(folder / "in.parquet", [float(value) for value in values], piece)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(deadline, "SORTED_AT_ONCE", 7)
        sort_by(source, SCHEMA, "saruna validate", prior, folder / "out.parquet")
    rows = pq.read_table(folder / "out.parquet").to_pylist()
    assert [row["at"] for row in rows] == sorted(range(len(values)), key=lambda at: -values[at])
    assert [row["x"] for row in rows] == [values[row["at"]] for row in rows]
    assert {path.name for path in folder.iterdir()} == {"in.parquet", "out.parquet"}


@pytest.mark.parametrize("n_rows", [0, 1, 4, 5, 9, 10])
def test_a_cut_table_has_every_row_in_one_of_two_files(n_rows: int, tmp_path: Path) -> None:
    source = write(tmp_path / "in.parquet", [float(value) for value in range(10)], 4)
    head, rest = tmp_path / "head.parquet", tmp_path / "rest.parquet"
    write(rest, [1.0, 2.0], 1)  # of an earlier run
    assert split_at(source, SCHEMA, "saruna validate", n_rows, head, rest) == 10 - n_rows

    def numbers(path: Path) -> Iterator[int]:
        return iter(pq.read_table(path).column("at").to_pylist()) if path.exists() else iter(())

    assert list(numbers(head)) == list(range(n_rows))
    assert list(numbers(rest)) == list(range(n_rows, 10))
    assert rest.exists() == (n_rows < 10)
