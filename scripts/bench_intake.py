"""A million cases into SQLite and PostgreSQL: time, memory, twice the same, and the desk's queue.

Each database is filled by a process of its own through the door that a night uses; the same rows
again must add nothing, nor two writers at once that bring the same rows. Then the queue's page and
the next case are asked for as a moderator's browser does. Written to docs/performance.md.
"""

import argparse
import json
import multiprocessing
import os
import random
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from bench_page import Section, load_line, write_section

from pipeline.core import paths
from pipeline.desk.queue import CaseRow, CommentRow, EvidenceRow, migrate, setup_django, write_cases

NIGHT = datetime(2026, 3, 1, 3, tzinfo=UTC)
WORDS = "ielas sniegs dome ceļš skola bērni parks автобус снег дорога школа дума спасибо".split()  # noqa: SIM905 one line
NAME = "saruna_intake"
N_AT_ONCE = 20_000
N_ASKED = 30


def rows(n_cases: int, prefix: str = "c") -> Iterator[CaseRow]:
    """Yield invented cases, the same ones on every call."""
    draw = random.Random(7)
    for number in range(n_cases):
        text = " ".join(draw.choices(WORDS, k=draw.randint(4, 40)))
        yield CaseRow(
            source="facebook",
            institution=draw.choice(("ogre", "ikskile", "lielvarde")),
            model_version="v1",
            band=draw.choices(("priority", "review", "audit"), (2, 6, 2))[0],  # type: ignore[arg-type]
            rank_score=draw.random(),
            scored_at=NIGHT,
            top_label=draw.choice(("insult", "threat", "obscenity", "hate")),
            clauses=("8.1", "8.3"),
            reasons=("unsure",),
            probs={"insult": round(draw.random(), 4), "threat": 0.03},
            evidence=(EvidenceRow(label="insult", kind="word", start=0, end=3, weight=0.7),),
            comments=(
                CommentRow(
                    comment_id=f"{prefix}{number}",
                    text=text,
                    lang=draw.choice(("lv", "ru")),
                    channel="facebook",
                    thread_id=f"t{number // 20}",
                    created_at=NIGHT - timedelta(seconds=number),
                ),
            ),
        )


def timed(work: Callable[[], Any]) -> tuple[Any, float, float]:
    """Return what a call returns, its seconds on the clock, and those of this processor."""
    wall, cpu = time.perf_counter(), time.process_time()
    found = work()
    return found, time.perf_counter() - wall, time.process_time() - cpu


def fill(url: str, n_cases: int, told: Any) -> None:
    """Be a process that writes cases twice, and send what it took."""
    setup_django(url)
    migrate()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    first, wall, cpu = timed(lambda: write_cases(rows(n_cases)))
    again, wall_again, _ = timed(lambda: write_cases(rows(n_cases)))
    if (first.n_new, again.n_new, again.n_unchanged) != (n_cases, 0, n_cases):
        raise SystemExit(f"written {first}, then {again}: cases are lost or doubled")
    told.put(
        {
            "seconds": wall,
            "cpu": cpu,
            "again": wall_again,
            "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            "grown": (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024,
        }
    )


def write_beside(url: str, told: Any) -> None:
    """Be one of two processes that write the same cases at once, and send how many were new."""
    setup_django(url)
    told.put(write_cases(rows(N_AT_ONCE, "both")).n_new)


def ask_desk(url: str, told: Any) -> None:
    """Be a process that asks the desk, and send medians in ms and the plan of the list."""
    setup_django(url)
    from django.conf import settings
    from django.test import Client

    from pipeline.desk.listing import QueueFilter, ranked
    from pipeline.desk.models import Institution, Role, User

    settings.ALLOWED_HOSTS = ["*"]
    person = User.objects.create_user("bench", password=None, role=Role.MODERATOR)
    person.institutions.add(*Institution.objects.all())
    client = Client()
    client.force_login(person)
    plan = ranked(person, QueueFilter())[:25].explain()
    asked = {
        "list": lambda: client.get("/"),
        "filtered": lambda: client.get("/?institution=ogre&label=threat&lang=ru"),
        "next": lambda: client.post("/next"),
    }
    for ask in asked.values():
        if ask().status_code not in (200, 302):
            raise SystemExit("the desk does not answer as it should")
    found = {
        name: 1000 * statistics.median(timed(ask)[1] for _ in range(N_ASKED))
        for name, ask in asked.items()
    }
    told.put({**found, "by_index": "case_ranked" in plan})


def in_process(work: Callable[..., None], *arguments: Any, n: int = 1) -> list[Any]:
    """Run a function in `n` new processes at once, and return what each of them sent."""
    spawn = multiprocessing.get_context("spawn")
    told = spawn.Queue()
    processes = [spawn.Process(target=work, args=(*arguments, told)) for _ in range(n)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
        if process.exitcode:
            raise SystemExit(f"{work.__name__} failed")
    return [told.get() for _ in processes]


def measure(place: str, url: str, n_cases: int) -> str:
    """Fill a database, ask its desk, and return a row of the table."""
    (filled,) = in_process(fill, url, n_cases)
    n_new = sum(in_process(write_beside, url, n=2))
    if n_new != N_AT_ONCE:
        raise SystemExit(f"two writers at once added {n_new} of {N_AT_ONCE} cases")
    (desk,) = in_process(ask_desk, url)
    sys.stderr.write(f"{place}: {json.dumps({**filled, **desk})}\n")
    found = "yes" if desk["by_index"] else "**no**"
    return (
        f"| {place} | {filled['seconds']:.0f} | {filled['cpu']:.0f} | {filled['again']:.0f} "
        f"| {filled['megabytes']:.0f} | {desk['list']:.0f} | {desk['filtered']:.0f} "
        f"| {desk['next']:.0f} | {found} |"
    )


def empty_postgres(url: str) -> str:
    """Make an empty database beside the one of the URL, and return where it is."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {NAME}")
    return urlunsplit(urlsplit(url)._replace(path=f"/{NAME}"))


def intake_text(n_cases: int, lines: list[str], load: str) -> str:
    """Return the section."""
    return f"""Written by `scripts/bench-intake {n_cases}`{load}
{n_cases:,} cases of one comment go through the door that a night uses, in transactions of
about 500. The same cases again add none, and neither do two programs that write the same
{N_AT_ONCE:,} at once: advisory locks in PostgreSQL and SQLite's own lock let them take turns.
Processor time is that of the writing program, memory its peak. Then a moderator of all
institutions asks {N_ASKED} times, medians: the list, the list under three filters, and the next
free case. The last column says whether the database reads the list in the order of its index.

| database | seconds | processor seconds | again, seconds | memory, MB | list, ms | filtered, ms \
| next, ms | by index |
|---|---|---|---|---|---|---|---|---|
{chr(10).join(lines)}
"""


def main() -> None:
    """Measure and write the section, after each database: the others may be cut short."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("n_cases", nargs="?", type=int, default=1_000_000)
    parser.add_argument("--out", type=Path, default=paths.ROOT / "docs" / "performance.md")
    given = parser.parse_args()
    before = os.getloadavg()[0]
    lines: list[str] = []
    with tempfile.TemporaryDirectory(prefix="saruna-intake-") as folder:
        os.environ["SARUNA_STATE"] = folder
        places = {"SQLite": f"sqlite:///{folder}/desk.sqlite3"}
        if server := os.environ.get("SARUNA_TEST_POSTGRES"):
            places["PostgreSQL"] = empty_postgres(server)
        for place, url in places.items():
            lines.append(measure(place, url, given.n_cases))
            text = intake_text(given.n_cases, lines, load_line(before))
            write_section(given.out, Section.INTAKE, text)
    print(text)


if __name__ == "__main__":
    main()
