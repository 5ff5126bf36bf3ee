"""One process, chunk by chunk, with a checkpoint after each: a killed run goes on where it was."""

import json
import logging
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.core.errors import PipelineError
from pipeline.core.tables import is_whole, write_table, write_text

logger = logging.getLogger(__name__)
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
    are thrown away first. Files appear whole or not at all; one that a disk has damaged since is
    scored again.
    """
    start_anew_unless_of(fingerprint, parts)
    for number, chunk in enumerate(chunks):
        part = parts / f"{number:06d}.parquet"
        if part.exists() and not is_whole(part, chunk.num_rows):
            logger.warning("%s: is damaged and is scored again; check the disk", part)
            part.unlink()
        if not part.exists():
            write_table(part, score(chunk))
        if progress:
            progress(chunk.num_rows)
        yield part


def start_anew_unless_of(fingerprint: Mapping[str, object], parts: Path) -> None:
    """Throw away the parts of another fingerprint, and leave the mark of this one.

    Raises PipelineError when they cannot be removed: none may be taken for a part of this run.
    """
    marker = parts / "fingerprint.json"
    wanted = json.dumps(fingerprint, sort_keys=True)
    if marker.is_file() and marker.read_bytes() == wanted.encode():
        return
    try:
        # The mark goes first: without it, parts that a kill leaves here count for nobody.
        marker.unlink(missing_ok=True)
        if parts.exists():
            shutil.rmtree(parts)
    except OSError as error:
        raise PipelineError(
            f"{parts}: cannot be cleared of an earlier run ({error.strerror})",
            "Mend the permissions of the folder, or remove it yourself.",
        ) from error
    write_text(marker, wanted)


def merge(part_files: Iterable[Path]) -> Iterator[pa.Table]:
    """Yield the tables of part files in order."""
    for part in part_files:
        yield pq.read_table(part)
