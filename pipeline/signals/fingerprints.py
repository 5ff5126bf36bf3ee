"""Fingerprints of texts: what tells whether two comments say the same, without the text itself.

MinHash over character 5-grams, computed by numpy for a whole column at once. Its 64 values per
text estimate the Jaccard similarity of the 5-grams of two texts with an error of 0.06 at most.
"""

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

N_HASHES = 64
GRAM = 5
CHUNK = 1 << 20
"""Characters hashed at once: bounds the memory."""

_SAME_SHAPE = str.maketrans("aceopxykmtbhіјѕԁһ", "асеорхукмтвнијсдн")
"""Look-alike letters in one script: every text is read so, so that disguise makes no difference."""
_NAMED = re.compile(r"\[[^\]|]{1,80}\|[^\]]{0,80}\]|(?<!\w)@[\w.]+")
_LINK = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_NO_LETTER = re.compile(r"[\W_]+")
_RUN = re.compile(r"(.)\1+")
_LINK_END = ".,;:!?)]}»\"'"


@dataclass(frozen=True)
class Fingerprints:
    """What stands for n texts; rows are in the order of the texts."""

    keys: npt.NDArray[np.uint64]
    """Equal for texts with the same letters; shape (n,)."""
    n_letters: npt.NDArray[np.int32]
    """Letters and digits outside links and mentions; shape (n,)."""
    n_words: npt.NDArray[np.int32]
    """Distinct words outside links and mentions; shape (n,)."""
    signatures: npt.NDArray[np.uint16]
    """Lower halves of the MinHash values; shape (n, 64)."""
    links: npt.NDArray[np.uint64]
    """The first link of a text, 0 where there is none; shape (n,)."""


def fingerprint(texts: Sequence[str]) -> Fingerprints:
    """Return the fingerprints of texts; equal texts are hashed once."""
    words = [words_of(text) for text in texts]
    folded = ["".join(each) for each in words]
    keys = np.fromiter((hash_text(each) for each in folded), np.uint64, len(texts))
    distinct, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
    signatures = np.zeros((len(distinct), N_HASHES), dtype=np.uint16)
    for start, end in pieces([len(folded[at]) for at in first]):
        signatures[start:end] = min_hashes([folded[at] for at in first[start:end]])
    return Fingerprints(
        keys=keys,
        n_letters=np.fromiter(map(len, folded), np.int32, len(texts)),
        n_words=np.fromiter((len(set(each)) for each in words), np.int32, len(texts)),
        signatures=signatures[inverse.reshape(-1)],
        links=np.fromiter(map(first_link, texts), np.uint64, len(texts)),
    )


def words_of(text: str) -> list[str]:
    """Return the words that count for likeness.

    Small letters without marks, look-alikes in one script, a repeated letter once; links and
    mentions are left out, so that "@anna" and "@pēteris" make no difference.
    """
    plain = _LINK.sub(" ", _NAMED.sub(" ", text))
    # Marks fall away with the signs: "š" without its hook, as many people write it. Twice, because
    # small letters can come from signs ("℠") and signs from small letters ("ŉ").
    for _ in range(2):
        plain = unicodedata.normalize("NFKD", plain).casefold()
    plain = unicodedata.normalize("NFKD", plain).translate(_SAME_SHAPE)
    plain = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return [_RUN.sub(r"\1", word) for word in _NO_LETTER.split(plain) if word]


def first_link(text: str) -> int:
    """Return a hash of the first link in a text, 0 when it has none."""
    found = _LINK.search(text)
    if found is None:
        return 0
    address = found[0].rstrip(_LINK_END).casefold()
    return hash_text(address.partition("://")[2] or address) or 1


def hash_text(text: str) -> int:
    """Return 64 bits that stand for a text on every machine and in every run."""
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "little")


def pieces(lengths: Sequence[int]) -> list[tuple[int, int]]:
    """Return ranges of texts that hold about CHUNK characters each."""
    ends = np.cumsum(np.asarray(lengths, dtype=np.int64) + GRAM)
    found, start = [], 0
    while start < len(ends):
        done = int(ends[start - 1]) if start else 0
        end = max(start + 1, int(np.searchsorted(ends, done + CHUNK, side="right")))
        found.append((start, end))
        start = end
    return found


def min_hashes(texts: Sequence[str]) -> npt.NDArray[np.uint16]:
    """Return the MinHash values of folded texts, shape (texts, 64)."""
    # A pad between the texts; grams over a border belong to no text and are cut off below.
    padded = [text.ljust(GRAM, "\0") for text in texts]
    codes = np.frombuffer("".join(padded).encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    grams = mixed(rolling(codes))
    lengths = np.fromiter(map(len, padded), np.int64, len(padded))
    starts = np.cumsum(lengths) - lengths
    inside = np.arange(len(grams)) - np.repeat(starts, lengths) <= np.repeat(
        lengths - GRAM, lengths
    )
    kept = grams[inside]
    n_grams = lengths - GRAM + 1
    bounds = np.cumsum(n_grams) - n_grams
    values = np.empty((len(texts), N_HASHES), dtype=np.uint16)
    for at, (factor, shift) in enumerate(zip(*multipliers(), strict=True)):
        least = np.minimum.reduceat(kept * factor + shift, bounds)
        # Close lower bits of a product carry little: mix before cutting.
        values[:, at] = (mixed(least) >> np.uint32(16)).astype(np.uint16)
    return values


def rolling(codes: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint32]:
    """Return a hash of every run of GRAM characters; the last GRAM - 1 are incomplete."""
    padded = np.concatenate([codes, np.zeros(GRAM - 1, dtype=np.uint32)])
    total = np.zeros(len(codes), dtype=np.uint32)
    for at in range(GRAM):
        total = total * np.uint32(0x01000193) + mixed(padded[at : at + len(codes)])
    return total


def mixed(values: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint32]:
    """Return the values with all bits stirred (the finaliser of MurmurHash3)."""
    out = values ^ (values >> np.uint32(16))
    out = out * np.uint32(0x85EBCA6B)
    out ^= out >> np.uint32(13)
    out = out * np.uint32(0xC2B2AE35)
    stirred: npt.NDArray[np.uint32] = out ^ (out >> np.uint32(16))
    return stirred


def multipliers() -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint32]]:
    """Return the fixed odd factors and the shifts of the hash functions."""
    generator = np.random.default_rng(20240111)
    drawn = generator.integers(0, 2**32, size=(2, N_HASHES), dtype=np.uint32)
    return drawn[0] | np.uint32(1), drawn[1]


def likeness(one: npt.NDArray[np.uint16], other: npt.NDArray[np.uint16]) -> npt.NDArray[np.float32]:
    """Return the estimated Jaccard similarity of paired signatures, shape (pairs,)."""
    equal: npt.NDArray[np.float32] = (one == other).mean(axis=1, dtype=np.float32)
    return equal
