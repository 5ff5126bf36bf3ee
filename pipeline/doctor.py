"""Doctor: whether this machine can run a night, check by check, each with what to do next."""

import os
import shutil
import stat
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pipeline.core import paths
from pipeline.core.clock import check_clock, utc_now
from pipeline.core.errors import PipelineError, TemporaryError
from pipeline.core.policy import load_policy
from pipeline.core.settings import Settings, load_settings, state_dir

State = Literal["ok", "warning", "problem"]
GB = 1e9
LEAST_MEMORY, LEAST_SPACE = 2.0, 2.0
"""Gigabytes that a night may take; with less it may end half-way and must be run again."""
SENTENCES = ("Paldies, ielas ir tīras.", "Спасибо, улицы чистые.")
KEYS = ("author.key", "desk.key")
EXTENSIONS = ("amx_bf16", "avx512_bf16", "avx512_vnni", "avx512f", "avx2")
"""What makes the graph fast, as /proc/cpuinfo names it, the best first."""


@dataclass(frozen=True)
class Check:
    """One thing that was looked at: what it is like, and what to do about it."""

    name: str
    state: State
    found: str
    next_step: str = ""


def run(params: Path, release: Path) -> list[Check]:
    """Return the result of every check; none stops the others."""
    checks: dict[str, Callable[[], Check]] = {
        "python": check_python,
        "processor": lambda: check_processor(Path("/proc/cpuinfo")),
        "memory": lambda: check_memory(free_memory(Path("/"))),
        "clock": check_time,
        "state folder": lambda: check_state(state_dir()),
        "keys": lambda: check_keys(state_dir()),
        "settings": lambda: check_settings(params),
        "release": lambda: check_release(params, release),
        "database": check_database,
        "sign-in": check_sign_in,
    }
    return [safely(name, check) for name, check in checks.items()]


def safely(name: str, check: Callable[[], Check]) -> Check:
    """Return what a check finds; an error for the operator is a finding too."""
    try:
        return check()
    except PipelineError as error:
        return Check(name, "problem", error.message, error.hint)


def check_python() -> Check:
    """Say which Python this is; the package itself refuses older ones."""
    return Check("python", "ok", sys.version.split()[0])


def check_processor(cpuinfo: Path) -> Check:
    """Name the cores and the best extension that the graph can use."""
    n_cores = os.cpu_count() or 1
    try:
        text = cpuinfo.read_text(encoding="utf-8")
    except OSError:
        return Check("processor", "ok", f"{n_cores} cores")
    flags = set(next((line for line in text.splitlines() if line.startswith("flags")), "").split())
    best = next((each for each in EXTENSIONS if each in flags), "")
    if best:
        return Check("processor", "ok", f"{n_cores} cores, {best}")
    slow = "Nights take several times as long; a processor with AVX2 or better is faster."
    return Check("processor", "warning", f"{n_cores} cores without AVX2", slow)


def free_memory(root: Path) -> float | None:
    """Return the gigabytes that this process may still take, None where nobody says.

    `root` is `/`: the system's own figure, and the limit of a container (cgroup v2) if lower.
    """
    try:
        lines = (root / "proc" / "meminfo").read_text(encoding="utf-8").splitlines()
        told = {line.partition(":")[0]: line.split()[1] for line in lines if ":" in line}
        free = 1024 * int(told["MemAvailable"])
    except (OSError, KeyError, ValueError, IndexError):
        return None
    group = root / "sys" / "fs" / "cgroup"
    try:
        limit = (group / "memory.max").read_text(encoding="utf-8").strip()
        used = int((group / "memory.current").read_text(encoding="utf-8"))
        free = min(free, int(limit) - used)
    except (OSError, ValueError):
        pass  # no container, or one without a limit ("max")
    return free / GB


def check_memory(free: float | None) -> Check:
    """Compare the free memory with what a night takes."""
    if free is None:
        return Check("memory", "warning", "the system does not tell", "Have 2 GB free.")
    if free < LEAST_MEMORY:
        step = "Close other programs, or lower `score.chunk` and `score.batch_tokens`."
        return Check("memory", "warning", f"{free:.1f} GB free of {LEAST_MEMORY:.0f} GB", step)
    return Check("memory", "ok", f"{free:.1f} GB free")


def check_time() -> Check:
    """Show the time, so that a wrong one is seen; an impossible one is a problem."""
    check_clock()
    return Check("clock", "ok", f"{utc_now():%Y-%m-%d %H:%M} UTC")


def check_state(folder: Path) -> Check:
    """Write to the state folder and measure the space beside it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(bytes(4096))
        free = shutil.disk_usage(folder).free / GB
    except OSError as error:
        step = "Mend its permissions, or set SARUNA_STATE to a folder that can be written."
        found = f"{folder}: cannot be written ({error.strerror})"
        return Check("state folder", "problem", found, step)
    found = f"{folder}, {free:.1f} GB free"
    if free < LEAST_SPACE:
        return Check("state folder", "warning", found, "Free space, or move SARUNA_STATE.")
    return Check("state folder", "ok", found)


def check_keys(folder: Path) -> Check:
    """See that nobody else may read the secrets; they are made on first use."""
    made = [folder / name for name in KEYS if (folder / name).is_file()]
    others = stat.S_IRWXG | stat.S_IRWXO
    opened = [str(path) for path in made if path.stat().st_mode & others]
    if opened:
        step = f"Run `chmod 600 {' '.join(opened)}`."
        return Check("keys", "problem", f"others can read {', '.join(opened)}", step)
    return Check("keys", "ok", ", ".join(path.name for path in made) or "made on first use")


def check_settings(params: Path) -> Check:
    """Read the settings and the policy that they name."""
    policy = load_policy(paths.ROOT / load_settings(params).policy)
    return Check("settings", "ok", f"{params}, policy {policy.version}")


def check_release(params: Path, folder: Path) -> Check:
    """Compile the release and score a sentence in each language, as a night would."""
    from pipeline.model.release import open_release
    from pipeline.model.scorer import Scorer

    release = open_release(folder)
    wanted = settings_or_default(params).score
    scorer = Scorer(release, threads=wanted.threads, runtime=wanted.runtime)
    started = time.perf_counter()
    scorer.score(SENTENCES, ("lv", "ru"))
    spent = time.perf_counter() - started
    found = f"{release.version} on {scorer.runtime.name}, two comments in {spent:.2f} s"
    return Check("release", "ok", found)


def settings_or_default(params: Path) -> Settings:
    """Return the settings; those of the checkout when they cannot be read, which has been said."""
    try:
        return load_settings(params)
    except PipelineError:
        return load_settings(paths.PARAMS)


def check_database() -> Check:
    """Ask the desk whether it could be served."""
    from pipeline.desk import commands

    desk = commands.check()
    return Check("database", "ok", f"{desk.database}, {desk.n_open} open cases")


def check_sign_in() -> Check:
    """Ask the OpenID provider, where one is configured, for its addresses and keys."""
    from pipeline.desk import commands

    try:
        told = commands.look_at_provider()
    except TemporaryError as error:
        # Accounts of the desk still come in, and nights run without anybody's sign-in.
        return Check("sign-in", "warning", error.message, error.hint)
    return Check("sign-in", "ok", told or "accounts of the desk alone")


def table(checks: Sequence[Check]) -> str:
    """Return the checks as lines of columns, next steps below what they belong to."""
    width = max(len(check.name) for check in checks)
    lines: list[str] = []
    for check in checks:
        first, *rest = [*check.found.splitlines(), *check.next_step.splitlines()]
        lines.append(f"{check.state:<8} {check.name:<{width}} {first}")
        lines += [" " * (width + 10) + line for line in rest]
    return "\n".join(lines)
