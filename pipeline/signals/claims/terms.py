"""Terms: what texts in Latvian, Russian and English share beside vectors.

Concepts come from a glossary (`data/claims/concepts.tsv`), names from letters folded into one
alphabet, numbers from digits. So `Зеленский`, `Zelenskis` and `Zelensky` meet, and `5 000 eiro`
meets `5000 евро`.
"""

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from pipeline.core.errors import PipelineError
from pipeline.core.text import normalise
from pipeline.core.translit import fold_latvian, russian_to_latin

TOKEN = re.compile(r"\d+(?:[.,]\d+)?|%|[^\W\d_]+(?:[-'’][^\W\d_]+)*|\d+[^\W\d_]+")
STEM = 5
"""Letters of a word that count: endings differ between cases and between the languages."""
LANGUAGES = ("lv", "ru", "en")


@dataclass(frozen=True)
class Terms:
    """The terms of one text; `stems` are words in folded letters, cut to their beginning."""

    concepts: frozenset[str]
    stems: frozenset[str]
    numbers: frozenset[str]
    tokens: tuple[str, ...]

    def all(self) -> frozenset[str]:
        """Return the terms of all kinds under names that do not clash."""
        return self._all

    @cached_property
    def _all(self) -> frozenset[str]:
        return frozenset(
            [f"c:{name}" for name in self.concepts]
            + [f"s:{stem}" for stem in self.stems]
            + [f"n:{number}" for number in self.numbers]
        )


class Glossary:
    """Beginnings of words in three languages, and the concept that they stand for."""

    def __init__(self, prefixes: dict[str, str], exact: dict[str, str]) -> None:
        self.prefixes = prefixes
        self.exact = exact
        self.longest = max(map(len, prefixes), default=0)
        self._look_up = lru_cache(maxsize=1 << 16)(self._find)

    def concept(self, token: str) -> str | None:
        """Return the concept of a folded word, None when the glossary has none."""
        return self._look_up(token)

    def _find(self, token: str) -> str | None:
        if token in self.exact:
            return self.exact[token]
        for length in range(min(len(token), self.longest), 1, -1):
            if token[:length] in self.prefixes:
                return self.prefixes[token[:length]]
        return None


def load_glossary(path: Path) -> Glossary:
    """Read a glossary: `=word` is a whole word, anything else the beginning of one."""
    prefixes: dict[str, str] = {}
    exact: dict[str, str] = {}
    try:
        with path.open(encoding="utf-8", newline="") as handle:
            for row in csv.DictReader(handle, delimiter="\t", quoting=csv.QUOTE_NONE):
                for word in " ".join(row[lang] or "" for lang in LANGUAGES).split():
                    kind = exact if word.startswith("=") else prefixes
                    kind.setdefault(fold(word.removeprefix("=")), row["concept"])
    except (OSError, KeyError) as error:
        raise PipelineError(
            f"{path}: is no glossary with the columns concept, lv, ru and en",
            "Restore the file from the project.",
        ) from error
    return Glossary(prefixes, exact)


@lru_cache(maxsize=1 << 16)
def fold(token: str) -> str:
    """Return a word in small Latin letters without marks: `Зеленский` becomes `zelenskij`."""
    plain = fold_latvian(russian_to_latin(token.casefold(), "latvian"))
    return plain.replace("x", "ks").replace("w", "v").replace("y", "i").replace("'", "")


def tokens_of(text: str) -> list[str]:
    """Return the folded words and numbers of a text, in order."""
    # A lone soft sign folds to nothing.
    return [word for token in TOKEN.findall(normalise(text).text) if (word := fold(token))]


def terms_of(text: str, glossary: Glossary) -> Terms:
    """Return the terms of a text."""
    tokens = tokens_of(text)
    found = [(token, glossary.concept(token)) for token in tokens]
    return Terms(
        concepts=frozenset(concept for _, concept in found if concept),
        stems=frozenset(
            token[:STEM] for token in tokens if len(token) > 3 and not token[0].isdigit()
        ),
        numbers=numbers_in(tokens),
        tokens=tuple(tokens),
    )


def numbers_in(tokens: Iterable[str]) -> frozenset[str]:
    """Return the numbers with two digits or more; `5 000` and `5000` are one."""
    found: list[str] = []
    for token in tokens:
        plain = token.replace(",", ".")
        if not plain[0].isdigit() or not re.fullmatch(r"[\d.]+", plain):
            found.append("")
        elif found and found[-1] and re.fullmatch(r"\d{3}", plain) and "." not in found[-1]:
            found[-1] += plain
        else:
            found.append(plain.rstrip("."))
    return frozenset(each for each in found if len(each) >= 2)


def grams(tokens: Iterable[str]) -> frozenset[str]:
    """Return the character trigrams of folded words."""
    words = " ".join(tokens)
    return frozenset(words[at : at + 3] for at in range(len(words) - 2))
