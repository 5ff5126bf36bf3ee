"""Safe steps into the JSON of platforms, where any field may be absent or of another type."""

from collections.abc import Mapping


def node(value: object, *path: str) -> Mapping[str, object]:
    """Return the object at the end of a path of keys, an empty one when there is none."""
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def entries(value: object, *path: str) -> list[object]:
    """Return the list at the end of a path of keys, an empty one when there is none."""
    *parents, last = path
    found = node(value, *parents).get(last)
    return found if isinstance(found, list) else []
