"""The decision log as a page: what was done, by whom, and whether the chain holds."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from pipeline.core.errors import PipelineError
from pipeline.desk import logbook
from pipeline.desk.http import DeskRequest, needs
from pipeline.desk.models import LogEntry, LogHead, User
from pipeline.desk.roles import Ability

PAGE_SIZE = 50
KINDS = {
    "verdict": gettext_lazy("Verdict"),
    "second": gettext_lazy("Answer of the second person"),
    "undo": gettext_lazy("Undone"),
    "split": gettext_lazy("Case split"),
    "export": gettext_lazy("Export"),
    "golden": gettext_lazy("Known answer set"),
    "third": gettext_lazy("Third opinion"),
    "token": gettext_lazy("Token made"),
    "access": gettext_lazy("Role by sign-in"),
    "intake": gettext_lazy("Cases taken in"),
}


@require_safe
@needs(Ability.LOG)
def show(request: DeskRequest) -> HttpResponseBase:
    """Show the log, the latest entry first."""
    pages = Paginator(LogEntry.objects.order_by("-number"), PAGE_SIZE)
    page = pages.get_page(request.GET.get("page"))
    names = User.objects.in_bulk({entry.actor for entry in page if entry.actor})
    return render(
        request,
        "desk/log.html",
        {
            "page": page,
            "head": LogHead.objects.filter(pk=1).first(),
            "rows": [
                (entry, KINDS.get(entry.kind, entry.kind), names.get(entry.actor or 0))
                for entry in page
            ],
        },
    )


@require_POST
@needs(Ability.LOG)
def check(request: DeskRequest) -> HttpResponseBase:
    """Check the chain and say how it stands."""
    try:
        found = logbook.verify()
    except PipelineError as error:
        messages.error(request, f"{_('The log does not hold.')} {error.message}")
    else:
        messages.success(
            request,
            _("The log holds: %(n)s entries, %(reviews)s verdicts compared.")
            % {"n": found.n_entries, "reviews": found.n_reviews},
        )
    return redirect("log")
