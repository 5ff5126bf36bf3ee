"""Backup and restore bring the same state back; unit files name commands that exist."""

import os
import re
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
import typer

from pipeline.cli import app
from pipeline.core import paths

DEPLOY = paths.ROOT / "scripts" / "deploy"


def backup(what: str, file: Path, state: Path) -> subprocess.CompletedProcess[str]:
    env = os.environ | {"SARUNA_STATE": str(state), "PYTHON": sys.executable}
    command = [str(DEPLOY / "backup"), what, str(file)]
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    folder = tmp_path / "state"
    (folder / "nights" / "one").mkdir(parents=True)
    (folder / "nights" / "one" / "scores.parquet").write_bytes(b"scores")
    (folder / "nights" / "one" / ".scores.parquet.1.partial").write_bytes(b"half")
    (folder / "author.key").write_text("0" * 64, encoding="utf-8")
    (folder / "author.key").chmod(0o600)
    return folder


def test_a_backup_taken_while_the_queue_is_written_comes_back_the_same(
    state: Path, tmp_path: Path
) -> None:
    file, new = tmp_path / "saved.tar.gz", tmp_path / "new"
    with closing(sqlite3.connect(state / "desk.sqlite3", isolation_level=None)) as desk:
        desk.execute("PRAGMA journal_mode = WAL")
        desk.execute("CREATE TABLE a (b)")
        desk.execute("INSERT INTO a VALUES (1), (2)")
        desk.execute("BEGIN IMMEDIATE")
        desk.execute("INSERT INTO a VALUES (3)")
        saved = backup("save", file, state)
        desk.execute("ROLLBACK")
    assert saved.returncode == 0, saved.stderr
    assert file.stat().st_mode & 0o777 == 0o600, "it holds keys and comments"
    restored = backup("restore", file, new)
    assert restored.returncode == 0, restored.stderr
    found = sorted(str(path.relative_to(new)) for path in new.rglob("*") if path.is_file())
    assert found == ["author.key", "desk.sqlite3", "nights/one/scores.parquet"]
    assert (new / "nights" / "one" / "scores.parquet").read_bytes() == b"scores"
    assert (new / "author.key").stat().st_mode & 0o777 == 0o600
    with closing(sqlite3.connect(new / "desk.sqlite3")) as desk:
        assert desk.execute("SELECT b FROM a ORDER BY b").fetchall() == [(1,), (2,)]


def test_a_restore_overwrites_nothing_and_refuses_a_damaged_file(
    state: Path, tmp_path: Path
) -> None:
    file, new = tmp_path / "saved.tar.gz", tmp_path / "new"
    assert backup("save", file, state).returncode == 0
    refused = backup("restore", file, state)
    assert (refused.returncode, "is not empty" in refused.stderr) == (1, True)
    file.write_bytes(file.read_bytes()[:200])
    refused = backup("restore", file, new)
    assert (refused.returncode, "is no whole backup" in refused.stderr) == (1, True)
    assert not new.exists()
    assert "Traceback" not in refused.stderr


def test_a_damaged_queue_is_named_and_leaves_the_last_backup_alone(
    state: Path, tmp_path: Path
) -> None:
    file = tmp_path / "saved.tar.gz"
    assert backup("save", file, state).returncode == 0
    whole = file.read_bytes()
    (state / "desk.sqlite3").write_bytes(b"no database" * 900)
    refused = backup("save", file, state)
    assert refused.returncode == 1
    assert "desk.sqlite3" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert file.read_bytes() == whole
    assert sorted(path.name for path in tmp_path.iterdir()) == ["saved.tar.gz", "state"]


def test_units_crontab_and_container_call_commands_that_exist() -> None:
    commands = set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
    named: set[str] = set()
    for name in ("saruna-nightly.service", "crontab", "Containerfile"):
        text = (DEPLOY / name).read_text(encoding="utf-8")
        named |= set(re.findall(r"bin/saruna ([a-z]+)", text))
        named |= set(re.findall(r'^CMD \["([a-z]+)"', text, re.MULTILINE))
    assert named == {"nightly", "doctor"}
    assert named <= commands


def test_systemd_accepts_the_units() -> None:
    verify = shutil.which("systemd-analyze")
    if verify is None:
        pytest.skip("no systemd here")
    units = [str(DEPLOY / f"saruna-nightly.{kind}") for kind in ("service", "timer")]
    done = subprocess.run([verify, "verify", *units], capture_output=True, text=True, check=False)
    assert "Unknown" not in done.stderr
    assert "Failed to parse" not in done.stderr
