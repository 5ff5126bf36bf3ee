"""Which cases a person sees, in which order, and what comes next."""

from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Final
from urllib.parse import urlencode

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Left
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from pipeline.desk import rules
from pipeline.desk.models import (
    Band,
    Case,
    CaseComment,
    Institution,
    Status,
    User,
)
from pipeline.desk.roles import Ability

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
    "mine": _("Mine"),
}
LANGUAGES: Final = {
    "lv": _("Latvian"),
    "ru": _("Russian"),
    "en": _("English"),
    "und": _("Unknown language"),
}


CHANNELS: Final = {
    "facebook": ("facebook",),
    "instagram": ("instagram",),
    "youtube": ("youtube",),
    "site": ("site", "website", "web"),
    "app": ("app", "mobile"),
}
"""What people call a channel, and how the sources write it."""
CHANNEL_NAMES: Final = {
    "facebook": "Facebook",
    "instagram": "Instagram",
    "youtube": "YouTube",
    "site": _("Website"),
    "app": _("Mobile app"),
}
AGES: Final = {
    "day": _("Last 24 hours"),
    "week": _("Last 7 days"),
    "older": _("Older than 7 days"),
}


@dataclass(frozen=True)
class QueueFilter:
    """The part of the queue that a person is working through; it travels in the address."""

    view: str = "open"
    institution: str = ""
    label: str = ""
    clause: str = ""
    lang: str = ""
    channel: str = ""
    age: str = ""

    @classmethod
    def from_query(cls, query: QueryDict) -> "QueueFilter":
        """Return the filter of an address, with defaults for whatever it does not name."""
        allowed = {
            "label": rules.rules().labels,
            "clause": [clause.id for clause in rules.content_clauses()],
            "lang": LANGUAGES,
            "channel": CHANNELS,
            "age": AGES,
        }
        chosen: dict[str, str] = {
            name: str(query[name])
            for name, known in allowed.items()
            if query.get(name, "") in known
        }
        view = query.get("view", "")
        return cls(
            view=view if view in VIEWS or view == "mine" else "open",
            institution=query.get("institution", ""),
            **chosen,
        )

    def query_string(self, **changes: str) -> str:
        """Return the filter as the query string of an address, without its defaults."""
        values = asdict(self) | changes
        kept = {key: value for key, value in values.items() if value and value != "open"}
        return f"?{urlencode(kept)}" if kept else ""

    @property
    def condition(self) -> Q:
        """What a case must be to pass, apart from the view; a clause stands for its kinds."""
        found = Q()
        if self.institution:
            found &= Q(institution__code=self.institution)
        if self.label:
            found &= Q(top_label=self.label)
        if self.clause:
            clause = rules.find_clause(self.clause)
            found &= Q(top_label__in=clause.labels if clause else ())
        if self.lang:
            found &= Q(lang=self.lang)
        if self.channel:
            found &= Q(channel__in=CHANNELS[self.channel])
        return found & age_condition(self.age)


def age_condition(age: str) -> Q:
    """Return what a case must be to have a comment of this age."""
    if not age:
        return Q()
    limit = timezone.now() - timedelta(days=1 if age == "day" else 7)
    return Q(commented_at__lt=limit) if age == "older" else Q(commented_at__gte=limit)


def visible_cases(user: User) -> QuerySet[Case]:
    """Return the cases of the person's institutions, or of all for those who see everywhere."""
    return Case.objects.select_related("institution").filter(seen_by(user))


def seen_by(user: User, case: str = "") -> Q:
    """Return the condition of belonging to a case that the person sees.

    `case` is the way there from another table, as in "case__". The institutions are named one by
    one: behind a subquery the databases do not find the index that holds the cases in their order.
    """
    if not user.can(Ability.READ):
        return Q(pk__in=())
    if user.can(Ability.EVERYWHERE):
        return Q()
    return Q(**{f"{case}institution__in": user.institution_pks})


def visible_institutions(user: User) -> list[Institution]:
    """Return the institutions whose cases the person sees."""
    if user.can(Ability.EVERYWHERE):
        return list(Institution.objects.all())
    return list(user.institutions.all())


def filtered(user: User, queue: QueueFilter) -> QuerySet[Case]:
    """Return the person's cases of every view that pass the other filters."""
    return visible_cases(user).filter(queue.condition)


def view_condition(user: User, view: str) -> Q:
    """Return what a case must be to stand in a view."""
    return mine(user) if view == "mine" else VIEWS[view]


def mine(user: User) -> Q:
    """Return the condition of being in this person's hands, or asked by them of others."""
    asked = user.reviews.filter(settled_at=None, undone_at=None)
    held = Q(locked_by=user, locked_until__gt=timezone.now())
    return (held & ~Q(status=Status.DECIDED)) | Q(
        pk__in=asked.values("case"), status__in=(Status.AWAITING, Status.ESCALATED)
    )


def ranked(user: User, queue: QueueFilter) -> QuerySet[Case]:
    """Return the cases of a view, the most urgent first."""
    return filtered(user, queue).filter(view_condition(user, queue.view)).order_by(*ORDER)


def with_excerpts(cases: QuerySet[Case]) -> QuerySet[Case]:
    """Add the beginning of the comment to each case, and leave out what the list does not show."""
    first = CaseComment.objects.filter(case=OuterRef("pk"), position=0)
    beginning = first.annotate(beginning=Left("text", EXCERPT_CHARACTERS)).values("beginning")
    return cases.annotate(excerpt=Subquery(beginning[:1])).defer("evidence", "probs")


def counts(user: User, queue: QueueFilter) -> dict[str, int]:
    """Return the number of cases in each view, under the other filters."""
    waiting = (Status.OPEN, Status.AWAITING, Status.ESCALATED)
    rows = (
        filtered(user, queue)
        .filter(status__in=waiting)
        .order_by()
        .values_list("status", "band")
        .annotate(n=Count("pk"))
    )
    numbers = dict.fromkeys(VIEW_NAMES, 0)
    for status, band, n in rows:
        numbers[status] += n
        if status == Status.OPEN:
            numbers[Band(band).name.lower()] += n
    numbers["mine"] = filtered(user, queue).filter(mine(user)).count()
    return numbers
