"""Recut: other policy sentences on the comments that a release was calibrated on.

`thresholds.json` carries what the sentences were judged by: probabilities, labels and languages,
no text and no id. So "what if at most 5 % of criticism were flagged?" needs no checkpoint.
"""

import base64
import json
import zlib
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.core.errors import PipelineError
from pipeline.core.sentences import Sentence
from pipeline.model import promises
from pipeline.model.cuts import Labelled, is_lawful
from pipeline.model.thresholds import ANY_LANGUAGE, Cut, Promise

KINDS = {"probs": np.float32, "known": np.int8, "lang": np.uint8, "flags": np.uint8}


def pack(comments: Labelled, langs: Sequence[str]) -> dict[str, Any]:
    """Return the labelled comments as JSON values; probs are kept as float32."""
    names = sorted(set(langs))
    arrays: dict[str, npt.NDArray[Any]] = {
        "probs": comments.probs,
        "known": np.nan_to_num(comments.known, nan=-1),
        "lang": np.array([names.index(lang) for lang in langs]),
        "flags": comments.protected + 2 * comments.drawn,
    }
    packed = {name: encoded(values.astype(KINDS[name])) for name, values in arrays.items()}
    return {"langs": names, "n_outputs": comments.probs.shape[1], **packed}


def encoded(values: npt.NDArray[Any]) -> str:
    """Return an array as text."""
    return base64.b64encode(zlib.compress(values.tobytes(), 9)).decode("ascii")


def unpack(raw: Mapping[str, Any]) -> tuple[Labelled, list[str]]:
    """Return the comments that `pack` wrote, and their languages."""
    arrays = {
        name: np.frombuffer(zlib.decompress(base64.b64decode(raw[name])), kind)
        for name, kind in KINDS.items()
    }
    shape = (-1, raw["n_outputs"])
    known = arrays["known"].reshape(shape).astype(np.float32)
    known[known < 0] = np.nan
    labelled = Labelled(
        probs=arrays["probs"].reshape(shape).astype(np.float64),
        known=known,
        protected=(arrays["flags"] & 1) > 0,
        drawn=(arrays["flags"] & 2) > 0,
    )
    return labelled, [raw["langs"][code] for code in arrays["lang"]]


def calib_of(thresholds_file: Path) -> tuple[Labelled, list[str]] | None:
    """Return the comments in a `thresholds.json`, None when it carries none."""
    if not thresholds_file.is_file():
        return None
    raw = json.loads(thresholds_file.read_text(encoding="utf-8"))
    return unpack(raw["calib"]) if "calib" in raw else None


def rates_of(comments: Labelled, langs: Sequence[str]) -> dict[str, float]:
    """Return the share of violations among the labelled comments of each language and of all.

    Probabilities were calibrated at these shares: real traffic holds far fewer.
    """
    language = np.asarray(langs)
    violates, lawful = comments.violates(), is_lawful(comments)
    found = {}
    for name in (ANY_LANGUAGE, *sorted(set(langs))):
        rows = (language == name) | (name == ANY_LANGUAGE)
        judged = int((rows & (violates | lawful)).sum())
        if judged:
            found[name] = float((rows & violates).sum() / judged)
    return found


def rates_in(thresholds_file: Path) -> dict[str, float]:
    """Return the shares behind the calibration of a release, a half where it does not say."""
    found = calib_of(thresholds_file)
    return rates_of(*found) if found else {ANY_LANGUAGE: 0.5}


def recut(
    thresholds_file: Path,
    outputs: Sequence[str],
    sentences: Sequence[Sentence],
    *,
    base_rate: float,
    never_sure: Collection[str],
) -> tuple[dict[str, dict[str, Cut]], list[Promise]]:
    """Return the cuts that other sentences would give; the release is not touched.

    Raises PipelineError for a release that does not carry the comments it was calibrated on.
    """
    found = calib_of(thresholds_file)
    if found is None:
        raise PipelineError(
            f"{thresholds_file}: holds cuts alone, not the labelled comments behind them",
            "Other sentences need a release of this version: run `dvc repro`, or leave "
            "calibrate.sentences as they are.",
        )
    return promises.fit(*found, outputs, sentences, base_rate=base_rate, never_sure=never_sure)
