"""Ray scores the same chunks with the same function: the same rows, from and to any address."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

pytest.importorskip("ray", reason="the ray extra is not installed")

from pipeline.core.errors import PipelineError
from pipeline.core.tables import write_batches
from pipeline.engine import cluster
from pipeline.engine.cluster import Piece, cut, files_at, read_piece, score_files
from pipeline.engine.plan import Plan, Work, carry_out
from pipeline.engine.workers import Build, Score

pytestmark = pytest.mark.filterwarnings("ignore")  # Ray's own, of threads and sockets

SCHEMA = pa.schema([pa.field("x", pa.int64())])
FINGERPRINT = {"model_version": "1"}
TWO = Plan(workers=2, engine="ray")


def squaring() -> Build:
    """Return a builder that travels by value: Ray's workers cannot import tests."""

    def build() -> Score:
        def square(table: pa.Table) -> pa.Table:
            return pa.table({"y": [value**2 for value in table.column("x").to_pylist()]})

        return square

    return build


def write(path: Path, first: int, last: int, row_group: int) -> Path:
    pieces = (
        pa.table({"x": range(at, min(at + row_group, last))}, schema=SCHEMA)
        for at in range(first, last, row_group)
    )
    write_batches(path, SCHEMA, pieces)
    return path


def squares(folder: Path) -> list[int]:
    tables = [pq.read_table(file) for file in sorted(folder.glob("*.parquet"))]
    return [value for table in tables for value in table.column("y").to_pylist()]


def test_a_piece_is_read_across_row_groups(tmp_path: Path) -> None:
    source = str(write(tmp_path / "in.parquet", 0, 23, 4))
    pieces = cut(source, 5, "memory://out", first_number=7)
    assert [Path(piece.target).name for piece in pieces][:2] == ["000007.parquet", "000008.parquet"]
    read = [read_piece(piece, SCHEMA).column("x").to_pylist() for piece in pieces]
    assert read == [list(range(at, min(at + 5, 23))) for at in range(0, 23, 5)]


def test_files_are_found_at_an_address_in_their_order(tmp_path: Path) -> None:
    for name in ("b", "a"):
        write(tmp_path / "deep" / f"{name}.parquet", 0, 3, 3)
    found = files_at(f"file://{tmp_path}")
    assert [Path(file).name for file in found] == ["a.parquet", "b.parquet"]
    with pytest.raises(PipelineError, match="has no Parquet files"):
        files_at("memory://nothing")


def test_parts_of_another_release_are_refused() -> None:
    cluster.check_marker("memory://marked/out", {"model_version": "1"})
    cluster.check_marker("memory://marked/out", {"model_version": "1"})
    with pytest.raises(PipelineError, match="holds scores of another"):
        cluster.check_marker("memory://marked/out", {"model_version": "2"})


def test_a_part_is_whole_or_absent(tmp_path: Path) -> None:
    class FullError(Exception):
        pass

    def fails(*_: Any, **__: Any) -> None:
        raise FullError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pq, "write_table", fails)
        with pytest.raises(FullError):
            cluster.write_part(str(tmp_path / "1.parquet"), pa.table({"y": [1]}))
    assert not (tmp_path / "1.parquet").exists()
    cluster.write_part(str(tmp_path / "1.parquet"), pa.table({"y": [1]}))
    assert [path.name for path in tmp_path.iterdir()] == ["1.parquet"]


def test_without_ray_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "ray", None)
    with pytest.raises(PipelineError, match="Ray is not installed") as told:
        cluster.score_pieces([Piece("a", 0, 1, "b")], SCHEMA, squaring(), TWO)
    assert "saruna[ray]" in str(told.value)


def test_a_cluster_of_two_workers_gives_what_one_process_gives(tmp_path: Path) -> None:
    import ray

    source = write(tmp_path / "in" / "a.parquet", 0, 23, 4)
    work = Work(source, SCHEMA, "saruna validate", 5, tmp_path / "parts", FINGERPRINT)
    called: list[int] = []

    def here(table: pa.Table) -> pa.Table:
        called.append(table.num_rows)
        return squaring()()(table)

    try:
        parts = carry_out(TWO, work, here, squaring(), None)
        assert squares(tmp_path / "parts") == [value**2 for value in range(23)]
        assert len(parts) == 5
        assert called == [], "all was done on the cluster"
        write(tmp_path / "in" / "b.parquet", 23, 30, 7)
        target = tmp_path / "out"
        for expected in ((30, 0), (0, 30)):
            told = {"chunk": 4, "fingerprint": FINGERPRINT}
            source_at, target_at = f"file://{tmp_path / 'in'}", f"file://{target}"
            done = score_files(source_at, target_at, SCHEMA, squaring(), TWO, **told)
            assert (done.n_scored, done.n_before) == expected
        assert squares(target) == [value**2 for value in range(30)]
    finally:
        ray.shutdown()
