"""Doubted verdicts: what looks like a wrong label goes to a second person, who judges blindly."""

from collections.abc import Sequence

from django.db import transaction

from pipeline.desk.models import DoubleCheck, Review, Verdict
from pipeline.desk.rows import Doubted

ANSWERS = (Verdict.VIOLATION, Verdict.NO_VIOLATION)


def doubt(keys: Sequence[tuple[str, str]]) -> Doubted:
    """Draw a blind check for the verdicts in effect on these comments, by source and comment_id.

    A verdict that was checked before, or waits for it, is not drawn again: two people in doubt
    already asked a third, and asking until the answer pleases is no measurement.
    """
    n_asked = n_known = n_unknown = 0
    with transaction.atomic():
        for source, comment_id in dict.fromkeys(keys):
            review = verdict_on(source, comment_id)
            if review is None:
                n_unknown += 1
                continue
            defaults = {"case": review.case, "is_doubted": True}
            _, is_new = DoubleCheck.objects.get_or_create(review=review, defaults=defaults)
            n_asked += is_new
            n_known += not is_new
    return Doubted(n_asked=n_asked, n_known=n_known, n_unknown=n_unknown)


def verdict_on(source: str, comment_id: str) -> Review | None:
    """Return the verdict in effect on the case that a comment stands for."""
    found = Review.objects.filter(
        case__source=source,
        case__comment_id=comment_id,
        settled_at__isnull=False,
        undone_at=None,
        verdict__in=ANSWERS,
    )
    return found.select_related("case").order_by("-pk").first()
