"""Administration of people and institutions; cases and reviews are for the desk alone."""

from typing import TYPE_CHECKING, Any, TypeAlias

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.db.models import Field
from django.forms import Field as FormField
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from pipeline.desk import openid
from pipeline.desk.models import Identity, Institution, User

# Django's own classes take a type only in the eyes of mypy.
if TYPE_CHECKING:
    InstitutionBase: TypeAlias = admin.ModelAdmin[Institution]
    UserBase: TypeAlias = UserAdmin[User]
    IdentityBase: TypeAlias = admin.TabularInline[Identity, User]
else:
    InstitutionBase, UserBase = admin.ModelAdmin, UserAdmin
    IdentityBase = admin.TabularInline

admin.site.site_header = admin.site.site_title = "Saruna"


@admin.register(Institution)
class InstitutionAdmin(InstitutionBase):
    """Institutions by name."""

    list_display = ("name", "code")


class IdentityInline(IdentityBase):
    """The person's account at the provider; who is linked may sign in through it."""

    model = Identity

    def formfield_for_dbfield(
        self, db_field: "Field[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> FormField | None:
        """Return the field of a form; the provider that is configured is filled in."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and db_field.name == "issuer":
            found = openid.usable_provider()
            field.initial = found.settings.issuer if found else ""
        return field


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

    def get_inlines(
        self,
        request: HttpRequest,  # noqa: ARG002 - Django's signature
        obj: User | None,  # noqa: ARG002
    ) -> "list[type[admin.options.InlineModelAdmin[Any, Any]]]":
        """Return the account at the provider, where there is a provider."""
        return [IdentityInline] if openid.usable_provider() else []
