"""Facebook Graph API: pages of comments, or of posts with their comments, as the API gave them."""

from collections.abc import Iterator, Mapping

from pipeline.sources.nodes import entries, node
from pipeline.sources.reading import ALREADY_HIDDEN, Fault, Raw


def read_page(page: Mapping[str, object]) -> Iterator[Raw | Fault]:
    """Yield the comments of a page, each before its replies.

    A page is `{"data": [...]}` of comments or of posts, or one post with `comments`.
    """
    if isinstance(page.get("data"), list):
        items = entries(page, "data")
        are_posts = any(looks_like_post(node(item)) for item in items)
        for item in items:
            yield from read_item(item, is_post=are_posts)
    else:
        yield from read_post(page)


def read_item(
    item: object, *, is_post: bool = False, thread_id: str | None = None, parent_id: object = None
) -> Iterator[Raw | Fault]:
    """Yield the comments that an entry holds, be it a post or a comment with its replies."""
    if not isinstance(item, dict):
        yield Fault("not_an_object", f"a value of the type {type(item).__name__}")
    elif is_post:
        yield from read_post(item)
    else:
        yield from read_comment(item, thread_id=thread_id, parent_id=parent_id)


def looks_like_post(item: Mapping[str, object]) -> bool:
    """Tell whether an entry with nested comments is a post rather than a comment.

    A comment's id begins with the number of its post: PAGE_POST holds POST_COMMENT, while a
    comment POST_COMMENT holds replies POST_REPLY.
    """
    number = str(item.get("id")).rpartition("_")[2]
    nested = (str(node(entry).get("id")) for entry in entries(item, "comments", "data"))
    return "parent" not in item and any(inner.startswith(f"{number}_") for inner in nested)


def read_post(post: Mapping[str, object]) -> Iterator[Raw | Fault]:
    """Yield the comments on a post, without the post: that is the municipality's own text."""
    thread_id = str(post.get("id") or "").rpartition("_")[2] or None
    for entry in entries(post, "comments", "data"):
        yield from read_item(entry, thread_id=thread_id)


def read_comment(
    comment: Mapping[str, object], *, thread_id: str | None, parent_id: object
) -> Iterator[Raw | Fault]:
    """Yield a comment and then its replies."""
    own_id = comment.get("id")
    post, separator, _ = str(own_id or "").partition("_")
    thread_id = thread_id or (post if separator else None)
    reactions = node(comment, "reactions", "summary").get("total_count")
    silhouette = node(comment, "from", "picture", "data").get("is_silhouette")
    yield {
        "source": "facebook",
        "comment_id": own_id,
        "thread_id": thread_id,
        "parent_id": node(comment, "parent").get("id") or parent_id,
        "author_id": node(comment, "from").get("id"),
        "created_at": comment.get("created_time"),
        "text": comment.get("message"),
        "permalink": comment.get("permalink_url"),
        "n_reactions": comment.get("like_count") if reactions is None else reactions,
        "n_replies": comment.get("comment_count"),
        "author_has_avatar": not silhouette if isinstance(silhouette, bool) else None,
        "notes": ALREADY_HIDDEN if comment.get("is_hidden") is True else (),
    }
    for reply in entries(comment, "comments", "data"):
        yield from read_item(reply, thread_id=thread_id, parent_id=own_id)
