"""A page for watchdogs: the desk answers and its database too."""

from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe


@login_not_required
@require_safe
def show(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - Django's signature
    """Return "ok" when the database answers; otherwise the error page says 503."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("ok", content_type="text/plain")
