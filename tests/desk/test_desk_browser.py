"""A moderator with a real browser and no mouse."""

import os
import shutil
from collections.abc import Callable
from typing import Any

import pytest
from desk_rows import PASSWORD, make_row, word

from pipeline.desk.models import Case, Review
from pipeline.desk.queue import write_cases

CHROMIUM = "/usr/bin/chromium"
OPTIONS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

pytestmark = pytest.mark.browser


@pytest.fixture
def live_desk(transactional_db: None, live_server: Any, person: Callable[..., Any]) -> str:
    person("anna", "ogre")
    text = "Mūlāpi tur sēž <script>document.title = 'broken'</script>"
    write_cases(
        [
            make_row("c1", text, rank_score=0.9, evidence=(word(text, "Mūlāpi"),)),
            make_row("c2", "Kad tīrīs ielas?", rank_score=0.8),
            make_row("c3", "Убери руки, а то пожалеешь.", rank_score=0.7, top_label="threat"),
        ]
    )
    return str(live_server.url)


def test_shift_at_the_desk_with_the_keyboard_alone(live_desk: str) -> None:
    playwright = pytest.importorskip("playwright.sync_api")
    if shutil.which(CHROMIUM) is None:
        pytest.skip("Chromium is not installed")
    problems: list[str] = []
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        page = browser.new_page(viewport={"width": 360, "height": 740})
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on(
            "console",
            lambda said: problems.append(said.text) if said.type in ("error", "warning") else None,
        )
        page.goto(live_desk)
        page.keyboard.press("Tab")
        page.get_by_label("Lietotājvārds").fill("anna")
        page.get_by_label("Parole").fill(PASSWORD)
        page.keyboard.press("Enter")

        page.wait_for_selector("html.js .cases")
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        page.wait_for_selector("html.js mark")
        assert page.locator("mark").inner_text() == "Mūlāpi"
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        assert not page.locator(".violation-part").is_visible()

        # Violation, the suggested kind, delete; saved without leaving the keys.
        page.keyboard.press("v")
        page.locator("input[name=labels]:focus").wait_for()
        page.get_by_label("Dzēst komentāru").press("Space")
        page.keyboard.press("Enter")
        page.get_by_text("Kad tīrīs ielas?").wait_for()
        assert page.locator(".note-success").inner_text() == "Saglabāts."
        second = page.url

        # No violation, in two keys, although the keyboard writes Russian.
        page.evaluate(
            """document.activeElement.dispatchEvent(new KeyboardEvent(
                "keydown", {key: "т", code: "KeyN", bubbles: true}))"""
        )
        page.keyboard.press("Enter")
        page.get_by_text("Убери руки").wait_for()
        page.locator("#case-title:focus").wait_for()
        assert page.url != second

        # A question needs words; the mistake is told in place.
        page.keyboard.press("e")
        page.locator("textarea[name=note]:focus").wait_for()
        page.keyboard.press("Control+Enter")
        page.get_by_text("Uzrakstiet, ko vēlaties jautāt.").wait_for()
        page.get_by_label("Nav pārkāpuma").focus()
        page.keyboard.press("?")
        page.locator("dialog[open]").wait_for()
        page.keyboard.press("Escape")
        page.get_by_label("Jūsu jautājums").fill("Vai tie ir draudi?")
        page.keyboard.press("Control+Enter")
        page.get_by_text("Šeit nekas negaida.").wait_for()
        assert page.title() != "broken"
        # The browser keeps no comments behind.
        kept = page.evaluate("JSON.stringify([localStorage, sessionStorage])")
        assert not [word for word in ("mūlāpi", "ielas", "руки") if word in kept.lower()]
        browser.close()
    # Playwright's event loop is gone: the database may be asked again.
    assert "DJANGO_ALLOW_ASYNC_UNSAFE" not in os.environ
    reviews = Review.objects.order_by("pk")
    assert [(review.verdict, review.action) for review in reviews] == [
        ("violation", "delete"),
        ("no_violation", "none"),
        ("escalate", "escalate"),
    ]
    assert set(Case.objects.values_list("status", flat=True)) == {"decided", "escalated"}
    # The answer to a form that is not filled in is a page too; Chromium reports its status.
    assert [problem for problem in problems if "422" not in problem] == []
