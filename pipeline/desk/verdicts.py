"""What a verdict does to a case, who may give it, and how it is taken back."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core import signing
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from pipeline.desk import logbook
from pipeline.desk.drawing import draw
from pipeline.desk.locks import is_held_by_another
from pipeline.desk.models import (
    TWO_PERSON_ACTIONS,
    Action,
    Case,
    Outcome,
    Review,
    Status,
    User,
    Verdict,
)
from pipeline.desk.roles import Ability

OPENED_SALT = "desk.opened"
MOST_SECONDS = 3600
"""A case left open over lunch was not read for that long."""

UNDO_FOR = timedelta(minutes=10)
"""How long a verdict can be taken back; nothing leaves the desk before."""


class CaseMoved(Exception):  # noqa: N818 - an event that the page tells, not a failure
    """The case is no longer where this person's page showed it."""


@dataclass(frozen=True, kw_only=True)
class Decision:
    """A verdict as the form hands it over, checked."""

    verdict: Verdict
    labels: tuple[str, ...] = ()
    clauses: tuple[str, ...] = ()
    action: Action = Action.NONE
    note: str = ""
    evidence: tuple[Mapping[str, Any], ...] = ()
    seconds: int
    second_person: bool = False
    """The policy asks for a second person; actions against people need one in any case."""

    @property
    def needs_second_person(self) -> bool:
        """Whether it takes effect only when another person confirms it."""
        return self.second_person or self.action in TWO_PERSON_ACTIONS


def may_decide(user: User, case: Case) -> bool:
    """Say whether the person may give a verdict on a case that they see."""
    if not user.can(Ability.DECIDE):
        return False
    if case.status == Status.ESCALATED:
        return user.can(Ability.ANSWER)
    return case.status == Status.OPEN


def pending_review(case: Case) -> Review | None:
    """Return the verdict that waits for a second person."""
    if case.status != Status.AWAITING:
        return None
    return (
        case.reviews.select_related("moderator")
        .filter(
            verdict=Verdict.VIOLATION,
            settled_at=None,
            undone_at=None,
            second_outcome=Outcome.PENDING,
        )
        .last()
    )


def may_second(user: User, review: Review | None) -> bool:
    """Say whether the person may answer as the second one to a verdict that waits."""
    return review is not None and user.can(Ability.DECIDE) and review.moderator_id != user.pk


def take_verdict(case_pk: int, user: User, decision: Decision) -> Review:
    """Save a verdict and return it; its case has the status it now stands at.

    Raises CaseMoved when somebody else was quicker or has the case before them, or when it is not
    this person's to decide.
    """
    with transaction.atomic():
        case = Case.objects.select_for_update().get(pk=case_pk)
        if not may_decide(user, case) or is_held_by_another(case, user):
            raise CaseMoved
        now = timezone.now()
        status = status_after(decision)
        review = Review.objects.create(
            case=case,
            moderator=user,
            verdict=decision.verdict,
            labels=list(decision.labels),
            clauses=list(decision.clauses),
            action=decision.action,
            note=decision.note,
            evidence=[dict(piece) for piece in decision.evidence],
            seconds=decision.seconds,
            reviewed_at=now,
            settled_at=now if status == Status.DECIDED else None,
        )
        move(case, status, now)
        draw(review)
        logbook.append("verdict", user, logbook.body_of(review), case=case.pk)
    return review


def status_after(decision: Decision) -> Status:
    """Return where a case goes after a verdict."""
    if decision.verdict == Verdict.ESCALATE:
        return Status.ESCALATED
    return Status.AWAITING if decision.needs_second_person else Status.DECIDED


def answer_as_second(
    case_pk: int, user: User, *, confirmed: bool, note: str, seconds: int
) -> Review:
    """Save a second person's answer and return the verdict.

    Confirmed, the first verdict takes effect. Declined, the two disagree, so the case goes to the
    Communications department (clause 10). Raises CaseMoved when the case does not wait for this
    person: it has been answered, or the first verdict is their own.
    """
    with transaction.atomic():
        case = Case.objects.select_for_update().get(pk=case_pk)
        review = pending_review(case)
        if review is None or not may_second(user, review) or is_held_by_another(case, user):
            raise CaseMoved
        now = timezone.now()
        review.second_reviewer = user
        review.second_outcome = Outcome.CONFIRMED if confirmed else Outcome.DECLINED
        review.second_note = note
        review.second_seconds = seconds
        review.second_at = now
        review.settled_at = now if confirmed else None
        review.save()
        move(case, Status.DECIDED if confirmed else Status.ESCALATED, now)
        draw(review)
        logbook.append("second", user, logbook.body_of(review), case=case.pk)
    return review


def move(case: Case, status: Status, now: datetime) -> None:
    """Save a case's new status; nobody holds it any longer."""
    case.status = status
    case.updated_at = now
    case.locked_by = None
    case.locked_until = None
    case.save(update_fields=["status", "updated_at", "locked_by", "locked_until"])


def last_undoable(user: User) -> Review | None:
    """Return the person's latest act that can still be taken back, None when there is none."""
    since = timezone.now() - UNDO_FOR
    latest = (
        Review.objects.filter(
            Q(moderator=user, second_reviewer=None, reviewed_at__gt=since)
            | Q(second_reviewer=user, second_at__gt=since),
            undone_at=None,
        )
        .order_by("-reviewed_at", "-pk")
        .first()
    )
    return latest if latest is not None and can_undo(latest, user) else None


def can_undo(review: Review, user: User) -> bool:
    """Say whether this person may take this verdict, or their answer to it, back now."""
    by, at = (
        (review.second_reviewer_id, review.second_at)
        if review.second_at
        else (review.moderator_id, review.reviewed_at)
    )
    if by != user.pk or review.undone_at or not user.can(Ability.DECIDE):
        return False
    later = review.case.reviews.filter(pk__gt=review.pk, undone_at=None)
    return bool(at and timezone.now() - at < UNDO_FOR and not later.exists())


def undo(review_pk: int, user: User) -> Case:
    """Take a verdict back, or a second person's answer, and return the case as it stands again.

    Raises CaseMoved when the ten minutes are over, when somebody has acted since, or when it was
    not this person's.
    """
    with transaction.atomic():
        case_pk = Review.objects.values_list("case_id", flat=True).get(pk=review_pk)
        case = Case.objects.select_for_update().get(pk=case_pk)
        review = Review.objects.select_related("case").get(pk=review_pk)
        if not can_undo(review, user):
            raise CaseMoved
        now = timezone.now()
        review.settled_at = None
        if review.second_at:
            status = Status.AWAITING
            review.second_reviewer = None
            review.second_outcome = Outcome.PENDING
            review.second_note, review.second_seconds, review.second_at = "", None, None
        else:
            status = status_before(review)
            review.undone_at = now
        review.save()
        move(case, status, now)
        logbook.append("undo", user, logbook.body_of(review), case=case.pk)
    return case


def status_before(review: Review) -> Status:
    """Return where a case stood when a verdict was given."""
    asked = review.case.reviews.filter(
        Q(verdict=Verdict.ESCALATE) | Q(second_outcome=Outcome.DECLINED),
        pk__lt=review.pk,
        undone_at=None,
    )
    return Status.ESCALATED if asked.exists() else Status.OPEN


def opened_token(case: Case, user: User) -> str:
    """Return a signed note of when this person opened the case."""
    return signing.dumps([case.pk, user.pk, int(time.time())], salt=OPENED_SALT)


def seconds_since_opened(token: str, case: Case, user: User) -> int | None:
    """Return the seconds since a case was opened, None when the note is not ours."""
    try:
        case_pk, user_pk, opened = signing.loads(token, salt=OPENED_SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    if (case_pk, user_pk) != (case.pk, user.pk):
        return None
    return max(0, min(int(time.time()) - int(opened), MOST_SECONDS))
