"""Judgements that measure: given without knowing what others said."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from pipeline.desk.models.cases import Case
from pipeline.desk.models.people import User
from pipeline.desk.models.reviews import Review, Verdict


class Purpose(models.TextChoices):
    """Why a case is judged once more."""

    DOUBLE = "double", _("Blind second judgement")
    THIRD = "third", _("Third opinion")
    GOLDEN = "golden", _("Known answer")


class GoldenItem(models.Model):
    """A case whose right answer a senior person has set; people meet it among blind cases."""

    case = models.OneToOneField(Case, models.CASCADE, related_name="golden")
    verdict = models.CharField(max_length=16, choices=Verdict.choices)
    labels = models.JSONField(default=list)
    set_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    set_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"known answer of case {self.case_id}"


class DoubleCheck(models.Model):
    """A verdict drawn for a blind second judgement; `settled_at` is empty until people agree."""

    review = models.OneToOneField(Review, models.CASCADE, related_name="double_check")
    case = models.ForeignKey(Case, models.CASCADE, related_name="double_checks")
    drawn_at = models.DateTimeField(default=timezone.now)
    needs_third = models.BooleanField(default=False)
    settled_at = models.DateTimeField(null=True)
    # Asked for because the verdict looks wrong: it would make people seem to agree less.
    is_doubted = models.BooleanField(default=False)

    class Meta:
        indexes = (
            models.Index(fields=("needs_third", "id"), condition=Q(settled_at=None), name="drawn"),
        )

    def __str__(self) -> str:
        return f"double check of review {self.review_id}"


class BlindReview(models.Model):
    """A judgement for measuring; it changes no case."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="blind_reviews")
    moderator = models.ForeignKey(User, models.PROTECT, related_name="blind_reviews")
    purpose = models.CharField(max_length=8, choices=Purpose.choices)
    verdict = models.CharField(max_length=16, choices=Verdict.choices)
    labels = models.JSONField(default=list)
    seconds = models.PositiveIntegerField()
    reviewed_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("case", "moderator"), name="blind_once_each"),
        )

    def __str__(self) -> str:
        return f"blind review {self.pk} of case {self.case_id}"
