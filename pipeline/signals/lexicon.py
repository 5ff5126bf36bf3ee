"""Lexicon: the project's own list of coarse, demeaning and threatening words, and where they stand.

A word counts as a whole and in every form of its paradigm, through disguises (`p*dec`, s p a c e d,
look-alikes), without Latvian marks, in the old spelling, and Russian in Latin letters. A listed
word is evidence and a feature; whether the comment breaks a rule is for the model and for people.
"""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path

from pipeline.core import paths
from pipeline.core.errors import PipelineError
from pipeline.core.translit import (
    RUSSIAN_STYLES,
    fold_latvian,
    russian_to_latin,
    transliterate_old,
)
from pipeline.signals.documents import Doc, Language
from pipeline.signals.finding import Finding
from pipeline.signals.paradigms import forms
from pipeline.signals.words import Word, fold, read_words

COMPONENT = "saruna_lexicon"
FOLDER = paths.ROOT / "data" / "lexicon"
LANGUAGES = ("lv", "ru")
LABELS = {
    "obscene": "obscenity",
    "insult": "insult",
    "slur": "hate",
    "dehumanising": "insult",
    "threat": "threat",
    "sexual": "sexual",
}
"""Category -> the label that its words are evidence for."""
CONFIDENCE = {1: 0.4, 2: 0.7, 3: 0.9}
"""Severity -> how sure a word by itself is to be meant as listed."""
MOST = 3.0
"""More listed words of a category than make this sum of severities add nothing."""
FEATURES = tuple(f"listed_{category}" for category in LABELS)
MIN_FOLDED = 4
"""Shorter words are matched as written: without marks too many others look like them."""
MIN_LATIN = 5
"""The same for Russian in Latin letters."""
LATIN_SEVERITY = 2
"""Milder Russian words are not looked for in Latin letters."""


@dataclass(frozen=True)
class Entry:
    """A row of the lexicon."""

    lang: str
    lemma: str
    category: str
    severity: int
    paradigm: str
    stems: tuple[str, ...]
    spared: tuple[str, ...]
    """Forms that an innocent word shares."""

    @property
    def forms(self) -> frozenset[str]:
        """All forms that count, in lower case."""
        return forms(self.lang, self.lemma, self.paradigm, self.stems) - set(self.spared)


@dataclass(frozen=True)
class Lexicon:
    """The entries by the forms of their first word."""

    written: Mapping[str, Entry]
    folded: Mapping[str, Entry]
    """Without marks, in the old spelling, Russian in Latin letters; for words without marks."""
    phrases: Mapping[str, tuple[tuple[tuple[str, ...], Entry], ...]]
    by_ends: Mapping[str, tuple[str, ...]]
    """Forms by their first letter, for words with stars in them."""


def read_entries(path: Path, lang: str) -> list[Entry]:
    """Read a list; PipelineError names every row with an unknown category or severity."""
    entries, bad = [], []
    with path.open(encoding="utf-8", newline="") as handle:
        table = csv.DictReader(handle, delimiter="\t", quoting=csv.QUOTE_NONE)
        for number, row in enumerate(table, start=2):
            if row["category"] not in LABELS or row["severity"] not in {"1", "2", "3"}:
                bad.append(f"{path}:{number}: {row['category']!r}, severity {row['severity']!r}")
                continue
            stems, spared = (tuple((row[name] or "").split()) for name in ("stems", "except"))
            severity = int(row["severity"])
            own = row["lemma"], row["category"], severity, row["paradigm"]
            entries.append(Entry(lang, *own, stems, spared))
    if bad:
        raise PipelineError("\n".join(bad), f"Use {', '.join(LABELS)}, and severity 1, 2 or 3.")
    return entries


@cache
def lexicon() -> Lexicon:
    """Return the shipped lexicon, all forms made."""
    entries = [each for lang in LANGUAGES for each in read_entries(FOLDER / f"{lang}.tsv", lang)]
    spared = frozenset(spared_words(FOLDER / "innocent.tsv"))
    # The gravest first: of two entries that share a form, it gives the category.
    entries.sort(key=lambda entry: -entry.severity)
    written: dict[str, Entry] = {}
    folded: dict[str, Entry] = {}
    phrases: dict[str, tuple[tuple[tuple[str, ...], Entry], ...]] = {}
    for entry in entries:
        for form in entry.forms:
            first, *rest = fold(form).split()
            if rest:
                phrases[first] = (*phrases.get(first, ()), ((first, *rest), entry))
                continue
            if form not in spared:
                written.setdefault(form.replace("ё", "е"), entry)
            for other in respelt(form, entry):
                if other not in spared:
                    folded.setdefault(other, entry)
    starred = sorted(form for form, entry in written.items() if entry.category == "obscene")
    by_ends = {first: tuple(own) for first, own in groupby(starred, key=lambda form: form[0])}
    return Lexicon(written, folded, phrases, by_ends)


def spared_words(path: Path) -> Iterator[str]:
    """Yield the innocent words that look like a form of a listed one."""
    with path.open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle, delimiter="\t", quoting=csv.QUOTE_NONE):
            yield row["form"]


def respelt(form: str, entry: Entry) -> Iterator[str]:
    """Yield a form as people without the right keyboard write it."""
    if entry.lang == "ru":
        if len(form) >= MIN_LATIN and entry.severity >= LATIN_SEVERITY:
            yield from (fold_latvian(russian_to_latin(form, style)) for style in RUSSIAN_STYLES)
        return
    if len(form) >= MIN_FOLDED:
        yield fold_latvian(form)
        yield fold_latvian(transliterate_old(form))


def find_listed(text: str) -> list[Finding]:
    """Return the listed words and phrases of a comment, in order."""
    return [finding_of(*match) for match in matches(text)]


def finding_of(entry: Entry, start: int, end: int) -> Finding:
    """Return the evidence that a match is; it names the category and not the word."""
    confidence = CONFIDENCE[entry.severity]
    return Finding(LABELS[entry.category], "lexicon", start, end, confidence, entry.category)


def matches(text: str) -> list[tuple[Entry, int, int]]:
    """Return entries with their place in the original text; a phrase hides the words in it."""
    known, words = lexicon(), read_words(text).words
    found = []
    at = 0
    while at < len(words):
        length, entry = _phrase_at(known, words, at)
        if entry is None:
            length, entry = 1, _entry_of(known, words[at])
        if entry is not None:
            found.append((entry, words[at].start, words[at + length - 1].end))
        at += length
    return found


def _phrase_at(known: Lexicon, words: Sequence[Word], at: int) -> tuple[int, Entry | None]:
    for parts, entry in known.phrases.get(words[at].folded, ()):
        if tuple(word.folded for word in words[at : at + len(parts)]) == parts:
            return len(parts), entry
    return 1, None


def _entry_of(known: Lexicon, word: Word) -> Entry | None:
    lower = word.lower.replace("ё", "е")
    if lower in known.written:
        return known.written[lower]
    if "*" in lower:
        return _starred(known, lower)
    if word.folded == lower and lower in known.folded:
        return known.folded[lower]
    # Stretched: `suukaaa` has come down to double letters.
    if word.end - word.start > len(lower) + 1:
        squeezed = "".join(sign for sign, _ in groupby(lower))
        return known.written.get(squeezed) or known.folded.get(squeezed)
    return None


def _starred(known: Lexicon, word: str) -> Entry | None:
    """Return the entry of a word with letters starred out; one star stands for a run of letters."""
    start, _, end = word.partition("*")
    if not start or "*" in end or len(start) + len(end) < 2:
        return None
    for form in known.by_ends.get(start[0], ()):
        hidden = len(form) - len(start) - len(end)
        if 0 < hidden <= 4 and form.startswith(start) and form.endswith(end):
            return known.written[form]
    return None


def features_of(found: Sequence[tuple[Entry, int, int]]) -> dict[str, float]:
    """Return the sum of severities per category, at most MOST."""
    sums = dict.fromkeys(LABELS, 0.0)
    for entry, _, _ in found:
        sums[entry.category] += entry.severity
    return {f"listed_{category}": min(value, MOST) for category, value in sums.items()}


@Language.component(COMPONENT)
def find_in_document(doc: Doc) -> Doc:
    """Add the listed words of a document, and their features."""
    found = matches(doc.text)
    doc._.saruna_findings.extend(finding_of(*match) for match in found)
    doc._.saruna_features.update(features_of(found))
    return doc
