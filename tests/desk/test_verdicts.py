"""Verdicts: what they do to a case, and who may give them."""

import re
import threading
from collections.abc import Callable
from typing import Any

import pytest
from desk_rows import make_row
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone

from pipeline.desk.models import Action, Case, Outcome, Review, Role, Status, Verdict
from pipeline.desk.queue import read_reviews, write_cases
from pipeline.desk.verdicts import (
    CaseMoved,
    Decision,
    answer_as_second,
    seconds_since_opened,
    take_verdict,
)

Fill = Callable[..., dict[str, Any]]
BLOCK = {"labels": ["insult"], "action": "block", "note": "Jau trešo reizi šonedēļ."}


def violation(action: Action = Action.DELETE) -> Decision:
    return Decision(
        verdict=Verdict.VIOLATION, labels=("insult",), clauses=("8.1",), action=action, seconds=5
    )


def test_no_violation_decides_the_case_and_leads_on(desk: Client, anna: Any, answer: Fill) -> None:
    write_cases([make_row("c1", rank_score=0.9), make_row("c2", rank_score=0.8)])
    first, second = Case.objects.order_by("-rank_score")
    response = desk.post(f"/case/{first.pk}/verdict", answer(first, anna))
    assert (response.status_code, response["Location"]) == (302, f"/case/{second.pk}")
    first.refresh_from_db()
    review = Review.objects.get()
    assert (first.status, review.verdict, review.action) == ("decided", "no_violation", "none")
    assert review.settled_at is not None
    assert "Saglabāts." in desk.get(response["Location"]).content.decode()


def test_last_verdict_leads_back_to_the_part_of_the_queue(
    desk: Client, anna: Any, case: Case, answer: Fill
) -> None:
    response = desk.post(f"/case/{case.pk}/verdict?view=review&lang=lv", answer(case, anna))
    assert response["Location"] == "/?view=review&lang=lv"


def test_violation_keeps_labels_clauses_and_action(
    desk: Client, anna: Any, case: Case, answer: Fill
) -> None:
    form = answer(case, anna, "violation", labels=["insult", "threat"], action="delete")
    desk.post(f"/case/{case.pk}/verdict", form)
    review = Review.objects.get()
    assert review.labels == ["insult", "threat"]
    assert review.clauses == ["8.1", "8.3"]
    assert [found.action for found in read_reviews(fresh=True)] == ["delete"]


def test_chosen_clause_replaces_those_of_the_labels(
    desk: Client, anna: Any, case: Case, answer: Fill
) -> None:
    form = answer(case, anna, "violation", labels=["insult"], action="none", clause="8.3")
    desk.post(f"/case/{case.pk}/verdict", form)
    assert Review.objects.get().clauses == ["8.3"]


@pytest.mark.parametrize(
    ("verdict", "fields", "error"),
    [
        ("", {}, "Izvēlieties lēmumu."),
        ("maybe", {}, "maybe"),
        ("violation", {"action": "delete"}, "Izvēlieties vismaz vienu pārkāpuma veidu."),
        ("violation", {"labels": ["insult"]}, "Izvēlieties, ko darīt."),
        ("violation", {"labels": ["nonsense"], "action": "delete"}, "nonsense"),
        ("violation", {"labels": ["insult"], "action": "escalate"}, "escalate"),
        (
            "violation",
            {"labels": ["insult"], "action": "delete", "clause": "8.4"},
            "Šis punkts neattiecas",
        ),
        (
            "violation",
            {"labels": ["agitation"], "action": "block", "note": "x"},
            "Noteikumi šādiem pārkāpumiem neparedz šo rīcību.",
        ),
        ("violation", {"labels": ["insult"], "action": "block"}, "Norādiet pamatojumu"),
        ("violation", {"labels": ["insult"], "action": "restrict", "note": " "}, "pamatojumu"),
        ("violation", {"labels": ["threat"], "action": "report"}, "Norādiet pamatojumu"),
        ("escalate", {}, "Uzrakstiet, ko vēlaties jautāt."),
    ],
)
def test_verdict_that_does_not_fit_the_rules_is_shown_again_and_not_saved(
    desk: Client,
    anna: Any,
    case: Case,
    answer: Fill,
    verdict: str,
    fields: dict[str, Any],
    error: str,
) -> None:
    response = desk.post(f"/case/{case.pk}/verdict", answer(case, anna, verdict, **fields))
    assert response.status_code == 422
    page = response.content.decode()
    assert error in page
    if fields.get("labels") == ["agitation"]:
        assert 'value="agitation" id="id_labels_7" checked' in page
    assert not Review.objects.exists()
    case.refresh_from_db()
    assert case.status == Status.OPEN


def test_seconds_are_measured_here_and_not_told_by_the_browser(
    desk: Client, anna: Any, boris: Any, case: Case, answer: Fill, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"/case/{case.pk}/verdict"
    for opened in ("", "12", answer(case, boris)["opened"]):
        response = desk.post(address, answer(case, anna) | {"opened": opened})
        assert response.status_code == 422
        assert "Šī lapa ir novecojusi" in response.content.decode()
    form = answer(case, anna)
    import time

    now = time.time()
    monkeypatch.setattr("pipeline.desk.verdicts.time.time", lambda: now + 42)
    desk.post(address, form)
    assert 41 <= Review.objects.get().seconds <= 43


def test_time_away_from_the_desk_is_not_reading_time(
    desk: Client, anna: Any, case: Case, answer: Fill, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = answer(case, anna)
    monkeypatch.setattr("pipeline.desk.verdicts.time.time", lambda: 4_000_000_000)
    desk.post(f"/case/{case.pk}/verdict", form)
    assert Review.objects.get().seconds == 3600


@pytest.mark.parametrize("action", ["restrict", "block", "report"])
def test_action_against_a_person_waits_for_a_second_person(
    desk: Client, anna: Any, boris: Any, case: Case, answer: Fill, action: str
) -> None:
    fields = BLOCK | {"labels": ["threat"], "action": action}
    response = desk.post(f"/case/{case.pk}/verdict", answer(case, anna, "violation", **fields))
    assert response.status_code == 302
    case.refresh_from_db()
    assert case.status == Status.AWAITING
    assert list(read_reviews(fresh=True)) == []

    # The first person can neither confirm nor decide again.
    page = desk.get(f"/case/{case.pk}").content.decode()
    assert "Jūsu lēmums gaida otru cilvēku." in page
    own = answer(case, anna) | {"answer": "confirm"}
    desk.post(f"/case/{case.pk}/second", own)
    desk.post(f"/case/{case.pk}/verdict", answer(case, anna))
    case.refresh_from_db()
    assert case.status == Status.AWAITING
    assert Review.objects.count() == 1

    desk.force_login(boris)
    page = desk.get(f"/case/{case.pk}").content.decode()
    assert BLOCK["note"] in page
    desk.post(f"/case/{case.pk}/second", answer(case, boris) | {"answer": "confirm"})
    case.refresh_from_db()
    review = Review.objects.get()
    assert case.status == Status.DECIDED
    assert (review.second_reviewer, review.second_outcome) == (boris, "confirmed")
    assert [found.second_reviewer_id for found in read_reviews(fresh=True)] == [boris.pk]


def test_declined_action_goes_to_communications_with_a_reason(
    desk: Client, anna: Any, boris: Any, case: Case, answer: Fill
) -> None:
    take_verdict(case.pk, anna, violation(Action.BLOCK))
    desk.force_login(boris)
    address = f"/case/{case.pk}/second"
    response = desk.post(address, answer(case, boris) | {"answer": "decline", "note": ""})
    assert response.status_code == 422
    assert "Norādiet, kāpēc noraidāt." in response.content.decode()
    desk.post(address, answer(case, boris) | {"answer": "decline", "note": "Pietiek dzēst."})
    case.refresh_from_db()
    review = Review.objects.get()
    assert case.status == Status.ESCALATED
    assert (review.second_outcome, review.settled_at) == (Outcome.DECLINED, None)
    assert list(read_reviews(fresh=True)) == []


def test_escalated_case_is_decided_by_communications_alone(
    desk: Client, anna: Any, person: Callable[..., Any], case: Case, answer: Fill
) -> None:
    desk.post(f"/case/{case.pk}/verdict", answer(case, anna, "escalate", note="Vai tā ir satīra?"))
    case.refresh_from_db()
    assert case.status == Status.ESCALATED
    desk.post(f"/case/{case.pk}/verdict", answer(case, anna))
    case.refresh_from_db()
    assert case.status == Status.ESCALATED

    press = person("press", role=Role.COMMUNICATIONS)
    desk.force_login(press)
    assert "Vai tā ir satīra?" in desk.get(f"/case/{case.pk}").content.decode()
    desk.post(f"/case/{case.pk}/verdict", answer(case, press))
    case.refresh_from_db()
    assert case.status == Status.DECIDED
    assert [found.was_escalated for found in read_reviews(fresh=True)] == [True]


def test_second_verdict_on_a_case_is_not_saved_and_says_so(
    desk: Client, anna: Any, boris: Any, case: Case, answer: Fill
) -> None:
    form = answer(case, anna, "violation", labels=["insult"], action="delete")
    take_verdict(case.pk, boris, Decision(verdict=Verdict.NO_VIOLATION, seconds=3))
    response = desk.post(f"/case/{case.pk}/verdict", form, follow=True)
    page = response.content.decode()
    assert "šī lieta pa to laiku ir mainījusies" in page
    assert "Šī lieta ir izlemta." in page
    assert Review.objects.get().verdict == "no_violation"


def test_of_two_people_at_the_same_moment_one_decides(
    transactional_db: None, person: Callable[..., Any]
) -> None:
    write_cases([make_row()])
    pk = Case.objects.get().pk
    people = [person(name, "ogre") for name in ("anna", "boris")]
    start = threading.Barrier(2)
    outcomes: list[str] = []

    def decide(user: Any) -> None:
        try:
            start.wait(5)
            take_verdict(pk, user, violation())
            outcomes.append("saved")
        except CaseMoved:
            outcomes.append("moved")
        finally:
            connection.close()

    threads = [threading.Thread(target=decide, args=(user,)) for user in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(outcomes) == ["moved", "saved"]
    assert Review.objects.count() == 1


def test_same_person_cannot_answer_as_second(anna: Any, case: Case) -> None:
    take_verdict(case.pk, anna, violation(Action.BLOCK))
    with pytest.raises(CaseMoved):
        answer_as_second(case.pk, anna, confirmed=True, note="", seconds=1)


@pytest.mark.parametrize(
    "changes",
    [
        {"settled_at": timezone.now()},
        {"settled_at": timezone.now(), "second_outcome": "confirmed"},
        {"second_reviewer": "moderator", "second_outcome": "confirmed"},
    ],
)
def test_database_itself_refuses_a_block_by_one_person(
    anna: Any, case: Case, changes: dict[str, Any]
) -> None:
    if "second_reviewer" in changes:
        changes = changes | {"second_reviewer": anna}
    with pytest.raises(IntegrityError), transaction.atomic():
        Review.objects.create(
            case=case, moderator=anna, verdict="violation", action="block", seconds=1, **changes
        )


def test_database_itself_refuses_two_verdicts_in_effect(anna: Any, case: Case) -> None:
    take_verdict(case.pk, anna, Decision(verdict=Verdict.NO_VIOLATION, seconds=1))
    with pytest.raises(IntegrityError), transaction.atomic():
        Review.objects.create(
            case=case, moderator=anna, verdict="violation", seconds=1, settled_at=timezone.now()
        )


def test_htmx_gets_the_next_case_as_a_part_and_its_address(
    desk: Client, anna: Any, answer: Fill
) -> None:
    write_cases([make_row("c1", rank_score=0.9), make_row("c2", "Otrais.", rank_score=0.8)])
    first, second = Case.objects.order_by("-rank_score")
    htmx = {"HX-Request": "true"}
    wrong = desk.post(f"/case/{first.pk}/verdict", answer(first, anna, ""), headers=htmx)
    assert wrong.status_code == 422
    assert "<html" not in wrong.content.decode()
    right = desk.post(f"/case/{first.pk}/verdict", answer(first, anna), headers=htmx)
    assert right["HX-Push-Url"] == f"/case/{second.pk}"
    part = right.content.decode()
    assert "Otrais." in part
    assert "<html" not in part
    # Its form is new: nothing of the last verdict is in it, and it can be sent as it stands.
    assert 'role="alert"' not in part
    assert 'value="no_violation" data-key="n" data-now required checked' not in part
    opened = set(re.findall(r'name="opened" value="([^"]+)"', part))
    assert all(seconds_since_opened(each, second, anna) is not None for each in opened)
    assert opened
    last = desk.post(f"/case/{second.pk}/verdict", answer(second, anna), headers=htmx)
    assert last["HX-Redirect"] == "/"


def test_own_pending_verdict_is_not_the_next_case_to_confirm(
    desk: Client, anna: Any, boris: Any, answer: Fill
) -> None:
    write_cases([make_row("c1", rank_score=0.9), make_row("c2"), make_row("c3", rank_score=0.1)])
    first, second, third = Case.objects.order_by("-rank_score")
    take_verdict(first.pk, anna, violation(Action.BLOCK))
    take_verdict(second.pk, boris, violation(Action.BLOCK))
    take_verdict(third.pk, boris, violation(Action.BLOCK))
    form = answer(second, anna) | {"answer": "confirm"}
    response = desk.post(f"/case/{second.pk}/second?view=awaiting", form)
    assert response["Location"] == f"/case/{third.pk}?view=awaiting"


def test_form_address_leads_to_the_case_after_signing_in(desk: Client, case: Case) -> None:
    response = desk.get(f"/case/{case.pk}/verdict?view=review")
    assert response["Location"] == f"/case/{case.pk}?view=review"
