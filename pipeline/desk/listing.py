"""Which cases a person sees, in which order, and what comes next."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Left
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from pipeline.desk.models import (
    Band,
    Case,
    CaseComment,
    Institution,
    Outcome,
    Status,
    User,
    Verdict,
)

PAGE_SIZE = 25
EXCERPT_CHARACTERS = 320
ORDER = ("band", F("rank_score").desc(), "id")

VIEWS: Final = {
    "open": Q(status=Status.OPEN),
    "priority": Q(status=Status.OPEN, band=Band.PRIORITY),
    "review": Q(status=Status.OPEN, band=Band.REVIEW),
    "audit": Q(status=Status.OPEN, band=Band.AUDIT),
    "awaiting": Q(status=Status.AWAITING),
    "escalated": Q(status=Status.ESCALATED),
}
VIEW_NAMES: Final = {
    "open": _("All open"),
    "priority": _("Priority"),
    "review": _("Review"),
    "audit": _("Audit sample"),
    "awaiting": _("Second person"),
    "escalated": _("Escalated"),
}
LANGUAGES: Final = {
    "lv": _("Latvian"),
    "ru": _("Russian"),
    "en": _("English"),
    "und": _("Unknown language"),
}


@dataclass(frozen=True)
class QueueFilter:
    """The part of the queue that a person is working through; it travels in the address."""

    view: str = "open"
    institution: str = ""
    lang: str = ""

    @classmethod
    def from_query(cls, query: QueryDict) -> "QueueFilter":
        """Return the filter of an address, with defaults for whatever it does not name."""
        view, lang = query.get("view", ""), query.get("lang", "")
        return cls(
            view=view if view in VIEWS else "open",
            institution=query.get("institution", ""),
            lang=lang if lang in LANGUAGES else "",
        )

    def query_string(self, **changes: str) -> str:
        """Return the filter as the query string of an address, without its defaults."""
        values = {"view": self.view, "institution": self.institution, "lang": self.lang}
        values.update(changes)
        kept = {key: value for key, value in values.items() if value and value != "open"}
        return f"?{urlencode(kept)}" if kept else ""


def visible_cases(user: User) -> QuerySet[Case]:
    """Return the cases of the person's institutions, or of all for those who answer for all."""
    cases = Case.objects.select_related("institution")
    if user.answers_escalations:
        return cases
    return cases.filter(institution__in=user.institutions.values("pk"))


def visible_institutions(user: User) -> list[Institution]:
    """Return the institutions whose cases the person sees."""
    if user.answers_escalations:
        return list(Institution.objects.all())
    return list(user.institutions.all())


def filtered(user: User, queue: QueueFilter) -> QuerySet[Case]:
    """Return the person's cases of every view that pass the other filters."""
    cases = visible_cases(user)
    if queue.institution:
        cases = cases.filter(institution__code=queue.institution)
    if queue.lang:
        cases = cases.filter(lang=queue.lang)
    return cases


def ranked(user: User, queue: QueueFilter) -> QuerySet[Case]:
    """Return the cases of a view, the most urgent first."""
    return filtered(user, queue).filter(VIEWS[queue.view]).order_by(*ORDER)


def with_excerpts(cases: QuerySet[Case]) -> QuerySet[Case]:
    """Add the beginning of the comment to each case, and leave out what the list does not show."""
    first = CaseComment.objects.filter(case=OuterRef("pk"), position=0)
    beginning = first.annotate(beginning=Left("text", EXCERPT_CHARACTERS)).values("beginning")
    return cases.annotate(excerpt=Subquery(beginning[:1])).defer("evidence", "probs")


def counts(user: User, queue: QueueFilter) -> dict[str, int]:
    """Return the number of cases in each view, under the other filters, from one query."""
    rows = (
        filtered(user, queue)
        .exclude(status=Status.DECIDED)
        .order_by()
        .values_list("status", "band")
        .annotate(n=Count("pk"))
    )
    numbers = dict.fromkeys(VIEWS, 0)
    for status, band, n in rows:
        numbers[status] += n
        if status == Status.OPEN:
            numbers[Band(band).name.lower()] += n
    return numbers


def after(case: Case) -> Q:
    """Return the condition of standing behind a case in the ranked list."""
    same_band = Q(band=case.band)
    return Q(band__gte=case.band) & (
        Q(band__gt=case.band)
        | same_band & Q(rank_score__lt=case.rank_score)
        | same_band & Q(rank_score=case.rank_score, id__gt=case.pk)
    )


def before(case: Case) -> Q:
    """Return the condition of standing in front of a case in the ranked list."""
    same_band = Q(band=case.band)
    return Q(band__lte=case.band) & (
        Q(band__lt=case.band)
        | same_band & Q(rank_score__gt=case.rank_score)
        | same_band & Q(rank_score=case.rank_score, id__lt=case.pk)
    )


def neighbours(user: User, queue: QueueFilter, case: Case) -> tuple[int | None, int | None]:
    """Return the keys of the case before and the case after one in its view."""
    keys = ranked(user, queue).values_list("pk", flat=True)
    return (
        keys.filter(before(case)).reverse().first(),
        keys.filter(after(case)).first(),
    )


def next_case(user: User, queue: QueueFilter) -> int | None:
    """Return the key of the most urgent case that this person can act on, None when all is done."""
    cases = ranked(user, queue)
    if queue.view == "awaiting":
        own = user.reviews.filter(
            verdict=Verdict.VIOLATION, settled_at=None, second_outcome=Outcome.PENDING
        )
        cases = cases.exclude(pk__in=own.values("case"))
    return cases.values_list("pk", flat=True).first()
