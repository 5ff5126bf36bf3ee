"""The time of day, asked for in one place: a run keeps one, and a test can set it."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from pipeline.core.errors import PipelineError
from pipeline.core.tables import write_text

NOT_BEFORE = datetime(2026, 1, 1, tzinfo=UTC)
"""This version did not exist before: a clock that shows an earlier time has lost it."""


def utc_now() -> datetime:
    """Return the time of this moment in UTC."""
    return datetime.now(UTC)


def check_clock() -> None:
    """Raise PipelineError when the clock shows a time that cannot be.

    With such a clock every date in the input would look like one from the future.
    """
    now = utc_now()
    if now < NOT_BEFORE:
        raise PipelineError(
            f"clock: shows {now:%Y-%m-%d %H:%M} UTC, before this program was made",
            "Set the clock (`timedatectl set-ntp true`), then run the same command again.",
        )


def start_of(path: Path, fingerprint: Mapping[str, object]) -> datetime:
    """Return when work of this fingerprint was first taken on, kept in the file at `path`.

    A run that goes on after a kill has the time of its first start: it comes out the same.
    """
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        if kept["fingerprint"] == dict(fingerprint):
            return datetime.fromisoformat(kept["started_at"])
    except (OSError, ValueError, KeyError, TypeError):
        pass  # absent, damaged, or of another kind: this is the first start
    now = utc_now()
    write_text(path, json.dumps({"fingerprint": fingerprint, "started_at": now.isoformat()}))
    return now
