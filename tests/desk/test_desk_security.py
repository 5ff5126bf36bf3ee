"""What keeps the desk closed, and comments harmless."""

import html as html_module
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from desk_rows import PASSWORD, make_row, word
from django.conf import settings
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.core.cache import cache
from django.db import OperationalError
from django.test import Client

from pipeline.desk.models import Case
from pipeline.desk.queue import write_cases

HOSTILE = {
    "script": "<script>alert(1)</script>",
    "attribute": '" onmouseover="alert(1)" x=\'',
    "closing": "</div></article><h1>Sveiki</h1><!--",
    "svg": "<svg/onload=alert(1)>",
    "template": "{{ 7|add:7 }} {% csrf_token %} ${7*7}",
    "entity": "&lt;script&gt;&#x3C;img src=x&#x3E;",
    "htmx": '<a hx-get="/sign-out" hx-trigger="load">x</a>',
    "line separators": "viens\u2028divi\u2029trīs\r\nčetri\x00pieci",
    "cyrillic": "Ёлки-палки «щука» ѣ 𝔘𝔫𝔦",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_text_is_shown_as_text(desk: Client, text: str) -> None:
    evidence = (word(text, text[2:9]),)
    write_cases(
        [
            make_row(
                text=text,
                copies=("c2",),
                evidence=evidence,
                reasons=(text,),
                top_label=None,
                comment={"channel": text, "thread_id": "t", "permalink": text},
            )
        ]
    )
    for address in ("/", f"/case/{Case.objects.get().pk}"):
        page = desk.get(address).content.decode()
        for raw in ("<script>alert", "<svg/onload", '" onmouseover="', "<h1>Sveiki", "<a hx-get"):
            assert raw not in page
        assert page.count("<!--") == 0
        assert "14" not in page.split("${7*7}")[0][-20:]
    assert page.count("</article>") == 1


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("labi \u202eicis\u202c vārdi", ("U+202E", "U+202C")),
        ("s\u200bū\u200bd\u200bs", ("U+200B",)),
        ("\u2067עברית\u2069 un latviski", ("U+2067", "U+2069")),
        ("\ufeffBOM sākumā", ("U+FEFF",)),
        ("daudz" + "\u200b" * 50, ("U+200B ×50",)),
    ],
)
def test_characters_that_hide_or_turn_text_are_named(
    desk: Client, text: str, named: tuple[str, ...]
) -> None:
    write_cases([make_row(text=text)])
    for address in ("/", f"/case/{Case.objects.get().pk}"):
        page = desk.get(address).content.decode()
        assert not set(page) & set("\u202e\u202c\u200b\u2067\u2069\ufeff")
    for name in named:
        assert f">{name}</span>" in page


@pytest.mark.parametrize(
    "text",
    [
        "👨‍👩‍👧‍👦" * 2000,
        "a" * 100_000,
        "😀" * 100_000,
        "\u0301" * 5000,
        "\u200b\u200c" * 50_000,
        " \n" * 900,
    ],
    ids=["families", "100k letters", "100k emoji", "stacked marks", "100k hidden", "blank"],
)
def test_enormous_text_is_shown_in_bounded_pages(desk: Client, text: str) -> None:
    write_cases([make_row(text=text)])
    listed = desk.get("/").content
    shown = desk.get(f"/case/{Case.objects.get().pk}").content
    assert len(listed) < 20_000
    assert len(shown) < 4 * len(text) + 120_000
    if text.startswith("👨"):
        assert text.encode() in shown, "joined emoji stay whole"


@pytest.mark.parametrize(
    "address", ["/", "/sign-in", "/health", "/nowhere", "/admin/", "/password"]
)
def test_every_page_has_strict_headers(desk: Client, address: str) -> None:
    response = desk.get(address)
    policy = response["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Frame-Options"] == "DENY"
    assert response["Referrer-Policy"] == "same-origin"
    assert "no-store" in response["Cache-Control"]


def test_pages_hold_nothing_inline_and_nothing_from_elsewhere(desk: Client, case: Case) -> None:
    for address in ("/", f"/case/{case.pk}", "/password"):
        page = desk.get(address).content.decode()
        assert " style=" not in page
        assert "<style" not in page
        assert " onclick" not in page
        assert "https://" not in page.replace('href="https://', "")
        assert all(" src=" in tag for tag in page.split("<script")[1:])


@pytest.mark.parametrize("address", ["/", "/case/1", "/case/1/verdict", "/password", "/admin/"])
def test_nothing_is_shown_to_those_not_signed_in(client: Client, db: None, address: str) -> None:
    response = client.get(address)
    assert response.status_code == 302
    assert "/sign-in?" in response["Location"] or "/admin/login/" in response["Location"]


def test_htmx_moves_the_whole_page_to_the_sign_in(client: Client, db: None) -> None:
    response = client.get("/", headers={"HX-Request": "true"})
    assert response["HX-Redirect"] == "/sign-in"


def test_posts_need_the_token_of_the_form(anna: Any, case: Case) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(anna)
    for address in (
        f"/case/{case.pk}/verdict",
        f"/case/{case.pk}/second",
        "/sign-out",
        "/language",
    ):
        response = strict.post(address, {"verdict": "no_violation"})
        assert response.status_code == 403
        assert "nekas netika saglabāts" in response.content.decode()
    case.refresh_from_db()
    assert case.status == "open"
    strict.get(f"/case/{case.pk}")
    token = strict.cookies["csrftoken"].value
    assert (
        strict.post("/language", {"language": "ru", "csrfmiddlewaretoken": token}).status_code
        == 302
    )


def sign_in(client: Client, name: str, password: str) -> Any:
    return client.post("/sign-in", {"username": name, "password": password})


def test_sign_in_lasts_twelve_hours_with_a_closed_cookie(client: Client, anna: Any) -> None:
    assert sign_in(client, "anna", PASSWORD)["Location"] == "/"
    cookie = client.cookies["sessionid"]
    assert (cookie["max-age"], cookie["httponly"], cookie["samesite"]) == (43200, True, "Lax")


def test_five_wrong_passwords_close_the_door_for_that_name(
    client: Client, anna: Any, boris: Any
) -> None:
    statuses = [sign_in(client, "anna", f"wrong {n}").status_code for n in range(5)]
    assert statuses == [200, 200, 200, 200, 429]
    locked = sign_in(client, "anna", PASSWORD)
    assert locked.status_code == 429
    assert "Pārāk daudz mēģinājumu" in locked.content.decode()
    assert sign_in(client, "boris", PASSWORD).status_code == 302
    # From another address Anna still gets in: nobody can lock a colleague out.
    elsewhere = Client(REMOTE_ADDR="192.0.2.7")
    assert sign_in(elsewhere, "anna", PASSWORD).status_code == 302


def test_person_who_left_cannot_sign_in(client: Client, person: Callable[..., Any]) -> None:
    person("left", "ogre", is_active=False)
    assert sign_in(client, "left", PASSWORD).status_code == 200


def test_sign_in_leads_to_pages_of_the_desk_only(client: Client, anna: Any) -> None:
    form = {"username": "anna", "password": PASSWORD, "next": "https://evil.example/"}
    assert client.post("/sign-in", form)["Location"] == "/"


def test_moderator_has_no_way_into_the_administration(desk: Client) -> None:
    response = desk.get("/admin/desk/user/")
    assert response.status_code == 302


def test_administrator_manages_people_but_not_cases(
    client: Client, person: Callable[..., Any]
) -> None:
    client.force_login(person("admin", is_staff=True, is_superuser=True))
    assert client.get("/admin/desk/user/add/").status_code == 200
    assert client.get("/admin/desk/institution/").status_code == 200
    assert client.get("/admin/desk/case/").status_code == 404
    assert client.get("/admin/desk/review/").status_code == 404


def test_weak_new_password_is_refused(desk: Client, anna: Any) -> None:
    form = {"old_password": PASSWORD, "new_password1": "parole123", "new_password2": "parole123"}
    assert desk.post("/password", form).status_code == 200
    anna.refresh_from_db()
    assert anna.check_password(PASSWORD)
    strong = {"new_password1": "zils autobuss piebrauc", "new_password2": "zils autobuss piebrauc"}
    assert desk.post("/password", form | strong).status_code == 302


def test_busy_database_is_told_calmly(desk: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(*args: object) -> None:
        raise OperationalError("database is locked")

    monkeypatch.setattr("pipeline.desk.views.queue.counts", busy)
    desk.raise_request_exception = False
    response = desk.get("/")
    assert (response.status_code, response["Retry-After"]) == (503, "30")
    assert "Datubāze pašlaik neatbild" in response.content.decode()
    assert response["Content-Security-Policy"]


def test_bug_is_told_without_details(
    desk: Client, case: Case, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*args: object) -> None:
        raise ValueError("broken")

    monkeypatch.setattr("pipeline.desk.views.case.neighbours", broken)
    desk.raise_request_exception = False
    response = desk.get(f"/case/{case.pk}")
    assert response.status_code == 500
    assert "broken" not in response.content.decode()
    assert "smadzenes" not in caplog.text


def test_settings_are_closed_by_default() -> None:
    assert settings.DEBUG is False
    assert "*" not in settings.ALLOWED_HOSTS
    assert len(str(settings.SECRET_KEY)) >= 50
    assert html_module.escape("'") in ("&#x27;", "&#39;")


def test_django_finds_nothing_to_warn_of_in_production(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "SARUNA_STATE": str(tmp_path),
        "SARUNA_HTTPS": "1",
        "SARUNA_HOSTS": "desk.example",
        "DJANGO_SETTINGS_MODULE": "pipeline.desk.settings",
    }
    done = subprocess.run(
        [sys.executable, "-m", "django", "check", "--deploy", "--fail-level", "WARNING"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("setting", "method", "address"),
    [
        ("LIMIT_READS", "get", "/"),
        ("LIMIT_WRITES", "post", "/next"),
        ("LIMIT_EXPORTS", "get", "/export/decisions.csv"),
    ],
)
def test_those_who_ask_too_often_wait(
    desk: Client, settings: Any, anna: Any, setting: str, method: str, address: str
) -> None:
    cache.clear()
    setattr(settings, setting, 3)
    statuses = [getattr(desk, method)(address).status_code for _ in range(4)]
    assert 429 not in statuses[:3]
    assert statuses[3] == 429
    assert "Pārāk daudz" in getattr(desk, method)(address).content.decode()
    # Others are counted by themselves, and a watchdog is not counted at all.
    assert Client().get("/sign-in").status_code == 200
    assert desk.get("/health").status_code == 200
    cache.clear()


def test_a_flood_of_sign_ins_from_one_address_waits(
    client: Client, db: None, settings: Any
) -> None:
    cache.clear()
    settings.LIMIT_WRITES = 3
    names = [sign_in(client, f"name{n}", "wrong").status_code for n in range(5)]
    assert names[3:] == [429, 429]
    cache.clear()


def test_passwords_are_hashed_slowly() -> None:
    from pipeline.desk import settings as shipped

    (hasher,) = shipped.PASSWORD_HASHERS
    assert hasher.endswith("PBKDF2PasswordHasher")
    assert PBKDF2PasswordHasher.iterations >= 600_000
