"""What comes next: the best free case of a view, and the cases around one."""

from collections.abc import Callable, Iterable

from django.db.models import Q, QuerySet

from pipeline.desk.listing import QueueFilter, ranked
from pipeline.desk.locks import free_for
from pipeline.desk.models import Case, Outcome, Status, User, Verdict
from pipeline.desk.roles import Ability

Place = tuple[int, float, int, str]
"""Band, score, key and status of a case."""


def lists(user: User, queue: QueueFilter) -> list[QuerySet[Case]]:
    """Return the free cases of a view as ranked lists, one for each institution of the person.

    Each is a walk along one index, which ends at the first case; a list over several institutions
    would be sorted whole.
    """
    free = ranked(user, queue).filter(free_for(user))
    if user.can(Ability.EVERYWHERE) or len(user.institution_pks) < 2:
        return [free]
    return [free.filter(institution=pk) for pk in user.institution_pks]


def order(place: Place) -> tuple[int, float, int]:
    """Return what ranks a case: band, then score, then age, as in `listing.ORDER`."""
    band, score, pk, _ = place
    return band, -score, pk


def firsts(cases: Iterable[QuerySet[Case]]) -> list[Place]:
    """Return the first case of each list that has one."""
    found = (each.values_list("band", "rank_score", "pk", "status").first() for each in cases)
    return [place for place in found if place is not None]


def neighbours(user: User, queue: QueueFilter, case: Case) -> tuple[int | None, int | None]:
    """Return the keys of the free cases before and after one in its view."""
    forwards = lists(user, queue)
    backwards = [each.reverse() for each in forwards]
    previous = nearest(backwards, before(case), max)
    following = nearest(forwards, after(case), min)
    return previous and previous[2], following and following[2]


def nearest(
    cases: list[QuerySet[Case]], steps: Iterable[Q], choose: Callable[..., Place]
) -> Place | None:
    """Return the first case of the first step that has one."""
    for step in steps:
        found = firsts(each.filter(step) for each in cases)
        if found:
            return choose(found, key=order)
    return None


def after(case: Case) -> tuple[Q, Q]:
    """Return the conditions of standing behind a case: in its band, then in a later one.

    Two ranges of the index one after the other; as one condition with "or" the databases would
    read the list from its head.
    """
    further = Q(rank_score__lt=case.rank_score) | Q(pk__gt=case.pk)
    return Q(band=case.band, rank_score__lte=case.rank_score) & further, Q(band__gt=case.band)


def before(case: Case) -> tuple[Q, Q]:
    """Return the conditions of standing in front of a case: in its band, then in an earlier one."""
    nearer = Q(rank_score__gt=case.rank_score) | Q(pk__lt=case.pk)
    return Q(band=case.band, rank_score__gte=case.rank_score) & nearer, Q(band__lt=case.band)


def next_case(user: User, queue: QueueFilter) -> tuple[int, str] | None:
    """Return the most urgent free case that this person can act on, None when all is done.

    It is named by its key and the status in which it was seen.
    """
    if queue.view == "escalated" and not user.can(Ability.ANSWER):
        return None
    found = firsts(can_act_on(user, queue, each) for each in lists(user, queue))
    if not found:
        return None
    _, _, pk, status = min(found, key=order)
    return pk, status


def can_act_on(user: User, queue: QueueFilter, cases: QuerySet[Case]) -> QuerySet[Case]:
    """Leave out the cases of a view that wait for somebody else."""
    if queue.view == "awaiting":
        own = user.reviews.filter(
            verdict=Verdict.VIOLATION,
            settled_at=None,
            undone_at=None,
            second_outcome=Outcome.PENDING,
        )
        return cases.exclude(pk__in=own.values("case"))
    return cases.filter(status=Status.OPEN) if queue.view == "mine" else cases
