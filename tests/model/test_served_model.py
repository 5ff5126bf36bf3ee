"""The registered model says what `saruna score` says, without torch, the desk or the checkout."""

import json
import math
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from pipeline import nightly
from pipeline.core import paths
from pipeline.core.errors import PipelineError
from pipeline.core.policy import load_policy
from pipeline.core.settings import load_settings
from pipeline.model import packing
from pipeline.model.release import GRAPH

pytestmark = [
    pytest.mark.train,
    pytest.mark.skipif(not paths.RELEASE.is_dir(), reason="no release is shipped"),
]
COMMENTS = (
    "Kad beidzot salabos bedres Brīvības ielā?",
    "Kauns domei, ielas atkal nav tiritas!",
    "Jūs visi esat idioti un zagļi, nošaut vajag",
    "Спасибо за каток 👍",
    "Дебилы, хватит воровать, сдохните",
    "mudaki, skolko mozhno vorovat",
    "Balsojiet par sarakstu Nr. 5 šo sestdien!",
    "Zvaniet man 29123456, dzīvoju Brīvības ielā 5-12",
    "Das ist ein deutscher Satz über das Wetter in der Stadt.",
    "?!",
)
LABELS = tuple(load_policy(paths.POLICY).labels)
UNWANTED = ("torch", "transformers", "onnx", "onnxruntime", "datasketch", "django", "dvc", "ray")
BLOCKER = f"""
import sys
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {UNWANTED!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Blocker())
"""


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped release, packed as the registry gets it."""
    mlflow = pytest.importorskip("mlflow")
    folder: Path = tmp_path_factory.mktemp("served") / "model"
    with packing.contents(mlflow, paths.RELEASE, LABELS) as packed:
        mlflow.pyfunc.save_model(path=str(folder), **packed)
    return folder


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """What `saruna score` says of the comments."""
    folder = tmp_path_factory.mktemp("scored")
    source = comments_in(folder / "comments.csv")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SARUNA_STATE", str(folder))
        given = nightly.Input(source, {})
        nightly.run(load_settings(), given, paths.RELEASE, folder / "night", queue=False)
    rows: list[dict[str, Any]] = pq.read_table(folder / "night" / "scores.parquet").to_pylist()
    return rows


def comments_in(path: Path) -> Path:
    path.write_text("text\n" + "".join(f'"{text}"\n' for text in COMMENTS), encoding="utf-8")
    return path


def differences(found: list[dict[str, Any]], scored: list[dict[str, Any]]) -> Iterator[float]:
    assert [row["lang"] for row in found] == [row["lang"] for row in scored]
    for own, row in zip(found, scored, strict=True):
        for name in packing.columns_of(LABELS):
            assert math.isnan(own[name]) == (row[name] is None), name
            yield 0.0 if row[name] is None else abs(own[name] - row[name])


def test_mlflow_predicts_in_a_fresh_process_what_score_says(
    model: Path, scored: list[dict[str, Any]], tmp_path: Path
) -> None:
    (tmp_path / "sitecustomize.py").write_text(BLOCKER, encoding="utf-8")
    called = subprocess.run(
        [
            *(sys.executable, "-m", "mlflow", "models", "predict", "--env-manager", "local"),
            *("-m", model, "-t", "csv", "-i", comments_in(tmp_path / "comments.csv")),
            *("-o", tmp_path / "found.json"),
        ],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        cwd=tmp_path,
        env={
            **{"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONPATH": str(tmp_path)},
            **{"SARUNA_STATE": str(tmp_path), "MLFLOW_DISABLE_TELEMETRY": "true"},
        },
    )
    assert called.returncode == 0, called.stderr[-2000:]
    found = json.loads((tmp_path / "found.json").read_text(encoding="utf-8"))["predictions"]
    assert max(differences(found, scored)) <= 1e-6
    assert {"lv", "ru", "und"} <= {row["lang"] for row in found}
    assert max(row["prob_abuse"] for row in found if row["lang"] == "ru") > 0.9


def test_the_model_holds_the_program_that_it_needs_and_says_what_it_takes(model: Path) -> None:
    assert (model / "code" / "pipeline" / "stages" / "score.py").is_file()
    assert not (model / "code" / "pipeline" / "desk").exists()
    needs = (model / "requirements.txt").read_text(encoding="utf-8").split()
    assert all("==" in each for each in needs)
    assert not {each.partition("==")[0] for each in needs} & {*UNWANTED, "scikit-learn"}
    described = (model / "MLmodel").read_text(encoding="utf-8")
    for name in ("text", "prob_abuse", "prob_threat", "input_example.json"):
        assert name in described


def test_a_language_that_the_caller_knows_is_taken_and_an_odd_one_refused() -> None:
    pytest.importorskip("mlflow")
    from pipeline import serving

    assert serving.known_langs(["lv", None, "", float("nan"), "und"]) == [
        *("lv", None, None, None, "und")
    ]
    with pytest.raises(PipelineError, match=r"'lt', 'xx' is no language.*\nName one of lv, ru"):
        serving.known_langs(["xx", "ru", "lt"])
    score_texts = serving.open_texts(paths.RELEASE)
    rows = score_texts(["Labrīt", "Labrīt", "Labrīt"], ["lv", "ru", "und"]).to_pylist()
    assert [row["lang"] for row in rows] == ["lv", "ru", "und"]
    assert rows[0]["prob_abuse"] != rows[1]["prob_abuse"]
    assert rows[2]["prob_abuse"] is None
    assert score_texts([], []).num_rows == 0


def test_a_registered_model_whose_files_were_changed_is_refused(
    model: Path, tmp_path: Path
) -> None:
    mlflow = pytest.importorskip("mlflow")
    changed = tmp_path / "changed"
    shutil.copytree(model, changed)
    with (changed / "artifacts" / "release" / GRAPH).open("ab") as handle:
        handle.write(b"x")
    with pytest.raises(PipelineError, match="has changed since the release was made"):
        mlflow.pyfunc.load_model(str(changed))


@pytest.mark.filterwarnings("ignore")  # Ray's own, of threads and sockets
def test_ray_scores_with_the_registered_model(model: Path, scored: list[dict[str, Any]]) -> None:
    pytest.importorskip("ray", reason="the ray extra is not installed")
    import pandas as pd
    import ray.data

    class Score:
        def __init__(self, address: str) -> None:
            import mlflow

            self.model = mlflow.pyfunc.load_model(address)

        def __call__(self, batch: Any) -> Any:
            return self.model.predict(batch)

    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, configure_logging=False)
    try:
        ray.data.DataContext.get_current().enable_progress_bars = False
        answered = ray.data.from_pandas(pd.DataFrame({"text": COMMENTS})).map_batches(
            Score,
            fn_constructor_args=(str(model),),
            batch_format="pandas",
            compute=ray.data.ActorPoolStrategy(size=1),
        )
        found = answered.to_pandas().astype(dict.fromkeys(packing.columns_of(LABELS), "float64"))
    finally:
        ray.shutdown()
    assert max(differences(found.to_dict("records"), scored)) <= 1e-6


@pytest.mark.filterwarnings("ignore")  # Spark's own, of pandas
def test_spark_scores_with_the_registered_model(model: Path, scored: list[dict[str, Any]]) -> None:
    sql = pytest.importorskip("pyspark.sql", reason="PySpark is not installed")
    import mlflow

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYSPARK_PYTHON", sys.executable)
        spark = sql.SparkSession.builder.master("local[1]").getOrCreate()
        try:
            score = mlflow.pyfunc.spark_udf(spark, str(model), env_manager="local")
            rows = spark.createDataFrame([(text,) for text in COMMENTS], ["text"])
            found = rows.withColumn("score", score("text")).select("score.*").toPandas()
        finally:
            spark.stop()
    assert max(differences(found.to_dict("records"), scored)) <= 1e-6
