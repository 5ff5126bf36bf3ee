"""Memory: a sample of earlier nights' vectors, so that tonight can be seen to differ.

It holds no text, no author and no comment's id: a vector, which night it came from, and when. What
is older than the window goes, and vectors of another release are no measure for tonight's.
"""

import datetime
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.core.locks import turn_at
from pipeline.core.settings import PickSettings
from pipeline.core.tables import UTC_TIME, read_table, write_table

MEMORY = pa.schema(
    [
        pa.field("night", pa.string(), nullable=False),
        pa.field("seen_at", UTC_TIME, nullable=False),
        pa.field("model_version", pa.string(), nullable=False),
        pa.field("vector", pa.binary(), nullable=False),
    ]
)
"""`vector` is in steps of 1/127, as the night's own are."""
MADE_BY = "saruna nightly"
STEPS = 127
FRESH = 6
"""Days that count as now: a topic of five comments a night is seen within a week."""
Vectors = npt.NDArray[np.float32]


def unpack(stored: Sequence[bytes], width: int) -> Vectors:
    """Return stored vectors as rows of floats; one of another width is a row of zeros."""
    whole = b"".join(each if len(each) == width else bytes(width) for each in stored)
    rows = np.frombuffer(whole, dtype=np.int8).reshape(len(stored), width)
    return rows.astype(np.float32) / np.float32(STEPS)


def known_nights(
    path: Path, night: str, version: str, now: datetime.datetime, days: int
) -> tuple[Vectors, Vectors]:
    """Return the vectors of the window without this night: those before FRESH days, and since."""
    table = read(path, now, days)
    mine = pc.and_(
        pc.equal(table.column("model_version"), version),
        pc.not_equal(table.column("night"), night),
    )
    known = table.filter(mine)
    fresh = pc.greater_equal(known.column("seen_at"), pa.scalar(since(now, FRESH), UTC_TIME))
    parts = (known.filter(pc.invert(fresh)), known.filter(fresh))
    before, recent = (part.column("vector").to_pylist() for part in parts)
    width = len(next(iter([*before, *recent]), b""))
    return unpack(before, width), unpack(recent, width)


def since(now: datetime.datetime, days: int) -> datetime.datetime:
    """Return the time that many days ago."""
    return now - datetime.timedelta(days=days)


def read(path: Path, now: datetime.datetime, days: int) -> pa.Table:
    """Return what is not too old; an absent file is an empty memory."""
    if not path.is_file():
        return MEMORY.empty_table()
    table = read_table(path, MEMORY, MADE_BY)
    oldest = pa.scalar(since(now, days), UTC_TIME)
    return table.filter(pc.greater_equal(table.column("seen_at"), oldest))


def keep_night(
    path: Path,
    night: str,
    vectors: Vectors,
    version: str,
    now: datetime.datetime,
    settings: PickSettings,
) -> None:
    """Put a night into the memory in place of an earlier run of it, and forget what is too old."""
    stored = [np.rint(each * STEPS).astype(np.int8).tobytes() for each in vectors if each.any()]
    tonight = pa.table(
        {
            "night": [night] * len(stored),
            "seen_at": pa.array([now] * len(stored), UTC_TIME),
            "model_version": [version] * len(stored),
            "vector": pa.array(stored, pa.binary()),
        },
        schema=MEMORY,
    )
    # Two nights at once would each write the memory without the other.
    with turn_at(path, what="the memory of earlier nights"):
        before = read(path, now, settings.window_days)
        kept = before.filter(pc.not_equal(before.column("night"), night))
        write_table(path, pa.concat_tables([kept, tonight]))
