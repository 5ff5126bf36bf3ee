"""Locks on files: one run in a folder, and programs that take turns at a file they share.

The operating system takes a lock back when its holder ends, however it ends.
"""

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.core.errors import PipelineError, TemporaryError

PATIENCE = 60.0
"""Seconds that a program waits for its turn."""
PAUSE = 0.05


@contextmanager
def turn_at(path: Path, *, what: str, patience: float = PATIENCE) -> Iterator[None]:
    """Hold the lock beside `path`, after waiting up to `patience` seconds for it.

    `what` names in errors what is locked. Raises TemporaryError when others keep it all the time,
    PipelineError when the lock cannot be made.
    """
    lock = path.with_name(f".{path.name}.lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = lock.open("a")
    except OSError as error:
        raise PipelineError(
            f"{path}: cannot be written ({error.strerror})",
            "Free space or mend the permissions of the folder, then run the same command again.",
        ) from error
    with handle:
        end = time.monotonic() + patience
        while not try_lock(handle.fileno()):
            if time.monotonic() >= end:
                raise TemporaryError(
                    f"{path}: {what} is held by another run",
                    "Run the same command again when that one has ended: it goes on where it was.",
                )
            time.sleep(PAUSE)
        yield


def try_lock(descriptor: int) -> bool:
    """Take the lock on an open file unless another holds it; return whether it was had."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
