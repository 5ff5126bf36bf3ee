"""Saved pages of the three platforms become comments with their threads and replies."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.sources.pages import read_page
from pipeline.sources.reading import Fault

Read = Callable[..., Any]


def by_id(found: Any) -> dict[str, Any]:
    return {comment.comment_id: comment for comment in found.comments}


def test_facebook_comments_and_their_replies_are_read(fixtures: Path, read: Read) -> None:
    found = read(fixtures / "facebook_comments.json")
    comments = by_id(found)
    assert list(comments) == [f"700100200300_81000{i}" for i in range(1, 6)]
    first, reply = comments["700100200300_810001"], comments["700100200300_810002"]
    assert first.text == "Vai Brīvības ielas remonts beigsies līdz skolas sākumam? 🚧"
    assert first.created_at == datetime(2026, 3, 1, 6, 12, 44, tzinfo=UTC)
    assert (first.n_reactions, first.n_replies, first.parent_id) == (14, 2, None)
    assert first.author_has_avatar is True
    assert reply.parent_id == "700100200300_810001"
    assert {comment.thread_id for comment in comments.values()} == {"700100200300"}
    assert {(comment.source, comment.channel) for comment in found.comments} == {
        ("facebook", "facebook")
    }


def test_a_nested_reply_without_parent_belongs_to_the_comment_around_it(
    fixtures: Path, read: Read
) -> None:
    reply = by_id(read(fixtures / "facebook_comments.json"))["700100200300_810003"]
    assert reply.parent_id == "700100200300_810001"
    assert reply.author_key is None


def test_hidden_comments_are_kept_and_counted(fixtures: Path, read: Read) -> None:
    assert "700100200300_810004" in by_id(read(fixtures / "facebook_comments.json"))
    for name in ("facebook_comments.json", "instagram_comments.json", "youtube_threads.json"):
        assert read(fixtures / name).notes == {"already_hidden": 1}


def test_a_comment_without_text_is_left_for_validate_to_reject(fixtures: Path, read: Read) -> None:
    assert by_id(read(fixtures / "facebook_comments.json"))["700100200300_810005"].text == ""


def test_posts_give_their_comments_and_not_themselves(fixtures: Path, read: Read) -> None:
    found = read(fixtures / "facebook_posts.json")
    assert found.texts == ["Kur var redzēt rindu?", "На портале самоуправления."]
    assert [comment.thread_id for comment in found.comments] == ["9001", "9001"]
    assert [comment.parent_id for comment in found.comments] == [None, "9001_1"]


def test_a_single_post_is_read_too(fixtures: Path, tmp_path: Path, read: Read) -> None:
    post = json.loads((fixtures / "facebook_posts.json").read_text())["data"][0]
    (tmp_path / "post.json").write_text(json.dumps(post))
    assert len(read(tmp_path / "post.json").comments) == 2


def test_instagram_comments_and_their_replies_are_read(fixtures: Path, read: Read) -> None:
    found = read(fixtures / "instagram_comments.json")
    first, reply, withheld = found.comments
    assert first.text == "Skaisti! Kad būs nākamais koncerts? 🎶❤️"
    assert (first.n_reactions, first.n_replies, first.parent_id) == (7, 1, None)
    assert reply.parent_id == first.comment_id
    assert reply.created_at == datetime(2026, 3, 1, 9, 20, tzinfo=UTC)
    assert withheld.author_key is None
    assert {comment.thread_id for comment in found.comments} == {"17800000000000099"}
    assert {comment.source for comment in found.comments} == {"instagram"}


def test_instagram_media_give_their_comments(fixtures: Path, tmp_path: Path, read: Read) -> None:
    comments = json.loads((fixtures / "instagram_comments.json").read_text())
    for comment in comments["data"]:
        del comment["media"]
    media = {"data": [{"id": "m1", "caption": "Koncerts", "comments": comments}]}
    (tmp_path / "media.json").write_text(json.dumps(media))
    found = read(tmp_path / "media.json")
    assert len(found.comments) == 3
    assert {comment.thread_id for comment in found.comments} == {"m1"}
    assert {comment.source for comment in found.comments} == {"instagram"}


def test_youtube_threads_are_read(fixtures: Path, read: Read) -> None:
    found = read(fixtures / "youtube_threads.json")
    first, reply, held = found.comments
    assert first.text == 'Domes sēdē skaņa pazuda 12. minūtē "kā vienmēr".\nSalabojiet!'
    assert (first.n_reactions, first.n_replies) == (4, 1)
    assert first.permalink == "https://www.youtube.com/watch?v=vid00000001&lc=UgxAAA111"
    assert reply.parent_id == "UgxAAA111"
    assert reply.author_key
    assert reply.author_key != first.author_key
    assert held.author_key is None
    assert {comment.thread_id for comment in found.comments} == {"vid00000001"}


def test_youtube_text_given_as_html_becomes_plain(fixtures: Path, read: Read) -> None:
    held = read(fixtures / "youtube_threads.json").comments[2]
    assert held.text == "Paldies par tiešraidi & subtitriem!\nSkaties te 5 < 6"


def test_youtube_replies_are_read(fixtures: Path, read: Read) -> None:
    (reply,) = read(fixtures / "youtube_replies.json").comments
    (first, _, _) = read(fixtures / "youtube_threads.json").comments
    assert (reply.text, reply.parent_id) == ("Salabots?", "UgxAAA111")
    assert reply.author_key == first.author_key


def test_lists_and_lines_of_pages_are_read(fixtures: Path, tmp_path: Path, read: Read) -> None:
    names = ["facebook_comments.json", "instagram_comments.json", "youtube_threads.json"]
    pages = [json.loads((fixtures / name).read_text()) for name in names]
    (tmp_path / "pages.json").write_text(json.dumps(pages))
    (tmp_path / "pages.jsonl").write_text("".join(json.dumps(page) + "\n" for page in pages))
    from_list, from_lines = read(tmp_path / "pages.json"), read(tmp_path / "pages.jsonl")
    assert from_list.comments == from_lines.comments
    assert [comment.source for comment in from_list.comments] == (
        ["facebook"] * 5 + ["instagram"] * 3 + ["youtube"] * 3
    )


def test_an_answer_that_is_an_error_is_a_reject_with_its_code(fixtures: Path, read: Read) -> None:
    (reject,) = read(fixtures / "facebook_error.json").rejects
    assert (reject.reason, reject.detail) == ("api_error", "code 190")


@pytest.mark.parametrize(
    "page",
    [
        {"data": []},
        {"data": [], "paging": {}},
        {"kind": "youtube#commentThreadListResponse", "items": []},
    ],
)
def test_an_empty_page_holds_nothing(page: dict[str, object]) -> None:
    assert list(read_page(page)) == []


@pytest.mark.parametrize("page", [{}, {"data": [{"id": 1}]}, 5, None, "teksts", {"rows": []}])
def test_what_is_no_page_is_one_fault(page: object) -> None:
    assert [item.reason for item in read_page(page) if isinstance(item, Fault)] == ["unknown_page"]


def test_a_page_cut_short_is_a_reject(fixtures: Path, tmp_path: Path, read: Read) -> None:
    text = (fixtures / "facebook_comments.json").read_text()
    (tmp_path / "cut.json").write_text(text[:900])
    assert read(tmp_path / "cut.json").reasons == [(1, "broken_json")]


JSON_KEYS = [
    *("id", "data", "from", "parent", "comments", "replies", "items", "snippet", "kind", "text"),
    *("message", "topLevelComment", "error", "created_time", "timestamp"),
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(JSON_KEYS),
            inner,
            max_size=4,
        )
    ),
    max_leaves=15,
)


@given(JSON)
def test_no_page_however_odd_breaks_the_reader(page: object) -> None:
    for item in read_page(page):
        assert isinstance(item, Fault | dict)
