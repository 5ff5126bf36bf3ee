"""What a verdict does to a case, and who may give it."""

import time
from dataclasses import dataclass
from datetime import datetime

from django.core import signing
from django.db import transaction
from django.utils import timezone

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

OPENED_SALT = "desk.opened"
MOST_SECONDS = 3600
"""A case left open over lunch was not read for that long."""


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
    seconds: int
    second_person: bool = False
    """The policy asks for a second person; actions against people need one in any case."""

    @property
    def needs_second_person(self) -> bool:
        """Whether it takes effect only when another person confirms it."""
        return self.second_person or self.action in TWO_PERSON_ACTIONS


def may_decide(user: User, case: Case) -> bool:
    """Say whether the person may give a verdict on a case that they see."""
    if case.status == Status.ESCALATED:
        return user.answers_escalations
    return case.status == Status.OPEN


def pending_review(case: Case) -> Review | None:
    """Return the verdict that waits for a second person."""
    if case.status != Status.AWAITING:
        return None
    return (
        case.reviews.select_related("moderator")
        .filter(verdict=Verdict.VIOLATION, settled_at=None, second_outcome=Outcome.PENDING)
        .last()
    )


def take_verdict(case_pk: int, user: User, decision: Decision) -> Status:
    """Save a verdict and return where the case stands now.

    Raises CaseMoved when somebody else was quicker, or the case is not this person's to decide.
    """
    with transaction.atomic():
        case = Case.objects.select_for_update().get(pk=case_pk)
        if not may_decide(user, case):
            raise CaseMoved
        now = timezone.now()
        status = status_after(decision)
        Review.objects.create(
            case=case,
            moderator=user,
            verdict=decision.verdict,
            labels=list(decision.labels),
            clauses=list(decision.clauses),
            action=decision.action,
            note=decision.note,
            seconds=decision.seconds,
            reviewed_at=now,
            settled_at=now if status == Status.DECIDED else None,
        )
        move(case, status, now)
    return status


def status_after(decision: Decision) -> Status:
    """Return where a case goes after a verdict."""
    if decision.verdict == Verdict.ESCALATE:
        return Status.ESCALATED
    return Status.AWAITING if decision.needs_second_person else Status.DECIDED


def answer_as_second(
    case_pk: int, user: User, *, confirmed: bool, note: str, seconds: int
) -> Status:
    """Save a second person's answer and return where the case stands now.

    Confirmed, the first verdict takes effect. Declined, the two disagree, so the case goes to the
    Communications department (clause 10). Raises CaseMoved when the case does not wait for this
    person: it has been answered, or the first verdict is their own.
    """
    with transaction.atomic():
        case = Case.objects.select_for_update().get(pk=case_pk)
        review = pending_review(case)
        if review is None or review.moderator_id == user.pk:
            raise CaseMoved
        now = timezone.now()
        review.second_reviewer = user
        review.second_outcome = Outcome.CONFIRMED if confirmed else Outcome.DECLINED
        review.second_note = note
        review.second_seconds = seconds
        review.second_at = now
        review.settled_at = now if confirmed else None
        review.save()
        status = Status.DECIDED if confirmed else Status.ESCALATED
        move(case, status, now)
    return status


def move(case: Case, status: Status, now: datetime) -> None:
    """Save a case's new status."""
    case.status = status
    case.updated_at = now
    case.save(update_fields=["status", "updated_at"])


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
