"""Plain files of every format become the same comments."""

import gzip
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.core.errors import PipelineError

Read = Callable[..., Any]

LATVIAN = [
    "Kāpēc šķūtnieku ielā atkal nav nokaisīts? Bērni krīt!",
    "Paldies sētniekiem, žigli strādājat",
    'Ķekavas autobuss atkal kavējās, ļoti "ērti"',
]
RUSSIAN = [
    "Почему на нашей улице снова не убран снег?",
    "Спасибо дворникам; работают быстро",
    "Ёлку убрали, а гирлянды забыли",
]
ROWS = [
    {"id": "7", "user": "u1", "date": "2026-03-01 14:05", "text": 'Šī iela 😀\n"otra" rinda'},
    {"id": "8", "user": "u2", "date": "2026-03-01 14:06", "text": "Ёж, и точка"},
]


@pytest.mark.parametrize(
    ("name", "texts"),
    [
        ("site_utf8.csv", LATVIAN),
        ("site_utf8_bom.csv", LATVIAN),
        ("site_utf16.csv", RUSSIAN),
        ("site_utf16le_without_mark.csv", LATVIAN),
        ("site_cp1257.csv", LATVIAN),
        ("site_cp1251.csv", RUSSIAN),
    ],
)
def test_every_character_set_gives_the_same_comments(
    fixtures: Path, read: Read, name: str, texts: list[str]
) -> None:
    found = read(fixtures / name)
    assert found.texts == texts
    assert found.rejects == []
    assert [comment.comment_id for comment in found.comments] == ["1", "2", "3"]
    assert [comment.n_reactions for comment in found.comments] == [3, 0, 1]
    assert {comment.source for comment in found.comments} == {f"file:{name}"}
    assert found.comments[0].created_at == datetime(2026, 3, 1, 12, 5, tzinfo=UTC)
    assert found.comments[0].author_key == found.comments[2].author_key
    assert found.comments[0].author_key != found.comments[1].author_key


def write_json_lines(path: Path, rows: list[Any]) -> Path:
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(lines.encode()))
    else:
        path.write_text(lines, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "name", ["a.jsonl", "a.ndjson", "a.jsonl.gz", "a.json", "list.json", "a.parquet"]
)
def test_every_format_gives_the_same_comments(tmp_path: Path, read: Read, name: str) -> None:
    path = tmp_path / name
    if name == "a.parquet":
        pq.write_table(pa.Table.from_pylist(ROWS), path)
    elif name == "list.json":
        path.write_text(json.dumps(ROWS, indent=1))
    else:
        write_json_lines(path, ROWS)
    found = read(path)
    assert found.texts == [row["text"] for row in ROWS]
    assert [comment.comment_id for comment in found.comments] == ["7", "8"]
    assert found.comments[1].created_at == datetime(2026, 3, 1, 12, 6, tzinfo=UTC)


def test_named_columns_are_read(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "vk.csv.gz"
    lines = "text,user_id_hashed,datetime,media\nтак и есть,ab12,2022-02-22 12:28:59,новости\n"
    path.write_bytes(gzip.compress(lines.encode()))
    mapping = {
        "text": "text",
        "author_id": "user_id_hashed",
        "created_at": "datetime",
        "channel": "media",
    }
    comment = read(path, mapping).comments[0]
    assert comment.channel == "новости"
    assert comment.created_at == datetime(2022, 2, 22, 10, 28, 59, tzinfo=UTC)
    assert comment.source == "file:vk.csv.gz"
    assert comment.author_key
    assert "ab12" not in comment.author_key


def test_the_source_column_names_the_source_and_authors_of_sources_differ(
    tmp_path: Path, read: Read
) -> None:
    path = tmp_path / "a.csv"
    path.write_text("source,author,text\nfacebook,77,a\ninstagram,77,b\n,77,c\n")
    found = read(path)
    assert [comment.source for comment in found.comments] == ["facebook", "instagram", "file:a.csv"]
    assert len({comment.author_key for comment in found.comments}) == 3


def test_an_author_has_one_key_in_all_plain_files(tmp_path: Path, read: Read) -> None:
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text("author,text\n77,a\n")
    assert len({comment.author_key for comment in read(tmp_path).comments}) == 1


def test_made_ids_are_stable_and_distinct(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "a.csv"
    path.write_text("text,date\nPaldies!,2026-03-01\nPaldies!,2026-03-01\n")
    first = [comment.comment_id for comment in read(path).comments]
    assert len(set(first)) == 2
    assert first == [comment.comment_id for comment in read(path).comments]


def test_a_bad_date_is_a_reject_that_holds_the_value(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id,text,date\n1,a,13.45.2026\n2,b,2026-03-01\n")
    found = read(path)
    (reject,) = found.rejects
    assert (reject.reason, reject.detail) == ("bad_date", "13.45.2026")
    assert (reject.row_number, reject.comment_id, reject.file) == (1, "1", "a.csv")
    assert found.texts == ["b"]


def test_text_that_slipped_into_the_date_is_not_shown(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id,text,date\n1,a,Anna dzīvo Dārza ielā 5\n")
    (reject,) = read(path).rejects
    assert reject.detail == "a value of 23 characters"


def test_an_implausible_date_is_left_out_and_counted(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "a.csv"
    path.write_text("text,date\na,1970-01-01\nb,2036-03-01\nc,2026-03-01\n")
    found = read(path)
    assert [comment.created_at is None for comment in found.comments] == [True, True, False]
    assert found.notes == {"implausible_created_at": 2}


def test_unreadable_numbers_are_left_out_and_counted(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "a.jsonl"
    values = [3, "4", "1 200", 5.0, "", None, "daudz", -1, 2.5, "9" * 30, 10**30, [1], True]
    write_json_lines(path, [{"text": "a", "likes": value} for value in values])
    found = read(path)
    counts = [comment.n_reactions for comment in found.comments]
    assert counts == [3, 4, 1200, 5, None, None, None, None, None, None, None, None, None]
    assert found.notes == {"bad_n_reactions": 7}


def test_account_fields_are_read(tmp_path: Path, read: Read) -> None:
    row = {
        "text": "a",
        "author_created_at": "2019-05-01",
        "followers": 10,
        "author_has_avatar": "jā",
        "author_is_verified": 0,
    }
    comment = read(write_json_lines(tmp_path / "a.jsonl", [row])).comments[0]
    assert comment.author_created_at == datetime(2019, 4, 30, 21, tzinfo=UTC)
    assert comment.author_n_followers == 10
    assert comment.author_has_avatar is True
    assert comment.author_is_verified is False


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"text": "b"', "broken_json"),
        ("[1, 2]", "not_an_object"),
        ('"b"', "not_an_object"),
        ('{"text": ["b"]}', "not_text"),
        ('{"text": "b\\u0000"}', "nul_byte"),
        ('{"text": "b", "date": {"y": 1}, "created_at": "kaut kad"}', "bad_date"),
        ("[" * 100_000, "broken_json"),
        ('{"text": "b", "likes": ' + "1" * 5000 + "}", "broken_json"),
    ],
)
def test_a_broken_line_is_rejected_alone(
    tmp_path: Path, read: Read, line: str, reason: str
) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(f'{{"text": "a"}}\n{line}\n\n{{"text": "c"}}\n')
    found = read(path)
    assert found.texts == ["a", "c"]
    assert found.reasons == [(2, reason)]


def test_undecodable_bytes_spoil_their_line_only(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(
        '{"text": "ā"}\n{"text": "@"}\n{"text": "я"}\n'.encode().replace(b"@", b"\xe2")
    )
    found = read(path)
    assert found.texts == ["ā", "я"]
    assert found.reasons == [(2, "undecodable")]


def test_half_an_emoji_becomes_the_replacement_character(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "labi \\ud83d"}\n')
    assert read(path).texts == ["labi \ufffd"]


def test_objects_may_differ_in_their_keys(tmp_path: Path, read: Read) -> None:
    rows = [{"text": "a"}, {"id": 2, "text": "b", "user": {"id": 5}}, {"message": "c"}, {"id": 4}]
    found = read(write_json_lines(tmp_path / "a.jsonl", rows))
    assert found.texts == ["a", "b", "c", ""]
    assert found.comments[1].comment_id == "2"
    assert found.comments[1].author_key


def test_a_mapped_column_that_is_absent_is_an_error(tmp_path: Path, read: Read) -> None:
    path = write_json_lines(tmp_path / "a.jsonl", [{"id": 1, "saturs": "a"}])
    with pytest.raises(PipelineError, match="did you mean 'saturs'"):
        read(path, {"text": "satur"})
    assert read(path, {"text": "saturs"}).texts == ["a"]


def test_parquet_keeps_numbers_times_and_undecodable_text_apart(tmp_path: Path, read: Read) -> None:
    moment = datetime(2026, 3, 1, 12, tzinfo=UTC)
    damaged = pa.array([b"a", b"b\xff", "ž".encode()], pa.binary()).view(pa.string())
    table = pa.table(
        {
            "id": pa.array([1, 2, None], pa.int64()),
            "text": damaged,
            "date": pa.array([moment] * 3, pa.timestamp("ns", tz="UTC")),
            "grade": [0.5, 0.1, 0.2],
        }
    )
    pq.write_table(table, tmp_path / "a.parquet")
    found = read(tmp_path / "a.parquet")
    assert found.texts == ["a", "ž"]
    assert found.comments[0].comment_id == "1"
    assert found.comments[0].created_at == moment
    assert found.reasons == [(2, "undecodable")]


def test_a_file_that_is_no_parquet_is_an_error(tmp_path: Path, read: Read) -> None:
    (tmp_path / "a.parquet").write_text("text\nlabi\n")
    with pytest.raises(PipelineError, match="not a whole Parquet file"):
        read(tmp_path / "a.parquet")


def test_a_packed_file_that_breaks_off_gives_what_came_before(tmp_path: Path, read: Read) -> None:
    rows = [{"text": f"teksts {i * 7919 % 10007}"} for i in range(20_000)]
    whole = write_json_lines(tmp_path / "a.jsonl.gz", rows).read_bytes()
    (tmp_path / "a.jsonl.gz").write_bytes(whole[: len(whole) // 2])
    found = read(tmp_path / "a.jsonl.gz")
    assert len(found.comments) > 1000
    assert [reject.reason for reject in found.rejects] == ["damaged_file"]
