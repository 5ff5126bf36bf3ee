"""What each role may do: one table, asked by every page and by the API."""

from enum import StrEnum
from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """What a person is at the desk."""

    MODERATOR = "moderator", _("Moderator of some institutions")
    SENIOR = "senior", _("Senior moderator of some institutions")
    COMMUNICATIONS = "communications", _("Communications department")
    DATA_TEAM = "data_team", _("Data team")
    OPERATOR = "operator", _("Operator")
    AUDITOR = "auditor", _("Auditor")


class Ability(StrEnum):
    """Something that a person may do."""

    READ = "read"
    """See queue and cases."""
    EVERYWHERE = "everywhere"
    """In all institutions, not only in their own."""
    DECIDE = "decide"
    """Give verdicts and confirm those of others."""
    ANSWER = "answer"
    """Decide what was escalated (clause 10)."""
    BLIND = "blind"
    """Judge cases a second time without knowing the first verdict."""
    SETTLE = "settle"
    """Judge where two people differ, and set cases with a known answer."""
    MEASURE = "measure"
    """See how well people and model agree."""
    EXPORT = "export"
    """Take decisions and planned actions out of the desk."""
    LOG = "log"
    """Read the decision log."""
    INTAKE = "intake"
    """Put cases into the queue through the API."""


ALL_ABILITIES: Final = frozenset(Ability)
MODERATOR: Final = frozenset({Ability.READ, Ability.DECIDE, Ability.BLIND})
SENIOR: Final = MODERATOR | {Ability.SETTLE, Ability.MEASURE, Ability.EXPORT}
COMMUNICATIONS: Final = SENIOR | {Ability.EVERYWHERE, Ability.ANSWER, Ability.LOG}

# The data team measures and exports, but reads no comments; the operator keeps the machine
# running and needs none either; the auditor reads all and changes nothing.
ROLES: Final[dict[str, frozenset[Ability]]] = {
    Role.MODERATOR: MODERATOR,
    Role.SENIOR: SENIOR,
    Role.COMMUNICATIONS: COMMUNICATIONS,
    Role.DATA_TEAM: frozenset({Ability.EVERYWHERE, Ability.MEASURE, Ability.EXPORT}),
    Role.OPERATOR: frozenset({Ability.EVERYWHERE, Ability.LOG, Ability.INTAKE}),
    Role.AUDITOR: frozenset(
        {Ability.READ, Ability.EVERYWHERE, Ability.MEASURE, Ability.EXPORT, Ability.LOG}
    ),
}
DECIDING_ROLES: Final = tuple(role for role, may in ROLES.items() if Ability.DECIDE in may)


def abilities_of(role: str) -> frozenset[Ability]:
    """Return what a role may do, nothing for a role that is not known."""
    return ROLES.get(role, frozenset())
