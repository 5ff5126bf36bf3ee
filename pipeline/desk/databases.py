"""The queue's database: read from a URL, and its failures turned into next steps."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import parse_qsl, unquote, urlsplit

from pipeline.core.errors import PipelineError, TemporaryError
from pipeline.core.settings import environment, state_dir

DatabaseConfig: TypeAlias = dict[str, Any]

LOCK_SECONDS = 20
"""How long a writer waits for another one before it gives up."""

SIGNS_OF_NO_TABLES = ("no such table", "no such column", "does not exist")
SIGNS_OF_A_BAD_FILE = (
    "readonly",
    "unable to open",
    "full",
    "malformed",
    "not a database",
    "i/o",
    "no space left",
)
SIGNS_OF_NO_ENTRY = ("authentication", "pg_hba", "role", "could not translate", "resolve host")
NO_DATABASE = re.compile('database "[^"]*" does not exist')
SIGNS_OF_NO_SERVER = ("connect", "server", "starting up", "shutting down", "terminating")
SIGNS_OF_A_LOCK = ("locked", "lock timeout", "deadlock")

URL_HINT = (
    "Write SARUNA_DATABASE_URL as postgres://user:password@host:5432/database "
    "or sqlite:////var/lib/saruna/desk.sqlite3, or leave it unset."
)


def database_config(url: str | None = None) -> DatabaseConfig:
    """Return Django's settings for a database URL, by default the one of the environment.

    Without a URL the queue is `desk.sqlite3` in the state folder. The URL may hold a password, so
    no error repeats it.
    """
    given = url or environment("SARUNA_DATABASE_URL")
    if given is None:
        return sqlite_config(state_dir() / "desk.sqlite3")
    parts = urlsplit(given)
    if parts.scheme == "sqlite":
        return sqlite_config(sqlite_path(unquote(parts.path), parts.netloc))
    if parts.scheme in ("postgres", "postgresql"):
        return postgres_config(given)
    raise PipelineError(f'database URL: the kind "{parts.scheme}" is not known', URL_HINT)


def sqlite_path(path: str, netloc: str) -> Path:
    """Return the file of a SQLite URL: three slashes start a relative path, four an absolute."""
    if netloc or len(path) < 2:
        raise PipelineError("database URL: sqlite needs a path after three slashes", URL_HINT)
    return Path(path[1:])


def sqlite_config(path: Path) -> DatabaseConfig:
    """Return settings under which the nightly writer and the desk share one SQLite file."""
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(path.absolute()),
        "OPTIONS": {
            "timeout": LOCK_SECONDS,
            # Take the write lock at the start: a transaction that reads first and writes later
            # would fail at once, without waiting, when another has written in between.
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        },
    }


def postgres_config(url: str) -> DatabaseConfig:
    """Return settings for a PostgreSQL URL; its query string goes to libpq (`sslmode=require`)."""
    try:
        parts = urlsplit(url)
        port = parts.port or 5432
    except ValueError as error:
        raise PipelineError("database URL: the port is not a number", URL_HINT) from error
    name = unquote(parts.path).strip("/")
    if not name:
        raise PipelineError("database URL: names no database", URL_HINT)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": str(port),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"connect_timeout": 10, **dict(parse_qsl(parts.query))},
    }


@contextmanager
def reported() -> Iterator[None]:
    """Turn what an operator can mend about the database into a PipelineError.

    Everything else, such as a broken constraint, is a bug and keeps its traceback.
    """
    from django.core.exceptions import ImproperlyConfigured
    from django.db import DatabaseError, DataError, IntegrityError, InterfaceError

    try:
        yield
    except (IntegrityError, DataError):
        # Their words may quote a comment, which must not decide what we say.
        raise
    except (DatabaseError, InterfaceError) as error:
        explained = explain(error)
        if explained is None:
            raise
        raise explained from error
    except ImproperlyConfigured as error:
        if "psycopg" not in str(error):
            raise
        raise PipelineError(
            "queue database: the PostgreSQL driver is not installed",
            "Run `pip install 'saruna[postgres]'`.",
        ) from error


def explain(error: Exception) -> PipelineError | None:
    """Return the error as the operator should read it, None when it is not theirs to mend."""
    text = str(error).lower()
    place = database_place()
    if any(sign in text for sign in SIGNS_OF_A_LOCK):
        return TemporaryError(
            f"{place}: locked by another program for more than {LOCK_SECONDS} s",
            "Wait for the other run to end, or close the program that holds the file, then run "
            "the same command again: what is already written stays and is not written twice.",
        )
    if any(sign in text for sign in SIGNS_OF_NO_ENTRY) or NO_DATABASE.search(text):
        return PipelineError(
            f"{place}: the database server does not let us in",
            "Create the database and its user, or mend SARUNA_DATABASE_URL; then run the same "
            "command again.",
        )
    if is_lost(error):
        return TemporaryError(
            f"{place}: the database server does not answer, or has closed the connection",
            "Start PostgreSQL, or mend SARUNA_DATABASE_URL; then run the same command again: what "
            "is already written stays and is not written twice.",
        )
    if is_absent() or any(sign in text for sign in SIGNS_OF_NO_TABLES):
        return PipelineError(
            f"{place}: the tables are missing or of an older version",
            "Run `saruna desk init`, then the same command again.",
        )
    if any(sign in text for sign in SIGNS_OF_A_BAD_FILE):
        return PipelineError(
            f"{place}: cannot be used ({error})",
            "Free space, or mend the folder's permissions, the disk or the file; then run the same "
            "command again: what is already written stays and is not written twice.",
        )
    return None


def is_lost(error: Exception) -> bool:
    """Say whether the server is away, for now at least: SQLite has none."""
    from django.db import InterfaceError, OperationalError, connection

    text = str(error).lower()
    lost = isinstance(error, InterfaceError | OperationalError)
    return lost and connection.vendor != "sqlite" and any(s in text for s in SIGNS_OF_NO_SERVER)


def is_absent() -> bool:
    """Say whether the database is a SQLite file that nobody has made yet."""
    from django.db import connection

    return connection.vendor == "sqlite" and not Path(connection.settings_dict["NAME"]).exists()


def database_place() -> str:
    """Return where the queue lives, without user or password."""
    from django.db import connection

    config = connection.settings_dict
    if connection.vendor == "sqlite":
        return str(config["NAME"])
    return f"{config['HOST']}:{config['PORT']}/{config['NAME']}"
