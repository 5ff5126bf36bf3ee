"""The window: traces of the nights before, in one file that forgets.

It holds hashes of texts, author keys, times and ids, nothing else, and nothing beyond its days.
"""

import datetime
from collections.abc import Collection
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.core.locks import turn_at
from pipeline.core.tables import UTC_TIME, read_table, write_table
from pipeline.signals.traces import TRACE

MADE_BY = "saruna nightly"


def read_window(path: Path, now: datetime.datetime, days: int) -> pa.Table:
    """Return the traces that are not too old; an absent file is an empty window."""
    if not path.is_file():
        return TRACE.empty_table()
    return unexpired(read_table(path, TRACE, MADE_BY), now, days)


def update_window(path: Path, night: pa.Table, now: datetime.datetime, days: int) -> int:
    """Add a night to the file, drop what is too old, and return the rows that it holds now.

    A comment that is there already is replaced: running a night twice changes nothing.
    """
    before = without_comments(read_window(path, now, days), night)
    merged = pa.concat_tables([before, unexpired(night, now, days)])
    write_table(path, merged)
    return int(merged.num_rows)


def unexpired(traces: pa.Table, now: datetime.datetime, days: int) -> pa.Table:
    """Return the traces of comments that are at most `days` old.

    A comment without a time, or with one in the future, counts from when it was first seen.
    """
    # A clock that ran ahead saw them in the future: they count from now on, not from then.
    latest = pa.scalar(now, UTC_TIME)
    seen = traces.column("seen_at")
    seen = pc.if_else(pc.greater(seen, latest), latest, seen)
    created = pc.fill_null(pc.less(traces.column("created_at"), seen), False)
    age_from = pc.if_else(created, traces.column("created_at"), seen)
    oldest = pa.scalar(now - datetime.timedelta(days=days), age_from.type)
    place = traces.schema.get_field_index("seen_at")
    traces = traces.set_column(place, traces.schema.field(place), seen)
    return traces.filter(pc.greater_equal(age_from, oldest))


def without_comments(traces: pa.Table, night: pa.Table) -> pa.Table:
    """Return the traces of comments that are not in `night`."""
    if not traces.num_rows or not night.num_rows:
        return traces
    return traces.filter(pc.invert(pc.is_in(names(traces), pa.array(names(night)))))


def names(traces: pa.Table) -> pa.Array:
    """Return what names a comment: its source and id in one string."""
    columns = (traces.column("source"), traces.column("comment_id"))
    joined = pc.binary_join_element_wise(*columns, "\0")
    return joined.combine_chunks()


def forget_authors(path: Path, author_keys: Collection[str]) -> int:
    """Take the traces of these authors out of the file, and return how many went."""
    if not author_keys or not path.is_file():
        return 0
    # A night that writes the window at the same time would bring them back.
    with turn_at(path, what="the window of earlier nights"):
        traces = read_table(path, TRACE, MADE_BY)
        keys = pa.array(sorted(author_keys))
        gone = pc.fill_null(pc.is_in(traces.column("author_key"), keys), False)
        kept = traces.filter(pc.invert(gone))
        write_table(path, kept)
    return int(traces.num_rows - kept.num_rows)
