"""Reading a file as the stages do, in one call."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.core.records import Comment, Reject
from pipeline.core.settings import IngestSettings
from pipeline.sources.detect import open_source

SECRET = b"a key for tests"
NOW = datetime(2026, 3, 2, tzinfo=UTC)


@dataclass(frozen=True)
class Everything:
    comments: list[Comment]
    rejects: list[Reject]
    notes: Counter[str]

    @property
    def texts(self) -> list[str]:
        return [comment.text for comment in self.comments]

    @property
    def reasons(self) -> list[tuple[int, str]]:
        return [(reject.row_number, reject.reason) for reject in self.rejects]


def read_everything(
    path: Path,
    mapping: dict[str, str] | None = None,
    settings: IngestSettings | None = None,
    date_format: str | None = None,
) -> Everything:
    found = Everything([], [], Counter())
    for batch in open_source(
        path,
        mapping=mapping or {},
        settings=settings or IngestSettings(),
        secret=SECRET,
        date_format=date_format,
        now=NOW,
    ):
        found.comments.extend(batch.comments)
        found.rejects.extend(batch.rejects)
        found.notes.update(batch.notes)
    return found


@pytest.fixture
def read() -> Callable[..., Everything]:
    return read_everything


@pytest.fixture
def fixtures() -> Path:
    return Path(__file__).parent / "fixtures"
