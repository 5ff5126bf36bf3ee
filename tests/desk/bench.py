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
    """Work through cases with real keys in Chromium; return milliseconds from key to next case.

    Of ten cases six take `n`, three `d` (where the rules suggest it, else `n`), and one the full
    form: `v`, the action and Enter, of which Enter is timed. The clock runs in the page, from the
    key's own time stamp until the next case has been painted.
    """
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
        page.evaluate(CLOCK)
        begun = time.perf_counter()
        for n in range(n_cases):
            quick = n % 10 > 5 and page.locator("#quick").count()
            keys = ("v", "d", "Enter") if n % 10 == 9 else ("d",) if quick else ("n",)
            for key in keys:
                page.keyboard.press(key)
            page.wait_for_function("n => window.deskTimes.length > n", arg=n, polling=5)
            # The desk takes 300 forms a minute from one person.
            page.wait_for_timeout(150)
        whole = time.perf_counter() - begun
        times = sorted(page.evaluate("window.deskTimes"))
        size = len(page.request.get(page.url).body())
        queue = len(page.request.get(f"{url}/").body())
        resources = page.evaluate(
            """() => performance.getEntriesByType("resource")
                .filter(each => each.initiatorType !== "xmlhttprequest")
                .reduce((sum, each) => sum + (each.decodedBodySize || 0), 0)"""
        )
        browser.close()
    return {
        "cases decided by the keyboard alone": len(times),
        "key to next case, median ms": statistics.median(times),
        "key to next case, p95 ms": times[int(0.95 * len(times))],
        "the whole day at 150 ms of thought a case, s": whole,
        "case page, kB": size / 1000,
        "queue page, kB": queue / 1000,
        "style and scripts once, kB": resources / 1000,
    }


CLOCK = """() => {
  window.deskTimes = [];
  let pressed = 0;
  document.addEventListener("keydown", (event) => { pressed = event.timeStamp; }, true);
  const title = () => (document.querySelector("#case-title") || {}).textContent;
  let before = title();
  document.addEventListener("htmx:afterSettle", () => {
    if (title() === before) return;
    before = title();
    requestAnimationFrame(() => setTimeout(() => {
      window.deskTimes.push(performance.now() - pressed);
    }));
  });
}"""


class Browser:
    """What a moderator's browser says to the desk: cookies, forms, and htmx's parts of pages."""

    def __init__(self, url: str) -> None:
        self.url = url
        jar = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))

    def ask(
        self, path: str, form: dict[str, str] | None = None, *, htmx: bool = False
    ) -> tuple[int, str, str]:
        """Return status, page, and the address where it stands in the end."""
        data = urllib.parse.urlencode(form).encode() if form is not None else None
        request = urllib.request.Request(self.url + path, data)  # noqa: S310 - our own desk
        if htmx:
            request.add_header("HX-Request", "true")
        try:
            with self.opener.open(request, timeout=60) as answer:
                where = answer.headers.get("HX-Push-Url") or urllib.parse.urlsplit(answer.url).path
                return answer.status, answer.read().decode(), where
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode(), path


def hidden(page: str, field: str) -> str:
    """Return what a hidden field of a page holds."""
    return re.search(rf'name="{field}" value="([^"]*)"', page).group(1)  # type: ignore[union-attr]


def moderator(
    url: str, name: str, n_cases: int, think: float
) -> tuple[list[float], list[int], list[str]]:
    """Decide cases as the page does: seconds from key to next case, the cases, what went wrong.

    Between two cases the person thinks for `think` seconds on average, evenly from half to one
    and a half times that.
    """
    import random

    draw = random.Random(name)
    browser = Browser(url)
    token = hidden(browser.ask("/sign-in")[1], "csrfmiddlewaretoken")
    form = {"csrfmiddlewaretoken": token, "username": name, "password": PASSWORD}
    _, page, _ = browser.ask("/sign-in", form)
    form = {"csrfmiddlewaretoken": hidden(page, "csrfmiddlewaretoken")}
    status, page, where = browser.ask("/next", form)
    times: list[float] = []
    decided: list[int] = []
    wrong: list[str] = [] if status == 200 else [f"{name}: next is {status}"]
    while len(times) < n_cases and where.startswith("/case/"):
        time.sleep(think * draw.uniform(0.5, 1.5))
        here = int(where.split("/")[2].split("?")[0])
        form = {each: hidden(page, each) for each in ("csrfmiddlewaretoken", "opened")}
        start = time.perf_counter()
        status, page, where = browser.ask(
            f"/case/{here}/verdict", form | {"verdict": "no_violation"}, htmx=True
        )
        times.append(time.perf_counter() - start)
        if status == 200 and where != f"/case/{here}":
            decided.append(here)
        else:
            wrong.append(f"{name}: case {here} answers {status}")
            break
    return times, decided, wrong


def at_once(url: str, n_people: int, n_cases: int, think: float) -> dict[str, float]:
    """Let people decide at the same time and return how it went."""
    with ProcessPoolExecutor(n_people) as pool:
        jobs = [pool.submit(moderator, url, f"p{n}", n_cases, think) for n in range(n_people)]
        results = [job.result() for job in jobs]
    times = sorted(each for found, _, _ in results for each in found)
    twice = Counter(pk for _, decided, _ in results for pk in decided)
    for _, _, wrong in results:
        for line in wrong:
            sys.stderr.write(f"{line}\n")
    how = f"{think:.0f} s of thought" if think else "back to back"
    return {
        f"{n_people} moderators at once, {how}, verdicts": len(times),
        "errors": sum(len(wrong) for _, _, wrong in results),
        "cases decided twice": sum(n - 1 for n in twice.values()),
        "key to next case over HTTP, median ms": 1000 * statistics.median(times),
        "key to next case over HTTP, p95 ms": 1000 * times[int(0.95 * len(times))],
    }


def show(place: str, figures: dict[str, float]) -> None:
    """Print figures, one a line."""
    for name, value in figures.items():
        shown = f"{value:.0f}" if value >= 10 or value == int(value) else f"{value:.1f}"
        sys.stdout.write(f"{place}: {name}: {shown}\n")
    sys.stdout.flush()


def run(place: str, options: argparse.Namespace, n_people: int, *, browser: bool) -> None:
    """Fill the database of the environment, unless it is filled, and measure."""
    from pipeline.desk.queue import migrate, setup_django

    setup_django(os.environ["SARUNA_DATABASE_URL"])
    from pipeline.desk.models import Case

    migrate()
    if not Case.objects.exists():
        fill(options.cases, n_people)
    show(place, {"cases": Case.objects.count()})
    if options.fill_only:
        return
    with served() as url:
        if browser:
            show(place, keyboard_day(url, options.keys))
        show(place, at_once(url, n_people, options.verdicts, options.think))
        show(place, at_once(url, n_people, options.verdicts, 0))
    from pipeline.desk import logbook

    show(place, {"log entries that hold": logbook.verify().n_entries})


def main() -> None:
    """Measure on SQLite, and on PostgreSQL where a server is named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=100_000, help="cases in the queue")
    parser.add_argument("--keys", type=int, default=400, help="cases to decide in Chromium")
    parser.add_argument("--verdicts", type=int, default=20, help="verdicts of each moderator")
    parser.add_argument("--think", type=float, default=5, help="mean seconds between two cases")
    parser.add_argument("--postgres-cases", type=int, default=20_000, help="cases there")
    parser.add_argument("--folder", type=Path, help="keep the database here and use it again")
    parser.add_argument("--fill-only", action="store_true", help="measure nothing yet")
    options = parser.parse_args()
    sys.path.insert(0, str(Path(__file__).parent))
    postgres = os.environ.get("SARUNA_TEST_POSTGRES")
    with tempfile.TemporaryDirectory() as passing:
        folder = str(options.folder.resolve()) if options.folder else passing
        os.environ["SARUNA_STATE"] = folder
        os.environ["SARUNA_DATABASE_URL"] = f"sqlite:///{folder}/bench.sqlite3"
        run("SQLite", options, 5, browser=True)
        if postgres:
            os.environ["SARUNA_DATABASE_URL"] = postgres
            options.cases = options.postgres_cases
            run("PostgreSQL", options, 20, browser=False)


if __name__ == "__main__":
    main()
