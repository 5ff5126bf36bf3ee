"""`saruna desk`: init, check, serve."""

import os
import socket
import stat
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from pipeline.core.errors import PipelineError, UsageError
from pipeline.core.settings import author_secret, desk_secret
from pipeline.desk import commands
from pipeline.desk.models import Institution, User


def test_init_makes_an_administrator_whose_password_is_told_once(db: None) -> None:
    made = commands.init("ilze")
    assert made.is_new_admin
    assert made.password is not None
    user = User.objects.get(username="ilze")
    assert user.check_password(made.password)
    assert user.is_superuser
    assert Institution.objects.get(code="ogre").name == "Ogres novada pašvaldība"
    again = commands.init("ilze")
    assert (again.is_new_admin, again.password) == (False, None)
    user.refresh_from_db()
    assert user.check_password(made.password)


def test_init_keeps_a_given_password_to_itself(db: None) -> None:
    assert commands.init("ilze", "zils autobuss piebrauc").password is None
    assert User.objects.get().check_password("zils autobuss piebrauc")


@pytest.mark.parametrize(
    ("name", "password", "expected"),
    [("ilze", "short", "too short"), ("bad name!", None, "valid username"), ("", None, "blank")],
)
def test_init_refuses_bad_names_and_weak_passwords(
    db: None, name: str, password: str | None, expected: str
) -> None:
    with pytest.raises(UsageError, match=expected):
        commands.init(name, password)
    assert not User.objects.exists()


def test_init_names_an_institution_that_cases_made_first(db: None) -> None:
    Institution.objects.create(code="ogre", name="ogre")
    commands.init("ilze")
    assert Institution.objects.get().name == "Ogres novada pašvaldība"


def test_check_counts_what_waits(db: None, case: Any, anna: Any) -> None:
    found = commands.check()
    assert (found.n_people, found.n_open, found.n_awaiting) == (1, 1, 0)
    assert found.policy.startswith("ogre-4-2024@")


def test_check_names_all_that_is_wrong(db: None, settings: Any, tmp_path: Path) -> None:
    settings.POLICY_PATH = tmp_path / "none.yaml"
    with pytest.raises(PipelineError) as caught:
        commands.check()
    assert "nobody can sign in" in caught.value.message
    assert "none.yaml" in caught.value.message


def run_desk(program: str, state: Path, **options: Any) -> subprocess.Popen[str]:
    environment = {key: value for key, value in os.environ.items() if "SARUNA" not in key}
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", program],
        env=environment | {"SARUNA_STATE": str(state)} | options,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize("options", [{}, {"SARUNA_HTTPS": "1"}], ids=["http", "behind tls"])
def test_fresh_desk_serves_pages_and_styles(tmp_path: Path, options: dict[str, str]) -> None:
    port, state = free_port(), tmp_path / "var"
    program = (
        "from pipeline.desk import commands as c; c.init('ilze'); "
        f"c.serve('127.0.0.1', {port}, threads=2)"
    )
    server = run_desk(program, state, **options)
    try:
        pages = {
            path: fetch(port, path, server)
            for path in ("health", "sign-in", "static/desk/desk.css")
        }
    finally:
        server.terminate()
        _, errors = server.communicate(timeout=20)
    assert pages["health"] == "ok"
    assert "Pieteikties" in pages["sign-in"]
    assert "--accent" in pages["static/desk/desk.css"]
    assert "Traceback" not in errors
    assert "ilze" not in errors
    assert stat.S_IMODE((state / "desk.sqlite3").stat().st_mode) == 0o600


def test_key_of_sessions_is_made_once_and_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SARUNA_STATE", str(tmp_path / "new"))
    key = desk_secret()
    assert len(key) >= 50
    assert desk_secret() == key != author_secret()
    assert stat.S_IMODE((tmp_path / "new" / "desk.key").stat().st_mode) == 0o600
    monkeypatch.setenv("SARUNA_SECRET_KEY", "from elsewhere")
    assert desk_secret() == b"from elsewhere"
    monkeypatch.delenv("SARUNA_SECRET_KEY")
    (tmp_path / "file").touch()
    monkeypatch.setenv("SARUNA_STATE", str(tmp_path / "file"))
    with pytest.raises(PipelineError, match=r"desk\.key") as caught:
        desk_secret()
    assert "SARUNA_SECRET_KEY" in caught.value.hint


def fetch(port: int, path: str, server: subprocess.Popen[str]) -> str:
    deadline = time.monotonic() + 30
    # As a proxy with TLS would ask; without TLS the header is not heeded.
    asked = urllib.request.Request(
        f"http://127.0.0.1:{port}/{path}", headers={"X-Forwarded-Proto": "https"}
    )
    while True:
        try:
            with urllib.request.urlopen(asked, timeout=10) as response:  # noqa: S310
                return str(response.read().decode())
        except OSError:
            if time.monotonic() > deadline or server.poll() is not None:
                raise
            time.sleep(0.1)


def test_serve_says_what_to_do_about_a_missing_database_and_a_taken_port(
    tmp_path: Path,
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        program = f"""
from pipeline.core.errors import PipelineError
from pipeline.desk import commands
for prepare in (lambda: None, lambda: commands.init("ilze")):
    try:
        prepare()
        commands.serve("127.0.0.1", {port})
    except PipelineError as error:
        print(error)
"""
        out, errors = run_desk(program, tmp_path / "var").communicate(timeout=60)
    assert errors == ""
    assert "saruna desk init" in out
    assert f"127.0.0.1:{port}: cannot be listened on" in out


def test_migrations_hold_all_that_the_models_say(db: None) -> None:
    from django.core.management import call_command

    call_command("makemigrations", "desk", check=True, dry_run=True, verbosity=0)
