"""Look-alikes: one word in one script, without digits and symbols that stand for letters.

`дypaк` with Latin letters and `idiоts` with a Cyrillic one read the same to a person and differ to
a tokenizer. A word is rewritten only when its other letters leave no doubt about its script.
"""

import re
import unicodedata

_LATIN = "aceopxyABCEHKMOPTXYkmt"
_CYRILLIC = "асеорхуАВСЕНКМОРТХУкмт"
"""The same shapes in both scripts, in the same order."""
_TO_CYRILLIC = {
    **dict(zip(_LATIN, _CYRILLIC, strict=True)),
    # Weaker likenesses, read so only beside letters that are surely Cyrillic.
    # Not Z: in capitals it is a sign of its own (`Zа наших`).
    **dict(zip("uUnrhbiIwWz", "иИпгнбиИшШз", strict=True)),
}
_TO_LATIN = {
    **dict(zip(_CYRILLIC, _LATIN, strict=True)),
    # Cyrillic letters of other languages, at home in no Russian word.
    **dict(zip("іјѕһԁӏԛԝІЈЅҺԀӀԚԜ", "ijshdlqwIJSHDlQW", strict=True)),
}
_FROM_GREEK = dict(zip("αεικνορτυχΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "aeikvoptuxABEZHIKMNOPTYX", strict=True))
_LATVIAN = frozenset("āčēģīķļņōŗšūžĀČĒĢĪĶĻŅŌŖŠŪŽ")
"""Letters with marks that nobody uses to disguise a Cyrillic word."""

_DIGITS = {
    "latin": {"0": "o", "1": "i", "3": "e", "@": "a", "$": "s"},
    "cyrillic": {"0": "о", "1": "и", "3": "з", "4": "ч", "6": "б", "@": "а", "$": "с"},
}
_ENDED_ABBREVIATION = re.compile(r"[A-Z]{2,}[а-яё]+")
"""`SMSка`, `IKEAй`: a foreign name with a Russian ending."""
_NUMBER = re.compile(r"[0-9]{2}|mp[34]|tv[0-9]|[0-9]x[0-9]", re.IGNORECASE)
_MASK = re.compile(
    r"(?<=[^\W\d_])[013460@$](?=[^\W\d_])|(?<=\*)[0136](?=[^\W\d_])|(?<=[^\W\d_])\$|\$(?=[^\W\d_])"
)
_HOUSE = re.compile(r"[0-9][a-fа-е]\Z", re.IGNORECASE)
"""A house number: `Liepu3a`."""


def straighten(word: str) -> str:
    """Return `word` in one script, of the same length; unchanged when there is doubt.

    `word` holds letters, digits and the symbols `@ $ *`.
    """
    greek = any("Ͱ" <= letter <= "Ͽ" for letter in word)
    plain = "".join(_FROM_GREEK.get(letter, letter) for letter in word) if greek else word
    script = script_of(plain)
    if script is None:
        return word
    convert = _as_cyrillic if script == "cyrillic" else _as_latin
    return _unmask("".join(map(convert, plain)), script)


def script_of(word: str) -> str | None:
    """Return "latin" or "cyrillic" when a word has or hides only that script, else None."""
    latin = [letter for letter in word if _is_latin(letter)]
    cyrillic = [letter for letter in word if _is_cyrillic(letter)]
    if sum(map(str.isalpha, word)) > len(latin) + len(cyrillic):
        return None
    if not cyrillic or not latin:
        return "latin" if latin else "cyrillic" if cyrillic else None
    sure_latin = any(_as_cyrillic(letter) == letter for letter in latin)
    sure_cyrillic = any(letter not in _TO_LATIN for letter in cyrillic)
    if (sure_latin and sure_cyrillic) or _ENDED_ABBREVIATION.fullmatch(word):
        return None
    if sure_latin or sure_cyrillic:
        return "latin" if sure_latin else "cyrillic"
    return "latin" if len(latin) > len(cyrillic) else "cyrillic"


def _is_latin(letter: str) -> bool:
    return letter.isalpha() and letter < "ɐ"


def _is_cyrillic(letter: str) -> bool:
    return "Ѐ" <= letter <= "ӿ" or "Ԁ" <= letter <= "ԯ"


def _as_cyrillic(letter: str) -> str:
    if letter in _LATVIAN:
        return letter
    base = unicodedata.normalize("NFD", letter)[0] if "À" <= letter < "ɐ" else letter
    return _TO_CYRILLIC.get(base, letter)


def _as_latin(letter: str) -> str:
    return _TO_LATIN.get(letter, letter)


def _unmask(word: str, script: str) -> str:
    """Read digits and symbols between the letters of a word as letters."""
    if not _may_be_masked(word):
        return word
    meaning = _DIGITS[script]
    house = _HOUSE.search(word)

    def read(match: re.Match[str]) -> str:
        number = house is not None and match.start() == house.start()
        if number or not _stands_for_letter(word, match.start()):
            return match.group()
        return meaning.get(match.group(), match.group())

    return _MASK.sub(read, word)


def _may_be_masked(word: str) -> bool:
    """Whether a word is letters with a few masks; codes, plates and addresses are not."""
    n_letters = sum(map(str.isalpha, word))
    n_masks = len(word) - n_letters - word.count("*")
    if not n_masks or n_masks * 2 > n_letters or _NUMBER.search(word):
        return False
    # Codes are in capitals or mixed: ask for more letters, or leave them.
    return n_letters >= 5 if word.isupper() else n_letters >= 3 and word[1:].islower()


def _stands_for_letter(word: str, place: int) -> bool:
    """Whether a symbol is part of a word: in `info@ogre` and `USD$` it is not."""
    before, after = word[:place], word[place + 1 :]
    if word[place] == "$":
        return (before[-1:] + after[:1]).islower() and (len(before) >= 3 or len(after) >= 2)
    if word[place] == "@":
        return min(len(before), len(after)) <= 3 and len(word) <= 9
    return True
