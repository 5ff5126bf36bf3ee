"""Notebooks run from top to bottom, and carry no outputs that could hold comments."""

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.core import paths

NOTEBOOKS = sorted((paths.ROOT / "notebooks").glob("*.ipynb"))


def code_cells(path: Path) -> list[dict[str, Any]]:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [cell for cell in cells if cell["cell_type"] == "code"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_is_committed_without_outputs(path: Path) -> None:
    assert all(not cell["outputs"] for cell in code_cells(path))


@pytest.mark.skipif(not paths.RELEASE.is_dir(), reason="no release is shipped")
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("matplotlib")
    monkeypatch.setenv("SARUNA_STATE", str(tmp_path))
    names: dict[str, Any] = {}
    for number, cell in enumerate(code_cells(path)):
        exec(compile("".join(cell["source"]), f"{path.name}[{number}]", "exec"), names)  # noqa: S102
    assert names["night"].n_comments > 300
    assert names["table"]["violation"][1] > names["table"]["criticism"][1]
