"""Save the state folder in one file, or restore it; each file is checked against its hash.

SQLite is copied by its own backup, which is whole while others write. A queue in PostgreSQL is
not in the file: `pg_dump` saves it (docs/deployment.md).
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

from pipeline.core.errors import PipelineError
from pipeline.core.settings import state_dir

HASHES = "hashes.json"
STATE = "state"
DATABASE = ".sqlite3"
LEFT_OUT = (".partial", ".lock", f"{DATABASE}-wal", f"{DATABASE}-shm", f"{DATABASE}-journal")


def hash_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


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


def save(state: Path, file: Path) -> int:
    """Write the state folder into `file`, whole or not at all; return how many files it holds."""
    if not state.is_dir():
        raise PipelineError(f"{state}: there is no state folder", "Set SARUNA_STATE.")
    partial = file.with_name(f".{file.name}.partial")
    hashes: dict[str, str] = {}
    try:
        with tempfile.TemporaryDirectory(dir=file.parent) as scratch:
            descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as raw, tarfile.open(fileobj=raw, mode="w:gz") as tar:
                for path in sorted(state.rglob("*")):
                    if not path.is_file() or path.name.endswith(LEFT_OUT):
                        continue
                    name, source = f"{STATE}/{path.relative_to(state)}", path
                    if path.name.endswith(DATABASE):
                        source = Path(scratch) / f"{len(hashes)}{DATABASE}"
                        copy_database(path, source)
                    hashes[name] = hash_of(source)
                    tar.add(source, arcname=name)
                told = Path(scratch) / HASHES
                told.write_text(json.dumps(hashes), encoding="utf-8")
                tar.add(told, arcname=HASHES)
                raw.flush()
            partial.replace(file)
    finally:
        partial.unlink(missing_ok=True)
    return len(hashes)


def restore(file: Path, state: Path) -> int:
    """Bring a backup back into a state folder that must be empty; return how many files it had.

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
        if state.exists():
            state.rmdir()
        found = Path(scratch) / STATE
        found.mkdir(exist_ok=True)
        found.chmod(0o700)
        found.replace(state)
    return len(hashes)


def main() -> None:
    """Do what was asked for, and say how many files it was."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("save", "restore"))
    parser.add_argument("file", type=Path)
    given = parser.parse_args()
    state = state_dir().resolve()
    file: Path = given.file.resolve()
    try:
        n_files = save(state, file) if given.what == "save" else restore(file, state)
    except PipelineError as error:
        sys.exit(str(error))
    except OSError as error:
        sys.exit(f"{error.filename}: {error.strerror}\nMend it, then run the same command again.")
    print(f"{given.what}: {n_files} files, {state}, {given.file}")


if __name__ == "__main__":
    main()
