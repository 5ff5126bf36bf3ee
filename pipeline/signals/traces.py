"""Traces: the little of a comment that behaviour needs, without its text or anything of a person.

A night's comments and those of the window before stand in one table of this schema.
"""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.core.tables import UTC_TIME
from pipeline.signals.fingerprints import N_HASHES, Fingerprints, fingerprint

TRACE = pa.schema(
    [
        pa.field("source", pa.string(), nullable=False),
        pa.field("comment_id", pa.string(), nullable=False),
        pa.field("parent_id", pa.string()),
        pa.field("author_key", pa.string()),
        pa.field("created_at", UTC_TIME),
        pa.field("seen_at", UTC_TIME, nullable=False),
        pa.field("text_key", pa.uint64(), nullable=False),
        pa.field("n_letters", pa.int32(), nullable=False),
        pa.field("n_words", pa.int32(), nullable=False),
        pa.field("signature", pa.binary(2 * N_HASHES), nullable=False),
        pa.field("link", pa.uint64(), nullable=False),
        pa.field("vector", pa.binary()),
    ]
)
"""`seen_at` is when the night was scored; `vector` is the unit vector in 8-bit steps, or null."""

NOBODY = -1
"""Author code of comments whose author is not known."""
EARLIEST = datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC)
AHEAD = datetime.timedelta(days=1)
"""Clocks may be wrong by this much; a date further ahead or before 2000 is no time at all."""
COARSE = 0.9
"""Share of times on a whole minute, hour or day from which a source writes no finer ones."""
STEPS = (86_400, 3_600, 60)
VECTOR_STEPS = 127
PIECE = 1 << 16
"""Stored vectors that are read at once."""


@dataclass(frozen=True)
class Traces:
    """Columns of n traces as numpy arrays of shape (n,)."""

    prints: Fingerprints
    authors: npt.NDArray[np.int64]
    """Author codes, NOBODY where unknown."""
    seconds: npt.NDArray[np.float64]
    """Seconds since 1970, NaN where unknown or impossible."""
    steps: npt.NDArray[np.int64]
    """How fine the times of a comment's source are, in seconds."""
    parents: npt.NDArray[np.int64]
    """Row of the comment that this one answers, -1 where it is none or not here."""
    vectors: npt.NDArray[np.int8] | None
    """Unit vectors in steps of 1/127, shape (n, width); a row of zeros has none."""

    def __len__(self) -> int:
        return len(self.authors)


def trace_table(
    comments: pa.Table,
    seen_at: datetime.datetime,
    vectors: Sequence[npt.NDArray[np.float32] | None] | None = None,
) -> pa.Table:
    """Return the traces of comments, in their order; `vectors` are unit vectors of the texts."""
    prints = fingerprint(comments.column("text").to_pylist())
    columns = {
        name: comments.column(name)
        for name in ("source", "comment_id", "parent_id", "author_key", "created_at")
    }
    flat = np.ascontiguousarray(prints.signatures).tobytes()
    width = 2 * N_HASHES
    signatures = pa.Array.from_buffers(
        pa.binary(width), comments.num_rows, [None, pa.py_buffer(flat)]
    )
    packed = [None if each is None else pack(each) for each in vectors or [None] * len(comments)]
    return pa.table(
        {
            **columns,
            "seen_at": pa.array([seen_at] * comments.num_rows, UTC_TIME),
            "text_key": prints.keys,
            "n_letters": prints.n_letters,
            "n_words": prints.n_words,
            "signature": signatures,
            "link": prints.links,
            "vector": pa.array(packed, pa.binary()),
        },
        schema=TRACE,
    )


def pack(vector: npt.NDArray[np.float32]) -> bytes:
    """Return a unit vector in 8-bit steps: cosines keep two digits, in a quarter of the room."""
    return np.rint(np.clip(vector, -1, 1) * VECTOR_STEPS).astype(np.int8).tobytes()


def read_traces(table: pa.Table, now: datetime.datetime) -> Traces:
    """Return a trace table as arrays; times that cannot be are unknown."""
    table = table.combine_chunks()
    seconds = possible_seconds(table.column("created_at"), now)
    sources = codes(table.column("source"))
    return Traces(
        prints=stored_prints(table),
        authors=codes(table.column("author_key")),
        seconds=seconds,
        steps=steps_of(sources, seconds),
        parents=parent_rows(table, sources),
        vectors=stored_vectors(table.column("vector")),
    )


def possible_seconds(times: pa.ChunkedArray, now: datetime.datetime) -> npt.NDArray[np.float64]:
    """Return times as seconds since 1970, NaN for none and for those that cannot be."""
    micros = pc.fill_null(pc.cast(times, pa.int64()), np.iinfo(np.int64).min).to_numpy()
    seconds = micros / 1e6
    possible = (seconds >= EARLIEST.timestamp()) & (seconds <= (now + AHEAD).timestamp())
    return np.where(possible, seconds, np.nan)


def codes(column: pa.ChunkedArray) -> npt.NDArray[np.int64]:
    """Return a code per distinct string, -1 for null."""
    indices = pc.dictionary_encode(column).combine_chunks()
    if isinstance(indices, pa.ChunkedArray):
        indices = (
            indices.chunk(0)
            if indices.num_chunks
            else pa.array([], pa.dictionary(pa.int32(), pa.string()))
        )
    found: npt.NDArray[np.int64] = pc.fill_null(indices.indices.cast(pa.int64()), NOBODY).to_numpy(
        zero_copy_only=False
    )
    return found


def steps_of(
    sources: npt.NDArray[np.int64], seconds: npt.NDArray[np.float64]
) -> npt.NDArray[np.int64]:
    """Return how fine the times of each comment's source are: 1 s, a minute, an hour, a day."""
    steps = np.ones(len(seconds), dtype=np.int64)
    known = ~np.isnan(seconds)
    for source in np.unique(sources):
        own = (sources == source) & known
        if own.sum() < 2:
            continue
        for step in STEPS:
            if (seconds[own] % step == 0).mean() >= COARSE:
                steps[sources == source] = step
                break
    return steps


def parent_rows(table: pa.Table, sources: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the row of each comment's parent, -1 where it has none or it is not in the table."""
    parents = table.column("parent_id")
    rows = np.full(table.num_rows, -1, dtype=np.int64)
    asking = np.flatnonzero(pc.is_valid(parents).to_numpy(zero_copy_only=False))
    if not len(asking):
        return rows
    ids = table.column("comment_id").to_pylist()
    row_of = {
        (source, each): row
        for row, (source, each) in enumerate(zip(sources.tolist(), ids, strict=True))
    }
    wanted = parents.take(pa.array(asking)).to_pylist()
    pairs = zip(sources[asking].tolist(), wanted, strict=True)
    rows[asking] = [row_of.get(pair, -1) for pair in pairs]
    return rows


def stored_prints(table: pa.Table) -> Fingerprints:
    """Return the fingerprints in a trace table."""
    signatures = table.column("signature").combine_chunks()
    if isinstance(signatures, pa.ChunkedArray):
        joined = b"".join(chunk.as_py() for chunk in signatures)
    else:
        at, n_bytes = signatures.offset * 2 * N_HASHES, len(signatures) * 2 * N_HASHES
        joined = signatures.buffers()[1][at : at + n_bytes] if len(signatures) else b""
    return Fingerprints(
        keys=table.column("text_key").to_numpy(),
        n_letters=table.column("n_letters").to_numpy(),
        n_words=table.column("n_words").to_numpy(),
        signatures=np.frombuffer(joined, dtype=np.uint16).reshape(-1, N_HASHES),
        links=table.column("link").to_numpy(),
    )


def stored_vectors(column: pa.ChunkedArray) -> npt.NDArray[np.int8] | None:
    """Return stored vectors, None when there are none; the odd one of another width has none."""
    width = pc.max(pc.binary_length(column)).as_py()
    if not width:
        return None
    usable = pc.fill_null(pc.equal(pc.binary_length(column), width), False)
    rows = np.flatnonzero(usable.to_numpy(zero_copy_only=False))
    vectors = np.zeros((len(column), width), dtype=np.int8)
    # Piece by piece and without an object per comment: a million vectors are 400 MB as they are.
    for start in range(0, len(rows), PIECE):
        own = rows[start : start + PIECE]
        stored = column.take(pa.array(own)).combine_chunks()
        flat = stored.cast(pa.binary(width)).buffers()[1]
        vectors[own] = np.frombuffer(flat, dtype=np.int8)[: len(own) * width].reshape(-1, width)
    return vectors
