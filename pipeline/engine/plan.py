"""How a run is carried out: by how many processes, where, and by when. Never what comes out."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pyarrow as pa

from pipeline.core.tables import iterate_table
from pipeline.engine.deadline import in_time
from pipeline.engine.local import Progress, checkpointed
from pipeline.engine.workers import PER_WORKER, Build, Score, Workers

Engine = Literal["local", "ray"]


@dataclass(frozen=True)
class Plan:
    """One process without a deadline, unless said otherwise."""

    workers: int = 1
    engine: Engine = "local"
    seconds_left: Callable[[], float] | None = None
    """Seconds until the run must end, None when it may take as long as it takes."""
    address: str | None = None
    """Of a Ray cluster; None starts one on this machine."""


@dataclass(frozen=True)
class Work:
    """A table of rows, and where the parts of its scores go."""

    source: Path
    schema: pa.Schema
    made_by: str
    chunk: int
    parts: Path
    fingerprint: Mapping[str, object]

    def chunks(self) -> Iterator[pa.Table]:
        """Yield the rows in order, `chunk` at a time."""
        return iterate_table(self.source, self.schema, self.made_by, n_rows=self.chunk)

    def is_done(self, number: int) -> bool:
        """Tell whether the part of a chunk is there."""
        return (self.parts / f"{number:06d}.parquet").is_file()


def carry_out(
    plan: Plan, work: Work, score: Score, build: Build, progress: Progress | None
) -> list[Path]:
    """Return the parts in order; with a deadline they may be those of the first rows alone.

    `score` scores a chunk in this process; `build` makes the same function in another one.
    """
    chunks = work.chunks()
    many = plan.workers > 1 and plan.engine == "local"
    if plan.seconds_left is not None:
        chunks = in_time(chunks, plan.seconds_left(), PER_WORKER if many else 1)
    if plan.engine == "ray":
        from pipeline.engine import cluster

        # Parts that the cluster leaves are found done; what it could not do is done here.
        chunks = cluster.done_first(chunks, plan, work, build)
    told = work.parts, work.fingerprint, progress
    if not many:
        return list(checkpointed(chunks, score, *told))
    with Workers(build, plan.workers) as workers:
        return list(checkpointed(workers.ahead(chunks, work.is_done), workers.score, *told))
