"""Registration of the desk with Django."""

from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, register
from django.utils.translation import gettext_lazy as _


class DeskConfig(AppConfig):
    """The desk as a Django application."""

    name = "pipeline.desk"
    label = "desk"
    verbose_name = _("Moderation desk")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Give a person's cases back when they sign out, and register what `check` looks at."""
        from django.contrib.auth.signals import user_logged_in, user_logged_out

        register(provider_is_whole)
        user_logged_in.connect(clear_sessions, dispatch_uid="desk.clear_sessions")
        user_logged_out.connect(give_back, dispatch_uid="desk.give_back")


def provider_is_whole(**kwargs: object) -> list[CheckMessage]:  # noqa: ARG001 - a check's arguments
    """Return what is missing or wrong in the settings of the OpenID provider."""
    from pipeline.desk.commands import provider_problem

    problem = provider_problem()
    return [Error(problem.message, hint=problem.hint, id="desk.E001")] if problem else []


def clear_sessions(sender: object, request: Any = None, **kwargs: object) -> None:  # noqa: ARG001 - a signal's arguments
    """Remove what sessions that are over still keep of people."""
    if request is not None:
        request.session.clear_expired()


def give_back(sender: object, user: Any = None, **kwargs: object) -> None:  # noqa: ARG001 - a signal's arguments
    """Take back the cases that a person who signs out held."""
    from pipeline.desk.locks import release_all

    if user is not None:
        release_all(user)
