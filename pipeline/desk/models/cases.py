"""Cases and the comments in them.

A comment stands in one case at most, and a case that a person has decided is not changed by a
later night.
"""

from django.db import models
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from pipeline.desk.models.people import Institution, User


class Band(models.IntegerChoices):
    """Why a case is in the queue, in the order in which cases deserve attention."""

    PRIORITY = 1, _("Priority")
    REVIEW = 2, _("Review")
    AUDIT = 3, _("Audit sample")


class Status(models.TextChoices):
    """Where a case stands."""

    OPEN = "open", pgettext_lazy("case", "Open")
    AWAITING = "awaiting", pgettext_lazy("case", "Awaiting a second person")
    ESCALATED = "escalated", pgettext_lazy("case", "Escalated")
    DECIDED = "decided", pgettext_lazy("case", "Decided")


class Case(models.Model):
    """What a moderator decides in one go: a comment, or a group of near-identical ones.

    `source` and `comment_id` name the comment that stands for the group, the one at position 0.
    `evidence` holds objects with label, kind, start, end, detail and weight; start and end are
    character offsets into that comment, end exclusive.
    """

    institution = models.ForeignKey(Institution, models.PROTECT, related_name="cases")
    source = models.TextField()
    comment_id = models.TextField()
    model_version = models.TextField()
    threshold_version = models.TextField(default="", blank=True)
    band = models.PositiveSmallIntegerField(choices=Band.choices)
    rank_score = models.FloatField()
    status = models.CharField(max_length=16, choices=Status.choices, default=Status.OPEN)
    is_audit_sample = models.BooleanField(default=False)

    top_label = models.TextField(default="", blank=True)
    clauses = models.JSONField(default=list)
    suggested_actions = models.JSONField(default=list)
    reasons = models.JSONField(default=list)
    probs = models.JSONField(default=dict)
    evidence = models.JSONField(default=list)

    # Repeated from the comment at position 0, so that the list needs no join to filter.
    lang = models.TextField(default="und")
    channel = models.TextField(default="", blank=True)
    commented_at = models.DateTimeField(null=True)
    n_comments = models.PositiveIntegerField(default=1)

    # Who has it before them; a lock that has run out counts as none.
    locked_by = models.ForeignKey(User, models.SET_NULL, related_name="locked_cases", null=True)
    locked_until = models.DateTimeField(null=True)

    scored_at = models.DateTimeField()
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("source", "comment_id", "model_version"), name="case_key"
            ),
        )
        indexes = (
            # The ranked list, for people with some institutions and for those with all.
            models.Index(
                "institution", "status", "band", F("rank_score").desc(), "id", name="case_ranked"
            ),
            models.Index("status", "band", F("rank_score").desc(), "id", name="case_ranked_all"),
            # The numbers on the tabs, under any filter, without reading a case.
            models.Index(
                fields=(
                    "institution",
                    "status",
                    "band",
                    "lang",
                    "channel",
                    "top_label",
                    "commented_at",
                ),
                name="case_counts",
            ),
        )

    def __str__(self) -> str:
        return f"case {self.pk}"

    @property
    def is_locked(self) -> bool:
        """Whether somebody has the case before them now."""
        return self.locked_until is not None and self.locked_until > timezone.now()


class CaseComment(models.Model):
    """A comment as the desk shows it."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="comments")
    position = models.PositiveIntegerField(default=0)
    source = models.TextField()
    comment_id = models.TextField()
    channel = models.TextField(default="", blank=True)
    thread_id = models.TextField(default="", blank=True)
    parent_id = models.TextField(default="", blank=True)
    author_key = models.TextField(default="", blank=True)
    created_at = models.DateTimeField(null=True)
    text = models.TextField()
    lang = models.TextField(default="und")
    permalink = models.TextField(default="", blank=True)
    n_reactions = models.BigIntegerField(null=True)
    n_replies = models.BigIntegerField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("source", "comment_id"), name="comment_in_one_case"),
            models.UniqueConstraint(fields=("case", "position"), name="comment_position"),
        )
        indexes = (
            models.Index(fields=("source", "thread_id", "created_at"), name="comment_thread"),
            models.Index(fields=("author_key",), name="comment_author"),
        )

    def __str__(self) -> str:
        return f"comment {self.source}/{self.comment_id}"
