"""Moderators in processes of their own: imported there before Django starts."""

import os
from typing import Any


def work_through(database: dict[str, Any], name: str, ready: Any, told: Any) -> None:
    """Decide cases until none is left, in a process of its own."""
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "pipeline.desk.settings"
    django.setup()
    from pipeline.desk.listing import QueueFilter
    from pipeline.desk.models import User, Verdict
    from pipeline.desk.queue import use_database
    from pipeline.desk.verdicts import Decision, take_verdict
    from pipeline.desk.working import claim_next

    no_violation = Decision(verdict=Verdict.NO_VIOLATION, seconds=1)
    use_database(database)
    user = User.objects.get(username=name)
    ready.wait(60)
    decided: list[int] = []
    failed: list[str] = []
    while (pk := claim_next(user, QueueFilter())) is not None:
        try:
            take_verdict(pk, user, no_violation)
            decided.append(pk)
        except Exception as error:
            failed.append(repr(error))
            break
    told.put((decided, failed))
