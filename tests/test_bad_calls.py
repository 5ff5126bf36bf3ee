"""What an operator gets wrong: each message names the place, the value and the next step."""

import sys
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.cli import main

Call = Callable[..., tuple[int, str]]
GOOD = "id,comment,created_at\n1,Labdien visiem,2026-03-01\n2,Добрый день всем,2026-03-02\n"
SECRET = "Slepens"


@pytest.fixture
def call(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Call:
    """Runs `saruna ...` in a folder with bad files: exit code and stderr."""
    monkeypatch.setenv("SARUNA_STATE", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)

    def run(line: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["saruna", *line.split()])
        code = 0
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
        return code, capsys.readouterr().err

    write_inputs(tmp_path)
    return run


def write_inputs(folder: Path) -> None:
    """Write what the calls below name."""
    texts = {
        "good.csv": GOOD,
        "file": "x",
        "cut.parquet": "text\nlabi\n",
        "pairs.tsv": "comment\tclaim\n",
        "latin.csv": "text\n",
        "mapping.yaml": "score: 3\n",
        "list.yaml": "ingest:\n  encodings: 3\n",
        "scored/scores.parquet": "x",
    }
    for name, text in texts.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "latin.csv").write_bytes("text\nšodien\n".encode("cp1257"))
    (folder / "empty").mkdir()
    (folder / "hidden").mkdir()
    (folder / "hidden" / ".DS_Store").write_text("x")
    numbers = pa.table({"id": ["a", "b"], "comment": [1, 2]})
    pq.write_table(numbers, folder / "numbers.parquet")
    pq.write_table(pa.table({"comment": [[SECRET], ["b"]]}), folder / "lists.parquet")


BAD = [
    # command, exit code, what the message must name: place, value, next step
    ("ingest empty --out o", 1, ("empty: holds no files", ".csv")),
    ("ingest hidden --out o", 1, ("hidden: holds no files", ".parquet")),
    ("ingest numbers.parquet --out o", 1, ("'comment' holds int64", "--map text=COLUMN")),
    ("ingest lists.parquet --out o", 1, ("'comment' holds list", "--map text=COLUMN")),
    ("ingest good.csv --out file", 1, ("file/comments.parquet", "is a file", "Name a folder")),
    ("ingest good.csv --out file/in", 1, ("file/in/comments.parquet", "is a file")),
    ("ingest good.csv --out o --map txt=comment", 2, ("'txt'", "did you mean 'text'", "Fields")),
    ("ingest good.csv --out o --params empty", 1, ("empty: is a folder", "params.yaml")),
    ("ingest good.csv --out o --params none.yaml", 1, ("none.yaml: not found", "params.yaml")),
    ("ingest good.csv --out o --params list.yaml", 1, ("`ingest.encodings` is 3", "valid list")),
    ("ingest good.csv --out o --params mapping.yaml", 1, ("`score` is 3", "mapping")),
    ("prepare --suites empty --prepared o", 1, ("empty: holds no behaviour suites", "--suites")),
    ("pick none", 1, ("none/scores.parquet: not found", "saruna score")),
    ("pick scored", 1, ("scored/scores.parquet: is not a whole", "saruna score")),
    ("archive cut.parquet o", 1, ("cut.parquet: is not a whole Parquet file", "again")),
    ("model which --at 2026-11-24 --history none", 1, ("2026-11-24", "None was promoted")),
    ("claims import good.csv", 1, ("good.csv: holds no claims", "docs/claims.md")),
    ("claims import empty", 1, ("empty: holds no claims", "docs/claims.md")),
    ("claims check --comments none.csv", 1, ("none.csv: not found", "`text`")),
    ("claims check --comments latin.csv", 1, ("latin.csv: is not whole UTF-8", "UTF-8")),
    ("claims check --pairs none.tsv", 1, ("none.tsv: not found", "--pairs")),
    ("claims emerging none --out o.parquet", 1, ("none: not found", "saruna nightly")),
    ("claims add x --verdict no --address https://a.lv --lang xx", 2, ("'xx'", "lv, ru, en")),
    ("claims add x --verdict no --address https://a.lv --date 2026-13", 2, ("'2026-13'", "2026-0")),
    ("coordination accounts empty", 1, ("empty: has none of the sets", "../shared/data")),
    (f"feedback --erase {SECRET}", 2, ("1 of the values", "32 hex digits")),
]


@pytest.mark.parametrize(("line", "code", "parts"), BAD, ids=[line for line, *_ in BAD])
def test_a_bad_call_is_told_place_value_and_next_step(
    line: str, code: int, parts: tuple[str, ...], call: Call
) -> None:
    told_code, err = call(line)
    assert (told_code, "Traceback" in err) == (code, False), err
    assert len(err.strip().splitlines()) >= 2, err
    assert [part for part in parts if part not in err] == [], err
    # Neither a comment nor what may be a name.
    assert SECRET not in err


def test_a_history_without_a_line_says_so(call: Call) -> None:
    assert call("model history --history none") == (0, "none: no release was promoted so far\n")


@pytest.mark.parametrize("date", ["", "2026", "2026-02", "2026-02-28"])
def test_a_claim_may_be_dated_by_day_month_or_year(date: str, call: Call) -> None:
    when = f"--date {date}" if date else ""
    code, err = call(f"claims add x --verdict false --address https://a.lv/b --lang lv {when}")
    assert (code, err) == (0, "")


@pytest.mark.parametrize(
    "kind", [pa.string(), pa.large_string(), pa.dictionary(pa.int32(), pa.string())]
)
def test_texts_of_every_arrow_type_are_read(kind: pa.DataType, call: Call, tmp_path: Path) -> None:
    texts = pa.array(["Labdien visiem", "Добрый день"]).cast(kind)
    pq.write_table(pa.table({"comment": texts}), tmp_path / "texts.parquet")
    assert call("ingest texts.parquet --out o") == (0, "")
