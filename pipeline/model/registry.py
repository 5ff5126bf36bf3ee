"""The MLflow registry: which release is challenger and which champion, and copies of all of them.

A night never waits for it: what decides lies in a folder.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipeline.core.settings import RegisterSettings
from pipeline.model.packing import pack
from pipeline.model.release import MANIFEST, open_release, replace_folder
from pipeline.model.tracking import StoreSilentError, answered, client, resumed


def register(
    settings: RegisterSettings,
    checkpoint: Path,
    release: Path,
    labels: Sequence[str],
    *,
    champion: bool,
) -> str:
    """Put a release into the registry as challenger, and as champion when it passed the gate.

    Returns the number of the registered version: the one there is, when it was registered before.
    """
    version = open_release(release).version
    mlflow = client(settings)
    with answered(mlflow, settings):
        registry = mlflow.MlflowClient()
        number = number_of(registry, settings, version)
        if number is None:
            number = add_version(mlflow, settings.model_name, checkpoint, release, labels)
        for alias in ("challenger", *(["champion"] if champion else [])):
            registry.set_registered_model_alias(settings.model_name, alias, number)
    return number


def number_of(registry: Any, settings: RegisterSettings, version: str) -> str | None:
    """Return the number under which a release is registered, None when it is not."""
    known = f"name = '{settings.model_name}' and tags.release = '{version}'"
    found = registry.search_model_versions(known)
    return str(found[0].version) if found else None


def add_version(
    mlflow: Any, model_name: str, checkpoint: Path, release: Path, labels: Sequence[str]
) -> str:
    """Pack a release into its run and register it; return the number of the version.

    The tags carry what a version was made from: release, files and training data by their hashes.
    """
    opened = open_release(release)
    hashes = {f"sha256.{name}": each for name, each in opened.manifest["files"].items()}
    learned = opened.manifest.get("train_sha256")
    tags = {"release": opened.version, **hashes, **({"sha256.train": learned} if learned else {})}
    with resumed(mlflow, checkpoint):
        address = pack(mlflow, release, labels, f"release-{opened.version}")
    made = mlflow.register_model(address, model_name, tags=tags)
    return str(made.version)


def crown(settings: RegisterSettings, version: str) -> str | None:
    """Call a registered release the champion; return what stood in the way, None when nothing did.

    Promotion and rollback go by the folder; the registry follows when it can.
    """
    if is_unmade(settings):
        return f"{settings.tracking_uri}: no registry is there yet"
    try:
        mlflow = client(settings)
        with answered(mlflow, settings):
            registry = mlflow.MlflowClient()
            number = number_of(registry, settings, version)
            if number is None:
                return f"{settings.tracking_uri}: release {version} is not registered there"
            registry.set_registered_model_alias(settings.model_name, "champion", number)
    except ModuleNotFoundError:
        return "MLflow is not installed, so the registry was not told"
    except StoreSilentError as error:
        return f"{error.message}, so the registry was not told"
    return None


def is_unmade(settings: RegisterSettings) -> bool:
    """Tell whether the store is a file that nobody has made; asking would make it."""
    local = settings.tracking_uri.removeprefix("sqlite:///")
    return local != settings.tracking_uri and not Path(local).is_file()


def fetch(settings: RegisterSettings, version: str, folder: Path) -> bool:
    """Copy a registered release into a folder; False when the registry does not have it.

    Raises PipelineError when the copy in the registry is not what was registered.
    """
    mlflow = client(settings)
    number = number_of(mlflow.MlflowClient(), settings, version)
    if number is None:
        return False
    address = f"models:/{settings.model_name}/{number}"
    copied = Path(mlflow.artifacts.download_artifacts(artifact_uri=address))
    # Without such a folder it was registered as a plain one, before a release was a model.
    manifest = next(copied.glob(f"artifacts/*/{MANIFEST}"), copied / MANIFEST)
    open_release(manifest.parent)
    replace_folder(manifest.parent, folder)
    return True


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
    except StoreSilentError:
        return f"{settings.tracking_uri}: the registry does not answer; {local}"
    if theirs not in {None, version}:
        return f"{settings.tracking_uri}: the champion is {theirs}; {local}"
    return None
