"""Register lets no release pass that flags lawful criticism, and keeps champion and challenger."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_release import GOOD, make_release, with_value

from pipeline.core.errors import PipelineError
from pipeline.core.settings import RegisterSettings, Settings
from pipeline.model import release as releases
from pipeline.model import tracking
from pipeline.stages import register
from pipeline.stages.register import judge

LIMITS = RegisterSettings()


def failed(metrics: dict[str, Any], champion: dict[str, Any] | None = None) -> list[str]:
    return [row.check for row in judge(metrics, champion, LIMITS) if not row.passed]


def reported(folder: Path, metrics: dict[str, Any]) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "metrics.json").write_text(json.dumps(metrics), encoding="utf-8")
    return folder


def test_a_good_release_passes_every_check_at_its_limit() -> None:
    assert failed(GOOD) == []
    assert len(list(judge(GOOD, None, LIMITS))) == 8
    assert len(list(judge(GOOD, GOOD, LIMITS))) == 11


@pytest.mark.parametrize(
    ("metrics", "check"),
    [
        (with_value(0.0501, "criticism", "lv", "flagged"), "criticism_flagged_lv"),
        (with_value(0.0501, "criticism", "ru", "flagged"), "criticism_flagged_ru"),
        (with_value(0.005, "criticism", "lv", "priority"), "criticism_priority_lv"),
        (with_value(0.005, "criticism", "ru", "priority"), "criticism_priority_ru"),
        (with_value(0.74, "suites", "lv", "accuracy"), "suite_accuracy_lv"),
        (with_value(0.74, "suites", "ru", "accuracy"), "suite_accuracy_ru"),
        (with_value(0.07, "outputs", "abuse", "lv", "ece"), "abuse_ece_lv"),
        (with_value(0.07, "outputs", "abuse", "ru", "ece"), "abuse_ece_ru"),
    ],
)
def test_one_value_beyond_its_limit_fails_that_check_alone(
    metrics: dict[str, Any], check: str
) -> None:
    assert failed(metrics) == [check]


def test_what_was_not_measured_does_not_pass() -> None:
    assert failed(with_value(None, "suites", "ru")) == ["suite_accuracy_ru"]
    assert failed(with_value(None, "outputs", "abuse", "lv")) == ["abuse_ece_lv"]
    assert len(failed({})) == 8


def test_a_release_may_not_fall_behind_the_shipped_one_in_any_language() -> None:
    strong = with_value(0.9401, "outputs", "abuse", "lv", "auc")
    assert failed(GOOD, strong) == ["abuse_auc_lv_against_champion"]
    assert failed(GOOD, with_value(0.94, "outputs", "abuse", "lv", "auc")) == []
    worse = with_value(None, "outputs", "abuse", "ru", "auc")
    assert failed(worse, GOOD) == ["abuse_auc_ru_against_champion"]


@given(st.floats(0, 1), st.floats(0, 1))
def test_flagging_less_criticism_never_turns_a_pass_into_a_failure(one: float, two: float) -> None:
    low, high = sorted((one, two))
    of_high = failed(with_value(high, "criticism", "lv", "flagged"))
    of_low = failed(with_value(low, "criticism", "lv", "flagged"))
    assert set(of_low) <= set(of_high)


def test_metrics_of_another_checkpoint_are_refused(tmp_path: Path) -> None:
    make_release(tmp_path / "candidate", GOOD)
    reports = reported(tmp_path / "reports", with_value(0.01, "criticism", "lv", "flagged"))
    with pytest.raises(PipelineError, match="saruna export"):
        register.run(Settings(), tmp_path / "candidate", tmp_path / "checkpoint", reports)


def test_missing_metrics_name_the_command_that_makes_them(tmp_path: Path) -> None:
    make_release(tmp_path / "candidate", GOOD)
    with pytest.raises(PipelineError, match="saruna evaluate"):
        register.run(Settings(), tmp_path / "candidate", tmp_path / "checkpoint", tmp_path)


def test_a_damaged_candidate_is_not_registered(tmp_path: Path) -> None:
    make_release(tmp_path / "candidate", GOOD)
    (tmp_path / "candidate" / releases.GRAPH).write_text("other", encoding="utf-8")
    with pytest.raises(PipelineError, match="has changed since"):
        register.run(Settings(), tmp_path / "candidate", tmp_path / "checkpoint", tmp_path)


@pytest.mark.train
def test_registry_holds_a_challenger_and_the_champion_that_passed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mlflow = pytest.importorskip("mlflow")
    # MLflow puts files into a folder of the working directory.
    monkeypatch.chdir(tmp_path)
    store = f"sqlite:///{tmp_path / 'mlflow.db'}"
    settings = Settings.model_validate({"register": {"tracking_uri": store}})
    checkpoint, shipped = tmp_path / "checkpoint", tmp_path / "release"
    run_id = tracking.start_run(settings, checkpoint, {})
    version = make_release(tmp_path / "good", GOOD)
    reports = reported(tmp_path / "reports", GOOD)

    done = register.run(settings, tmp_path / "good", checkpoint, reports, shipped=shipped)
    assert (done.version, done.registered_as, done.passed, done.failed) == (version, "1", True, ())
    gate = json.loads((reports / "gate.json").read_text(encoding="utf-8"))
    assert (gate["version"], gate["champion"], gate["passed"]) == (version, None, True)
    assert gate["checks"][0] == {
        "check": "criticism_flagged_lv",
        "value": 0.02,
        "bound": "at most",
        "limit": 0.05,
        "passed": True,
    }

    bad = with_value(0.2, "criticism", "lv", "flagged")
    make_release(tmp_path / "bad", bad, "bad")
    reported(reports, bad)
    for _ in range(2):  # Registering again makes no further version.
        done = register.run(settings, tmp_path / "bad", checkpoint, reports, shipped=shipped)
    assert (done.registered_as, done.passed, done.failed) == ("2", False, ("criticism_flagged_lv",))

    registry = mlflow.MlflowClient()
    model = registry.get_registered_model(settings.register_.model_name)
    assert {key: str(value) for key, value in model.aliases.items()} == {
        "champion": "1",
        "challenger": "2",
    }
    first = registry.get_model_version(settings.register_.model_name, "1")
    assert first.tags == {"release": version}
    assert releases.open_release(Path(first.source)).version == version
    assert "gate.json" in {each.path for each in registry.list_artifacts(run_id)}

    (checkpoint / tracking.RUN_FILE).write_text("0" * 32, encoding="utf-8")
    with pytest.raises(PipelineError, match="is not in the MLflow store"):
        tracking.log(settings.register_, checkpoint, {})
