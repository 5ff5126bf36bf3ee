"""The quality lane: blind pairs, third opinions, known answers, and the figures."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from desk_rows import make_row
from django.test import Client
from django.utils import timezone

from pipeline.core.agreement import agreement
from pipeline.desk.blind import Judgement, judge, next_task, set_golden
from pipeline.desk.models import (
    BlindReview,
    Case,
    DoubleCheck,
    GoldenItem,
    Institution,
    Purpose,
    Review,
    Role,
    Verdict,
)
from pipeline.desk.quality import measure
from pipeline.desk.queue import Doubted, doubt, write_cases
from pipeline.desk.verdicts import CaseMoved, Decision, take_verdict, undo

NO = Decision(verdict=Verdict.NO_VIOLATION, seconds=10)
YES = Decision(
    verdict=Verdict.VIOLATION, labels=("insult",), clauses=("8.1",), action="delete", seconds=20
)  # type: ignore[arg-type]
SAYS_NO = Judgement(verdict=Verdict.NO_VIOLATION, seconds=3)
SAYS_YES = Judgement(verdict=Verdict.VIOLATION, labels=("insult",), seconds=3)


@pytest.fixture
def all_drawn(db: None) -> Institution:
    return Institution.objects.create(code="ogre", name="Ogre", double_share=1.0)


@pytest.fixture
def senior(person: Callable[..., Any]) -> Any:
    return person("senior", "ogre", role=Role.SENIOR)


def decided(anna: Any, n: int = 1, decision: Decision = NO) -> list[Case]:
    write_cases([make_row(f"q{k}", f"Komentārs {k}.", rank_score=0.9 - k / 100) for k in range(n)])
    cases = list(Case.objects.filter(comment_id__startswith="q").order_by("-rank_score"))
    for case in cases:
        take_verdict(case.pk, anna, decision)
    return cases


@pytest.mark.parametrize(("share", "n"), [(0.0, 0), (1.0, 40)])
def test_verdicts_are_drawn_at_the_set_rate(
    all_drawn: Institution, anna: Any, share: float, n: int
) -> None:
    all_drawn.double_share = share
    all_drawn.save()
    decided(anna, 40)
    assert DoubleCheck.objects.count() == n


def test_the_second_person_is_another_and_sees_no_verdict_and_no_score(
    all_drawn: Institution, anna: Any, boris: Any, client: Client
) -> None:
    (case,) = decided(anna, decision=YES)
    assert next_task(anna) is None
    with pytest.raises(CaseMoved):
        judge(anna, case.pk, SAYS_YES)
    client.force_login(boris)
    page = client.get("/blind").content.decode()
    assert "Komentārs 0." in page
    for hidden in ("Teksta modelis", "52 %", "anna", "<mark", "Līdz šim", "checked"):
        assert hidden not in page


def test_agreeing_closes_and_differing_asks_a_third(
    all_drawn: Institution, anna: Any, boris: Any, senior: Any
) -> None:
    same, other = decided(anna, 2)
    assert judge(boris, same.pk, SAYS_NO).purpose == Purpose.DOUBLE
    assert DoubleCheck.objects.get(case=same).settled_at is not None
    judge(boris, other.pk, SAYS_YES)
    check = DoubleCheck.objects.get(case=other)
    assert (check.needs_third, check.settled_at) == (True, None)
    task = next_task(senior)
    assert task is not None
    assert (task.purpose, task.case) == (Purpose.THIRD, other)
    judge(senior, other.pk, SAYS_YES)
    check.refresh_from_db()
    assert check.settled_at is not None
    # The verdict in effect is for people to change, not for the lane.
    other.refresh_from_db()
    assert other.status == "decided"


def test_a_third_opinion_is_a_senior_persons(
    all_drawn: Institution, anna: Any, boris: Any, person: Callable[..., Any]
) -> None:
    (case,) = decided(anna)
    judge(boris, case.pk, SAYS_YES)
    vera = person("vera", "ogre")
    assert next_task(vera) is None
    with pytest.raises(CaseMoved):
        judge(vera, case.pk, SAYS_NO)


def test_undone_verdicts_are_not_judged(all_drawn: Institution, anna: Any, boris: Any) -> None:
    (case,) = decided(anna)
    undo(case.reviews.get().pk, anna)
    assert next_task(boris) is None


def test_known_answers_are_met_among_the_blind_cases(
    db: None, anna: Any, boris: Any, senior: Any, client: Client
) -> None:
    # Chance must not put the case before a second person as well.
    Institution.objects.update(double_share=0.0)
    (case,) = decided(anna, decision=YES)
    write_cases([make_row("open")])
    still_open = Case.objects.get(comment_id="open")
    with pytest.raises(CaseMoved):
        set_golden(senior, still_open)
    client.force_login(senior)
    client.post(f"/case/{case.pk}/golden")
    assert GoldenItem.objects.get().labels == ["insult"]
    assert next_task(anna) is None, "she gave the answer herself"
    assert next_task(senior) is None, "and they set it"
    assert judge(boris, case.pk, SAYS_YES).purpose == Purpose.GOLDEN
    with pytest.raises(CaseMoved):
        judge(boris, case.pk, SAYS_YES)
    assert measure(senior).golden.share == 1.0


def test_figures_are_those_of_the_judgements(
    all_drawn: Institution, anna: Any, boris: Any, senior: Any
) -> None:
    cases = decided(anna, 12)
    said = [SAYS_NO] * 9 + [SAYS_YES] * 3
    for case, judgement in zip(cases, said, strict=True):
        judge(boris, case.pk, judgement)
    found = measure(senior)
    expected = agreement([[False, each is SAYS_YES] for each in said], bootstrap=1000)
    assert found.agreements[0].found == expected
    by_label = {each.label: each.found for each in found.agreements}
    assert by_label["insult"].alpha == expected.alpha
    assert by_label["threat"].alpha is None
    assert (found.overridden["review"].n, found.overridden["review"].share) == (12, 1.0)
    assert found.overridden["priority"].n == 0
    assert (found.seconds.n, found.seconds.median) == (12, 10)
    assert sum(n for _, _, n in found.seconds.buckets) == 12
    assert found.n_open_checks == 3


def test_missed_violations_come_from_the_audit_sample_alone(senior: Any, anna: Any) -> None:
    write_cases([make_row(f"a{n}", band="audit", is_audit_sample=True) for n in range(4)])
    for n, case in enumerate(Case.objects.order_by("pk")):
        take_verdict(case.pk, anna, YES if n == 0 else NO)
    found = measure(senior)
    assert (found.missed.n, found.missed.n_marked) == (4, 1)
    assert found.overridden["review"].n == 0


def test_figures_of_other_institutions_stay_there(person: Callable[..., Any], anna: Any) -> None:
    decided(anna, 3)
    stranger = person("stranger", "culture", role=Role.SENIOR)
    assert measure(stranger).seconds.n == 0


def test_the_page_draws_plots_with_words_beside_them(
    all_drawn: Institution, anna: Any, boris: Any, senior: Any, client: Client
) -> None:
    for case in decided(anna, 4):
        judge(boris, case.pk, SAYS_NO if case.rank_score > 0.88 else SAYS_YES)
    client.force_login(senior)
    page = client.get("/quality").content.decode()
    assert page.count('<svg class="brand') == 1
    assert page.count('role="img"') == 3
    # Numbers in a drawing are written with a point, whatever the language of the page.
    assert not re.search(r'(?:cx|cy|x1|y1|x|y|width|height)="[\d.]*,', page)
    assert " style=" not in page
    assert BlindReview.objects.count() == 4


def test_a_blind_form_needs_a_kind_for_a_violation(
    all_drawn: Institution, anna: Any, boris: Any, client: Client, answer: Any
) -> None:
    (case,) = decided(anna)
    client.force_login(boris)
    form = answer(case, boris, "violation")
    assert client.post(f"/blind/{case.pk}", form).status_code == 422
    assert client.post(f"/blind/{case.pk}", form | {"labels": ["insult"]}).status_code == 302
    assert BlindReview.objects.get().labels == ["insult"]


def test_a_doubted_verdict_is_judged_blindly_once_and_says_nothing_about_agreement(
    person: Callable[..., Any], anna: Any, boris: Any, settings: Any
) -> None:
    Institution.objects.filter(code="ogre").update(double_share=0.0)
    first, second = decided(anna, 2, YES)
    keys = [(first.source, first.comment_id), ("facebook", "nobody wrote this")]
    assert doubt(keys) == Doubted(n_asked=1, n_known=0, n_unknown=1)
    assert doubt(keys) == Doubted(n_asked=0, n_known=1, n_unknown=1)
    assert next_task(anna) is None
    task = next_task(boris)
    assert task is not None
    assert (task.case, task.purpose) == (first, Purpose.DOUBLE)
    judge(boris, first.pk, SAYS_NO)
    assert DoubleCheck.objects.get().needs_third
    Review.objects.update(settled_at=timezone.now())
    assert measure(anna).agreements[0].found.n_units == 0
    assert not second.double_checks.exists()


def test_picked_comments_do_not_pass_for_a_random_sample(anna: Any) -> None:
    for name, drawn in (("q1", True), ("q2", False)):
        row = make_row(name, f"Komentārs {name}.", band="audit", is_audit_sample=drawn)
        write_cases([row])
        take_verdict(Case.objects.get(comment_id=name).pk, anna, NO if drawn else YES)
    Review.objects.update(settled_at=timezone.now())
    missed = measure(anna).missed
    assert (missed.n_marked, missed.n) == (0, 1)


def test_page_of_a_desk_without_verdicts_shows_no_figures(
    client: Client, person: Callable[..., Any]
) -> None:
    client.force_login(person("numbers", role="data_team"))
    page = client.get("/quality").content.decode()
    assert "Lēmumu vēl nav." in page
    assert "0 s" not in page
    assert "<td></td>" not in page
