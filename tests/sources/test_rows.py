"""Damaged rows are rejected one by one; the rows after them are never lost."""

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Read = Callable[..., Any]
HEADER = "id,text,likes\n"


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize(
    ("body", "ids", "reasons"),
    [
        ("1,labi,0\n2,хорошо,0\n", ["1", "2"], []),
        ('1,"viena\nrinda, ""otra""",0\n2,b,0\n', ["1", "2"], []),
        ("1,a,0\n2,b\n3,c,0\n", ["1", "3"], [(2, "wrong_columns")]),
        ("1,a,0\n2,b,0,x\n3,c,0\n", ["1", "3"], [(2, "wrong_columns")]),
        ('1,a,0\n2,"b,0\n3,c,0\n', ["1", "3"], [(2, "broken_quotes")]),
        ('1,a,0\n2,"b,0\n3,"c",0\n4,d,0\n', ["1", "3", "4"], [(2, "broken_quotes")]),
        ('1,a,0\n2,"b "jā" b",0\n3,c,0\n', ["1", "3"], [(2, "broken_quotes")]),
        ('1,a,0\n2,"b,0\n3,c",0\n4,d,0\n', ["1", "2", "4"], []),
        ('1,a,0\n2,"b\nc"\n4,d,0\n', ["1", "4"], [(2, "wrong_columns"), (3, "wrong_columns")]),
        ("1,a,0\n2,b\0b,0\n3,c,0\n", ["1", "3"], [(2, "nul_byte")]),
        ("1,a,0\n\n\n2,b,0\n", ["1", "2"], []),
        ("1,a,0\r\n2,b,0\r\n", ["1", "2"], []),
        ('1,"a\rb\r\nc",0\n2,b,0', ["1", "2"], []),
        ("1,a,0", ["1"], []),
        ("1,a\rb,0\n2,c,0\n", ["2"], [(1, "broken_quotes")]),
        ('"1","a","0"\n"2","b\n"3","c","0"\n', ["1", "3"], [(2, "broken_quotes")]),
    ],
)
def test_every_row_is_a_comment_or_a_reject(
    tmp_path: Path, read: Read, body: str, ids: list[str], reasons: list[tuple[int, str]]
) -> None:
    found = read(write(tmp_path / "a.csv", HEADER + body))
    assert [comment.comment_id for comment in found.comments] == ids
    assert found.reasons == reasons


def test_an_unclosed_quote_does_not_swallow_a_long_file(tmp_path: Path, read: Read) -> None:
    rows = "".join(f"{i},teksts {i},0\n" for i in range(1, 60_000))
    found = read(write(tmp_path / "a.csv", HEADER + '0,"sākums,0\n' + rows))
    assert found.reasons == [(1, "broken_quotes")]
    assert len(found.comments) == 59_999


@pytest.mark.parametrize("charset", ["utf-8", "cp1257"])
def test_undecodable_bytes_spoil_their_row_only(tmp_path: Path, read: Read, charset: str) -> None:
    good = "1,Šķūnī ir žurkas,0\n2,@,0\n3,Kāpēc ļaunums?,0\n".encode(charset)
    found = read(write(tmp_path / "a.csv", HEADER.encode() + good.replace(b"@", b"a\x81b")))
    assert found.texts == ["Šķūnī ir žurkas", "Kāpēc ļaunums?"]
    assert found.reasons == [(2, "undecodable")]


def test_a_damaged_unit_of_utf16_spoils_its_row_only(tmp_path: Path, read: Read) -> None:
    content = (HEADER + "1,ā,0\n2,@,0\n3,š,0\n").encode("utf-16")
    lone_surrogate = "@".encode("utf-16-le"), b"\x00\xd8"
    found = read(write(tmp_path / "a.csv", content.replace(*lone_surrogate)))
    assert found.texts == ["ā", "š"]
    assert found.reasons == [(2, "undecodable")]


def test_a_field_beyond_the_limit_of_the_csv_module_is_read(tmp_path: Path, read: Read) -> None:
    text = "garš teksts " * 40_000
    found = read(write(tmp_path / "a.csv", f'{HEADER}1,"{text}",0\n2,b,0\n'))
    assert found.texts == [text, "b"]


def test_lines_of_old_macs_are_lines(tmp_path: Path, read: Read) -> None:
    assert read(write(tmp_path / "a.csv", "id,text\r1,a\r2,b\r")).texts == ["a", "b"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_that_of_the_header(tmp_path: Path, read: Read, delimiter: str) -> None:
    lines = io.StringIO()
    csv.writer(lines, delimiter=delimiter).writerows(
        [["id", "text", "likes"], ["1", "a, b; c | d \t e", "2"]]
    )
    found = read(write(tmp_path / "a.csv", lines.getvalue()))
    assert found.texts == ["a, b; c | d \t e"]
    assert found.comments[0].n_reactions == 2


def test_the_separator_line_of_excel_is_no_header(tmp_path: Path, read: Read) -> None:
    found = read(write(tmp_path / "a.csv", "sep=;\nid;text\n1;sveiki, draugi\n"))
    assert found.texts == ["sveiki, draugi"]


def test_tab_separated_text_may_hold_quotes_as_they_are(tmp_path: Path, read: Read) -> None:
    body = 'id\ttext\n1\t"Ogre" ir skaista\n2\tviņš teica "nē\n3\tкафе "Мечта" закрыто"\n'
    found = read(write(tmp_path / "a.tsv", body))
    assert found.texts == ['"Ogre" ir skaista', 'viņš teica "nē', 'кафе "Мечта" закрыто"']


def test_tab_separated_text_may_be_quoted_too(tmp_path: Path, read: Read) -> None:
    found = read(write(tmp_path / "a.tsv", 'id\ttext\n1\t"a\tb\n""c"""\n'))
    assert found.texts == ['a\tb\n"c"']


def test_a_text_only_file_is_read(tmp_path: Path, read: Read) -> None:
    found = read(write(tmp_path / "a.csv", 'text\nlabi\n""\n"a, b"\n'))
    assert found.texts == ["labi", "", "a, b"]
