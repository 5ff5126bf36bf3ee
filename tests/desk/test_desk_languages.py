"""The desk in Latvian, Russian and English."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from desk_rows import make_row
from django.test import Client
from django.utils import translation

import pipeline.desk
from pipeline.desk.models import Case
from pipeline.desk.queue import write_cases
from pipeline.desk.reasons import REASONS, reason_text

LOCALE = Path(pipeline.desk.__file__).parent / "locale"
WORDS = {
    "lv": ("Rinda", "Steidzami", "Apvainojums", "Nav pārkāpuma", "Teksta modelis šaubās"),
    "ru": ("Очередь", "Срочно", "Оскорбление", "Нет нарушения", "Текстовая модель сомневается"),
    "en": ("Queue", "Priority", "Insult", "No violation", "The text model is unsure"),
}


@pytest.mark.parametrize("language", WORDS)
def test_pages_speak_the_chosen_language(desk: Client, case: Case, language: str) -> None:
    response = desk.post("/language", {"language": language, "next": "/"})
    assert response["Location"] == "/"
    pages = desk.get("/").content.decode() + desk.get(f"/case/{case.pk}").content.decode()
    assert f'<html lang="{language}">' in pages
    for word in WORDS[language]:
        assert word in pages
    # The comment stays in its own.
    assert '<span class="case-text" lang="lv"' in pages


def test_latvian_is_the_language_whatever_the_browser_prefers(client: Client, db: None) -> None:
    response = client.get("/sign-in", headers={"Accept-Language": "ru,en;q=0.5"})
    assert "Pieteikties" in response.content.decode()
    assert response["Content-Language"] == "lv"


def test_unknown_language_cookie_is_ignored(client: Client, db: None) -> None:
    client.cookies["django_language"] = "xx'><script>"
    assert "Pieteikties" in client.get("/sign-in").content.decode()


@pytest.mark.parametrize(
    ("language", "n", "expected"),
    [
        ("lv", 2, "2 komentāri"),
        ("lv", 21, "21 komentārs"),
        ("ru", 2, "2 комментария"),
        ("ru", 5, "5 комментариев"),
        ("ru", 21, "21 комментарий"),
        ("en", 2, "2 comments"),
    ],
)
def test_numbers_take_the_right_form(desk: Client, language: str, n: int, expected: str) -> None:
    write_cases([make_row("c0", copies=tuple(f"c{k}" for k in range(1, n)))])
    desk.cookies["django_language"] = language
    assert expected in desk.get("/").content.decode()


@pytest.mark.parametrize("language", ["lv", "ru"])
def test_translation_is_complete_and_compiled(language: str, tmp_path: Path) -> None:
    source = LOCALE / language / "LC_MESSAGES" / "django.po"
    text = source.read_text(encoding="utf-8")
    assert "fuzzy" not in text
    assert not re.search(r'\nmsgstr(\[\d\])? ""\n(?!")', text.split("\n\n", 1)[1])
    compiled = tmp_path / "django.mo"
    try:
        subprocess.run(["msgfmt", "--check-format", "-o", compiled, source], check=True)
    except FileNotFoundError:
        pytest.skip("msgfmt is not installed")
    assert compiled.read_bytes() == source.with_suffix(".mo").read_bytes()


@pytest.mark.parametrize("language", ["lv", "ru"])
def test_every_reason_is_translated(language: str) -> None:
    for code in REASONS:
        with translation.override("en"):
            english = reason_text(f"{code}:3")
        with translation.override(language):
            assert reason_text(f"{code}:3") != english


def test_case_times_are_those_of_riga(desk: Client, case: Any) -> None:
    assert "01.03.2026 14:00" in desk.get(f"/case/{case.pk}").content.decode()
