"""Save the state folder and the queue in one file, or restore them; each is checked by its hash.

SQLite is copied by its own backup, which is whole while others write; PostgreSQL is dumped.
"""

import argparse
import hashlib
import json
import os
import sqlite3
import sys
import tarfile
import tempfile
from contextlib import closing
from pathlib import Path
from typing import IO

import dump

from pipeline.core.errors import PipelineError
from pipeline.core.settings import environment, state_dir
from pipeline.desk.databases import database_config

HASHES = "hashes.json"
STATE = "state"
DUMP = "desk.dump"
"""The queue in PostgreSQL, beside the state folder."""
DATABASE = ".sqlite3"
LEFT_OUT = (".partial", ".lock", f"{DATABASE}-wal", f"{DATABASE}-shm", f"{DATABASE}-journal")


def hash_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def check_place(url: str | None, state: Path) -> None:
    """Raise PipelineError for a queue in SQLite that lies elsewhere: no backup would hold it."""
    if url is None or dump.is_postgres(url):
        return
    place = Path(database_config(url)["NAME"]).resolve()
    if not place.is_relative_to(state):
        step = "Move the file there as desk.sqlite3, and unset SARUNA_DATABASE_URL."
        raise PipelineError(f"{place}: the queue is not in the state folder {state}", step)


def copy_database(source: Path, target: Path) -> None:
    """Copy a SQLite database while others may use it, and check the copy."""
    damaged = PipelineError(f"{source}: is damaged", "Restore the last good backup.")
    try:
        with closing(sqlite3.connect(source)) as given, closing(sqlite3.connect(target)) as copy:
            given.backup(copy)
            # One file is moved more safely than one with a log beside it.
            copy.execute("PRAGMA journal_mode = DELETE")
            if copy.execute("PRAGMA integrity_check").fetchone() != ("ok",):
                raise damaged
    except sqlite3.DatabaseError as error:
        raise damaged from error


class Hashing:
    """A file that is read once, and the hash of what was read."""

    def __init__(self, handle: IO[bytes]) -> None:
        self.handle, self.hash = handle, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes."""
        data = self.handle.read(size)
        self.hash.update(data)
        return data


def put(tar: tarfile.TarFile, source: Path, name: str, hashes: dict[str, str]) -> None:
    """Put a file into the archive, and its hash among the others.

    A night that is under way replaces and removes files: what counts is the one that was opened.
    """
    try:
        handle = source.open("rb")
    except FileNotFoundError:
        return
    with handle:
        reader = Hashing(handle)
        tar.addfile(tar.gettarinfo(arcname=name, fileobj=handle), reader)
    hashes[name] = reader.hash.hexdigest()


def save(state: Path, file: Path, url: str | None) -> int:
    """Write state folder and queue into `file`, whole or not at all; return how many files."""
    if not state.is_dir():
        raise PipelineError(f"{state}: there is no state folder", "Set SARUNA_STATE.")
    partial = file.with_name(f".{file.name}.partial")
    hashes: dict[str, str] = {}
    try:
        with tempfile.TemporaryDirectory(dir=file.parent) as scratch:
            descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as raw:
                with tarfile.open(fileobj=raw, mode="w:gz", dereference=True) as tar:
                    fill(tar, state, Path(scratch), url, hashes)
                raw.flush()
                os.fsync(raw.fileno())
            partial.replace(file)
    finally:
        partial.unlink(missing_ok=True)
    return len(hashes)


def fill(
    tar: tarfile.TarFile, state: Path, scratch: Path, url: str | None, hashes: dict[str, str]
) -> None:
    """Put everything into the archive.

    PostgreSQL comes first: a night writes its files before its cases, and cases that are missing
    after a restore are added when the night is run again.
    """
    if dump.is_postgres(url):
        dump.save(url, scratch / DUMP)
        put(tar, scratch / DUMP, DUMP, hashes)
    for path in sorted(state.rglob("*")):
        if not path.is_file() or path.name.endswith(LEFT_OUT):
            continue
        source = path
        if path.name.endswith(DATABASE):
            source = scratch / f"{len(hashes)}{DATABASE}"
            copy_database(path, source)
        put(tar, source, f"{STATE}/{path.relative_to(state)}", hashes)
    told = scratch / HASHES
    told.write_text(json.dumps(hashes), encoding="utf-8")
    tar.add(told, arcname=HASHES)


def restore(file: Path, state: Path, url: str | None) -> int:
    """Bring a backup back into a state folder and a database that must be empty; return its files.

    Nothing appears there unless every file is as it was saved.
    """
    if state.exists() and any(state.iterdir()):
        step = "Move it away first: a restore never overwrites."
        raise PipelineError(f"{state}: is not empty", step)
    state.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=state.parent) as scratch:
        try:
            with tarfile.open(file, "r:gz") as tar:
                tar.extractall(scratch, filter="data")
            hashes = json.loads((Path(scratch) / HASHES).read_text(encoding="utf-8"))
            changed = [name for name in hashes if hash_of(Path(scratch) / name) != hashes[name]]
        except (OSError, EOFError, tarfile.TarError, ValueError, KeyError) as error:
            step = "Take an older backup."
            raise PipelineError(f"{file}: is no whole backup", step) from error
        if changed:
            raise PipelineError(f"{file}: {changed[0]} is damaged", "Take an older backup.")
        restore_queue(Path(scratch) / DUMP, DUMP in hashes, url)
        if state.exists():
            state.rmdir()
        found = Path(scratch) / STATE
        found.mkdir(exist_ok=True)
        found.chmod(0o700)
        found.replace(state)
    return len(hashes)


def restore_queue(saved: Path, is_there: bool, url: str | None) -> None:
    """Bring the queue back into PostgreSQL, if that is where it was."""
    if dump.is_postgres(url) != is_there:
        was, step = (
            ("was in PostgreSQL", "Set SARUNA_DATABASE_URL to an empty database of it.")
            if is_there
            else ("was not in PostgreSQL", "Unset SARUNA_DATABASE_URL.")
        )
        raise PipelineError(f"the queue of this backup {was}", step)
    if is_there:
        dump.restore(url, saved)


def main() -> None:
    """Do what was asked for, and say how many files it was."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("save", "restore"))
    parser.add_argument("file", type=Path)
    given = parser.parse_args()
    state = state_dir().resolve()
    file: Path = given.file.resolve()
    url = environment("SARUNA_DATABASE_URL")
    try:
        check_place(url, state)
        n_files = save(state, file, url) if given.what == "save" else restore(file, state, url)
    except PipelineError as error:
        sys.exit(str(error))
    except OSError as error:
        sys.exit(f"{error.filename}: {error.strerror}\nMend it, then run the same command again.")
    print(f"{given.what}: {n_files} files, {state}, {given.file}")


if __name__ == "__main__":
    main()
