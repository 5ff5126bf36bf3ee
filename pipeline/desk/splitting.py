"""A case of near-identical comments taken apart, so that each can be decided by itself."""

from django.db import transaction
from django.utils import timezone

from pipeline.desk import logbook
from pipeline.desk.models import Case, CaseComment, Status, User
from pipeline.desk.verdicts import CaseMoved, may_decide


def split(case_pk: int, user: User) -> int:
    """Make every copy in a case a case of its own, and return how many were made.

    Raises CaseMoved when the case is not open to this person any longer.
    """
    with transaction.atomic():
        case = Case.objects.select_for_update().get(pk=case_pk)
        if case.status != Status.OPEN or not may_decide(user, case):
            raise CaseMoved
        copies = list(case.comments.filter(position__gt=0).order_by("position"))
        for copy in copies:
            move_out(case, copy)
        case.n_comments = 1
        case.updated_at = timezone.now()
        case.save(update_fields=["n_comments", "updated_at"])
        logbook.append("split", user, {"n_cases": len(copies)}, case=case.pk)
    return len(copies)


def move_out(case: Case, copy: CaseComment) -> None:
    """Give a copy a case with the same scores; the evidence has no place in its text."""
    fields = {
        field.attname: getattr(case, field.attname)
        for field in Case._meta.concrete_fields
        if not field.primary_key and field.name not in ("locked_by", "locked_until")
    }
    fields |= {
        "comment_id": copy.comment_id,
        "channel": copy.channel,
        "commented_at": copy.created_at,
        "n_comments": 1,
        "reasons": [reason for reason in case.reasons if not reason.startswith("copies:")],
        "evidence": [piece | {"start": None, "end": None} for piece in case.evidence],
    }
    alone = Case.objects.create(**fields)
    copy.case = alone
    copy.position = 0
    copy.save(update_fields=["case", "position"])
