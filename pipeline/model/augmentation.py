"""Respelling a training text as people write: without diacritics, transliterated, disguised."""

import random
from collections.abc import Callable

from pipeline.core.translit import (
    RUSSIAN_STYLES,
    fold_latvian,
    russian_to_latin,
    transliterate_old,
)

LATIN_TO_CYRILLIC = str.maketrans("aeopcxyABEHKMOPCTX", "аеорсхуАВЕНКМОРСТХ")
CYRILLIC_TO_LATIN = str.maketrans("аеорсхуАВЕНКМОРСТХ", "aeopcxyABEHKMOPCTX")
LETTER_TO_DIGIT = str.maketrans("oаieо", "0@130")


def augment(text: str, lang: str, rng: random.Random) -> str:
    """Return `text` respelled in one way that is plausible for its language, never emptied."""
    choices: list[Callable[[str, random.Random], str]] = [
        typo,
        lower,
        upper,
        elongate,
        disguise,
        disguise_all,
    ]
    if lang == "lv":
        choices += [no_diacritics, no_diacritics, no_diacritics, old_spelling, no_diacritics_lower]
    if lang == "ru":
        choices += [latin_letters, latin_letters, latin_letters]
    return rng.choice(choices)(text, rng).strip() or text


def no_diacritics(text: str, _rng: random.Random) -> str:
    """Return Latvian without diacritics."""
    return fold_latvian(text)


def no_diacritics_lower(text: str, _rng: random.Random) -> str:
    """Return Latvian without diacritics, capitals and commas."""
    return fold_latvian(text).lower().replace(",", "")


def old_spelling(text: str, _rng: random.Random) -> str:
    """Return Latvian in the spelling of the years before Unicode (shodien, beerni)."""
    return transliterate_old(text)


def latin_letters(text: str, rng: random.Random) -> str:
    """Return Russian in Latin letters, in one of the styles in use."""
    return russian_to_latin(text, rng.choice(RUSSIAN_STYLES))


def lower(text: str, _rng: random.Random) -> str:
    """Return the text in lower case."""
    return text.lower()


def upper(text: str, _rng: random.Random) -> str:
    """Return the text in capitals."""
    return text.upper()


def elongate(text: str, rng: random.Random) -> str:
    """Stretch a vowel or a mark of one word."""
    places = [at for at, sign in enumerate(text) if sign.lower() in "aeiouāēīūаеиоуыя!?"]
    if not places:
        return text
    at = rng.choice(places)
    return text[:at] + text[at] * rng.randint(2, 5) + text[at + 1 :]


def typo(text: str, rng: random.Random) -> str:
    """Swap, drop or double one letter in every eight words or so."""
    signs = list(text)
    for _ in range(1 + text.count(" ") // 8):
        if len(signs) < 4:
            break
        at = rng.randrange(1, len(signs) - 1)
        kind = rng.randrange(3)
        if kind == 0:
            signs[at], signs[at - 1] = signs[at - 1], signs[at]
        elif kind == 1:
            del signs[at]
        else:
            signs.insert(at, signs[at])
    return "".join(signs)


def disguise(text: str, rng: random.Random) -> str:
    """Write some words with look-alike letters, digits, stars, dots or spaces inside."""
    words = text.split(" ")
    long_words = [at for at, word in enumerate(words) if len(word) >= 4 and word.isalpha()]
    for at in rng.sample(long_words, min(len(long_words), 1 + len(words) // 10)):
        words[at] = disguise_word(words[at], rng)
    return " ".join(words)


def disguise_all(text: str, rng: random.Random, kind: int | None = None) -> str:
    """Write every long word disguised in the same way, as who means to hide a whole sentence."""
    # Spaces thrice: they hide where words end, which the others leave to be seen.
    kind = rng.choice((0, 1, 2, 3, 3, 3, 4)) if kind is None else kind
    return " ".join(
        disguise_word(word, rng, kind) if len(word) >= 4 and word.isalpha() else word
        for word in text.split(" ")
    )


def disguise_word(word: str, rng: random.Random, kind: int | None = None) -> str:
    """Return one word disguised in one way: 0 look-alikes, 1 digits, 2 star, 3 spaces, 4 dots."""
    kind = rng.randrange(5) if kind is None else kind
    middle = rng.randrange(1, len(word) - 1)
    if kind == 0:
        table = CYRILLIC_TO_LATIN if word[0] > "Ѐ" else LATIN_TO_CYRILLIC
        return word.translate(table)
    if kind == 1:
        return word.translate(LETTER_TO_DIGIT)
    if kind == 2:
        return f"{word[:middle]}*{word[middle + 1 :]}"
    return (" " if kind == 3 else ".").join(word)
