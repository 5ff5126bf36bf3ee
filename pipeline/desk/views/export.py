"""Exports and statements of reasons."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from pipeline.desk import exports, logbook
from pipeline.desk.http import DeskRequest, needs
from pipeline.desk.listing import visible_cases
from pipeline.desk.models import Review, User
from pipeline.desk.roles import Ability
from pipeline.desk.sheets import FORMATS, File, Sheet, as_file
from pipeline.desk.statement_records import record_problems
from pipeline.desk.statements import (
    LANGUAGES,
    author_language,
    is_stated,
    statement_record,
    statement_text,
    texts,
)

Table = Callable[[User, datetime | None, datetime | None], Sheet]
TABLES: dict[str, Table] = {
    "decisions": exports.decisions,
    "actions": exports.planned_actions,
}


@require_safe
@needs(Ability.EXPORT)
def show(request: DeskRequest) -> HttpResponseBase:
    """Show what can be taken out, and for which days."""
    return render(request, "desk/export.html", {"tables": list(TABLES), "kinds": list(FORMATS)})


@require_safe
@needs(Ability.EXPORT)
def download(request: DeskRequest, table: str, kind: str) -> HttpResponseBase:
    """Return a table as a file, and note in the log who took it."""
    if table not in (*TABLES, "statements") or kind not in FORMATS:
        raise Http404
    since, until = day_of(request.GET.get("since")), day_of(request.GET.get("until"))
    now = timezone.localtime()
    if table == "statements":
        if kind != "json":
            raise Http404
        n_rows, file = statements_file(request.user, since, until, now)
    else:
        sheet = TABLES[table](request.user, since, until)
        n_rows, file = len(sheet.rows), as_file(sheet, kind, now)
    logbook.append("export", request.user, {"table": table, "format": kind, "n_rows": n_rows})
    response = HttpResponse(file.content, content_type=file.media_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{file.name}"'
    return response


def day_of(written: str | None) -> datetime | None:
    """Return when a day begins in Riga, None when no day is written; 404 for what is no day."""
    if not written:
        return None
    try:
        day = date.fromisoformat(written)
    except ValueError as error:
        raise Http404 from error
    return datetime.combine(day, time(), ZoneInfo(settings.DISPLAY_TIME_ZONE)).astimezone(UTC)


def statements_file(
    user: User, since: datetime | None, until: datetime | None, now: datetime
) -> tuple[int, File]:
    """Return the records of all statements as one JSON file, and their number."""
    reviews = filter(is_stated, exports.final_reviews(user, since, until))
    records = [statement_record(review) for review in reviews]
    note = "DSA format, voluntary" if texts().is_voluntary else "DSA format"
    content = json.dumps({"note": note, "records": records}, ensure_ascii=False, indent=1)
    name = f"saruna-statements-{now:%Y-%m-%d}.json"
    return len(records), File(name, "application/json", content.encode("utf-8", "replace"))


@require_safe
@needs(Ability.READ)
def statement(request: DeskRequest, pk: int) -> HttpResponseBase:
    """Show what the author will be told, before anybody copies it."""
    case = get_object_or_404(visible_cases(request.user), pk=pk)
    review = get_object_or_404(Review, case=case, settled_at__isnull=False)
    if not is_stated(review):
        raise Http404
    record = statement_record(review)
    first = author_language(review)
    return render(
        request,
        "desk/statement.html",
        {
            "case": case,
            "texts": [
                (lang, statement_text(review, lang))
                for lang in sorted(LANGUAGES, key=lambda lang: lang != first)
            ],
            "record": json.dumps(record, ensure_ascii=False, indent=1),
            "problems": record_problems(record),
            "is_voluntary": texts().is_voluntary,
        },
    )
