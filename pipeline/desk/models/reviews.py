"""What people said about cases."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from pipeline.desk.models.cases import Case
from pipeline.desk.models.people import User


class Verdict(models.TextChoices):
    """What a moderator says about a case."""

    NO_VIOLATION = "no_violation", _("No violation")
    VIOLATION = "violation", _("Violation")
    ESCALATE = "escalate", _("Escalate")


class Action(models.TextChoices):
    """What the municipality does about it (clauses 9.1 to 9.4 and 10)."""

    NONE = "none", _("No action")
    DELETE = "delete", _("Delete the comment")
    RESTRICT = "restrict", _("Close commenting")
    BLOCK = "block", _("Block the profile")
    REPORT = "report", _("Report to the police")
    ESCALATE = "escalate", _("Ask the Communications department")


TWO_PERSON_ACTIONS = (Action.RESTRICT, Action.BLOCK, Action.REPORT)
"""Actions against a person or a whole thread: a second person confirms them, with a reason."""


class Outcome(models.TextChoices):
    """What the second person said."""

    PENDING = "", pgettext_lazy("second person", "Not yet answered")
    CONFIRMED = "confirmed", pgettext_lazy("second person", "Confirmed")
    DECLINED = "declined", pgettext_lazy("second person", "Declined")


class Review(models.Model):
    """A moderator's verdict; `settled_at` is empty until it takes effect."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="reviews")
    moderator = models.ForeignKey(User, models.PROTECT, related_name="reviews")
    verdict = models.CharField(max_length=16, choices=Verdict.choices)
    labels = models.JSONField(default=list)
    clauses = models.JSONField(default=list)
    action = models.CharField(max_length=16, choices=Action.choices, default=Action.NONE)
    note = models.TextField(default="", blank=True)
    evidence = models.JSONField(default=list)
    """What the person rests a violation on: objects with label, kind, start, end, or a quote."""
    seconds = models.PositiveIntegerField()
    reviewed_at = models.DateTimeField(default=timezone.now, db_index=True)

    second_reviewer = models.ForeignKey(
        User, models.PROTECT, related_name="second_reviews", null=True
    )
    second_outcome = models.CharField(
        max_length=16, choices=Outcome.choices, default=Outcome.PENDING, blank=True
    )
    second_note = models.TextField(default="", blank=True)
    second_seconds = models.PositiveIntegerField(null=True)
    second_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True, db_index=True)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(second_reviewer__isnull=True) | ~Q(second_reviewer=F("moderator")),
                name="review_two_people",
            ),
            # The same rule as in verdicts.py, held by the database as well.
            models.CheckConstraint(
                condition=Q(settled_at__isnull=True)
                | ~Q(action__in=("restrict", "block", "report"))
                | Q(second_outcome="confirmed", second_reviewer__isnull=False),
                name="review_second_person",
            ),
            models.UniqueConstraint(
                fields=("case",),
                condition=Q(settled_at__isnull=False),
                name="review_one_settled",
            ),
        )

    def __str__(self) -> str:
        return f"review {self.pk} of case {self.case_id}"
