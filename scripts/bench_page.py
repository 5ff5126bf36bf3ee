"""The page that the bench writes: docs/performance.md."""

import os
import platform
import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from statistics import median

from bench_night import Size

from pipeline.core import paths
from pipeline.core.tables import write_text
from pipeline.model.release import open_release

BASE = "XLM-R base, float32 torch"
REMARKS = "## How a night is made fast"
LEVELS = ("amx_bf16", "avx512_bf16", "avx512_vnni", "avx512f", "avx2")


class Section(StrEnum):
    """Parts of the page that other commands write, as they take long; the bench keeps them."""

    GROWTH = "From 10,000 to 1,000,000 comments"
    INTAKE = "Cases into the queue"
    RESUME = "Resuming"


BUSY = 1.0
"""A load of the machine above which other programs had a part of its cores."""
TARGETS = {"times": 40.0, "share": 0.35, "growth": 1.10, "megabytes": 2048.0, "resume": 0.03}


def processor() -> str:
    """Return the processor, its cores, and what bears on the speed of matrices."""
    text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    lines = [line.split(":", 1) for line in text.splitlines() if ":" in line]
    name = next((value.strip() for key, value in lines if key.startswith("model name")), "?")
    flags = next((value.split() for key, value in lines if key.startswith("flags")), [])
    cores = sum(line.startswith("processor") for line in text.splitlines())
    return f"{name}, {cores} cores, {', '.join(level for level in LEVELS if level in flags)}"


def section_of(page: str, section: Section) -> str:
    """Return a section with its heading as it stands in a page, nothing when it is not there."""
    found = re.search(rf"^## {re.escape(section)}\n.*?(?=^## |\Z)", page, re.DOTALL | re.MULTILINE)
    return found[0] if found else ""


def write_section(path: Path, section: Section, text: str) -> None:
    """Put the text of a section into the page, before the remarks that end it."""
    page = path.read_text(encoding="utf-8").replace(section_of_file(path, section), "")
    written = f"## {section}\n\n{text.strip()}\n\n"
    write_text(path, page.replace(REMARKS, f"{written}{REMARKS}", 1))


def section_of_file(path: Path, section: Section) -> str:
    """Return a section of a page that may not be there."""
    return section_of(path.read_text(encoding="utf-8"), section) if path.is_file() else ""


def load_line(before: float) -> str:
    """Return the end of the sentence that says how busy the machine was around a run."""
    after = os.getloadavg()[0]
    return f"; load of the machine before and after: {before:.1f} and {after:.1f}."


def verdict(reached: bool) -> str:
    """Return how a figure stands to its target."""
    return "reached" if reached else "**not reached**"


def write_page(
    path: Path,
    *,
    quick: bool,
    source: str,
    n_compared: int,
    measured: Mapping[str, Sequence[float]],
    peaks: Mapping[str, tuple[float, float]],
    nights: Sequence[Size],
    ray: tuple[int, float, bool] | None,
    load: tuple[float, float],
    minutes: float,
) -> None:
    """Write the page from the figures."""
    base = median(measured[BASE])
    first, last = nights[0], nights[-2]
    slope = 1000 * (last.cpu - first.cpu) / max(last.n_rows - first.n_rows, 1)
    growth = (last.wall / last.n_rows) / (first.wall / first.n_rows)
    memory = last.megabytes / first.megabytes
    peak, reached = peaks["bf16"]
    rows = [
        f"| {name} | {median(values):.2f} | {min(values):.2f} to {max(values):.2f} "
        f"| {base / median(values):.1f} |"
        for name, values in measured.items()
    ]
    shown = [
        f"| {each.n_rows:,} | {each.workers} | {each.wall:.0f} | {each.n_rows / each.wall:.0f} "
        f"| {1000 * each.cpu / each.n_rows:.2f} | {each.megabytes:.0f} |"
        for each in nights
    ]
    text = f"""# Performance

Written by `scripts/bench{" --quick" if quick else ""}`; run it again on your own machine. Every
figure on this page comes from that run, which took {minutes:.1f} minutes.

Machine: {processor()}; Python {platform.python_version()}, OpenVINO {version("openvino")}, torch
{version("torch")}. Release {open_release(paths.RELEASE).version}. Load of the machine before and
after: {load[0]:.1f} and {load[1]:.1f}. A load above 1 before the run means that other programs had
a part of the cores: time on the clock is then too long. Compare by processor time.

## One comment, contender by contender

{n_compared} of {source}. One thread each, in turns on the same comments; median and range of
{len(next(iter(measured.values())))} rounds. The torch rows have random weights of the right sizes,
batches of {32} in the given order padded to the longest, and no more than tokenising around them.
The rows of the release hold language detection, normalising, tokenising, encoder, n-grams,
calibration and evidence per token.

| contender | processor ms per comment | range | times the first |
|---|---|---|---|
{chr(10).join(rows)}

## Share of the peak

Products of square matrices of 2048 and the encoder on comments of 32 tokens, in turns, on one
thread, by processor time. The peak is that of torch's product: where the runtime of the encoder
multiplies better than torch does on a processor, a share says more than 100 %, and the true one
is lower.

| precision | peak, GFLOP/s | encoder, GFLOP/s | share |
|---|---|---|---|
{chr(10).join(f"| {name} | {a:.0f} | {b:.0f} | {b / a:.0%} |" for name, (a, b) in peaks.items())}

## Whole nights

`saruna score` from Parquet to decisions: ingest, validate, signals, claims, behaviour and routing
included. Memory is the sum over all processes at the worst moment, shared pages counted once.
Comments beyond the end of the set are earlier ones with a number added, so that none is reused.

| comments | workers | seconds | comments per second | processor ms per comment | memory, MB |
|---|---|---|---|---|---|
{chr(10).join(shown)}

One more comment costs {slope:.2f} ms of processor time.
{ray_line(ray)}
## Targets

| target | measured | |
|---|---|---|
| whole night at least 40 times as fast as the XLM-R base encoder alone | {base / slope:.1f} \
times | {verdict(base / slope >= TARGETS["times"])} |
| encoder at 35 % of the peak in bfloat16 | {reached / peak:.0%} | \
{verdict(reached / peak >= TARGETS["share"])} |
| time grows in proportion, within 10 %, from {first.n_rows:,} to {last.n_rows:,} | \
{growth - 1:+.0%} per comment | {verdict(growth <= TARGETS["growth"])} |
| memory within 10 % from {first.n_rows:,} to {last.n_rows:,} | {memory - 1:+.0%} | \
{verdict(memory <= TARGETS["growth"])} |
| memory below 2 GB | {max(each.megabytes for each in nights):.0f} MB | \
{verdict(max(each.megabytes for each in nights) < TARGETS["megabytes"])} |

{"".join(section_of_file(path, each) for each in Section)}{NOTES}"""
    write_text(path, text)


def ray_line(ray: tuple[int, float, bool] | None) -> str:
    """Return what the run on a local Ray cluster showed."""
    if ray is None:
        return ""
    n_rows, seconds, same = ray
    said = "equal to" if same else "**not equal to**"
    return (
        f"\nOn a local Ray cluster of 2 workers {n_rows:,} comments took {seconds:.0f} seconds, "
        f"the start of Ray included; all scores and evidence are {said} those of one process.\n"
    )


NOTES = (Path(__file__).with_name("bench_notes.md")).read_text(encoding="utf-8")
