"""Which verdicts a second person judges blindly: drawn by chance that nobody can foresee."""

import hashlib
import hmac

from django.conf import settings

from pipeline.desk.models import DoubleCheck, Review


def draw(review: Review) -> bool:
    """Put a verdict that took effect before a second person at the institution's rate."""
    if review.settled_at is None or not is_drawn(review):
        return False
    DoubleCheck.objects.get_or_create(review=review, defaults={"case": review.case})
    return True


def is_drawn(review: Review) -> bool:
    """Say whether chance draws a verdict: the same every time, and nobody can foresee it."""
    key = str(settings.SECRET_KEY).encode()
    digest = hmac.new(key, f"double {review.pk}".encode(), hashlib.sha256).digest()
    return int.from_bytes(digest[:8], "big") / 2**64 < review.case.institution.double_share
