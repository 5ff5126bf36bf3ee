"""The desk's tables: people, cases, the comments in them, and what moderators decided.

All times are UTC. A comment stands in one case at most, and a case that a person has decided is
never changed again.
"""

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Institution(models.Model):
    """A part of the municipality that runs its own profiles and moderates them (clause 7)."""

    code = models.SlugField(_("code"), max_length=64, unique=True)
    name = models.CharField(_("name"), max_length=200)

    class Meta:
        verbose_name = _("institution")
        verbose_name_plural = _("institutions")
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Role(models.TextChoices):
    """What a person may do at the desk."""

    MODERATOR = "moderator", _("Moderator of some institutions")
    COMMUNICATIONS = "communications", _("Communications department")


class User(AbstractUser):
    """A person who signs in; moderators see their own institutions only."""

    role = models.CharField(_("role"), max_length=16, choices=Role.choices, default=Role.MODERATOR)
    institutions = models.ManyToManyField(
        Institution, verbose_name=_("institutions"), related_name="moderators", blank=True
    )

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")

    @property
    def answers_escalations(self) -> bool:
        """Whether this person sees every institution and decides escalated cases (clause 10)."""
        return self.is_superuser or self.role == Role.COMMUNICATIONS


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
        )

    def __str__(self) -> str:
        return f"case {self.pk}"


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
    seconds = models.PositiveIntegerField()
    reviewed_at = models.DateTimeField(default=timezone.now)

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
