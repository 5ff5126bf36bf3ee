"""Validate keeps what can be scored and names a reason for everything else."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.core.errors import PipelineError
from pipeline.core.records import Comment, Reject, comment_table, reject_table
from pipeline.core.settings import ValidateSettings
from pipeline.core.tables import write_table
from pipeline.stages import validate
from pipeline.stages.validate import is_visible

SETTINGS = ValidateSettings(max_characters=100)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def comment(comment_id: str, text: str, **fields: object) -> Comment:
    values = dict.fromkeys(Comment._fields) | {"source": "facebook", **fields}
    return Comment(**{**values, "comment_id": comment_id, "text": text})  # type: ignore[arg-type]


def ingested(folder: Path, comments: Sequence[Comment], rejects: Sequence[Reject] = ()) -> Path:
    write_table(folder / "comments.parquet", comment_table(comments))
    write_table(folder / "rejects.parquet", reject_table(rejects))
    return folder


def rejected(out_dir: Path) -> list[tuple[str | None, str]]:
    rows = pq.read_table(out_dir / "rejects.parquet").to_pylist()
    return [(row["comment_id"], row["reason"]) for row in rows]


def test_every_record_is_kept_or_rejected_with_a_reason(tmp_path: Path) -> None:
    source = ingested(
        tmp_path / "in",
        [
            comment("1", "Labdien"),
            comment("2", " \n\t"),
            comment("3", "х" * 101),
            comment("1", "Labdien"),
            comment("1", "cits teksts"),
            comment("1", "Привет", source="youtube"),
            comment("4", "🙂"),
        ],
        [Reject("file:a.csv", "a.csv", 3, "9", "bad_date", "13.45.2026")],
    )
    summary = validate.run(SETTINGS, source, tmp_path / "out")
    assert rejected(tmp_path / "out") == [
        ("9", "bad_date"),
        ("2", "empty_text"),
        ("3", "too_long"),
        ("1", "duplicate_id"),
        ("1", "duplicate_id"),
    ]
    kept = pq.read_table(tmp_path / "out" / "comments.parquet")
    assert kept.column("text").to_pylist() == ["Labdien", "Привет", "🙂"]
    assert (summary.n_read, summary.n_kept, summary.n_rejected) == (8, 3, 5)
    assert summary.reasons == {"duplicate_id": 2, "bad_date": 1, "empty_text": 1, "too_long": 1}


def test_a_row_number_is_that_of_the_table_of_ingest(tmp_path: Path) -> None:
    source = ingested(tmp_path / "in", [comment("1", "a"), comment("2", ""), comment("3", "")])
    validate.run(SETTINGS, source, tmp_path / "out")
    rows = pq.read_table(tmp_path / "out" / "rejects.parquet").to_pylist()
    assert [(row["file"], row["row_number"]) for row in rows] == [
        ("comments.parquet", 2),
        ("comments.parquet", 3),
    ]


def test_the_first_of_two_is_kept_even_when_it_comes_after_an_unusable_one(tmp_path: Path) -> None:
    source = ingested(tmp_path / "in", [comment("1", ""), comment("1", "labots")])
    assert validate.run(SETTINGS, source, tmp_path / "out").n_kept == 1


def test_a_row_that_stands_there_twice_is_kept_once_when_author_and_time_agree(
    tmp_path: Path,
) -> None:
    known = {"author_key": "k", "created_at": NOON}
    source = ingested(
        tmp_path / "in",
        [
            comment("made-a", "Paldies!", **known),
            comment("made-b", "Paldies!", **known),
            comment("made-c", "Paldies!", author_key="other", created_at=NOON),
            comment("made-d", "Спасибо!"),
            comment("made-e", "Спасибо!"),
        ],
    )
    summary = validate.run(SETTINGS, source, tmp_path / "out")
    assert rejected(tmp_path / "out") == [("made-b", "duplicate_row")]
    assert summary.n_kept == 4


def test_same_text_under_two_given_ids_is_two_comments(tmp_path: Path) -> None:
    known = {"author_key": "k", "created_at": NOON}
    source = ingested(tmp_path / "in", [comment("1", "a", **known), comment("2", "a", **known)])
    assert validate.run(SETTINGS, source, tmp_path / "out").n_kept == 2


def test_nothing_usable_is_an_error_with_counts_and_next_step(tmp_path: Path) -> None:
    source = ingested(
        tmp_path / "in",
        [comment("1", ""), comment("2", "\u200b")],
        [Reject("file:a.csv", "a.csv", 1, None, "nul_byte", None)],
    )
    with pytest.raises(PipelineError) as caught:
        validate.run(SETTINGS, source, tmp_path / "out")
    assert "no usable comment among 3 records (empty_text 2, nul_byte 1)" in str(caught.value)
    assert "--map text=COLUMN" in str(caught.value)
    assert len(rejected(tmp_path / "out")) == 3


def test_a_missing_table_names_the_command_that_makes_it(tmp_path: Path) -> None:
    with pytest.raises(PipelineError, match="saruna ingest"):
        validate.run(SETTINGS, tmp_path, tmp_path / "out")


def test_validate_twice_gives_the_same_tables(tmp_path: Path) -> None:
    source = ingested(tmp_path / "in", [comment("1", "a"), comment("1", "b"), comment("2", "c")])
    for out in ("a", "b"):
        validate.run(SETTINGS, source, tmp_path / out)
    for name in ("comments.parquet", "rejects.parquet"):
        assert pq.read_table(tmp_path / "a" / name).equals(pq.read_table(tmp_path / "b" / name))


@pytest.mark.parametrize("text", ["a", "ж", "🙂", "...", "👩‍🚒", "5", "\u200bā", "️!"])
def test_what_a_reader_sees_is_text(text: str) -> None:
    assert is_visible(text)


@pytest.mark.parametrize(
    "text", ["", " ", "\n\t", "\u00a0", "\u200b\u200d", "\ufeff", "\u3164", "\u2800", "\ufe0f"]
)
def test_what_no_reader_sees_is_empty(text: str) -> None:
    assert not is_visible(text)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["", "x", "y" * 200]))))
def test_no_record_is_lost_or_doubled(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]]
) -> None:
    folder = tmp_path_factory.mktemp("case")
    source = ingested(folder / "in", [comment("0", "x"), *(comment(i, t) for i, t in rows)])
    summary = validate.run(SETTINGS, source, folder / "out")
    assert summary.n_kept + summary.n_rejected == len(rows) + 1
    assert summary.n_kept == 1 + len({i for i, t in rows if t == "x"})
