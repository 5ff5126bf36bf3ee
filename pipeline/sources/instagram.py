"""Instagram Graph API: pages of comments on a medium, as the API gave them."""

from collections.abc import Iterator, Mapping

from pipeline.sources.nodes import entries, node
from pipeline.sources.reading import ALREADY_HIDDEN, Fault, Raw


def read_page(page: Mapping[str, object]) -> Iterator[Raw | Fault]:
    """Yield the comments of a page, each before its replies.

    A page is `{"data": [...]}` of comments or of media, or one medium with `comments`;
    comments have replies, only media have `comments`.
    """
    media = entries(page, "data") if isinstance(page.get("data"), list) else [page]
    are_media = any(node(item, "comments") for item in media)
    for item in media:
        if are_media:
            for comment in entries(item, "comments", "data"):
                yield from read_comment(comment, thread_id=node(item).get("id"), parent_id=None)
        else:
            yield from read_comment(item, thread_id=None, parent_id=None)


def read_comment(item: object, *, thread_id: object, parent_id: object) -> Iterator[Raw | Fault]:
    """Yield a comment and then its replies; without a medium the first comment names the thread."""
    if not isinstance(item, dict):
        yield Fault("not_an_object", f"a value of the type {type(item).__name__}")
        return
    thread_id = node(item, "media").get("id") or thread_id or item.get("id")
    replies = entries(item, "replies", "data")
    yield {
        "source": "instagram",
        "comment_id": item.get("id"),
        "thread_id": thread_id,
        "parent_id": item.get("parent_id") or parent_id,
        "author_id": node(item, "from").get("id") or item.get("username"),
        "created_at": item.get("timestamp"),
        "text": item.get("text"),
        "n_reactions": item.get("like_count"),
        "n_replies": len(replies) if "replies" in item else None,
        "notes": ALREADY_HIDDEN if item.get("hidden") is True else (),
    }
    for reply in replies:
        yield from read_comment(reply, thread_id=thread_id, parent_id=item.get("id"))
