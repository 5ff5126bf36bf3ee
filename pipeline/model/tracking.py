"""MLflow: one run per training, with parameters, metrics per slice, data hashes and files.

The only module that knows MLflow. By default a SQLite store beside the project.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pipeline.core.errors import PipelineError
from pipeline.core.settings import RegisterSettings, Settings
from pipeline.model.release import replace_folder

RUN_FILE = "run.txt"
"""Beside the checkpoint: the id of the run that made it, so that later stages add to it."""


def client(settings: RegisterSettings) -> Any:
    """Return MLflow, pointed at the configured store and experiment."""
    # No question to a server on the network for statistics of use.
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("DO_NOT_TRACK", "true")
    # A server that is down is reported within a minute, not after seven tries of two.
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "20")
    import mlflow

    mlflow.set_tracking_uri(settings.tracking_uri)
    mlflow.set_registry_uri(settings.tracking_uri)
    try:
        mlflow.set_experiment(settings.experiment)
    except mlflow.exceptions.MlflowException as error:
        raise PipelineError(
            f"{settings.tracking_uri}: the MLflow store does not answer",
            "Start its server, or name another store with register.tracking_uri.",
        ) from error
    return mlflow


def champion(settings: RegisterSettings) -> str | None:
    """Return the version of the release that the registry calls champion, None without one.

    Raises PipelineError when the store does not answer.
    """
    mlflow = client(settings)
    try:
        found = mlflow.MlflowClient().get_model_version_by_alias(settings.model_name, "champion")
    except mlflow.exceptions.MlflowException as error:
        if error.error_code in {"RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"}:
            return None
        raise
    return str(found.tags.get("release", ""))


def registry_note(settings: RegisterSettings, version: str) -> str | None:
    """Return what the operator should know of a registry on a server, None when all is well.

    A night runs on the release in its folder whatever the answer; a local store is not asked.
    """
    if not settings.tracking_uri.startswith(("http://", "https://")):
        return None
    local = f"this night ran on the local release {version}"
    try:
        theirs = champion(settings)
    except ModuleNotFoundError:
        return f"MLflow is not installed, so the registry was not asked; {local}"
    except PipelineError:
        return f"{settings.tracking_uri}: the registry does not answer; {local}"
    if theirs not in {None, version}:
        return f"{settings.tracking_uri}: the champion is {theirs}; {local}"
    return None


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
    with resumed(mlflow, checkpoint):
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

    Returns the number of the registered version: the one there is, when it was registered before.
    """
    mlflow = client(settings)
    registry = mlflow.MlflowClient()
    known = f"name = '{settings.model_name}' and tags.release = '{version}'"
    found = registry.search_model_versions(known)
    if found:
        number = str(found[0].version)
    else:
        number = add_version(mlflow, settings.model_name, checkpoint, release, version)
    registry.set_registered_model_alias(settings.model_name, "challenger", number)
    if champion:
        registry.set_registered_model_alias(settings.model_name, "champion", number)
    return number


def add_version(mlflow: Any, model_name: str, checkpoint: Path, release: Path, version: str) -> str:
    """Copy a release into its run and register the copy; return the number of the version."""
    with resumed(mlflow, checkpoint) as run:
        # A folder per version: a later release of the same run must not overwrite this one.
        mlflow.log_artifacts(str(release), artifact_path=f"release-{version}")
        source = f"{run.info.artifact_uri}/release-{version}"
    registry = mlflow.MlflowClient()
    try:
        registry.create_registered_model(model_name)
    except mlflow.exceptions.MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
    made = registry.create_model_version(
        model_name, source, run_id=run.info.run_id, tags={"release": version}
    )
    return str(made.version)


def fetch(settings: RegisterSettings, version: str, folder: Path) -> bool:
    """Copy a registered release into a folder; False when the registry does not have it."""
    mlflow = client(settings)
    known = f"name = '{settings.model_name}' and tags.release = '{version}'"
    found = mlflow.MlflowClient().search_model_versions(known)
    if not found:
        return False
    copied = Path(mlflow.artifacts.download_artifacts(artifact_uri=found[0].source))
    inside = copied / "artifacts" / "release"
    replace_folder(inside if inside.is_dir() else copied, folder)
    return True
