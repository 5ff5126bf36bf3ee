"""The entry to all sources: a file or a folder becomes batches of comments and rejects.

The suffix names the format. The keys inside a JSON file name its platform.
"""

import codecs
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from itertools import chain, islice
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pyarrow as pa

from pipeline.core.clock import utc_now
from pipeline.core.errors import PipelineError
from pipeline.core.settings import IngestSettings
from pipeline.sources.charset import BREAKS, check_encodings, file_encoding, open_text
from pipeline.sources.columns import check_targets
from pipeline.sources.dates import check_date_format
from pipeline.sources.fields import to_outcome
from pipeline.sources.pages import is_page, read_page
from pipeline.sources.reading import UNREADABLE_FILE, Batch, Fault, Raw, Reading, in_batches
from pipeline.sources.rows import MAX_LINE
from pipeline.sources.tabular import (
    parse_json,
    read_delimited,
    read_json_lines,
    read_objects,
    read_parquet,
)

MAX_DOCUMENT = 1 << 28
"""Characters of the largest JSON document, which has to be read at once."""
MAX_LEADING_FAULTS = 1000
"""Broken lines after which a file of JSON lines is no longer searched for its first whole one."""


def open_source(
    path: Path,
    *,
    mapping: Mapping[str, str],
    settings: IngestSettings,
    secret: bytes,
    date_format: str | None = None,
    now: datetime | None = None,
) -> Iterator[Batch]:
    """Return the batches of a file, or of all files of a folder in the order of their names.

    Every record comes out once, as a comment or as a reject with its reason. `mapping` names
    columns of tabular files by comment field. Raises PipelineError when the settings are wrong,
    the path is absent, or a file given by itself cannot be read at all; in a folder such a file
    is one reject, so that it does not hold up the others.
    """
    check_targets(mapping)
    check_encodings(settings.encodings)
    if date_format is not None:
        check_date_format(date_format)
    reading = Reading(
        zone=zone_of(settings.timezone),
        institution=settings.institution,
        encodings=tuple(codecs.lookup(name).name for name in settings.encodings),
        secret=secret,
        mapping=mapping,
        date_format=date_format,
        now=now or utc_now(),
    )
    if path.is_dir():
        return read_folder(path, reading)
    if not path.is_file():
        raise PipelineError(f"{path}: not found", "Name a file, or a folder with files.")
    return read_file(path.name, read_records(path, reading), reading)


def zone_of(name: str) -> ZoneInfo:
    """Return the time zone; raises PipelineError when there is none of this name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise PipelineError(
            f"ingest.timezone: no time zone {name!r}", "Write for example Europe/Riga."
        ) from error


def read_folder(folder: Path, reading: Reading) -> Iterator[Batch]:
    """Yield the batches of every file below a folder, but for hidden files."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    names = [path.relative_to(folder) for path in files]
    seen = [name for name in names if not any(part.startswith(".") for part in name.parts)]
    if not seen:
        raise PipelineError(
            f"{folder}: holds no files", f"Put the exports there: {', '.join(READERS)}."
        )
    for name in seen:
        records = fault_instead_of_error(folder / name, reading)
        yield from read_file(name.as_posix(), records, reading)


def fault_instead_of_error(path: Path, reading: Reading) -> Iterator[Raw | Fault]:
    """Yield the records of a file, or one fault when it cannot be read at all."""
    try:
        yield from read_records(path, reading)
    except PipelineError as error:
        yield Fault(UNREADABLE_FILE, error.message.replace(f"{path}: ", ""))
    except PermissionError as error:
        yield Fault(UNREADABLE_FILE, f"may not be read ({error.strerror})")


def read_file(name: str, records: Iterator[Raw | Fault], reading: Reading) -> Iterator[Batch]:
    """Yield the batches of one file, numbering its records from 1."""
    numbered = enumerate(until_damage(records), start=1)
    return in_batches(name, (to_outcome(item, row, name, reading) for row, item in numbered))


def until_damage(records: Iterator[Raw | Fault]) -> Iterator[Raw | Fault]:
    """Yield the records up to where the file breaks off, and then a fault that says so."""
    try:
        yield from records
    except (*BREAKS, pa.ArrowException) as error:
        yield Fault("damaged_file", f"{type(error).__name__}: nothing after this can be read")


def read_records(path: Path, reading: Reading) -> Iterator[Raw | Fault]:
    """Return the records of a file in the format that its suffix names."""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    packed = suffixes[-1:] == [".gz"]
    suffix = suffixes[-2] if packed and len(suffixes) > 1 else "".join(suffixes[-1:])
    reader = READERS.get(suffix)
    if reader is None or (packed and suffix == ".parquet"):
        raise PipelineError(
            f"{path}: unknown format {suffix or 'without a suffix'!r}",
            f"Known are {', '.join(READERS)}, and .gz after those that are text.",
        )
    return reader(path, reading)


def read_json(path: Path, reading: Reading) -> Iterator[Raw | Fault]:
    """Yield the comments of a JSON document: a page, a list of pages, or a list of objects."""
    if is_json_lines(path, reading):
        yield from read_lines(path, reading)
        return
    document = load_document(path, reading)
    if isinstance(document, list) and not any(is_page(item) for item in document):
        yield from read_objects(str(path), document, reading.mapping)
    else:
        for page in document if isinstance(document, list) else [document]:
            yield from read_page(page)


def is_json_lines(path: Path, reading: Reading) -> bool:
    """Tell whether a file has a JSON value in its first line and more lines after it."""
    with open_text(path, file_encoding(path, reading.encodings)) as handle:
        first = handle.readline(MAX_LINE)
        following = handle.readline(MAX_LINE).strip()
    return bool(following) and not isinstance(parse_json(first), Fault)


def load_document(path: Path, reading: Reading) -> object:
    """Return what a JSON file holds, or a fault; raises PipelineError for one beyond memory."""
    with open_text(path, file_encoding(path, reading.encodings)) as handle:
        text = handle.read(MAX_DOCUMENT)
    if len(text) == MAX_DOCUMENT:
        raise PipelineError(
            f"{path}: too large to read at once",
            "Write one page per line into a .jsonl file, for example with: jq -c '.[]'",
        )
    return parse_json(text) if text.strip() else Fault("empty_file")


def read_lines(path: Path, reading: Reading) -> Iterator[Raw | Fault]:
    """Yield the comments of a file of JSON lines, each a page or each a record."""
    values = read_json_lines(path, reading)
    first: list[object] = []
    for value in islice(values, MAX_LEADING_FAULTS):
        first.append(value)
        if not isinstance(value, Fault):
            break
    everything = chain(first, values)
    if first and is_page(first[-1]):
        for page in everything:
            yield from read_page(page)
    else:
        yield from read_objects(str(path), everything, reading.mapping)


READERS: dict[str, Callable[[Path, Reading], Iterator[Raw | Fault]]] = {
    ".csv": read_delimited,
    ".tsv": read_delimited,
    ".jsonl": read_lines,
    ".ndjson": read_lines,
    ".json": read_json,
    ".parquet": read_parquet,
}
"""What reads a file, by the suffix of its name."""
