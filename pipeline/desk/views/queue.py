"""The queue page: ranked cases, band by band, and the door to the next one."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from pipeline.desk import rules
from pipeline.desk.capacity import capacity
from pipeline.desk.http import DeskRequest, needs
from pipeline.desk.listing import (
    AGES,
    CHANNEL_NAMES,
    LANGUAGES,
    PAGE_SIZE,
    VIEW_NAMES,
    QueueFilter,
    counts,
    ranked,
    visible_institutions,
    with_excerpts,
)
from pipeline.desk.roles import Ability
from pipeline.desk.working import claim_next

HOME = {Ability.MEASURE: "quality", Ability.LOG: "log"}
"""Where people start who read no comments."""


@require_safe
def show(request: DeskRequest) -> HttpResponseBase:
    """Show a page of the queue, the list alone when htmx asks."""
    if not request.user.can(Ability.READ):
        for ability, page in HOME.items():
            if request.user.can(ability):
                return redirect(page)
        raise PermissionDenied
    template = "desk/_queue.html" if request.htmx else "desk/queue.html"
    return render(request, template, context(request))


@require_POST
@needs(Ability.DECIDE)
def take_next(request: DeskRequest) -> HttpResponseBase:
    """Give the person the best free case of the view that they work through."""
    queue = QueueFilter.from_query(request.GET)
    pk = claim_next(request.user, queue)
    if pk is None:
        messages.info(request, _("Nothing is free here at the moment."))
        return redirect(reverse("queue") + queue.query_string())
    return redirect(reverse("case", args=[pk]) + queue.query_string())


def context(request: DeskRequest) -> dict[str, Any]:
    """Return what the queue's templates show."""
    queue = QueueFilter.from_query(request.GET)
    numbers = counts(request.user, queue)
    cases = with_excerpts(ranked(request.user, queue)).select_related("locked_by")
    paginator = Paginator(cases, PAGE_SIZE)
    # The tabs have counted them already.
    paginator.count = numbers[queue.view]
    page = paginator.get_page(request.GET.get("page"))
    institutions = visible_institutions(request.user)
    return {
        "queue": queue,
        "page": page,
        "tabs": [
            (view, name, numbers[view], queue.query_string(view=view))
            for view, name in VIEW_NAMES.items()
        ],
        "institutions": institutions,
        "filters": filters(queue),
        "capacity": capacity(institutions, queue.institution),
        "may_decide": request.user.can(Ability.DECIDE),
        "address": queue.query_string(),
    }


def filters(queue: QueueFilter) -> list[dict[str, Any]]:
    """Return the filters beside the institution: name, words, and what can be chosen."""
    language = rules.language()
    labels = [(each.id, each.title.in_language(language)) for each in rules.rules().label_rules]
    clauses = [
        (each.id, f"{each.id} {each.title.in_language(language)}")
        for each in rules.content_clauses()
    ]
    return [
        filter_of("label", _("Kind of violation"), _("All kinds"), labels, queue.label),
        filter_of("clause", _("Clause"), _("All clauses"), clauses, queue.clause),
        filter_of(
            "lang", _("Language of the comment"), _("All languages"), LANGUAGES.items(), queue.lang
        ),
        filter_of("channel", _("Channel"), _("All channels"), CHANNEL_NAMES.items(), queue.channel),
        filter_of("age", _("Age"), _("Any age"), AGES.items(), queue.age),
    ]


def filter_of(name: str, title: str, every: str, choices: Any, chosen: str) -> dict[str, Any]:
    """Return one filter as the template draws it."""
    return {
        "name": name,
        "title": title,
        "every": every,
        "choices": list(choices),
        "chosen": chosen,
    }
