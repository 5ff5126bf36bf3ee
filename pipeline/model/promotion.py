"""Promotion: a candidate takes the place of the shipped release, or an earlier one comes back."""

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pipeline.core.errors import PipelineError, UsageError
from pipeline.model import history as past
from pipeline.model.history import Entry
from pipeline.model.release import MANIFEST, open_release, read_manifest, replace_folder

GATE = "gate.json"
"""In the reports folder: what `saruna register` found against the limits."""
JUDGE = "Run `saruna register` first: it writes this file."
KEPT = 3
"""Replaced releases that stay at hand for a rollback; older ones are in the registry and in git."""
Fetch = Callable[[str, Path], bool]
"""Fetches a release of this version into a folder; False when it is not there."""


@dataclass(frozen=True)
class Reason:
    """Who wants a change and why; `by` is a role or a ticket, names are personal data."""

    by: str
    why: str = ""
    force: bool = False


def promote(candidate: Path, release: Path, gate: Path, history: Path, reason: Reason) -> Entry:
    """Put the candidate in the place of the release, append a line to the history, return it.

    Promoting what is already the release changes nothing and returns the line that stands there.
    A candidate that did not pass the gate leaves a line too, and raises PipelineError, as does one
    that is not whole; UsageError when it is forced without a reason.
    """
    if reason.force and not reason.why.strip():
        raise UsageError(
            "--force: needs a reason", 'Say why the gate is overruled with --why "...".'
        )
    version = open_release(candidate).version
    verdict = read_verdict(gate, version)
    failed = failed_checks(verdict)
    replaced = shipped_version(release)
    entry = Entry(
        when=past.now(),
        version=version,
        replaced=replaced,
        by=reason.by,
        why=reason.why,
        gate_passed=bool(verdict["passed"]),
        failed_checks=failed,
        forced=reason.force,
    )
    if not verdict["passed"] and not reason.force:
        past.append(history, replace(entry, action="refused"))
        raise PipelineError(
            f"{gate}: release {version} did not pass: {', '.join(failed)}",
            "Train a better one, or overrule the gate with --force and --why.",
        )
    last = last_change(history)
    if replaced == version and last is not None and last.version == version:
        return last
    swap(candidate, release)
    return past.append(history, entry)


def rollback(
    release: Path, history: Path, reason: Reason, *, to: str | None = None, fetch: Fetch
) -> Entry:
    """Put an earlier release back, append a line to the history, return it.

    `to` names its version, by default the one before the last change. It comes from the releases
    kept beside the shipped one, or is fetched. Raises PipelineError when it never decided, or is
    nowhere any more.
    """
    if not reason.why.strip():
        raise UsageError("--why: a rollback needs a reason", 'Say it with --why "...".')
    entries = past.read(history)
    version = to or version_before(history, entries)
    if version not in {each.version for each in entries if each.action != "refused"}:
        raise PipelineError(
            f"{history}: release {version} was never in use",
            "`saruna model history` lists those that were; promote a new one instead.",
        )
    source = kept_folder(release, version)
    if not (source / MANIFEST).is_file() and not fetch(version, source):
        raise PipelineError(
            f"{source}: not found, and the registry does not have release {version} either",
            "Check it out of git: `git log -- models/release`.",
        )
    if open_release(source).version != version:
        raise PipelineError(f"{source}: is not release {version}", "Remove the folder.")
    replaced = shipped_version(release)
    swap(source, release)
    made = Entry(
        when=past.now(),
        version=version,
        replaced=replaced,
        by=reason.by,
        why=reason.why,
        gate_passed=was_passed(entries, version),
        failed_checks=(),
        forced=False,
        action="rolled back",
    )
    return past.append(history, made)


def version_before(history: Path, entries: list[Entry]) -> str:
    """Return the release that the last change replaced."""
    changes = [each for each in entries if each.action != "refused"]
    if not changes or changes[-1].replaced is None:
        raise PipelineError(
            f"{history}: no release came before this one", "Name one with --to VERSION."
        )
    return changes[-1].replaced


def was_passed(entries: list[Entry], version: str) -> bool:
    """Tell what the gate said when this version was promoted."""
    of_it = [each.gate_passed for each in entries if each.version == version]
    return of_it[-1] if of_it else False


def swap(source: Path, release: Path) -> None:
    """Put `source` in the place of the release, and keep what stood there for a rollback.

    A damaged release is not kept.
    """
    version = shipped_version(release)
    if version is not None:
        try:
            open_release(release)
        except PipelineError:
            version = None
    if version is not None and kept_folder(release, version) != source:
        replace_folder(release, kept_folder(release, version))
    replace_folder(source, release)
    prune(release)


def kept_folder(release: Path, version: str) -> Path:
    """Return where a replaced release is kept."""
    return release.parent / "past" / version


def prune(release: Path) -> None:
    """Remove all but the latest of the replaced releases."""
    folder = release.parent / "past"
    kept = sorted(folder.glob("[!.]*"), key=lambda path: path.stat().st_mtime_ns)
    for path in kept[:-KEPT]:
        shutil.rmtree(path)


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


def last_change(history: Path) -> Entry | None:
    """Return the last line that changed the release, None when there is none."""
    changes = [each for each in past.read(history) if each.action != "refused"]
    return changes[-1] if changes else None
