"""Every judgement of a settled case, also those that took no effect: people differ, and say so."""

from collections.abc import Iterator, Sequence

from django.utils import timezone

from pipeline.desk.models import BlindReview, Case, Outcome, Review, Verdict
from pipeline.desk.rows import OpinionRow
from pipeline.desk.verdicts import UNDO_FOR

ANSWERS = (Verdict.VIOLATION, Verdict.NO_VIOLATION)


def opinions() -> Iterator[OpinionRow]:
    """Yield what each person said of the cases that are settled for good, oldest first."""
    old_enough = timezone.now() - UNDO_FOR
    settled = Review.objects.filter(settled_at__lte=old_enough).values_list("case_id", flat=True)
    # A verdict that its own author took back says nothing.
    said = Review.objects.filter(case_id__in=settled, verdict__in=ANSWERS, undone_at=None)
    for review in said.select_related("case").order_by("pk").iterator(chunk_size=500):
        is_violation = review.verdict == Verdict.VIOLATION
        yield opinion(review.case, review.moderator_id, review.labels if is_violation else None)
        if review.second_outcome:
            agrees = review.second_outcome == Outcome.CONFIRMED
            other = review.second_reviewer_id or 0
            yield opinion(review.case, other, review.labels if agrees else None)
    blind = BlindReview.objects.filter(case_id__in=settled, verdict__in=ANSWERS)
    for each in blind.select_related("case").iterator(chunk_size=500):
        is_violation = each.verdict == Verdict.VIOLATION
        labels = each.labels if is_violation else None
        yield opinion(each.case, each.moderator_id, labels, blind=True)


def opinion(
    case: Case, person: int, labels: Sequence[str] | None, *, blind: bool = False
) -> OpinionRow:
    """Return one person's judgement of a case; no labels at all stand for "no violation"."""
    return OpinionRow(
        source=case.source,
        comment_id=case.comment_id,
        person_id=person,
        is_violation=labels is not None,
        labels=tuple(labels or ()),
        is_blind=blind,
    )
