"""Which character set a text file is written in, decided once per file, and files opened in it."""

import codecs
import gzip
import io
import re
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, TextIO, cast

from pipeline.core.errors import PipelineError

BLOCK = 1 << 16
SAMPLE_BLOCKS = 16
BREAKS = (EOFError, OSError, zlib.error)
"""What reading raises where a file, mostly a packed one, breaks off."""
HIGHEST_UPPER = 5
"""Upper byte of the last Cyrillic letters in UTF-16."""
BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
WORD = re.compile(r"[^\W\d_]+")
LATVIAN = frozenset("abcdefghijklmnopqrstuvwxyzāčēģīķļņšūžōŗ")
RUSSIAN = frozenset("абвгдеёжзийклмнопрстуфхцчшщъыьэюя")
ESCAPED_BYTE = re.compile("[\udc80-\udcff]")
"""How `surrogateescape` marks a byte that the character set does not have."""
LEFTOVER_BYTE = re.compile("\ufffd")
"""The mark in UTF-16, where a damaged unit cannot be kept as a byte."""


def open_bytes(path: Path) -> BinaryIO:
    """Open a file for reading bytes, unpacked when it ends in `.gz`."""
    if path.suffix == ".gz":
        return cast(BinaryIO, gzip.open(path, "rb"))
    return path.open("rb")


def open_text(path: Path, encoding: str, newline: str = "") -> TextIO:
    """Open a text file with line ends as they are and undecodable bytes marked, not lost."""
    errors = "replace" if is_utf16(encoding) else "surrogateescape"
    return io.TextIOWrapper(open_bytes(path), encoding=encoding, errors=errors, newline=newline)


def undecodable_mark(encoding: str) -> re.Pattern[str]:
    """Return the pattern that finds what `open_text` made of undecodable bytes."""
    return LEFTOVER_BYTE if is_utf16(encoding) else ESCAPED_BYTE


def is_utf16(encoding: str) -> bool:
    """Tell whether the name is one of the UTF-16 character sets."""
    return encoding.lower().replace("_", "-").startswith("utf-16")


def file_encoding(path: Path, candidates: Sequence[str]) -> str:
    """Return the character set of a file, out of `candidates`."""
    with open_bytes(path) as handle:
        return detect_encoding(list(telling_blocks(handle)), candidates)


def telling_blocks(handle: BinaryIO) -> Iterator[bytes]:
    """Yield the first block, then blocks with more than ASCII: the others fit every charset."""
    n_telling = 0
    first = True
    while n_telling < SAMPLE_BLOCKS and (block := read_block(handle)):
        telling = not block.isascii()
        if first or telling:
            yield block
        first = False
        n_telling += telling


def read_block(handle: BinaryIO) -> bytes:
    """Return the next block, empty at the end and where a packed file breaks off."""
    try:
        return handle.read(BLOCK)
    except BREAKS:
        return b""


def detect_encoding(blocks: Sequence[bytes], candidates: Sequence[str]) -> str:
    """Return the candidate that makes the sample readable; the first of them on a tie.

    A byte order mark decides. Then UTF-16 betrays itself by zero bytes, and UTF-8 by sequences
    that hardly occur otherwise; between the rest, words in whole Latvian or whole Russian letters
    decide, because the wrong choice mixes both or yields letters of neither.
    """
    first = blocks[0] if blocks else b""
    for mark, name in BOMS:
        if first.startswith(mark):
            return name
    if "utf-16" in candidates and (name16 := utf16_without_mark(first)):
        return name16
    if "utf-8" in candidates and looks_like_utf8(blocks):
        return "utf-8"
    rest = [name for name in candidates if name not in ("utf-8", "utf-16")]
    if not rest:
        return candidates[0] if len(candidates) == 1 else "utf-8"
    return max(rest, key=lambda name: n_plausible_words(blocks, name))


def utf16_without_mark(first: bytes) -> str | None:
    """Return the UTF-16 byte order that the upper bytes of European letters show, if any.

    Every second byte is then 0 to 5, with zeros among them; no other text has such bytes.
    """
    for upper, name in ((first[1::2], "utf-16-le"), (first[0::2], "utf-16-be")):
        n_low = sum(byte <= HIGHEST_UPPER for byte in upper)
        if upper.count(0) and n_low * 10 >= len(upper) * 9:
            return name
    return None


def looks_like_utf8(blocks: Sequence[bytes]) -> bool:
    """Tell whether valid multi-byte sequences outweigh damage, which spoils rows, not files."""
    n_good, n_bad = 0, 0
    for block in blocks:
        text = whole_characters(block).decode("utf-8", "surrogateescape")
        n_damaged = len(ESCAPED_BYTE.findall(text))
        n_bad += n_damaged
        n_good += sum(not character.isascii() for character in text) - n_damaged
    return n_bad == 0 or n_good > n_bad


def whole_characters(block: bytes) -> bytes:
    """Return the block without parts of UTF-8 characters that its borders cut."""
    start = 0
    while start < min(3, len(block)) and block[start] & 0xC0 == 0x80:
        start += 1
    for back in range(1, min(4, len(block)) + 1):
        byte = block[-back]
        if byte & 0xC0 != 0x80:
            length = 4 if byte >= 0xF0 else 3 if byte >= 0xE0 else 2 if byte >= 0xC0 else 1
            return block[start : len(block) - back] if length > back else block[start:]
    return block[start:]


def n_plausible_words(blocks: Sequence[bytes], encoding: str) -> int:
    """Return how many words beyond ASCII are all Latvian or all Russian letters, less the rest."""
    score = 0
    for block in blocks:
        for word in WORD.findall(block.decode(encoding, "replace")):
            if not word.isascii():
                letters = set(word.lower())
                score += 1 if letters <= LATVIAN or letters <= RUSSIAN else -1
    return score


def check_encodings(candidates: Sequence[str]) -> None:
    """Raise PipelineError that names every character set Python does not know."""
    unknown = []
    for name in candidates:
        try:
            codecs.lookup(name)
        except LookupError:
            unknown.append(name)
    if unknown or not candidates:
        raise PipelineError(
            f"ingest.encodings: unknown character sets: {', '.join(unknown) or 'none given'}",
            "Use names such as utf-8, utf-16, cp1257, cp1251 in params.yaml.",
        )
