"""The list in the terminal: the most urgent first, on one line each, harmless to the terminal."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.errors import PipelineError
from pipeline.core.tables import COMMENT, DECISION, write_table
from pipeline.ranked import Ranked, first_reasons, one_line, render, top_rows

ROWS: list[tuple[str, str, float, str | None, list[str], str]] = [
    ("1", "clear", 0.0, None, [], "Kur ir sāls?"),
    ("2", "review", 0.9, "threat", ["unsure", "threat 0.90"], "Gaidi mani"),
    ("3", "priority", 0.2, "insult", ["sure", "insult 0.95"], "Idioti\ntādi"),
    ("4", "review", 0.01, None, ["language"], "Tere hommikust"),
    ("5", "priority", 0.6, "hate", ["sure", "hate 0.99", "insult 0.70"], "x" * 200),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    comments: list[dict[str, Any]] = []
    decisions: list[dict[str, Any]] = []
    for comment_id, decision, rank, label, reasons, text in ROWS:
        shared = {"comment_id": comment_id, "source": "site"}
        comments.append({**dict.fromkeys(COMMENT.names), **shared, "text": text})
        decisions.append(
            {
                **dict.fromkeys(DECISION.names),
                **shared,
                "model_version": "v1",
                "decision": decision,
                "rank_score": rank,
                "top_label": label,
                "reasons": reasons,
                "is_audit_sample": False,
                "threshold_version": "t1",
            }
        )
    tables = (("comments", comments, COMMENT), ("decisions", decisions, DECISION))
    for name, rows, schema in tables:
        write_table(tmp_path / f"{name}.parquet", pa.Table.from_pylist(rows, schema=schema))
    return tmp_path


def test_priority_comes_first_and_then_the_higher_rank(folder: Path) -> None:
    rows = top_rows(folder, 10)
    assert [(row.rank, row.decision, row.label) for row in rows] == [
        (1, "priority", "hate"),
        (2, "priority", "insult"),
        (3, "review", "threat"),
        (4, "review", "-"),
    ]
    assert [row.reasons for row in rows][::3] == ["hate 0.99, insult 0.70", "language"]
    assert rows[1].text == "Idioti tādi"
    assert [row.rank for row in top_rows(folder, 2)] == [1, 2]


def test_the_list_has_a_line_per_comment_and_hides_texts_on_request(folder: Path) -> None:
    rows = top_rows(folder, 10)
    shown = render(rows, show_text=True).splitlines()
    assert len(shown) == 1 + len(rows)
    assert "Gaidi mani" in shown[3]
    assert all(len(line) < 150 for line in shown)
    hidden = render(rows, show_text=False)
    assert "Gaidi" not in hidden
    assert hidden.splitlines()[0].endswith("channel")
    assert render([], show_text=True) == "No comment needs a person."


def test_a_folder_without_decisions_names_the_command(tmp_path: Path) -> None:
    with pytest.raises(PipelineError, match=r"decisions\.parquet: not found\nRun `saruna nightly`"):
        top_rows(tmp_path, 5)


@pytest.mark.parametrize(
    ("reasons", "shown"),
    [
        ("language", "language"),
        ("hate 0.99, reactions:3, replies:11", "hate 0.99, reactions:3, replies:11"),
        ("hate 0.99, reactions:3, replies:1, thread:17", "hate 0.99, reactions:3 …"),
        ("x" * 40, "x" * 33 + "…"),
    ],
)
def test_the_column_of_reasons_holds_whole_ones(reasons: str, shown: str) -> None:
    assert first_reasons(reasons) == shown


@given(st.text(max_size=40))
def test_no_text_can_steer_the_terminal(text: str) -> None:
    line = render([Ranked(1, "review", "-", "language", "site", one_line(text))], show_text=True)
    assert len(line.split("\n")) == 2
    assert all(sign.isprintable() for sign in line.replace("\n", ""))


def test_colours_and_line_breaks_are_taken_out() -> None:
    assert one_line("a\x1b[31m b\r\n c\u2028d") == "a [31m b c d"
