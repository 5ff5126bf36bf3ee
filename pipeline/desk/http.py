"""Requests as the desk's views meet them: signed in, and perhaps from htmx."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from pipeline.desk.models import User


class DeskRequest(HttpRequest):
    """A request of a signed-in person; the middleware has made sure of it."""

    user: User
    htmx: HtmxDetails
