"""What a person sets for themselves."""

from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from pipeline.desk.http import DeskRequest


@require_POST
def set_keys(request: DeskRequest) -> HttpResponseBase:
    """Turn the single keys on or off (WCAG 2.1.4), and go back to where the person was."""
    request.user.single_keys = request.POST.get("keys") == "on"
    request.user.save(update_fields=["single_keys"])
    back = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(back, {request.get_host()}, request.is_secure())
    return redirect(back if is_ours else "queue")
