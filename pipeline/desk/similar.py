"""What was decided about comments like this one."""

from dataclasses import dataclass

from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import Left
from rapidfuzz import fuzz, process

from pipeline.desk.listing import visible_cases
from pipeline.desk.models import Case, CaseComment, Review, User

CANDIDATES = 400
"""The latest decisions on the same kind; older ones say less about today's practice."""
MOST = 3
AT_LEAST = 55.0
CHARACTERS = 600


@dataclass(frozen=True)
class Similar:
    """A past decision with the comment it was about."""

    review: Review
    text: str
    lang: str


def similar_decisions(user: User, case: Case, text: str) -> list[Similar]:
    """Return decisions in effect about the most similar comments that the person may see."""
    candidates = [
        Similar(review, str(getattr(review, "said", "") or ""), review.case.lang)
        for review in latest(user, case)
    ]
    found = process.extract(
        text[:CHARACTERS].casefold(),
        [each.text.casefold() for each in candidates],
        scorer=fuzz.token_set_ratio,
        limit=MOST,
        score_cutoff=AT_LEAST,
    )
    return [candidates[at] for _, _, at in found]


def latest(user: User, case: Case) -> QuerySet[Review]:
    """Return the latest decisions on the same kind, with the beginning of each comment."""
    first = CaseComment.objects.filter(case=OuterRef("case"), position=0)
    beginning = first.annotate(beginning=Left("text", CHARACTERS)).values("beginning")
    alike = Review.objects.filter(
        settled_at__isnull=False,
        case__top_label=case.top_label,
        case__in=visible_cases(user).order_by().values("pk"),
    ).exclude(case=case)
    return (
        alike.select_related("case")
        .defer("case__evidence", "case__probs", "evidence")
        .annotate(said=Subquery(beginning[:1]))
        .order_by("-settled_at")[:CANDIDATES]
    )
