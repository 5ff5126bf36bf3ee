"""Columns are found by name; what cannot be found is said with what there is."""

import pytest

from pipeline.core.errors import PipelineError, UsageError
from pipeline.sources.columns import check_columns, match_columns, parse_mapping


@pytest.mark.parametrize(
    ("columns", "found"),
    [
        (["id", "text"], {"comment_id": "id", "text": "text"}),
        (["Komentārs", "Laiks"], {"text": "Komentārs", "created_at": "Laiks"}),
        (["komentars", "autors"], {"text": "komentars", "author_id": "autors"}),
        (["Комментарий", "Дата и время"], {"text": "Комментарий", "created_at": "Дата и время"}),
        (["COMMENT_ID", "AUTHOR", "CONTENT"], None),
        (["Comment Text", "user.id"], {"text": "Comment Text", "author_id": "user.id"}),
        (
            ["message", "created_time", "from.id", "permalink_url", "like_count"],
            {
                "text": "message",
                "created_at": "created_time",
                "author_id": "from.id",
                "permalink": "permalink_url",
                "n_reactions": "like_count",
            },
        ),
        (["a", "b"], {}),
    ],
)
def test_obvious_columns_are_guessed(columns: list[str], found: dict[str, str] | None) -> None:
    expected = (
        found
        if found is not None
        else {
            "comment_id": "COMMENT_ID",
            "author_id": "AUTHOR",
            "text": "CONTENT",
        }
    )
    assert match_columns(columns, {}) == expected


def test_a_named_column_beats_a_guess_and_is_not_guessed_for_another_field() -> None:
    found = match_columns(["text", "body", "user"], {"text": "body", "channel": "user"})
    assert found == {"text": "body", "channel": "user"}


def test_a_column_is_named_in_any_case() -> None:
    assert match_columns(["Body"], {"text": "body"}) == {"text": "Body"}


def test_an_empty_name_switches_a_guess_off() -> None:
    assert match_columns(["id", "text"], {"comment_id": ""}) == {"text": "text"}


def test_all_missing_columns_are_named_with_a_suggestion_and_what_there_is() -> None:
    with pytest.raises(PipelineError) as caught:
        check_columns("a.csv", ["body", "wen"], {"text": "boddy", "created_at": "when"})
    message = str(caught.value)
    assert "a.csv: no column 'boddy' for text; did you mean 'body'?" in message
    assert "no column 'when' for created_at; did you mean 'wen'?" in message
    assert "Columns here: body, wen." in message
    assert "--map" in message


def test_a_file_without_a_text_column_is_an_error() -> None:
    with pytest.raises(PipelineError, match="no column that is obviously the comment's text"):
        check_columns("a.csv", ["id", "grade"], {})


def test_a_column_that_stands_there_twice_is_an_error() -> None:
    with pytest.raises(PipelineError, match="more than once"):
        check_columns("a.csv", ["text", "text"], {})


def test_the_first_comment_of_a_file_without_a_header_is_not_shown() -> None:
    with pytest.raises(PipelineError) as caught:
        check_columns("a.csv", ["77", "Kāpēc manā ielā nekad nav gaismas, kur skatās dome?"], {})
    assert "gaismas" not in str(caught.value)
    assert "1 that do not look like names" in str(caught.value)


def test_an_option_becomes_a_mapping() -> None:
    option = "text=text, author_id=user_id_hashed,created_at=datetime,channel=media,parent_id="
    assert parse_mapping(option) == {
        "text": "text",
        "author_id": "user_id_hashed",
        "created_at": "datetime",
        "channel": "media",
        "parent_id": "",
    }


def test_an_option_without_a_column_is_refused() -> None:
    with pytest.raises(UsageError, match="'text' is not field=column"):
        parse_mapping("text")


def test_every_unknown_field_is_named_with_the_nearest() -> None:
    with pytest.raises(PipelineError) as caught:
        parse_mapping("txt=a,author=b")
    assert "unknown field 'txt'; did you mean 'text'?" in str(caught.value)
    assert "unknown field 'author'; did you mean 'author_id'?" in str(caught.value)
