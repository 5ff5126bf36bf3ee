"""Sign-in through an OpenID provider: a real one in a process of its own, honest and not."""

import logging
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from desk_rows import PASSWORD
from django.test import Client
from openid_provider import CLIENT, SECRET
from openid_stand import SUB, Stand, at_the_provider, come_back, leave, shown, sign_in, who

from pipeline.desk.models import Identity, LogEntry, Role, User


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
def test_somebody_in_a_group_gets_an_account_with_its_role(
    stand: Stand, client: Client, algorithm: str
) -> None:
    stand.behave(sign=algorithm)
    response = sign_in(client, "/?view=mine")
    assert (response.status_code, response["Location"]) == (302, "/?view=mine")
    user = User.objects.get(username="anna.ozola")
    assert who(client) == "anna.ozola"
    assert (user.role, [each.code for each in user.institutions.all()]) == (
        Role.MODERATOR,
        ["ogre"],
    )
    assert (user.get_full_name(), user.email) == ("Anna Ozola", "")
    assert not user.has_usable_password()
    assert not user.is_staff
    assert not user.is_superuser
    assert (user.identity.issuer, user.identity.subject) == (stand.issuer, SUB)
    assert client.get("/").status_code == 200
    entry = LogEntry.objects.get()
    assert (entry.kind, entry.actor, entry.body["role"]) == ("access", user.pk, "moderator")


def test_the_next_sign_in_finds_the_same_account_and_its_new_groups(
    stand: Stand, client: Client
) -> None:
    sign_in(client)
    stand.behave(claims={"groups": ["culture"], "preferred_username": "anna.kalnina"})
    other = Client()
    sign_in(other)
    user = User.objects.get()
    assert who(other) == user.username == "anna.ozola"
    assert [each.code for each in user.institutions.all()] == ["culture"]
    sign_in(Client())
    assert LogEntry.objects.count() == 2, "what stays as it is makes no entry"


def test_the_session_gets_a_new_key_and_lasts_as_long_as_any_other(
    stand: Stand, client: Client
) -> None:
    address = leave(client)
    planted = client.session.session_key
    come_back(client, at_the_provider(address))
    cookie = client.cookies["sessionid"]
    assert cookie.value != planted
    assert (cookie["max-age"], cookie["httponly"], cookie["samesite"]) == (43200, True, "Lax")
    stolen = Client()
    stolen.cookies["sessionid"] = str(planted)
    assert stolen.get("/").status_code == 302


HOSTILE: dict[str, tuple[dict[str, Any], int, str]] = {
    "wrong nonce": ({"claims": {"nonce": "x" * 20}}, 403, "invalid_claim"),
    "no nonce": ({"drop": ["nonce"]}, 403, "missing_claim"),
    "expired": ({"claims": {"exp": 1_600_000_000}}, 403, "expired_token"),
    "no end": ({"drop": ["exp"]}, 403, "missing_claim"),
    "from the future": ({"claims": {"iat": 4_000_000_000}}, 403, "invalid"),
    "wrong audience": ({"claims": {"aud": "another client"}}, 403, "claim"),
    "another's audience, our azp": ({"claims": {"aud": "x", "azp": CLIENT}}, 403, "claim"),
    "several audiences": ({"claims": {"aud": [CLIENT, "x"], "azp": "x"}}, 403, "claim"),
    "no audience": ({"drop": ["aud"]}, 403, "missing_claim"),
    "wrong issuer": ({"claims": {"iss": "https://evil.example"}}, 403, "invalid_claim"),
    "another issuer in the address": ({"answer": {"iss": "https://evil.example"}}, 403, "issuer"),
    "alg none": ({"sign": "none"}, 403, "unsupported_algorithm"),
    "alg HS256 with the public key": ({"sign": "HS256"}, 403, "unsupported_algorithm"),
    "signed by a stranger": ({"sign": "stranger"}, 403, "bad_signature"),
    "unknown kid": ({"sign": "unknown kid"}, 403, "invalid_key_id"),
    "no ID token": ({"sign": "nothing"}, 403, "no ID token"),
    "garbage": ({"sign": "a.b"}, 403, "ID token"),
    "no subject": ({"drop": ["sub"]}, 403, "missing_claim"),
    "subject is a number": ({"claims": {"sub": 7}}, 403, ""),
    "endless subject": ({"claims": {"sub": "x" * 256}}, 403, "255"),
    "token refused": ({"status": 400}, 403, "server_error"),
    "provider broken": ({"status": 500}, 503, "HTTPError"),
    "person said no": ({"answer": {"error": "access_denied", "code": ""}}, 403, "access_denied"),
    "no group": ({"drop": ["groups"]}, 403, "no group"),
    "a group of others": ({"claims": {"groups": ["gardeners"]}}, 403, "no group"),
    "groups of another shape": ({"claims": {"groups": {"moderators": 1}}}, 403, "no group"),
    "an institution that is not there": ({"claims": {"groups": ["nowhere"]}}, 403, "institution"),
}


@pytest.mark.parametrize(("how", "status", "logged"), HOSTILE.values(), ids=HOSTILE.keys())
def test_whoever_cannot_be_trusted_stays_outside(
    stand: Stand,
    client: Client,
    caplog: pytest.LogCaptureFixture,
    how: dict[str, Any],
    status: int,
    logged: str,
) -> None:
    stand.behave(**how)
    response = sign_in(client)
    assert response.status_code == status
    assert who(client) is None
    assert not User.objects.exists()
    assert not Identity.objects.exists()
    assert "/sign-in" in response.content.decode()
    said = caplog.text
    assert logged in said
    assert SUB not in said
    assert "anna" not in said.lower()


def test_a_wrong_state_and_a_used_code_are_out_of_date(stand: Stand, client: Client) -> None:
    back = at_the_provider(leave(client))
    assert come_back(client, back, state="x" * 20).status_code == 400
    assert come_back(Client(), back).status_code == 400, "the state belongs to one browser"
    assert come_back(client, back).status_code == 302
    client.post("/sign-out")
    assert come_back(client, back).status_code == 400
    # The same code with the state of a new sign-in: the provider gives nothing for it twice.
    code = parse_qs(urlsplit(back).query)["code"][0]
    assert come_back(client, at_the_provider(leave(client)), code=code).status_code == 403
    assert who(client) is None


def test_an_answer_that_failed_cannot_be_tried_again(stand: Stand, client: Client) -> None:
    stand.behave(sign="stranger")
    back = at_the_provider(leave(client))
    assert come_back(client, back).status_code == 403
    stand.behave()
    assert come_back(client, back).status_code == 400


@pytest.mark.parametrize(
    "following", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "/\\evil.lv"]
)
def test_the_way_on_leads_to_pages_of_the_desk_only(
    stand: Stand, client: Client, following: str
) -> None:
    assert sign_in(client, following)["Location"] == "/"


def test_a_provider_that_is_away_leaves_the_form_of_the_desk(
    stand: Stand, client: Client, anna: User
) -> None:
    stand.configure(issuer="http://127.0.0.1:9")
    response = shown(client, client.get("/sign-in/provider"))
    assert response.status_code == 503
    assert "neatbild" in response.content.decode()
    form = {"username": "anna", "password": PASSWORD}
    assert client.post("/sign-in", form).status_code == 302


@pytest.mark.parametrize(
    ("described", "status"),
    [
        ({"issuer": "https://evil.example"}, 403),
        ({"token_endpoint": "http://evil.example/token"}, 403),
        ({"end_session_endpoint": "javascript:alert(1)"}, 403),
        ({"jwks_uri": 7}, 403),
        ({"code_challenge_methods_supported": ["plain"], "scope": "all"}, 302),
    ],
)
def test_what_the_provider_publishes_is_not_believed_blindly(
    stand: Stand, client: Client, described: dict[str, Any], status: int
) -> None:
    stand.behave(describe=described)
    assert shown(client, client.get("/sign-in/provider")).status_code == status
    stand.behave()
    assert leave(client).startswith(stand.issuer), "a bad description is not kept"


def test_addresses_can_be_named_where_the_provider_publishes_none(
    stand: Stand, client: Client
) -> None:
    named = {"authorization": "authorize", "token": "token", "keys": "keys"}
    stand.configure(endpoints={key: f"{stand.issuer}/{path}" for key, path in named.items()})
    stand.behave(describe={"issuer": "nobody asks for this"})
    assert sign_in(client)["Location"] == "/"
    assert client.post("/sign-out")["Location"] == "/sign-in"


def test_signing_out_ends_both_sessions(stand: Stand, client: Client) -> None:
    sign_in(client)
    response = client.post("/sign-out")
    page = response.content.decode()
    assert who(client) is None
    assert f'content="0; url={stand.issuer}/end?' in page
    assert "id_token_hint=" in page
    assert "post_logout_redirect_uri=http%3A%2F%2Ftestserver%2Fsign-in" in page
    assert "form-action 'self'" in response["Content-Security-Policy"]
    # Somebody with a password has nothing to end elsewhere.
    person = User.objects.create_user("local", password=PASSWORD)
    client.force_login(person)
    assert client.post("/sign-out")["Location"] == "/sign-in"


def test_wrong_passwords_do_not_close_the_provider_nor_the_other_way_round(
    stand: Stand, client: Client, anna: User
) -> None:
    Identity.objects.create(user=anna, issuer=stand.issuer, subject=SUB)
    for _ in range(5):
        client.post("/sign-in", {"username": "anna", "password": "wrong"})
    form = {"username": "anna", "password": PASSWORD}
    assert client.post("/sign-in", form).status_code == 429
    stand.behave(sign="stranger")
    for _ in range(6):
        assert sign_in(client).status_code == 403
    stand.behave()
    assert sign_in(client).status_code == 302


WORDS = {
    "lv": ("Pieteikties:", "nav piekļuves"),
    "ru": ("Войти через", "нет доступа"),
    "en": ("Sign in through", "no access"),
}


@pytest.mark.parametrize("language", WORDS)
def test_button_and_refusal_speak_the_chosen_language(
    stand: Stand, client: Client, language: str
) -> None:
    client.cookies["django_language"] = language
    button, refusal = WORDS[language]
    page = client.get("/sign-in", {"next": "/?view=mine&band=audit"}).content.decode()
    assert f"{button} Ogres konts" in page
    assert 'href="/sign-in/provider?next=%2F%3Fview%3Dmine%26band%3Daudit"' in page
    stand.behave(drop=["groups"])
    assert refusal in sign_in(client).content.decode()
    # Whoever reads another language turns the page into it, and does not start again.
    for other, (_, words) in WORDS.items():
        client.post("/language", {"language": other}, headers={"Referer": "/sign-in/refused"})
        assert words in client.get("/sign-in/refused").content.decode()


def test_logs_of_libraries_keep_quiet_about_sign_ins(
    stand: Stand, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    sign_in(client)
    assert SUB not in caplog.text
    assert SECRET not in caplog.text
