"""A release folder that opens although nothing in it can score: for tests of what surrounds it."""

import copy
import json
from pathlib import Path
from typing import Any

from pipeline.core.heads import OUTPUTS
from pipeline.model import release as releases

GOOD: dict[str, Any] = {
    "outputs": {
        "abuse": {
            "all": {"auc": 0.94, "ece": 0.02},
            "lv": {"auc": 0.92, "ece": 0.03},
            "ru": {"auc": 0.95, "ece": 0.02},
        }
    },
    "criticism": {
        "lv": {"n": 200, "flagged": 0.02, "priority": 0.0},
        "ru": {"n": 150, "flagged": 0.05, "priority": 0.0},
    },
    "suites": {"lv": {"accuracy": 0.81}, "ru": {"accuracy": 0.75}},
}
"""Metrics that pass every check, some exactly at the limit."""


def with_value(value: float | None, *keys: str) -> dict[str, Any]:
    """Return the good metrics with another value at these keys, or with nothing there."""
    changed = copy.deepcopy(GOOD)
    place = changed
    for key in keys[:-1]:
        place = place[key]
    if value is None:
        del place[keys[-1]]
    else:
        place[keys[-1]] = value
    return changed


def make_release(folder: Path, metrics: dict[str, Any], content: str = "") -> str:
    """Write a release with these metrics and return its version, which `content` decides."""
    folder.mkdir(parents=True)
    for name in releases.HASHED:
        (folder / name).write_text(f"{name} {content}", encoding="utf-8")
    described = {
        "blend": dict.fromkeys(OUTPUTS, 0.0),
        "curves": {output: {"any": [1.0, 0.0]} for output in OUTPUTS},
    }
    cuts = {output: {"any": [0.5, 1.01]} for output in OUTPUTS}
    (folder / releases.CALIBRATION).write_text(json.dumps(described), encoding="utf-8")
    (folder / releases.THRESHOLDS).write_text(json.dumps(cuts), encoding="utf-8")
    return releases.seal(folder, {"metrics": metrics}, max_tokens=128)
