"""The character set of a file is found once, and never taken for another."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.errors import PipelineError
from pipeline.core.settings import IngestSettings
from pipeline.sources.charset import detect_encoding, file_encoding

Read = Callable[..., Any]
CANDIDATES = IngestSettings().encodings
LATVIAN = "Kāpēc šodien ielās atkal ir ledus? Žēl, ka tik ļoti jāgaida.\n"
RUSSIAN = "Почему на улицах опять лёд? Сколько можно ждать, уважаемые.\n"
ASCII = "Kapec sodien ielas atkal ir ledus? Kur ir sals un smiltis?\n"


@pytest.mark.parametrize(
    ("text", "written", "found"),
    [
        (LATVIAN, "utf-8", "utf-8"),
        (LATVIAN, "utf-8-sig", "utf-8-sig"),
        (LATVIAN, "utf-16", "utf-16"),
        (LATVIAN, "utf-16-be", "utf-16-be"),
        (LATVIAN, "cp1257", "cp1257"),
        (RUSSIAN, "utf-8", "utf-8"),
        (RUSSIAN, "utf-16-le", "utf-16-le"),
        (RUSSIAN, "cp1251", "cp1251"),
        (RUSSIAN.upper(), "cp1251", "cp1251"),
        (LATVIAN.upper(), "cp1257", "cp1257"),
        (ASCII, "ascii", "utf-8"),
        ("id,text\n1,ā\n", "cp1257", "cp1257"),
        ("id,text\n1,ё\n", "utf-8", "utf-8"),
        (ASCII + "😀\n", "utf-8", "utf-8"),
        (ASCII + RUSSIAN + LATVIAN, "utf-8", "utf-8"),
        ("id,teksts,komentārs\n" + ASCII * 40 + "šķiet\n", "cp1257", "cp1257"),
        ("id,text\n" + ASCII * 40 + "ёлка и каток\n", "cp1251", "cp1251"),
        ("„Ogre” – 5 °C\n", "utf-8", "utf-8"),
        ("", "utf-8", "utf-8"),
        ("1", "utf-8", "utf-8"),
    ],
)
def test_encoding_is_the_one_the_text_was_written_in(text: str, written: str, found: str) -> None:
    assert detect_encoding([text.encode(written)], CANDIDATES) == found


def test_a_few_damaged_rows_do_not_turn_utf8_into_something_else() -> None:
    damaged = (LATVIAN * 5).encode() + b"sal\xffa\xe2ts\n" + RUSSIAN.encode()
    assert detect_encoding([damaged], CANDIDATES) == "utf-8"


@pytest.mark.parametrize("cut", range(1, 8))
def test_a_character_cut_by_the_border_of_the_sample_is_no_damage(cut: int) -> None:
    encoded = ("ā" + "я" + "😀" + "𐍈" * 3).encode()
    assert detect_encoding([encoded[:-cut]], CANDIDATES) == "utf-8"
    assert detect_encoding([ASCII.encode(), encoded[cut:]], CANDIDATES) == "utf-8"


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_utf8_is_never_taken_for_a_single_byte_charset(text: str) -> None:
    assert not detect_encoding([text.encode()], CANDIDATES).startswith("cp")


def test_the_first_foreign_letter_may_come_late(tmp_path: Path) -> None:
    path = tmp_path / "late.csv"
    path.write_bytes(ASCII.encode() * 20_000 + LATVIAN.encode("cp1257"))
    assert file_encoding(path, CANDIDATES) == "cp1257"


def test_a_single_permitted_encoding_is_used_as_it_is() -> None:
    assert detect_encoding([RUSSIAN.encode("koi8-r")], ["koi8-r"]) == "koi8-r"


def test_an_unknown_encoding_is_an_error_that_names_it(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "a.csv"
    path.write_text("text\nLabi\n")
    with pytest.raises(PipelineError, match="utf-9"):
        read(path, settings=IngestSettings(encodings=("utf-8", "utf-9")))
