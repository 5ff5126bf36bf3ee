"""Registration of the desk with Django."""

from typing import Any

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DeskConfig(AppConfig):
    """The desk as a Django application."""

    name = "pipeline.desk"
    label = "desk"
    verbose_name = _("Moderation desk")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Give a person's cases back when they sign out."""
        from django.contrib.auth.signals import user_logged_out

        user_logged_out.connect(give_back, dispatch_uid="desk.give_back")


def give_back(sender: object, user: Any = None, **kwargs: object) -> None:  # noqa: ARG001 - a signal's arguments
    """Take back the cases that a person who signs out held."""
    from pipeline.desk.locks import release_all

    if user is not None:
        release_all(user)
