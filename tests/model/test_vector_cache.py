"""Vectors are computed once per release and text, and a stopped run goes on."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from pipeline.model import vector_cache
from pipeline.model.vector_cache import kept_vectors


class Encoder:
    """Gives a vector per text and counts what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        self.asked += texts
        return np.array([[len(text) / 127, -1.0, 1.0] for text in texts], dtype=np.float32)


def test_what_is_kept_is_not_computed_again(tmp_path: Path) -> None:
    texts = ["ielas", "улицы", "\ud83d"]
    encode = Encoder()
    first = kept_vectors(encode, "one", texts, tmp_path)
    assert first.tolist() == [[5, -127, 127], [5, -127, 127], [1, -127, 127]]
    assert np.array_equal(kept_vectors(encode, "one", texts, tmp_path), first)
    assert encode.asked == texts


@pytest.mark.parametrize(
    ("version", "texts"), [("two", ["ab", "c"]), ("one", ["a", "bc"]), ("one", ["c", "ab"])]
)
def test_another_release_or_text_is_computed(
    tmp_path: Path, version: str, texts: list[str]
) -> None:
    kept_vectors(Encoder(), "one", ["ab", "c"], tmp_path)
    encode = Encoder()
    kept_vectors(encode, version, texts, tmp_path)
    assert encode.asked == texts


def test_a_stopped_run_goes_on_after_the_last_whole_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vector_cache, "PART", 2)
    kept_vectors(Encoder(), "one", ["a", "b"], tmp_path)
    encode = Encoder()
    found = kept_vectors(encode, "one", ["a", "b", "c"], tmp_path)
    assert encode.asked == ["c"]
    assert len(found) == 3


def test_the_files_hold_no_text(tmp_path: Path) -> None:
    kept_vectors(Encoder(), "one", ["slepens teikums"], tmp_path)
    (path,) = tmp_path.iterdir()
    assert b"slepens" not in path.read_bytes() + path.name.encode()


@pytest.mark.parametrize("content", [b"", b"\x93NUMPY\x01\x00v", b"no vectors"])
def test_a_damaged_file_is_made_again(tmp_path: Path, content: bytes) -> None:
    first = kept_vectors(Encoder(), "one", ["a"], tmp_path)
    (path,) = tmp_path.iterdir()
    path.write_bytes(content)
    assert np.array_equal(kept_vectors(Encoder(), "one", ["a"], tmp_path), first)


def test_no_text_has_no_vector(tmp_path: Path) -> None:
    assert kept_vectors(Encoder(), "one", [], tmp_path).shape == (0, 0)
