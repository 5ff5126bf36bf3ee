"""Language: which of Latvian, Russian and English a comment is written in, if any.

Latvian comes without marks (`ka ir`) and in the old spelling (`shodien`), Russian in Latin letters
(`kak dela`); no general detector knows these. Evidence from our own words and endings decides
most comments; lingua, loaded on first need, weighs in where that is thin.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, lru_cache

from lingua import Language, LanguageDetector, LanguageDetectorBuilder

from pipeline.core import language_words as known
from pipeline.core.translit import CYRILLIC, RUSSIAN_STYLES, russian_to_latin, transliterate_old

Weights = Mapping[str, Mapping[str, float]]
"""For each word or ending the languages it speaks for, and how much."""

ASSESSED = ("lv", "ru", "en")
_SLAVIC = ("pl", "hr", "cs", "so")
_LINGUA = {"LATVIAN": "lv", "ENGLISH": "en", "POLISH": "slavic", "CROATIAN": "slavic"}
"""What lingua's languages stand for here; the others are "und"."""

_ADDRESS = re.compile(r"(?:https?://|www\.)\S+|(?<!\S)\S*@\S*|\bRT\b")
_WORD = re.compile(r"4?[^\W\d_]+(?:[4'’][^\W\d_]+)*")
_AGREEMENT = re.compile(r"\+\s?\d{1,4}[.!+]*")
_LATIN = re.compile(r"[a-zà-ɏḁ-ỿ]")
_MARKS = re.compile(r"[\u0300-\u036f]")
_LATVIAN_LETTER = re.compile(r"[āēīģķļņ]")
_FOREIGN_LETTER = re.compile(r"[^\W\d_a-zāčēģīķļņōŗšūžЀ-ԯ]")
_UNMARKED = str.maketrans("łøđßæœı", "lodsaoi")
_LETTERS_OF = {
    "uk": re.compile(r"[іїєґ]"),
    "be": re.compile(r"[ўі]"),
    "bg": re.compile(r"ъ(?![еёюя])"),
    "sr": re.compile(r"[ђјљњћџ]"),
    "other": re.compile(r"[әғқңөұүһѓќѕӣӯҳҷ]"),
    "ru": re.compile(r"[ыэё]|ъ[еёюя]"),
}
_MAX_WORDS = 60
"""The first words tell; a long text costs no more than these."""


def detect_language(text: str) -> str:
    """Return "lv", "ru", "en", or "und" when `text` is in none of them or too short to tell.

    A code-mixed text gets the language of most of it. `+1` and words such as `super`, which belong
    to no language, count as Latvian, so that harmless comments need no person.
    """
    lower = unicodedata.normalize("NFC", _ADDRESS.sub(" ", text[:2000])).lower()
    words = _WORD.findall(lower)[:_MAX_WORDS]
    if not words:
        return "lv" if _AGREEMENT.fullmatch(text.strip()) else "und"
    cyrillic = [word for word in words if CYRILLIC.match(word)]
    latin = [word for word in words if _LATIN.match(word[1:] if word[0] == "4" else word)]
    n_cyrillic, n_latin = sum(map(len, cyrillic)), sum(map(len, latin))
    if sum(map(len, words)) > 2 * (n_cyrillic + n_latin):
        return "und"
    return _cyrillic_language(cyrillic) if n_cyrillic >= n_latin else _latin_language(latin, lower)


def _cyrillic_language(words: list[str]) -> str:
    """Russian, unless letters or words of a neighbour speak louder."""
    table = _cyrillic_words()
    scores = _add_up(table[word] for word in words if word in table)
    text = " ".join(words)
    for lang, letters in _LETTERS_OF.items():
        scores[lang] += 0.7 * len(letters.findall(text))
    russian = scores.pop("ru", 0.0)
    return "und" if max(scores.values()) > russian else "ru"


def _latin_language(words: list[str], lower: str) -> str:
    scores = _latin_scores(words, lower)
    slavic = scores.pop("slavic")
    n_words = len(words)
    ranked = sorted(scores, key=lambda lang: -scores[lang])  # a tie keeps the order of ASSESSED
    best, second = scores[ranked[0]], scores[ranked[1]]
    if n_words <= 2 and best:
        return ranked[0]
    if best >= 0.28 * n_words and best >= 1.5 * second and (best >= 1.2 or n_words == 3):
        return ranked[0]
    return _ask_lingua(words, scores, slavic)


def _latin_scores(words: list[str], lower: str) -> dict[str, float]:
    """Return the evidence for each assessed language and, as "und", for the strongest other."""
    scores = _add_up(map(_word_evidence, _bare(" ".join(words)).split(" ")))
    scores["lv"] += 0.8 * min(len(_LATVIAN_LETTER.findall(lower)), len(words))
    marks = 0.8 * min(len(_FOREIGN_LETTER.findall(lower)), len(words))
    foreign = marks + max(scores[lang] for lang in known.FOREIGN)
    slavic = marks + max(scores[lang] for lang in _SLAVIC)
    return {**{lang: scores[lang] for lang in ASSESSED}, "und": foreign, "slavic": slavic}


def _add_up(evidence: Iterable[Mapping[str, float]]) -> dict[str, float]:
    scores: dict[str, float] = defaultdict(float)
    for langs in evidence:
        for lang, weight in langs.items():
            scores[lang] += weight
    return scores


@lru_cache(maxsize=1 << 16)
def _word_evidence(word: str) -> Mapping[str, float]:
    table = _latin_words()
    found = table.get(word)
    if found is None and len(word) > 3:
        found = table.get(re.sub(r"(.)\1+", r"\1", word))
    if found is not None:
        return found
    stems = _latin_stems()
    for size in (7, 6, 5, 4, 3):
        if word[:size] in stems:
            return stems[word[:size]]
    endings = _latin_endings()
    for size in (5, 4, 3, 2):
        if len(word) >= size + 2 and word[-size:] in endings:
            return endings[word[-size:]]
    return {}


def _ask_lingua(words: list[str], scores: dict[str, float], slavic: float) -> str:
    """Weigh our evidence together with lingua's.

    lingua takes Russian in Latin letters for a Slavic language that is written so; its word then
    goes to Russian as far as our evidence speaks for that.
    """
    n_words = len(words)
    totals = {lang: score / n_words for lang, score in scores.items()}
    confidence: dict[str, float] = defaultdict(float)
    for found in _lingua().compute_language_confidence_values(" ".join(words)[:300]):
        name = found.language.name
        lang = _LINGUA.get(name, "und")
        confidence[lang] = max(confidence[lang], found.value)
    russian = scores["ru"] > 1.2 * slavic + 0.2
    for lang, value in confidence.items():
        if lang == "slavic":
            totals["ru" if russian else "und"] += value
        else:
            totals[lang] += value
    return max(totals, key=lambda lang: totals[lang])


@cache
def _lingua() -> LanguageDetector:
    """Eight languages take 250 MB and three seconds on first use; more tell little more."""
    return LanguageDetectorBuilder.from_languages(
        Language.LATVIAN,
        Language.ENGLISH,
        Language.LITHUANIAN,
        Language.ESTONIAN,
        Language.POLISH,
        Language.GERMAN,
        Language.CROATIAN,
        Language.ITALIAN,
    ).build()


@cache
def _cyrillic_words() -> Weights:
    return _weigh(
        {
            "ru": known.RUSSIAN.split(),
            "uk": known.UKRAINIAN.split(),
            "be": known.BELARUSIAN.split(),
            "bg": known.BULGARIAN.split(),
            "sr": known.SERBIAN.split(),
        },
        1.0,
    )


@cache
def _latin_words() -> Weights:
    words = {lang: _bare(text).split() for lang, text in known.FOREIGN.items()}
    shared = known.SHARED.split()
    words["lv"] = [*_latvian_spellings(known.LATVIAN), *shared]
    words["ru"] = list(_russian_spellings(known.RUSSIAN))
    words["en"] = [*known.ENGLISH.replace("'", "").split(), *shared]
    return _weigh(words, 1.0)


@cache
def _latin_stems() -> Weights:
    stems = {
        "lv": list(_latvian_spellings(known.LATVIAN_STEMS)),
        "ru": [stem for stem in _russian_spellings(known.RUSSIAN_STEMS) if len(stem) > 2],
    }
    return _weigh(stems, 0.8)


@cache
def _latin_endings() -> Weights:
    endings = {lang: _bare(text).split() for lang, text in known.FOREIGN_ENDINGS.items()}
    endings["lv"] = list(_latvian_spellings(known.LATVIAN_ENDINGS))
    endings["ru"] = list(_russian_spellings(known.RUSSIAN_ENDINGS))
    endings["en"] = known.ENGLISH_ENDINGS.split()
    return _weigh(endings, 0.5)


def _latvian_spellings(text: str) -> Iterator[str]:
    yield from _bare(text).split()
    yield from transliterate_old(text).split()


def _russian_spellings(text: str) -> Iterator[str]:
    for style in RUSSIAN_STYLES:
        yield from _bare(russian_to_latin(text, style)).split()


def _weigh(words: Mapping[str, Iterable[str]], weight: float) -> Weights:
    """Return the evidence table: a word shared by several languages speaks less for each."""
    table: dict[str, dict[str, float]] = {}
    for lang, spellings in words.items():
        for word in set(spellings):
            table.setdefault(word, {})[lang] = weight
    for langs in table.values():
        n_langs = len(langs)
        for lang in langs:
            langs[lang] /= n_langs
    return table


def _bare(text: str) -> str:
    """Return `text` in lower case without marks and apostrophes."""
    if text.isascii():
        return text.replace("'", "")
    plain = _MARKS.sub("", unicodedata.normalize("NFD", text)).translate(_UNMARKED)
    return plain.replace("'", "").replace("’", "")
