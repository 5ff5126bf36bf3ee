"""What goes to MLflow is flat, and a checkpoint knows its run."""

from pathlib import Path

import pytest

from pipeline.core.errors import PipelineError
from pipeline.core.settings import RegisterSettings, Settings
from pipeline.model import registry
from pipeline.model.registry import crown, registry_note
from pipeline.model.tracking import RUN_FILE, StoreSilentError, client, flat, run_of


def test_nested_settings_become_dotted_names() -> None:
    assert flat({"train": {"epochs": 3, "deep": {"x": None}}, "policy": "p"}) == {
        "train.epochs": 3,
        "train.deep.x": None,
        "policy": "p",
    }


def test_an_empty_mapping_is_kept_as_a_value() -> None:
    assert flat({"train": {"set_weights": {}}}) == {"train.set_weights": {}}


def test_all_settings_are_flat_under_the_names_of_params_yaml() -> None:
    names = flat(Settings().model_dump(mode="json", by_alias=True))
    assert {"train.epochs", "register.model_name", "validate.max_characters"} <= names.keys()
    assert not any(isinstance(value, dict) and value for value in names.values())


def test_a_checkpoint_without_a_run_names_the_stage_that_makes_it(tmp_path: Path) -> None:
    with pytest.raises(PipelineError, match=r"run\.txt: not found\nRun `saruna train`"):
        run_of(tmp_path)
    (tmp_path / RUN_FILE).write_text("abc\n", encoding="utf-8")
    assert run_of(tmp_path) == "abc"


def test_a_registry_that_is_down_is_said_and_stops_no_night(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip("mlflow")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    down = RegisterSettings(tracking_uri="http://127.0.0.1:9")  # Nothing listens there.
    assert registry_note(down, "v1") == (
        "http://127.0.0.1:9: the registry does not answer; this night ran on the local release v1"
    )
    with pytest.raises(StoreSilentError, match="does not answer\nStart its server"):
        client(down)
    assert crown(down, "v1") == (
        "http://127.0.0.1:9: the MLflow store does not answer, so the registry was not told"
    )


def test_a_promotion_makes_no_registry_where_there_is_none(tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path / 'mlflow.db'}"
    assert crown(RegisterSettings(tracking_uri=store), "v1") == f"{store}: no registry is there yet"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("theirs", "says"), [("v1", None), (None, None), ("v2", "the champion is v2")]
)
def test_another_champion_is_said(
    monkeypatch: pytest.MonkeyPatch, theirs: str | None, says: str | None
) -> None:
    monkeypatch.setattr(registry, "champion", lambda settings: theirs)
    server = RegisterSettings(tracking_uri="https://mlflow.example")
    assert (says or "") in (registry_note(server, "v1") or "")
    assert (registry_note(server, "v1") is None) == (says is None)
    assert registry_note(RegisterSettings(), "v1") is None
