"""Any text that is written into a file comes out of it unchanged."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

Read = Callable[..., Any]

TEXT = st.text(
    alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0")
    | st.sampled_from(list('"",;\n\r\t\'\\āčķšžыё😀👩‍👩‍👧\u2028\ufeff')),
    max_size=60,
)
ROWS = st.lists(st.tuples(st.integers(0, 10**12), TEXT), min_size=1, max_size=8)
QUICK = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@QUICK
@given(
    rows=ROWS,
    delimiter=st.sampled_from([",", ";", "\t"]),
    # Python's writer leaves a lone carriage return bare when lines end in a line feed.
    form=st.sampled_from([("\n", csv.QUOTE_ALL), ("\r\n", csv.QUOTE_MINIMAL)]),
)
def test_any_text_survives_csv(
    tmp_path: Path,
    read: Read,
    rows: list[tuple[int, str]],
    delimiter: str,
    form: tuple[str, Literal[0, 1]],
) -> None:
    lines = io.StringIO(newline="")
    end, quoting = form
    writer = csv.writer(lines, delimiter=delimiter, lineterminator=end, quoting=quoting)
    writer.writerows([("id", "text"), *rows])
    path = tmp_path / "a.csv"
    path.write_bytes(lines.getvalue().encode())
    found = read(path)
    assert [(int(c.comment_id), c.text) for c in found.comments] == rows
    assert found.rejects == []


@QUICK
@given(rows=ROWS, ascii_only=st.booleans())
def test_any_text_survives_json_lines(
    tmp_path: Path, read: Read, rows: list[tuple[int, str]], ascii_only: bool
) -> None:
    path = tmp_path / "a.jsonl"
    lines = (json.dumps({"id": i, "text": text}, ensure_ascii=ascii_only) for i, text in rows)
    path.write_bytes("\n".join(lines).encode())
    found = read(path)
    assert [(int(c.comment_id), c.text) for c in found.comments] == rows
    assert found.rejects == []


@QUICK
@given(content=st.text(alphabet='a,;"\n\rā1\0', max_size=60))
def test_no_content_breaks_the_reader_and_every_line_has_a_fate(
    tmp_path: Path, read: Read, content: str
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(("id,text\n" + content + "\n9,pēdējā\n").encode())
    found = read(path)
    numbers = sorted([reject.row_number for reject in found.rejects])
    assert len(found.comments) + len(numbers) >= 1
    assert len(set(numbers)) == len(numbers)
    assert "pēdējā" in "".join(found.texts) or numbers
