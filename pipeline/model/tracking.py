"""MLflow: one run per training, with parameters, metrics per slice, data hashes and files.

The only module that knows MLflow. By default a SQLite store beside the project.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.core.settings import RegisterSettings, Settings

RUN_FILE = "run.txt"
"""Beside the checkpoint: the id of the run that made it, so that later stages add to it."""


def client(settings: RegisterSettings) -> Any:
    """Return MLflow, pointed at the configured store and experiment."""
    # No question to a server on the network for statistics of use.
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("DO_NOT_TRACK", "true")
    import mlflow

    mlflow.set_tracking_uri(settings.tracking_uri)
    mlflow.set_registry_uri(settings.tracking_uri)
    mlflow.set_experiment(settings.experiment)
    return mlflow


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
    run_id = (checkpoint / RUN_FILE).read_text(encoding="utf-8").strip()
    with mlflow.start_run(run_id=run_id):
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


def register(
    settings: RegisterSettings, checkpoint: Path, release: Path, version: str, *, champion: bool
) -> str:
    """Put a release into the registry as challenger, and as champion when it passed the gate.

    Returns the number of the registered version.
    """
    mlflow = client(settings)
    run_id = (checkpoint / RUN_FILE).read_text(encoding="utf-8").strip()
    with mlflow.start_run(run_id=run_id) as run:
        mlflow.log_artifacts(str(release), artifact_path="release")
        source = f"{run.info.artifact_uri}/release"
    registry = mlflow.MlflowClient()
    try:
        registry.create_registered_model(settings.model_name)
    except mlflow.exceptions.MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
    made = registry.create_model_version(
        settings.model_name, source, run_id=run_id, tags={"release": version}
    )
    registry.set_registered_model_alias(settings.model_name, "challenger", made.version)
    if champion:
        registry.set_registered_model_alias(settings.model_name, "champion", made.version)
    return str(made.version)
