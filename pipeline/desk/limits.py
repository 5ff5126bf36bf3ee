"""How often one person or program may ask: more than any hand can, less than a flood."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.template import loader
from django.utils import timezone

GetResponse = Callable[[HttpRequest], HttpResponse]
WINDOW: Final = 60
"""Seconds that are counted together."""


@dataclass(frozen=True)
class Limit:
    """How many requests of a kind fit into a window."""

    kind: str
    most: int


def limit_of(request: HttpRequest) -> Limit:
    """Return the limit of a request: writing is rarer than reading, exports are rarer still."""
    if request.path.startswith("/export/"):
        return Limit("export", settings.LIMIT_EXPORTS)
    # Going to a provider writes a session, and coming back may write an account.
    is_reading = request.method in ("GET", "HEAD", "OPTIONS")
    if is_reading and not request.path.startswith("/sign-in/"):
        return Limit("read", settings.LIMIT_READS)
    return Limit("write", settings.LIMIT_WRITES)


def who(request: HttpRequest) -> str:
    """Return who is counted: the person who signed in, else the address."""
    user = getattr(request, "user", None)
    if user is not None and user.is_authenticated:
        return f"user-{user.pk}"
    return f"address-{request.META.get('REMOTE_ADDR', '')}"


def is_over(name: str, limit: Limit) -> bool:
    """Count a request and say whether it is one too many in this window."""
    window = int(timezone.now().timestamp()) // WINDOW
    key = f"limit-{limit.kind}-{name}-{window}"
    cache.add(key, 0, WINDOW * 2)
    return cache.incr(key) > limit.most


class RateLimitMiddleware:
    """Answer 429 to those who ask too often; the health page and static files are not counted."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path == "/health" or not is_over(who(request), limit_of(request)):
            return self.get_response(request)
        if request.path.startswith("/api/"):
            page = '{"detail": "Too many requests."}'
            response = HttpResponse(page, status=429, content_type="application/json")
        else:
            response = HttpResponse(loader.render_to_string("429.html"), status=429)
        response.headers["Retry-After"] = str(WINDOW)
        return response
