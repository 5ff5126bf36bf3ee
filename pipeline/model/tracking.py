"""MLflow: one run per training, with parameters, metrics per slice, data hashes and files.

By default a SQLite store beside the project. Only this module opens it.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pipeline.core.errors import PipelineError
from pipeline.core.settings import RegisterSettings, Settings

SILENT = "INTERNAL_ERROR"
"""What MLflow calls an error that is not the caller's: no connection, no file."""
RUN_FILE = "run.txt"
"""Beside the checkpoint: the id of the run that made it, so that later stages add to it."""


class StoreSilentError(PipelineError):
    """The MLflow store does not answer; what can be done without it is done."""


def client(settings: RegisterSettings) -> Any:
    """Return MLflow, pointed at the configured store and experiment."""
    # No question to a server on the network for statistics of use.
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("DO_NOT_TRACK", "true")
    # A server that is down is reported within a minute, not after seven tries of two.
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "20")
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    import mlflow

    mlflow.set_tracking_uri(settings.tracking_uri)
    mlflow.set_registry_uri(settings.tracking_uri)
    with answered(mlflow, settings):
        mlflow.set_experiment(settings.experiment)
    return mlflow


@contextmanager
def answered(mlflow: Any, settings: RegisterSettings) -> Iterator[None]:
    """Raise StoreSilentError where the store or its files cannot be reached."""
    try:
        yield
    except (mlflow.exceptions.MlflowException, OSError) as error:
        if getattr(error, "error_code", SILENT) != SILENT:
            raise
        raise StoreSilentError(
            f"{settings.tracking_uri}: the MLflow store does not answer",
            "Start its server, or name another store with register.tracking_uri.",
        ) from error


def start_run(settings: Settings, checkpoint: Path, tags: Mapping[str, str]) -> str:
    """Open a run with all settings as parameters, note it beside the checkpoint, return its id."""
    mlflow = client(settings.register_)
    with mlflow.start_run() as run:
        mlflow.set_tags(dict(tags))
        mlflow.log_params(flat(settings.model_dump(mode="json", by_alias=True)))
    run_id: str = run.info.run_id
    checkpoint.mkdir(parents=True, exist_ok=True)
    (checkpoint / RUN_FILE).write_text(run_id, encoding="utf-8")
    return run_id


def note_trial(
    settings: Settings, name: str, params: Mapping[str, Any], metrics: Mapping[str, float]
) -> None:
    """Keep a training that made no checkpoint as a run: what was tried, and what came of it."""
    mlflow = client(settings.register_)
    with mlflow.start_run(run_name=name):
        mlflow.set_tags({"kind": "ablation"})
        mlflow.log_params(dict(params))
        mlflow.log_metrics(dict(metrics))


def run_of(checkpoint: Path) -> str:
    """Return the id of the run that made a checkpoint; PipelineError when none is noted."""
    path = checkpoint / RUN_FILE
    if not path.is_file():
        raise PipelineError(f"{path}: not found", "Run `saruna train` first: it writes this file.")
    return path.read_text(encoding="utf-8").strip()


@contextmanager
def resumed(mlflow: Any, checkpoint: Path) -> Iterator[Any]:
    """Continue the run that made a checkpoint; PipelineError when the store does not know it."""
    run_id = run_of(checkpoint)
    try:
        mlflow.get_run(run_id)
    except mlflow.exceptions.MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
        raise PipelineError(
            f"{checkpoint / RUN_FILE}: run {run_id} is not in the MLflow store",
            "Set register.tracking_uri to the store that it was trained with, or train again.",
        ) from error
    with mlflow.start_run(run_id=run_id) as run:
        yield run


def log(
    settings: RegisterSettings,
    checkpoint: Path,
    metrics: Mapping[str, float],
    *,
    step: int | None = None,
    files: tuple[Path, ...] = (),
) -> None:
    """Add metrics and files to the run that made this checkpoint."""
    mlflow = client(settings)
    with answered(mlflow, settings), resumed(mlflow, checkpoint):
        mlflow.log_metrics(dict(metrics), step=step)
        for file in files:
            mlflow.log_artifact(str(file))


def flat(nested: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return a nested mapping with dotted keys: {"train.epochs": 3}."""
    result: dict[str, Any] = {}
    for key, value in nested.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping) and value:
            result.update(flat(value, f"{name}."))
        else:
            result[name] = value
    return result
