"""Transliteration: the spellings in which Latvian and Russian reach the page."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.translit import (
    RUSSIAN_STYLES,
    RussianStyle,
    fold_latvian,
    latin_to_russian,
    russian_to_latin,
    transliterate_old,
)


@pytest.mark.parametrize(
    ("text", "folded", "old"),
    [
        ("šodien bērni", "sodien berni", "shodien beerni"),
        ("Žēl, ka čūska", "Zel, ka cuska", "Zheel, ka chuuska"),
        ("ķēve ļoti ņem ģīmi", "keve loti nem gimi", "kjeeve ljoti njem gjiimi"),
        ("ŠODIEN KĀ", "SODIEN KA", "SHODIEN KAA"),
        ("улица 5", "улица 5", "улица 5"),
    ],
)
def test_latvian_loses_its_marks(text: str, folded: str, old: str) -> None:
    assert fold_latvian(text) == folded
    assert transliterate_old(text) == old


@given(st.text())
def test_folding_keeps_the_length(text: str) -> None:
    assert len(fold_latvian(text)) == len(text)


@pytest.mark.parametrize(
    ("style", "latin"),
    [
        ("ya", "Pochemu ploshchad vsya khorosha, yozh?"),
        ("ja", "Pochemu ploschad vsja horosha, jozh?"),
        ("soft", "Pochemu ploschad' vsja horosha, jozh?"),
        ("chat", "Po4emu plowad vsya xorowa, ezh?"),
        ("latvian", "Počemu ploščad vsja horoša, jož?"),
    ],
)
def test_russian_is_written_in_latin_letters_after_each_habit(
    style: RussianStyle, latin: str
) -> None:
    assert russian_to_latin("Почему площадь вся хороша, ёж?", style) == latin


@pytest.mark.parametrize(
    ("latin", "russian"),
    [
        ("Pochemu dorogi ne chistyat?", "Почему дороги не чистят?"),
        ("4to eto takoe", "что это такое"),
        ("xorowo", "хорошо"),
        ("zhizn' horoshaja", "жизнь хорошая"),
        ("krasnyj siniy", "красный синий"),
        ("Ploščad i žuk", "Площад и жук"),
        ("SPASIBO Юле", "СПАСИБО Юле"),
    ],
)
def test_latin_letters_are_read_as_russian(latin: str, russian: str) -> None:
    assert latin_to_russian(latin) == russian


@pytest.mark.parametrize("style", RUSSIAN_STYLES)
@given(st.text("абвгдзклмнопртуф", min_size=1, max_size=12))
def test_simple_letters_survive_the_round_trip(style: RussianStyle, text: str) -> None:
    assert latin_to_russian(russian_to_latin(text, style)) == text


@pytest.mark.parametrize("style", RUSSIAN_STYLES)
@given(text=st.text())
def test_no_text_is_refused(style: RussianStyle, text: str) -> None:
    latin_to_russian(russian_to_latin(text, style))
    transliterate_old(text)


def test_capitals_follow_their_word() -> None:
    assert russian_to_latin("ЮЛЯ, Юля, Щука", "ya") == "YULYA, Yulya, Shchuka"
