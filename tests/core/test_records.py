"""Author keys tell authors apart without telling who they are; rows become tables."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.records import (
    Comment,
    Reject,
    author_key,
    comment_table,
    reject_table,
)
from pipeline.core.tables import COMMENT, REJECT


@given(st.text(min_size=1), st.text(min_size=1))
def test_an_author_key_is_hex_and_differs_between_authors(first: str, second: str) -> None:
    key = author_key(first, "facebook", b"secret")
    assert len(key) == 32
    assert set(key) <= set("0123456789abcdef")
    assert (key == author_key(second, "facebook", b"secret")) == (first == second)


def test_an_author_key_depends_on_the_secret_and_on_the_platform() -> None:
    keys = {
        author_key("77", "facebook", b"secret"),
        author_key("77", "facebook", b"another"),
        author_key("77", "youtube", b"secret"),
        author_key("77", "file:a.csv", b"secret"),
    }
    assert len(keys) == 4


def test_an_author_keeps_the_key_from_one_file_to_the_next() -> None:
    assert author_key("77", "file:a.csv", b"s") == author_key("77", "file:b.csv", b"s")


def test_rows_have_the_fields_of_their_schemas() -> None:
    assert list(Comment._fields) == COMMENT.names
    assert list(Reject._fields) == REJECT.names


def test_rows_become_tables_and_back() -> None:
    values = dict.fromkeys(Comment._fields) | {
        "comment_id": "1",
        "source": "youtube",
        "text": "Šodien ёлка 😀",
        "created_at": datetime(2026, 3, 1, tzinfo=UTC),
    }
    assert comment_table([Comment(**values)]).to_pylist() == [values]  # type: ignore[arg-type]
    assert comment_table([]).schema == COMMENT
    reject = Reject("file:a", "a", 1, None, "bad_date", None)
    assert reject_table([reject]).to_pylist() == [reject._asdict()]
