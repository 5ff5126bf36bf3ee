"""Text: the spelling that the model reads, mapped back to what a person wrote.

People hide words from filters and write in haste: zero-width characters, look-alike letters,
s p a c e d words, stretched vowels. `normalise` undoes that and leaves ordinary text as it is.
"""

import hashlib
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipeline.core.spelling import STEPS, Edit, is_plain, read_latvian, read_russian, unify
from pipeline.core.translit import CYRILLIC, fold_latvian


@dataclass(frozen=True, slots=True)
class Normalised:
    """A normalised text, and where each of its characters stood in the original."""

    text: str
    offsets: Sequence[int]
    """For each character of `text` the index in the original at which its source starts."""
    ends: Sequence[int]
    """For each character of `text` the index in the original at which its source ends."""

    def original_span(self, start: int, end: int) -> tuple[int, int]:
        """Return the span of the original that became `text[start:end]`."""
        last = len(self.text)
        start = min(max(start, 0), last)
        end = min(max(end, start), last)
        if start == end:
            place = self.offsets[start] if start < last else (self.ends[-1] if last else 0)
            return place, place
        return self.offsets[start], self.ends[end - 1]


def normalise(text: str) -> Normalised:
    """Return `text` in the spelling that the model reads, with offsets; case is kept.

    In this order, repeated until nothing changes, so that normalising twice equals once:

    - compatibility forms (full-width, mathematical, ligatures) become plain letters; quotes, dashes
      and spaces one kind each; invisible characters, stacked accents and skin tones go;
    - four or more single letters in a row with one separator are joined: `i-d-i-o-t-s`, and cut
      where words end when the separator was a space (`word_segmentation`);
    - runs of stars in a word become one: `p***c` and `p*c` read the same;
    - look-alike letters, digits and symbols inside a word become its script (`lookalikes`);
    - a letter three times or more becomes two: more carries mood and no meaning, and one would
      merge different words; Roman numerals and names such as ООО stay;
    - a mark or emoji four times or more becomes three; white space one space, none at the ends.

    Addresses, e-mails and @mentions keep their letters. Time is linear in the length of the text.
    """
    draft = _Draft(unify(text))
    draft.settle()
    return draft.normalised()


def reading(text: str, lang: str) -> Normalised:
    """Return `text` as the model reads it: normalised, in the letters of its language.

    There are many ways to write Russian in Latin letters and few texts to learn each from. A text
    that is Russian by `lang` and has no Cyrillic letter is therefore read back first, before
    digits that stand for letters ("4to") are taken for a disguise. A text that is Latvian and has
    no diacritics gets them, word by word, where the accented form is the usual one.
    """
    draft = _Draft(unify(text))
    if lang == "ru" and not CYRILLIC.search(text):
        draft.apply(read_russian(draft.text))
    draft.settle()
    if lang == "lv" and fold_latvian(draft.text) == draft.text:
        draft.apply(read_latvian(draft.text))
    return draft.normalised()


def readings(texts: Iterable[str], langs: Iterable[str]) -> list[str]:
    """Return texts as the model reads them, each in its language."""
    return [reading(text, lang).text for text, lang in zip(texts, langs, strict=True)]


def text_hash(text: str) -> str:
    """Return 16 hex digits that name a text in annotation files.

    They come from SHA-256 over the UTF-8 of the text in NFC with its white space collapsed.
    """
    canonical = " ".join(unicodedata.normalize("NFC", text).split())
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()[:16]


class _Draft:
    """A text under change that remembers where its characters came from."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.starts: Sequence[int] = range(len(text))
        self.ends: Sequence[int] = range(1, len(text) + 1)

    def apply(self, edits: list[Edit]) -> None:
        """Make the edits, which are in order and do not overlap."""
        if not edits:
            return
        pieces: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        done = 0
        for start, end, new in edits:
            pieces += (self.text[done:start], new)
            starts += self.starts[done:start]
            ends += self.ends[done:start]
            # Align left; the last new character takes what remains of the source.
            sources = [min(start + k, end - 1) for k in range(len(new))]
            starts += [self.starts[k] for k in sources]
            ends += [self.ends[k] for k in (*sources[:-1], end - 1)] if new else []
            done = end
        self.text = "".join((*pieces, self.text[done:]))
        self.starts = [*starts, *self.starts[done:]]
        self.ends = [*ends, *self.ends[done:]]

    def settle(self) -> None:
        """Take all steps until none changes anything."""
        while not is_plain(self.text):
            before = self.text
            for step in STEPS:
                self.apply(step(self.text))
            if self.text == before:
                break

    def normalised(self) -> Normalised:
        """Return what has become of the text."""
        return Normalised(self.text, self.starts, self.ends)
