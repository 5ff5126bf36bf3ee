"""The window remembers the nights before for its days, and nothing beyond them."""

import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from invented import MESSAGE, NOW, ordinary, row, table

from pipeline.core import paths
from pipeline.core.errors import PipelineError
from pipeline.signals.behaviour_model import load_model
from pipeline.signals.behaviour_night import assess_night, night_traces
from pipeline.signals.behaviour_window import forget_authors, read_window, update_window
from pipeline.signals.traces import TRACE, trace_table

DAY = datetime.timedelta(days=1)
DAYS = 30


def night(author: str, number: int = 1, seconds: float | None = 0.0) -> pa.Table:
    return trace_table(table([row(number, MESSAGE, author, seconds)]), NOW)


def authors(path: Path) -> list[str]:
    found: list[str] = pq.read_table(path).column("author_key").to_pylist()
    return found


def test_nothing_of_an_author_is_left_after_the_days(tmp_path: Path) -> None:
    path = tmp_path / "window.parquet"
    update_window(path, night("early"), NOW, DAYS)
    assert authors(path) == ["early"]
    later = NOW + DAYS * DAY
    assert read_window(path, later, DAYS).num_rows == 0
    update_window(path, trace_table(table([]), later), later, DAYS)
    assert authors(path) == []
    assert b"early" not in path.read_bytes()


@pytest.mark.parametrize("seconds", [None, 86_400.0 * 4_000])
def test_comments_without_a_possible_time_expire_from_when_they_were_seen(
    seconds: float | None, tmp_path: Path
) -> None:
    path = tmp_path / "window.parquet"
    update_window(path, night("odd", seconds=seconds), NOW, DAYS)
    assert read_window(path, NOW + 29 * DAY, DAYS).num_rows == 1
    assert read_window(path, NOW + 31 * DAY, DAYS).num_rows == 0


def test_a_night_of_old_comments_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "window.parquet"
    assert update_window(path, night("archive"), NOW + 40 * DAY, DAYS) == 0


def test_a_night_run_twice_stands_there_once(tmp_path: Path) -> None:
    path = tmp_path / "window.parquet"
    for _ in range(2):
        assert update_window(path, night("one"), NOW, DAYS) == 1
    assert update_window(path, night("two", number=2), NOW, DAYS) == 2


def test_authors_can_be_forgotten_before(tmp_path: Path) -> None:
    path = tmp_path / "window.parquet"
    update_window(path, night("one"), NOW, DAYS)
    update_window(path, night("two", number=2), NOW, DAYS)
    assert forget_authors(path, {"one"}) == 1
    assert authors(path) == ["two"]
    assert forget_authors(tmp_path / "absent.parquet", {"one"}) == 0


def test_the_file_holds_hashes_keys_times_and_ids_alone(tmp_path: Path) -> None:
    path = tmp_path / "window.parquet"
    update_window(path, night("one"), NOW, DAYS)
    assert pq.read_schema(path).equals(TRACE)
    assert "tilts" not in str(pq.read_table(path).to_pylist())


def test_a_damaged_window_is_named(tmp_path: Path) -> None:
    path = tmp_path / "window.parquet"
    path.write_bytes(b"PAR1 no")
    with pytest.raises(PipelineError, match=r"window\.parquet"):
        read_window(path, NOW, DAYS)


def test_a_night_that_is_run_again_comes_out_the_same(tmp_path: Path) -> None:
    model = load_model(paths.BEHAVIOUR)
    window, place = tmp_path / "window.parquet", tmp_path / "parts" / "behaviour.parquet"
    first = [row(500 + k, MESSAGE, f"p{k}", 3_600.0 + 20 * k) for k in range(4)]
    second = [row(600 + k, MESSAGE, f"q{k}", 3_700.0 + 20 * k) for k in range(2)]

    def run(rows: list[object], at: Path) -> pa.Table:
        traces = night_traces([table(rows)], NOW)
        return assess_night(traces, model, at, window=window, days=DAYS, now=NOW)

    once = run(first + ordinary(), place)
    # Four earlier copies make the second night's two comments evidence.
    later = run(second, tmp_path / "second.parquet").column("prob_bot").to_pylist()
    assert min(later) > 0.5
    again = run(first + ordinary(), place)
    assert again.equals(once)
    assert pq.read_table(window).num_rows == 406


def test_what_a_clock_ahead_of_time_has_seen_is_not_kept_the_longer_for_it(tmp_path: Path) -> None:
    path = tmp_path / "window.parquet"
    ahead = NOW + 4_000 * DAY
    update_window(path, trace_table(table([row(1, MESSAGE, "early", None)]), ahead), ahead, DAYS)
    empty = trace_table(table([]), NOW)
    update_window(path, empty, NOW, DAYS)
    assert read_window(path, NOW + 29 * DAY, DAYS).num_rows == 1
    assert read_window(path, NOW + 31 * DAY, DAYS).num_rows == 0
