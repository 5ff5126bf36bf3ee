"""The desk's addresses."""

from django.contrib import admin
from django.contrib.auth import views as auth
from django.contrib.auth.decorators import login_not_required
from django.urls import path, reverse_lazy
from django.views.i18n import set_language

from pipeline.desk.api.routes import api
from pipeline.desk.views import case, export, health, log, person, quality, queue, signing

urlpatterns = [
    path("", queue.show, name="queue"),
    path("case/<int:pk>", case.show, name="case"),
    path("case/<int:pk>/verdict", case.verdict, name="verdict"),
    path("case/<int:pk>/second", case.second, name="second"),
    path("case/<int:pk>/split", case.take_apart, name="split"),
    path("review/<int:pk>/undo", case.take_back, name="undo"),
    path("case/<int:pk>/statement", export.statement, name="statement"),
    path("case/<int:pk>/golden", quality.golden, name="golden"),
    path("blind", quality.lane, name="blind"),
    path("blind/<int:pk>", quality.answer, name="blind-answer"),
    path("quality", quality.show, name="quality"),
    path("export", export.show, name="export"),
    path("export/<slug:table>.<slug:kind>", export.download, name="download"),
    path("log", log.show, name="log"),
    path("log/check", log.check, name="log-check"),
    path("next", queue.take_next, name="next"),
    path("keys", person.set_keys, name="keys"),
    path("sign-in", signing.SignIn.as_view(), name="sign-in"),
    path("sign-in/provider", signing.start, name="provider"),
    path("sign-in/back", signing.come_back, name="provider-back"),
    path("sign-in/refused", signing.show_refusal, name="provider-refused"),
    path("sign-out", signing.SignOut.as_view(), name="sign-out"),
    path(
        "password",
        auth.PasswordChangeView.as_view(
            template_name="desk/password.html", success_url=reverse_lazy("queue")
        ),
        name="password",
    ),
    path("language", login_not_required(set_language), name="language"),
    # Programs come with a token of their own; ninja refuses those without.
    path("api/", api.urls),
    path("health", health.show, name="health"),
    path("admin/", admin.site.urls),
]

handler500 = "pipeline.desk.views.errors.server_error"
