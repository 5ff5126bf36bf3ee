"""A started program that has imported everything, and forks one real process per drill.

Each line on stdin is a drill as JSON, each line on stdout what became of it. A process made by fork
is killed, starved and stopped like any other; only the seconds of importing are spared.
"""

import importlib
import json
import os
import resource
import signal
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from pipeline.desk.databases import database_config
from pipeline.desk.queue import setup_django, use_database

WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT
CHANGES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate", "sqlite3.connect"}
KEEP_TIME = ("pipeline.core.clock", "pipeline.stages.score", "pipeline.stages.feedback")
PRELOADED = ("openvino", "spacy", "lingua", "pipeline.nightly", "pipeline.stages.score")


class Events:
    """Counts the moments at which files or the database are about to change."""

    def __init__(self, at: dict[str, int]) -> None:
        self.n = 0
        self.signal_at = {number: getattr(signal, name) for name, number in at.items()}

    def happen(self) -> None:
        """Count a moment; send this process the signal that is due at it."""
        self.n += 1
        if self.n in self.signal_at:
            os.kill(os.getpid(), self.signal_at[self.n])

    def audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Take Python's own reports of opened, renamed and removed files."""
        opened = event == "open" and isinstance(arguments[2], int) and arguments[2] & WRITES
        if opened or event in CHANGES:
            self.happen()

    def before(self, owner: Any, name: str) -> None:
        """Count each call of a function, before it is made."""
        plain: Callable[..., Any] = getattr(owner, name)

        def counted(*args: Any, **named: Any) -> Any:
            self.happen()
            return plain(*args, **named)

        setattr(owner, name, counted)


def watch(events: Events) -> None:
    """Count changes of files, pages written to tables, and statements to the database."""
    import pyarrow.parquet as pq
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.backends.utils import CursorWrapper

    sys.addaudithook(events.audit)
    events.before(os, "fsync")
    events.before(pq.ParquetWriter, "write_table")
    events.before(pq.ParquetWriter, "close")
    for name in ("execute", "executemany"):
        events.before(CursorWrapper, name)
    events.before(BaseDatabaseWrapper, "_commit")


def set_clock(moment: str) -> None:
    """Let every module that asks for the time get this one."""
    now = datetime.fromisoformat(moment)
    for name in KEEP_TIME:
        importlib.import_module(name).utc_now = lambda: now  # type: ignore[attr-defined]


def run(drill: dict[str, Any]) -> None:
    """Be the process of one drill: `saruna ...` with what is set against it."""
    out = os.open(drill["out"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    err = os.open(drill["err"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(out, 1)
    os.dup2(err, 2)
    os.environ.update(drill.get("env", {}))
    use_database(database_config())
    if drill.get("clock"):
        set_clock(drill["clock"])
    for name, value in drill.get("limits", {}).items():
        limit = getattr(resource, name)
        resource.setrlimit(limit, (value, resource.getrlimit(limit)[1]))
    events = Events(drill.get("at", {}))
    watch(events)
    for line in drill.get("code", ()):
        exec(line, {"events": events})  # noqa: S102 our own tests' lines
    from pipeline import cli

    sys.argv = ["saruna", *drill["argv"]]
    code: object = 1
    try:
        cli.main()
        code = 0
    except SystemExit as end:
        code = end.code or 0
    except BaseException:
        import traceback

        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    Path(drill["events"]).write_text(str(events.n), encoding="utf-8")
    os._exit(code if isinstance(code, int) else 1)


def answer(line: str) -> None:
    """Write one line to whoever asked."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    """Import, say so, then fork a process for every line."""
    for name in PRELOADED:
        importlib.import_module(name)
    setup_django()
    answer("ready")
    for line in sys.stdin:
        drill = json.loads(line)
        child = drill.get("reap") or os.fork()
        if child == 0:
            run(drill)
        if drill.get("wait", True):
            _, status = os.waitpid(child, 0)
            answer(json.dumps({"rc": os.waitstatus_to_exitcode(status)}))
        else:
            answer(json.dumps({"pid": child}))


if __name__ == "__main__":
    main()
