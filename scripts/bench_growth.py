"""Nights of 10,000 to 1,000,000 comments by a small model, and a night that is killed once.

The encoder's share of a night grows with the number of comments and needs the memory of a batch; it
would take hours here. So the growth is measured with the small model, everything else being that of
a real night, and a killed and resumed night with the shipped release. Written to
docs/performance.md.
"""

import argparse
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from bench_night import Size, night
from bench_page import BUSY, TARGETS, Section, load_line, verdict, write_section

from pipeline.core import paths
from pipeline.core.settings import load_settings

sys.path.insert(0, str(paths.ROOT / "tests"))
EVENING = datetime(2026, 3, 1, 20, tzinfo=UTC)
PIECE = 20_000
LETTERS = "aābcčdeēfghiījkķlļmnņoprsštuūvzž"
WORDS_FROM = ("lv", "ru")
NIGHT = 91_303
"""Comments of the VKontakte set: the night that the targets speak of."""
COPIED = 0.1
"""Share of the comments that repeat one of the last few, as campaigns and thanks do."""


def write_invented(n_rows: int, path: Path) -> None:
    """Write invented comments by as many people as a fifth of them, over a day, piece by piece."""
    schema = pa.schema(
        [(name, pa.string()) for name in ("comment_id", "author_id", "thread_id", "text")]
        + [("created_at", pa.timestamp("us", tz="UTC"))]
    )
    with pq.ParquetWriter(path, schema) as out:
        rows = invented(n_rows)
        for at in range(0, n_rows, PIECE):
            piece = [next(rows) for _ in range(min(PIECE, n_rows - at))]
            out.write_table(pa.Table.from_pylist(piece, schema=schema))


def invented(n_rows: int) -> Iterator[dict[str, object]]:
    """Yield comments: known words and, in each third one, a word that no other comment has."""
    from tiny_release import NEUTRAL, TELLING

    draw = random.Random(7)
    telling = {
        lang: [word for kind in TELLING.values() for word in kind[lang].split()]
        for lang in WORDS_FROM
    }
    last = ["ielas sniegs tīra kāpēc"] * 50
    for number in range(n_rows):
        lang = draw.choice(WORDS_FROM)
        words = draw.choices(NEUTRAL[lang].split(), k=draw.randint(3, 25))
        if draw.random() < 0.1:
            words.append(draw.choice(telling[lang]))
        if number % 3 == 0:
            words.append("".join(draw.choices(LETTERS, k=9)))
        text = draw.choice(last) if draw.random() < COPIED else " ".join(words)
        last[draw.randrange(len(last))] = text
        yield {
            "comment_id": str(number),
            "author_id": f"u{draw.randrange(n_rows // 5 + 1)}",
            "thread_id": f"t{number // 20}",
            "text": text,
            "created_at": EVENING - timedelta(seconds=draw.randrange(86_400)),
        }


@dataclass(frozen=True)
class Measured:
    """A night and how many programs wanted a core before it."""

    size: Size
    load: float


def grown(sizes: list[int], kept: list[Measured], minutes: float) -> Iterator[Measured]:
    """Yield what nights of these sizes take, with the small model and the shipped settings.

    Sizes among those kept are not measured again. A night that would end too late by the pace of
    the one before is not begun, nor any after it.
    """
    import yaml
    from tiny_release import build

    end = time.monotonic() + 60 * minutes
    with tempfile.TemporaryDirectory(prefix="saruna-growth-") as folder:
        tiny = build(Path(folder))
        raw = yaml.safe_load(tiny.params.read_text(encoding="utf-8"))
        raw["score"] = load_settings().score.model_dump(mode="json")
        tiny.params.write_text(yaml.safe_dump(raw), encoding="utf-8")
        more = ("--release", str(tiny.release), "--params", str(tiny.params))
        known = {each.size.n_rows: each for each in kept}
        last: Size | None = None
        for n_rows in sorted({*sizes, *known}):
            if n_rows not in known:
                if last and time.monotonic() + last.wall * n_rows / last.n_rows > end:
                    sys.stderr.write(f"{n_rows:,} comments would take longer than is left\n")
                    return
                load = os.getloadavg()[0]
                size = night(n_rows, workers=1, more=more, write=write_invented)
                known[n_rows] = Measured(size, load)
            last = known[n_rows].size
            yield known[n_rows]


def read_kept(file: Path | None) -> list[Measured]:
    """Return the nights that an earlier run measured."""
    if not file or not file.is_file():
        return []
    found = json.loads(file.read_text(encoding="utf-8"))
    return [Measured(Size(**each["size"]), each["load"]) for each in found]


def growth_text(nights: list[Measured], left_out: list[int]) -> str:
    """Return the section on growth."""
    lines = [
        f"| {size.n_rows:,} | {size.wall:.0f} | {size.cpu:.0f} "
        f"| {1000 * size.cpu / size.n_rows:.2f} | {size.megabytes:.0f} | {each.load:.1f} |"
        for each in nights
        for size in [each.size]
    ]
    first, last = nights[-2].size, nights[-1].size
    memory = last.megabytes / first.megabytes
    slope = (last.cpu - first.cpu) / (last.n_rows - first.n_rows)
    start = nights[0].size.cpu - slope * nights[0].size.n_rows
    pace = (last.cpu - start) / last.n_rows / ((first.cpu - start) / first.n_rows)
    missing = ", ".join(f"{each:,}" for each in left_out)
    return f"""Written by `scripts/bench-growth`.
Whole nights of invented comments, one process, by the small model of the tests: the shipped
encoder would take hours, and needs the memory of one chunk however many there are. All else is
that of a real night. Each third comment has a word that no other has, a tenth are copies, and
people write five each. Time per comment is compared by processor time, without the
{max(start, 0):.0f} seconds that any night takes. The load is that of the machine before each
night: above {BUSY:.0f} other programs had a part of its cores, and times are too long.

| comments | seconds | processor seconds | processor ms per comment | memory, MB | load |
|---|---|---|---|---|---|
{chr(10).join(lines)}

| target | measured | |
|---|---|---|
| memory within 10 % from {first.n_rows:,} to {last.n_rows:,} | {memory - 1:+.0%} \
| {verdict(memory <= TARGETS["growth"])} |
| memory below 2 GB | {last.megabytes:.0f} MB | {verdict(last.megabytes < TARGETS["megabytes"])} |
| time grows in proportion, within 10 % | {pace - 1:+.0%} per comment \
| {verdict(pace <= TARGETS["growth"])} |
""" + (f"\nNot measured for lack of time: {missing} comments.\n" if missing else "")


def resume_text(n_rows: int) -> str:
    """Return the section on resuming: a night as it is, and one that was killed half-way."""
    before = os.getloadavg()[0]
    whole = night(n_rows, workers=1)
    sys.stderr.write(f"{whole}\n")
    killed = night(n_rows, workers=1, kill_at=n_rows // load_settings().score.chunk // 2)
    sys.stderr.write(f"{killed}\n")
    more = killed.cpu - whole.cpu
    share = more / whole.cpu
    of_night = more / (whole.cpu * NIGHT / n_rows)
    return f"""Written by `scripts/bench-growth`{load_line(before)}
`saruna score` on {n_rows:,} VKontakte comments with the shipped release, undisturbed and killed
half-way and run again. What a kill costs is a start and the chunk that was under way, whatever the
size of the night.

| | seconds | processor seconds |
|---|---|---|
| undisturbed | {whole.wall:.0f} | {whole.cpu:.0f} |
| killed half-way and run again | {killed.wall:.0f} | {killed.cpu:.0f} |

| target | measured | |
|---|---|---|
| resuming costs at most 3 % of processor time | {share:+.1%} ({more:.0f} s) \
| {verdict(share <= TARGETS["resume"])} |
| the same seconds in a night of {NIGHT:,}, reckoned | {of_night:+.1%} \
| {verdict(of_night <= TARGETS["resume"])} |
"""


def main() -> None:
    """Measure, print and write both sections."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="10000,100000,1000000", help="comments; empty for none")
    parser.add_argument("--resume", type=int, default=20_000, help="comments; 0 for none")
    parser.add_argument("--out", type=Path, default=paths.ROOT / "docs" / "performance.md")
    parser.add_argument("--minutes", type=float, default=600, help="for the nights of all sizes")
    parser.add_argument("--kept", type=Path, help="file of figures; those in it are kept")
    given = parser.parse_args()
    if given.sizes:
        sizes = [int(each) for each in given.sizes.split(",")]
        nights: list[Measured] = []
        # Written after each night: what was measured outlives a run that is stopped.
        for each in grown(sizes, read_kept(given.kept), given.minutes):
            nights.append(each)
            sys.stderr.write(f"{each}\n")
            if given.kept:
                given.kept.write_text(json.dumps([asdict(one) for one in nights], indent=1))
            if len(nights) > 1:
                largest = each.size.n_rows
                text = growth_text(nights, [n_rows for n_rows in sizes if n_rows > largest])
                write_section(given.out, Section.GROWTH, text)
                print(text)
    if given.resume:
        text = resume_text(given.resume)
        write_section(given.out, Section.RESUME, text)
        print(text)


if __name__ == "__main__":
    main()
