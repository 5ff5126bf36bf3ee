"""Who has a case before them: a lock that expires, so that two people never get the same one."""

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from pipeline.desk.models import Case, User

HELD_FOR = timedelta(minutes=15)
"""How long a case stays with who opened it; opening it again starts anew."""


def free_for(user: User) -> Q:
    """Return the condition of being held by nobody else."""
    return Q(locked_by__isnull=True) | Q(locked_until__lte=timezone.now()) | Q(locked_by_id=user.pk)


def hold(case_pk: int, user: User, status: str) -> bool:
    """Give a case to a person and take their other cases back; False when somebody else has it.

    One statement decides: of two people at the same moment the database lets one through. It asks
    for the status in which the person saw the case, too: a colleague who has just decided it has
    given it back already.
    """
    until = timezone.now() + HELD_FOR
    mine = Case.objects.filter(free_for(user), pk=case_pk, status=status)
    if not mine.update(locked_by_id=user.pk, locked_until=until):
        return False
    release_all(user, but=case_pk)
    return True


def release_all(user: User, *, but: int = 0) -> None:
    """Take back what a person holds, all but one case."""
    others = Case.objects.filter(locked_by_id=user.pk).exclude(pk=but)
    others.update(locked_by=None, locked_until=None)


def is_held_by_another(case: Case, user: User) -> bool:
    """Say whether somebody else has the case before them now."""
    return (
        case.locked_by_id not in (None, user.pk)
        and case.locked_until is not None
        and case.locked_until > timezone.now()
    )
