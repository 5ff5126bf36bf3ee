"""One process, chunk by chunk, with a checkpoint after each: a killed run goes on where it was."""

import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.core.tables import write_table, write_text

Progress = Callable[[int], None]
"""Called with the number of rows just done."""


def checkpointed(
    chunks: Iterable[pa.Table],
    score: Callable[[pa.Table], pa.Table],
    parts: Path,
    fingerprint: Mapping[str, object],
    progress: Progress | None = None,
) -> Iterator[Path]:
    """Yield one Parquet file per chunk, scoring only chunks that have none yet.

    `fingerprint` says what the parts depend on (input, model, chunk size): parts of another one
    are thrown away first. Files appear whole or not at all.
    """
    marker = parts / "fingerprint.json"
    wanted = json.dumps(fingerprint, sort_keys=True)
    if not marker.is_file() or marker.read_text(encoding="utf-8") != wanted:
        shutil.rmtree(parts, ignore_errors=True)
        write_text(marker, wanted)
    for number, chunk in enumerate(chunks):
        part = parts / f"{number:06d}.parquet"
        if not part.is_file():
            write_table(part, score(chunk))
        if progress:
            progress(chunk.num_rows)
        yield part


def merge(part_files: Iterable[Path]) -> Iterator[pa.Table]:
    """Yield the tables of part files in order."""
    for part in part_files:
        yield pq.read_table(part)
