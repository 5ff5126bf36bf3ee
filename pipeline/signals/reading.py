"""A comment as the detectors read it: cleaned, folded, cut into words, with the way back."""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from pipeline.core.spelling import unify
from pipeline.core.text import normalise
from pipeline.core.translit import fold_latvian

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_HIDDEN = re.compile(r"[\xad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe0f\ufeff\u0300-\u036f]")
"""What cannot be seen and would cut a number or a name in two."""
_DIGIT = re.compile(r"[0-9]")
_WIDE = re.compile("[\uff10-\uff19]")
_DIGITS = {0xFF10 + digit: str(digit) for digit in range(10)}


class Word(NamedTuple):
    """A word of the text, and the spelling it is looked up by."""

    start: int
    end: int
    text: str
    folded: str


@dataclass(frozen=True)
class Reading:
    """A text in the spelling that the detectors read."""

    text: str
    """Hidden characters gone; one kind of quotes, dashes, spaces and digits."""
    starts: tuple[int, ...] | None = None
    """Where each character began in the original; None where nothing moved."""
    ends: tuple[int, ...] | None = None

    @cached_property
    def folded(self) -> str:
        """The text in lower case and without Latvian marks, of the same length."""
        return fold(self.text)

    @cached_property
    def n_digits(self) -> int:
        """How many digits the text has."""
        return len(_DIGIT.findall(self.text))

    @cached_property
    def words(self) -> tuple[Word, ...]:
        """The words in order; numbers are none."""
        folded = self.folded
        return tuple(
            Word(match.start(), match.end(), match.group(), folded[match.start() : match.end()])
            for match in _WORD.finditer(self.text)
        )

    def original_span(self, start: int, end: int) -> tuple[int, int]:
        """Return the span of the original that reads as `text[start:end]`."""
        if self.starts is None or self.ends is None or start >= end:
            return start, end
        return self.starts[start], self.ends[end - 1]


def read(text: str) -> Reading:
    """Return `text` as the detectors read it."""
    if text.isascii():
        return Reading(text)
    if _HIDDEN.search(text):
        clean = normalise(text)
        return Reading(clean.text, tuple(clean.offsets), tuple(clean.ends))
    plain = unify(text)
    return Reading(plain.translate(_DIGITS) if _WIDE.search(plain) else plain)


def fold(text: str) -> str:
    """Return `text` in lower case and without Latvian marks, of the same length."""
    lower = text.lower()
    if len(lower) != len(text):  # a few letters, such as the Turkish dotted I, become two
        lower = "".join(low if len(low := letter.lower()) == 1 else letter for letter in text)
    return fold_latvian(lower).replace("ё", "е")
