"""Arrow schemas of the tables between stages, and Parquet files that are whole or absent."""

import contextlib
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.core.errors import PipelineError
from pipeline.core.heads import OUTPUTS

UTC_TIME = pa.timestamp("us", tz="UTC")
DAMAGED = (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OSError)
"""What Arrow raises on files that are cut short or changed; want of memory is not among it."""

COMMENT = pa.schema(
    [
        pa.field("comment_id", pa.string(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("channel", pa.string()),
        pa.field("institution", pa.string()),
        pa.field("thread_id", pa.string()),
        pa.field("parent_id", pa.string()),
        pa.field("author_key", pa.string()),
        pa.field("created_at", UTC_TIME),
        pa.field("text", pa.string(), nullable=False),
        pa.field("permalink", pa.string()),
        pa.field("n_reactions", pa.int64()),
        pa.field("n_replies", pa.int64()),
        pa.field("author_created_at", UTC_TIME),
        pa.field("author_n_followers", pa.int64()),
        pa.field("author_n_following", pa.int64()),
        pa.field("author_n_posts", pa.int64()),
        pa.field("author_has_avatar", pa.bool_()),
        pa.field("author_is_verified", pa.bool_()),
    ]
)
"""`source` names the platform or file kind a comment came from; with `comment_id` it is the key."""

REJECT = pa.schema(
    [
        pa.field("source", pa.string(), nullable=False),
        pa.field("file", pa.string(), nullable=False),
        pa.field("row_number", pa.int64(), nullable=False),
        pa.field("comment_id", pa.string()),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("detail", pa.string()),
    ]
)
"""`row_number` counts records from 1 in the order of the file; `detail` never carries a text."""

EVIDENCE = pa.struct(
    [
        pa.field("label", pa.string(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("start", pa.int32()),
        pa.field("end", pa.int32()),
        pa.field("detail", pa.string()),
        pa.field("weight", pa.float32()),
    ]
)
"""`start` and `end` are character offsets into the original text, end exclusive."""


def score_schema(labels: Sequence[str]) -> pa.Schema:
    """Return the schema of scores for these policy labels; null means "not assessed".

    `not_assessed` names the detectors that failed on the comment.
    """
    names = [*labels, "abuse"]
    return pa.schema(
        [
            pa.field("comment_id", pa.string(), nullable=False),
            pa.field("source", pa.string(), nullable=False),
            pa.field("model_version", pa.string(), nullable=False),
            pa.field("lang", pa.string(), nullable=False),
            *[pa.field(f"prob_{name}", pa.float32()) for name in names],
            *[pa.field(f"logit_{name}", pa.float32()) for name in names],
            pa.field("evidence", pa.list_(EVIDENCE)),
            pa.field("not_assessed", pa.list_(pa.string())),
            pa.field("scored_at", UTC_TIME),
        ]
    )


DECISION = pa.schema(
    [
        pa.field("comment_id", pa.string(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("model_version", pa.string(), nullable=False),
        pa.field("decision", pa.string(), nullable=False),
        pa.field("top_label", pa.string()),
        pa.field("clauses", pa.list_(pa.string())),
        pa.field("suggested_actions", pa.list_(pa.string())),
        pa.field("rank_score", pa.float64(), nullable=False),
        pa.field("reasons", pa.list_(pa.string())),
        pa.field("is_audit_sample", pa.bool_(), nullable=False),
        pa.field("threshold_version", pa.string(), nullable=False),
        pa.field("lang", pa.string()),
        pa.field("institution", pa.string()),
        pa.field("prob", pa.float32()),
        pa.field("is_proposed", pa.bool_()),
        pa.field("inclusion_probability", pa.float64()),
    ]
)
"""`prob` is the calibrated chance of any violation, null where nothing is known. `is_proposed`: a
person gets it tonight. `inclusion_probability` is the chance of being drawn for the audit, null for
what was never in that lottery."""

PREPARED = pa.schema(
    [
        pa.field("row_hash", pa.string(), nullable=False),
        pa.field("set", pa.string(), nullable=False),
        pa.field("lang", pa.string(), nullable=False),
        pa.field("slice", pa.string(), nullable=False),
        pa.field("text", pa.string(), nullable=False),
        *[pa.field(f"is_{name}", pa.bool_()) for name in OUTPUTS],
    ]
)
"""Labelled text for training and measuring; a null `is_<label>` is unknown."""

SOFT = pa.schema(
    [
        pa.field("row_hash", pa.string(), nullable=False),
        pa.field("weight", pa.float32(), nullable=False),
        *[pa.field(f"soft_{name}", pa.float32()) for name in OUTPUTS],
    ]
)
"""What training adds to a PREPARED row of the same hash: how many comments it stands for, and which
share of the people who judged it saw the label; null is unknown."""

FEEDBACK = pa.schema(
    [
        pa.field("source", pa.string(), nullable=False),
        pa.field("comment_id", pa.string(), nullable=False),
        pa.field("author_key", pa.string()),
        pa.field("thread", pa.string()),
        pa.field("created_at", UTC_TIME),
        pa.field("settled_at", UTC_TIME, nullable=False),
        pa.field("institution", pa.string()),
        pa.field("lang", pa.string(), nullable=False),
        pa.field("text", pa.string(), nullable=False),
        pa.field("n_masked", pa.int32(), nullable=False),
        pa.field("model_version", pa.string(), nullable=False),
        pa.field("threshold_version", pa.string(), nullable=False),
        pa.field("shown", pa.string(), nullable=False),
        pa.field("people", pa.list_(pa.string()), nullable=False),
        pa.field("n_blind", pa.int32(), nullable=False),
        pa.field("was_escalated", pa.bool_(), nullable=False),
        pa.field("is_violation", pa.bool_(), nullable=False),
        pa.field("labels", pa.list_(pa.string()), nullable=False),
        pa.field("action", pa.string(), nullable=False),
        pa.field("seconds", pa.int32(), nullable=False),
        pa.field("prob_abuse", pa.float32()),
        pa.field("inclusion_weight", pa.float64(), nullable=False),
        *[pa.field(f"soft_{name}", pa.float32()) for name in OUTPUTS],
    ]
)
"""A settled review as training reads it, keyed by source and comment. `people` are pseudonyms,
personal data in `text` is masked, `shown` is `priority`, `review`, `audit` or `picked`, and a row
stands for `inclusion_weight` comments."""


PICK = pa.schema(
    [
        pa.field("source", pa.string(), nullable=False),
        pa.field("comment_id", pa.string(), nullable=False),
        pa.field("institution", pa.string(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
    ]
)
"""A cleared comment that is picked to learn from."""


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Yield a temporary name beside `path` and rename it when the block ends well.

    A reader never meets half a file, and a full disk leaves the old one in place.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield partial
        with partial.open("rb") as handle:
            os.fsync(handle.fileno())
        partial.replace(path)
    except (FileExistsError, NotADirectoryError) as error:
        raise PipelineError(
            f"{path}: cannot be written: {path.parent} is a file, or lies below one",
            "Name a folder, or move that file away.",
        ) from error
    except OSError as error:
        raise PipelineError(
            f"{path}: cannot be written ({reason_of(error)})",
            "Free space or mend the permissions of the folder, then run the same command again.",
        ) from error
    finally:
        with contextlib.suppress(OSError):
            partial.unlink()


def reason_of(error: OSError) -> str:
    """Return what the system says of an error in few words; Arrow wraps these into its own."""
    return os.strerror(error.errno) if error.errno else type(error).__name__


def remove_partials(folder: Path) -> None:
    """Remove what killed runs left half written in a folder; whole files are never touched.

    For a folder that this run alone may use: another's file would vanish under its hands.
    """
    for partial in [*folder.rglob(".*.partial")]:
        with contextlib.suppress(OSError):
            partial.unlink()


def write_text(path: Path, text: str) -> None:
    """Write `text` as UTF-8 so that the file is whole or absent."""
    with atomic_path(path) as partial:
        partial.write_text(text, encoding="utf-8")


def write_table(path: Path, table: pa.Table) -> None:
    """Write one table as Parquet so that the file is whole or absent."""
    write_batches(path, table.schema, [table])


@contextmanager
def open_writer(path: Path, schema: pa.Schema) -> Iterator[pq.ParquetWriter]:
    """Yield a writer of tables of this schema; the file is whole when the block ends, or absent."""
    with (
        atomic_path(path) as partial,
        pq.ParquetWriter(partial, schema, compression="zstd", write_page_checksum=True) as out,
    ):
        yield out


def write_batches(
    path: Path, schema: pa.Schema, batches: Iterable[pa.Table | pa.RecordBatch]
) -> int:
    """Stream batches into one Parquet file, whole or absent; return the number of rows."""
    n_rows = 0
    with open_writer(path, schema) as out:
        for batch in batches:
            table = pa.Table.from_batches([batch]) if isinstance(batch, pa.RecordBatch) else batch
            out.write_table(table.cast(schema))
            n_rows += table.num_rows
    return n_rows


def open_table(path: Path, schema: pa.Schema, made_by: str) -> pq.ParquetFile:
    """Open a Parquet file of a known schema; `made_by` names the command that writes it.

    Raises PipelineError when the file is absent, cut short, or lacks columns of the schema.
    """
    if not path.is_file():
        raise PipelineError(f"{path}: not found", f"Run `{made_by}` first: it writes this file.")
    try:
        file = pq.ParquetFile(path, page_checksum_verification=True)
    except DAMAGED as error:
        raise PipelineError(
            f"{path}: is not a whole Parquet file", f"Remove it and run `{made_by}` again."
        ) from error
    missing = [name for name in schema.names if name not in file.schema_arrow.names]
    if missing:
        raise PipelineError(
            f"{path}: lacks the columns {', '.join(missing)}",
            f"It may come from another version; run `{made_by}` again.",
        )
    return file


def is_whole(path: Path, n_rows: int) -> bool:
    """Tell whether a Parquet file can be read to its end, checksums included, and has the rows."""
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            n_read: int = sum(batch.num_rows for batch in file.iter_batches())
            return n_read == n_rows
    except DAMAGED:
        return False


def read_table(path: Path, schema: pa.Schema, made_by: str) -> pa.Table:
    """Read a whole Parquet file of a known schema into memory."""
    with open_table(path, schema, made_by) as file, told_when_damaged(path, made_by):
        return file.read(columns=schema.names).cast(schema)


@contextmanager
def told_when_damaged(path: Path, made_by: str) -> Iterator[None]:
    """Turn what Arrow says of pages that are not as they were written into a PipelineError."""
    try:
        yield
    except DAMAGED as error:
        raise PipelineError(
            f"{path}: is damaged", f"Check the disk, remove the file and run `{made_by}` again."
        ) from error


def iterate_table(
    path: Path, schema: pa.Schema, made_by: str, *, n_rows: int = 4096
) -> Iterator[pa.Table]:
    """Yield a Parquet file of a known schema piece by piece, at most `n_rows` at a time."""
    with open_table(path, schema, made_by) as file:
        batches = file.iter_batches(batch_size=n_rows, columns=schema.names)
        while True:
            with told_when_damaged(path, made_by):
                batch = next(batches, None)
                table = None if batch is None else pa.Table.from_batches([batch]).cast(schema)
            if table is None:
                return
            yield table
