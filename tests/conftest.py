"""What several rooms' tests share: a tiny model, taken through the real stages once."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

# A busy machine is not a slow program, and the same commit gives the same verdict. For a search
# with new examples each time: HYPOTHESIS_PROFILE=search.
settings.register_profile("saruna", deadline=None, derandomize=True)
settings.register_profile("search", deadline=None, max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "saruna"))


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
