"""Who may do what: every address and every role, one institution and another.

The table is generated from the URL table: an address that nobody put into RULES fails the tests.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from desk_rows import make_row
from django.contrib.admin.sites import AdminSite
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from pipeline.desk.models import Case, LogEntry, Review, Role, Verdict
from pipeline.desk.queue import write_cases
from pipeline.desk.roles import ROLES, Ability
from pipeline.desk.tokens import new_token
from pipeline.desk.verdicts import Decision, take_verdict

OPEN_TO_ALL = {
    *("sign-in", "sign-out", "provider", "provider-back", "provider-refused"),
    *("password", "language", "health", "keys"),
}
"""Addresses that show nothing of any case."""
RULES: dict[str, tuple[str, Ability | None]] = {
    "queue": ("GET", None),
    "case": ("GET", Ability.READ),
    "verdict": ("POST", Ability.DECIDE),
    "second": ("POST", Ability.DECIDE),
    "split": ("POST", Ability.DECIDE),
    "undo": ("POST", Ability.DECIDE),
    "next": ("POST", Ability.DECIDE),
    "statement": ("GET", Ability.READ),
    "golden": ("POST", Ability.SETTLE),
    "blind": ("GET", Ability.BLIND),
    "blind-answer": ("POST", Ability.BLIND),
    "quality": ("GET", Ability.MEASURE),
    "export": ("GET", Ability.EXPORT),
    "download": ("GET", Ability.EXPORT),
    "log": ("GET", Ability.LOG),
    "log-check": ("POST", Ability.LOG),
}
API_RULES: dict[str, tuple[str, Ability]] = {
    "take_in": ("POST", Ability.INTAKE),
    "queue": ("GET", Ability.READ),
    "take_next": ("POST", Ability.DECIDE),
    "show": ("GET", Ability.READ),
    "verdict": ("POST", Ability.DECIDE),
    "export": ("GET", Ability.EXPORT),
}
OF_A_CASE = {"case", "verdict", "second", "split", "statement", "golden", "blind-answer"}


def patterns(
    resolver: URLResolver | None = None, before: str = ""
) -> Iterator[tuple[str, URLPattern]]:
    """Yield every address of the desk but those of Django's administration."""
    for each in (resolver or get_resolver()).url_patterns:
        route = before + str(each.pattern)
        if isinstance(each, URLResolver):
            if each.app_name != "admin":
                yield from patterns(each, route)
        else:
            yield route, each


PAGES = {each.name: route for route, each in patterns() if not route.startswith("api/")}
API = {each.name: route for route, each in patterns() if route.startswith("api/")}


def test_every_address_has_a_rule() -> None:
    assert isinstance(AdminSite, type)
    assert set(PAGES) == OPEN_TO_ALL | set(RULES)
    assert {name for name in API if name not in ("api-root", "openapi-json")} == set(API_RULES)


def address(route: str, pk: int) -> str:
    filled = route.replace("<slug:table>", "decisions").replace("<slug:kind>", "csv")
    return "/" + re.sub(r"[<{](int:)?pk[>}]|<int:pk>", str(pk), filled).replace(
        "<table>", "decisions"
    )


@pytest.fixture
def cases(db: None, person: Callable[..., Any]) -> tuple[Case, Case]:
    """One decided case of one institution and one of another, each with a verdict that stands."""
    write_cases([make_row("own"), make_row("foreign", "Svešs.", institution="culture")])
    own = Case.objects.get(comment_id="own")
    foreign = Case.objects.get(comment_id="foreign")
    judge = person("judge", "ogre", "culture")
    for case in (own, foreign):
        delete = Decision(
            verdict=Verdict.VIOLATION,
            labels=("insult",),
            clauses=("8.1",),
            action="delete",  # type: ignore[arg-type]
            seconds=1,
        )
        take_verdict(case.pk, judge, delete)
    return own, foreign


def call(client: Client, name: str, pk: int) -> int:
    method, _ = RULES[name]
    where = address(PAGES[name], pk)
    return (client.get if method == "GET" else client.post)(where).status_code


@pytest.mark.parametrize("role", list(Role))
def test_every_page_obeys_the_role(
    client: Client, cases: tuple[Case, Case], person: Callable[..., Any], role: Role
) -> None:
    own, _ = cases
    client.force_login(person("somebody", "ogre", role=role))
    for name, (_, ability) in RULES.items():
        pk = Review.objects.get(case=own).pk if name == "undo" else own.pk
        status = call(client, name, pk)
        if ability is not None and ability not in ROLES[role]:
            assert status == 403, (name, role)
        else:
            assert status in (200, 302, 422), (name, role)


@pytest.mark.parametrize("role", [Role.MODERATOR, Role.SENIOR])
def test_no_page_shows_a_case_of_another_institution(
    client: Client, cases: tuple[Case, Case], person: Callable[..., Any], role: Role
) -> None:
    _, foreign = cases
    client.force_login(person("somebody", "ogre", role=role))
    n_entries = LogEntry.objects.count()
    for name in sorted(OF_A_CASE | {"undo"}):
        ability = RULES[name][1]
        pk = Review.objects.get(case=foreign).pk if name == "undo" else foreign.pk
        expected = 404 if ability in ROLES[role] else 403
        assert call(client, name, pk) == expected, name
    for name in ("queue", "quality", "export", "blind"):
        response = client.get(address(PAGES[name], 0))
        assert "Svešs" not in response.content.decode()
    assert LogEntry.objects.count() == n_entries


def test_pages_without_a_sign_in_show_nothing(client: Client, cases: tuple[Case, Case]) -> None:
    for name in RULES:
        assert call(client, name, cases[0].pk) == 302, name
    for name in API_RULES:
        assert call_api(client, name, cases[0].pk, "") == 401, name


@pytest.mark.parametrize("role", [None, *Role])
def test_addresses_that_are_open_to_all_show_no_case_to_anybody(
    client: Client,
    cases: tuple[Case, Case],
    person: Callable[..., Any],
    role: Role | None,
) -> None:
    n_reviews, n_entries = Review.objects.count(), LogEntry.objects.count()
    somebody = person("somebody", "ogre", role=role) if role else None
    for name in sorted(OPEN_TO_ALL):
        for method in (client.get, client.post):
            if somebody:
                client.force_login(somebody)
            answer = method(address(PAGES[name], cases[0].pk), {"next": "/", "language": "lv"})
            assert answer.status_code in (200, 302, 404, 405), (name, role)
            page = answer.content.decode()
            assert "Svešs" not in page, (name, role)
            assert "Kur ir sāls" not in page, (name, role)
    assert (Review.objects.count(), LogEntry.objects.count()) == (n_reviews, n_entries)


def call_api(client: Client, name: str, pk: int, token: str) -> int:
    method, _ = API_RULES[name]
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    where = address(API[name], pk)
    if method == "GET":
        return client.get(where, headers=headers).status_code
    body = {"cases": [api_case()]} if name == "take_in" else {"verdict": "no_violation"}
    return client.post(where, body, content_type="application/json", headers=headers).status_code


def api_case(**changes: Any) -> dict[str, Any]:
    return {
        "source": "site",
        "institution": "ogre",
        "model_version": "v1",
        "band": "review",
        "rank_score": 0.5,
        "scored_at": "2026-03-01T12:00:00Z",
        "comments": [{"comment_id": "a1", "text": "Sveiki"}],
        **changes,
    }


@pytest.mark.parametrize("role", list(Role))
def test_the_api_obeys_role_and_institution(
    client: Client, cases: tuple[Case, Case], person: Callable[..., Any], role: Role
) -> None:
    own, foreign = cases
    _, token = new_token(person("robot", "ogre", role=role), "test", 1)
    for name, (_, ability) in API_RULES.items():
        status = call_api(client, name, own.pk, token)
        if ability not in ROLES[role]:
            assert status == 403, (name, role)
        else:
            assert status in (200, 404, 409), (name, role)
        if name in ("show", "verdict") and Ability.EVERYWHERE not in ROLES[role]:
            expected = 404 if ability in ROLES[role] else 403
            assert call_api(client, name, foreign.pk, token) == expected


def test_nobody_changes_anything_as_an_auditor(
    client: Client, cases: tuple[Case, Case], person: Callable[..., Any]
) -> None:
    write_cases([make_row("open", "Atvērta.")])
    client.force_login(person("audit", role=Role.AUDITOR))
    before = list(Case.objects.order_by("pk").values()), list(Review.objects.values())
    for case in Case.objects.all():
        for name in RULES:
            if name not in ("undo", "log-check"):
                call(client, name, case.pk)
    assert (list(Case.objects.order_by("pk").values()), list(Review.objects.values())) == before


def test_those_who_read_no_comments_start_elsewhere(
    client: Client, cases: tuple[Case, Case], person: Callable[..., Any]
) -> None:
    client.force_login(person("numbers", role=Role.DATA_TEAM))
    assert client.get("/")["Location"] == "/quality"
    client.force_login(person("machine", role=Role.OPERATOR))
    assert client.get("/")["Location"] == "/log"
