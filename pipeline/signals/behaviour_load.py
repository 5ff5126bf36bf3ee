"""A load for behaviour: as many comments as wanted, joined from halves, and what they cost.

Every comment is the beginning of one text and the end of another: partly like hundreds of others,
which is harder for the search for near-duplicates than real comments are. Vectors are drawn around
directions that many comments share, so that about as many as of real ones have company to judge.
"""

import datetime
import resource
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipeline.core.tables import COMMENT, UTC_TIME
from pipeline.signals.behaviour import assess
from pipeline.signals.behaviour_model import BehaviourModel
from pipeline.signals.behaviour_night import said_table
from pipeline.signals.traces import read_traces, trace_table

CHUNK = 50_000
PER_AUTHOR = 4
DAYS = 30
COPIED = 0.01
"""Share of comments that are copies of ten messages: the largest groups that have to be judged."""
N_MESSAGES = 10
WIDTH = 384
"""Numbers in a vector of the shipped encoder."""
N_TOPICS, TOPIC, CONE = 300, 0.75, 20.0
"""Directions that comments share; their length beside a spread of one, and that of the direction
which all have in common."""
END = datetime.datetime(2026, 3, 31, tzinfo=datetime.UTC)


Vectors = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Load:
    """What a load cost: seconds of the clock and of the processor, and the most memory held."""

    n_comments: int
    n_flagged: int
    seconds: float
    cpu_seconds: float
    peak_megabytes: float


def invented(texts: Sequence[str], n: int, seed: int = 1) -> Iterator[pa.Table]:
    """Yield `n` comments of a month as tables, by one author per four comments on average."""
    generator = np.random.default_rng(seed)
    words = [text.split() for text in texts]
    for start in range(0, n, CHUNK):
        size = min(CHUNK, n - start)
        pairs = generator.integers(len(words), size=(size, 2)).tolist()
        said = [
            " ".join(
                words[one][: (len(words[one]) + 1) // 2] + words[other][len(words[other]) // 2 :]
            )
            for one, other in pairs
        ]
        for at in np.flatnonzero(generator.random(size) < COPIED).tolist():
            said[at] = texts[int(generator.integers(N_MESSAGES))]
        before = generator.integers(DAYS * 86_400, size=size) * 1_000_000
        moments = int(END.timestamp()) * 1_000_000 - before
        authors = generator.integers(max(1, n // PER_AUTHOR), size=size).tolist()
        columns = {name: pa.nulls(size, COMMENT.field(name).type) for name in COMMENT.names}
        columns |= {
            "comment_id": pa.array([str(start + at) for at in range(size)]),
            "source": pa.array(["load"] * size),
            "author_key": pa.array([f"author-{each}" for each in authors]),
            "created_at": pa.array(moments, pa.int64()).cast(UTC_TIME),
            "text": pa.array(said),
        }
        yield pa.table(columns, schema=COMMENT)


def drawn_vectors(sizes: Sequence[int], width: int = WIDTH, seed: int = 2) -> Iterator[Vectors]:
    """Yield unit vectors for pieces of so many comments; shape of each (size, width)."""
    generator = np.random.default_rng(seed)
    topics = generator.standard_normal((N_TOPICS, width), dtype=np.float32) * np.float32(TOPIC)
    for size in sizes:
        drawn = generator.standard_normal((size, width), dtype=np.float32)
        drawn += topics[generator.integers(N_TOPICS, size=size)]
        drawn[:, 0] += CONE
        yield drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


def traced(texts: Sequence[str], n: int, *, vectors: bool) -> pa.Table:
    """Return the traces of `n` made-up comments, piece by piece as a night makes them."""
    sizes = [min(CHUNK, n - start) for start in range(0, n, CHUNK)]
    drawn = drawn_vectors(sizes) if vectors else iter([None] * len(sizes))
    return pa.concat_tables(
        trace_table(table, END, None if own is None else list(own))
        for table, own in zip(invented(texts, n), drawn, strict=True)
    )


def measure(texts: Sequence[str], n: int, model: BehaviourModel, *, vectors: bool = False) -> Load:
    """Return what `n` comments cost from their texts to evidence, making them up included."""
    wall, processor = time.monotonic(), time.process_time()
    traces = read_traces(traced(texts, n, vectors=vectors), END)
    found = assess(traces, n, model)
    said_table(found)
    flagged = int((np.nan_to_num(found.probs) >= 0.5).sum())
    return Load(
        n_comments=n,
        n_flagged=flagged,
        seconds=round(time.monotonic() - wall, 1),
        cpu_seconds=round(time.process_time() - processor, 1),
        peak_megabytes=round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
    )
