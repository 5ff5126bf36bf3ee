"""The queue in PostgreSQL as a file and back, by PostgreSQL's own programs."""

import os
import subprocess
from pathlib import Path
from typing import TypeGuard
from urllib.parse import unquote, urlsplit

from pipeline.core.errors import PipelineError


def is_postgres(url: str | None) -> TypeGuard[str]:
    """Say whether a database URL is one of PostgreSQL."""
    return url is not None and urlsplit(url).scheme in ("postgres", "postgresql")


def save(url: str, file: Path) -> None:
    """Write the database into a file."""
    call("pg_dump", url, "--format=custom", f"--file={file}")


def restore(url: str, file: Path) -> None:
    """Bring a file back into an empty database, whole or not at all."""
    call("pg_restore", url, "--single-transaction", "--no-owner", "--no-privileges", str(file))


def call(program: str, url: str, *arguments: str) -> None:
    """Run a program on a database; PipelineError tells the first thing that it complains of."""
    parts = urlsplit(url)
    # Whoever is on the machine can read a command line, so the password goes another way.
    user, _, host = parts.netloc.rpartition("@")
    name = user.partition(":")[0]
    place = parts._replace(netloc=f"{name}@{host}" if name else host).geturl()
    given = {"PGPASSWORD": unquote(parts.password)} if parts.password else {}
    where = f"{host}{parts.path}"
    try:
        done = subprocess.run(
            [program, f"--dbname={place}", "--no-password", *arguments],
            env=os.environ | {"PGCONNECT_TIMEOUT": "10", "LC_ALL": "C"} | given,
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError as error:
        step = "Install PostgreSQL's client programs, no older than the server."
        raise PipelineError(f"{program}: is not on this machine", step) from error
    if done.returncode:
        # Later lines may quote rows, which hold comments.
        said = next((line for line in done.stderr.splitlines() if "error:" in line), "it failed")
        step = "Mend it, then run the same command again; a restore needs an empty database."
        raise PipelineError(f"{where}: {said}", step)
