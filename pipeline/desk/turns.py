"""Taking turns at the database: one program migrates at a time, one writes cases at a time.

PostgreSQL's advisory locks do it there; SQLite has one writer anyway, and a lock on a file beside
it covers what is more than one transaction.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from django.db import DatabaseError, InterfaceError, connection

from pipeline.core.locks import turn_at
from pipeline.desk.databases import LOCK_SECONDS, is_lost

MIGRATING, WRITING = 7_283_001, 7_283_002
"""Numbers of the advisory locks in Saruna's database; they mean nothing elsewhere."""
PAUSES = (1.0, 2.0, 4.0, 8.0, 15.0)
"""Seconds to wait for a server that went away: a restart of PostgreSQL takes less than these."""
Result = TypeVar("Result")


@contextmanager
def migrating(connection: Any) -> Iterator[None]:
    """Keep other programs from migrating the same database meanwhile; they wait."""
    if connection.vendor == "sqlite":
        with turn_at(Path(connection.settings_dict["NAME"]), what="the database"):
            yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [MIGRATING])
        try:
            yield
        finally:
            if connection.is_usable():
                cursor.execute("SELECT pg_advisory_unlock(%s)", [MIGRATING])


def take_turn() -> None:
    """Wait until no other transaction writes cases; the lock goes with this transaction."""
    if connection.vendor != "postgresql":
        return  # BEGIN IMMEDIATE has waited already
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_SECONDS * 1000:.0f}ms'")
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [WRITING])


def again_when_lost(do: Callable[[], Result]) -> Result:
    """Return what `do` returns; after a lost connection try anew, with longer and longer pauses.

    For one whole transaction whose repetition changes nothing. Where we are inside another one,
    which is lost too, or were never connected at all, the error goes up at once.
    """
    for pause in PAUSES if connection.connection is not None else ():
        try:
            return do()
        except (DatabaseError, InterfaceError) as error:
            if connection.in_atomic_block or not is_lost(error):
                raise
            connection.close()
            time.sleep(pause)
    return do()
