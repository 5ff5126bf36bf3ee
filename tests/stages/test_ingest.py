"""Ingest accounts for every record, hides who wrote it, and leaves whole files behind."""

import dataclasses
import json
import subprocess
import sys
import textwrap
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pipeline.core.errors import PipelineError
from pipeline.core.records import author_key
from pipeline.core.settings import IngestSettings
from pipeline.core.tables import COMMENT, REJECT, read_table
from pipeline.stages import ingest

SETTINGS = IngestSettings()
SECRET = b"a key for tests"

BODY = """id,autors,datums,komentārs
1,u1,2026-03-01 10:00,Kāpēc ielā nav gaismas?
2,u2,13.45.2026,Спасибо за каток
3,u3,2026-03-01 10:05,"Labi, ka ir soliņi"
4,u4,2026-03-01
5,u1,1970-01-01,Ёлку убрали
"""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "site.csv"
    path.write_text(BODY, encoding="utf-8")
    return path


def test_ingest_accounts_for_every_record(source: Path, tmp_path: Path) -> None:
    summary = ingest.run(SETTINGS, source, tmp_path / "out", secret=SECRET)
    assert (summary.n_read, summary.n_comments, summary.n_rejects) == (5, 3, 2)
    assert summary.reasons == {"bad_date": 1, "wrong_columns": 1}
    assert summary.notes == {"implausible_created_at": 1}
    assert summary.files == {"site.csv": 3}


def test_ingest_writes_both_tables_in_their_schemas(source: Path, tmp_path: Path) -> None:
    ingest.run(SETTINGS, source, tmp_path / "out", secret=SECRET)
    comments = read_table(tmp_path / "out" / "comments.parquet", COMMENT, "saruna ingest")
    rejects = read_table(tmp_path / "out" / "rejects.parquet", REJECT, "saruna ingest")
    assert comments.column("comment_id").to_pylist() == ["1", "3", "5"]
    assert comments.column("institution").to_pylist() == ["ogre"] * 3
    assert rejects.column("row_number").to_pylist() == [2, 4]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "comments.parquet",
        "rejects.parquet",
    ]


def test_ingest_twice_gives_the_same_tables(source: Path, tmp_path: Path) -> None:
    for out in ("a", "b"):
        ingest.run(SETTINGS, source, tmp_path / out, secret=SECRET)
    for name in ("comments.parquet", "rejects.parquet"):
        assert pq.read_table(tmp_path / "a" / name).equals(pq.read_table(tmp_path / "b" / name))


def test_no_raw_author_id_leaves_ingest(tmp_path: Path) -> None:
    page = {
        "data": [
            {
                "id": "1_2",
                "message": "Labi",
                "created_time": "2026-03-01T10:00:00+0000",
                "from": {"id": "5550001112223331", "name": "Testa Lietotāja"},
            }
        ]
    }
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "fb.json").write_text(json.dumps(page))
    (tmp_path / "in" / "site.csv").write_text("author,text,date\nraw-author-9,a,kad?\nraw-9,b,\n")
    ingest.run(SETTINGS, tmp_path / "in", tmp_path / "out", secret=SECRET)
    written = str([pq.read_table(path).to_pylist() for path in (tmp_path / "out").iterdir()])
    for raw in ("5550001112223331", "Testa", "raw-author-9", "raw-9"):
        assert raw not in written
    assert author_key("5550001112223331", "facebook", SECRET) in written
    assert author_key("raw-9", "file:site.csv", SECRET) in written


def test_an_input_without_a_comment_is_an_error_with_counts_and_next_step(tmp_path: Path) -> None:
    source = tmp_path / "site.csv"
    source.write_text("text,date\na,03/31/2026\nb,03/30/2026\nc\n")
    with pytest.raises(PipelineError) as caught:
        ingest.run(SETTINGS, source, tmp_path / "out", secret=SECRET)
    message = str(caught.value)
    assert "no usable comment among 3 records (bad_date 2, wrong_columns 1)" in message
    assert "--date-format" in message
    assert pq.read_table(tmp_path / "out" / "rejects.parquet").num_rows == 3
    summary = ingest.run(SETTINGS, source, tmp_path / "out", date_format="%m/%d/%Y", secret=SECRET)
    assert summary.n_comments == 2


@pytest.mark.parametrize(
    ("name", "content"), [("a.csv", "text,date\n"), ("a.json", '{"data": [], "paging": {}}')]
)
def test_an_empty_export_is_an_error_that_says_so(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(PipelineError, match=r"holds no comments \(0 records\)"):
        ingest.run(SETTINGS, tmp_path / name, tmp_path / "out", secret=SECRET)


def test_unreadable_files_of_a_folder_are_named(source: Path, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "notes.docx").write_text("?")
    with pytest.raises(PipelineError, match=r"notes\.docx: unknown format '\.docx'"):
        ingest.run(SETTINGS, folder, tmp_path / "out", secret=SECRET)
    source.rename(folder / "site.csv")
    summary = ingest.run(SETTINGS, folder, tmp_path / "out", secret=SECRET)
    assert summary.unreadable == {"notes.docx": "unknown format '.docx'"}
    assert summary.files == {"notes.docx": 0, "site.csv": 3}


def test_an_error_leaves_the_tables_of_an_earlier_run_in_place(
    source: Path, tmp_path: Path
) -> None:
    ingest.run(SETTINGS, source, tmp_path / "out", secret=SECRET)
    source.write_text("grade\n5\n")
    with pytest.raises(PipelineError, match="no column that is obviously"):
        ingest.run(SETTINGS, source, tmp_path / "out", secret=SECRET)
    assert pq.read_table(tmp_path / "out" / "comments.parquet").num_rows == 3
    assert not list((tmp_path / "out").glob(".*"))


def test_no_comment_text_is_in_an_error(tmp_path: Path) -> None:
    source = tmp_path / "site.csv"
    source.write_text("text,date\nSlepens teksts,Jānis Paraugs dzīvo tur\n")
    with pytest.raises(PipelineError) as caught:
        ingest.run(SETTINGS, source, tmp_path / "out", secret=SECRET)
    assert "Slepens" not in str(caught.value)
    assert "Paraugs" not in str(caught.value)


def test_the_summary_is_frozen(source: Path, tmp_path: Path) -> None:
    summary = ingest.run(SETTINGS, source, tmp_path / "out", secret=SECRET)
    with pytest.raises(dataclasses.FrozenInstanceError):
        summary.n_read = 0  # type: ignore[misc]


PEAK = """
    import sys, tracemalloc
    from pathlib import Path
    import pyarrow as pa
    from pipeline.core.settings import IngestSettings, ValidateSettings
    from pipeline.stages import ingest, validate

    # What is in use, not what the allocators keep: that differs from run to run.
    tracemalloc.start()
    out = Path(sys.argv[2])
    ingest.run(IngestSettings(), Path(sys.argv[1]), out / "ingest", secret=b"k")
    validate.run(ValidateSettings(), out / "ingest", out / "validated")
    peak = tracemalloc.get_traced_memory()[1] + pa.default_memory_pool().max_memory()
    sys.stdout.write(str(peak))
"""


def peak_bytes(path: Path, n_rows: int) -> int:
    """Return the peak memory of a process that ingests and validates so many long comments."""
    text = "Kāpēc ielā nav gaismas? Почему темно? " * 50
    with path.open("w", encoding="utf-8") as handle:
        handle.write("id,text\n")
        handle.writelines(f"{i},{text}{i}\n" for i in range(n_rows))
    command = [sys.executable, "-c", textwrap.dedent(PEAK), str(path), str(path.parent / "out")]
    done = subprocess.run(
        command, cwd=Path(__file__).parents[2], check=True, capture_output=True, text=True
    )
    return int(done.stdout)


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    small = peak_bytes(tmp_path / "small.csv", 4_000)
    large = peak_bytes(tmp_path / "large.csv", 15_000)
    growth = (tmp_path / "large.csv").stat().st_size - (tmp_path / "small.csv").stat().st_size
    # What grows is one hash per comment.
    assert large - small < growth / 5
