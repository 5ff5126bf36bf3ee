"""Comments that a night had no time for: the next night takes them in, and none is lost or twice.

A night that was cut leaves `waiting.parquet` in its folder. The next one moves the file into its
own folder, in one step, so that at any moment exactly one night answers for it.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa

from pipeline.core.tables import iterate_table, write_batches

WAITING, TAKEN = "waiting.parquet", "taken"
KEY = ["source", "comment_id"]
MADE_BY = "saruna nightly"


def take(nights: Path, own: Path) -> list[Path]:
    """Move what waits in the other nights into `own`, and return all that it has taken so far."""
    folder = own / TAKEN
    for waiting in sorted(nights.glob(f"*/{WAITING}")):
        if waiting.parent.resolve() == own.resolve():
            continue
        folder.mkdir(exist_ok=True)
        place, number = folder / f"{waiting.parent.name}.parquet", 1
        while place.exists():
            number += 1
            place = folder / f"{waiting.parent.name}.{number}.parquet"
        waiting.replace(place)
    return sorted(folder.glob("*.parquet"))


def add(comments: Path, schema: pa.Schema, taken: Sequence[Path]) -> int:
    """Append the taken rows to a table of comments, each once; return how many were not there."""
    if not taken:
        return 0
    own: set[tuple[str, str]] = set()
    n_added = 0

    def rows() -> Iterator[pa.Table]:
        nonlocal n_added
        for table in iterate_table(comments, schema, MADE_BY):
            own.update(keys(table))
            yield table
        for path in taken:
            for table in iterate_table(path, schema, MADE_BY):
                fresh = []
                for key in keys(table):
                    fresh.append(key not in own)
                    own.add(key)
                n_added += sum(fresh)
                yield table.filter(pa.array(fresh, pa.bool_()))

    write_batches(comments, schema, rows())
    return n_added


def keys(table: pa.Table) -> list[tuple[str, str]]:
    """Return the key of each row."""
    source, comment_id = (table.column(name).to_pylist() for name in KEY)
    return list(zip(source, comment_id, strict=True))
