"""The quality lane: blind judgements, known answers, and the figures that come of them."""

from typing import Any

from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from pipeline.desk import plots
from pipeline.desk.blind import Judgement, Task, judge, next_task, set_golden
from pipeline.desk.forms import BlindForm
from pipeline.desk.http import DeskRequest, needs
from pipeline.desk.listing import visible_cases
from pipeline.desk.models import Verdict
from pipeline.desk.quality import measure
from pipeline.desk.roles import Ability
from pipeline.desk.shown_text import pieces
from pipeline.desk.verdicts import CaseMoved
from pipeline.desk.views.case import thread


@require_safe
@needs(Ability.MEASURE)
def show(request: DeskRequest) -> HttpResponseBase:
    """Show how well people and model agree."""
    found = measure(request.user)
    return render(
        request,
        "desk/quality.html",
        {
            "quality": found,
            "bars": plots.bars(found.seconds),
            "override_points": plots.override_points(found.weeks),
            "alpha_rows": plots.alpha_rows(found.agreements),
            "alpha_height": 24 + plots.ROW * len(plots.alpha_rows(found.agreements)),
            "width": plots.WIDTH,
            "height": plots.HEIGHT,
            "names": plots.NAMES,
        },
    )


@require_safe
@needs(Ability.BLIND)
def lane(request: DeskRequest) -> HttpResponseBase:
    """Show the next case to judge blindly."""
    task = next_task(request.user)
    if task is None:
        return render(request, "desk/blind.html", {"task": None})
    return render_task(request, task, BlindForm(task.case, request.user))


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Ability.BLIND)
def answer(request: DeskRequest, pk: int) -> HttpResponseBase:
    """Take a blind judgement and go on to the next."""
    case = get_object_or_404(visible_cases(request.user), pk=pk)
    if request.method != "POST":
        return redirect("blind")
    form = BlindForm(case, request.user, request.POST)
    task = next_task(request.user)
    if not form.is_valid():
        if task is None or task.case.pk != case.pk:
            return redirect("blind")
        return render_task(request, task, form, status=422)
    given = Judgement(
        verdict=Verdict(form.cleaned_data["verdict"]),
        labels=tuple(form.cleaned_data["labels"]),
        seconds=form.cleaned_data["opened"],
    )
    try:
        judge(request.user, case.pk, given)
    except CaseMoved:
        messages.warning(request, _("Nothing was saved: this case has moved on meanwhile."))
    else:
        messages.success(request, _("Saved."))
    return redirect("blind")


def render_task(
    request: DeskRequest, task: Task, form: BlindForm, *, status: int = 200
) -> HttpResponseBase:
    """Return the page of a blind judgement: the words and the thread, and nothing else."""
    comment = task.case.comments.order_by("position")[0]
    shown: dict[str, Any] = {
        "task": task,
        "case": task.case,
        "comment": comment,
        "pieces": pieces(comment.text, ()),
        "thread": thread(request, comment),
        "form": form,
    }
    return render(request, "desk/blind.html", shown, status=status)


@require_POST
@needs(Ability.SETTLE)
def golden(request: DeskRequest, pk: int) -> HttpResponseBase:
    """Make the verdict in effect the known answer of a case."""
    case = get_object_or_404(visible_cases(request.user), pk=pk)
    try:
        set_golden(request.user, case)
    except CaseMoved:
        messages.warning(request, _("Only a case with a verdict in effect has a known answer."))
    else:
        messages.success(request, _("Set: others will meet this case among the blind ones."))
    return redirect("case", pk=case.pk)
