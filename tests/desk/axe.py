"""axe-core for the browser tests: fetched once by npm into a cache, never part of the project."""

import os
import shutil
import subprocess
import tarfile
from functools import cache
from pathlib import Path

VERSION = "4.14.1"


def cache_folder() -> Path:
    """Return the user's cache folder of the tests."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "saruna-tests"


@cache
def axe_source() -> str | None:
    """Return axe-core as JavaScript, None when npm is not there or cannot fetch it."""
    kept = cache_folder() / f"axe-{VERSION}.min.js"
    if not kept.exists() and not fetch(kept):
        return None
    return kept.read_text(encoding="utf-8")


def fetch(kept: Path) -> bool:
    """Fetch the package and keep its one file; False when that cannot be done here."""
    if shutil.which("npm") is None:
        return False
    kept.parent.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        ["npm", "pack", f"axe-core@{VERSION}", "--silent"],
        cwd=kept.parent,
        capture_output=True,
        timeout=120,
        check=False,
    )
    packed = kept.parent / f"axe-core-{VERSION}.tgz"
    if done.returncode or not packed.exists():
        return False
    with tarfile.open(packed) as archive:
        member = archive.extractfile("package/axe.min.js")
        if member is None:
            return False
        partial = kept.with_suffix(f".{os.getpid()}.partial")
        partial.write_bytes(member.read())
    partial.rename(kept)
    packed.unlink(missing_ok=True)
    return True
