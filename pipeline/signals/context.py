"""Context: which of the words around a place say what stands there.

One table serves every language, because people mix them: Latvian with and without marks and in the
old spelling, Russian in Cyrillic and, in texts that are Russian, in Latin letters.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache

from pipeline.core.translit import RUSSIAN_STYLES, russian_to_latin, transliterate_old
from pipeline.signals.context_words import CONTEXT_WORDS
from pipeline.signals.reading import Reading, Word, fold

NOTHING: frozenset[str] = frozenset()
_OTHER_WORDS = frozenset({"vēži", "vēžus", "vēžiem"})
"""Words that only their marks tell from tagged ones: crayfish."""
_SHORTEST_LATIN = 3
"""Shorter Russian words in Latin letters are words of other languages too."""


@dataclass(frozen=True)
class Context:
    """The words of a text that carry tags."""

    reading: Reading
    lang: str

    @cached_property
    def tagged(self) -> tuple[tuple[Word, frozenset[str]], ...]:
        """The words that carry a tag, in order, with their tags."""
        words = (word for word in self.reading.words if word.text.lower() not in _OTHER_WORDS)
        found = ((word, tags_of(word.folded, self.lang)) for word in words)
        return tuple((word, tags) for word, tags in found if tags)

    @cached_property
    def by_tag(self) -> Mapping[str, tuple[Word, ...]]:
        """For each tag the words that carry it, in order."""
        words: dict[str, list[Word]] = defaultdict(list)
        for word, tags in self.tagged:
            for tag in tags:
                words[tag].append(word)
        return {tag: tuple(found) for tag, found in words.items()}

    def near(self, tag: str, start: int, end: int, *, before: int = 60, after: int = 40) -> bool:
        """Whether a word with `tag` begins within so many characters of the span."""
        return next(self.around(tag, start, end, before=before, after=after), None) is not None

    def around(
        self, tag: str, start: int, end: int, *, before: int = 60, after: int = 40
    ) -> Iterator[Word]:
        """Yield the words with `tag` that end before or begin after the span, and lie near it."""
        for word in self.by_tag.get(tag, ()):
            if start - before <= word.end <= start or end <= word.start <= end + after:
                yield word


@lru_cache(maxsize=1 << 16)
def tags_of(folded: str, lang: str) -> frozenset[str]:
    """Return the tags of a folded word in a text of this language."""
    exact, stems = _tables(lang == "ru")
    tags = exact.get(folded, NOTHING)
    for size in range(2, len(folded) + 1):
        tags |= stems.get(folded[:size], NOTHING)
    return tags


@cache
def _tables(
    with_latin: bool,
) -> tuple[Mapping[str, frozenset[str]], Mapping[str, frozenset[str]]]:
    exact: dict[str, frozenset[str]] = {}
    stems: dict[str, frozenset[str]] = {}
    for tag, by_language in CONTEXT_WORDS.items():
        for lang, words in by_language.items():
            for written in words.split():
                word, table = written.rstrip("*"), stems if written.endswith("*") else exact
                for spelling in set(_spellings(word, lang, with_latin)):
                    table[spelling] = table.get(spelling, NOTHING) | {tag}
    return exact, stems


def _spellings(word: str, lang: str, with_latin: bool) -> Iterator[str]:
    yield fold(word)
    if lang == "lv":
        yield transliterate_old(word)
    if lang == "ru" and with_latin and len(word) >= _SHORTEST_LATIN:
        for style in RUSSIAN_STYLES:
            yield fold(russian_to_latin(word, style))
