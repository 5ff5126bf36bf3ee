"""YouTube Data API v3: pages of `commentThreads.list` and `comments.list`, as the API gave them."""

import html
import re
from collections.abc import Iterator, Mapping
from urllib.parse import urlencode

from pipeline.sources.nodes import entries, node
from pipeline.sources.reading import ALREADY_HIDDEN, Fault, Raw

HELD = frozenset({"heldForReview", "likelySpam", "rejected"})
"""Moderation states in which the public does not see a comment."""
LINE_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
TAG = re.compile(r"</?[a-z][^>]*>", re.IGNORECASE)


def read_page(page: Mapping[str, object]) -> Iterator[Raw | Fault]:
    """Yield the comments of a page, each before its replies."""
    items = entries(page, "items") if "items" in page else [page]
    for item in items:
        if not isinstance(item, dict):
            yield Fault("not_an_object", f"a value of the type {type(item).__name__}")
        elif "topLevelComment" in node(item, "snippet"):
            yield from read_thread(item)
        else:
            yield read_comment(item, video_id=None, n_replies=None)


def read_thread(thread: Mapping[str, object]) -> Iterator[Raw | Fault]:
    """Yield the comment that opens a thread and the replies that came with it."""
    snippet = node(thread, "snippet")
    video_id = snippet.get("videoId")
    first = node(snippet, "topLevelComment")
    yield read_comment(first, video_id=video_id, n_replies=snippet.get("totalReplyCount"))
    for reply in entries(thread, "replies", "comments"):
        if isinstance(reply, dict):
            yield read_comment(reply, video_id=video_id, n_replies=None)
        else:
            yield Fault("not_an_object", f"a value of the type {type(reply).__name__}")


def read_comment(comment: Mapping[str, object], *, video_id: object, n_replies: object) -> Raw:
    """Return one comment; a page of replies names no video, so there its parent is the thread."""
    snippet = node(comment, "snippet")
    own_id, parent_id = comment.get("id"), snippet.get("parentId")
    video_id = snippet.get("videoId") or video_id
    return {
        "source": "youtube",
        "comment_id": own_id,
        "thread_id": video_id or parent_id or own_id,
        "parent_id": parent_id,
        "author_id": author_of(snippet),
        "created_at": snippet.get("publishedAt"),
        "text": text_of(snippet),
        "permalink": permalink(video_id, own_id),
        "n_reactions": snippet.get("likeCount"),
        "n_replies": n_replies,
        "notes": ALREADY_HIDDEN if snippet.get("moderationStatus") in HELD else (),
    }


def author_of(snippet: Mapping[str, object]) -> object:
    """Return the id of the author's channel, else its address or handle, None when withheld."""
    channel = node(snippet, "authorChannelId").get("value")
    address = str(snippet.get("authorChannelUrl") or "").rstrip("/").rpartition("/")[2]
    return channel or address or snippet.get("authorDisplayName")


def text_of(snippet: Mapping[str, object]) -> object:
    """Return the text as it was written; strangers are given only its HTML."""
    original, display = snippet.get("textOriginal"), snippet.get("textDisplay")
    if original is not None or not isinstance(display, str):
        return original
    return html.unescape(TAG.sub("", LINE_BREAK.sub("\n", display)))


def permalink(video_id: object, comment_id: object) -> str | None:
    """Return the address that shows a comment below its video."""
    if not video_id or not comment_id:
        return None
    return f"https://www.youtube.com/watch?{urlencode({'v': video_id, 'lc': comment_id})}"
