"""Language detection: the three languages in all their spellings, and what is none of them."""

import csv
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.core import paths
from pipeline.core.language import detect_language
from pipeline.core.translit import (
    RUSSIAN_STYLES,
    RussianStyle,
    fold_latvian,
    russian_to_latin,
    transliterate_old,
)

LATVIAN = [
    "Kāpēc Brīvības ielā atkal nav tīrīts sniegs?",
    "Paldies pašvaldībai par jauno rotaļu laukumu, bērni ļoti priecīgi!",
    "Cik ilgi vēl būs jāgaida, kamēr salabos ceļu uz Suntažiem?",
    "Es tur biju vakar, viss bija kārtībā",
    "Kur var nodot vecās riepas un eglītes?",
    "Kauns domei, trešo gadu viens un tas pats",
    "Autobuss atkal kavējās divdesmit minūtes, cilvēki salst pieturā",
    "Vai svētdien bibliotēka strādā?",
    "Beidzot kāds kaut ko izdarīja pareizi",
    "Mums solīja apgaismojumu jau pirms diviem gadiem",
]

RUSSIAN = [
    "Почему на нашей улице опять не чистят снег?",
    "Спасибо большое за новую детскую площадку, дети очень рады",
    "Сколько ещё ждать, пока отремонтируют дорогу?",
    "Автобус опять опоздал на двадцать минут, люди мёрзнут на остановке",
    "Я вчера там был, всё было в порядке",
    "Где можно сдать старые шины и ёлки?",
    "Позор думе, третий год одно и то же",
    "Нам обещали фонари ещё два года назад",
]

ENGLISH = [
    "Why is the street not cleaned again?",
    "Thank you for the new playground, the kids love it",
    "How long do we have to wait for the road to be repaired",
    "What a beautiful Christmas tree this year!",
    "Where can I find the opening hours of the library?",
]

FOREIGN = [
    "Labas rytas, kodėl gatvė vėl nevalyta?",
    "Aciu labai uz nauja vaiku aikstele, vaikai yra laimingi",
    "Miks tänav jälle puhastamata on?",
    "Aitäh uue mänguväljaku eest, lapsed on väga rõõmsad",
    "Dlaczego ulica znowu nie jest odśnieżona?",
    "Dziekuje bardzo za nowy plac zabaw, dzieci sie ciesza",
    "Warum ist die Straße schon wieder nicht geräumt?",
    "Zašto ulica opet nije očišćena, to je sramota",
    "Pourquoi la rue n'est pas encore nettoyée ?",
    "¿Por qué la calle no está limpia otra vez?",
    "Perché la strada non è ancora stata pulita?",
    "Чому вулицю знову не прибрали? Це ж ганьба",
    "Чаму вуліцу зноў не прыбралі, гэта сорам",
    "Защо улицата пак не е почистена, това е срам",
    "Зашто улица опет није очишћена, то је срамота",
    "なぜ道路は掃除されていないのですか",
    "لماذا لم يتم تنظيف الشارع",
    "Γιατί ο δρόμος δεν έχει καθαριστεί;",
]

SHORT = [
    ("Paldies!", "lv"),
    ("PALDIES", "lv"),
    ("paldieeees", "lv"),
    ("Super", "lv"),
    ("ok", "lv"),
    ("+1", "lv"),
    ("Labi", "lv"),
    ("Malači!", "lv"),
    ("Kauns!!!", "lv"),
    ("Jā", "lv"),
    ("Kur?", "lv"),
    ("Jānis Bērziņš", "lv"),
    ("idioti", "lv"),
    ("Спасибо!", "ru"),
    ("Позор", "ru"),
    ("да", "ru"),
    ("Класс 👍", "ru"),
    ("ахахах", "ru"),
    ("spasibo", "ru"),
    ("molodcy", "ru"),
    ("Nice", "en"),
    ("Thank you", "en"),
    ("", "und"),
    ("👍👍👍", "und"),
    ("❤️", "und"),
    ("112", "und"),
    ("...", "und"),
    ("https://www.ogresnovads.lv", "und"),
    ("@janis", "und"),
    ("Danke", "und"),
    ("qwrtp", "und"),
]


@pytest.mark.parametrize("text", LATVIAN)
def test_latvian_is_known_in_all_its_spellings(text: str) -> None:
    assert detect_language(text) == "lv"
    assert detect_language(fold_latvian(text)) == "lv"
    assert detect_language(transliterate_old(text)) == "lv"
    assert detect_language(text.upper()) == "lv"


@pytest.mark.parametrize("text", RUSSIAN)
def test_russian_is_known_in_both_scripts(text: str) -> None:
    assert detect_language(text) == "ru"
    for style in RUSSIAN_STYLES:
        assert detect_language(russian_to_latin(text, style)) == "ru"


@pytest.mark.parametrize("text", ENGLISH)
def test_english_is_known(text: str) -> None:
    assert detect_language(text) == "en"


@pytest.mark.parametrize("text", FOREIGN)
def test_other_languages_are_not_assessed(text: str) -> None:
    assert detect_language(text) == "und"


@pytest.mark.parametrize(("text", "lang"), SHORT)
def test_short_texts_are_assessed_when_their_words_are_known(text: str, lang: str) -> None:
    assert detect_language(text) == lang


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("Es domāju, ka tas nav pareizi, ну да ладно", "lv"),
        ("Я так и не понял, kāpēc этого никто не делает", "ru"),
        ("Super pasākums, thank you visiem organizatoriem!", "lv"),
        ("RT @ogre: https://t.co/abc ceļš beidzot ir salabots", "lv"),
        ("Pi\u0304le un ka\u0304pe\u0304c neviens neko nedara", "lv"),
    ],
)
def test_mixed_texts_get_the_language_of_most_of_them(text: str, lang: str) -> None:
    assert detect_language(text) == lang


def seed_texts(name: str, lang: str) -> list[str]:
    """Return our own comments in `lang` that have at least four words."""
    path = paths.ROOT / "data" / "seed" / name
    with Path(path).open(encoding="utf-8", newline="") as handle:
        rows = csv.DictReader(handle, delimiter="\t", quoting=csv.QUOTE_NONE)
        texts = [row["text"] for row in rows if row["lang"] == lang]
    return [text for text in texts if len(text.split()) >= 4][::3]


def share_of(lang: str, texts: list[str]) -> float:
    return sum(detect_language(text) == lang for text in texts) / len(texts)


def test_our_own_latvian_comments_are_known_with_and_without_marks() -> None:
    texts = seed_texts("lv-lawful.tsv", "lv") + seed_texts("lv-violations.tsv", "lv")
    assert share_of("lv", texts) >= 0.97
    assert share_of("lv", [fold_latvian(text) for text in texts]) >= 0.95


@pytest.mark.parametrize("style", RUSSIAN_STYLES)
def test_our_own_russian_comments_are_known_in_latin_letters(style: RussianStyle) -> None:
    texts = seed_texts("ru.tsv", "ru")
    assert share_of("ru", texts) >= 0.97
    assert share_of("ru", [russian_to_latin(text, style) for text in texts[::3]]) >= 0.93


@given(st.text(st.characters(exclude_categories=()), max_size=40))
@settings(deadline=None)  # lingua loads its models on first need
def test_every_text_has_an_answer(text: str) -> None:
    assert detect_language(text) in {"lv", "ru", "en", "und"}
