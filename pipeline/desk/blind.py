"""The quality lane: who judges what a second time, without knowing what others said."""

from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from pipeline.desk import logbook
from pipeline.desk.listing import seen_by
from pipeline.desk.models import (
    BlindReview,
    Case,
    DoubleCheck,
    GoldenItem,
    Purpose,
    User,
    Verdict,
)
from pipeline.desk.roles import Ability
from pipeline.desk.verdicts import CaseMoved


@dataclass(frozen=True)
class Task:
    """A case to judge blindly, and why."""

    case: Case
    purpose: Purpose
    check: DoubleCheck | None = None


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What somebody says about a case without deciding it."""

    verdict: Verdict
    labels: tuple[str, ...] = ()
    seconds: int


def next_task(user: User) -> Task | None:
    """Return what waits for this person in the quality lane: differences first, then the rest."""
    if user.can(Ability.SETTLE):
        check = checks_for(user).filter(needs_third=True).first()
        if check is not None:
            return Task(check.case, Purpose.THIRD, check)
    check = checks_for(user).filter(needs_third=False).first()
    if check is not None:
        return Task(check.case, Purpose.DOUBLE, check)
    golden = golden_for(user).first()
    return Task(golden.case, Purpose.GOLDEN) if golden is not None else None


def checks_for(user: User) -> QuerySet[DoubleCheck]:
    """Return the open double checks in which this person had no say yet."""
    return (
        DoubleCheck.objects.filter(settled_at=None, review__undone_at=None)
        .filter(seen_by(user, "case__"))
        .exclude(had_a_say(user))
        .select_related("case__institution", "review")
        .order_by("pk")
    )


def golden_for(user: User) -> QuerySet[GoldenItem]:
    """Return the cases with a known answer that this person has not met."""
    return (
        GoldenItem.objects.filter(seen_by(user, "case__"))
        .exclude(Q(set_by=user) | had_a_say(user))
        .select_related("case__institution")
        .order_by("pk")
    )


def had_a_say(user: User) -> Q:
    """Return the condition of a case about which the person said something already."""
    return (
        Q(case__in=user.reviews.values("case"))
        | Q(case__in=user.second_reviews.values("case"))
        | Q(case__in=user.blind_reviews.values("case"))
    )


def judge(user: User, case_pk: int, given: Judgement) -> BlindReview:
    """Save a blind judgement; where two people differ, ask a third.

    Raises CaseMoved when the case is not this person's to judge, or somebody was quicker.
    """
    with transaction.atomic():
        task = task_of(user, case_pk)
        if task is None:
            raise CaseMoved
        said = BlindReview.objects.create(
            case=task.case,
            moderator=user,
            purpose=task.purpose,
            verdict=given.verdict,
            labels=sorted(given.labels),
            seconds=given.seconds,
        )
        if task.check is not None:
            close_or_pass_on(task.check, said)
    return said


def task_of(user: User, case_pk: int) -> Task | None:
    """Return the person's task about one case, locked until the transaction ends."""
    locked = DoubleCheck.objects.select_for_update(of=("self",))
    for check in locked.filter(pk__in=checks_for(user).filter(case=case_pk).values("pk")):
        if check.needs_third and not user.can(Ability.SETTLE):
            return None
        return Task(check.case, Purpose.THIRD if check.needs_third else Purpose.DOUBLE, check)
    golden = golden_for(user).filter(case=case_pk).first()
    return Task(golden.case, Purpose.GOLDEN) if golden is not None else None


def close_or_pass_on(check: DoubleCheck, said: BlindReview) -> None:
    """Close a check that agrees or that a third person settled; pass the others on."""
    first = check.review
    agrees = (first.verdict, sorted(first.labels)) == (said.verdict, sorted(said.labels))
    if said.purpose == Purpose.THIRD:
        body = {
            "verdict": str(said.verdict),
            "labels": said.labels,
            "action": "agrees" if agrees else "differs",
        }
        logbook.append("third", said.moderator, body, case=check.case_id)
    if agrees or said.purpose == Purpose.THIRD:
        check.settled_at = timezone.now()
    else:
        check.needs_third = True
    check.save(update_fields=["settled_at", "needs_third"])


def set_golden(user: User, case: Case) -> GoldenItem:
    """Make the verdict in effect of a case its known answer, for others to be measured by.

    Raises CaseMoved when no verdict is in effect.
    """
    with transaction.atomic():
        review = case.reviews.filter(settled_at__isnull=False).first()
        if review is None:
            raise CaseMoved
        item, is_new = GoldenItem.objects.get_or_create(
            case=case,
            defaults={
                "verdict": review.verdict,
                "labels": sorted(review.labels),
                "set_by": user,
            },
        )
        if is_new:
            logbook.append(
                "golden", user, {"verdict": str(item.verdict), "labels": item.labels}, case=case.pk
            )
    return item
