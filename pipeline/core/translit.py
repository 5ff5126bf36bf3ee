"""Transliteration: Latvian without marks, Latvian in the old spelling, Russian in Latin letters.

Training respells texts with these, matching folds with them, and language detection knows them.
Case is kept throughout; letters of other alphabets pass unchanged.
"""

import re
from functools import cache
from typing import Literal, get_args

RussianStyle = Literal["ya", "ja", "soft", "chat", "latvian"]
"""Habits of people who write Russian in Latin letters.

ya: as in a passport (`khorosho`, `ya`); ja: as Germans and Balts do (`horosho`, `ja`); soft: with
' for the soft sign (`zhizn'`); chat: by the look and in haste (`4to`, `xorowo`); latvian: on a
Latvian keyboard (`horošo`).
"""
RUSSIAN_STYLES: tuple[RussianStyle, ...] = get_args(RussianStyle)

_FOLDED = str.maketrans("āčēģīķļņōŗšūžĀČĒĢĪĶĻŅŌŖŠŪŽ", "acegiklnorsuzACEGIKLNORSUZ")
_OLD = {
    **dict(zip("āēīōū", ["aa", "ee", "ii", "oo", "uu"], strict=True)),
    **dict(zip("čšžģķļņŗ", ["ch", "sh", "zh", "gj", "kj", "lj", "nj", "rj"], strict=True)),
}
_RUSSIAN = "абвгдеёжзийклмнопрстуфхцчшщъыьэюя"
_PLAIN = "a b v g d e yo zh z i y k l m n o p r s t u f kh ts ch sh shch - y - e yu ya"
_STYLES: dict[RussianStyle, dict[str, str]] = {
    "ya": {},
    "ja": {"ё": "jo", "й": "j", "х": "h", "ц": "c", "щ": "sch", "ю": "ju", "я": "ja"},
    "soft": {"ё": "jo", "й": "j", "х": "h", "щ": "sch", "ь": "'", "ъ": "'", "ю": "ju", "я": "ja"},
    "chat": {"ё": "e", "х": "x", "ц": "c", "ч": "4", "ш": "w", "щ": "w", "ы": "i", "ю": "u"},
    "latvian": {
        **{"ё": "jo", "ж": "ž", "й": "j", "х": "h", "ц": "c", "ч": "č", "ш": "š", "щ": "šč"},
        **{"ю": "ju", "я": "ja"},
    },
}
_BACK = {
    **dict(zip("abvgdezijklmnoprstufhcyxw", "абвгдезийклмнопрстуфхцыхш", strict=True)),
    **dict(zip(["shch", "sch", "šč", "zh", "ž", "kh", "ts"], "щщщжжхц", strict=True)),
    **dict(zip(["ch", "č", "4", "sh", "š", "yo", "jo"], "чччшшёё", strict=True)),
    **dict(zip(["yu", "ju", "ya", "ja", "ye", "je", "'", "q"], "ююяяееьк", strict=True)),
    **{"iy": "ий", "ij": "ий", "yy": "ый", "yj": "ый"},
}
CYRILLIC = re.compile("[Ѐ-ԯ]")
LATIN_WORD = re.compile(r"[A-Za-zčšžČŠŽ][A-Za-zčšžČŠŽ'4]*|4[A-Za-z'4]+")
"""A word that may be Russian in Latin letters."""
_VOWELS = "aeiouy"


def fold_latvian(text: str) -> str:
    """Return `text` without Latvian diacritics, of the same length: `žēl` becomes `zel`."""
    return text.translate(_FOLDED)


def transliterate_old(text: str) -> str:
    """Return `text` with Latvian letters as in telegrams and early chats: `šodien`, `shodien`."""
    return _respell(text, _OLD, _latvian_letters())


def russian_to_latin(text: str, style: RussianStyle) -> str:
    """Return `text` with Russian letters written in Latin ones after the habit of `style`."""
    return _respell(text, _russian_table(style), _russian_letters())


def latin_to_russian(text: str) -> str:
    """Return `text` with its Latin words read as Russian in any style; a best effort.

    Soft signs that were left out stay out, and words of other languages come out as nonsense.
    """
    return LATIN_WORD.sub(lambda match: _read_russian(match.group()), text)


@cache
def _latvian_letters() -> re.Pattern[str]:
    return re.compile(f"[{''.join(_OLD)}{''.join(_OLD).upper()}]")


@cache
def _russian_letters() -> re.Pattern[str]:
    return re.compile(f"[{_RUSSIAN}{_RUSSIAN.upper()}]")


@cache
def _russian_table(style: RussianStyle) -> dict[str, str]:
    plain = [spelling.replace("-", "") for spelling in _PLAIN.split()]
    return {**dict(zip(_RUSSIAN, plain, strict=True)), **_STYLES[style]}


def _respell(text: str, table: dict[str, str], letters: re.Pattern[str]) -> str:
    def spell(match: re.Match[str]) -> str:
        letter = match.group()
        new = table[letter.lower()]
        if letter.islower():
            return new
        # `ŠODIEN` is all capitals, `Šodien` has one; a lone capital follows its neighbour.
        after, before = (
            text[match.end() : match.end() + 1],
            text[max(match.start() - 1, 0) : match.start()],
        )
        return new.upper() if (after if after.isalpha() else before).isupper() else new.capitalize()

    return letters.sub(spell, text)


def _read_russian(word: str) -> str:
    lower = word.lower()
    russian = []
    place = 0
    while place < len(word):
        size = next(n for n in (4, 3, 2, 1) if n == 1 or lower[place : place + n] in _BACK)
        piece = lower[place : place + size]
        new = _read_piece(lower, place, piece)
        russian.append(new.upper() if word[place].isupper() else new)
        place += size
    return "".join(russian)


def _read_piece(word: str, place: int, piece: str) -> str:
    before, after = word[place - 1 : place], word[place + len(piece) :]
    if piece == "e" and place == 0 and re.match(r"t[aoiu]", after):
        return "э"  # это, эта, эти, этот
    if piece == "y" and before and before in _VOWELS:
        return "й"
    if piece in ("ij", "iy", "yj", "yy") and after and after[0] in _VOWELS:
        return _BACK[piece[0]] + "й"
    return _BACK.get(piece, piece)
