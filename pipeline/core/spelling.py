"""Spelling: the steps by which `normalise` undoes disguises, each as edits to a text.

A step returns replacements in order that do not overlap; `is_plain` is quick and says when no
step would return any.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from itertools import pairwise

from pipeline.core.lookalikes import straighten
from pipeline.core.translit import LATIN_WORD, latin_to_russian
from pipeline.core.word_frequencies import accented_forms
from pipeline.core.word_segmentation import word_ends

Edit = tuple[int, int, str]
"""Replace the characters from start to end (exclusive, at least one) by a string."""

# Characters

_MARKS = r"\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
"""Combining marks of Latin and Cyrillic; other scripts need theirs."""
_INVISIBLE = (
    r"\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    r"\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0"
    r"\ufff0-\ufffb\U0001f3fb-\U0001f3ff\U000e0000-\U000e0fff"
)
"""Controls, zero-width and direction marks, fillers, lone surrogates, variation and skin tones."""
_LETTERS = (
    r"\xc0-\xd6\xd8-\xf6\xf8-\u0131\u0134-\u013e\u0141-\u0148\u014a-\u017e"
    r"\u0400-\u0482\u048a-\u04ff"
)
"""Letters of Latin and Cyrillic that have no compatibility form."""
_PICTURES = (
    r"€№\u2600-\u27bf\U0001f300-\U0001f3fa\U0001f400-\U0001f64f"
    r"\U0001f680-\U0001f6ff\U0001f900-\U0001faff"
)

_ODD = re.compile(rf"[^ -~{_LETTERS}{_PICTURES}]")
_CLUSTER = re.compile(
    rf"[{_INVISIBLE}]+|[^ -~{_LETTERS}{_PICTURES}][{_MARKS}]*|[{_LETTERS}\x21-\x7e][{_MARKS}]+"
)
_STRIP = re.compile(rf"[{_INVISIBLE}{_MARKS}]+")
_KEPT = re.compile(r"[\xb2\xb3\xb9\xbc-\xbe\u2070-\u209c\u2100-\u215f\u2189\ufb50-\ufdff]")
"""Superscripts, fractions, signs, Arabic phrases: their plain forms would mislead or swell."""
_ONE_TO_ONE = {
    **dict.fromkeys(map(ord, "“”„‟«»″＂"), '"'),
    **dict.fromkeys(map(ord, "‘’‚‛′`´ʼʹˈ＇"), "'"),
    **dict.fromkeys(map(ord, "‐‑‒–—―−﹘﹣－"), "-"),
    **dict.fromkeys([*range(9, 14), *range(28, 32), 0x85, 0xA0, 0x1680], " "),
    **dict.fromkeys([*range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F, 0x2800, 0x3000], " "),
}


def unify(text: str) -> str:
    """Return `text` with one kind of quotes, dashes and spaces; its length stays."""
    return text.translate(_ONE_TO_ONE) if _ODD.search(text) else text


def _clean(text: str) -> list[Edit]:
    """Compatibility forms, marks, invisible characters."""
    if not _ODD.search(text):
        return []
    # Addresses too: what cannot be seen or encoded may hide anywhere.
    return _rewrites(text, _CLUSTER, lambda match: _clean_cluster(match.group()))


def _clean_cluster(cluster: str) -> str:
    if _KEPT.fullmatch(cluster):
        return cluster
    plain = unicodedata.normalize("NFKC", cluster.translate(_ONE_TO_ONE))
    return _STRIP.sub("", plain.translate(_ONE_TO_ONE))


# Words

_KEEP = re.compile(
    r"(?<!\w)(?:https?://|www\.)\S+"
    r"|(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}"
    r"|(?<![\w@])@\w[\w.]*"
    r"|(?<![\w.-])(?:[\w-]{1,63}\.){1,5}(?:lv|lt|ee|ru|com|net|org|eu|me|info|be)\b(?:/\S*)?",
    re.IGNORECASE,
)
"""What stays as written. Bounds keep the search linear on long runs without a match."""

_SEPARATOR = r" ?[.\-_*·•~] ?| "
_SPACED = re.compile(
    rf"(?<![^\W_])[^\W\d_]({_SEPARATOR})(?:[^\W\d_]|\*)(?:\1(?:[^\W\d_]|\*)){{2,}}(?![^\W_])"
)
_LONE_LETTERS = re.compile(r"[ .\-_*·•~][^\W\d_*][ .\-_*·•~]{1,3}[^\W\d_*]")
"""Quick, and lets through little more than `_SPACED`, which it guards."""
_ONE_LETTER_WORDS = re.compile(r"[аия]{3,}[вкосу]?", re.IGNORECASE)
"""`А я и в школе` is four Russian words; `с у к а` cannot be, as a preposition comes last."""
_STARS = re.compile(r"(?<!\*)([^\W_]?)\*{2,}([^\W_]?)")
_WORD = re.compile(r"[\w@$*]+")
_PLAIN_WORD = re.compile(r"\b[A-Za-z]+\b")
_MIXED = re.compile(
    r"[^\W\d_\u0370-\u04ff][0-9@$*]?[\u0370-\u04ff]|[\u0370-\u04ff][0-9@$*]?[^\W\d_\u0370-\u04ff]"
)
_MASKED = re.compile(r"[0-9@](?=[^\W\d_])(?<=[^\W\d_].|\*.)|\$(?:(?=[^\W\d_])|(?<=[^\W\d_].))")
_TRIPLE = re.compile(r"(.)\1\1")
"""Quick, and guards the next three."""
_STRETCHED_OR_REPEATED = re.compile(r"([^\W\d_])\1\1|([^\w\s]|_)\2\2\2")
_STRETCHED = re.compile(
    r"\b(?![IVXLCDM]*([IVXLCDM])\1{3})[IVXLCDM]{3,15}\b|\b([A-ZА-Я])\2\2\b|\bwww\b"
    r"|([^\W\d_])\3{2,}"
)
_REPEATED = re.compile(r"([^\w\s]|_)\1{3,}")
_SPACES = re.compile(r"\s{2,}|[^\S ]|\A | \Z")
_SYMBOL = re.compile(r"[0-9@$*]")
_LATIN = re.compile(r"[A-Za-z\xc0-\u024f]")
_NOT_LATIN = re.compile(r"[\u0370-\u04ff]")


def _join_spaced(text: str) -> list[Edit]:
    """Single letters in a row."""
    edits: list[Edit] = []
    if not _LONE_LETTERS.search(text):
        return edits
    for match in _SPACED.finditer(text):
        sep = match.group(1)
        letters = match.group().split(sep) if sep != "*" else list(match.group()[::2])
        if _is_listing("".join(letters)):
            continue
        # A separator other than a space leaves the gaps between words to be seen.
        gaps = lost_gaps("".join(letters)) if sep == " " else frozenset()
        place = match.start()
        for number, letter in enumerate(letters[:-1], start=1):
            place += len(letter)
            if number not in gaps:
                edits.append((place, place + len(sep), ""))
            place += len(sep)
    return _outside_kept(text, edits)


def lost_gaps(letters: str) -> frozenset[int]:
    """Return after how many letters a word ends; none where lone letters would be left in a row."""
    ends = word_ends(letters)
    lone = [after - before == 1 for before, after in pairwise([0, *ends, len(letters)])]
    in_a_row = any(first and second for first, second in pairwise(lone))
    return frozenset() if in_a_row else frozenset(ends)


def _is_listing(letters: str) -> bool:
    """Whether single letters are ordinary text: an alphabet (`A B C D`) or one-letter words."""
    steps = {ord(after) - ord(before) for before, after in pairwise(letters)}
    return steps == {1} or _ONE_LETTER_WORDS.fullmatch(letters) is not None


def _merge_stars(text: str) -> list[Edit]:
    """Runs of stars in a word."""
    if "**" not in text:
        return []
    edits = [
        (match.end(1), match.start(2), "*")
        for match in _STARS.finditer(text)
        if match.group(1) or match.group(2)
    ]
    return _outside_kept(text, edits)


def _straighten_words(text: str) -> list[Edit]:
    """Look-alikes and digits inside words."""
    if not (_has_mixed_word(text) or _has_masked_word(text)):
        return []
    return _changes(text, _WORD, lambda match: straighten(match.group()))


def _squeeze_letters(text: str) -> list[Edit]:
    if not _TRIPLE.search(text):
        return []
    return _changes(text, _STRETCHED, lambda match: (match.group(3) or "") * 2 or match.group())


def _squeeze_marks(text: str) -> list[Edit]:
    if not _TRIPLE.search(text):
        return []
    return _changes(text, _REPEATED, lambda match: match.group(1) * 3)


def _squeeze_spaces(text: str) -> list[Edit]:
    last = len(text)
    return [
        (match.start(), match.end(), "" if match.start() == 0 or match.end() == last else " ")
        for match in _SPACES.finditer(text)
    ]


STEPS: tuple[Callable[[str], list[Edit]], ...] = (
    _clean,
    _join_spaced,
    _merge_stars,
    _straighten_words,
    _squeeze_letters,
    _squeeze_marks,
    _squeeze_spaces,
)


def read_russian(text: str) -> list[Edit]:
    """Return the edits that write Latin words as Russian ones; not a step of `normalise`."""
    return _changes(text, LATIN_WORD, lambda match: latin_to_russian(match.group()))


def read_latvian(text: str) -> list[Edit]:
    """Return the edits that give Latvian words their diacritics; not a step of `normalise`."""
    forms = accented_forms()
    return _changes(text, _PLAIN_WORD, lambda match: accented(match.group(), forms))


def accented(word: str, forms: Mapping[str, str]) -> str:
    """Return a word as it is written most often, in the same case."""
    form = forms.get(word.lower(), word)
    return "".join(
        new.upper() if old.isupper() else new for old, new in zip(word, form, strict=True)
    )


def is_plain(text: str) -> bool:
    """Whether no step can change the text; most comments end here."""
    return not (
        _ODD.search(text)
        or "  " in text
        or text[:1] == " "
        or text[-1:] == " "
        or (_TRIPLE.search(text) and _STRETCHED_OR_REPEATED.search(text))
        or (_LONE_LETTERS.search(text) and _SPACED.search(text))
        or "**" in text
        or _has_mixed_word(text)
        or _has_masked_word(text)
    )


def _has_mixed_word(text: str) -> bool:
    both = _NOT_LATIN.search(text) and _LATIN.search(text)
    return both is not None and _MIXED.search(text) is not None


def _has_masked_word(text: str) -> bool:
    return _SYMBOL.search(text) is not None and _MASKED.search(text) is not None


def _changes(
    text: str, pattern: re.Pattern[str], rewrite: Callable[[re.Match[str]], str]
) -> list[Edit]:
    """Return the edits that replace each match, outside of addresses, by its rewriting."""
    return _outside_kept(text, _rewrites(text, pattern, rewrite))


def _rewrites(
    text: str, pattern: re.Pattern[str], rewrite: Callable[[re.Match[str]], str]
) -> list[Edit]:
    return [
        (match.start(), match.end(), new)
        for match in pattern.finditer(text)
        if (new := rewrite(match)) != match.group()
    ]


def _outside_kept(text: str, edits: list[Edit]) -> list[Edit]:
    """Return the edits that do not touch an address, e-mail or mention."""
    if not edits:
        return edits
    spans = [match.span() for match in _KEEP.finditer(text)]
    outside: list[Edit] = []
    place = 0
    for edit in edits:
        while place < len(spans) and spans[place][1] <= edit[0]:
            place += 1
        if place == len(spans) or edit[1] <= spans[place][0]:
            outside.append(edit)
    return outside
