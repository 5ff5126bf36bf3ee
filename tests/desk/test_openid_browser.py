"""The whole way through the provider and back in a real browser."""

import shutil
from typing import Any

import pytest
from axe import axe_source
from desk_rows import make_row
from openid_stand import Stand
from test_desk_browser import CHROMIUM, OPTIONS, violations

from pipeline.desk.models import User
from pipeline.desk.queue import write_cases

pytestmark = pytest.mark.browser


@pytest.fixture
def live(transactional_db: None, live_server: Any, stand: Stand) -> str:
    """The desk is at localhost and the provider at 127.0.0.1: two sites, as in a municipality."""
    stand.behave(form=True)
    write_cases([make_row("c1", "Kad tīrīs ielas?")])
    return str(live_server.url)


def test_in_through_the_provider_to_a_case_and_out_of_both(live: str, stand: Stand) -> None:
    playwright = pytest.importorskip("playwright.sync_api")
    axe = axe_source()
    if shutil.which(CHROMIUM) is None:
        pytest.skip("Chromium is not installed")
    said: list[str] = []
    found: list[str] = []
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        page = browser.new_page()
        page.set_default_timeout(30_000)
        page.on("console", lambda each: said.append(each.text) if each.type == "error" else None)
        page.goto(f"{live}/?view=mine")
        page.get_by_role("link", name="Pieteikties: Ogres konts").click()
        page.get_by_role("button", name="Let me in").click()
        page.wait_for_url(f"{live}/?view=mine")
        page.locator("details.menu summary").click()
        assert page.get_by_text("Anna Ozola").is_visible()
        assert not page.get_by_role("link", name="Mainīt paroli").count()
        visited: list[str] = []
        page.on("framenavigated", lambda frame: visited.append(frame.url))
        page.get_by_role("button", name="Iziet").click()
        page.wait_for_url(f"{live}/sign-in*")
        assert visited[0] == f"{live}/sign-out"
        page.goto(f"{live}/")
        page.wait_for_url(f"{live}/sign-in?next=/")
        if axe is not None:
            context = browser.new_context(bypass_csp=True)
            found = looked_at_by_axe(context.new_page(), live, stand, axe)
        browser.close()
    assert said == []
    assert found == []
    assert User.objects.get().username == "anna.ozola"


def looked_at_by_axe(page: Any, live: str, stand: Stand, axe: str) -> list[str]:
    """Return what axe finds on the sign-in page, on a refusal, and on the way out."""
    stand.behave()
    page.set_default_timeout(30_000)
    page.goto(f"{live}/sign-in")
    found = violations(page, axe, "sign-in")
    page.get_by_role("link", name="Pieteikties: Ogres konts").click()
    page.locator("details.menu summary").click()
    # The provider answers with nothing to show, so the page before it stays.
    page.route(f"{stand.issuer}/end**", lambda route: route.fulfill(status=204))
    page.get_by_role("button", name="Iziet").click()
    page.get_by_role("heading", name="Jūs izgājāt").wait_for()
    found += violations(page, axe, "leaving")
    page.unroute_all()
    stand.behave(drop=["groups"])
    page.goto(f"{live}/sign-in/provider")
    page.get_by_role("heading", name="nav piekļuves").wait_for()
    return found + violations(page, axe, "refused")
