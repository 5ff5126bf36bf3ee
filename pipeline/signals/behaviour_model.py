"""The behaviour model: plain numbers in a JSON file, evaluated by numpy.

One logistic regression per detector. It is fitted with scikit-learn by `saruna behaviour`;
nothing of scikit-learn is needed to use it.
"""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pipeline.core.errors import PipelineError
from pipeline.core.tables import write_text

logger = logging.getLogger(__name__)
DETECTORS = ("same_text", "same_meaning", "rhythm")
VECTORS = ("low", "high", "mean", "scale", "weights")
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Logistic:
    """A logistic regression on standardised features."""

    features: tuple[str, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    """The range that was learned from: what lies beyond counts as its end, not as more."""
    mean: tuple[float, ...]
    scale: tuple[float, ...]
    weights: tuple[float, ...]
    intercept: float

    def probs(self, table: Floats) -> Floats:
        """Return the probability per row of features, shape (rows,)."""
        inside = np.clip(table, np.array(self.low), np.array(self.high))
        scaled = (inside - np.array(self.mean)) / np.array(self.scale)
        logits = scaled @ np.array(self.weights) + self.intercept
        out: Floats = 1 / (1 + np.exp(-np.clip(logits, -30, 30)))
        return out


@dataclass(frozen=True)
class BehaviourModel:
    """The detectors by name, and what they were fitted on."""

    detectors: Mapping[str, Logistic]
    fitted_on: Mapping[str, str]
    vectors_of: str
    """The release whose vectors `same_meaning` was fitted on: it knows no others."""

    def knows_vectors_of(self, version: str) -> bool:
        """Tell whether `same_meaning` was fitted on this release's vectors, and warn if not."""
        if version == self.vectors_of:
            return True
        logger.warning(
            "Campaigns in many words are not looked for: same_meaning was fitted on the vectors of "
            "release %s, this is %s. Run `saruna behaviour --meaning`, or set score.same_meaning "
            "to false.",
            self.vectors_of,
            version,
        )
        return False

    def probs(self, detector: str, names: Sequence[str], table: Floats) -> Floats:
        """Return a detector's probabilities; raises PipelineError when its features differ."""
        found = self.detectors[detector]
        if found.features != tuple(names):
            raise PipelineError(
                f"behaviour model: detector {detector} knows the features "
                f"{', '.join(found.features)}, the program computes {', '.join(names)}",
                "Run `saruna behaviour`, or take the model file of this version.",
            )
        return found.probs(table)


def load_model(path: Path) -> BehaviourModel:
    """Read a model file; raises PipelineError when it is absent or damaged."""
    if not path.is_file():
        raise PipelineError(
            f"{path}: not found", "Take the file of this version, or run `saruna behaviour`."
        )
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        detectors = {
            name: Logistic(
                features=tuple(each["features"]),
                intercept=float(each["intercept"]),
                **{key: tuple(map(float, each[key])) for key in VECTORS},
            )
            for name, each in raw["detectors"].items()
        }
        model = BehaviourModel(detectors, dict(raw["fitted_on"]), str(raw["vectors_of"]))
    except (ValueError, KeyError, TypeError) as error:
        raise PipelineError(
            f"{path}: is no behaviour model", "Take the file of this version again."
        ) from error
    missing = [name for name in DETECTORS if name not in detectors]
    if missing:
        raise PipelineError(
            f"{path}: lacks the detectors {', '.join(missing)}",
            "Take the file of this version, or run `saruna behaviour`.",
        )
    return model


def save_model(model: BehaviourModel, path: Path) -> None:
    """Write a model as JSON, whole or not at all."""
    plain = {
        "detectors": {name: asdict(each) for name, each in model.detectors.items()},
        "fitted_on": dict(model.fitted_on),
        "vectors_of": model.vectors_of,
    }
    write_text(path, json.dumps(plain, indent=1, ensure_ascii=False) + "\n")
