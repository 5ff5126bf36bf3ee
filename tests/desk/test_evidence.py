"""Evidence of every kind, in three languages, and what a violation rests on."""

import json
from typing import Any

import pytest
from desk_rows import make_row, word
from django.test import Client
from django.utils import translation

from pipeline.desk.evidence import shown_evidence
from pipeline.desk.forms import evidence_choice
from pipeline.desk.models import Case, Review
from pipeline.desk.queue import EvidenceRow, write_cases
from pipeline.desk.reasons import CLAIM_VERDICTS, KINDS, kind_text, verdict_text
from pipeline.signals.private_life import PRIVATE_LIFE

TEXT = "Zvani 29123456, te skaisti viltojumi!"
CLAIM = {
    "claim": "Vakcīnās ir mikroshēmas.",
    "verdict": "false",
    "publisher": "Re:Baltica",
    "date": "2021-03-04",
    "address": "https://example.org/claim",
}


@pytest.mark.parametrize("language", ["lv", "ru"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_worded(kind: str, language: str) -> None:
    with translation.override("en"):
        english = kind_text(kind)
    with translation.override(language):
        assert kind_text(kind) != english or kind == "operator"


@pytest.mark.parametrize("tag", PRIVATE_LIFE)
def test_every_private_matter_is_worded(tag: str) -> None:
    assert f"private_{tag}" in KINDS


@pytest.mark.parametrize(
    ("language", "kind", "code", "shown"),
    [
        ("lv", "lexicon", "slur", ("nicinājums pret cilvēku grupu",)),
        ("ru", "lexicon", "slur", ("презрение к группе людей",)),
        ("lv", "lexicon", "insult", ()),
        ("ru", "private_health", "health", ()),
        ("lv", "phone", "******56", ("******56",)),
    ],
)
def test_codes_of_the_signals_are_told_in_words(
    language: str, kind: str, code: str, shown: tuple[str, ...]
) -> None:
    with translation.override(language):
        (found,) = shown_evidence(TEXT, [{"label": "hate", "kind": kind, "detail": code}])
    assert found.masked == shown


def test_words_to_choose_from_bear_no_stray_commas() -> None:
    quoted = [{"label": "insult", "kind": "word", "start": 6, "end": 15}]
    (found,) = shown_evidence(TEXT, quoted)
    assert found.quotes == ("29123456",)
    with translation.override("lv"):
        assert evidence_choice(found) == "Apvainojums · Vārdi ar lielāko nozīmi: 29123456"


@pytest.mark.parametrize("language", ["lv", "ru"])
def test_every_claim_verdict_is_worded(language: str) -> None:
    with translation.override(language):
        assert not set(map(verdict_text, CLAIM_VERDICTS)) & {str(each) for each in CLAIM_VERDICTS}


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("address.house", "Adrese"), ("brand_new-sign", "Pazīme: brand new sign"), ("", "Pazīme: –")],
)
def test_unknown_kinds_are_shown_readably(kind: str, expected: str) -> None:
    with translation.override("lv"):
        assert kind_text(kind) == expected


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("lv", ("21 komentārs", "9 profili", "9 min laikā")),
        ("ru", ("21 комментарий", "9 профилей", "за 9 мин")),
        ("en", ("21 comment", "9 profiles", "within 9 min")),
    ],
)
def test_behaviour_is_told_in_figures(language: str, expected: tuple[str, ...]) -> None:
    detail = "comments=21 profiles=9 seconds=540 group=0a1b2c3d4e5f"
    piece = {"label": "bot", "kind": "same_text", "detail": detail}
    with translation.override(language):
        (shown,) = shown_evidence("x", [piece])
    facts = (
        shown.facts
        if language != "en"
        else tuple(f.replace("comments", "comment") for f in shown.facts)
    )
    assert facts == expected
    assert "0a1b2c" not in str(shown.facts)


@pytest.mark.parametrize(
    ("text", "spans", "quotes"),
    [
        ("Draņķi, prom!", [(0, 7), (8, 13)], ("Draņķi", "prom")),
        ("бля, найду", [(0, 4)], ("бля",)),
        ("p*dec ...", [(0, 5), (6, 9)], ("p*dec", "...")),
    ],
)
def test_words_are_quoted_without_the_commas_beside_them(
    text: str, spans: list[tuple[int, int]], quotes: tuple[str, ...]
) -> None:
    pieces = [{"label": "insult", "kind": "word", "start": s, "end": e} for s, e in spans]
    (shown,) = shown_evidence(text, pieces)
    assert shown.quotes == quotes


def test_evidence_of_one_label_and_kind_stands_together() -> None:
    kinds = ["word", "lexicon", "word", "word"]
    pieces = [
        {"label": "insult", "kind": kind, "start": at, "end": at + 1}
        for at, kind in enumerate(kinds)
    ]
    shown = shown_evidence("abcd", pieces)
    assert [(each.name, each.quotes) for each in shown] == [("0", ("a", "c", "d")), ("1", ("b",))]


def test_personal_data_is_not_repeated_beside_its_mask() -> None:
    piece = {"label": "personal_data", "kind": "phone", "start": 0, "end": 8}
    (masked,) = shown_evidence("29123456", [{**piece, "detail": "******56"}])
    assert (masked.quotes, masked.masked) == ((), ("******56",))
    (bare,) = shown_evidence("29123456", [piece])
    assert bare.quotes == ("29123456",)


def test_case_page_shows_claims_with_their_source_and_masked_data(desk: Client) -> None:
    write_cases(
        [
            make_row(
                text=TEXT,
                evidence=(
                    EvidenceRow(label="disinformation", kind="claim", detail=json.dumps(CLAIM)),
                    EvidenceRow(
                        label="personal_data", kind="phone", start=6, end=14, detail="******56"
                    ),
                    EvidenceRow(label="bot", kind="even_gaps", detail="every=60 comments=12"),
                    EvidenceRow(label="insult", kind="newly_made", detail="kaut kas"),
                ),
            )
        ]
    )
    html = desk.get(f"/case/{Case.objects.get().pk}").content.decode()
    for shown in (
        "Vakcīnās ir mikroshēmas.",
        "atzīts par nepatiesu",
        "Re:Baltica",
        'href="https://example.org/claim"',
        "Tālruņa numurs",
        "******56",
        '<mark title="Citas personas dati">29123456</mark>',
        "ik pēc 60 s · 12 komentāri",
        "Pazīme: newly made",
    ):
        assert shown in html


@pytest.mark.parametrize(
    "detail",
    [
        "{",
        "{}",
        '{"claim": ""}',
        '["x"]',
        '{"claim": 5}',
        '{"claim": "x", "address": "javascript:1"}',
    ],
)
def test_a_broken_claim_breaks_no_page(desk: Client, detail: str) -> None:
    row = EvidenceRow(label="disinformation", kind="claim", detail=detail)
    write_cases([make_row(text=TEXT, evidence=(row,))])
    response = desk.get(f"/case/{Case.objects.get().pk}")
    assert response.status_code == 200
    assert 'href="javascript' not in response.content.decode()


def post(desk: Client, case: Case, form: dict[str, Any]) -> Any:
    return desk.post(f"/case/{case.pk}/verdict", form)


def test_a_violation_needs_evidence_that_is_there(
    desk: Client, anna: Any, case: Case, answer: Any
) -> None:
    base = {"labels": ["insult"], "action": "delete"}
    none = post(desk, case, answer(case, anna, "violation", **base, evidence=[]))
    assert none.status_code == 422
    assert "Norādiet pierādījumu" in none.content.decode()
    wrong = answer(case, anna, "violation", **base, evidence=[], quote="kaut kas cits")
    assert "Šāda fragmenta komentārā nav." in post(desk, case, wrong).content.decode()
    right = answer(case, anna, "violation", **base, evidence=[], quote="gan  SMADZENES")
    assert post(desk, case, right).status_code == 302
    assert Review.objects.get().evidence == [{"kind": "quote", "start": 7, "end": 20}]


def test_one_key_takes_the_suggestion_with_its_evidence(
    desk: Client, anna: Any, answer: Any
) -> None:
    write_cases([make_row(text=TEXT, evidence=(word(TEXT, "viltojumi"),))])
    case = Case.objects.get()
    form = {"opened": answer(case, anna)["opened"], "quick": "1"}
    assert post(desk, case, form).status_code == 302
    review = Review.objects.get()
    assert (review.verdict, review.labels, review.action) == ("violation", ["insult"], "delete")
    assert [piece["start"] for piece in review.evidence] == [27]
    assert review.clauses == ["8.1", "8.3"]


@pytest.mark.parametrize("label", ["disinformation", "anti_state", None])
def test_no_quick_verdict_where_the_rules_suggest_a_question(
    desk: Client, anna: Any, answer: Any, label: str | None
) -> None:
    write_cases([make_row(text=TEXT, top_label=label)])
    case = Case.objects.get()
    assert 'name="quick"' not in desk.get(f"/case/{case.pk}").content.decode()
    form = {"opened": answer(case, anna)["opened"], "quick": "1"}
    assert post(desk, case, form).status_code == 422
    assert not Review.objects.exists()


@pytest.mark.parametrize("action", ["restrict", "block", "report"])
def test_actions_against_people_are_never_taken_in_bulk(
    desk: Client, anna: Any, answer: Any, action: str
) -> None:
    write_cases([make_row(text=TEXT, top_label="threat", copies=("c2", "c3"))])
    case = Case.objects.get()
    form = answer(case, anna, "violation", labels=["threat"], action=action, note="Draud.")
    assert post(desk, case, form).status_code == 422
    assert post(desk, case, form | {"action": "delete"}).status_code == 302


def test_a_group_is_split_into_cases_of_their_own(desk: Client, anna: Any, answer: Any) -> None:
    row = make_row(text=TEXT, top_label="threat", copies=("c2", "c3"), reasons=("sure", "copies:3"))
    write_cases([row])
    case = Case.objects.get()
    desk.post(f"/case/{case.pk}/split")
    assert sorted(Case.objects.values_list("comment_id", "n_comments", "status")) == [
        ("c1", 1, "open"),
        ("c2", 1, "open"),
        ("c3", 1, "open"),
    ]
    # A night that runs again finds each where it is now.
    written = write_cases([row])
    assert (written.n_new, Case.objects.count()) == (0, 3)
    form = answer(case, anna, "violation", labels=["threat"], action="block", note="Draud.")
    case.refresh_from_db()
    assert post(desk, case, form).status_code == 302


def test_similar_decisions_are_shown_with_what_was_decided(
    desk: Client, anna: Any, answer: Any
) -> None:
    write_cases(
        [
            make_row("c1", "Tu esi galīgs muļķis un nelietis.", rank_score=0.9),
            make_row("c2", "Esi galīgs muļķis, nelietis tāds!", rank_score=0.8),
            make_row("c3", "Kad tīrīs ielas Jaunogrē?", rank_score=0.7),
        ]
    )
    first, second, third = Case.objects.order_by("-rank_score")
    post(desk, first, answer(first, anna, "violation", labels=["insult"], action="delete"))
    html = desk.get(f"/case/{second.pk}").content.decode()
    assert "Līdzīgi komentāri" in html
    assert f'href="/case/{first.pk}"' in html
    assert "Līdzīgi komentāri" not in desk.get(f"/case/{third.pk}").content.decode()


def test_similar_decisions_of_other_institutions_are_not_shown(
    desk: Client, person: Any, answer: Any
) -> None:
    vera = person("vera", "culture")
    write_cases(
        [
            make_row("c1", "Tu esi galīgs muļķis un nelietis.", institution="culture"),
            make_row("c2", "Tu esi galīgs muļķis un nelietis!"),
        ]
    )
    foreign = Case.objects.get(comment_id="c1")
    other = Client()
    other.force_login(vera)
    post(other, foreign, answer(foreign, vera))
    own = Case.objects.get(comment_id="c2")
    assert "Līdzīgi komentāri" not in desk.get(f"/case/{own.pk}").content.decode()


def test_scores_come_first_only_where_the_institution_wants_it(desk: Client, case: Case) -> None:
    assert 'data-key="s" open' not in desk.get(f"/case/{case.pk}").content.decode()
    case.institution.scores_last = False
    case.institution.save()
    assert 'data-key="s" open' in desk.get(f"/case/{case.pk}").content.decode()
