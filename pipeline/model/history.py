"""History: which release decided when, kept in a file to which lines are only ever added.

Each line carries the hash of the one before it, so that a changed or missing line shows.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from pipeline.core.errors import PipelineError
from pipeline.core.tables import write_text

RESTORE = "Restore the file from git: lines are only ever added to it."


@dataclass(frozen=True)
class Entry:
    """One line: when (UTC), what was done to which release, for which reason, what the gate said.

    A refused promotion is kept too; `replaced` is then the release that stayed.
    """

    when: str
    version: str
    replaced: str | None
    by: str
    why: str
    gate_passed: bool
    failed_checks: tuple[str, ...]
    forced: bool
    action: Literal["promoted", "refused", "rolled back"] = "promoted"
    after: str | None = None
    """Hash of the line before; None in the first ones, which were written without."""


@dataclass(frozen=True)
class Reign:
    """A release and the time in which it decided; `until` is None while it still does."""

    version: str
    since: str
    until: str | None


def now() -> str:
    """Return the present, to the second, in UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def read(history: Path) -> list[Entry]:
    """Return all lines, oldest first; raises PipelineError at the first that was tampered with."""
    if not history.is_file():
        return []
    entries: list[Entry] = []
    before: str | None = None
    for number, line in enumerate(history.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            raw = json.loads(line)
            entry = Entry(**{**raw, "failed_checks": tuple(raw["failed_checks"])})
        except (json.JSONDecodeError, TypeError, KeyError) as error:
            raise PipelineError(f"{history}:{number}: is not a line of history", RESTORE) from error
        if entry.after not in (None, before) or (entry.after is None and chained(entries)):
            raise PipelineError(f"{history}:{number}: does not follow the line before", RESTORE)
        entries.append(entry)
        before = hash_of(line)
    return entries


def chained(entries: Sequence[Entry]) -> bool:
    """Tell whether lines carry hashes by now."""
    return bool(entries) and entries[-1].after is not None


def hash_of(line: str) -> str:
    """Return what stands for a line in the one after it."""
    return hashlib.sha256(line.encode("utf-8")).hexdigest()[:16]


def append(history: Path, made: Entry) -> Entry:
    """Add a line, chained to the last one, and return it; the file is whole at any time."""
    read(history)
    before = history.read_text(encoding="utf-8") if history.is_file() else ""
    lines = before.splitlines()
    chained_entry = replace(made, after=hash_of(lines[-1]) if lines else None)
    line = json.dumps(asdict(chained_entry), ensure_ascii=False)
    write_text(history, f"{before}{line}\n")
    return chained_entry


def reigns(entries: Sequence[Entry]) -> list[Reign]:
    """Return the releases in the order in which they decided, refusals left out."""
    changes = [each for each in entries if each.action != "refused"]
    ends = [*(each.when for each in changes[1:]), None]
    return [Reign(each.version, each.when, end) for each, end in zip(changes, ends, strict=False)]


def which(entries: Sequence[Entry], day: date, zone: str) -> list[Reign]:
    """Return the releases that decided on a day of this zone: two when one replaced the other.

    Raises PipelineError for a day before the first release.
    """
    midnight = datetime.combine(day, time(), ZoneInfo(zone))
    end = midnight + timedelta(days=1)
    known = reigns(entries)
    found = [
        each
        for each in known
        if datetime.fromisoformat(each.since) < end
        and (each.until is None or datetime.fromisoformat(each.until) > midnight)
    ]
    if not found:
        first = f"The first one came on {known[0].since}" if known else "None was promoted so far"
        raise PipelineError(
            f"--at {day}: no release was in use on that day",
            f"{first}; `saruna model history` lists every change.",
        )
    return found
