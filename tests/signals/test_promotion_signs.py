"""Signs of advertising and agitation: what is found, where, and what is told apart."""

from datetime import UTC, datetime

import pytest

from pipeline.core.heads import OUTPUTS
from pipeline.core.settings import ScoreSettings
from pipeline.signals.campaign import campaign_at, off_season
from pipeline.signals.components import Signals
from pipeline.signals.features import NAMES, SIGNS, feature_table, measure
from pipeline.signals.promotion import find_promotion, read_promotion

CAMPAIGNS = ScoreSettings().campaigns


def kinds(text: str, label: str) -> set[str]:
    return {each.kind for each in find_promotion(text) if each.label == label}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Pārdodu malku, 45 eiro kubs, zvaniet 20 000 000", {"offer", "price", "call", "phone"}),
        ("pardodu malku, 45€ kubs, zvani +371 20000000", {"offer", "price", "call", "phone"}),
        ("Ātrie kredīti: bit.ly/nauda", {"money", "shortener"}),
        ("Raksti t.me/darbs_lv vai uz darbs@firma.lv", {"call", "messenger", "email"}),
        ("Skaties www.veikals.lv, -30 % visam", {"link", "percent"}),
        ("Manikīrs pie @nagi.ogre", {"handle"}),
        ("Скидка 20% до пятницы, пишите в личку", {"offer", "percent", "call", "contact"}),
        ("Займ за 10 минут на карту", {"money"}),
        ("З а й м за 10 минут", {"money"}),
        ("Sale! Click bit.ly/x", {"offer", "call", "shortener"}),
        ("Kad tīrīs sniegu Upes ielā?", set()),
        ("Dome 14.03.2026 plkst. 18.00 lēma par 21. autobusu", set()),
        ("", set()),
    ],
)
def test_advertising_shows_its_signs(text: str, expected: set[str]) -> None:
    assert kinds(text, "advertising") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Balsojiet par sarakstu Nr. 5!", {"vote", "candidate", "list_number"}),
        ("balsojam par jauno vienotību", {"vote", "party"}),
        ("Nebalsojiet par ZZS", {"vote_against", "party"}),
        ('Visi par "Upes Krastu"', {"vote", "quoted"}),
        ("Голосуем за список номер 6", {"vote", "candidate", "list_number"}),
        ("Ни одного голоса «Старой гвардии»", {"vote_against", "quoted"}),
        ("Отдайте голоса Согласию", {"vote", "party"}),
        ("Kur ir mans iecirknis un kad sākas balsošana?", set()),
        ("Во сколько открывается участок?", set()),
        ("zzs nāk no miega", set()),
        ("Gaidu autobusu Nr. 214", set()),
    ],
)
def test_agitation_shows_its_signs(text: str, expected: set[str]) -> None:
    assert kinds(text, "agitation") == expected


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("Labdien! Zvaniet 20 000 000 šodien", "20 000 000"),
        ("Лучшие ціни 👍🏽 тут: t.me/abc ок", "t.me/abc"),
        ("Balsojiet par «Upes Krastu»!", "Balsojiet"),
        ("balso\u200bjiet par mums", "balso\u200bjiet"),
    ],
)
def test_offsets_are_those_of_the_original(text: str, part: str) -> None:
    assert part in {text[each.start : each.end] for each in find_promotion(text)}


def test_a_party_is_named_in_the_detail() -> None:
    found = [each for each in find_promotion("Balsojiet par LPV!") if each.kind == "party"]
    assert [each.detail for each in found] == ["Latvija pirmajā vietā"]


def test_a_question_about_an_election_differs_from_a_call() -> None:
    question = read_promotion("Kur ir vēlēšanu iecirknis un vai vajag pasi?").features
    call = read_promotion('Svētdien vēlēšanās balsojiet par "Upes Krastu", saraksts 5!').features
    assert question["election_question"] == 1
    assert question["vote_named"] == call["election_question"] == 0
    assert call["vote_named"] == call["vote_at_election"] == 1


def test_the_component_fills_every_feature_that_a_probability_uses() -> None:
    assert set(SIGNS) == set(OUTPUTS) - {"bot"}
    table = measure(["Pārdodu malku", "", "Голосуйте!"], ["lv", "lv", "ru"])
    assert table.shape == (3, len(NAMES))
    assert (table == table).all(), "no feature is missing"
    assert feature_table(Signals([]).find([("Labi", "lv")])).shape == (1, len(NAMES))


@pytest.mark.parametrize(
    ("moment", "name"),
    [
        (datetime(2025, 6, 7, 12, tzinfo=UTC), "municipal-2025"),
        (datetime(2025, 6, 7, 22, tzinfo=UTC), None),  # in Riga it is the 8th
        (datetime(2026, 6, 4, 22, tzinfo=UTC), "saeima-2026"),  # in Riga it is the 5th
        (datetime(2026, 11, 25, 12, tzinfo=UTC), None),
        (datetime(2029, 6, 2, 12, tzinfo=UTC), "municipal-2029"),
    ],
)
def test_the_calendar_knows_the_campaigns(moment: datetime, name: str | None) -> None:
    assert campaign_at(moment, CAMPAIGNS) == name


def test_campaigns_last_120_days_and_end_on_a_saturday() -> None:
    for first, last in CAMPAIGNS.values():
        assert (last - first).days == 120
        assert last.isoweekday() == 6


def test_outside_a_campaign_the_odds_fall_and_certainty_stays() -> None:
    assert off_season(0.5, 0.5) == pytest.approx(1 / 3)
    assert (off_season(0.0, 0.5), off_season(1.0, 0.5)) == (0.0, 1.0)
    assert off_season(0.3, 1.0) == pytest.approx(0.3)
