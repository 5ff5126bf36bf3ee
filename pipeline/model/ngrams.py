"""A linear model on character n-grams beside the network: it sees misspelt swear words.

N-grams of 2 to 5 characters within words, hashed into buckets (Weinberger et al. 2009), log counts,
unit length. Computed with numpy over a whole batch; weights travel in 8 bits.
"""

import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pipeline.core.errors import PipelineError
from pipeline.core.tables import atomic_path
from pipeline.core.text import normalise

SIZES = (2, 3, 4, 5)
BUCKET_BITS = 18
N_BUCKETS = 1 << BUCKET_BITS
MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
"""2^64 over the golden ratio: Fibonacci hashing (Knuth, TAOCP 3, 6.4)."""
MAX_CHARACTERS = 4000
"""Beyond this a text says nothing new to a bag of n-grams."""


@dataclass(frozen=True)
class Features:
    """A sparse matrix of texts by buckets, in compressed rows."""

    row_starts: npt.NDArray[np.int64]
    buckets: npt.NDArray[np.int64]
    values: npt.NDArray[np.float32]


@dataclass(frozen=True)
class NgramModel:
    """Weights of shape (buckets, outputs) and a bias of shape (outputs,)."""

    weights: npt.NDArray[np.float32]
    bias: npt.NDArray[np.float32]

    def logits(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Return logits of shape (texts, outputs)."""
        return self.from_features(features(texts))

    def word_shares(self, words: Sequence[str], column: int) -> npt.NDArray[np.float64]:
        """Return each word's share of the logit of one output, shape (words,).

        N-grams do not reach over spaces, so those of the words are those of the text.
        """
        own = [hashes(f" {word.casefold()} ") for word in words]
        if not own:
            return np.zeros(0)
        _, counts = np.unique(np.concatenate(own), return_counts=True)
        length = float(np.sqrt(((1.0 + np.log(counts)) ** 2).sum())) or 1.0
        return np.array([float(self.weights[each, column].sum()) / length for each in own])

    def from_features(self, given: Features) -> npt.NDArray[np.float32]:
        """Return logits of shape (texts, outputs)."""
        n_texts = len(given.row_starts) - 1
        result = np.tile(self.bias, (n_texts, 1)).astype(np.float32)
        if len(given.buckets):
            product = self.weights[given.buckets] * given.values[:, None]
            rows = np.repeat(np.arange(n_texts), np.diff(given.row_starts))
            np.add.at(result, rows, product)
        return result


def features(texts: Sequence[str]) -> Features:
    """Return the hashed n-grams of texts: log counts, each row of unit length."""
    row_starts, buckets, values = [0], [], []
    for text in texts:
        own = hashes(" " + " ".join(normalise(text).text[:MAX_CHARACTERS].casefold().split()) + " ")
        found, counts = np.unique(own, return_counts=True)
        weight = 1.0 + np.log(counts.astype(np.float32))
        length = float(np.sqrt((weight**2).sum())) or 1.0
        buckets.append(found)
        values.append((weight / length).astype(np.float32))
        row_starts.append(row_starts[-1] + len(found))
    if not buckets:
        return Features(np.zeros(1, np.int64), np.zeros(0, np.int64), np.zeros(0, np.float32))
    return Features(
        np.array(row_starts, dtype=np.int64), np.concatenate(buckets), np.concatenate(values)
    )


def hashes(text: str) -> npt.NDArray[np.int64]:
    """Return the bucket of every n-gram of `text` that does not reach over a space."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    codes = codes.astype(np.uint64)
    space = codes == ord(" ")
    found = []
    rolling = np.zeros(len(codes), dtype=np.uint64)
    for size in range(1, max(SIZES) + 1):
        n_starts = len(codes) - size + 1
        if n_starts <= 0:
            break
        last = codes[size - 1 :]
        rolling = (rolling[:n_starts] * np.uint64(0x100000001B3)) ^ (last + np.uint64(size))
        # A space may open or close an n-gram, as the edge of a word, but not stand inside.
        inside = np.zeros(n_starts, dtype=bool)
        for offset in range(1, size - 1):
            inside |= space[offset : offset + n_starts]
        if size in SIZES:
            kept = rolling[~inside]
            found.append(((kept * MULTIPLIER) >> np.uint64(64 - BUCKET_BITS)).astype(np.int64))
    return np.concatenate(found) if found else np.zeros(0, dtype=np.int64)


def save_ngrams(model: NgramModel, path: Path) -> None:
    """Write a model in 8 bits, with a scale per output; most weights are zero and compress well."""
    scale = np.maximum(np.abs(model.weights).max(axis=0), 1e-12) / 127
    codes = np.round(model.weights / scale).astype(np.int8)
    with atomic_path(path) as partial, partial.open("wb") as handle:
        np.savez_compressed(handle, codes=codes, scale=scale.astype(np.float32), bias=model.bias)


def load_ngrams(path: Path, n_outputs: int) -> NgramModel:
    """Read a model that `save_ngrams` wrote; PipelineError when it is not one."""
    try:
        with path.open("rb") as handle, np.load(handle, allow_pickle=False) as saved:
            weights = saved["codes"].astype(np.float32) * saved["scale"]
            bias = saved["bias"].astype(np.float32)
    except (OSError, ValueError, KeyError, zipfile.BadZipFile, zlib.error) as error:
        raise PipelineError(
            f"{path}: is not a model of n-grams", "Fetch the release again, or run `saruna train`."
        ) from error
    if weights.shape != (N_BUCKETS, n_outputs):
        raise PipelineError(
            f"{path}: has the shape {weights.shape}, wanted is {(N_BUCKETS, n_outputs)}",
            "Use a release that was built with this version of saruna.",
        )
    return NgramModel(weights, bias)
