"""A moderator with a real browser and no mouse."""

import os
import shutil
from collections.abc import Callable
from typing import Any

import pytest
from axe import axe_source
from desk_rows import PASSWORD, make_row, word

from pipeline.desk.models import Action, Case, Institution, Review, Verdict
from pipeline.desk.queue import write_cases
from pipeline.desk.verdicts import Decision, take_verdict

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

        # The usual violation in one key, undone, and again step by step with the suggested kind.
        page.keyboard.press("d")
        page.get_by_text("Kad tīrīs ielas?").wait_for()
        assert page.get_by_role("alert").count() == 0
        page.keyboard.press("u")
        page.get_by_text("Atsaukts: lieta ir tur, kur bija.").wait_for()
        page.keyboard.press("v")
        page.locator("input[name=labels]:focus").wait_for()
        # A kind more than the model suggests: Enter saves what is chosen, not the suggestion.
        page.keyboard.press("3")
        chosen = page.locator("input[name=labels]:checked")
        kinds = chosen.evaluate_all("boxes => boxes.map(box => box.value)")
        page.keyboard.press("d")
        assert page.locator("input[name=action][value=delete]").is_checked()
        page.keyboard.press("Enter")
        page.get_by_text("Kad tīrīs ielas?").wait_for()
        assert page.locator(".note-success").inner_text() == "Saglabāts."
        second = page.url

        # No violation in one key, although the keyboard writes Russian.
        page.locator("#case-title:focus").wait_for()
        page.evaluate(
            """document.activeElement.dispatchEvent(new KeyboardEvent(
                "keydown", {key: "т", code: "KeyN", bubbles: true}))"""
        )
        page.get_by_text("Убери руки").wait_for()
        page.locator("#case-title:focus").wait_for()
        assert page.url != second

        # A question needs words; the mistake is told in place.
        page.keyboard.press("e")
        page.locator("textarea[name=note]:focus").wait_for()
        page.keyboard.press("Control+Enter")
        page.get_by_text("Uzrakstiet, ko vēlaties jautāt.").wait_for()
        page.get_by_label("Nav pārkāpuma n").focus()
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
    assert Review.objects.filter(undone_at__isnull=False).count() == 1
    reviews = Review.objects.filter(undone_at=None).order_by("pk")
    assert [(review.verdict, review.action) for review in reviews] == [
        ("violation", "delete"),
        ("no_violation", "none"),
        ("escalate", "escalate"),
    ]
    assert len(kinds) == 2
    assert reviews[0].labels == kinds
    assert set(Case.objects.values_list("status", flat=True)) == {"decided", "escalated"}
    # The answer to a form that is not filled in is a page too; Chromium reports its status.
    assert [problem for problem in problems if "422" not in problem] == []


PAGES = ("/", "/?view=mine", "/case/{pk}", "/case/{decided}", "/case/{decided}/statement", "/blind",
         "/quality", "/export", "/log", "/password")  # fmt: skip


@pytest.fixture
def many_pages(transactional_db: None, live_server: Any, person: Callable[..., Any]) -> Any:
    """Pages with something on each: an open case, a decided one, one to judge blindly."""
    institution = Institution.objects.create(code="ogre", name="Ogre", double_share=1.0)
    person("anna", "ogre", is_superuser=True)
    boris = person("boris", "ogre")
    text = "Mūlāpi tur sēž, zvani 29123456."
    write_cases(
        [
            make_row("c1", text, rank_score=0.9, copies=("c5",), evidence=(word(text, "Mūlāpi"),)),
            make_row("c2", "Kad tīrīs ielas?", rank_score=0.8, comment={"thread_id": "t"}),
            make_row("c3", "Мулапи сидят.", rank_score=0.7, comment={"lang": "ru"}),
        ]
    )
    pks = dict(Case.objects.values_list("comment_id", "pk"))
    delete = Decision(
        verdict=Verdict.VIOLATION,
        labels=("insult",),
        clauses=("8.1",),
        action=Action.DELETE,
        seconds=9,
    )
    take_verdict(pks["c3"], boris, delete)
    return live_server.url, {"pk": pks["c1"], "decided": pks["c3"], "of": institution.code}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_any_page(many_pages: Any, scheme: str) -> None:
    playwright = pytest.importorskip("playwright.sync_api")
    axe = axe_source()
    if shutil.which(CHROMIUM) is None or axe is None:
        pytest.skip("Chromium or axe-core is not there")
    url, pks = many_pages
    found: list[str] = []
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        # axe comes in past the policy of the pages, which let no script in.
        page = browser.new_context(color_scheme=scheme, bypass_csp=True).new_page()
        page.set_default_timeout(30_000)
        page.goto(f"{url}/sign-in")
        found += violations(page, axe, "/sign-in")
        page.get_by_label("Lietotājvārds").fill("anna")
        page.get_by_label("Parole").fill(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_selector(".cases")
        for address in PAGES:
            page.goto(url + address.format(**pks))
            found += violations(page, axe, address)
        page.goto(f"{url}/case/{pks['pk']}")
        page.keyboard.press("v")
        found += violations(page, axe, "violation form")
        page.locator("textarea[name=note]").evaluate("element => element.blur()")
        page.get_by_role("button", name="Taustiņi").click()
        page.locator("dialog[open]").wait_for()
        found += violations(page, axe, "keys")
        page.keyboard.press("Escape")
        # Twice as large, and as wide as a phone: nothing runs off the page.
        for width in (320, 640):
            page.set_viewport_size({"width": width, "height": 800})
            for address in PAGES:
                page.goto(url + address.format(**pks))
                wide = page.evaluate("document.documentElement.scrollWidth")
                found += [f"{address}: {wide} px wide at {width}"] if wide > width else []
        browser.close()
    assert "\n".join(found) == ""


def violations(page: Any, axe: str, address: str) -> list[str]:
    """Return what axe finds against WCAG 2.2 AA on the page as it stands."""
    page.evaluate(axe)
    result = page.evaluate(
        """() => axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa",
            "wcag22aa", "best-practice"]})"""
    )
    return [
        f"{address}: {each['id']} {each['nodes'][0]['html'][:120]}" for each in result["violations"]
    ]
