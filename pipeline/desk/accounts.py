"""Whose account at the desk belongs to somebody whom the provider has named.

The rule: an account belongs to one number (`sub`) of one provider (`iss`), and to nothing else.
Names and e-mail addresses change hands and can be claimed by others; they match no account.
"""

import logging
import re
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import IntegrityError, transaction

from pipeline.core.openid import Access, OpenIdSettings
from pipeline.desk import logbook
from pipeline.desk.models import Identity, Institution, User
from pipeline.desk.openid import Refusal, Refused
from pipeline.desk.roles import Ability, abilities_of

logger = logging.getLogger(__name__)
LONGEST_NAME = 150


def account_of(claims: Mapping[str, Any], settings: OpenIdSettings) -> User:
    """Return the account of somebody whose claims were checked, as their groups say it should be.

    Raises Refused with the number at the provider, which an administrator needs to link somebody.
    """
    subject = claims["sub"]
    if not isinstance(subject, str) or not 0 < len(subject) <= 255:
        raise Refused(Refusal.UNTRUSTED, "sub is no text of at most 255 characters")
    try:
        access = access_of(groups_in(claims, settings.groups_claim), settings.groups)
        with transaction.atomic():
            return linked_or_new(subject, access, claims, settings)
    except (IntegrityError, Refused) as error:
        refused = error if isinstance(error, Refused) else Refused(Refusal.NAME_TAKEN)
        if refused.refusal == Refusal.NAME_TAKEN:
            # Two tabs of a new person at once: the first has made the account.
            found = linked(subject, settings)
            if found is not None:
                return found
        refused.subject = subject
        raise refused from error


def linked(subject: str, settings: OpenIdSettings) -> User | None:
    """Return the account that is linked with a number of the provider."""
    known = Identity.objects.filter(issuer=settings.issuer, subject=subject)
    found = known.select_related("user").first()
    return found.user if found else None


def linked_or_new(
    subject: str, access: Access | None, claims: Mapping[str, Any], settings: OpenIdSettings
) -> User:
    """Return the linked account, or a new one where the settings allow that, with its access."""
    user = linked(subject, settings)
    if user is None and settings.accounts == "link":
        raise Refused(Refusal.NOT_LINKED)
    if user is not None and not user.is_active:
        raise Refused(Refusal.CLOSED)
    is_new = user is None
    if user is None:
        user = make_account(subject, claims, settings)
    if access is not None:
        give_access(user, access, is_new=is_new)
    return user


def groups_in(claims: Mapping[str, Any], path: Iterable[str]) -> frozenset[str]:
    """Return the groups that the claims list, none when there is no such list."""
    found: Any = claims
    for step in path:
        found = found.get(step) if isinstance(found, Mapping) else None
    if isinstance(found, str):
        return frozenset({found})
    several = found if isinstance(found, list) else []
    return frozenset(each for each in several if isinstance(each, str))


def access_of(groups: frozenset[str], settings: Mapping[str, Access]) -> Access | None:
    """Return what somebody in these groups may do, None when the desk itself decides.

    The first group of the settings decides the role. Only groups of the same role add institutions:
    a moderator here who is a senior there is not a senior everywhere.
    """
    if not settings:
        return None
    mine = [access for group, access in settings.items() if group in groups]
    if not mine:
        raise Refused(Refusal.NO_GROUP)
    codes = [code for access in mine if access.role == mine[0].role for code in access.institutions]
    return Access(role=mine[0].role, institutions=tuple(dict.fromkeys(codes)))


def give_access(user: User, access: Access, *, is_new: bool) -> None:
    """Give a person the role and the institutions of their groups; the log keeps each change.

    Nobody becomes an administrator this way, and no institution is made by a slip of the pen.
    """
    wanted = Institution.objects.filter(code__in=access.institutions)
    pks = sorted(wanted.values_list("pk", flat=True))
    if len(pks) < len(access.institutions):
        logger.warning("sign-in: the groups name an institution that the desk does not have")
    if not pks and Ability.EVERYWHERE not in abilities_of(access.role):
        raise Refused(Refusal.NO_INSTITUTION)
    had = sorted(user.institutions.values_list("pk", flat=True))
    if (user.role, had) == (access.role, pks) and not is_new:
        return
    user.role = access.role
    user.save(update_fields=["role"])
    user.institutions.set(pks)
    logbook.append("access", user, {"role": access.role, "institutions": pks, "new": is_new})


def make_account(subject: str, claims: Mapping[str, Any], settings: OpenIdSettings) -> User:
    """Make an account without a password for somebody whom no account belongs to yet.

    A name that is taken is not taken over: it may be another person's, or the same person's local
    account, and nobody should be two people in front of the rule of two.
    """
    name = username_in(claims, settings) or subject[:LONGEST_NAME]
    if User.objects.filter(username__iexact=name).exists():
        raise Refused(Refusal.NAME_TAKEN)
    user = User(
        username=name,
        first_name=text_in(claims, "given_name"),
        last_name=text_in(claims, "family_name"),
    )
    user.set_unusable_password()
    user.save()
    Identity.objects.create(user=user, issuer=settings.issuer, subject=subject)
    return user


def username_in(claims: Mapping[str, Any], settings: OpenIdSettings) -> str:
    """Return the name for a new account in the characters that Django allows."""
    given = User.normalize_username(text_in(claims, settings.username_claim))
    return re.sub(r"[^\w.@+-]", "-", given)[:LONGEST_NAME]


def text_in(claims: Mapping[str, Any], claim: str) -> str:
    """Return a claim that is a text, shortened to what a name may have; empty otherwise."""
    value = claims.get(claim)
    return value.replace("\x00", "")[:LONGEST_NAME] if isinstance(value, str) else ""
