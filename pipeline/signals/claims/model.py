"""The matcher's numbers: projection, weights and cuts, read from plain files."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.core.errors import PipelineError
from pipeline.signals.claims.features import CUES, PAIR, WORDS
from pipeline.signals.claims.index import Projection
from pipeline.signals.claims.terms import Glossary, load_glossary

NUMBERS, WEIGHTS = "matcher.json", "matcher.npz"
CONCEPTS, CUE_WORDS = "concepts.tsv", "cues.tsv"
STANCES = ("repeats", "denies", "asks", "unrelated")
Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class MatchModel:
    """Everything that matching needs beside the claims."""

    projection: Projection
    rerank: Array
    """Weights of PAIR and a constant: is the comment about this claim?"""
    stance: Array
    """Weights per stance of PAIR, CUES, the comment's vector, hashed words and a constant."""
    calibration: tuple[float, float]
    """Slope and offset that turn the raw logit of "repeats" into a probability."""
    cut: float
    """Probability from which a match is shown: precision holds above it."""
    floor: float
    """Score of the best candidate below which a comment is about none of the claims."""
    lexical_weight: float
    n_candidates: int
    glossary: Glossary
    cues: Glossary
    version: str = "untrained"
    """A short name of these numbers and word lists."""

    def about(self, rows: npt.NDArray[np.float64]) -> Array:
        """Return the logit that each pair speaks of one claim."""
        logits: Array = rows @ self.rerank[:-1] + self.rerank[-1]
        return logits

    def stances(self, rows: npt.NDArray[np.float64]) -> Array:
        """Return the probability of every stance, a row per pair."""
        logits = rows @ self.stance[:, :-1].T + self.stance[:, -1]
        shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
        probs: Array = shifted / shifted.sum(axis=1, keepdims=True)
        return probs

    def calibrated(self, prob: float) -> float:
        """Return the probability that a match with this raw probability is right."""
        prob = min(max(prob, 1e-6), 1 - 1e-6)
        slope, offset = self.calibration
        return float(1 / (1 + np.exp(-(slope * np.log(prob / (1 - prob)) + offset))))


def load_model(folder: Path) -> MatchModel:
    """Read the matcher's numbers; raises PipelineError when they do not fit this version."""
    try:
        numbers: Mapping[str, Any] = json.loads((folder / NUMBERS).read_text(encoding="utf-8"))
        with np.load(folder / WEIGHTS) as stored:
            arrays = {name: stored[name] for name in stored.files}
        if (numbers["pair"], numbers["cues"]) != (list(PAIR), list(CUES)):
            raise ValueError
        n_columns = len(PAIR) + len(CUES) + len(arrays["comment"]) + WORDS + 1
        if arrays["stance"].shape != (len(STANCES), n_columns):
            raise ValueError
    except (OSError, ValueError, KeyError) as error:
        raise PipelineError(
            f"{folder / NUMBERS}: does not fit this version of the matcher",
            "Restore the folder from the project, or run `saruna claims train`.",
        ) from error
    return MatchModel(
        Projection(*(arrays[name].astype(np.float32) for name in ("comment", "claim", "matrix"))),
        np.array(numbers["rerank"]),
        arrays["stance"].astype(np.float64),
        (float(numbers["slope"]), float(numbers["offset"])),
        float(numbers["cut"]),
        float(numbers["floor"]),
        float(numbers["lexical_weight"]),
        int(numbers["n_candidates"]),
        load_glossary(folder / CONCEPTS),
        load_glossary(folder / CUE_WORDS),
        version_in(folder),
    )


def version_in(folder: Path) -> str:
    """Return a short name of what the matcher's files hold."""
    digest = hashlib.sha256()
    for name in (NUMBERS, WEIGHTS, CONCEPTS, CUE_WORDS):
        digest.update((folder / name).read_bytes())
    return digest.hexdigest()[:8]
