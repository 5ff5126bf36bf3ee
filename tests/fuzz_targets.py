"""What must hold for any input: the promises that tests check and that scripts/fuzz searches."""

import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from pipeline.core.errors import PipelineError
from pipeline.core.records import comment_table, reject_table
from pipeline.core.settings import IngestSettings
from pipeline.core.text import normalise
from pipeline.sources.detect import open_source

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
SECONDS = 10.0
"""No input of a few kilobytes may take longer, on a busy machine either."""
TABLES = ("a.csv", "a.tsv", "a.jsonl", "a.parquet", "a.csv.gz", "a.jsonl.gz")
PAGES = ("a.json", "a.json.gz")


def check_text(data: bytes) -> None:
    """Normalise any text: no error, twice equals once, spans inside the original."""
    text = data.decode("utf-8", "surrogateescape" if data[:1] == b"s" else "replace")
    started = time.process_time()
    found = normalise(text)
    assert time.process_time() - started < SECONDS
    assert len(found.text) == len(found.offsets) == len(found.ends)
    assert normalise(found.text).text == found.text
    assert all(0 <= start < end <= len(text) for start, end in zip(found.offsets, found.ends))  # noqa: B905 lengths are equal
    assert list(found.offsets) == sorted(found.offsets)
    for start in range(0, len(found.text), 7):
        low, high = found.original_span(start, start + 5)
        assert 0 <= low <= high <= len(text)


def check_tables(data: bytes) -> None:
    """Read any bytes as each kind of table; the first byte chooses."""
    check_file(data[1:], TABLES[(data[0] if data else 0) % len(TABLES)])


def check_pages(data: bytes) -> None:
    """Read any bytes as saved pages of a platform; the first byte chooses."""
    check_file(data[1:], PAGES[(data[0] if data else 0) % len(PAGES)])


def check_file(data: bytes, name: str) -> None:
    """Read a file: comments and rejects that can be stored, or an error for the operator.

    Every record is one of both, and no error quotes what stands in a record.
    """
    with tempfile.TemporaryDirectory(prefix="saruna-fuzz-") as folder:
        path = Path(folder) / name
        path.write_bytes(data)
        started = time.process_time()
        keys: list[tuple[str, str]] = []
        refused: PipelineError | None = None
        try:
            for batch in open_source(
                path, mapping={}, settings=IngestSettings(), secret=b"fuzz", now=NOW
            ):
                table = comment_table(batch.comments)
                reject_table(batch.rejects)
                columns = (table.column(name).to_pylist() for name in ("source", "comment_id"))
                keys += zip(*columns, strict=True)
        except PipelineError as error:
            refused = error
        if refused is not None:
            assert name in refused.message, "the error names no file"
            assert refused.hint, "the error names no next step"
        assert all(source and comment_id for source, comment_id in keys)
        assert time.process_time() - started < SECONDS


TARGETS: dict[str, Callable[[bytes], None]] = {
    "text": check_text,
    "tables": check_tables,
    "pages": check_pages,
}
