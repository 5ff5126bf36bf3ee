"""A release is opened whole and untouched, or refused with the file that is to blame."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.core.errors import PipelineError
from pipeline.core.heads import OUTPUTS
from pipeline.model import calibration, release, thresholds
from pipeline.model.calibration import Curve
from pipeline.model.release import HASHED, MANIFEST, open_release, seal
from pipeline.model.thresholds import Cut

CURVES = {output: {"any": Curve(1.0, -0.5), "lv": Curve(2.0, 0.1)} for output in OUTPUTS}
CUTS = {output: {"any": Cut(0.4, 0.9)} for output in OUTPUTS}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A release that opens, although its graph and tokenizer are only names."""
    made = tmp_path / "release"
    made.mkdir()
    for name in HASHED:
        (made / name).write_text(name, encoding="utf-8")
    described = {
        "blend": dict.fromkeys(OUTPUTS, 0.5),
        "curves": calibration.to_json(CURVES),
    }
    (made / release.CALIBRATION).write_text(json.dumps(described), encoding="utf-8")
    (made / release.THRESHOLDS).write_text(json.dumps(thresholds.to_json(CUTS)), encoding="utf-8")
    seal(made, {"note": "for tests"}, max_tokens=64)
    return made


def test_a_whole_release_opens_with_its_numbers(folder: Path) -> None:
    opened = open_release(folder)
    assert opened.outputs == OUTPUTS
    assert opened.max_tokens == 64
    assert opened.calibration == CURVES
    assert opened.thresholds == CUTS
    assert opened.blend.tolist() == [0.5] * len(OUTPUTS)
    assert opened.manifest["note"] == "for tests"
    assert len(opened.version) == len(opened.threshold_version) == 12


def test_equal_content_has_an_equal_version_and_other_content_another(folder: Path) -> None:
    first = open_release(folder).version
    assert seal(folder, {"note": "other words"}, max_tokens=64) == first
    (folder / release.THRESHOLDS).write_text(
        json.dumps(thresholds.to_json({**CUTS, "abuse": {"any": Cut(0.3, 0.9)}})), encoding="utf-8"
    )
    assert seal(folder, {}, max_tokens=64) != first


def change_byte(path: Path) -> None:
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(bytes(raw))


@pytest.mark.parametrize("name", HASHED)
def test_a_changed_byte_is_refused_by_the_name_of_its_file(name: str, folder: Path) -> None:
    change_byte(folder / name)
    with pytest.raises(PipelineError, match=f"{name}: has changed"):
        open_release(folder)


@pytest.mark.parametrize("name", [*HASHED, MANIFEST])
def test_a_missing_file_is_refused_by_its_name(name: str, folder: Path) -> None:
    (folder / name).unlink()
    with pytest.raises(PipelineError, match=f"{name}: not found"):
        open_release(folder)


def test_every_problem_is_named_at_once(folder: Path) -> None:
    (folder / HASHED[0]).unlink()
    change_byte(folder / HASHED[1])
    with pytest.raises(PipelineError) as caught:
        open_release(folder)
    assert all(name in str(caught.value) for name in HASHED[:2])
    assert HASHED[2] not in str(caught.value)


Change = Callable[[dict[str, Any]], object]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda m: m["outputs"].reverse(), "labels are abuse, bot"),
        (lambda m: m["outputs"].pop(), "this program knows insult"),
        (lambda m: m.update(format=99), "format 99 is unknown"),
        (lambda m: m.update(format="one"), "format one is unknown"),
        (lambda m: m.pop("files"), "lacks files"),
        (lambda m: m.pop("outputs"), "lacks outputs"),
        (lambda m: m.update(files=["model.onnx"]), "cannot be read at files"),
        (lambda m: m.update(outputs="insult"), "cannot be read at outputs"),
        (lambda m: m.update(max_tokens="128"), "cannot be read at max_tokens"),
        (lambda m: m["files"].pop(HASHED[0]), f"{HASHED[0]}: has changed"),
        (lambda m: m.update(version="0" * 12), "the version is not that of the files"),
    ],
)
def test_a_manifest_of_another_make_is_refused(change: Change, message: str, folder: Path) -> None:
    path = folder / MANIFEST
    manifest = json.loads(path.read_text(encoding="utf-8"))
    change(manifest)
    path.write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(PipelineError, match=message) as caught:
        open_release(folder)
    assert str(folder) in str(caught.value)
    assert caught.value.hint


@pytest.mark.parametrize("content", ["", "{", "[]", "kauns", "\ud800"])
def test_a_broken_manifest_is_refused(content: str, folder: Path) -> None:
    (folder / MANIFEST).write_bytes(content.encode("utf-8", "surrogatepass"))
    with pytest.raises(PipelineError, match=r"manifest\.json: is not a manifest"):
        open_release(folder)


def test_a_release_is_replaced_whole(folder: Path, tmp_path: Path) -> None:
    target = tmp_path / "models" / "release"
    release.replace_folder(folder, target)
    shutil.rmtree(target)
    release.replace_folder(folder, target)
    (folder / HASHED[0]).write_text("other", encoding="utf-8")
    version = seal(folder, {}, max_tokens=64)
    (target / "left over").write_text("x", encoding="utf-8")
    release.replace_folder(folder, target)
    assert open_release(target).version == version
    assert sorted(path.name for path in target.parent.iterdir()) == ["release"]
    assert not (target / "left over").exists()
