"""Pictures of the desk for the README: run by `scripts/desk-screenshots`.

Works through the sample night in a throw-away state, serves the desk to an invented moderator, and
writes docs/images/queue.png and docs/images/case.png, 1280 pixels wide.
"""

import argparse
import os
import runpy
import secrets
import shutil
import sys
import tempfile
from pathlib import Path

from pipeline import demo
from pipeline.core import paths
from pipeline.desk import commands

BENCH = runpy.run_path(str(paths.ROOT / "tests" / "desk" / "bench.py"))
"""It serves the desk and knows the browser."""

NAME = ("ilze", "Ilze", "Bērziņa")
SIZE = {"width": 1280, "height": 800}


def moderator(password: str) -> None:
    """Add a moderator of every institution of the sample night."""
    from pipeline.desk.models import Institution, User

    username, first_name, last_name = NAME
    names = {"first_name": first_name, "last_name": last_name}
    user, _ = User.objects.update_or_create(username=username, defaults=names)
    user.set_password(password)
    user.save()
    user.institutions.set(Institution.objects.all())


def telling_case(label: str) -> int:
    """Return the key of the best ranked case of a label that stands in the longest thread."""
    from pipeline.desk.models import Case, CaseComment

    def length(case: Case) -> int:
        comment = case.comments.get(position=0)
        same = CaseComment.objects.filter(source=comment.source, thread_id=comment.thread_id)
        return same.values("case").distinct().count() if comment.thread_id else 0

    cases = Case.objects.filter(top_label=label).order_by("band", "-rank_score", "pk")
    found = max(cases, key=length, default=None)
    if found is None:
        raise SystemExit(f"{label}: the sample night has no such case; name a label with --label")
    return found.pk


def take(url: str, password: str, case: int, out_dir: Path) -> None:
    """Sign in and write both pictures."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        launch = started.chromium.launch
        browser = launch(executable_path=BENCH["CHROMIUM"], args=BENCH["FLAGS"])
        page = browser.new_page(viewport=SIZE, locale="lv-LV", reduced_motion="reduce")
        page.set_default_timeout(30_000)
        page.goto(f"{url}/sign-in")
        page.get_by_label("Lietotājvārds").fill(NAME[0])
        page.get_by_label("Parole").fill(password)
        page.keyboard.press("Enter")
        page.wait_for_selector("html.js .cases")
        page.screenshot(path=out_dir / "queue.png")
        page.goto(f"{url}/case/{case}")
        page.wait_for_selector("html.js #case-title")
        page.screenshot(path=out_dir / "case.png")
        browser.close()


def main() -> None:
    """Take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=paths.ROOT / "docs" / "images")
    parser.add_argument("--state", type=Path, help="the state that `saruna demo --once` left")
    parser.add_argument("--label", default="threat", help="label of the case to show")
    options = parser.parse_args()
    password = secrets.token_urlsafe(16)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["SARUNA_STATE"] = folder
        if options.state:
            # A copy: the moderator of the pictures stays out of the demo.
            os.environ["SARUNA_STATE"] = shutil.copytree(options.state, f"{folder}/demo")
        else:
            demo.run(paths.RELEASE, once=True, port=0, echo=lambda _: None)
        commands.init(demo.ADMIN)
        moderator(password)
        case = telling_case(options.label)
        with BENCH["served"]() as url:
            take(url, password, case, options.out)
    sys.stdout.write(f"{options.out / 'queue.png'}\n{options.out / 'case.png'}\n")


if __name__ == "__main__":
    main()
