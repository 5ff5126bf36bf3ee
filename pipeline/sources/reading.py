"""What every reader shares: how to read, records on their way, and batches of what came out."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from pipeline.core.records import Comment, Reject

BATCH_ROWS = 4096
BATCH_CHARACTERS = 1_000_000
"""A batch ends at either bound, so that memory stays flat for long texts too."""

ALREADY_HIDDEN = ("already_hidden",)
"""The note on a comment that the platform or a moderator has hidden; it is read all the same."""

UNREADABLE_FILE = "unreadable_file"
"""The reason of the one reject that stands for a file of which nothing can be read."""

Raw = dict[str, object]
"""A record as its source wrote it, keyed by comment field; the author is still `author_id`.

Under `notes` stands a tuple of what the run should count about the comment.
"""


@dataclass(frozen=True, slots=True)
class Fault:
    """A record that cannot be read; becomes a reject with the same reason."""

    reason: str
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """How the records of a run are to be understood."""

    zone: ZoneInfo
    institution: str
    encodings: tuple[str, ...]
    secret: bytes = field(repr=False)
    mapping: Mapping[str, str]
    date_format: str | None
    now: datetime


@dataclass(frozen=True, slots=True)
class Batch:
    """Some comments and rejects of one file, in its order, and counts of what was odd."""

    file: str
    comments: list[Comment]
    rejects: list[Reject]
    notes: Counter[str]


Outcome = tuple[Comment | Reject, tuple[str, ...]]
"""What became of one record, and notes about it, such as values left out of it."""


def in_batches(file: str, outcomes: Iterable[Outcome]) -> Iterator[Batch]:
    """Yield the outcomes of one file as batches of bounded size."""
    batch, n_characters = empty_batch(file), 0
    for row, notes in outcomes:
        if isinstance(row, Comment):
            batch.comments.append(row)
            n_characters += len(row.text)
        else:
            batch.rejects.append(row)
        batch.notes.update(notes)
        n_rows = len(batch.comments) + len(batch.rejects)
        if n_rows >= BATCH_ROWS or n_characters >= BATCH_CHARACTERS:
            yield batch
            batch, n_characters = empty_batch(file), 0
    if batch.comments or batch.rejects:
        yield batch


def empty_batch(file: str) -> Batch:
    """Return a batch of `file` with nothing in it."""
    return Batch(file, [], [], Counter())
