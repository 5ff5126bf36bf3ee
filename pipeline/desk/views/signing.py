"""Signing in and out: with an account of the desk, or through the provider that is configured."""

import logging
from dataclasses import dataclass
from typing import Any, Final

from django.contrib.auth import login
from django.contrib.auth import views as auth
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from pipeline.desk import openid
from pipeline.desk.accounts import account_of
from pipeline.desk.openid import Refusal, Refused

logger = logging.getLogger(__name__)
ID_TOKEN: Final = "provider_id_token"  # noqa: S105 - a key of the session
"""Where the session keeps what the provider wants to see again at the end."""
REFUSED: Final = "provider_refused"
BACKEND: Final = "django.contrib.auth.backends.ModelBackend"


@dataclass(frozen=True)
class Told:
    """What somebody who is not let in reads, and the status of the page."""

    status: int
    title: Promise
    next_step: Promise


TOLD: Final = {
    Refusal.UNREACHABLE: Told(
        503,
        _("The municipality's sign-in does not answer"),
        _("Try again in a few minutes, or sign in with an account of the desk if you have one."),
    ),
    Refusal.UNTRUSTED: Told(
        403,
        _("The answer of the municipality's sign-in cannot be trusted"),
        _(
            "Start again. If it happens twice, tell the operator of the desk: the server's log "
            "says why."
        ),
    ),
    Refusal.STALE: Told(
        400, _("This sign-in is out of date"), _("Start again from the sign-in page.")
    ),
    Refusal.CANCELLED: Told(
        403, _("The sign-in was cancelled"), _("Start again from the sign-in page.")
    ),
    Refusal.NO_GROUP: Told(
        403,
        _("Your account has no access to the desk"),
        _("Ask those who run the municipality's accounts to add you to a group of the desk."),
    ),
    Refusal.NO_INSTITUTION: Told(
        403,
        _("The desk does not know your institution"),
        _("Ask the administrator of the desk to set the institution up."),
    ),
    Refusal.NOT_LINKED: Told(
        403,
        _("No account of the desk is linked with yours"),
        _("Give the administrator of the desk the number below; it is no secret."),
    ),
    Refusal.NAME_TAKEN: Told(
        403,
        _("The desk already has an account of your name"),
        _("If it is yours, give the administrator the number below to link it; if not, say so."),
    ),
    Refusal.CLOSED: Told(
        403,
        _("Your account at the desk is closed"),
        _("Ask the administrator of the desk to open it again."),
    ),
}


class SignIn(auth.LoginView):
    """The sign-in page: a form for accounts of the desk, and a button when there is a provider."""

    template_name = "desk/sign_in.html"
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the provider's name."""
        found = openid.usable_provider()
        return super().get_context_data(**kwargs) | {
            "provider": found.settings.name if found else ""
        }


class SignOut(auth.LogoutView):
    """Sign out of the desk first, then, where the provider has a place for it, of the provider.

    The way there is a page and no redirect: the policy of the pages lets forms lead nowhere else.
    """

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """End the session."""
        id_token = request.session.get(ID_TOKEN, "")
        done = super().post(request, *args, **kwargs)
        found = openid.usable_provider() if id_token else None
        if found is None:
            return done
        address = openid.leaving_address(id_token, address_of(request, "sign-in"))
        if address is None:
            return done
        return render(
            request, "desk/leaving.html", {"address": address, "provider": found.settings.name}
        )


def address_of(request: HttpRequest, name: str) -> str:
    """Return the whole address of a page, as the provider has it on its list."""
    return request.build_absolute_uri(reverse(name))


@require_safe
@login_not_required
def start(request: HttpRequest) -> HttpResponseBase:
    """Send the person to the provider."""
    if openid.usable_provider() is None:
        raise Http404
    if request.user.is_authenticated:
        return redirect("queue")
    try:
        back = address_of(request, "provider-back")
        return redirect(openid.begin(request, back, request.GET.get("next", "")))
    except Refused as refused:
        return turned_away(request, refused)


@require_safe
@login_not_required
def come_back(request: HttpRequest) -> HttpResponseBase:
    """Sign in whoever the provider names, and go on to where they wanted to go."""
    found = openid.usable_provider()
    if found is None:
        raise Http404
    try:
        arrival = openid.finish(request)
        user = account_of(arrival.claims, found.settings)
    except Refused as refused:
        return turned_away(request, refused)
    # It gives the session a new key: whoever planted the old one gains nothing.
    login(request, user, backend=BACKEND)
    request.session.pop(REFUSED, None)
    if arrival.id_token:
        request.session[ID_TOKEN] = arrival.id_token
    is_ours = url_has_allowed_host_and_scheme(
        arrival.next, {request.get_host()}, request.is_secure()
    )
    return redirect(arrival.next if is_ours else "queue")


def turned_away(request: HttpRequest, refused: Refused) -> HttpResponseBase:
    """Lead to the page that says what to do next; the log says why, and not who.

    A page of its own, so that another language, or loading it again, spends no code twice.
    """
    logger.warning("sign-in through the provider: %s", refused)
    request.session[REFUSED] = [refused.refusal, refused.subject]
    return redirect("provider-refused")


@require_safe
@login_not_required
def show_refusal(request: HttpRequest) -> HttpResponseBase:
    """Say why this browser's last sign-in through the provider led nowhere, and the next step."""
    kept = request.session.get(REFUSED)
    if kept is None:
        return redirect("sign-in")
    refusal, subject = kept
    told = TOLD[Refusal(refusal)]
    context = {"told": told, "subject": subject}
    return render(request, "desk/refused.html", context, status=told.status)
