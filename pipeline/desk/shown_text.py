"""A comment's text as the desk shows it: evidence marked, hidden characters made visible."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

HIDDEN = re.compile(
    "([\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e"
    "\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164\ufeff\uffa0\ufff9-\ufffb])\\1*"
    "|(?<=[^\\W\\d_])[\u200c\u200d](?=[^\\W\\d_])"
)
"""Characters that show nothing, or that turn the direction of what follows.

A zero-width joiner counts only between letters: inside emoji it has its proper use.
"""

LONGEST_SHOWN = 200_000
"""No platform here lets anybody write more; a page that holds more stops being one."""

MOST_NAMED = 300
"""Hidden characters beyond these are left out: naming each would drown the text."""


WORD = "word"
"""Evidence of the text model: words as they stand between spaces."""
EDGE = ".,;:!?… "


@dataclass(frozen=True)
class Piece:
    """A run of text with the labels it is evidence for; `hidden` is the name of a character."""

    text: str
    labels: tuple[str, ...] = ()
    hidden: str = ""


def pieces(text: str, evidence: Iterable[Mapping[str, Any]]) -> list[Piece]:
    """Return the text in order, cut where evidence begins or ends and at hidden characters.

    Offsets that do not fit the text are ignored; spans may overlap.
    """
    shown = text[:LONGEST_SHOWN]
    spans = list(usable_spans(shown, evidence))
    cuts = sorted({0, len(shown), *(edge for start, end, _ in spans for edge in (start, end))})
    parts: list[Piece] = []
    n_named = 0
    for start, end in pairwise(cuts):
        labels = tuple(sorted({label for s, e, label in spans if s <= start and end <= e}))
        for piece in with_hidden_named(shown[start:end], labels):
            n_named += bool(piece.hidden)
            if not piece.hidden or n_named <= MOST_NAMED:
                parts.append(piece)
    return parts


def usable_spans(
    text: str, evidence: Iterable[Mapping[str, Any]]
) -> Iterator[tuple[int, int, str]]:
    """Yield start, end and label of the evidence that points into the text."""
    for piece in evidence:
        start, end = piece.get("start"), piece.get("end")
        if isinstance(start, int) and isinstance(end, int) and 0 <= start < end <= len(text):
            if piece.get("kind") == WORD:
                start, end = without_edges(text, start, end)
            yield start, end, str(piece.get("label", ""))


def without_edges(text: str, start: int, end: int) -> tuple[int, int]:
    """Return a span without the stops and commas at its ends, unless it is made of them."""
    words = text[start:end]
    n_before, n_after = (
        len(words) - len(each) for each in (words.lstrip(EDGE), words.rstrip(EDGE))
    )
    return (start + n_before, end - n_after) if n_before < len(words) else (start, end)


def with_hidden_named(text: str, labels: tuple[str, ...]) -> Iterator[Piece]:
    """Yield the text with each hidden character as a piece of its own."""
    place = 0
    for match in HIDDEN.finditer(text):
        if match.start() > place:
            yield Piece(text[place : match.start()], labels)
        run = match.group()
        times = f" ×{len(run)}" if len(run) > 1 else ""
        yield Piece("", labels, f"U+{ord(run[0]):04X}{times}")
        place = match.end()
    if place < len(text):
        yield Piece(text[place:], labels)


def excerpt(text: str, n_characters: int = 240) -> str:
    """Return the beginning of a text on one line, without hidden characters."""
    line = " ".join(HIDDEN.sub("", text).split())
    return line if len(line) <= n_characters else f"{line[:n_characters].rstrip()}…"
