"""A load for behaviour: as many comments as wanted, joined from halves, and what they cost.

Every comment is the beginning of one text and the end of another: partly like hundreds of others,
which is harder for the search for near-duplicates than real comments are.
"""

import datetime
import resource
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from pipeline.core.tables import COMMENT, UTC_TIME
from pipeline.signals.behaviour import assess
from pipeline.signals.behaviour_model import BehaviourModel
from pipeline.signals.behaviour_night import night_traces, said_table
from pipeline.signals.traces import read_traces

CHUNK = 50_000
PER_AUTHOR = 4
DAYS = 30
COPIED = 0.01
"""Share of comments that are copies of ten messages: the largest groups that have to be judged."""
N_MESSAGES = 10
END = datetime.datetime(2026, 3, 31, tzinfo=datetime.UTC)


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


def measure(texts: Sequence[str], n: int, model: BehaviourModel) -> Load:
    """Return what `n` comments cost from their texts to evidence, making them up included."""
    wall, processor = time.monotonic(), time.process_time()
    night = night_traces(invented(texts, n), END)
    found = assess(read_traces(night, END), n, model)
    said_table(found)
    flagged = int((np.nan_to_num(found.probs) >= 0.5).sum())
    return Load(
        n_comments=n,
        n_flagged=flagged,
        seconds=round(time.monotonic() - wall, 1),
        cpu_seconds=round(time.process_time() - processor, 1),
        peak_megabytes=round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
    )
