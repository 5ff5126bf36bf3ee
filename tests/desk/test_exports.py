"""What leaves the desk: no formulas, no words of authors, nothing that can still be undone."""

import csv
import io
import json
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from desk_rows import make_row
from django.test import Client
from django.utils import timezone

from pipeline.desk.models import Action, Case, LogEntry, Review, Role, Verdict
from pipeline.desk.queue import write_cases
from pipeline.desk.rules import rules
from pipeline.desk.sheets import FORMATS, LONGEST_CELL, Sheet, as_csv, as_file, as_xlsx, neutral
from pipeline.desk.statement_records import record_problems
from pipeline.desk.statements import (
    STATED,
    how_found,
    is_stated,
    load_texts,
    statement_record,
    statement_text,
    texts,
)
from pipeline.desk.verdicts import UNDO_FOR, Decision, answer_as_second, take_verdict

HOSTILE = [
    "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "＝1", "－1", "|cmd", "%0A=1",
    "=HYPERLINK(\"http://x\")",
]  # fmt: skip


@pytest.mark.parametrize("cell", HOSTILE)
def test_no_cell_starts_a_formula(cell: str) -> None:
    sheet = Sheet("t", ("a",), ({"a": cell},))
    (row,) = list(csv.reader(io.StringIO(as_csv(sheet).decode("utf-8-sig"), newline="")))[1:]
    assert row[0].startswith("'")
    with zipfile.ZipFile(io.BytesIO(as_xlsx(sheet))) as book:
        page = book.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in page
    assert 't="s"' in page


@pytest.mark.parametrize(
    "cell", ["teksts", "8.1 8.3", "a=b", "", "Ūdens – 5 %", 5, -5, 0.5, True, None]
)
def test_harmless_cells_stay_as_they_are(cell: Any) -> None:
    assert neutral(cell) == cell


def test_a_cell_too_long_for_a_spreadsheet_is_cut_and_not_lost() -> None:
    sheet = Sheet("t", ("a",), ({"a": "x" * 40_000},))
    with zipfile.ZipFile(io.BytesIO(as_xlsx(sheet))) as book:
        kept = book.read("xl/sharedStrings.xml").decode()
    assert "x" * LONGEST_CELL in kept


@pytest.mark.parametrize("kind", FORMATS)
def test_an_empty_table_still_has_its_columns(kind: str) -> None:
    file = as_file(Sheet("decisions", ("a", "b"), ()), kind, datetime(2026, 3, 1, tzinfo=UTC))
    assert file.name == f"saruna-decisions-2026-03-01.{kind}"
    assert file.content


def delete(*labels: str, action: Action = Action.DELETE) -> Decision:
    clauses = tuple(sorted({c for label in labels for c in rules().clauses_of(label)}))
    return Decision(
        verdict=Verdict.VIOLATION,
        labels=labels,
        clauses=clauses,
        action=action,
        note="Iemesls ar vārdu Jānis.",
        seconds=7,
    )


def settle() -> None:
    Review.objects.filter(settled_at__isnull=False).update(settled_at=timezone.now() - UNDO_FOR)


@pytest.fixture
def senior(client: Client, person: Callable[..., Any]) -> Client:
    client.force_login(person("senior", "ogre", role=Role.SENIOR))
    return client


def test_decisions_and_actions_hold_no_words(senior: Client, anna: Any) -> None:
    write_cases(
        [
            make_row("=cmd", "Slepens teksts.", copies=("c2",), comment={"author_key": "abc123"}),
            make_row("c3", "Cits.", institution="culture"),
        ]
    )
    own, foreign = Case.objects.order_by("pk")
    take_verdict(own.pk, anna, delete("insult"))
    anna.institutions.add(foreign.institution)
    take_verdict(foreign.pk, anna, delete("insult"))
    assert json.loads(senior.get("/export/decisions.json").content) == []
    settle()
    for kind in FORMATS:
        for table in ("decisions", "actions"):
            response = senior.get(f"/export/{table}.{kind}")
            assert response.status_code == 200
            assert "attachment" in response["Content-Disposition"]
            assert response["Cache-Control"] == "no-store"
            for secret in (b"Slepens", b"abc123", "Jānis".encode(), b"culture"):
                assert secret not in response.content
    (decision,) = json.loads(senior.get("/export/decisions.json").content)
    assert (decision["comment_id"], decision["labels"], decision["band"]) == (
        "=cmd", "insult", "review",
    )  # fmt: skip
    assert "'=cmd" in senior.get("/export/decisions.csv").content.decode()
    actions = json.loads(senior.get("/export/actions.json").content)
    assert [row["comment_id"] for row in actions] == ["=cmd", "c2"]
    assert {(row["platform_action"], row["is_reversible"]) for row in actions} == {("hide", True)}
    assert LogEntry.objects.filter(kind="export").count() == 10


def test_days_narrow_an_export(senior: Client, anna: Any, case: Case) -> None:
    take_verdict(case.pk, anna, delete("insult"))
    Review.objects.update(settled_at=datetime(2026, 3, 1, 22, 30, tzinfo=UTC))
    # Half past midnight in Riga: already the second of March there.
    for query, n in (("since=2026-03-02", 1), ("until=2026-03-02", 0), ("since=2026-03-03", 0)):
        assert len(json.loads(senior.get(f"/export/decisions.json?{query}").content)) == n
    assert senior.get("/export/decisions.json?since=yesterday").status_code == 404
    assert senior.get("/export/users.json").status_code == 404
    assert senior.get("/export/decisions.exe").status_code == 404


def test_a_police_report_and_no_action_are_not_stated(anna: Any, boris: Any, case: Case) -> None:
    take_verdict(case.pk, anna, delete("threat", action=Action.REPORT))
    review = answer_as_second(case.pk, boris, confirmed=True, note="", seconds=1)
    assert not is_stated(review)


@pytest.mark.parametrize("label", rules().labels)
@pytest.mark.parametrize("lang", ["lv", "ru"])
def test_every_kind_has_a_statement_and_a_record_that_is_whole(
    anna: Any, db: None, label: str, lang: str
) -> None:
    write_cases([make_row("c1", "Teksts.", top_label=label, comment={"lang": lang})])
    review = take_verdict(Case.objects.get().pk, anna, delete(label))
    text = statement_text(review, lang)
    assert "{" not in text
    assert texts().clauses[review.clauses[0]].in_language(lang) in text
    assert "Teksts" not in text
    record = statement_record(review)
    assert record_problems(record) == []
    assert record["content_language"] == lang.upper()
    assert record["decision_visibility"] == ["DECISION_VISIBILITY_CONTENT_DISABLED"]


@pytest.mark.parametrize("action", STATED)
def test_each_action_is_recorded_as_what_it_is(
    anna: Any, boris: Any, db: None, action: Action
) -> None:
    write_cases([make_row("c1", "Teksts.", comment={"channel": "site"})])
    review = take_verdict(Case.objects.get().pk, anna, delete("insult", action=action))
    if action != Action.DELETE:
        review = answer_as_second(review.case_id, boris, confirmed=True, note="", seconds=1)
    record = statement_record(review)
    assert record_problems(record) == []
    assert {
        Action.DELETE: record.get("decision_visibility") == ["DECISION_VISIBILITY_CONTENT_REMOVED"],
        Action.RESTRICT: "end_date_service_restriction" in record
        and record.get("decision_provision") == "DECISION_PROVISION_PARTIAL_SUSPENSION",
        Action.BLOCK: record.get("decision_provision") == "DECISION_PROVISION_TOTAL_SUSPENSION",
    }[action]


@pytest.mark.parametrize(("is_audit", "expected"), [(True, "No"), (False, "Yes")])
def test_automated_detection_is_told_as_it_was(
    anna: Any, db: None, is_audit: bool, expected: str
) -> None:
    write_cases([make_row(is_audit_sample=is_audit, band="audit" if is_audit else "review")])
    review = take_verdict(Case.objects.get().pk, anna, delete("insult"))
    assert statement_record(review)["automated_detection"] == expected
    assert statement_record(review)["automated_decision"] == "AUTOMATED_DECISION_NOT_AUTOMATED"
    assert how_found(review) == ("person" if is_audit else "automatic")


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"puid": "a b"}, "puid"),
        ({"puid": "x" * 501}, "puid"),
        ({"decision_visibility": None}, "one of"),
        ({"decision_visibility": ["GONE"]}, "decision_visibility"),
        ({"decision_visibility": ["DECISION_VISIBILITY_OTHER"]}, "decision_visibility_other"),
        ({"decision_ground": "DECISION_GROUND_ILLEGAL_CONTENT"}, "illegal_content_legal_ground"),
        ({"illegal_content_legal_ground": "x"}, "illegal_content_legal_ground"),
        ({"category": "STATEMENT_CATEGORY_RUDE"}, "category"),
        ({"content_date": "01.03.2026"}, "content_date"),
        ({"decision_facts": "x" * 5001}, "decision_facts"),
        ({"decision_facts": ""}, "decision_facts"),
        ({"source_identity": "somebody"}, "source_identity"),
        ({"automated_detection": True}, "automated_detection"),
    ],
)
def test_a_record_that_is_not_whole_is_named(
    anna: Any, case: Case, changes: dict[str, Any], problem: str
) -> None:
    record = statement_record(take_verdict(case.pk, anna, delete("insult")))
    assert any(each.startswith(problem) for each in record_problems(record | changes))


def test_statement_is_previewed_in_the_authors_language_first(desk: Client, anna: Any) -> None:
    write_cases([make_row("c1", "Текст.", comment={"lang": "ru"})])
    case = Case.objects.get()
    assert desk.get(f"/case/{case.pk}/statement").status_code == 404
    take_verdict(case.pk, anna, delete("insult"))
    assert f'href="/case/{case.pk}/statement"' in desk.get(f"/case/{case.pk}").content.decode()
    page = desk.get(f"/case/{case.pk}/statement").content.decode()
    assert page.index("Здравствуйте") < page.index("Labdien!")
    assert "Текст." not in page
    assert "DPA formāts, brīvprātīgi." in page


def test_texts_cover_the_whole_policy() -> None:
    said = texts()
    assert set(said.categories) == set(rules().labels)
    assert set(said.clauses) == {each.id for each in rules().clauses if each.kind == "content"}
    assert set(said.actions) == {str(action) for action in STATED}


def test_mistakes_in_the_texts_are_named(tmp_path: Any) -> None:
    from pipeline.core.errors import PipelineError

    file = tmp_path / "statements.yaml"
    file.write_text("is_voluntary: maybe\nfarme: {lv: x, ru: y}\n", encoding="utf-8")
    with pytest.raises(PipelineError) as caught:
        load_texts(file)
    assert "did you mean `frame`?" in str(caught.value)
    assert "is_voluntary" in str(caught.value)
