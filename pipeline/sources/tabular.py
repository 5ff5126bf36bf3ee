"""Tables of comments: CSV and TSV, JSON lines, Parquet; the text formats also packed with gzip.

All are streamed: memory does not grow with the file.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, islice
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.core.errors import PipelineError
from pipeline.sources.charset import file_encoding, open_text, undecodable_mark
from pipeline.sources.columns import check_columns, match_columns
from pipeline.sources.reading import Fault, Raw, Reading
from pipeline.sources.rows import LineFeed, read_rows, sniff_dialect

PEEKED_RECORDS = 2000
PARQUET_ROWS = 2048
MAX_SHAPES = 1000


def read_delimited(path: Path, reading: Reading) -> Iterator[Raw | Fault]:
    """Yield the records of a CSV or TSV file; the delimiter is the one of its header."""
    encoding = file_encoding(path, reading.encodings)
    with open_text(path, encoding) as handle:
        dialect = sniff_dialect(handle)
    with open_text(path, encoding, dialect.newline) as handle:
        rows = read_rows(handle, dialect, undecodable_mark(encoding))
        header = read_header(path, rows)
        check_columns(str(path), header, reading.mapping)
        found = match_columns(header, reading.mapping)
        places = [(field, header.index(column)) for field, column in found.items()]
        for row in rows:
            yield row if isinstance(row, Fault) else {name: row[i] or None for name, i in places}


def read_header(path: Path, rows: Iterator[list[str] | Fault]) -> list[str]:
    """Return the column names, the first of the rows."""
    header = next(rows, None)
    if header is None:
        raise PipelineError(f"{path}: is empty", "Export it again, with a header line.")
    if isinstance(header, Fault):
        raise PipelineError(
            f"{path}: the header line cannot be read ({header.reason})",
            "Save the file as CSV in UTF-8 with the column names in the first line.",
        )
    return [name.strip() for name in header]


def read_json_lines(path: Path, reading: Reading) -> Iterator[object]:
    """Yield the value of each line of a file, or the fault of a line that holds none."""
    encoding = file_encoding(path, reading.encodings)
    with open_text(path, encoding) as handle:
        feed = LineFeed(handle, undecodable_mark(encoding))
        for line in feed:
            if line.strip():
                yield feed.damage() or parse_json(line)
            feed.start_record()


def parse_json(text: str) -> object:
    """Return the value that the text is in JSON, or a fault that says where it breaks."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        return Fault("broken_json", f"line {error.lineno}, column {error.colno}")
    except (ValueError, RecursionError):
        return Fault("broken_json", "a number or a nesting beyond all bounds")


def read_objects(
    place: str, objects: Iterable[object], mapping: Mapping[str, str]
) -> Iterator[Raw | Fault]:
    """Yield the records that JSON objects are; they may differ in their keys.

    Nested keys are named with dots, `user.id`.
    """
    items = iter(objects)
    first = [flatten_object(item) for item in islice(items, PEEKED_RECORDS)]
    keys = dict.fromkeys(key for item in first if not isinstance(item, Fault) for key in item)
    if keys:
        check_columns(place, list(keys), mapping)
    shapes: dict[tuple[str, ...], dict[str, str]] = {}
    for item in chain(first, map(flatten_object, items)):
        if isinstance(item, Fault):
            yield item
            continue
        shape = tuple(item)
        if shape not in shapes:
            if len(shapes) >= MAX_SHAPES:
                shapes.clear()
            shapes[shape] = match_columns(shape, mapping)
        yield {field: item[column] for field, column in shapes[shape].items()}


def flatten_object(value: object, prefix: str = "") -> dict[str, object] | Fault:
    """Return an object with nested keys written with dots; a fault for what is no object."""
    if isinstance(value, Fault):
        return value
    if not isinstance(value, dict):
        return Fault("not_an_object", f"a value of the type {type(value).__name__}")
    flat: dict[str, object] = {}
    for key, inner in value.items():
        nested = flatten_object(inner, f"{prefix}{key}.") if isinstance(inner, dict) else None
        flat.update(nested if isinstance(nested, dict) else {f"{prefix}{key}": inner})
    return flat


def read_parquet(path: Path, reading: Reading) -> Iterator[Raw | Fault]:
    """Yield the records of a Parquet file, with only the columns that comments need."""
    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowException, OSError) as error:
        raise PipelineError(
            f"{path}: is not a whole Parquet file", "Export or copy it again."
        ) from error
    with file:
        columns = file.schema_arrow.names
        check_columns(str(path), columns, reading.mapping)
        found = match_columns(columns, reading.mapping)
        if "text" in found:
            check_text(path, file.schema_arrow.field(found["text"]))
        used = list(dict.fromkeys(found.values()))
        for batch in file.iter_batches(batch_size=PARQUET_ROWS, columns=used):
            values = {column: column_values(batch.column(column)) for column in used}
            for row in range(batch.num_rows):
                yield {field: values[column][row] for field, column in found.items()}


def check_text(path: Path, column: pa.Field) -> None:
    """Raise PipelineError for a column of numbers, lists and the like in place of texts."""
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    tests = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
    bare = (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_null)
    if not any(fits(kind) for fits in (*tests, *bare)):
        raise PipelineError(
            f"{path}: the column {column.name!r} holds {column.type}, which is no text",
            "Name the column of the text with --map, for example --map text=COLUMN.",
        )


def column_values(column: pa.Array) -> list[object]:
    """Return the values of a column as Python has them, bytes beyond UTF-8 marked."""
    if pa.types.is_timestamp(column.type):
        # Python has no nanoseconds.
        column = column.cast(pa.timestamp("us", tz=column.type.tz), safe=False)
    try:
        values: list[object] = column.to_pylist()
    except UnicodeDecodeError:
        values = column.cast(pa.large_binary()).to_pylist()
    return [
        value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else value
        for value in values
    ]
