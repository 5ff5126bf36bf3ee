"""Getting work: the best case that is free, given to one person alone."""

from pipeline.desk.following import next_case
from pipeline.desk.listing import QueueFilter
from pipeline.desk.locks import hold, is_held_by_another
from pipeline.desk.models import Case, User
from pipeline.desk.verdicts import may_decide, may_second, pending_review

MOST_TRIES = 200
"""More people than this never reach for the same case at the same moment."""


def claim_next(user: User, queue: QueueFilter) -> int | None:
    """Give the person the most urgent free case and return its key, None when none is left."""
    for _attempt in range(MOST_TRIES):
        found = next_case(user, queue)
        if found is None:
            return None
        pk, status = found
        if hold(pk, user, status):
            return pk
    return None


def may_act(user: User, case: Case) -> bool:
    """Say whether the case waits for something that this person may do."""
    return may_decide(user, case) or may_second(user, pending_review(case))


def open_case(user: User, case: Case) -> bool:
    """Lock a case for who opens it to act on it; False when somebody else has it."""
    if not may_act(user, case):
        return True
    if not hold(case.pk, user, case.status):
        case.refresh_from_db(fields=["status", "locked_by", "locked_until"])
        return not is_held_by_another(case, user)
    return True
