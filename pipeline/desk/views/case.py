"""The case page: the words first, then why they are here, then the verdict."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import HttpResponseClientRedirect, push_url

from pipeline.desk import rules
from pipeline.desk.forms import SecondForm, VerdictForm
from pipeline.desk.http import DeskRequest
from pipeline.desk.listing import QueueFilter, neighbours, next_case, visible_cases
from pipeline.desk.models import TWO_PERSON_ACTIONS, Case, CaseComment, Review, Status
from pipeline.desk.shown_text import pieces
from pipeline.desk.verdicts import (
    CaseMoved,
    answer_as_second,
    may_decide,
    pending_review,
    take_verdict,
)

COPIES_SHOWN = 50
THREAD_SHOWN = 6


@require_safe
def show(request: DeskRequest, pk: int) -> HttpResponse:
    """Show a case, its main part alone when htmx asks."""
    case = get_object_or_404(visible_cases(request.user), pk=pk)
    return render_case(request, case)


@require_http_methods(["GET", "HEAD", "POST"])
def verdict(request: DeskRequest, pk: int) -> HttpResponseBase:
    """Take a verdict and go on to the next case."""
    case = get_object_or_404(visible_cases(request.user), pk=pk)
    if request.method != "POST":
        return to_case(request, case)
    form = VerdictForm(case, request.user, request.POST)
    if not form.is_valid():
        return render_case(request, case, form, status=422)
    try:
        status = take_verdict(case.pk, request.user, form.decision())
    except CaseMoved:
        return moved(request, case)
    messages.success(request, SAVED[status]())
    return go_on(request)


@require_http_methods(["GET", "HEAD", "POST"])
def second(request: DeskRequest, pk: int) -> HttpResponseBase:
    """Take a second person's answer and go on to the next case."""
    case = get_object_or_404(visible_cases(request.user), pk=pk)
    if request.method != "POST":
        return to_case(request, case)
    form = SecondForm(case, request.user, request.POST)
    if not form.is_valid():
        return render_case(request, case, form, status=422)
    try:
        status = answer_as_second(
            case.pk,
            request.user,
            confirmed=form.cleaned_data["answer"] == "confirm",
            note=form.cleaned_data["note"].strip(),
            seconds=form.cleaned_data["opened"],
        )
    except CaseMoved:
        return moved(request, case)
    messages.success(request, SAVED[status]())
    return go_on(request)


SAVED = {
    Status.DECIDED: lambda: _("Saved."),
    Status.AWAITING: lambda: _("Saved. It takes effect when a second person confirms it."),
    Status.ESCALATED: lambda: _("Passed on to the Communications department."),
}


def moved(request: DeskRequest, case: Case) -> HttpResponseBase:
    """Say that somebody else was quicker, and show where the case stands."""
    messages.warning(request, _("Nothing was saved: this case has moved on meanwhile."))
    return to_case(request, case)


def to_case(request: DeskRequest, case: Case) -> HttpResponseBase:
    """Lead to a case's page: also those who come back to a form's address after signing in."""
    address = reverse("case", args=[case.pk]) + QueueFilter.from_query(request.GET).query_string()
    return HttpResponseClientRedirect(address) if request.htmx else redirect(address)


def go_on(request: DeskRequest) -> HttpResponseBase:
    """Lead to the next case of the view that the person works through, or back to the queue."""
    queue = QueueFilter.from_query(request.GET)
    pk = next_case(request.user, queue)
    if pk is None:
        address = reverse("queue") + queue.query_string()
        return HttpResponseClientRedirect(address) if request.htmx else redirect(address)
    address = reverse("case", args=[pk]) + queue.query_string()
    if not request.htmx:
        return redirect(address)
    case = get_object_or_404(visible_cases(request.user), pk=pk)
    return push_url(render_case(request, case), address)


def render_case(
    request: DeskRequest,
    case: Case,
    form: VerdictForm | SecondForm | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    """Return the case page, or its main part for htmx."""
    template = "desk/_case.html" if request.htmx else "desk/case.html"
    return render(request, template, context(request, case, form), status=status)


def context(
    request: DeskRequest, case: Case, form: VerdictForm | SecondForm | None
) -> dict[str, Any]:
    """Return what the case's templates show."""
    queue = QueueFilter.from_query(request.GET)
    comments = list(case.comments.order_by("position")[:COPIES_SHOWN])
    previous_pk, next_pk = neighbours(request.user, queue, case)
    pending = pending_review(case)
    is_first = pending is not None and pending.moderator_id == request.user.pk
    can_answer = pending is not None and not is_first
    if form is None and may_decide(request.user, case):
        form = VerdictForm(case, request.user, initial=suggestion(case))
    elif form is None and can_answer:
        form = SecondForm(case, request.user)
    return {
        "case": case,
        "comment": comments[0],
        "copies": comments[1:],
        "n_copies_more": case.n_comments - len(comments),
        "pieces": pieces(comments[0].text, case.evidence),
        "evidence": evidence(case, comments[0].text),
        "thread": thread(request, comments[0]),
        "reviews": [review for review in history(case) if is_first or review != pending],
        "pending": pending,
        "is_first": is_first,
        "form": form,
        "labels": [label.id for label in rules.rules().label_rules],
        "clauses": [clause for clause in map(rules.find_clause, case.clauses) if clause],
        "probs": sorted(case.probs.items(), key=lambda item: item[1], reverse=True),
        "previous_pk": previous_pk,
        "next_pk": next_pk,
        "two_person_actions": two_person_actions(),
        "queue": queue,
        "address": queue.query_string(),
    }


def history(case: Case) -> list[Review]:
    """Return all that people have said about a case, oldest first."""
    return list(case.reviews.select_related("moderator", "second_reviewer").order_by("pk"))


def two_person_actions() -> set[str]:
    """Return the actions that a second person confirms: the policy may add to ours."""
    by_policy = {action.id for action in rules.violation_actions() if action.needs_second_person}
    return by_policy | {str(action) for action in TWO_PERSON_ACTIONS}


def suggestion(case: Case) -> dict[str, Any]:
    """Return what the form offers under "violation"; the verdict itself stays unchosen."""
    label = rules.find_label(case.top_label)
    return {"labels": [label.id] if label else []}


def evidence(case: Case, text: str) -> list[dict[str, Any]]:
    """Return the evidence with the words that it points at."""
    return [
        {
            **piece,
            "words": text[piece["start"] : piece["end"]]
            if isinstance(piece.get("start"), int) and isinstance(piece.get("end"), int)
            else "",
        }
        for piece in case.evidence
    ]


def thread(request: DeskRequest, comment: CaseComment) -> list[CaseComment]:
    """Return known comments of the same thread around one, oldest first.

    They come from the cases that the person may see, so the thread may have gaps.
    """
    if not comment.thread_id:
        return []
    others = (
        CaseComment.objects.filter(source=comment.source, thread_id=comment.thread_id)
        .filter(case__in=visible_cases(request.user).values("pk"))
        .exclude(case=comment.case_id)
        .order_by("created_at", "pk")
    )
    earlier = others.filter(created_at__lte=comment.created_at) if comment.created_at else others
    found = list(reversed(earlier.order_by("-created_at", "-pk")[:THREAD_SHOWN]))
    parent = others.filter(comment_id=comment.parent_id).first() if comment.parent_id else None
    if parent is not None and parent not in found:
        found.insert(0, parent)
    return found
