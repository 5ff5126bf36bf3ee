"""Administration of people and institutions; cases and reviews are for the desk alone."""

from typing import TYPE_CHECKING, TypeAlias

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.utils.translation import gettext_lazy as _

from pipeline.desk.models import Institution, User

# Django's own classes take a type only in the eyes of mypy.
if TYPE_CHECKING:
    InstitutionBase: TypeAlias = admin.ModelAdmin[Institution]
    UserBase: TypeAlias = UserAdmin[User]
else:
    InstitutionBase, UserBase = admin.ModelAdmin, UserAdmin


@admin.register(Institution)
class InstitutionAdmin(InstitutionBase):
    """Institutions by name."""

    list_display = ("name", "code")


@admin.register(User)
class DeskUserAdmin(UserBase):
    """People with their role and institutions."""

    list_display = ("username", "first_name", "last_name", "role", "is_active")
    list_filter = ("role", "institutions", "is_active")
    filter_horizontal = ("institutions",)
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (_("Person"), {"fields": ("first_name", "last_name", "email")}),
        (_("Work at the desk"), {"fields": ("role", "institutions")}),
        (_("Access"), {"fields": ("is_active", "is_staff", "is_superuser")}),
    )
    add_fieldsets = (
        (None, {"fields": ("username", "usable_password", "password1", "password2")}),
        (_("Work at the desk"), {"fields": ("role", "institutions")}),
    )
