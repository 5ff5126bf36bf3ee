"""Registration of the desk with Django."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DeskConfig(AppConfig):
    """The desk as a Django application."""

    name = "pipeline.desk"
    label = "desk"
    verbose_name = _("Moderation desk")
    default_auto_field = "django.db.models.BigAutoField"
