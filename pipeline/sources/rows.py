"""Rows of delimited text: every record comes out, whole or as a fault; none swallows its followers.

A quote that is never closed would take all that follows into one field. So a record of several
lines that is not well-formed gives its later lines back, and only its first line is lost.
"""

import csv
import re
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TextIO

from pipeline.sources.charset import BREAKS
from pipeline.sources.reading import Fault

MAX_LINE = 1 << 24
MAX_RECORD = 1 << 20
"""Characters after which a record of several lines counts as one whose quote is not closed."""
SAMPLE = 1 << 16
DELIMITERS = (",", ";", "\t", "|")
SEPARATOR_LINE = re.compile(r'^"?sep=(.)"?\s*$', re.IGNORECASE)
"""The first line by which Excel names the delimiter."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a delimited file separates and quotes its cells."""

    delimiter: str
    quoted: bool
    n_skipped: int
    """Lines before the header."""
    newline: str
    """What ends a line: a line feed, or "" for any of the three ways where there is none."""


class LineFeed:
    """The lines of a file, which remembers those of the current record so as to take them back."""

    def __init__(self, handle: TextIO, undecodable: re.Pattern[str]) -> None:
        self.handle = handle
        self.undecodable = undecodable
        self.pending: deque[str] = deque()
        self.taken: list[str] = []
        self.size = 0
        self.overlong = False

    def __iter__(self) -> "LineFeed":
        return self

    def __next__(self) -> str:
        line = self.pending.popleft() if self.pending else self.read_line()
        if not line or self.size > MAX_RECORD:
            self.pending.extendleft([line] if line else [])
            raise StopIteration
        self.taken.append(line)
        self.size += len(line)
        return line

    def read_line(self) -> str:
        """Return the next line of the file, empty at its end; an overlong one is cut short."""
        line = self.handle.readline(MAX_LINE)
        rest = line
        while len(rest) == MAX_LINE and not rest.endswith("\n"):
            self.overlong = True
            rest = self.handle.readline(MAX_LINE)
        return line

    def start_record(self) -> None:
        """Forget the lines of the record before."""
        self.taken = []
        self.size = 0
        self.overlong = False

    def take_back(self) -> None:
        """Keep only the first line of this record; the others will come again."""
        self.pending.extendleft(reversed(self.taken[1:]))
        del self.taken[1:]

    def damage(self) -> Fault | None:
        """Return what is wrong with the characters of this record, None when nothing is."""
        if self.overlong:
            return Fault("line_too_long", f"a line of more than {MAX_LINE} characters")
        for line in self.taken:
            if "\0" in line:
                return Fault("nul_byte")
            if not line.isascii() and self.undecodable.search(line):
                return Fault("undecodable")
        return None


def read_rows(
    handle: TextIO, dialect: Dialect, undecodable: re.Pattern[str]
) -> Iterator[list[str] | Fault]:
    """Yield the header, then every record or a fault in its place; blank lines are no records."""
    feed = LineFeed(handle, undecodable)
    for _ in range(dialect.n_skipped):
        feed.read_line()
    reader = make_reader(feed, dialect)
    n_columns: int | None = None
    while True:
        feed.start_record()
        row = next_row(reader, feed, n_columns)
        if not feed.taken:
            return
        if row:
            n_columns = len(row) if n_columns is None and isinstance(row, list) else n_columns
            yield row


def next_row(
    reader: Iterator[list[str]], feed: LineFeed, n_columns: int | None
) -> list[str] | Fault:
    """Return the next record, empty for a blank line, or the fault that stands for its line."""
    try:
        cells = next(reader, [])
    except csv.Error:
        feed.take_back()
        return feed.damage() or Fault("broken_quotes")
    if n_columns is not None and cells and len(cells) != n_columns:
        feed.take_back()
        found = f"{len(cells)} columns, the header has {n_columns}"
        return feed.damage() or Fault("wrong_columns", found)
    return feed.damage() or cells


def make_reader(lines: Iterator[str], dialect: Dialect) -> Iterator[list[str]]:
    """Return a strict reader of the lines, for fields of any length."""
    csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
    if dialect.quoted:
        return csv.reader(lines, delimiter=dialect.delimiter, strict=True)
    return csv.reader(lines, delimiter=dialect.delimiter, quoting=csv.QUOTE_NONE, strict=True)


def sniff_dialect(handle: TextIO) -> Dialect:
    """Return the dialect that the beginning of a file shows."""
    lines = read_sample(handle)
    named = SEPARATOR_LINE.match(lines[0]) if lines else None
    lines = lines[1:] if named else lines
    header = re.sub(r'"[^"]*"', "", lines[0]) if lines else ""
    counted = max(DELIMITERS, key=header.count)
    delimiter = named[1] if named else counted
    newline = "\n" if any(line.endswith("\n") for line in lines) else ""
    quoted = Dialect(delimiter, True, int(named is not None), newline)
    unquoted = replace(quoted, quoted=False)
    # Tab-separated dumps often write quotes as they are; commas without quoting do not occur.
    if delimiter == "\t" and not is_regular(lines, quoted) and is_regular(lines, unquoted):
        return unquoted
    return quoted


def read_sample(handle: TextIO) -> list[str]:
    """Return the first lines of a file, as many as can be read of one that breaks off."""
    lines: list[str] = []
    wanted = SAMPLE
    try:
        while wanted > 0 and (line := handle.readline(SAMPLE)):
            lines.append(line)
            wanted -= len(line)
    except BREAKS:
        return lines
    return lines


def is_regular(lines: Sequence[str], dialect: Dialect) -> bool:
    """Tell whether all these lines parse into rows of one width."""
    try:
        widths = {len(row) for row in make_reader(iter(lines), dialect) if row}
    except csv.Error:
        return False
    return len(widths) <= 1
