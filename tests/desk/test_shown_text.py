"""Evidence and hidden characters in the text of a comment."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.desk.shown_text import HIDDEN, LONGEST_SHOWN, Piece, excerpt, pieces


def span(start: object, end: object, label: str = "insult") -> dict[str, object]:
    return {"start": start, "end": end, "label": label}


@pytest.mark.parametrize(
    ("text", "evidence", "expected"),
    [
        ("Kur ir sāls?", [], [Piece("Kur ir sāls?")]),
        ("", [span(0, 1)], []),
        (
            "Ей, дурак ты",
            [span(4, 9)],
            [Piece("Ей, "), Piece("дурак", ("insult",)), Piece(" ты")],
        ),
        (
            "abcdef",
            [span(0, 4), span(2, 6, "threat")],
            [
                Piece("ab", ("insult",)),
                Piece("cd", ("insult", "threat")),
                Piece("ef", ("threat",)),
            ],
        ),
        (
            "👍🏽 labi",
            [span(3, 7)],
            [Piece("👍🏽 "), Piece("labi", ("insult",))],
        ),
        ("a\u200bb", [], [Piece("a"), Piece("", (), "U+200B"), Piece("b")]),
        ("👩\u200d🚒", [], [Piece("👩\u200d🚒")]),
        ("s\u200dū", [], [Piece("s"), Piece("", (), "U+200D"), Piece("ū")]),
    ],
)
def test_text_is_cut_at_evidence_and_hidden_characters(
    text: str, evidence: list[dict[str, object]], expected: list[Piece]
) -> None:
    assert pieces(text, evidence) == expected


@pytest.mark.parametrize(
    ("start", "end"), [(None, None), (3, 3), (4, 2), (-1, 2), (0, 99), ("0", "2"), (0.0, 2.0)]
)
def test_offsets_that_do_not_fit_are_ignored(start: object, end: object) -> None:
    assert pieces("teksts", [span(start, end)]) == [Piece("teksts")]


offsets = st.one_of(st.none(), st.integers(-3, 40))


@given(
    st.text(max_size=40),
    st.lists(st.builds(span, offsets, offsets, st.sampled_from(["insult", "hate"]))),
)
def test_no_visible_character_is_lost_or_doubled(
    text: str, evidence: list[dict[str, object]]
) -> None:
    shown = "".join(piece.text for piece in pieces(text, evidence))
    assert HIDDEN.sub("", shown) == HIDDEN.sub("", text)


@given(st.text())
def test_excerpt_is_one_short_line(text: str) -> None:
    line = excerpt(text, 30)
    assert len(line) <= 31
    assert len(line.splitlines()) <= 1
    assert not HIDDEN.search(line.rstrip("…"))


def test_text_longer_than_any_platform_allows_is_cut() -> None:
    assert sum(len(piece.text) for piece in pieces("a" * (LONGEST_SHOWN + 5), [])) == LONGEST_SHOWN
