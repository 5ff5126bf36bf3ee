"""Tokens of programs: made once, shown once, kept as a hash."""

import hashlib
import secrets
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from pipeline.desk import logbook
from pipeline.desk.models import ApiToken, User

PREFIX = "saruna_"
TOKEN_BYTES = 32
"""256 bits: a plain hash keeps such a secret; slow hashing is for passwords."""


def new_token(user: User, name: str, days: int) -> tuple[ApiToken, str]:
    """Make a token for a person and return it with its words; one of the same name is replaced."""
    token = PREFIX + secrets.token_urlsafe(TOKEN_BYTES)
    with transaction.atomic():
        ApiToken.objects.filter(user=user, name=name).delete()
        kept = ApiToken.objects.create(
            user=user,
            name=name,
            digest=digest_of(token),
            expires_at=timezone.now() + timedelta(days=days),
        )
        logbook.append("token", user, {"token": kept.pk, "days": days})
    return kept, token


def user_of(token: str) -> User | None:
    """Return whom a token works for, None when it is unknown, too old, or its person has left."""
    kept = (
        ApiToken.objects.select_related("user")
        .filter(digest=digest_of(token), expires_at__gt=timezone.now(), user__is_active=True)
        .first()
    )
    return kept.user if kept else None


def digest_of(token: str) -> str:
    """Return the hash by which a token is kept."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
