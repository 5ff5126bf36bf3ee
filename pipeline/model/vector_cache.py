"""Vectors of many texts, kept on this machine: a release gives the same ones every time.

The files hold no text; their names are hashes of the release and of the texts.
"""

import hashlib
import logging
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pipeline.core.tables import atomic_path

logger = logging.getLogger(__name__)
PART = 2_000
"""Texts of a file: a run that is stopped goes on after the last whole one."""
STEPS = 127
"""A unit vector is kept in 8-bit steps, as the traces of a night keep it."""
Vectors = npt.NDArray[np.int8]
Encode = Callable[[Sequence[str]], npt.NDArray[np.float32]]


def kept_vectors(encode: Encode, version: str, texts: Sequence[str], folder: Path) -> Vectors:
    """Return the vectors of texts in 8-bit steps, shape (texts, width).

    What the folder holds already is read; `encode` computes the rest, which is written there.
    """
    if not texts:
        return np.zeros((0, 0), dtype=np.int8)
    starts = range(0, len(texts), PART)
    parts = [part_of(encode, version, texts[at : at + PART], folder) for at in starts]
    return np.concatenate(parts)


def part_of(encode: Encode, version: str, texts: Sequence[str], folder: Path) -> Vectors:
    """Return the vectors of one file's texts, read or made."""
    path = folder / f"{name_of(version, texts)}.npy"
    kept = read(path)
    if kept is not None:
        return kept
    logger.info("vectors of %d texts: are computed and kept", len(texts))
    vectors = np.rint(np.clip(encode(texts), -1, 1) * STEPS).astype(np.int8)
    with atomic_path(path) as partial, partial.open("wb") as handle:
        np.save(handle, vectors)
    return vectors


def read(path: Path) -> Vectors | None:
    """Return the vectors of a file, None where it is absent or damaged."""
    if not path.is_file():
        return None
    try:
        kept: Vectors = np.load(path)
    except (ValueError, EOFError, OSError):
        logger.warning("%s: is damaged and is made again; check the disk", path)
        return None
    return kept


def name_of(version: str, texts: Sequence[str]) -> str:
    """Return a name that differs when the release or a text does."""
    digest = hashlib.sha256(version.encode())
    for text in texts:
        own = text.encode("utf-8", "surrogatepass")
        digest.update(f"{len(own)}:".encode() + own)
    return digest.hexdigest()[:24]
