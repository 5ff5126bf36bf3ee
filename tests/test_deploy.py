"""Backup and restore bring the same state back; units and image are as an operator needs them."""

import os
import re
import shlex
import shutil
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from fnmatch import fnmatch
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import requires
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

import pytest
import typer
from packaging.requirements import Requirement

from pipeline.cli import app
from pipeline.core import paths

DEPLOY = paths.ROOT / "scripts" / "deploy"


UNITS = sorted(path.name for path in DEPLOY.iterdir() if path.suffix in (".service", ".timer"))


def backup(what: str, file: Path, state: Path, url: str = "") -> subprocess.CompletedProcess[str]:
    env = os.environ | {"SARUNA_STATE": str(state), "PYTHON": sys.executable}
    env["SARUNA_DATABASE_URL"] = url
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


def test_a_file_that_the_night_replaces_or_removes_meanwhile_spoils_no_backup(
    state: Path, tmp_path: Path
) -> None:
    moving = state / "nights" / "one" / "scores.parquet"
    gone = state / "nights" / "two.parquet"
    gone.write_bytes(b"soon removed")
    # Between looking at the first file and reading it, the night writes both anew.
    program = f"""
import sys, tarfile
from pathlib import Path
sys.path.insert(0, {str(DEPLOY)!r})
import backup
plain = tarfile.TarFile.gettarinfo
def late(self, *given, **named):
    if named.get("arcname", "").endswith("scores.parquet"):
        new = Path({str(tmp_path / "new.parquet")!r})
        new.write_bytes(b"other scores, and more of them")
        new.replace({str(moving)!r})
        Path({str(gone)!r}).unlink()
    return plain(self, *given, **named)
tarfile.TarFile.gettarinfo = late
backup.main()
"""
    file = tmp_path / "saved.tar.gz"
    subprocess.run(
        [sys.executable, "-c", program, "save", str(file)],
        env=os.environ | {"SARUNA_STATE": str(state), "SARUNA_DATABASE_URL": ""},
        check=True,
    )
    assert moving.read_bytes().startswith(b"other"), "it was replaced in the middle"
    restored = backup("restore", file, tmp_path / "new")
    assert restored.returncode == 0, restored.stderr
    found = {path.name for path in (tmp_path / "new").rglob("*") if path.is_file()}
    assert found == {"author.key", "scores.parquet"}


@pytest.fixture
def databases() -> Iterator[tuple[str, str]]:
    """Two empty PostgreSQL databases."""
    server = os.environ.get("SARUNA_TEST_POSTGRES")
    if not server or not shutil.which("pg_dump"):
        pytest.skip("SARUNA_TEST_POSTGRES names no server, or its programs are missing")
    import psycopg

    names = ("saruna_saved", "saruna_restored")
    with psycopg.connect(server, autocommit=True) as connection:
        for name in names:
            connection.execute(f"DROP DATABASE IF EXISTS {name}".encode())
            connection.execute(f"CREATE DATABASE {name}".encode())
        one, two = (urlsplit(server)._replace(path=f"/{name}").geturl() for name in names)
        yield one, two
        for name in names:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def test_a_queue_in_postgresql_is_in_the_backup_and_comes_back_into_an_empty_database_alone(
    state: Path, tmp_path: Path, databases: tuple[str, str]
) -> None:
    import psycopg

    old, new = databases
    with psycopg.connect(old, autocommit=True) as connection:
        connection.execute("CREATE TABLE a (b text PRIMARY KEY)")
        connection.execute("INSERT INTO a VALUES ('bedre'), ('яма')")
    file, folder = tmp_path / "saved.tar.gz", tmp_path / "new"
    saved = backup("save", file, state, old)
    assert saved.returncode == 0, saved.stderr
    for url, complaint in (("", "was in PostgreSQL"), (old, "already exists")):
        refused = backup("restore", file, folder, url)
        assert (refused.returncode, complaint in refused.stderr) == (1, True), refused.stderr
        assert "bedre" not in refused.stderr
        assert not folder.exists()
    restored = backup("restore", file, folder, new)
    assert restored.returncode == 0, restored.stderr
    with psycopg.connect(new) as connection:
        assert connection.execute("SELECT b FROM a ORDER BY b").fetchall() == [
            ("bedre",),
            ("яма",),
        ]
    assert (folder / "author.key").is_file()


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("sqlite:////srv/elsewhere/desk.sqlite3", "is not in the state folder"),
        ("postgres://saruna:s3cret@127.0.0.1:1/saruna", "127.0.0.1:1/saruna: "),
    ],
)
def test_a_queue_that_cannot_be_saved_ends_in_no_backup_and_tells_no_password(
    url: str, complaint: str, state: Path, tmp_path: Path
) -> None:
    refused = backup("save", tmp_path / "saved.tar.gz", state, url)
    assert (refused.returncode, complaint in refused.stderr) == (1, True), refused.stderr
    assert "s3cret" not in refused.stderr
    assert "Traceback" not in refused.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["state"]


def test_a_command_runs_as_the_services_do(state: Path, tmp_path: Path) -> None:
    secrets = tmp_path / "environment"
    secrets.write_text(
        "# of the services\n\nSARUNA_DATABASE_URL=postgres://a:p$HOME w'@h/d\nSARUNA_HTTPS=1",
        encoding="utf-8",
    )
    program = (
        "import os; print(os.environ['SARUNA_DATABASE_URL'], os.environ['SARUNA_HTTPS'], "
        "os.getcwd(), oct(os.umask(0)))"
    )
    done = subprocess.run(
        [str(DEPLOY / "as-saruna"), sys.executable, "-c", program],
        env=os.environ | {"SARUNA_STATE": str(state), "SARUNA_ENVIRONMENT": str(secrets)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == f"postgres://a:p$HOME w'@h/d 1 {paths.ROOT} 0o77\n"


@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1)])
def test_the_health_check_asks_the_desk(status: int, code: int) -> None:
    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/health" else 404)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None: ...  # noqa: A002

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        done = subprocess.run(
            [sys.executable, str(DEPLOY / "health"), str(server.server_port)],
            capture_output=True,
            text=True,
            check=False,
        )
        server.shutdown()
    assert (done.returncode, "Traceback" in done.stderr) == (code, False)


NIGHT_AND_DESK = """
set -e
mount --bind {state} {state}
mount --bind {scratch} {scratch}
mount -o remount,bind,ro /
if touch {outside} 2>/dev/null; then echo "the disk can be written"; exit 9; fi
run="setpriv --no-new-privs --inh-caps=-all --bounding-set=-all {python}"
$run -m pipeline.cli desk init
$run -m pipeline.cli nightly {night} --out {state}/nights/one --json
$run -m pipeline.cli desk serve --port {port} &
tries=0
until $run {deploy}/health {port}; do
  kill -0 $!
  tries=$((tries + 1))
  [ $tries -lt 240 ]
  sleep 0.5
done
kill $!
"""


def test_a_night_and_the_desk_need_neither_roots_powers_nor_another_place_to_write(
    tmp_path: Path,
) -> None:
    if shutil.which("unshare") is None or subprocess.run(["unshare", "--mount", "true"]).returncode:
        pytest.skip("only root can give a process disks of its own")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    places = {name: tmp_path / name for name in ("state", "scratch", "outside")}
    for place in ("state", "scratch"):
        places[place].mkdir()
    given = {"python": sys.executable, "night": paths.SAMPLE_NIGHT, "deploy": DEPLOY, **places}
    script = NIGHT_AND_DESK.format(
        port=port, **{name: shlex.quote(str(value)) for name, value in given.items()}
    )
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", script],
        env={
            "PATH": os.environ["PATH"],
            "HOME": "/nowhere",
            "PYTHONPATH": str(paths.ROOT),
            "SARUNA_STATE": str(places["state"]),
            "TMPDIR": str(places["scratch"]),
            # Names that the health check has to know: the desk answers to no others.
            "SARUNA_HOSTS": "desk.example.lv",
            "SARUNA_HTTPS": "1",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (places["state"] / "nights" / "one" / "report.html").is_file()
    assert list(places["scratch"].iterdir()) == []


def test_units_crontab_and_container_call_commands_that_exist() -> None:
    commands = set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
    named: set[str] = set()
    for name in (*UNITS, "crontab", "Containerfile"):
        text = (DEPLOY / name).read_text(encoding="utf-8")
        named |= set(re.findall(r"(?:bin/|as-saruna )saruna ([a-z]+)", text))
        named |= set(re.findall(r'^CMD \["([a-z]+)"', text, re.MULTILINE))
        for script in re.findall(r"scripts/deploy/((?:as|backup)[a-z-]*)", text):
            assert os.access(DEPLOY / script, os.X_OK)
    assert named == {"nightly", "doctor", "desk"}
    assert named <= commands


def test_systemd_accepts_the_units() -> None:
    verify = shutil.which("systemd-analyze")
    if verify is None:
        pytest.skip("no systemd here")
    units = [str(DEPLOY / name) for name in UNITS]
    done = subprocess.run([verify, "verify", *units], capture_output=True, text=True, check=False)
    told = [line for line in done.stderr.splitlines() if str(DEPLOY) in line or "saruna-" in line]
    # The program lies in /opt/saruna on the machine that the units are for.
    assert [line for line in told if "/opt/saruna/.venv/bin/saruna is not exec" not in line] == []


def packages(extras: set[str]) -> set[str]:
    """Return what installing brings, by what the packages here say of themselves."""
    found: set[str] = set()
    wanted = [("saruna", frozenset(extras))]
    while wanted:
        name, more = wanted.pop()
        for text in requires(name) or []:
            need = Requirement(text)
            if need.marker and not any(
                need.marker.evaluate({"extra": extra}) for extra in (more or {""})
            ):
                continue
            if need.name.lower() not in found:
                found.add(need.name.lower())
                wanted.append((need.name, frozenset(need.extras)))
    return found


def test_the_image_is_pinned_without_root_in_the_towns_time_and_without_torch() -> None:
    text = (DEPLOY / "Containerfile").read_text(encoding="utf-8")
    assert re.search(r"^ARG BASE=\S+:\d+\.\d+\.\d+-slim-[a-z]+$", text, re.MULTILINE)
    (user,) = re.findall(r"^USER (\d+)$", text, re.MULTILINE)
    assert int(user) > 0
    assert f"--uid {user} " in text
    assert "TZ=Europe/Riga" in text
    assert "--constraint constraints.txt" in text
    (extras,) = re.findall(r"'\.\[([a-z,]+)\]'", text)
    brought = packages(set(extras.split(",")))
    assert {"openvino", "django", "psycopg"} <= brought
    assert not brought & {"torch", "transformers", "mlflow", "ray", "onnx", "playwright"}


@pytest.mark.parametrize(
    ("path", "is_left_out"),
    [
        (".git", True),
        (".venv", True),
        ("var", True),
        ("data/external", True),
        ("data/prepared", True),
        ("data/feedback", True),
        ("models/checkpoint", True),
        ("models/release", False),
        ("data/policy", False),
        ("data/claims", False),
        ("pipeline", False),
        ("constraints.txt", False),
    ],
)
def test_comments_secrets_and_history_stay_out_of_the_image(path: str, is_left_out: bool) -> None:
    ignored = (DEPLOY / "Containerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    patterns = [line for line in ignored if line and not line.startswith("#")]
    is_matched = any(
        fnmatch(path, pattern) or ("**/" in pattern and fnmatch(path, pattern.replace("**/", "")))
        for pattern in patterns
    )
    assert is_matched == is_left_out
