"""One entry for files and folders; what cannot be read is said, never passed over."""

import errno
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.core.errors import PipelineError
from pipeline.core.settings import IngestSettings
from pipeline.sources import detect

Read = Callable[..., Any]


def test_a_folder_is_all_its_files_in_order(fixtures: Path, read: Read) -> None:
    found = read(fixtures)
    files = list(dict.fromkeys(comment.source for comment in found.comments))
    assert files[:2] == ["facebook", "instagram"]
    assert [source for source in files if source.startswith("file:")] == [
        "file:site_cp1251.csv",
        "file:site_cp1257.csv",
        "file:site_utf16.csv",
        "file:site_utf16le_without_mark.csv",
        "file:site_utf8.csv",
        "file:site_utf8_bom.csv",
    ]
    assert [reject.reason for reject in found.rejects] == ["api_error"]


def test_a_file_of_a_folder_that_cannot_be_read_holds_up_no_other(
    tmp_path: Path, read: Read
) -> None:
    (tmp_path / "a.csv").write_text("grade\n5\n")
    (tmp_path / "b.docx").write_text("?")
    (tmp_path / "c.csv").write_text("text\nlabi\n")
    (tmp_path / "d.csv").write_text("")
    (tmp_path / "e.json").write_text("")
    (tmp_path / ".hidden").write_text("?")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "f.csv").write_text("text\nхорошо\n")
    found = read(tmp_path)
    assert found.texts == ["labi", "хорошо"]
    assert [(reject.file, reject.reason) for reject in found.rejects] == [
        ("a.csv", "unreadable_file"),
        ("b.docx", "unreadable_file"),
        ("d.csv", "unreadable_file"),
        ("e.json", "empty_file"),
    ]
    assert "unknown format '.docx'" in found.rejects[1].detail
    assert found.comments[1].source == "file:sub/f.csv"


def test_a_file_that_may_not_be_read_is_a_reject_with_that_reason(
    tmp_path: Path, read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.csv").write_text("text\nlabi\n")
    (tmp_path / "b.csv").write_text("text\nlabi\n")
    known = detect.read_records

    def refused(path: Path, reading: object) -> object:
        if path.name == "a.csv":
            raise PermissionError(errno.EACCES, "Permission denied")
        return known(path, reading)  # type: ignore[arg-type]

    monkeypatch.setattr(detect, "read_records", refused)
    found = read(tmp_path)
    assert found.texts == ["labi"]
    (rejected,) = found.rejects
    assert (rejected.file, rejected.reason) == ("a.csv", "unreadable_file")
    assert rejected.detail == "may not be read (Permission denied)"


@pytest.mark.parametrize("name", ["a.docx", "a", "a.gz", "a.parquet.gz"])
def test_an_unknown_format_is_an_error_that_lists_the_known(
    tmp_path: Path, read: Read, name: str
) -> None:
    (tmp_path / name).write_text("text\nlabi\n")
    with pytest.raises(PipelineError, match=r"unknown format[\s\S]*\.csv, \.tsv, \.jsonl"):
        read(tmp_path / name)


def test_an_absent_file_is_an_error(tmp_path: Path, read: Read) -> None:
    with pytest.raises(PipelineError, match="not found"):
        read(tmp_path / "a.csv")


def test_suffixes_in_capitals_are_known(tmp_path: Path, read: Read) -> None:
    (tmp_path / "2026.03.01.CSV").write_text("text\nlabi\n")
    assert read(tmp_path / "2026.03.01.CSV").texts == ["labi"]


def test_wrong_settings_are_errors_before_any_file_is_read(tmp_path: Path, read: Read) -> None:
    (tmp_path / "a.csv").write_text("text\nlabi\n")
    with pytest.raises(PipelineError, match="no time zone 'Europe/Ogre'"):
        read(tmp_path, settings=IngestSettings(timezone="Europe/Ogre"))
    with pytest.raises(PipelineError, match="unknown field 'txt'"):
        read(tmp_path, {"txt": "text"})
    with pytest.raises(PipelineError, match="date format"):
        read(tmp_path, date_format="%H")


def test_a_page_in_another_character_set_is_read(tmp_path: Path, read: Read) -> None:
    page = {"data": [{"id": "1_2", "message": "Kāpēc ledū?", "created_time": "2026-03-01"}]}
    content = json.dumps(page, ensure_ascii=False)
    for charset in ("utf-8-sig", "utf-16", "cp1257"):
        (tmp_path / "a.json").write_bytes(content.encode(charset))
        assert read(tmp_path / "a.json").texts == ["Kāpēc ledū?"]


def test_undecodable_bytes_in_a_page_spoil_their_comment_only(tmp_path: Path, read: Read) -> None:
    items = [{"id": f"1_{i}", "message": text} for i, text in enumerate(["ābols", "@", "слива"])]
    content = json.dumps({"data": items}, ensure_ascii=False).encode().replace(b"@", b"\xe2")
    (tmp_path / "a.json").write_bytes(content)
    found = read(tmp_path / "a.json")
    assert found.texts == ["ābols", "слива"]
    assert found.reasons == [(2, "undecodable")]
