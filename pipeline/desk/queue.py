"""The door for the stages: cases go into the queue here, settled reviews come out.

The stages import this module and no other of the desk. Django starts on the first call, not at
import, and every database failure that an operator can mend arrives as a PipelineError.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

from pipeline.core.errors import PipelineError
from pipeline.desk.databases import DatabaseConfig, database_config, reported
from pipeline.desk.rows import (
    CaseRow,
    CommentRow,
    Doubted,
    EvidenceRow,
    OpinionRow,
    ReviewRow,
    Written,
)

__all__ = [
    "CaseRow",
    "CommentRow",
    "Doubted",
    "EvidenceRow",
    "OpinionRow",
    "ReviewRow",
    "Written",
    "doubt",
    "migrate",
    "read_opinions",
    "read_reviews",
    "setup_django",
    "write_cases",
]


def setup_django(database_url: str | None = None) -> None:
    """Start Django once, and point it at a database when a URL is given.

    Without a URL the queue is where SARUNA_DATABASE_URL or the state folder says. A later call
    with another URL moves this process to that database.
    """
    import django
    from django.apps import apps

    wanted = database_config(database_url) if database_url else None
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pipeline.desk.settings")
    with reported():
        if not apps.ready:
            django.setup()
        if wanted is not None:
            use_database(wanted)


def use_database(config: DatabaseConfig) -> None:
    """Make `config` this process's database, closing the connection to the one before."""
    from django.conf import settings
    from django.db import connections

    current = connections.settings["default"]
    if all(current.get(key) == value for key, value in config.items()):
        return
    connections["default"].close()
    del connections["default"]
    settings.DATABASES["default"] = config
    connections.settings = connections.configure_settings({"default": config})


def migrate() -> None:
    """Create the queue's tables, or bring them up to this version; twice changes nothing."""
    setup_django()
    from django.core.management import call_command
    from django.db import connection

    from pipeline.desk.turns import migrating

    with reported():
        if connection.vendor == "sqlite":
            make_file(Path(connection.settings_dict["NAME"]))
        with migrating(connection):
            call_command("migrate", verbosity=0, interactive=False)


def make_file(path: Path) -> None:
    """Create a SQLite file that its owner alone can read: comments are personal data."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
        if path.stat().st_size == 0:
            # A look at a database that was not there yet may have left an open file.
            path.chmod(0o600)
    except OSError as error:
        raise PipelineError(
            f"{path}: cannot be made ({error.strerror})",
            "Set SARUNA_STATE or SARUNA_DATABASE_URL to a place that can be written.",
        ) from error


def write_cases(rows: Iterable[CaseRow], *, chunk: int = 500) -> Written:
    """Put cases into the queue in transactions of about `chunk` comments, and count them.

    Writing the same rows again changes nothing. A comment stands in one case at most: copies that
    the queue already knows are left where they are. A case that a person has decided, escalated or
    put before a second person is never touched; an open case that comes again from another model
    version with a later `scored_at` takes over the new scores instead of standing there twice.
    A run that is cut short leaves whole chunks: run it again and the rest is added.
    """
    setup_django()
    from pipeline.desk.writing import write_all

    with reported():
        return write_all(rows, chunk)


def read_reviews(since: datetime | None = None, *, fresh: bool = False) -> Iterator[ReviewRow]:
    """Yield the verdicts in effect, oldest first; with `since`, those settled at or after it.

    A verdict of the last ten minutes can still be undone, so it comes only with `fresh`. Pending
    and declined second opinions, and escalations without an answer, are left out. Read with some
    overlap and key by `review_id`: a verdict may be saved a moment after its time.
    """
    setup_django()
    from pipeline.desk.reading import settled_reviews

    with reported():
        yield from settled_reviews(since, fresh=fresh)


def read_opinions() -> Iterator[OpinionRow]:
    """Yield every person's judgement of the cases that are settled, blind ones too.

    A second person who declines a verdict is one who says that there is no violation.
    """
    setup_django()
    from pipeline.desk.opinions import opinions

    with reported():
        yield from opinions()


def doubt(keys: Sequence[tuple[str, str]]) -> Doubted:
    """Put the verdicts on these comments, by source and comment_id, into the blind lane."""
    setup_django()
    from pipeline.desk.doubting import doubt as draw

    with reported():
        return draw(keys)
