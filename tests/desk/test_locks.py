"""Two people never get the same case: locks, the next best case, and filters."""

import multiprocessing
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from desk_rows import NOON, make_row
from desk_workers import work_through
from django.db import connection
from django.test import Client
from django.utils import timezone

from pipeline.desk.listing import QueueFilter
from pipeline.desk.locks import HELD_FOR, hold
from pipeline.desk.models import Action, Case, Review, Role, Verdict
from pipeline.desk.queue import write_cases
from pipeline.desk.verdicts import CaseMoved, Decision, take_verdict
from pipeline.desk.working import claim_next

NO = Decision(verdict=Verdict.NO_VIOLATION, seconds=1)


def three() -> list[Case]:
    write_cases([make_row(f"c{n}", f"Teksts {n}.", rank_score=0.9 - n / 10) for n in range(3)])
    return list(Case.objects.order_by("-rank_score"))


def test_next_gives_each_person_the_best_case_that_nobody_has(
    db: None, anna: Any, boris: Any
) -> None:
    first, second, third = three()
    queue = QueueFilter()
    assert claim_next(anna, queue) == first.pk
    assert claim_next(boris, queue) == second.pk
    # Whoever asks again gets what they hold already: nothing stays behind unread.
    assert claim_next(anna, queue) == first.pk
    take_verdict(first.pk, anna, NO)
    assert claim_next(anna, queue) == third.pk


def test_opening_a_case_locks_it_and_others_see_by_whom(
    desk: Client, case: Case, boris: Any
) -> None:
    desk.get(f"/case/{case.pk}")
    other = Client()
    other.force_login(boris)
    html = other.get(f"/case/{case.pk}").content.decode()
    assert "anna" in html
    assert '<form class="verdict"' not in html
    assert "Atvēris cits: anna" in other.get("/").content.decode()
    with pytest.raises(CaseMoved):
        take_verdict(case.pk, boris, NO)


def test_a_lock_runs_out_and_then_the_next_person_may(
    desk: Client, case: Case, boris: Any, anna: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.get(f"/case/{case.pk}")
    assert not hold(case.pk, boris, "open")
    later = timezone.now() + HELD_FOR + timedelta(seconds=1)
    monkeypatch.setattr("pipeline.desk.locks.timezone.now", lambda: later)
    assert hold(case.pk, boris, "open")
    with pytest.raises(CaseMoved):
        take_verdict(case.pk, anna, NO)


def test_a_case_that_was_decided_meanwhile_is_not_given_out(
    case: Case, anna: Any, boris: Any
) -> None:
    take_verdict(case.pk, anna, NO)
    assert not hold(case.pk, boris, "open")


def test_a_person_holds_one_case_and_gives_it_back_when_signing_out(
    desk: Client, anna: Any
) -> None:
    first, second, _ = three()
    desk.get(f"/case/{first.pk}")
    desk.get(f"/case/{second.pk}")
    assert list(Case.objects.filter(locked_by=anna).values_list("pk", flat=True)) == [second.pk]
    desk.post("/sign-out")
    assert not Case.objects.filter(locked_by=anna).exists()


def test_reading_alone_locks_nothing(
    client: Client, case: Case, person: Callable[..., Any]
) -> None:
    client.force_login(person("audit", role=Role.AUDITOR))
    html = client.get(f"/case/{case.pk}").content.decode()
    case.refresh_from_db()
    assert case.locked_by is None
    assert '<form class="verdict"' not in html
    assert "bet ne izlemt" in html


def test_the_button_leads_to_the_best_case_of_the_view(desk: Client) -> None:
    cases = three()
    Case.objects.filter(pk=cases[2].pk).update(lang="ru")
    assert desk.post("/next")["Location"] == f"/case/{cases[0].pk}"
    assert desk.post("/next?lang=ru")["Location"] == f"/case/{cases[2].pk}?lang=ru"
    assert desk.post("/next?view=escalated")["Location"] == "/?view=escalated"
    assert desk.get("/next").status_code == 405


def test_mine_holds_what_a_person_has_open_and_what_they_asked(desk: Client, anna: Any) -> None:
    first, second, third = three()
    ask = Decision(verdict=Verdict.ESCALATE, action=Action.ESCALATE, note="?", seconds=1)
    take_verdict(first.pk, anna, ask)
    take_verdict(second.pk, anna, NO)
    hold(third.pk, anna, "open")
    shown = desk.get("/?view=mine").content.decode()
    assert f"/case/{first.pk}?" in shown
    assert f"/case/{third.pk}?" in shown
    assert f"/case/{second.pk}?" not in shown


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("label=threat", {"threat"}),
        ("clause=8.4", {"advert"}),
        ("clause=8.3", {"insult", "threat"}),
        ("channel=site", {"advert"}),
        ("channel=facebook&label=insult", {"insult"}),
        ("age=older", {"insult", "threat"}),
        ("age=day", {"advert"}),
        ("label=nonsense&age=never&channel=xx&clause=1", {"insult", "threat", "advert"}),
    ],
)
def test_filters_by_label_clause_channel_and_age(
    desk: Client, query: str, expected: set[str]
) -> None:
    fresh = {"created_at": timezone.now() - timedelta(hours=2), "channel": "website"}
    write_cases(
        [
            make_row("insult"),
            make_row("threat", top_label="threat"),
            make_row("advert", top_label="advertising", comment=fresh),
        ]
    )
    shown = desk.get(f"/?{query}").content.decode()
    pks = dict(Case.objects.values_list("comment_id", "pk"))
    assert {name for name, pk in pks.items() if f'href="/case/{pk}' in shown} == expected
    assert f'<span class="count">{len(expected)}</span>' in shown


def test_capacity_counts_todays_verdicts(desk: Client, anna: Any) -> None:
    first, second, _ = three()
    take_verdict(first.pk, anna, NO)
    take_verdict(second.pk, anna, NO)
    yesterday = timezone.now() - timedelta(days=1)
    Review.objects.filter(case=second).update(reviewed_at=yesterday)
    first.institution.daily_capacity = 50
    first.institution.save()
    assert "Šodien: 1 no 50" in desk.get("/").content.decode()


def test_moderators_in_processes_of_their_own_decide_each_case_once(
    transactional_db: None, person: Callable[..., Any]
) -> None:
    n_people, n_cases = 3, 30
    write_cases([make_row(f"c{n}", rank_score=n / 100) for n in range(n_cases)])
    names = [person(f"p{n}", "ogre").username for n in range(n_people)]
    database = {**connection.settings_dict}
    connection.close()
    context = multiprocessing.get_context("spawn")
    ready, told = context.Barrier(n_people), context.Queue()
    workers = [
        context.Process(target=work_through, args=(database, name, ready, told)) for name in names
    ]
    for worker in workers:
        worker.start()
    results = [told.get(timeout=120) for _ in workers]
    for worker in workers:
        worker.join(30)
    assert [failed for _, failed in results if failed] == []
    times = Counter(pk for decided, _ in results for pk in decided)
    assert len(times) == n_cases
    assert set(times.values()) == {1}
    assert Review.objects.count() == n_cases


def test_age_is_that_of_the_comment_not_of_the_case(db: None) -> None:
    write_cases([make_row("c1", comment={"created_at": NOON})])
    assert Case.objects.filter(QueueFilter(age="older").condition).count() == 1
