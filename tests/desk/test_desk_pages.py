"""The queue page and the case page."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from desk_rows import NOON, make_row, word
from django.test import Client

from pipeline.desk.models import Case, Institution, Role, Status
from pipeline.desk.queue import write_cases


def page(client: Client, address: str = "/") -> str:
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def order(html: str) -> list[str]:
    return re.findall(r'data-row href="/case/(\d+)', html)


def test_queue_ranks_priority_before_review_before_audit(desk: Client) -> None:
    write_cases(
        [
            make_row("audit", band="audit", rank_score=0.99, top_label=None),
            make_row("low", rank_score=0.3),
            make_row("high", rank_score=0.7),
            make_row("sure", band="priority", rank_score=0.1),
        ]
    )
    pk = dict(Case.objects.values_list("comment_id", "pk"))
    expected = [str(pk[name]) for name in ("sure", "high", "low", "audit")]
    assert order(page(desk)) == expected
    assert order(page(desk, "/?view=review")) == expected[1:3]
    assert order(page(desk, "/?view=audit")) == expected[3:]


def test_queue_shows_label_reasons_language_channel_and_age(desk: Client) -> None:
    write_cases([make_row(reasons=("unsure", "copies:4", "Cits iemesls"), copies=("c2",))])
    html = page(desk)
    for shown in (
        "Apvainojums",
        "Teksta modelis šaubās",
        "Gandrīz vienādi komentāri: 4",
        "Cits iemesls",
        "Latviešu",
        "Facebook",
        "2 komentāri",
        'datetime="2026-03-01T14:00:00+02:00"',
        'lang="lv"',
    ):
        assert shown in html


def test_scores_are_hidden_until_asked_for(desk: Client, case: Case) -> None:
    assert "52 %" not in page(desk)
    html = page(desk, f"/case/{case.pk}")
    assert html.index("Nu tev gan smadzenes") < html.index("Rādīt modeļa vērtējumu")
    before, scores = html.split('<details class="more scores"')
    assert "52 %" in scores
    assert "52 %" not in before
    assert not scores.startswith(" open")


def test_scores_that_routing_gives_as_reasons_are_hidden_too(desk: Client) -> None:
    scored = make_row(reasons=("unsure", "threat 0.97"), probs={"abuse": 0.97})
    write_cases([scored])
    html = page(desk, f"/case/{Case.objects.get().pk}")
    for shown in (page(desk), html.split('<details class="more scores"')[0]):
        assert "Draudi" in shown
        assert "0.97" not in shown
        assert "97 %" not in shown
    assert "Jebkāds aizskarošs saturs" in html


def test_filters_narrow_list_and_counts(client: Client, person: Callable[..., Any]) -> None:
    write_cases(
        [
            make_row("c1", band="priority"),
            make_row("c2", comment={"lang": "ru"}),
            make_row("c3", institution="culture", comment={"lang": "ru"}),
        ]
    )
    client.force_login(person("vera", "ogre", "culture"))
    tabs = r'<span class="count">(\d+)</span>'
    assert re.findall(tabs, page(client)) == ["3", "1", "2", "0", "0", "0", "0"]
    html = page(client, "/?institution=ogre&lang=ru")
    assert re.findall(tabs, html) == ["1", "0", "1", "0", "0", "0", "0"]
    assert len(order(html)) == 1
    assert "view=priority&amp;institution=ogre&amp;lang=ru" in html
    assert order(page(client, "/?view=nonsense&lang=xx&institution=nowhere")) == []


def test_long_queue_comes_in_pages(desk: Client) -> None:
    write_cases([make_row(f"c{n}", rank_score=n / 100) for n in range(60)])
    first, last = page(desk), page(desk, "/?page=3&lang=lv")
    assert (len(order(first)), len(order(last))) == (25, 10)
    assert "1. lapa no 3" in first
    assert "?page=2&amp;lang=lv" in last
    assert order(page(desk, "/?page=99")) == order(last)


def test_moderator_sees_own_institutions_only(desk: Client, case: Case) -> None:
    write_cases([make_row("other", "Svešs komentārs.", institution="culture")])
    foreign = Case.objects.get(comment_id="other")
    assert "Svešs komentārs" not in page(desk)
    assert order(page(desk, "/?institution=culture")) == []
    for address in ("", "/verdict", "/second"):
        assert desk.get(f"/case/{foreign.pk}{address}").status_code == 404
        assert desk.post(f"/case/{foreign.pk}{address or '/verdict'}").status_code == 404
    foreign.refresh_from_db()
    assert foreign.status == Status.OPEN


def test_thread_shows_nothing_of_other_institutions(desk: Client) -> None:
    in_thread = {"thread_id": "t1", "created_at": NOON - timedelta(hours=1)}
    write_cases(
        [
            make_row("c1", "Mūsu lieta.", comment={"thread_id": "t1", "parent_id": "c2"}),
            make_row("c2", "Uz ko atbild.", comment=in_thread),
            make_row("c3", "Svešs.", institution="culture", comment=in_thread),
            make_row("c4", "Cits pavediens.", comment={"thread_id": "t2"}),
        ]
    )
    html = page(desk, f"/case/{Case.objects.get(comment_id='c1').pk}")
    assert "Uz ko atbild." in html
    assert "Uz šo komentārs atbild" in html
    assert "Svešs." not in html
    assert "Cits pavediens." not in html


def test_communications_department_sees_all_institutions(
    client: Client, person: Callable[..., Any]
) -> None:
    write_cases([make_row("c1"), make_row("c2", institution="culture")])
    client.force_login(person("press", role=Role.COMMUNICATIONS))
    assert len(order(page(client))) == 2


def test_evidence_is_marked_where_it_stands(desk: Client) -> None:
    text = "Ko jūs, <b>mūlāpi</b>, tur darāt?"
    write_cases([make_row(text=text, evidence=(word(text, "mūlāpi"),))])
    html = page(desk, f"/case/{Case.objects.get().pk}")
    assert 'Ko jūs, &lt;b&gt;<mark title="Apvainojums">mūlāpi</mark>&lt;/b&gt;, tur' in html
    assert "8.1" in html
    assert "Ētika un pieklājība" in html


def test_case_steps_follow_the_ranking(desk: Client) -> None:
    write_cases([make_row(f"c{n}", rank_score=0.5) for n in range(3)])
    first, middle, last = Case.objects.order_by("pk").values_list("pk", flat=True)
    step = r'href="/case/(\d+)[^"]*" data-key="(j|k)"'
    assert re.findall(step, page(desk, f"/case/{middle}")) == [(str(first), "k"), (str(last), "j")]
    assert re.findall(step, page(desk, f"/case/{last}")) == [(str(middle), "k")]


@pytest.mark.parametrize("address", ["/", "/?view=review", "/case/{pk}"])
def test_queries_do_not_grow_with_the_cases(
    desk: Client, django_assert_max_num_queries: Any, address: str
) -> None:
    def n_queries() -> int:
        with django_assert_max_num_queries(17) as queries:
            page(desk, address.format(pk=first))
        return len(queries)

    in_thread = {"comment": {"thread_id": "t1"}}
    write_cases([make_row("c0", **in_thread)])
    first = Case.objects.get().pk
    few = n_queries()
    for n, name in enumerate(("culture", "sports", "library")):
        Institution.objects.create(code=name, name=name)
        write_cases([make_row(f"{name}-{i}", institution=name) for i in range(3 + n)])
    write_cases([make_row(f"c{n}", copies=(f"c{n}-copy",), **in_thread) for n in range(1, 24)])
    assert n_queries() <= few + 1


def test_htmx_gets_the_list_alone(desk: Client, case: Case) -> None:
    response = desk.get("/?view=review", headers={"HX-Request": "true"})
    html = response.content.decode()
    assert order(html) == [str(case.pk)]
    assert "<html" not in html


def test_empty_queue_says_so(desk: Client) -> None:
    assert "Šeit nekas negaida." in page(desk)


@pytest.mark.parametrize(
    ("link", "is_shown"),
    [
        ("https://example.org/post/1?comment=2", True),
        ("http://example.org", True),
        ("javascript:alert(1)", False),
        ("JaVaScRiPt:alert(1)//http://x", False),
        ("data:text/html,x", False),
        ("//example.org/x", False),
        ("http://[broken", False),
        ("", False),
    ],
)
def test_only_web_addresses_become_links(desk: Client, link: str, is_shown: bool) -> None:
    write_cases([make_row(comment={"permalink": link})])
    html = page(desk, f"/case/{Case.objects.get().pk}")
    assert ("Atvērt publikāciju" in html) == is_shown


def test_case_of_an_older_policy_is_still_shown(desk: Client) -> None:
    write_cases([make_row(top_label="retired", clauses=("99.9",), probs={"retired": 0.5})])
    html = page(desk, f"/case/{Case.objects.get().pk}")
    assert "retired" in html
    assert "retired" in page(desk)


def test_unassessed_case_is_shown_as_such(desk: Client) -> None:
    unassessed = make_row(
        top_label=None, clauses=(), probs={}, reasons=("language",), comment={"lang": "und"}
    )
    write_cases([unassessed])
    html = page(desk, f"/case/{Case.objects.get().pk}")
    assert "Valoda nav noteikta" in html
    assert "Nav vērtēts automātiski" in html
    assert 'lang="und"' in html
