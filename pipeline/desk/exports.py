"""What leaves the desk: decisions in effect, and what is to be done on the platforms.

Neither holds the text of a comment or who wrote it; a comment is named by its platform's number.
Verdicts that can still be undone stay here.
"""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Prefetch, QuerySet
from django.utils import timezone

from pipeline.desk.logbook import moment
from pipeline.desk.models import Action, Band, CaseComment, Review, User, Verdict
from pipeline.desk.roles import Ability
from pipeline.desk.sheets import Cell, Sheet
from pipeline.desk.verdicts import UNDO_FOR

DECISION_COLUMNS = (
    "review_id", "case_id", "institution", "source", "comment_id", "channel", "lang", "n_comments",
    "band", "is_audit_sample", "model_version", "threshold_version", "top_label", "verdict",
    "labels", "clauses", "action", "n_evidence", "seconds", "moderator", "second_person",
    "decided_at", "settled_at",
)  # fmt: skip
ACTION_COLUMNS = (
    "review_id", "case_id", "institution", "source", "comment_id", "channel", "permalink",
    "action", "clauses", "platform_action", "is_reversible", "moderator", "second_person",
    "settled_at",
)  # fmt: skip

PLATFORM_ACTIONS = {
    ("facebook", "delete"): ("hide", True),
    ("instagram", "delete"): ("hide", True),
    ("youtube", "delete"): ("setModerationStatus=rejected", False),
}
"""What a platform offers, and whether it can be taken back."""
REVERSIBLE = (Action.RESTRICT, Action.BLOCK)


def final_reviews(
    user: User, since: datetime | None = None, until: datetime | None = None
) -> QuerySet[Review]:
    """Return the verdicts in effect, beyond undoing, in the institutions that the person sees."""
    reviews = Review.objects.filter(
        settled_at__isnull=False, settled_at__lte=timezone.now() - UNDO_FOR
    )
    if not user.can(Ability.EVERYWHERE):
        reviews = reviews.filter(case__institution__in=user.institutions.values("pk"))
    if since is not None:
        reviews = reviews.filter(settled_at__gte=since)
    if until is not None:
        reviews = reviews.filter(settled_at__lt=until)
    return reviews.select_related("case__institution").order_by("settled_at", "pk")


def decisions(user: User, since: datetime | None = None, until: datetime | None = None) -> Sheet:
    """Return a row per verdict in effect."""
    rows = map(decision_row, final_reviews(user, since, until))
    return Sheet("decisions", DECISION_COLUMNS, tuple(rows))


def decision_row(review: Review) -> dict[str, Cell]:
    """Return a verdict as a row."""
    case = review.case
    return {
        **shared_cells(review),
        "comment_id": case.comment_id,
        "channel": case.channel,
        "lang": case.lang,
        "n_comments": case.n_comments,
        "band": Band(case.band).name.lower(),
        "is_audit_sample": case.is_audit_sample,
        "model_version": case.model_version,
        "threshold_version": case.threshold_version,
        "top_label": case.top_label,
        "verdict": review.verdict,
        "labels": " ".join(review.labels),
        "n_evidence": len(review.evidence),
        "seconds": review.seconds,
        "decided_at": moment(review.reviewed_at),
    }


def shared_cells(review: Review) -> dict[str, Cell]:
    """Return what both tables say about a verdict."""
    return {
        "review_id": review.pk,
        "case_id": review.case_id,
        "institution": review.case.institution.code,
        "source": review.case.source,
        "clauses": " ".join(review.clauses),
        "action": review.action,
        "moderator": review.moderator_id,
        "second_person": review.second_reviewer_id,
        "settled_at": moment(review.settled_at),
    }


def planned_actions(
    user: User, since: datetime | None = None, until: datetime | None = None
) -> Sheet:
    """Return a row per comment that something is to be done about."""
    reviews = final_reviews(user, since, until).filter(verdict=Verdict.VIOLATION)
    wanted = reviews.exclude(action=Action.NONE).prefetch_related(
        Prefetch("case__comments", CaseComment.objects.defer("text").order_by("position"))
    )
    rows = [row for review in wanted for row in action_rows(review)]
    return Sheet("actions", ACTION_COLUMNS, tuple(rows))


def action_rows(review: Review) -> Iterator[dict[str, Cell]]:
    """Yield a row for every comment of a verdict's case: near-identical ones share it."""
    for comment in review.case.comments.all():
        known = PLATFORM_ACTIONS.get((comment.channel.lower(), str(review.action)))
        platform_action, is_reversible = known or (str(review.action), review.action in REVERSIBLE)
        yield {
            **shared_cells(review),
            "comment_id": comment.comment_id,
            "channel": comment.channel,
            "permalink": comment.permalink,
            "platform_action": platform_action,
            "is_reversible": is_reversible,
        }
