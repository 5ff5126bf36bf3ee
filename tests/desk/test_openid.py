"""Sign-in through an OpenID provider: a real one in a process of its own, honest and not."""

import json
import logging
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import yaml
from desk_rows import PASSWORD
from django.core.cache import cache
from django.test import Client
from openid_provider import CLIENT, SECRET

from pipeline.core.errors import PipelineError
from pipeline.core.openid import load_provider
from pipeline.desk import commands, openid
from pipeline.desk.models import Identity, Institution, LogEntry, Role, User

GROUPS = {
    "moderators": {"role": "moderator", "institutions": ["ogre"]},
    "culture": {"role": "moderator", "institutions": ["culture"]},
    "seniors of culture": {"role": "senior", "institutions": ["culture"]},
    "communications": {"role": "communications"},
    "nowhere": {"role": "moderator", "institutions": ["nowhere"]},
}
SUB = "f3a1-anna"


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


OPENER = urllib.request.build_opener(NoRedirect)


@dataclass(frozen=True)
class Stand:
    """The provider of the tests, and the file with which the desk knows it."""

    issuer: str
    file: Path

    def behave(self, **how: Any) -> None:
        OPENER.open(f"{self.issuer}/behaviour", json.dumps(how).encode(), timeout=10).close()

    def configure(self, **changes: Any) -> None:
        """Write the desk's file; a change to None leaves a key out."""
        whole = {
            "issuer": self.issuer,
            "client_id": CLIENT,
            "name": "Ogres konts",
            "groups": GROUPS,
            "accounts": "create",
            **changes,
        }
        kept = {key: value for key, value in whole.items() if value is not None}
        self.file.write_text(yaml.safe_dump(kept), encoding="utf-8")
        forget()


def forget() -> None:
    openid.provider.cache_clear()
    openid.client_of.cache_clear()


@pytest.fixture(scope="module")
def provider_process() -> Iterator[str]:
    program = Path(__file__).with_name("openid_provider.py")
    with subprocess.Popen([sys.executable, program], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.terminate()


@pytest.fixture
def stand(
    provider_process: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, db: None
) -> Iterator[Stand]:
    """A desk with two institutions whose people sign in through the provider."""
    made = Stand(provider_process, tmp_path / "openid.yaml")
    monkeypatch.setenv("SARUNA_OIDC", str(made.file))
    monkeypatch.setenv("SARUNA_OIDC_SECRET", SECRET)
    made.configure()
    made.behave()
    for code in ("ogre", "culture"):
        Institution.objects.create(code=code, name=code)
    cache.clear()
    yield made
    forget()


def leave(client: Client, following: str = "") -> str:
    """Start a sign-in; return the address at the provider."""
    response = client.get("/sign-in/provider", {"next": following} if following else {})
    assert response.status_code == 302, response.content.decode()
    return str(response["Location"])


def at_the_provider(address: str) -> str:
    """Return where the provider sends the browser back to."""
    with pytest.raises(urllib.error.HTTPError, match="302") as caught:
        OPENER.open(address, timeout=10)
    caught.value.close()
    return str(caught.value.headers["Location"])


def come_back(client: Client, address: str, **changes: str) -> Any:
    asked = {key: values[0] for key, values in parse_qs(urlsplit(address).query).items()}
    return client.get(f"{urlsplit(address).path}?{urlencode(asked | changes)}")


def sign_in(client: Client, following: str = "") -> Any:
    return come_back(client, at_the_provider(leave(client, following)))


def who(client: Client) -> str | None:
    """Return the name of whoever this browser is at the desk."""
    pk = client.session.get("_auth_user_id")
    return User.objects.get(pk=pk).username if pk else None


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
    response = client.get("/sign-in/provider")
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
    assert client.get("/sign-in/provider").status_code == status
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


def test_linked_people_alone_come_in_unless_accounts_are_created(
    stand: Stand, client: Client, person: Callable[..., User]
) -> None:
    stand.configure(accounts="link", groups={})
    user = person("anna", "ogre", role=Role.SENIOR, email="anna@ogre.example")
    stand.behave(claims={"email": "anna@ogre.example", "email_verified": True})
    refused = sign_in(client)
    assert refused.status_code == 403
    assert SUB in refused.content.decode(), "the administrator needs the number"
    Identity.objects.create(user=user, issuer=stand.issuer, subject=SUB)
    assert sign_in(client).status_code == 302
    assert who(client) == "anna"
    user.refresh_from_db()
    assert (user.role, user.institutions.count()) == (Role.SENIOR, 1)
    assert user.check_password(PASSWORD), "the password stays for the day without the provider"


@pytest.mark.parametrize("name", ["anna.ozola", "Anna.Ozola", "ANNA.OZOLA"])
def test_a_name_or_an_address_takes_over_no_account(
    stand: Stand, client: Client, person: Callable[..., User], name: str
) -> None:
    user = person(name, "ogre", email="anna@ogre.example", is_superuser=True)
    stand.behave(claims={"email": "anna@ogre.example", "email_verified": True})
    response = sign_in(client)
    assert response.status_code == 403
    assert SUB in response.content.decode()
    assert who(client) is None
    assert list(User.objects.all()) == [user]


@pytest.mark.parametrize(("issuer", "subject"), [("https://other.example", SUB), ("", SUB.upper())])
def test_the_number_counts_with_its_provider_and_to_the_letter(
    stand: Stand, client: Client, anna: User, issuer: str, subject: str
) -> None:
    stand.configure(accounts="link")
    Identity.objects.create(user=anna, issuer=issuer or stand.issuer, subject=subject)
    assert sign_in(client).status_code == 403


def test_a_closed_account_stays_closed(stand: Stand, client: Client, anna: User) -> None:
    Identity.objects.create(user=anna, issuer=stand.issuer, subject=SUB)
    User.objects.filter(pk=anna.pk).update(is_active=False)
    response = sign_in(client)
    assert response.status_code == 403
    assert "slēgts" in response.content.decode()


@pytest.mark.parametrize(
    ("claims", "path", "role", "codes"),
    [
        ({"groups": ["moderators", "culture"]}, "groups", "moderator", ["culture", "ogre"]),
        ({"groups": ["seniors of culture", "moderators"]}, "groups", "moderator", ["ogre"]),
        ({"groups": "communications"}, "groups", "communications", []),
        ({"realm_access": {"roles": ["culture", 7]}}, ["realm_access", "roles"], "moderator",
         ["culture"]),
        ({"roles": ["seniors of culture"]}, "roles", "senior", ["culture"]),
    ],
)  # fmt: skip
def test_groups_give_a_role_and_no_more(
    stand: Stand,
    client: Client,
    claims: dict[str, Any],
    path: Any,
    role: str,
    codes: list[str],
) -> None:
    stand.configure(groups_claim=path)
    stand.behave(claims=claims)
    assert sign_in(client).status_code == 302
    user = User.objects.get()
    assert (user.role, sorted(each.code for each in user.institutions.all())) == (role, codes)
    assert not user.is_superuser


def test_whoever_leaves_the_group_is_out_at_the_next_sign_in(stand: Stand, client: Client) -> None:
    sign_in(client)
    stand.behave(claims={"groups": []})
    assert sign_in(Client()).status_code == 403


def test_a_group_of_another_institution_shows_its_cases_alone(
    stand: Stand, client: Client, case: Any
) -> None:
    stand.behave(claims={"groups": ["culture"]})
    sign_in(client)
    assert client.get(f"/case/{case.pk}").status_code == 404
    assert "smadzenes" not in client.get("/").content.decode()


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


def test_without_a_provider_there_is_no_trace_of_one(
    client: Client, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SARUNA_OIDC", raising=False)
    monkeypatch.delenv("SARUNA_OIDC_SECRET", raising=False)
    forget()
    assert "provider" not in client.get("/sign-in").content.decode()
    assert client.get("/sign-in/provider").status_code == 404
    assert client.get("/sign-in/back").status_code == 404
    assert commands.look_at_provider() is None


HALVES: dict[str, tuple[dict[str, Any] | None, str | None, tuple[str, ...]]] = {
    "a secret alone": (None, "hush", ("SARUNA_OIDC: is not set", "***")),
    "a file alone": ({}, None, ("SARUNA_OIDC_SECRET: is not set",)),
    "no client": ({"client_id": None}, "hush", ("openid.yaml: `client_id` is missing",)),
    "open to others": ({"issuer": "http://login.example"}, "hush", ("`issuer`", "https://")),
    "the description": (
        {"issuer": "https://login.example/.well-known/openid-configuration"},
        "hush",
        ("write it without",),
    ),
    "a slip": ({"acounts": "link"}, "hush", ("did you mean `accounts`",)),
    "no such role": ({"groups": {"a": {"role": "boss"}}}, "hush", ("groups.a.role", "'boss'")),
    "no institution": ({"groups": {"a": {"role": "senior"}}}, "hush", ("institutions",)),
    "no groups to create by": ({"groups": {}}, "hush", ("`accounts`", "needs `groups`")),
    "no openid": ({"scopes": ["profile"]}, "hush", ("`scopes`", "openid")),
    "two at once": ({"name": None}, None, ("`name` is missing", "SARUNA_OIDC_SECRET")),
}


@pytest.mark.parametrize(("file", "secret", "said"), HALVES.values(), ids=HALVES.keys())
def test_half_a_configuration_is_named_with_the_next_step(
    stand: Stand,
    client: Client,
    anna: User,
    monkeypatch: pytest.MonkeyPatch,
    file: dict[str, Any] | None,
    secret: str | None,
    said: tuple[str, ...],
) -> None:
    stand.configure(**(file or {}))
    monkeypatch.setenv("SARUNA_OIDC", str(stand.file) if file is not None else "")
    monkeypatch.setenv("SARUNA_OIDC_SECRET", secret or "")
    forget()
    with pytest.raises(PipelineError) as caught:
        commands.check()
    for word in said:
        assert word in caught.value.message
    assert "docs/desk.md" in caught.value.hint
    assert "hush" not in str(caught.value)
    from pipeline.desk.apps import provider_is_whole

    (error,) = provider_is_whole()
    assert (error.id, error.msg) == ("desk.E001", caught.value.message)
    page = client.get("/sign-in")
    assert (page.status_code, "sign-in/provider" in page.content.decode()) == (200, False)


def test_the_secret_is_never_printed(stand: Stand) -> None:
    found = load_provider()
    assert found is not None
    assert SECRET not in f"{found} {found!r} {found.secret}"
    assert "***" in repr(found)


def test_roles_of_the_settings_are_those_of_the_desk() -> None:
    from typing import get_args

    from pipeline.core.openid import Access
    from pipeline.desk.roles import ROLES, Ability

    names = set(get_args(Access.model_fields["role"].annotation))
    assert names == set(Role.values)
    for role in names:
        needs = Ability.EVERYWHERE not in ROLES[role]
        assert needs == (role in ("moderator", "senior"))


def test_the_operator_hears_whether_the_provider_answers(stand: Stand) -> None:
    assert commands.look_at_provider() == f"{stand.issuer} answers, 2 keys"
    stand.configure(issuer="http://127.0.0.1:9")
    with pytest.raises(PipelineError, match="unreachable"):
        commands.look_at_provider()


def test_logs_of_libraries_keep_quiet_about_sign_ins(
    stand: Stand, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    sign_in(client)
    assert SUB not in caplog.text
    assert SECRET not in caplog.text
