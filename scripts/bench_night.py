"""Whole nights for the bench: Parquet in, decisions out, by the command line, time and memory."""

import csv
import gzip
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.core import paths
from pipeline.core.settings import load_settings
from pipeline.sources.labelled import own_rows

VK = Path("bots/vk-mkwm2022/mkwm2022_available_media.csv.gz")
PAUSE = 0.25
Write = Callable[[int, Path], None]
"""Writes so many comments to a file."""
SCORES_THAT_MOVE = ["scored_at"]


@dataclass(frozen=True)
class Size:
    """One night: processor seconds are those of all processes, memory their sum at the worst."""

    n_rows: int
    workers: int
    wall: float
    cpu: float
    megabytes: float


def comments(n_rows: int) -> tuple[list[str], str]:
    """Return comments evenly spread over a set, and its name: VKontakte's, or the seed."""
    file = load_settings().prepare.external / VK
    texts: list[str] = []
    if file.is_file():
        with gzip.open(file, "rt", encoding="utf-8", newline="") as handle:
            texts = [row["text"] for row in csv.DictReader(handle) if row["text"].strip()]
        name = f"{len(texts):,} VKontakte comments (vk-mkwm2022)"
    else:
        texts = [row["text"] for _, row in own_rows(paths.ROOT / "data" / "seed")]
        name = f"{len(texts):,} seed comments (the VKontakte set is not there)"
    chosen = [texts[int(at * len(texts) / n_rows)] for at in range(min(n_rows, len(texts)))]
    # Beyond the end of the set a number makes each text another one: nothing is reused for free.
    more = range(max(0, n_rows - len(texts)))
    return [*chosen, *(f"{texts[at % len(texts)]} {at}" for at in more)], name


def write_comments(n_rows: int, path: Path) -> None:
    """Write a night's comments as Parquet, as an export would hold them."""
    texts, _ = comments(n_rows)
    ids = [str(number) for number in range(len(texts))]
    pq.write_table(pa.table({"comment_id": ids, "text": texts}), path)


def night(
    n_rows: int,
    *,
    workers: int,
    more: tuple[str, ...] = (),
    keep: Path | None = None,
    write: Write = write_comments,
    kill_at: int | None = None,
) -> Size:
    """Run `saruna score` on this many comments and return what it took.

    With `kill_at` it is killed once so many chunks are done, and run again: both runs count.
    """
    with tempfile.TemporaryDirectory(prefix="saruna-bench-") as folder:
        source, out = Path(folder) / "night.parquet", keep or Path(folder) / "out"
        write(n_rows, source)
        saruna = str(Path(sys.executable).with_name("saruna"))
        command = [saruna, "score", str(source), "--out", str(out), "--json"]
        command += ["--workers", str(workers), *more]
        state, worst = Path(folder) / "state", [0.0]
        before, started = os.times(), time.perf_counter()
        if kill_at is not None:
            process = start(command, state, worst)
            part = out / "scores.parts" / f"{kill_at:06d}.parquet"
            while not part.exists() and process.poll() is None:
                time.sleep(PAUSE)
            process.kill()
            process.communicate()
            if process.returncode != -signal.SIGKILL:
                raise SystemExit("saruna score had ended before it was killed")
        process = start(command, state, worst)
        told, error = process.communicate()
        if process.returncode:
            raise SystemExit(f"saruna score failed:\n{error}")
        wall, after = time.perf_counter() - started, os.times()
    used = after.children_user + after.children_system
    cpu = used - before.children_user - before.children_system
    return Size(json.loads(told)["n_comments"], workers, wall, cpu, worst[0])


def start(command: list[str], state: Path, worst: list[float]) -> "subprocess.Popen[str]":
    """Start a program whose memory is followed into `worst`."""
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "SARUNA_STATE": str(state)},
    )
    threading.Thread(target=follow, args=(process.pid, worst), daemon=True).start()
    return process


def follow(pid: int, worst: list[float]) -> None:
    """Keep in `worst` the largest sum of the memory of a process and those it started, in MB."""
    while Path(f"/proc/{pid}").exists():
        worst[0] = max(worst[0], sum(map(megabytes, family(pid))))
        time.sleep(PAUSE)


def family(pid: int) -> list[int]:
    """Return a process and all that it started."""
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    except OSError:
        return [pid]
    return [pid, *(each for child in text.split() for each in family(int(child)))]


def megabytes(pid: int) -> float:
    """Return the memory of a process; pages that it shares count for each in part (Pss)."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    except OSError:
        return 0.0
    return (
        next((int(line.split()[1]) for line in text.splitlines() if line[:4] == "Pss:"), 0) / 1024
    )


def with_ray(n_rows: int) -> tuple[int, float, bool]:
    """Return comments, seconds and whether Ray's scores equal those of one process."""
    with tempfile.TemporaryDirectory(prefix="saruna-bench-") as folder:
        here, there = Path(folder) / "local", Path(folder) / "ray"
        # As many threads in each process, so that not even rounding differs.
        night(n_rows, workers=1, keep=here)
        took = night(n_rows, workers=2, more=("--engine", "ray"), keep=there)
        one, two = (pq.read_table(each / "scores.parquet") for each in (here, there))
        same = one.drop_columns(SCORES_THAT_MOVE).equals(two.drop_columns(SCORES_THAT_MOVE))
        return n_rows, took.wall, same
