"""Database URLs."""

from pathlib import Path

import pytest

from pipeline.core.errors import PipelineError
from pipeline.desk.databases import database_config


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (
            "postgres://ilze:s%40%2F1@db.example:6432/desk?sslmode=require",
            ("ilze", "s@/1", "db.example", "6432", "desk", "require"),
        ),
        ("postgresql://u:p@[::1]/desk", ("u", "p", "::1", "5432", "desk", None)),
        ("postgres:///desk?host=/run/pg", ("", "", "", "5432", "desk", None)),
    ],
)
def test_postgres_url_is_taken_apart(url: str, expected: tuple[object, ...]) -> None:
    config = database_config(url)
    keys = ("USER", "PASSWORD", "HOST", "PORT", "NAME")
    assert (*(config[key] for key in keys), config["OPTIONS"].get("sslmode")) == expected


def test_sqlite_url_names_a_file_that_waits_for_other_writers(tmp_path: Path) -> None:
    config = database_config(f"sqlite:///{tmp_path}/a b.sqlite3".replace(" ", "%20"))
    assert config["NAME"] == f"{tmp_path}/a b.sqlite3"
    assert config["OPTIONS"]["timeout"] == 20
    assert "journal_mode=WAL" in config["OPTIONS"]["init_command"]


def test_database_is_in_the_state_folder_unless_the_environment_says_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SARUNA_STATE", str(tmp_path))
    assert database_config()["NAME"] == str(tmp_path / "desk.sqlite3")
    monkeypatch.setenv("SARUNA_DATABASE_URL", f"sqlite:///{tmp_path}/other.sqlite3")
    assert database_config()["NAME"] == str(tmp_path / "other.sqlite3")


@pytest.mark.parametrize(
    "url",
    ["oracle://u:s3cret@h/x", "sqlite:///", "sqlite://host/x", "postgres://u:s3cret@h:five/x",
     "postgres://u:s3cret@h/", "just words"],
)  # fmt: skip
def test_unusable_url_is_refused_without_repeating_the_password(url: str) -> None:
    with pytest.raises(PipelineError) as caught:
        database_config(url)
    assert "SARUNA_DATABASE_URL" in caught.value.hint
    assert "s3cret" not in str(caught.value)
