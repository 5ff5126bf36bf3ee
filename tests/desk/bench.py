"""Speed of the desk on a large queue: run by `scripts/desk-bench`, which explains nothing more.

Fills a database, serves the desk as `saruna desk serve` does, and measures with Chromium and with
moderators in processes of their own. Prints one figure a line.
"""

import argparse
import http.cookiejar
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PASSWORD = "garš teikums par sniegu"
CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
WORDS = "ielas sniegs dome ceļš skola bērni parks autobuss pilsēta tiltā vakar nav laba".split()  # noqa: SIM905 - one line


def fill(n_cases: int, n_people: int) -> None:
    """Write cases and people into the database of the environment."""
    import random
    from datetime import UTC, datetime, timedelta

    from desk_rows import make_row, word

    from pipeline.desk import commands
    from pipeline.desk.queue import write_cases

    commands.init("admin", PASSWORD)
    from pipeline.desk.models import Institution, User

    Institution.objects.update(double_share=0.0)
    draw = random.Random(7)
    start = datetime(2026, 3, 1, 6, tzinfo=UTC)

    def rows() -> Iterator[Any]:
        for n in range(n_cases):
            text = " ".join(draw.choices(WORDS, k=draw.randint(4, 40)))
            yield make_row(
                f"c{n}",
                text,
                rank_score=draw.random(),
                band=draw.choices(("priority", "review", "audit"), (2, 6, 2))[0],
                top_label=draw.choice(("insult", "threat", "obscenity", "hate")),
                evidence=(word(text, text.split()[0]), word(text, text.split()[-1])),
                comment={
                    "lang": draw.choice(("lv", "ru")),
                    "thread_id": f"t{n // 20}",
                    "created_at": start + timedelta(minutes=n / 10),
                },
            )

    write_cases(rows(), chunk=2000)
    for n in range(n_people):
        user = User.objects.create_user(f"p{n}", password=PASSWORD)
        user.institutions.add(Institution.objects.get(code="ogre"))


@contextmanager
def served() -> Iterator[str]:
    """Serve the desk in a process of its own, and stop it again."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = "from pipeline.desk.commands import serve; serve(port=%d)" % port  # noqa: UP031
    server = subprocess.Popen([sys.executable, "-c", command])
    url = f"http://127.0.0.1:{port}"
    try:
        wait_for(url)
        yield url
    finally:
        server.terminate()
        server.wait(20)


def wait_for(url: str) -> None:
    """Wait until the desk answers."""
    for _ in range(300):
        try:
            urllib.request.urlopen(f"{url}/health", timeout=2).read()  # noqa: S310 - our own desk
            return
        except (OSError, urllib.error.URLError):
            time.sleep(0.2)
    raise SystemExit(f"{url}: the desk does not answer")


def keyboard_day(url: str, n_cases: int) -> dict[str, float]:
    """Work through cases with one key each in Chromium; return seconds from key to next case."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page()
        page.set_default_timeout(30_000)
        page.goto(f"{url}/sign-in")
        page.get_by_label("Lietotājvārds").fill("p0")
        page.get_by_label("Parole").fill(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_selector(".cases")
        page.keyboard.press("n")
        page.wait_for_selector("html.js #case-title")
        times = page.evaluate(KEY_TO_NEXT, n_cases)
        size = len(page.request.get(page.url).body())
        queue = len(page.request.get(f"{url}/").body())
        resources = page.evaluate(
            """() => performance.getEntriesByType("resource")
                .reduce((sum, each) => sum + (each.decodedBodySize || 0), 0)"""
        )
        browser.close()
    ordered = sorted(times)
    return {
        "cases decided by one key each": len(times),
        "key to next case, median ms": statistics.median(ordered),
        "key to next case, p95 ms": ordered[int(0.95 * len(ordered))],
        "case page, kB": size / 1000,
        "queue page, kB": queue / 1000,
        "style and scripts once, kB": resources / 1000,
    }


KEY_TO_NEXT = """async (n) => {
  const times = [];
  for (let i = 0; i < n; i++) {
    const before = document.querySelector("#case-title").textContent;
    const start = performance.now();
    const key = i % 3 ? ["n", "KeyN"] : ["d", "KeyD"];
    document.body.dispatchEvent(
      new KeyboardEvent("keydown", {key: key[0], code: key[1], bubbles: true}));
    await new Promise((done, fail) => {
      const look = () => {
        const title = document.querySelector("#case-title");
        if (title && title.textContent !== before) done();
        else if (performance.now() - start > 20000) fail(new Error("no next case after " + i));
        else setTimeout(look, 2);
      };
      look();
    });
    await new Promise(requestAnimationFrame);
    times.push(performance.now() - start);
  }
  return times;
}"""


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """A browser that shows where it is sent."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        """Stay where it is."""


def moderator(url: str, name: str, n_cases: int) -> tuple[list[float], list[int], list[str]]:
    """Decide cases over HTTP: seconds of each verdict, the cases decided, and what went wrong."""
    jar = http.cookiejar.CookieJar()
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar), NoRedirect)

    def ask(path: str, form: dict[str, str] | None = None) -> tuple[int, str, str]:
        data = urllib.parse.urlencode(form).encode() if form is not None else None
        try:
            with browser.open(url + path, data, timeout=60) as answer:
                return answer.status, answer.read().decode(), ""
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode(), error.headers.get("Location") or ""

    def hidden(page: str, field: str) -> str:
        return re.search(rf'name="{field}" value="([^"]*)"', page).group(1)  # type: ignore[union-attr]

    _, page, _ = ask("/sign-in")
    token = hidden(page, "csrfmiddlewaretoken")
    form = {"csrfmiddlewaretoken": token, "username": name, "password": PASSWORD}
    ask("/sign-in", form)
    _, page, _ = ask("/")
    token = hidden(page, "csrfmiddlewaretoken")
    status, _, where = ask("/next", {"csrfmiddlewaretoken": token})
    times: list[float] = []
    decided: list[int] = []
    wrong: list[str] = [] if status == 302 else [f"{name}: next is {status}"]
    while len(times) < n_cases and where.startswith("/case/"):
        status, page, _ = ask(where)
        token, opened = hidden(page, "csrfmiddlewaretoken"), hidden(page, "opened")
        here = int(where.split("/")[2].split("?")[0])
        form = {"csrfmiddlewaretoken": token, "opened": opened, "verdict": "no_violation"}
        start = time.perf_counter()
        status, _, where = ask(f"/case/{here}/verdict", form)
        times.append(time.perf_counter() - start)
        if status == 302 and where != f"/case/{here}":
            decided.append(here)
        else:
            wrong.append(f"{name}: case {here} answers {status}")
    return times, decided, wrong


def at_once(url: str, n_people: int, n_cases: int) -> dict[str, float]:
    """Let people decide at the same time and return how it went."""
    with ProcessPoolExecutor(n_people) as pool:
        jobs = [pool.submit(moderator, url, f"p{n}", n_cases) for n in range(n_people)]
        results = [job.result() for job in jobs]
    times = sorted(each for found, _, _ in results for each in found)
    twice = Counter(pk for _, decided, _ in results for pk in decided)
    for _, _, wrong in results:
        for line in wrong:
            sys.stderr.write(f"{line}\n")
    return {
        f"{n_people} moderators at once, verdicts": len(times),
        "errors": sum(len(wrong) for _, _, wrong in results),
        "cases decided twice": sum(n - 1 for n in twice.values()),
        "verdict, median ms": 1000 * statistics.median(times),
        "verdict, p95 ms": 1000 * times[int(0.95 * len(times))],
    }


def show(place: str, figures: dict[str, float]) -> None:
    """Print figures, one a line."""
    for name, value in figures.items():
        shown = f"{value:.0f}" if value >= 10 or value == int(value) else f"{value:.1f}"
        sys.stdout.write(f"{place}: {name}: {shown}\n")
    sys.stdout.flush()


def run(place: str, options: argparse.Namespace, n_people: int, *, browser: bool) -> None:
    """Fill the database of the environment and measure."""
    from pipeline.desk.queue import setup_django

    setup_django(os.environ["SARUNA_DATABASE_URL"])
    fill(options.cases, n_people)
    with served() as url:
        if browser:
            show(place, keyboard_day(url, options.keys))
        show(place, at_once(url, n_people, options.verdicts))
    from pipeline.desk import logbook

    show(place, {"log entries that hold": logbook.verify().n_entries})


def main() -> None:
    """Measure on SQLite, and on PostgreSQL where a server is named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=100_000, help="cases in the queue")
    parser.add_argument("--keys", type=int, default=400, help="cases to decide in Chromium")
    parser.add_argument("--verdicts", type=int, default=20, help="verdicts of each moderator")
    parser.add_argument("--postgres-cases", type=int, default=20_000, help="cases there")
    options = parser.parse_args()
    sys.path.insert(0, str(Path(__file__).parent))
    postgres = os.environ.get("SARUNA_TEST_POSTGRES")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["SARUNA_STATE"] = folder
        os.environ["SARUNA_DATABASE_URL"] = f"sqlite:///{folder}/bench.sqlite3"
        run("SQLite", options, 5, browser=True)
        if postgres:
            os.environ["SARUNA_DATABASE_URL"] = postgres
            options.cases = options.postgres_cases
            run("PostgreSQL", options, 20, browser=False)


if __name__ == "__main__":
    main()
