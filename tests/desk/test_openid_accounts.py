"""Whose account it is that somebody gets from the provider, and what it may do."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from desk_rows import PASSWORD
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone
from openid_stand import SUB, Stand, sign_in, who

from pipeline.core.openid import OpenIdSettings
from pipeline.desk import accounts
from pipeline.desk.models import Identity, Role, User


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


def test_an_administrator_links_an_account_by_its_number(
    stand: Stand, client: Client, person: Callable[..., User]
) -> None:
    stand.configure(accounts="link", groups={})
    anna = person("anna", "ogre")
    client.force_login(person("admin", is_staff=True, is_superuser=True))
    address = f"/admin/desk/user/{anna.pk}/change/"
    page = client.get(address).content.decode()
    assert f'value="{stand.issuer}"' in page, "the provider is filled in"
    form = {
        "username": "anna",
        "role": "moderator",
        "institutions": [each.pk for each in anna.institutions.all()],
        "is_active": "on",
        "identity-TOTAL_FORMS": "1",
        "identity-INITIAL_FORMS": "0",
        "identity-0-user": anna.pk,
        "identity-0-issuer": stand.issuer,
    }
    assert client.post(address, form | {"identity-0-subject": ""}).status_code == 302
    assert not Identity.objects.exists(), "who is not linked is left so"
    assert client.post(address, form | {"identity-0-subject": SUB}).status_code == 302
    browser = Client()
    sign_in(browser)
    assert who(browser) == "anna"


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


def test_two_tabs_of_a_new_person_make_one_account(
    stand: Stand, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(client)
    real, asked = accounts.linked, []

    def late(subject: str, settings: OpenIdSettings) -> User | None:
        asked.append(subject)
        return real(subject, settings) if len(asked) > 1 else None

    monkeypatch.setattr(accounts, "linked", late)
    other = Client()
    assert sign_in(other).status_code == 302
    assert who(other) == who(client) == User.objects.get().username


def test_sessions_that_are_over_keep_nothing_of_anybody(stand: Stand, client: Client) -> None:
    sign_in(client)
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    sign_in(Client())
    assert Session.objects.count() == 1
