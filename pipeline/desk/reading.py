"""Reading settled reviews for the feedback and report stages."""

from collections.abc import Iterator
from datetime import datetime
from typing import get_args

from django.db.models import Exists, OuterRef, Prefetch
from django.utils import timezone

from pipeline.desk.models import Band, CaseComment, Review, Verdict
from pipeline.desk.rows import BandName, ReviewRow
from pipeline.desk.verdicts import UNDO_FOR

BAND_NAMES: dict[int, BandName] = dict(
    zip((Band.PRIORITY, Band.REVIEW, Band.AUDIT), get_args(BandName), strict=True)
)


def settled_reviews(since: datetime | None, *, fresh: bool) -> Iterator[ReviewRow]:
    """Yield the reviews in effect, oldest first; `fresh` adds those that can still be undone."""
    escalations = Review.objects.filter(
        case=OuterRef("case"), verdict=Verdict.ESCALATE, undone_at=None
    )
    reviews = (
        Review.objects.filter(settled_at__isnull=False)
        .select_related("case__institution")
        .annotate(was_escalated=Exists(escalations))
        .prefetch_related(Prefetch("case__comments", CaseComment.objects.filter(position=0)))
        .order_by("settled_at", "pk")
    )
    if not fresh:
        reviews = reviews.filter(settled_at__lte=timezone.now() - UNDO_FOR)
    if since is not None:
        reviews = reviews.filter(settled_at__gte=since)
    for review in reviews.iterator(chunk_size=500):
        for comment in review.case.comments.all():
            yield as_row(review, comment, review.was_escalated)


def as_row(review: Review, comment: CaseComment, was_escalated: bool) -> ReviewRow:
    """Return a settled review with its comment as the stages read it."""
    case = review.case
    return ReviewRow(
        review_id=review.pk,
        source=case.source,
        comment_id=case.comment_id,
        institution=case.institution.code,
        channel=comment.channel,
        thread_id=comment.thread_id,
        author_key=comment.author_key,
        created_at=comment.created_at,
        text=comment.text,
        lang=case.lang,
        n_comments=case.n_comments,
        model_version=case.model_version,
        threshold_version=case.threshold_version,
        band=BAND_NAMES[case.band],
        is_audit_sample=case.is_audit_sample,
        top_label=case.top_label,
        probs=dict(case.probs),
        is_violation=review.verdict == Verdict.VIOLATION,
        labels=tuple(review.labels),
        clauses=tuple(review.clauses),
        action=review.action,
        seconds=review.seconds,
        was_escalated=was_escalated,
        moderator_id=review.moderator_id,
        second_reviewer_id=review.second_reviewer_id,
        settled_at=review.settled_at or review.reviewed_at,
    )
