"""The settings of the OpenID provider: whole, half, or none at all."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.checks import run_checks
from django.test import Client
from openid_provider import SECRET
from openid_stand import Stand, forget

from pipeline import doctor
from pipeline.core.errors import PipelineError
from pipeline.core.openid import load_provider
from pipeline.desk import commands, openid
from pipeline.desk.models import Role, User


def test_without_a_provider_there_is_no_trace_of_one(
    client: Client, monkeypatch: pytest.MonkeyPatch, person: Callable[..., User]
) -> None:
    monkeypatch.delenv("SARUNA_OIDC", raising=False)
    monkeypatch.delenv("SARUNA_OIDC_SECRET", raising=False)
    forget()
    assert "provider" not in client.get("/sign-in").content.decode()
    assert client.get("/sign-in/provider").status_code == 404
    assert client.get("/sign-in/back").status_code == 404
    assert client.get("/sign-in/refused")["Location"] == "/sign-in"
    admin = person("admin", is_staff=True, is_superuser=True)
    client.force_login(admin)
    page = client.get(f"/admin/desk/user/{admin.pk}/change/").content.decode()
    assert "identity" not in page
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
    (error,) = [each for each in run_checks() if each.id == "desk.E001"]
    assert (error.msg, error.hint) == (caught.value.message, caught.value.hint)
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


def test_the_doctor_says_whether_the_provider_answers(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = doctor.check_sign_in()
    assert (found.state, found.found) == ("ok", f"{stand.issuer} answers, 2 keys")
    stand.behave(describe={"issuer": "https://evil.example"})
    assert "names another issuer" in doctor.check_sign_in().found
    stand.configure(issuer="http://127.0.0.1:9")
    found = doctor.check_sign_in()
    assert (found.state, "unreachable" in found.found) == ("warning", True)
    assert "Accounts of the desk still sign in" in found.next_step
    monkeypatch.delenv("SARUNA_OIDC_SECRET")
    forget()
    found = doctor.safely("sign-in", doctor.check_sign_in)
    assert (found.state, "SARUNA_OIDC_SECRET" in found.found) == ("problem", True)


def test_a_missing_library_is_named_with_the_extra_that_brings_it(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(openid, "find_spec", lambda name: None)
    forget()
    with pytest.raises(PipelineError, match="authlib and requests") as caught:
        commands.check()
    assert "saruna[oidc]" in caught.value.hint
