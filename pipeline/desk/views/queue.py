"""The queue page: ranked cases, band by band."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from pipeline.desk.http import DeskRequest
from pipeline.desk.listing import (
    LANGUAGES,
    PAGE_SIZE,
    VIEW_NAMES,
    QueueFilter,
    counts,
    ranked,
    visible_institutions,
    with_excerpts,
)


@require_safe
def show(request: DeskRequest) -> HttpResponse:
    """Show a page of the queue, the list alone when htmx asks."""
    template = "desk/_queue.html" if request.htmx else "desk/queue.html"
    return render(request, template, context(request))


def context(request: DeskRequest) -> dict[str, Any]:
    """Return what the queue's templates show."""
    queue = QueueFilter.from_query(request.GET)
    numbers = counts(request.user, queue)
    cases = with_excerpts(ranked(request.user, queue))
    paginator = Paginator(cases, PAGE_SIZE)
    # The tabs have counted them already.
    paginator.count = numbers[queue.view]
    page = paginator.get_page(request.GET.get("page"))
    return {
        "queue": queue,
        "page": page,
        "tabs": [
            (view, name, numbers[view], queue.query_string(view=view))
            for view, name in VIEW_NAMES.items()
        ],
        "institutions": visible_institutions(request.user),
        "languages": LANGUAGES.items(),
        "address": queue.query_string(),
    }
