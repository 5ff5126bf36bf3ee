"""Patterns out of word lists, so that lists stay lists."""


def one_of(words: str) -> str:
    """Return a pattern for any of the words, the longest first; each may be a pattern itself."""
    return f"(?:{'|'.join(sorted(words.split(), key=len, reverse=True))})"
