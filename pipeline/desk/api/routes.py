"""The API's addresses; each asks the same questions of role and institution as the pages do."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import NinjaAPI, Query
from ninja.errors import HttpError
from ninja.security import HttpBearer

from pipeline.core.errors import PipelineError
from pipeline.desk import exports, logbook
from pipeline.desk.api.shapes import (
    CaseIn,
    CaseLine,
    CaseOut,
    CasePage,
    CasesIn,
    FilterIn,
    Number,
    Problem,
    Taken,
    VerdictIn,
    VerdictOut,
)
from pipeline.desk.evidence import shown_evidence
from pipeline.desk.forms import VerdictForm
from pipeline.desk.limits import Limit, is_over
from pipeline.desk.listing import PAGE_SIZE, QueueFilter, ranked, visible_cases
from pipeline.desk.models import Band, Case, User
from pipeline.desk.queue import write_cases
from pipeline.desk.roles import Ability
from pipeline.desk.rows import CaseRow, CommentRow, EvidenceRow
from pipeline.desk.sheets import as_file
from pipeline.desk.tokens import user_of
from pipeline.desk.verdicts import CaseMoved, opened_token, take_verdict
from pipeline.desk.working import claim_next, open_case

MOST_A_MINUTE = 600


class Token(HttpBearer):
    """A token made by `saruna desk token`: it has its person's role and institutions."""

    def authenticate(self, request: HttpRequest, token: str) -> User | None:
        """Return whom the token works for; a session of the pages opens nothing here."""
        user = user_of(token)
        if user is not None:
            request.user = user
        return user


api = NinjaAPI(
    title="Saruna, the review desk",
    version="1",
    description="Intake of cases, the queue, verdicts and exports. Make a token with "
    "`saruna desk token NAME` and send it as `Authorization: Bearer ...`.",
    auth=Token(),
    docs_url=None,
)


def person(request: HttpRequest, ability: Ability) -> User:
    """Return whom the request works for, when they may do this and do not ask too often."""
    user: User = request.user  # type: ignore[assignment]  # set by Token
    if is_over(f"token-{user.pk}", Limit("api", MOST_A_MINUTE)):
        raise HttpError(429, "Too many requests.")
    if not user.can(ability):
        raise HttpError(403, f"The role {user.role} may not do this: it needs {ability}.")
    return user


@api.exception_handler(CaseMoved)
def moved(request: HttpRequest, _error: CaseMoved) -> HttpResponse:
    """Say that somebody else was quicker."""
    detail = "Nothing was saved: this case has moved on, or somebody has it before them."
    return api.create_response(request, {"detail": detail}, status=409)


@api.exception_handler(PipelineError)
def mend(request: HttpRequest, error: PipelineError) -> HttpResponse:
    """Say what the caller can mend."""
    return api.create_response(request, {"detail": f"{error.message} {error.hint}"}, status=422)


@api.post("/cases", response={200: Taken, 422: Problem}, tags=["intake"], summary="Take in cases")
def take_in(request: HttpRequest, given: CasesIn) -> Taken:
    """Put cases into the queue; the same cases again change nothing."""
    user = person(request, Ability.INTAKE)
    written = write_cases([as_row(case) for case in given.cases])
    logbook.append("intake", user, {"n_new": written.n_new, "n_updated": written.n_updated})
    return Taken(n_new=written.n_new, n_unchanged=written.n_unchanged, n_updated=written.n_updated)


def as_row(case: CaseIn) -> CaseRow:
    """Return a case as the queue takes it."""
    values = case.model_dump(exclude={"comments", "evidence"})
    for name in ("clauses", "suggested_actions", "reasons"):
        values[name] = tuple(values[name])
    return CaseRow(
        **values,
        comments=tuple(CommentRow(**comment.model_dump()) for comment in case.comments),
        evidence=tuple(EvidenceRow(**piece.model_dump()) for piece in case.evidence),
    )


@api.get("/queue", response=CasePage, tags=["queue"], summary="The ranked list")
def queue(request: HttpRequest, wanted: Query[FilterIn], page: int = 1) -> CasePage:
    """Return a page of the queue, by the filters of the pages."""
    user = person(request, Ability.READ)
    cases = Paginator(ranked(user, filter_of(wanted)).defer("evidence", "probs"), PAGE_SIZE)
    found = cases.get_page(page)
    return CasePage(
        n_cases=cases.count,
        page=found.number,
        n_pages=cases.num_pages,
        cases=[line(case) for case in found],
    )


@api.post(
    "/queue/next",
    response={200: CaseOut, 404: Problem},
    tags=["queue"],
    summary="The best free case",
)
def take_next(request: HttpRequest, wanted: Query[FilterIn]) -> CaseOut:
    """Give the best free case to this person and hold it for them."""
    user = person(request, Ability.DECIDE)
    pk = claim_next(user, filter_of(wanted))
    if pk is None:
        raise HttpError(404, "Nothing is free.")
    return whole(visible_cases(user).get(pk=pk))


@api.get("/cases/{pk}", response={200: CaseOut, 404: Problem}, tags=["queue"], summary="One case")
def show(request: HttpRequest, pk: Number) -> CaseOut:
    """Return a case with its words."""
    return whole(case_of(person(request, Ability.READ), pk))


@api.post(
    "/cases/{pk}/verdict",
    response={200: VerdictOut, 404: Problem, 409: Problem, 422: Problem},
    tags=["verdicts"],
    summary="A verdict",
)
def verdict(request: HttpRequest, pk: Number, given: VerdictIn) -> Any:
    """Save a verdict by the rules of the verdict form."""
    user = person(request, Ability.DECIDE)
    case = case_of(user, pk)
    if not open_case(user, case):
        raise CaseMoved
    text = case.comments.order_by("position").values_list("text", flat=True)[0]
    form = VerdictForm(
        case,
        user,
        as_form(given, opened_token(case, user)),
        text=text,
        shown=shown_evidence(text, case.evidence),
    )
    if not form.is_valid():
        detail = {name: list(map(str, errors)) for name, errors in form.errors.items()}
        return api.create_response(request, {"detail": detail}, status=422)
    review = take_verdict(case.pk, user, form.decision())
    return VerdictOut(review_id=review.pk, case_id=case.pk, status=review.case.status)


def as_form(given: VerdictIn, opened: str) -> QueryDict:
    """Return a verdict as the form takes it."""
    data = QueryDict(mutable=True)
    data["opened"] = opened
    for name, value in given.model_dump().items():
        data.setlist(name, value if isinstance(value, list) else [value])
    return data


@api.get(
    "/export/{table}",
    response={200: list[dict[str, Any]], 404: Problem},
    tags=["export"],
    summary="Decisions or planned actions",
)
def export(
    request: HttpRequest,
    table: Literal["decisions", "actions"],
    since: datetime | None = None,
    until: datetime | None = None,
) -> Any:
    """Return the rows of an export; times without a zone are refused."""
    user = person(request, Ability.EXPORT)
    if any(time is not None and timezone.is_naive(time) for time in (since, until)):
        raise HttpError(422, "since and until need a zone, as in 2026-03-01T00:00:00+02:00")
    make: dict[str, Callable[..., Any]] = {
        "decisions": exports.decisions,
        "actions": exports.planned_actions,
    }
    sheet = make[table](user, since, until)
    logbook.append("export", user, {"table": table, "format": "api", "n_rows": len(sheet.rows)})
    return json.loads(as_file(sheet, "json", timezone.now()).content)


def filter_of(wanted: FilterIn) -> QueueFilter:
    """Return the part of the queue that a query names, as the pages read it."""
    query = QueryDict(mutable=True)
    query.update(wanted.model_dump())
    return QueueFilter.from_query(query)


def case_of(user: User, pk: int) -> Case:
    """Return a case that the person may see; 404 for all others, there or not."""
    return get_object_or_404(visible_cases(user), pk=pk)


def line(case: Case) -> CaseLine:
    """Return a case as a line of the list."""
    return CaseLine(**facts(case))


def whole(case: Case) -> CaseOut:
    """Return a case with its words and evidence."""
    return CaseOut(
        **facts(case),
        text=case.comments.order_by("position").values_list("text", flat=True)[0],
        clauses=case.clauses,
        reasons=case.reasons,
        probs=case.probs,
        evidence=case.evidence,
    )


def facts(case: Case) -> dict[str, Any]:
    """Return what the list says about a case."""
    return {
        "id": case.pk,
        "institution": case.institution.code,
        "band": Band(case.band).name.lower(),
        "status": case.status,
        "top_label": case.top_label,
        "lang": case.lang,
        "channel": case.channel,
        "n_comments": case.n_comments,
        "commented_at": case.commented_at,
        "is_held": case.is_locked,
    }
