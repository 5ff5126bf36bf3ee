"""The case page: the words first, then why they are here, then the verdict."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect, push_url

from pipeline.desk import rules
from pipeline.desk.evidence import Shown, shown_evidence
from pipeline.desk.following import neighbours
from pipeline.desk.forms import WHOLE, SecondForm, VerdictForm
from pipeline.desk.http import DeskRequest, needs
from pipeline.desk.listing import QueueFilter, seen_by, visible_cases
from pipeline.desk.models import TWO_PERSON_ACTIONS, Case, CaseComment, Review, Status
from pipeline.desk.models import Verdict as VerdictKind
from pipeline.desk.roles import Ability
from pipeline.desk.shown_text import pieces
from pipeline.desk.similar import similar_decisions
from pipeline.desk.splitting import split
from pipeline.desk.statements import is_stated
from pipeline.desk.verdicts import (
    CaseMoved,
    answer_as_second,
    last_undoable,
    may_decide,
    may_second,
    pending_review,
    take_verdict,
    undo,
)
from pipeline.desk.working import claim_next, open_case

COPIES_SHOWN = 50
THREAD_SHOWN = 6


@require_safe
@needs(Ability.READ)
def show(request: DeskRequest, pk: int) -> HttpResponse:
    """Show a case, its main part alone when htmx asks, and lock it for who can act on it."""
    case = get_object_or_404(visible_cases(request.user), pk=pk)
    is_mine = open_case(request.user, case)
    return render_case(request, case, is_mine=is_mine)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Ability.DECIDE)
def verdict(request: DeskRequest, pk: int) -> HttpResponseBase:
    """Take a verdict and go on to the next case."""
    case = get_object_or_404(visible_cases(request.user), pk=pk)
    if request.method != "POST":
        return to_case(request, case)
    form = sent_form(request, case)
    if not form.is_valid():
        return render_case(request, case, form, status=422)
    return saved(request, case, lambda: take_verdict(case.pk, request.user, form.decision()))


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Ability.DECIDE)
def second(request: DeskRequest, pk: int) -> HttpResponseBase:
    """Take a second person's answer and go on to the next case."""
    case = get_object_or_404(visible_cases(request.user), pk=pk)
    if request.method != "POST":
        return to_case(request, case)
    form = SecondForm(case, request.user, request.POST)
    if not form.is_valid():
        return render_case(request, case, form, status=422)
    return saved(
        request,
        case,
        lambda: answer_as_second(
            case.pk,
            request.user,
            confirmed=form.cleaned_data["answer"] == "confirm",
            note=form.cleaned_data["note"].strip(),
            seconds=form.cleaned_data["opened"],
        ),
    )


@require_POST
@needs(Ability.DECIDE)
def take_back(request: DeskRequest, pk: int) -> HttpResponseBase:
    """Undo a verdict of the last ten minutes and show its case again."""
    review = get_object_or_404(Review, seen_by(request.user, "case__"), pk=pk)
    try:
        case = undo(review.pk, request.user)
    except CaseMoved:
        messages.warning(request, _("It can no longer be undone."))
        return to_case(request, review.case)
    messages.success(request, _("Undone: the case is back where it was."))
    return to_case(request, case)


@require_POST
@needs(Ability.DECIDE)
def take_apart(request: DeskRequest, pk: int) -> HttpResponseBase:
    """Make each of the near-identical comments a case of its own."""
    case = get_object_or_404(visible_cases(request.user), pk=pk)
    try:
        split(case.pk, request.user)
    except CaseMoved:
        return moved(request, case)
    messages.success(request, _("Split: each comment is a case of its own now."))
    return to_case(request, case)


SAVED = {
    Status.DECIDED: lambda: _("Saved."),
    Status.AWAITING: lambda: _("Saved. It takes effect when a second person confirms it."),
    Status.ESCALATED: lambda: _("Passed on to the Communications department."),
}


def saved(request: DeskRequest, case: Case, save: Callable[[], Review]) -> HttpResponseBase:
    """Save, say so, and lead on; say what happened when somebody else was quicker."""
    try:
        review = save()
    except CaseMoved:
        return moved(request, case)
    messages.success(request, SAVED[Status(review.case.status)]())
    return go_on(request)


def moved(request: DeskRequest, case: Case) -> HttpResponseBase:
    """Say that somebody else was quicker, and show where the case stands."""
    messages.warning(request, _("Nothing was saved: this case has moved on meanwhile."))
    return to_case(request, case)


def to_case(request: DeskRequest, case: Case) -> HttpResponseBase:
    """Lead to a case's page: also those who come back to a form's address after signing in."""
    address = reverse("case", args=[case.pk]) + QueueFilter.from_query(request.GET).query_string()
    return HttpResponseClientRedirect(address) if request.htmx else redirect(address)


def go_on(request: DeskRequest) -> HttpResponseBase:
    """Lead to the best free case of the view that the person works through, or to the queue."""
    queue = QueueFilter.from_query(request.GET)
    pk = claim_next(request.user, queue)
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
    is_mine: bool = True,
) -> HttpResponse:
    """Return the case page, or its main part for htmx."""
    template = "desk/_case.html" if request.htmx else "desk/case.html"
    return render(request, template, context(request, case, form, is_mine), status=status)


def context(
    request: DeskRequest, case: Case, form: VerdictForm | SecondForm | None, is_mine: bool
) -> dict[str, Any]:
    """Return what the case's templates show."""
    queue = QueueFilter.from_query(request.GET)
    comments = list(case.comments.order_by("position")[:COPIES_SHOWN])
    text = comments[0].text
    evidence = shown_evidence(text, case.evidence)
    previous_pk, next_pk = neighbours(request.user, queue, case)
    pending = pending_review(case)
    is_first = pending is not None and pending.moderator_id == request.user.pk
    if form is None and is_mine:
        form = empty_form(request, case, pending)
    return {
        "case": case,
        "comment": comments[0],
        "copies": comments[1:],
        "n_copies_more": case.n_comments - len(comments),
        "pieces": pieces(text, case.evidence),
        "evidence": evidence,
        "thread": thread(request, comments[0]),
        "similar": similar_decisions(request.user, case, text),
        "reviews": [review for review in history(case) if is_first or review != pending],
        "pending": pending,
        "is_first": is_first,
        "is_mine": is_mine,
        "may_decide": may_decide(request.user, case),
        "form": form,
        "quick": quick_action(case),
        "clauses": [clause for clause in map(rules.find_clause, case.clauses) if clause],
        "probs": sorted(case.probs.items(), key=lambda item: item[1], reverse=True),
        "previous_pk": previous_pk,
        "next_pk": next_pk,
        "two_person_actions": two_person_actions(),
        "undoable": last_undoable(request.user),
        "stated": any(map(is_stated, case.reviews.filter(settled_at__isnull=False)))
        if case.status == Status.DECIDED
        else False,
        "may_settle": request.user.can(Ability.SETTLE),
        "queue": queue,
        "address": queue.query_string(),
    }


def empty_form(
    request: DeskRequest, case: Case, pending: Review | None
) -> VerdictForm | SecondForm | None:
    """Return the form for what this person may do with the case, None when nothing.

    It never holds what the request sent: after a verdict that was about the case before this one.
    """
    if may_decide(request.user, case):
        text, shown = text_and_evidence(case)
        offered = suggestion(case, shown)
        return VerdictForm(case, request.user, initial=offered, text=text, shown=shown)
    return SecondForm(case, request.user) if may_second(request.user, pending) else None


def sent_form(request: DeskRequest, case: Case) -> VerdictForm:
    """Return the verdict form as it was sent, with the suggestion filled in for the quick one."""
    text, shown = text_and_evidence(case)
    sent = request.POST.copy()
    if "quick" in sent:
        # One key for the usual violation: what the form would have offered, and the usual action.
        sent["verdict"] = VerdictKind.VIOLATION.value
        sent["action"] = quick_action(case)
        for name, values in suggestion(case, shown).items():
            sent.setlist(name, values)
    return VerdictForm(case, request.user, sent, text=text, shown=shown)


def text_and_evidence(case: Case) -> tuple[str, list[Shown]]:
    """Return the comment that stands for a case, and the evidence in it that can be chosen."""
    text = case.comments.order_by("position").values_list("text", flat=True)[0]
    return text, shown_evidence(text, case.evidence)


def history(case: Case) -> list[Review]:
    """Return all that people have said about a case, oldest first."""
    return list(case.reviews.select_related("moderator", "second_reviewer").order_by("pk"))


def two_person_actions() -> set[str]:
    """Return the actions that a second person confirms: the policy may add to ours."""
    by_policy = {action.id for action in rules.violation_actions() if action.needs_second_person}
    return by_policy | {str(action) for action in TWO_PERSON_ACTIONS}


def suggestion(case: Case, shown: list[Shown]) -> dict[str, list[str]]:
    """Return what the form offers under "violation"; the verdict itself stays unchosen."""
    label = rules.find_label(case.top_label)
    fitting = [each.name for each in shown if each.label == case.top_label]
    return {"labels": [label.id] if label else [], "evidence": fitting or [WHOLE]}


def quick_action(case: Case) -> str:
    """Return the action of the one-key verdict; empty when the rules suggest none for one person.

    Deleting is the only one: everything harder needs two people, and doubts need a question.
    """
    label = rules.find_label(case.top_label)
    suggested = label.suggested_action if label else ""
    return suggested if suggested == "delete" else ""


def thread(request: DeskRequest, comment: CaseComment) -> list[CaseComment]:
    """Return known comments of the same thread around one, oldest first.

    They come from the cases that the person may see, so the thread may have gaps.
    """
    if not comment.thread_id:
        return []
    others = (
        CaseComment.objects.filter(source=comment.source, thread_id=comment.thread_id)
        .filter(seen_by(request.user, "case__"))
        .exclude(case=comment.case_id)
        .order_by("created_at", "pk")
    )
    earlier = others.filter(created_at__lte=comment.created_at) if comment.created_at else others
    found = list(reversed(earlier.order_by("-created_at", "-pk")[:THREAD_SHOWN]))
    parent = others.filter(comment_id=comment.parent_id).first() if comment.parent_id else None
    if parent is not None and parent not in found:
        found.insert(0, parent)
    return found
