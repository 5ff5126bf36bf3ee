"""Register: judge a candidate release, and put it into the MLflow registry.

Reads   models/candidate/, reports/metrics.json, the shipped release's manifest
Writes  reports/gate.json; in MLflow a model version: challenger, and champion when it passes
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from pipeline.core import paths
from pipeline.core.errors import PipelineError
from pipeline.core.settings import RegisterSettings, Settings
from pipeline.core.tables import write_text
from pipeline.model import tracking
from pipeline.model.promotion import GATE, failed_checks, shipped_version
from pipeline.model.release import Release, open_release, read_manifest

LANGUAGES = ("lv", "ru")
"""A release is judged in each of them: a good average must not hide a bad language."""


@dataclass(frozen=True)
class Check:
    """One row of the gate: a measured value against a limit; a value of None was not measured."""

    check: str
    value: float | None
    bound: Literal["at most", "at least"]
    limit: float
    passed: bool


@dataclass(frozen=True)
class Summary:
    """What was registered and what the gate said."""

    version: str
    registered_as: str
    passed: bool
    n_checks: int
    failed: tuple[str, ...]


def run(
    settings: Settings,
    candidate: Path,
    checkpoint: Path,
    reports: Path,
    *,
    shipped: Path = paths.RELEASE,
) -> Summary:
    """Write the gate's table and register the release; `models/release` is not touched."""
    release = open_release(candidate)
    metrics = read_metrics(reports / "metrics.json", release)
    champion = champion_metrics(shipped)
    checks = tuple(judge(metrics, champion, settings.register_))
    passed = all(row.passed for row in checks)
    verdict = {
        "version": release.version,
        "champion": shipped_version(shipped),
        "passed": passed,
        "checks": [asdict(row) for row in checks],
    }
    gate = reports / GATE
    write_text(gate, json.dumps(verdict, indent=1, ensure_ascii=False) + "\n")
    tracking.log(settings.register_, checkpoint, {"gate/passed": float(passed)}, files=(gate,))
    registered = tracking.register(
        settings.register_, checkpoint, candidate, release.version, champion=passed
    )
    return Summary(release.version, registered, passed, len(checks), failed_checks(verdict))


def read_metrics(path: Path, release: Release) -> Mapping[str, Any]:
    """Read the metrics; raises PipelineError when they are not those the release was made with."""
    if not path.is_file():
        raise PipelineError(f"{path}: not found", "Run `saruna evaluate` first.")
    metrics: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    if release.manifest.get("metrics") != metrics:
        raise PipelineError(
            f"{path}: is not what release {release.version} was exported with",
            "Run `saruna export` again, so that the gate judges what would ship.",
        )
    return metrics


def champion_metrics(shipped: Path) -> Mapping[str, Any] | None:
    """Return the metrics of the shipped release, None when there is none to compare with."""
    if shipped_version(shipped) is None:
        return None
    found: Mapping[str, Any] | None = read_manifest(shipped).get("metrics")
    return found


def judge(
    metrics: Mapping[str, Any], champion: Mapping[str, Any] | None, limits: RegisterSettings
) -> Iterator[Check]:
    """Yield the rows of the gate; what was not measured does not pass."""
    for lang in LANGUAGES:
        flagged = figure(metrics, "criticism", lang, "flagged")
        priority = figure(metrics, "criticism", lang, "priority")
        right = figure(metrics, "suites", lang, "accuracy")
        ece = figure(metrics, "outputs", "abuse", lang, "ece")
        yield at_most(f"criticism_flagged_{lang}", flagged, limits.max_criticism_flagged)
        yield at_most(f"criticism_priority_{lang}", priority, limits.max_criticism_priority)
        yield at_least(f"suite_accuracy_{lang}", right, limits.min_suite_accuracy)
        yield at_most(f"abuse_ece_{lang}", ece, limits.max_ece)
    for lang in ("all", *LANGUAGES):
        before = figure(champion or {}, "outputs", "abuse", lang, "auc")
        if before is not None:
            auc = figure(metrics, "outputs", "abuse", lang, "auc")
            limit = round(before - limits.max_auc_loss, 4)
            yield at_least(f"abuse_auc_{lang}_against_champion", auc, limit)


def figure(metrics: Mapping[str, Any], *keys: str) -> float | None:
    """Return a number from nested metrics, None where there is none."""
    found: Any = metrics
    for key in keys:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found if isinstance(found, int | float) else None


def at_most(name: str, value: float | None, limit: float) -> Check:
    """Return the check of a value that is better when small."""
    return Check(name, value, "at most", limit, value is not None and value <= limit)


def at_least(name: str, value: float | None, limit: float) -> Check:
    """Return the check of a value that is better when large."""
    return Check(name, value, "at least", limit, value is not None and value >= limit)
