"""Packing: a release with the program and the lists that it needs, as an MLflow model."""

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pipeline.core import paths

RELEASE = "release"
"""Name of the release among the artifacts of the model."""
SCRIPT = paths.ROOT / "pipeline" / "serving.py"
LISTS = ("claims", "lexicon", "names", "policy")
"""Folders of `data` that scoring reads."""
NEEDS = (
    *("ftfy", "lingua-language-detector", "mlflow", "numpy", "openvino", "pandas", "phonenumbers"),
    *("pyarrow", "pydantic", "python-stdnum", "pyyaml", "rapidfuzz", "spacy", "tokenizers"),
    *("tzdata", "wordfreq"),
)
"""What scoring imports; neither torch nor the desk is among it."""
EXAMPLES = (
    "Kad beidzot salabos bedres Brīvības ielā?",
    "Спасибо за каток!",
)


def columns_of(labels: Sequence[str]) -> list[str]:
    """Return the columns of probabilities that the model answers with."""
    return [f"prob_{name}" for name in (*labels, "abuse")]


def pack(mlflow: Any, release: Path, labels: Sequence[str], name: str) -> str:
    """Log the model to the run that is open, and return its address."""
    with contents(mlflow, release, labels) as model:
        return str(mlflow.pyfunc.log_model(name=name, **model).model_uri)


@contextmanager
def contents(mlflow: Any, release: Path, labels: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yield what MLflow packs; the program's copy is there for as long.

    Signature: `text`, and `lang` where the caller knows it, to `prob_<label>` and `lang`.
    """
    import pandas as pd

    types = mlflow.types
    given = [
        types.ColSpec(types.DataType.string, "text"),
        types.ColSpec(types.DataType.string, "lang", required=False),
    ]
    answered = [types.ColSpec(types.DataType.double, name) for name in columns_of(labels)]
    answered.append(types.ColSpec(types.DataType.string, "lang"))
    with program() as code:
        yield {
            "python_model": str(SCRIPT),
            "artifacts": {RELEASE: str(release)},
            "code_paths": [str(path) for path in sorted(code.iterdir())],
            "signature": mlflow.models.ModelSignature(types.Schema(given), types.Schema(answered)),
            "input_example": pd.DataFrame({"text": EXAMPLES}),
            "pip_requirements": [f"{each}=={version(each)}" for each in NEEDS],
        }


@contextmanager
def program() -> Iterator[Path]:
    """Yield a folder with a copy of the program, its settings and its lists, laid out alike."""
    with tempfile.TemporaryDirectory(prefix="saruna-model-") as folder:
        code = Path(folder)
        without = shutil.ignore_patterns("__pycache__", "desk", "locale")
        shutil.copytree(paths.ROOT / "pipeline", code / "pipeline", ignore=without)
        for name in LISTS:
            shutil.copytree(paths.ROOT / "data" / name, code / "data" / name)
        shutil.copy(paths.PARAMS, code / paths.PARAMS.name)
        yield code
