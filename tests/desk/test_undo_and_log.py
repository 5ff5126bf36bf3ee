"""Undo for ten minutes, and a log in which no change hides."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from desk_rows import make_row
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.utils import timezone

from pipeline.core.errors import PipelineError
from pipeline.desk import commands, logbook
from pipeline.desk.models import (
    Action,
    Case,
    LogEntry,
    LogHead,
    Outcome,
    Review,
    Role,
    Status,
    Verdict,
)
from pipeline.desk.queue import read_reviews, write_cases
from pipeline.desk.verdicts import (
    UNDO_FOR,
    CaseMoved,
    Decision,
    answer_as_second,
    take_verdict,
    undo,
)

NO = Decision(verdict=Verdict.NO_VIOLATION, seconds=1)
ASK = Decision(verdict=Verdict.ESCALATE, action=Action.ESCALATE, note="Vai?", seconds=1)
BLOCK = Decision(
    verdict=Verdict.VIOLATION,
    labels=("insult",),
    clauses=("8.1",),
    action=Action.BLOCK,
    note="Trešo reizi.",
    seconds=1,
)


def pass_time(monkeypatch: pytest.MonkeyPatch, by: timedelta) -> None:
    later = timezone.now() + by
    monkeypatch.setattr("django.utils.timezone.now", lambda: later)


@pytest.mark.parametrize("decision", [NO, ASK, BLOCK])
def test_a_verdict_is_taken_back_and_the_case_is_open_again(
    desk: Client, anna: Any, case: Case, decision: Decision
) -> None:
    review = take_verdict(case.pk, anna, decision)
    response = desk.post(f"/review/{review.pk}/undo")
    assert response["Location"] == f"/case/{case.pk}"
    case.refresh_from_db()
    review.refresh_from_db()
    assert case.status == Status.OPEN
    assert (review.settled_at, review.undone_at is not None) == (None, True)
    assert list(read_reviews(fresh=True)) == []
    take_verdict(case.pk, anna, NO)
    assert len(list(read_reviews(fresh=True))) == 1


def test_the_key_for_it_is_on_the_next_page(desk: Client, anna: Any, answer: Any) -> None:
    write_cases([make_row("c1", rank_score=0.9), make_row("c2", rank_score=0.8)])
    first, _ = Case.objects.order_by("-rank_score")
    response = desk.post(f"/case/{first.pk}/verdict", answer(first, anna))
    page = desk.get(response["Location"]).content.decode()
    assert f'action="/review/{Review.objects.get().pk}/undo"' in page
    assert 'data-key="u"' in page


def test_after_ten_minutes_it_stays(
    desk: Client, anna: Any, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    review = take_verdict(case.pk, anna, NO)
    assert list(read_reviews()) == [], "nothing leaves the desk while it can be undone"
    pass_time(monkeypatch, UNDO_FOR + timedelta(seconds=1))
    with pytest.raises(CaseMoved):
        undo(review.pk, anna)
    assert [row.review_id for row in read_reviews()] == [review.pk]


def test_nobody_undoes_for_another(anna: Any, boris: Any, case: Case) -> None:
    review = take_verdict(case.pk, anna, NO)
    with pytest.raises(CaseMoved):
        undo(review.pk, boris)


def test_a_second_person_takes_back_their_answer_alone(anna: Any, boris: Any, case: Case) -> None:
    take_verdict(case.pk, anna, BLOCK)
    review = answer_as_second(case.pk, boris, confirmed=True, note="", seconds=1)
    with pytest.raises(CaseMoved):
        undo(review.pk, anna)
    undo(review.pk, boris)
    review.refresh_from_db()
    case.refresh_from_db()
    assert (case.status, review.second_outcome) == (Status.AWAITING, Outcome.PENDING)
    assert (review.second_reviewer, review.settled_at, review.undone_at) == (None, None, None)


def test_what_others_built_upon_is_not_undone(
    anna: Any, case: Case, person: Callable[..., Any]
) -> None:
    asked = take_verdict(case.pk, anna, ASK)
    press = person("press", role=Role.COMMUNICATIONS)
    answered = take_verdict(case.pk, press, NO)
    with pytest.raises(CaseMoved):
        undo(asked.pk, anna)
    undo(answered.pk, press)
    case.refresh_from_db()
    assert case.status == Status.ESCALATED, "the question still stands"


def test_every_act_is_logged_without_words(anna: Any, boris: Any, case: Case) -> None:
    take_verdict(case.pk, anna, BLOCK)
    review = answer_as_second(case.pk, boris, confirmed=False, note="Pietiek dzēst.", seconds=2)
    undo(review.pk, boris)
    entries = LogEntry.objects.order_by("number")
    assert [(entry.number, entry.kind, entry.actor) for entry in entries] == [
        (1, "verdict", anna.pk),
        (2, "second", boris.pk),
        (3, "undo", boris.pk),
    ]
    written = str([entry.body for entry in entries])
    for word in ("smadzenes", "Trešo", "Pietiek", "c1"):
        assert word not in written
    found = commands.verify()
    assert (found.n_entries, found.n_reviews) == (3, 1)


def three_entries(anna: Any) -> None:
    write_cases([make_row(f"c{n}") for n in range(3)])
    for case in Case.objects.order_by("pk"):
        take_verdict(case.pk, anna, NO)


def tamper(sql: str) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("DROP TRIGGER desk_log_only_grows")
        else:
            cursor.execute("ALTER TABLE desk_logentry DISABLE TRIGGER desk_log_only_grows")
        cursor.execute(sql)


@pytest.mark.parametrize(
    ("sql", "problem"),
    [
        ("UPDATE desk_logentry SET actor = 99 WHERE number = 2", "entry 2: its content"),
        ("UPDATE desk_logentry SET kind = 'undo' WHERE number = 3", "entry 3: its content"),
        ("DELETE FROM desk_logentry WHERE number = 2", "entry 3: entry 2 is missing"),
        ("DELETE FROM desk_logentry WHERE number = 3", "ends at entry 2, but 3 were made"),
        ("DELETE FROM desk_logentry", "ends at entry 0, but 3 were made"),
        ("UPDATE desk_review SET verdict = 'violation'", "is not as the log has it"),
        ("UPDATE desk_review SET seconds = 900", "is not as the log has it"),
        ("DELETE FROM desk_review", "3 that the log names are gone"),
    ],
)
def test_any_change_behind_the_desk_is_found(anna: Any, db: None, sql: str, problem: str) -> None:
    three_entries(anna)
    assert logbook.verify().n_entries == 3
    if "desk_review" in sql and "DELETE" in sql:
        Review.objects.all().delete()
    else:
        tamper(sql)
    with pytest.raises(PipelineError, match=problem):
        logbook.verify()


def test_an_entry_written_anew_with_its_own_hash_breaks_the_chain(anna: Any, db: None) -> None:
    three_entries(anna)
    forged = LogEntry.objects.get(number=2)
    forged.actor = 99
    forged.digest = logbook.digest_of(forged)
    tamper("UPDATE desk_logentry SET actor = 99, digest = '%s' WHERE number = 2" % forged.digest)  # noqa: S608, UP031 - a hash
    with pytest.raises(PipelineError, match="entry 3: does not follow"):
        logbook.verify()


def test_the_database_itself_refuses_to_change_an_entry(anna: Any, db: None) -> None:
    three_entries(anna)
    with pytest.raises(DatabaseError, match="only grows"), transaction.atomic():
        LogEntry.objects.filter(number=1).update(actor=99)
    with pytest.raises(TypeError):
        LogEntry.objects.get(number=1).delete()
    with pytest.raises(DatabaseError), transaction.atomic():
        LogEntry.objects.get(number=1).save()


def test_an_empty_log_holds(db: None) -> None:
    assert logbook.verify().n_entries == 0
    assert not LogHead.objects.exists()


def test_auditor_reads_the_log_and_checks_it(
    client: Client, anna: Any, person: Callable[..., Any]
) -> None:
    three_entries(anna)
    client.force_login(person("audit", role=Role.AUDITOR))
    assert "anna" in client.get("/log").content.decode()
    told = client.post("/log/check", follow=True).content.decode()
    assert "Žurnāls ir vesels: 3 ieraksti" in told
    tamper("UPDATE desk_logentry SET actor = 99 WHERE number = 2")
    assert "Žurnālā ir pretruna" in client.post("/log/check", follow=True).content.decode()
