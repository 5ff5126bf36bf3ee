"""Pages for when something is wrong: they need neither a session nor the database."""

import logging
import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template import loader

logger = logging.getLogger(__name__)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001 - Django's signature
    """Return the page for a form that did not come from the desk, or from an old page."""
    return HttpResponse(loader.render_to_string("403_csrf.html"), status=403)


def server_error(request: HttpRequest) -> HttpResponse:
    """Return "try again" when the database is locked or away, the page for a bug otherwise."""
    error = sys.exc_info()[1]
    if isinstance(error, OperationalError | InterfaceError):
        logger.error("%s: the database did not answer", request.path)
        response = HttpResponse(loader.render_to_string("503.html"), status=503)
        response.headers["Retry-After"] = "30"
        return response
    return HttpResponse(loader.render_to_string("500.html"), status=500)
