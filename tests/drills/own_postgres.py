"""A PostgreSQL server of our own in a folder, to be stopped and started at will."""

import os
import shutil
import socket
import subprocess
from pathlib import Path

USER = "postgres"


def find_programs() -> Path | None:
    """Return the folder of PostgreSQL's programs, None where it is not installed."""
    found = shutil.which("pg_ctl")
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))
    return Path(found).parent if found else places[-1].parent if places else None


class Server:
    """One server; as root it runs as the user `postgres`, for it refuses to be root."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self.programs, self.folder = programs, folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        if os.geteuid() == 0:
            shutil.chown(folder, USER)
        data = folder / "data"
        self.run("initdb", "-D", data, "-U", "saruna", "-A", "trust", "--no-sync")
        with (data / "postgresql.conf").open("a", encoding="ascii") as handle:
            handle.write(
                f"listen_addresses = '127.0.0.1'\nport = {self.port}\nfsync = off\n"
                f"unix_socket_directories = ''\nshared_buffers = 16MB\n"
            )

    @property
    def url(self) -> str:
        """Where the server's own database is."""
        return f"postgres://saruna@127.0.0.1:{self.port}/postgres"

    def run(self, program: str, *arguments: object) -> None:
        """Run one of PostgreSQL's programs to its end."""
        given = [str(self.programs / program), *map(str, arguments)]
        as_user = ["setpriv", f"--reuid={USER}", "--init-groups"] if os.geteuid() == 0 else []
        subprocess.run([*as_user, *given], check=True, stdout=subprocess.DEVNULL, cwd=self.folder)

    def control(self, action: str, *more: str) -> None:
        """Start, stop or restart the server."""
        log = self.folder / "log"
        self.run("pg_ctl", "-D", self.folder / "data", "-l", log, "-w", *more, action)
