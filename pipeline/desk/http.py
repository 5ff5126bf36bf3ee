"""Requests as the desk's views meet them: signed in, allowed, and perhaps from htmx."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeAlias

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django_htmx.middleware import HtmxDetails

from pipeline.desk.models import User
from pipeline.desk.roles import Ability


class DeskRequest(HttpRequest):
    """A request of a signed-in person; the middleware has made sure of it."""

    user: User
    htmx: HtmxDetails


View: TypeAlias = Callable[..., HttpResponseBase]


def needs(ability: Ability) -> Callable[[View], View]:
    """Let only those see a page who may do this; others get "not allowed"."""

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(request: DeskRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.can(ability):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return guarded

    return guard
