"""Words: the tokens of a comment as matching reads them, with their place in the original."""

import re
from dataclasses import dataclass
from functools import lru_cache

from pipeline.core.text import Normalised, normalise
from pipeline.core.translit import fold_latvian

_WORD = re.compile(r"[^\W_]+(?:\*[^\W_]+|\*)*")


@dataclass(frozen=True, slots=True)
class Word:
    """A word: lower case with and without Latvian marks and ё; offsets into the original text."""

    lower: str
    folded: str
    start: int
    end: int
    is_upper: bool


@dataclass(frozen=True)
class Words:
    """The normalised text of a comment, and its words in order."""

    normal: Normalised
    words: tuple[Word, ...]

    @property
    def text(self) -> str:
        """The normalised text."""
        return self.normal.text

    def original_span(self, start: int, end: int) -> tuple[int, int]:
        """Return the span of the original that became `text[start:end]`."""
        return self.normal.original_span(start, end)


def fold(text: str) -> str:
    """Return `text` in lower case without Latvian marks, ё as е."""
    return fold_latvian(text.lower()).replace("ё", "е")


@lru_cache(maxsize=16)  # every detector asks for the words of the same comment
def read_words(text: str) -> Words:
    """Return the words of `text` after `normalise` has undone its disguises."""
    normal = normalise(text)
    found = []
    for match in _WORD.finditer(normal.text):
        word = match.group()
        start, end = normal.original_span(match.start(), match.end())
        found.append(Word(word.lower(), fold(word), start, end, word.isupper()))
    return Words(normal, tuple(found))
