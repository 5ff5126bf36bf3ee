"""Who works at the desk, for which institutions, and how their desk is set."""

from django.contrib.auth.models import AbstractUser
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from pipeline.desk.roles import ALL_ABILITIES, DECIDING_ROLES, Ability, Role, abilities_of

__all__ = ["DECIDING_ROLES", "ApiToken", "Identity", "Institution", "Role", "User"]

SHARE = (MinValueValidator(0.0), MaxValueValidator(1.0))


class Institution(models.Model):
    """A part of the municipality that runs its own profiles and moderates them (clause 7)."""

    code = models.SlugField(_("code"), max_length=64, unique=True)
    name = models.CharField(_("name"), max_length=200)
    daily_capacity = models.PositiveIntegerField(_("cases a day"), default=400)
    scores_last = models.BooleanField(
        _("show the model's scores only when asked"),
        default=True,
        help_text=_("Read the comment first: people lean on a number that they see."),
    )
    double_share = models.FloatField(
        _("share of verdicts that a second person judges blindly"), default=0.05, validators=SHARE
    )

    class Meta:
        verbose_name = _("institution")
        verbose_name_plural = _("institutions")
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class User(AbstractUser):
    """A person who signs in; most see their own institutions only."""

    role = models.CharField(_("role"), max_length=16, choices=Role.choices, default=Role.MODERATOR)
    institutions = models.ManyToManyField(
        Institution, verbose_name=_("institutions"), related_name="moderators", blank=True
    )
    single_keys = models.BooleanField(_("keys without Ctrl"), default=True)

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")

    @property
    def abilities(self) -> frozenset[Ability]:
        """What this person may do; the first administrator may do everything."""
        return ALL_ABILITIES if self.is_superuser else abilities_of(self.role)

    @cached_property
    def institution_pks(self) -> list[int]:
        """The keys of the person's institutions, read once a request."""
        return list(self.institutions.order_by("pk").values_list("pk", flat=True))

    def can(self, ability: Ability) -> bool:
        """Say whether the person may do this."""
        return ability in self.abilities


class Identity(models.Model):
    """What an OpenID provider calls a person: its own name and a number that it never gives again.

    One person has one, so that nobody meets themselves as the second person of a verdict.
    """

    user = models.OneToOneField(User, models.CASCADE, related_name="identity")
    issuer = models.CharField(_("provider"), max_length=255)
    subject = models.CharField(_("number at the provider"), max_length=255)

    class Meta:
        verbose_name = _("account at the provider")
        verbose_name_plural = _("accounts at the provider")
        constraints = (
            models.UniqueConstraint(fields=("issuer", "subject"), name="identity_subject"),
        )

    def __str__(self) -> str:
        return self.subject


class ApiToken(models.Model):
    """A key with which a program works in a person's name; only its hash is kept."""

    user = models.ForeignKey(User, models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=64)
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()

    class Meta:
        verbose_name = _("token")
        verbose_name_plural = _("tokens")
        constraints = (models.UniqueConstraint(fields=("user", "name"), name="token_name"),)

    def __str__(self) -> str:
        return f"{self.name} of {self.user_id}"
