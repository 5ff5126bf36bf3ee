"""What several rooms' tests share: a tiny model, taken through the real stages once."""

from pathlib import Path

import pytest
from hypothesis import settings

# A busy machine is not a slow program.
settings.register_profile("saruna", deadline=None)
settings.load_profile("saruna")


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
