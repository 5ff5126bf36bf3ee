"""What was decided about comments like this one."""

from dataclasses import dataclass

from django.db.models import OuterRef, Subquery
from django.db.models.functions import Left
from rapidfuzz import fuzz, process

from pipeline.desk.listing import seen_by
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
    candidates = latest(user, case)
    found = process.extract(
        text[:CHARACTERS].casefold(),
        {pk: said.casefold() for pk, said in candidates.items() if said},
        scorer=fuzz.token_set_ratio,
        limit=MOST,
        score_cutoff=AT_LEAST,
    )
    pks = [pk for _, _, pk in found]
    reviews = Review.objects.select_related("case").in_bulk(pks)
    return [Similar(reviews[pk], candidates[pk], reviews[pk].case.lang) for pk in pks]


def latest(user: User, case: Case) -> dict[int, str]:
    """Return the beginning of each comment with a late decision on the same kind, by verdict."""
    first = CaseComment.objects.filter(case=OuterRef("case"), position=0)
    beginning = first.annotate(beginning=Left("text", CHARACTERS)).values("beginning")
    alike = Review.objects.filter(
        seen_by(user, "case__"), settled_at__isnull=False, case__top_label=case.top_label
    ).exclude(case=case)
    said = alike.annotate(said=Subquery(beginning[:1])).order_by("-settled_at")
    return dict(said.values_list("pk", "said")[:CANDIDATES])
