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
    assert path.stem == "coordination" or names["night"].n_comments > 300
    FOUND[path.stem](names)


def sample_night(names: dict[str, Any]) -> None:
    assert names["table"]["violation"][1] > names["table"]["criticism"][1]


def error_analysis(names: dict[str, Any]) -> None:
    for lang in ("lv", "ru"):
        _, _, flagged, (low, high) = names["by_slice"]["criticism", lang]
        assert low <= flagged <= high
        assert flagged < names["by_slice"]["violation", lang][2]
    assert {"insult", "threat", "bot"} <= names["by_label"].keys()
    assert {lang for lang, _ in names["weak"]} == {"lv", "ru"}


def thresholds(names: dict[str, Any]) -> None:
    assert {row[0] for row in names["promises"]} == {"lv", "ru"}
    for rows in names["curve"].values():
        assert [row[1] for row in rows] == sorted((row[1] for row in rows), reverse=True)
        assert [row[2] for row in rows] == sorted(row[2] for row in rows)
    left = [row[1] for row in names["workload"].values()]
    assert left == sorted(left, reverse=True)
    assert left[0] > left[-1]


def label_quality(names: dict[str, Any]) -> None:
    assert all(auc > 0.8 for _, auc, _ in names["agreement"].values())
    assert names["found"] >= 5 * 20 * 20 / len(names["labels"])
    assert len(names["suspects"]) < len(names["labels"]) / 4


def coordination(names: dict[str, Any]) -> None:
    first = names["planted_found"][0]
    assert (first.rows >= len(names["ground"])).mean() > 0.9
    assert first.n_profiles >= 12
    assert names["picture"].axes
    # Where the public set is absent the notebook says so and draws the planted burst alone.
    real = names["real_found"]
    assert isinstance(names["real_picture"], str) if real is None else len(real) >= 1


SHOWS = (sample_night, error_analysis, thresholds, label_quality, coordination)
FOUND = {each.__name__: each for each in SHOWS}
"""What each notebook has to show, by its name."""


def test_every_notebook_has_to_show_something() -> None:
    assert {path.stem for path in NOTEBOOKS} == FOUND.keys()
