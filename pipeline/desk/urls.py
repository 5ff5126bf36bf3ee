"""The desk's addresses."""

from django.contrib import admin
from django.contrib.auth import views as auth
from django.contrib.auth.decorators import login_not_required
from django.urls import path, reverse_lazy
from django.views.i18n import set_language

from pipeline.desk.views import case, health, queue

urlpatterns = [
    path("", queue.show, name="queue"),
    path("case/<int:pk>", case.show, name="case"),
    path("case/<int:pk>/verdict", case.verdict, name="verdict"),
    path("case/<int:pk>/second", case.second, name="second"),
    path(
        "sign-in",
        auth.LoginView.as_view(template_name="desk/sign_in.html", redirect_authenticated_user=True),
        name="sign-in",
    ),
    path("sign-out", auth.LogoutView.as_view(), name="sign-out"),
    path(
        "password",
        auth.PasswordChangeView.as_view(
            template_name="desk/password.html", success_url=reverse_lazy("queue")
        ),
        name="password",
    ),
    path("language", login_not_required(set_language), name="language"),
    path("health", health.show, name="health"),
    path("admin/", admin.site.urls),
]

handler500 = "pipeline.desk.views.errors.server_error"
