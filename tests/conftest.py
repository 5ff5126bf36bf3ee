"""What several rooms' tests share: a tiny model, taken through the real stages once."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory):  # type: ignore[no-untyped-def]
    """The tiny model with its release folder; skips without the train extra."""
    pytest.importorskip("torch")
    from tiny_release import build

    return build(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="session")
def tiny_folder(tiny) -> Path:  # type: ignore[no-untyped-def]
    """The release folder of the tiny model."""
    folder: Path = tiny.release
    return folder
