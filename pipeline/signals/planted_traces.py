"""Real comments as ground for planted campaigns: traces of both, with vectors where there are any.

Fitting plants on one half of the ground, measuring on the other: no page is in both.
"""

import datetime
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.signals.planted import Plan, Theme, plant
from pipeline.signals.same_meaning import MIN_LETTERS
from pipeline.signals.traces import Traces, read_traces, trace_table

LATER = datetime.timedelta(days=3)
"""The night is scored so long after the last comment: a campaign may outlast it by two days."""
Vectors = npt.NDArray[np.int8]
Encode = Callable[[Sequence[str]], Vectors]
"""Gives the unit vectors of texts in 8-bit steps."""


@dataclass(frozen=True)
class Ground:
    """Real comments with their traces; without `encode` nothing has a vector."""

    comments: pa.Table
    table: pa.Table
    now: datetime.datetime
    encode: Encode | None = None
    vectors: Vectors | None = None

    def __len__(self) -> int:
        return int(self.comments.num_rows)


def ground_of(comments: pa.Table, encode: Encode | None = None) -> Ground:
    """Return comments as ground; `encode` is asked once for each distinct longer text."""
    now = pc.max(comments.column("created_at")).as_py() + LATER
    table = trace_table(comments, now)
    if encode is None:
        return Ground(comments, table, now)
    texts = comments.column("text").to_pylist()
    long = table.column("n_letters").to_numpy() >= MIN_LETTERS
    return Ground(comments, table, now, encode, vectors_of(encode, texts, long))


def vectors_of(encode: Encode, texts: Sequence[str], wanted: npt.NDArray[np.bool_]) -> Vectors:
    """Return a vector per text, zeros where none is wanted."""
    rows = np.flatnonzero(wanted).tolist()
    place = {text: at for at, text in enumerate(dict.fromkeys(texts[row] for row in rows))}
    distinct = encode(list(place))
    out = np.zeros((len(texts), distinct.shape[1]), dtype=np.int8)
    out[rows] = distinct[[place[texts[row]] for row in rows]]
    return out


def halves(ground: Ground) -> tuple[Ground, Ground]:
    """Return the ground in two halves of about the same size that share no page.

    The pages are dealt out by size: the largest to the first, the next two to the second, and on.
    """
    channels = ground.comments.column("channel")
    counted = sorted(
        channels.value_counts().to_pylist(), key=lambda each: (-each["counts"], each["values"])
    )
    first = [each["values"] for at, each in enumerate(counted) if at % 4 in (0, 3)]
    is_first = pc.is_in(channels, pa.array(first)).to_numpy(zero_copy_only=False)
    return part_of(ground, is_first), part_of(ground, ~is_first)


def part_of(ground: Ground, chosen: npt.NDArray[np.bool_]) -> Ground:
    """Return the chosen comments as ground of their own."""
    return replace(
        ground,
        comments=ground.comments.filter(pa.array(chosen)),
        table=ground.table.filter(pa.array(chosen)),
        vectors=None if ground.vectors is None else ground.vectors[chosen],
    )


def planted_traces(
    ground: Ground,
    campaigns: Sequence[Plan],
    themes: Sequence[Theme],
    generator: np.random.Generator,
) -> tuple[Traces, npt.NDArray[np.int64]]:
    """Return the traces of the ground and of campaigns after it, and a campaign per planted row."""
    mixed, numbers = plant(ground.comments, campaigns, themes, generator)
    added = mixed.slice(len(ground))
    table = pa.concat_tables([ground.table, trace_table(added, ground.now)])
    traces = read_traces(table, ground.now)
    if ground.encode is not None and ground.vectors is not None and added.num_rows:
        every = np.ones(added.num_rows, dtype=bool)
        own = vectors_of(ground.encode, added.column("text").to_pylist(), every)
        traces = replace(traces, vectors=np.concatenate([ground.vectors, own]))
    return traces, np.array(numbers, dtype=np.int64)


def bare_traces(ground: Ground) -> Traces:
    """Return the traces of the ground with nothing planted."""
    return replace(read_traces(ground.table, ground.now), vectors=ground.vectors)
