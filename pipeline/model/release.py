"""A release: the folder that scoring needs, whole and unchanged, or refused."""

import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.core.errors import PipelineError
from pipeline.core.heads import OUTPUTS
from pipeline.core.tables import write_text
from pipeline.model import calibration, stacking, thresholds
from pipeline.model.calibration import Calibration
from pipeline.model.stacking import Stack
from pipeline.model.thresholds import Promise, Thresholds

FORMAT = 1
GRAPH, TOKENIZER, NGRAMS = "model.onnx", "tokenizer.json", "ngrams.npz"
CALIBRATION, THRESHOLDS = "calibration.json", "thresholds.json"
MANIFEST, CARD = "manifest.json", "card.md"
HASHED = (GRAPH, TOKENIZER, NGRAMS, CALIBRATION, THRESHOLDS)
SHAPE = {"format": int, "version": str, "outputs": list, "max_tokens": int, "files": dict}
FETCH_AGAIN = "Fetch the release again, or build one with `dvc repro`."


@dataclass(frozen=True)
class Release:
    """An opened release: its folder, version, and the numbers that scoring needs."""

    folder: Path
    version: str
    outputs: tuple[str, ...]
    max_tokens: int
    blend: npt.NDArray[np.float32]
    """How much of the n-gram logit is added to the network's, shape (outputs,)."""
    calibration: Calibration
    thresholds: Thresholds
    threshold_version: str
    manifest: Mapping[str, Any]
    promises: tuple[Promise, ...] = ()
    """What became of the policy sentences; a release of the first format does not say."""
    stack: Stack = field(default_factory=dict)
    """How signals move the probabilities; empty in releases that were made without them."""


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def seal(folder: Path, about: Mapping[str, Any], max_tokens: int) -> str:
    """Write the manifest of a folder that holds all other files; return the version.

    The version is made from the hashes, so equal content has an equal version.
    """
    hashes = {name: file_hash(folder / name) for name in HASHED}
    version = version_of(hashes)
    manifest = {
        "format": FORMAT,
        "version": version,
        "outputs": list(OUTPUTS),
        "max_tokens": max_tokens,
        "files": hashes,
        **about,
    }
    write_text(folder / MANIFEST, json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")
    return version


def version_of(hashes: Mapping[str, str]) -> str:
    """Return the version that stands for these files."""
    joined = "".join(hashes[name] for name in HASHED).encode("ascii")
    return hashlib.sha256(joined).hexdigest()[:12]


def open_release(folder: Path) -> Release:
    """Open a release after checking that it is whole, untouched, and of this program's labels.

    Raises PipelineError that names the file and what is wrong with it.
    """
    manifest = read_manifest(folder)
    check_files(folder, manifest)
    if tuple(manifest["outputs"]) != OUTPUTS:
        raise PipelineError(
            f"{folder / MANIFEST}: labels are {', '.join(manifest['outputs'])}, "
            f"but this program knows {', '.join(OUTPUTS)}, in this order",
            "Use a release that was built with this version of saruna.",
        )
    raw_thresholds = json.loads((folder / THRESHOLDS).read_text(encoding="utf-8"))
    raw_calibration = json.loads((folder / CALIBRATION).read_text(encoding="utf-8"))
    return Release(
        folder=folder,
        version=manifest["version"],
        outputs=OUTPUTS,
        max_tokens=manifest["max_tokens"],
        blend=blend_from_json(raw_calibration["blend"]),
        calibration=calibration.from_json(raw_calibration["curves"]),
        thresholds=thresholds.from_json(raw_thresholds),
        threshold_version=manifest["files"][THRESHOLDS][:12],
        manifest=manifest,
        promises=thresholds.promises_from_json(raw_thresholds),
        stack=stacking.from_json(raw_calibration.get("stack", {})),
    )


def blend_from_json(raw: Mapping[str, float]) -> npt.NDArray[np.float32]:
    """Return the blend of every output, in order."""
    return np.array([raw[output] for output in OUTPUTS], dtype=np.float32)


def read_manifest(folder: Path) -> dict[str, Any]:
    """Read the manifest of a release folder."""
    path = folder / MANIFEST
    if not path.is_file():
        raise PipelineError(f"{path}: not found", f"Name a release folder. {FETCH_AGAIN}")
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        missing = SHAPE.keys() - manifest.keys()
    except (json.JSONDecodeError, AttributeError, UnicodeDecodeError) as error:
        raise PipelineError(f"{path}: is not a manifest", FETCH_AGAIN) from error
    if missing:
        raise PipelineError(f"{path}: lacks {', '.join(sorted(missing))}", FETCH_AGAIN)
    if manifest["format"] != FORMAT:
        raise PipelineError(
            f"{path}: format {manifest['format']} is unknown; this program reads {FORMAT}",
            "Install the version of saruna that wrote it.",
        )
    odd = [name for name, kind in SHAPE.items() if not isinstance(manifest[name], kind)]
    if odd:
        raise PipelineError(f"{path}: cannot be read at {', '.join(odd)}", FETCH_AGAIN)
    result: dict[str, Any] = manifest
    return result


def check_files(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Raise PipelineError that names every file that is missing or not what was released."""
    problems = []
    for name in HASHED:
        path = folder / name
        if not path.is_file():
            problems.append(f"{path}: not found")
        elif file_hash(path) != manifest["files"].get(name):
            problems.append(f"{path}: has changed since the release was made")
    if not problems and version_of(manifest["files"]) != manifest["version"]:
        problems.append(f"{folder / MANIFEST}: the version is not that of the files")
    if problems:
        raise PipelineError("\n".join(problems), FETCH_AGAIN)


def replace_folder(source: Path, target: Path) -> None:
    """Put `source` in the place of `target`; a release that is in use is replaced by a rename."""
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh, old = target.with_name(f".{target.name}.new"), target.with_name(f".{target.name}.old")
    for leftover in (fresh, old):
        shutil.rmtree(leftover, ignore_errors=True)
    shutil.copytree(source, fresh)
    if target.exists():
        target.rename(old)
    fresh.rename(target)
    shutil.rmtree(old, ignore_errors=True)
