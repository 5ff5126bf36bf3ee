"""Many machines: Ray Data hands chunks to actors, which read Parquet and write Parquet.

The unit is the chunk that the local engine scores too, so both give the same numbers; an actor
builds the same scoring function once. Sources and targets are paths or any address that fsspec
knows, such as `s3://bucket/folder`. A chunk whose part is there is not scored again.
"""

import json
import posixpath
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.core.errors import PipelineError

if TYPE_CHECKING:
    from pipeline.engine.plan import Plan, Work
    from pipeline.engine.workers import Build

MARKER = "fingerprint.json"


@dataclass(frozen=True)
class Piece:
    """Rows of one file, and where their scores go."""

    source: str
    first: int
    n_rows: int
    target: str


@dataclass(frozen=True)
class Done:
    """How many rows were scored now, and how many had been before."""

    n_scored: int
    n_before: int


class Actor:
    """Scores pieces; one for each worker, built once."""

    def __init__(self, build: "Build", schema: pa.Schema) -> None:
        self.score = build()
        self.schema = schema

    def __call__(self, batch: Mapping[str, Any]) -> dict[str, list[int]]:
        """Score the pieces of a batch and return their numbers of rows."""
        rows = zip(*(batch[name] for name in Piece.__dataclass_fields__), strict=True)
        pieces = [Piece(str(a), int(b), int(c), str(d)) for a, b, c, d in rows]
        for piece in pieces:
            write_part(piece.target, self.score(read_piece(piece, self.schema)))
        return {"n_rows": [piece.n_rows for piece in pieces]}


def done_first(
    chunks: Iterable[pa.Table], plan: "Plan", work: "Work", build: "Build"
) -> Iterator[pa.Table]:
    """Yield the chunks after the cluster has scored them into the parts of the local engine."""
    source, target = str(work.source.resolve()), str(work.parts.resolve())
    score_pieces(cut(source, work.chunk, target), work.schema, build, plan)
    yield from chunks


def score_files(
    source: str,
    target: str,
    schema: pa.Schema,
    build: "Build",
    plan: "Plan",
    *,
    chunk: int,
    fingerprint: Mapping[str, object],
) -> Done:
    """Score every Parquet file at `source` into parts at `target`, both paths or addresses.

    Raises PipelineError when there is none, or when parts of another fingerprint are there.
    """
    found = files_at(source)
    check_marker(target, fingerprint)
    pieces: list[Piece] = []
    for file in found:
        pieces += cut(file, chunk, target, len(pieces))
    return score_pieces(pieces, schema, build, plan)


def cut(source: str, chunk: int, target: str, first_number: int = 0) -> list[Piece]:
    """Return the pieces of one file, as the local engine would cut it."""
    import fsspec

    try:
        with fsspec.open(source, "rb") as handle:
            n_rows = pq.ParquetFile(handle).metadata.num_rows
    except pa.ArrowInvalid as error:
        raise PipelineError(
            f"{source}: is not a whole Parquet file", "Export or copy it again."
        ) from error
    return [
        Piece(source, at, min(chunk, n_rows - at), posixpath.join(target, f"{number:06d}.parquet"))
        for number, at in enumerate(range(0, n_rows, chunk), start=first_number)
    ]


def score_pieces(pieces: Iterable[Piece], schema: pa.Schema, build: "Build", plan: "Plan") -> Done:
    """Score the pieces that have no part yet on a Ray cluster."""
    ray = open_ray(plan)
    given = list(pieces)
    missing = [piece for piece in given if not exists(piece.target)]
    n_before = sum(piece.n_rows for piece in given) - sum(piece.n_rows for piece in missing)
    if not missing:
        return Done(0, n_before)
    items = [vars(piece) for piece in missing]
    data = ray.data.from_items(items, override_num_blocks=len(items))
    scored = data.map_batches(
        Actor,
        fn_constructor_args=(build, schema),
        batch_size=1,
        compute=ray.data.ActorPoolStrategy(size=plan.workers),
    )
    return Done(sum(int(row["n_rows"]) for row in scored.iter_rows()), n_before)


def open_ray(plan: "Plan") -> Any:
    """Connect to the cluster once, and return the module.

    Raises PipelineError when Ray is not installed or the cluster is not there.
    """
    try:
        import ray
        import ray.data
    except ImportError as error:
        raise PipelineError(
            "--engine ray: Ray is not installed", "Run `pip install 'saruna[ray]'`."
        ) from error
    if not ray.is_initialized():
        # A cluster knows its own processors. Here actors take all that they are given: one more is
        # for Ray's own tasks, which would wait for ever otherwise.
        own = {"num_cpus": plan.workers + 1, "include_dashboard": False}
        told = {"address": plan.address} if plan.address else own
        try:
            ray.init(log_to_driver=False, configure_logging=False, **told)
        except (ConnectionError, ValueError) as error:
            raise PipelineError(
                f"--ray-address {plan.address}: no Ray cluster answers there",
                "Start one with `ray start --head`, or leave the address out.",
            ) from error
    ray.data.DataContext.get_current().enable_progress_bars = False
    return ray


def files_at(source: str) -> list[str]:
    """Return the Parquet files at a path or address, in the order of their names."""
    import fsspec

    system, path = fsspec.core.url_to_fs(source)
    found = [path] if system.isfile(path) else system.glob(posixpath.join(path, "**/*.parquet"))
    if not found:
        raise PipelineError(
            f"{source}: has no Parquet files", "Name a Parquet file of comments, or their folder."
        )
    return [system.unstrip_protocol(file) for file in sorted(found)]


def check_marker(target: str, fingerprint: Mapping[str, object]) -> None:
    """Leave the mark of this run at `target`; PipelineError when another run's is there."""
    import fsspec

    system, path = fsspec.core.url_to_fs(target)
    place, wanted = posixpath.join(path, MARKER), json.dumps(fingerprint, sort_keys=True)
    if system.exists(place):
        if system.cat_file(place).decode("utf-8") != wanted:
            raise PipelineError(
                f"{target}: holds scores of another release, policy or settings",
                "Name another target.",
            )
        return
    system.makedirs(path, exist_ok=True)
    system.pipe_file(place, wanted.encode("utf-8"))


def exists(target: str) -> bool:
    """Tell whether a part is there."""
    import fsspec

    system, path = fsspec.core.url_to_fs(target)
    return bool(system.exists(path))


def read_piece(piece: Piece, schema: pa.Schema) -> pa.Table:
    """Return the rows of a piece; groups of rows beside it are not read."""
    import fsspec

    with fsspec.open(piece.source, "rb") as handle:
        file = pq.ParquetFile(handle)
        tables, at, last = [schema.empty_table()], 0, piece.first + piece.n_rows
        for number in range(file.num_row_groups):
            n_rows = file.metadata.row_group(number).num_rows
            start, stop = max(piece.first - at, 0), min(last - at, n_rows)
            if stop > start:
                table = file.read_row_group(number, columns=schema.names).cast(schema)
                tables.append(table.slice(start, stop - start))
            at += n_rows
        return pa.concat_tables(tables).combine_chunks()


def write_part(target: str, table: pa.Table) -> None:
    """Write a part so that it is whole or absent: under another name first, then renamed."""
    import fsspec

    system, path = fsspec.core.url_to_fs(target)
    partial = posixpath.join(posixpath.dirname(path), f".{posixpath.basename(path)}.partial")
    with system.open(partial, "wb") as handle:
        pq.write_table(table, handle, compression="zstd")
    system.mv(partial, path)
