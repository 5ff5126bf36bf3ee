"""A run that must end by a time of day: what comes first, when to stop, and what then waits."""

import datetime
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.core.errors import UsageError
from pipeline.core.tables import iterate_table, open_writer, write_batches

Prior = Callable[[pa.Table], npt.NDArray[np.float32]]
"""A number per row, the larger the sooner it is wanted."""
RANK = "rank"
SORTED_AT_ONCE = 65_536
"""Rows that are sorted in memory at a time."""
KEPT_BACK = 0.1
"""Share of the time since the start that is left for what comes after scoring."""
KEPT_BACK_SECONDS = 60.0
Clock = Callable[[], float]


def next_time(wanted: str, zone: str, now: datetime.datetime) -> datetime.datetime:
    """Return the next moment at which clocks in `zone` show `wanted`, as 06:00.

    Raises UsageError when it is not a time of day.
    """
    try:
        at = datetime.time.fromisoformat(wanted)
    except ValueError as error:
        raise UsageError(f"--until {wanted!r}: is not a time of day", "Write 06:00.") from error
    local = now.astimezone(ZoneInfo(zone))
    day = local.date() if local.time() < at else local.date() + datetime.timedelta(days=1)
    return datetime.datetime.combine(day, at, tzinfo=ZoneInfo(zone))


def in_time(
    chunks: Iterable[pa.Table], seconds: float, under_way: int = 1, clock: Clock = time.monotonic
) -> Iterator[pa.Table]:
    """Yield chunks while there is time for another, and the first one in any case.

    `seconds` are those from now to the deadline, `under_way` how many chunks are handed out before
    the first is done. The slowest step so far tells what another one takes, and time is kept back
    for what follows. Whoever takes a chunk asks for the next when it is ready for it.
    """
    began = before = clock()
    slowest = 0.0
    for number, chunk in enumerate(chunks):
        now = clock()
        slowest = max(slowest, now - before)
        before = now
        left = seconds - (now - began)
        wanted = slowest * under_way + max(KEPT_BACK_SECONDS, KEPT_BACK * (now - began))
        if number and wanted > left:
            return
        yield chunk


def sort_by(source: Path, schema: pa.Schema, made_by: str, prior: Prior, target: Path) -> None:
    """Write the rows of `source` to `target`, those with the largest prior first; ties keep order.

    In bounded memory: rows are dealt out to files by their rank, and each file is sorted alone.
    """
    priors = [prior(table) for table in iterate_table(source, schema, made_by)]
    order = np.argsort(-np.concatenate([*priors, np.zeros(0, np.float32)]), kind="stable")
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    ranked = schema.append(pa.field(RANK, pa.int64()))
    folder = target.with_name("ordering")
    shutil.rmtree(folder, ignore_errors=True)
    files = [folder / f"{at:06d}.parquet" for at in range(-(-len(order) // SORTED_AT_ONCE))]
    with ExitStack() as stack:
        writers = [stack.enter_context(open_writer(file, ranked)) for file in files]
        done = 0
        for table in iterate_table(source, schema, made_by):
            own = rank[done : done + table.num_rows]
            done += table.num_rows
            table = table.append_column(ranked.field(RANK), pa.array(own))
            for at in np.unique(own // SORTED_AT_ONCE):
                writers[at].write_table(table.filter(pa.array(own // SORTED_AT_ONCE == at)))
    in_order = (pq.read_table(file).sort_by(RANK).select(schema.names) for file in files)
    write_batches(target, schema, in_order)
    shutil.rmtree(folder, ignore_errors=True)


def split_at(
    source: Path, schema: pa.Schema, made_by: str, n_rows: int, head: Path, rest: Path
) -> int:
    """Write the first `n_rows` rows to `head` and the others to `rest`; return how many these are.

    The rest comes first: a run that is killed between the two has lost nothing. Without others
    there is no file `rest` afterwards.
    """

    def piece(first: int, last: int | None) -> Iterator[pa.Table]:
        done = 0
        for table in iterate_table(source, schema, made_by):
            start = min(max(first - done, 0), table.num_rows)
            stop = table.num_rows if last is None else min(last - done, table.num_rows)
            if stop > start:
                yield table.slice(start, stop - start)
            done += table.num_rows

    n_rest = write_batches(rest, schema, piece(n_rows, None))
    if not n_rest:
        rest.unlink()
    write_batches(head, schema, piece(0, n_rows))
    return n_rest
