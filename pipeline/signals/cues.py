"""Cues: words and short phrases kept in a data file, matched on whole words.

A cue is one or more words; `*` at the end of a word stands for any ending: `balso* par`. Matching
ignores case, Latvian marks and ё.
"""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.core.errors import PipelineError

MIN_STEM = 3
"""A shorter stem would match half of the language."""


@dataclass(frozen=True)
class Cue:
    """The words of a cue, folded, and what its row of the file says of it."""

    parts: tuple[str, ...]
    row: Mapping[str, str]


@dataclass(frozen=True)
class Cues:
    """Cues by their first word: whole words apart from stems."""

    whole: Mapping[str, tuple[Cue, ...]]
    stems: Mapping[str, tuple[Cue, ...]]

    def find(self, words: Sequence[str]) -> Iterator[tuple[Cue, int, int]]:
        """Yield every cue among folded words, with its first word and the one after its last."""
        for at, word in enumerate(words):
            for cue in self._starting(word):
                end = at + len(cue.parts)
                rest = zip(cue.parts[1:], words[at + 1 : end], strict=False)
                if end <= len(words) and all(matches(part, each) for part, each in rest):
                    yield cue, at, end

    def _starting(self, word: str) -> Iterator[Cue]:
        yield from self.whole.get(word, ())
        for length in range(MIN_STEM, len(word) + 1):
            yield from self.stems.get(word[:length], ())


def matches(part: str, word: str) -> bool:
    """Tell whether a part of a cue, perhaps a stem, matches a word."""
    return word.startswith(part[:-1]) if part.endswith("*") else word == part


def read_cues(path: Path) -> Cues:
    """Read a table whose column `cue` holds the cues.

    Raises PipelineError that names every cue that is empty or a stem of fewer than three letters.
    """
    whole: dict[str, tuple[Cue, ...]] = {}
    stems: dict[str, tuple[Cue, ...]] = {}
    bad = []
    with path.open(encoding="utf-8", newline="") as handle:
        table = csv.DictReader(handle, delimiter="\t", quoting=csv.QUOTE_NONE)
        for number, row in enumerate(table, start=2):
            parts = tuple((row["cue"] or "").split())
            if not parts or any(len(each) <= MIN_STEM and "*" in each for each in parts):
                bad.append(f"{path}:{number}: the cue {row['cue']!r} is too short")
                continue
            index = stems if parts[0].endswith("*") else whole
            key = parts[0].removesuffix("*")
            index[key] = (*index.get(key, ()), Cue(parts, row))
    if bad:
        raise PipelineError("\n".join(bad), "Write a stem of three letters or more, then `*`.")
    return Cues(whole, stems)
