"""Drills: one program that forks them, and a night that nothing happens to."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")

from drill_night import Night, Zygote, write_comments


@pytest.fixture(scope="session")
def zygote(tiny: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Zygote]:
    root = tmp_path_factory.mktemp("drills")
    made = Zygote(tiny, write_comments(root / "comments.csv"), root / "zygote")
    yield made
    made.process.communicate(timeout=20)


@pytest.fixture(scope="session")
def undisturbed(zygote: Zygote, tmp_path_factory: pytest.TempPathFactory) -> Night:
    """A night that nothing happened to."""
    night = Night(zygote, tmp_path_factory.mktemp("undisturbed"))
    assert night.run().told["n_new_cases"] > 10
    return night


@pytest.fixture
def night(zygote: Zygote, tmp_path: Path) -> Callable[..., Night]:
    """Makes nights."""

    def make(name: str = "night", database: str = "", state: Path | None = None) -> Night:
        return Night(zygote, tmp_path / name, database, state)

    return make
