"""Saved pages of platform APIs: which platform a page is of, and the comments on it."""

from collections.abc import Callable, Iterator, Mapping

from pipeline.sources import facebook, instagram, youtube
from pipeline.sources.nodes import entries, node
from pipeline.sources.reading import Fault, Raw

PageReader = Callable[[Mapping[str, object]], Iterator[Raw | Fault]]

READERS: dict[str, PageReader] = {
    "facebook": facebook.read_page,
    "instagram": instagram.read_page,
    "youtube": youtube.read_page,
}
KEYS = {
    "facebook": {"message", "created_time", "comment_count", "is_hidden", "permalink_url"},
    "instagram": {"text", "timestamp", "username", "hidden", "replies", "media"},
}
"""Keys of comments that tell apart the two platforms whose pages look alike."""


def is_page(value: object) -> bool:
    """Tell whether a value is a page of some platform, an empty or failed one included."""
    return isinstance(value, dict) and (
        is_youtube(value)
        or isinstance(value.get("data"), list)
        or isinstance(node(value, "comments").get("data"), list)
        or isinstance(value.get("error"), dict)
    )


def read_page(page: object) -> Iterator[Raw | Fault]:
    """Yield the comments of one page in its order, replies after what they reply to."""
    if isinstance(page, Fault):
        yield page
        return
    problem = node(page, "error")
    platform = platform_of(node(page))
    if problem:
        # What a platform answers instead of comments, for example when a token has expired.
        yield Fault("api_error", f"code {problem.get('code')!s:.20}")
    elif platform is not None:
        yield from READERS[platform](node(page))
    elif not is_page(page) or page_items(node(page)):
        yield Fault("unknown_page", "neither Facebook, Instagram nor YouTube")


def platform_of(page: Mapping[str, object]) -> str | None:
    """Return the platform whose keys a page has, None when it has those of none."""
    if is_youtube(page):
        return "youtube"
    items = page_items(page)
    items += [inner for item in items for inner in entries(item, "comments", "data")]
    keys = {key for item in items for key in node(item)}
    hits = {platform: len(keys & own) for platform, own in KEYS.items()}
    best = max(hits, key=lambda platform: hits[platform])
    return best if hits[best] else None


def is_youtube(page: Mapping[str, object]) -> bool:
    """Tell whether a page comes from the YouTube Data API."""
    kind = str(page.get("kind", ""))
    return kind.startswith("youtube#comment") or any(
        "snippet" in node(item) for item in entries(page, "items")
    )


def page_items(page: Mapping[str, object]) -> list[object]:
    """Return the entries of a Facebook or Instagram page."""
    return [*entries(page, "data"), *entries(page, "comments", "data")]
