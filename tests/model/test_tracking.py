"""What goes to MLflow is flat, and a checkpoint knows its run."""

from pathlib import Path

import pytest

from pipeline.core.errors import PipelineError
from pipeline.core.settings import Settings
from pipeline.model.tracking import RUN_FILE, flat, run_of


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
