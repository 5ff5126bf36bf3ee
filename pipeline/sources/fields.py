"""A record of a source becomes a comment of the common schema, or a reject that says why not."""

import hashlib
import re
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from pipeline.core.records import FILE_SOURCE, MADE_ID, Comment, Reject, author_key
from pipeline.sources.charset import ESCAPED_BYTE
from pipeline.sources.dates import is_plausible, parse_time
from pipeline.sources.reading import Fault, Outcome, Raw, Reading

T = TypeVar("T")

MAX_INT64 = 2**63 - 1
MAX_SHOWN = 40
MAX_SHOWN_LETTERS = 12
SURROGATE = re.compile("[\ud800-\udfff]")
DAMAGED = "\ufffd"
TRUTHS = {
    **dict.fromkeys(("true", "1", "1.0", "yes", "jā", "ja", "да"), True),
    **dict.fromkeys(("false", "0", "0.0", "no", "nē", "ne", "нет"), False),
}


def to_outcome(item: Raw | Fault, row_number: int, file: str, reading: Reading) -> Outcome:
    """Return the comment or the reject that this record is, and notes on it."""
    if isinstance(item, Fault):
        return Reject(FILE_SOURCE + file, file, row_number, None, item.reason, item.detail), ()
    source = text_of(item.get("source")) or FILE_SOURCE + file
    problem = fault_of(item)
    if problem is None:
        try:
            created = parse_time(item.get("created_at"), reading.zone, reading.date_format)
            return to_comment(item, created, row_number, source, reading)
        except ValueError:
            problem = Fault("bad_date", show_date(item.get("created_at")))
    comment_id = text_of(item.get("comment_id"))
    return Reject(source, file, row_number, comment_id, problem.reason, problem.detail), ()


def fault_of(raw: Raw) -> Fault | None:
    """Return what makes a record unusable whatever it says, None when nothing does."""
    text = raw.get("text")
    if isinstance(text, bool | list | dict | bytes):
        return Fault("not_text", f"a value of the type {type(text).__name__}")
    for value in raw.values():
        if isinstance(value, str):
            if "\0" in value:
                return Fault("nul_byte")
            if not value.isascii() and ESCAPED_BYTE.search(value):
                return Fault("undecodable")
    return None


def to_comment(
    raw: Raw, created: datetime | None, row_number: int, source: str, reading: Reading
) -> Outcome:
    """Return the comment that a sound record is, and notes on what was left out."""
    notes: list[str] = []

    def read(name: str, convert: Callable[[object, Reading], T | None]) -> T | None:
        """Return a value that a comment can do without."""
        value = raw.get(name)
        try:
            return None if value is None else convert(value, reading)
        except ValueError:
            notes.append(f"bad_{name}")
            return None

    if created is not None and not is_plausible(created, reading.now):
        created = None
        notes.append("implausible_created_at")
    author = text_of(raw.get("author_id"))
    key = author_key(author, source, reading.secret) if author else None
    text = clean(as_written(raw.get("text")))
    comment = Comment(
        comment_id=text_of(raw.get("comment_id"))
        or make_id(source, row_number, key, raw.get("created_at"), text),
        source=source,
        channel=text_of(raw.get("channel")) or channel_of(source),
        institution=text_of(raw.get("institution")) or reading.institution,
        thread_id=text_of(raw.get("thread_id")),
        parent_id=text_of(raw.get("parent_id")),
        author_key=key,
        created_at=created,
        text=text,
        permalink=text_of(raw.get("permalink")),
        n_reactions=read("n_reactions", count_of),
        n_replies=read("n_replies", count_of),
        author_created_at=read("author_created_at", plausible_time),
        author_n_followers=read("author_n_followers", count_of),
        author_n_following=read("author_n_following", count_of),
        author_n_posts=read("author_n_posts", count_of),
        author_has_avatar=read("author_has_avatar", truth_of),
        author_is_verified=read("author_is_verified", truth_of),
    )
    written = raw.get("notes")
    return comment, (*notes, *written) if isinstance(written, tuple) else tuple(notes)


def channel_of(source: str) -> str | None:
    """Return the channel of comments that name none: their source, unless that is a mere file."""
    return None if source.startswith(FILE_SOURCE) else source


def as_written(value: object) -> str:
    """Return a value as text with its blanks kept; an absent one is empty."""
    return "" if value is None or value != value else str(value)


def clean(text: str) -> str:
    """Return text that UTF-8 can hold: halves of a character become the replacement character."""
    return text if text.isascii() else SURROGATE.sub(DAMAGED, text)


def text_of(value: object) -> str | None:
    """Return an id or a name without blanks around it, None for an absent or nested value."""
    if value is None or isinstance(value, bool | list | dict | bytes):
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return clean(as_written(value)).strip() or None


def count_of(value: object, _: Reading) -> int | None:
    """Return a count that fits the table; raises ValueError for what is none."""
    if isinstance(value, str):
        digits = "".join(value.split())
        if not digits:
            return None
        value = float(digits) if len(digits) < 25 else -1
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("not a number")
    if value != value:
        return None
    if not 0 <= value <= MAX_INT64 or value != int(value):
        raise ValueError("not a count")
    return int(value)


def truth_of(value: object, _: Reading) -> bool | None:
    """Return a truth value however it is written; raises ValueError for what is none."""
    if isinstance(value, bool):
        return value
    written = as_written(value).strip().casefold()
    if not written:
        return None
    if written not in TRUTHS:
        raise ValueError("not a truth value")
    return TRUTHS[written]


def plausible_time(value: object, reading: Reading) -> datetime | None:
    """Return a time in UTC; raises ValueError for what is not a date or cannot be true."""
    moment = parse_time(value, reading.zone, reading.date_format)
    if moment is not None and not is_plausible(moment, reading.now):
        raise ValueError("implausible")
    return moment


def make_id(source: str, row_number: int, author: str | None, created_at: object, text: str) -> str:
    """Return an id for a comment whose input has none, the same in every run over that input."""
    parts = (source, str(row_number), author or "", as_written(created_at), text)
    digest = hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass"))
    return MADE_ID + digest.hexdigest()[:24]


def show_date(value: object) -> str:
    """Return a value that is not a date as a reject may show it.

    Where cells have shifted, text stands in the place of the date; it is described, not shown.
    """
    written = clean(as_written(value)).strip()
    n_letters = sum(letter.isalpha() for letter in written)
    if len(written) <= MAX_SHOWN and n_letters <= MAX_SHOWN_LETTERS:
        return written
    return f"a value of {len(written)} characters"
