"""Promotion: a candidate takes the place of the shipped release, and the history says why."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipeline.core.errors import PipelineError, UsageError
from pipeline.core.tables import write_text
from pipeline.model.release import MANIFEST, open_release, read_manifest, replace_folder

GATE = "gate.json"
"""In the reports folder: what `saruna register` found against the limits."""
JUDGE = "Run `saruna register` first: it writes this file."


@dataclass(frozen=True)
class Reason:
    """Who wants a promotion and why; `by` is a role or a ticket, names are personal data."""

    by: str
    why: str = ""
    force: bool = False


@dataclass(frozen=True)
class Promotion:
    """One line of the history: when (UTC), what, for which reason, and what the gate said."""

    when: str
    version: str
    replaced: str | None
    by: str
    why: str
    gate_passed: bool
    failed_checks: tuple[str, ...]
    forced: bool


def promote(candidate: Path, release: Path, gate: Path, history: Path, reason: Reason) -> Promotion:
    """Put the candidate in the place of the release, append a line to the history, return it.

    Promoting what is already the release changes nothing and returns the line that stands there.
    Raises PipelineError when the candidate is not whole or did not pass the gate; UsageError when
    it is forced without a reason.
    """
    if reason.force and not reason.why.strip():
        raise UsageError(
            "--force: needs a reason", 'Say why the gate is overruled with --why "...".'
        )
    version = open_release(candidate).version
    verdict = read_verdict(gate, version)
    failed = failed_checks(verdict)
    if not verdict["passed"] and not reason.force:
        raise PipelineError(
            f"{gate}: release {version} did not pass: {', '.join(failed)}",
            "Train a better one, or overrule the gate with --force and --why.",
        )
    replaced = shipped_version(release)
    last = last_promotion(history)
    if replaced == version and last is not None and last.version == version:
        return last
    replace_folder(candidate, release)
    made = Promotion(
        when=datetime.now(UTC).isoformat(timespec="seconds"),
        version=version,
        replaced=replaced,
        by=reason.by,
        why=reason.why,
        gate_passed=bool(verdict["passed"]),
        failed_checks=failed,
        forced=reason.force,
    )
    append(history, made)
    return made


def read_verdict(gate: Path, version: str) -> dict[str, Any]:
    """Read what the gate said of this version; raises PipelineError when it judged another one."""
    if not gate.is_file():
        raise PipelineError(f"{gate}: not found", JUDGE)
    verdict: dict[str, Any] = json.loads(gate.read_text(encoding="utf-8"))
    if verdict["version"] != version:
        raise PipelineError(
            f"{gate}: judges release {verdict['version']}, the candidate is {version}",
            "Run `saruna register` again.",
        )
    return verdict


def failed_checks(verdict: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of the checks that failed."""
    return tuple(row["check"] for row in verdict["checks"] if not row["passed"])


def shipped_version(release: Path) -> str | None:
    """Return the version of a release folder, None when there is none."""
    if not (release / MANIFEST).is_file():
        return None
    version: str = read_manifest(release)["version"]
    return version


def last_promotion(history: Path) -> Promotion | None:
    """Return the last line of the history, None when there is none."""
    if not history.is_file():
        return None
    lines = history.read_text(encoding="utf-8").splitlines()
    if not lines:
        return None
    line = json.loads(lines[-1])
    return Promotion(**{**line, "failed_checks": tuple(line["failed_checks"])})


def append(history: Path, made: Promotion) -> None:
    """Add a line to the history; the file is whole at any time."""
    before = history.read_text(encoding="utf-8") if history.is_file() else ""
    line = json.dumps(asdict(made), ensure_ascii=False)
    write_text(history, f"{before}{line}\n")
