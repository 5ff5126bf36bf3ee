"""Register lets no release pass that flags lawful criticism, and keeps champion and challenger."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_release import GOOD, make_release, with_value

from pipeline.core.errors import PipelineError
from pipeline.core.settings import RegisterSettings, Settings
from pipeline.model import registry, tracking
from pipeline.model import release as releases
from pipeline.model.duel import Comparison
from pipeline.model.gates import judge, judge_promises, judge_rows, table
from pipeline.model.thresholds import Promise
from pipeline.stages import register

LIMITS = RegisterSettings()


ALONE = Comparison(0, 0.0, 30.0, 8.0)
BESIDE = Comparison(
    0,
    0.02,
    40.0,
    40.0,
    has_champion=True,
    slowdown=1.5,
    auc_margins={"lv": -0.02, "ru": 0.01},
    label_margins={"insult": -0.05},
    criticism_margins={"lv": 0.02, "ru": -0.1},
)


def measured(*_: object) -> Comparison:
    """Stands for scoring, which these releases cannot do."""
    return ALONE


def failed_rows(**changes: Any) -> list[str]:
    return [row.check for row in judge_rows(replace(BESIDE, **changes), LIMITS) if not row.passed]


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


def test_the_same_comments_decide_at_their_limits() -> None:
    assert failed_rows() == []
    assert [row.check for row in judge_rows(ALONE, LIMITS) if not row.passed] == []


@pytest.mark.parametrize(
    ("changes", "check"),
    [
        ({"n_leaked": 1}, "leaked_test_rows"),
        ({"n_leaked": None}, "leaked_test_rows"),
        ({"copied_share": 0.03}, "copied_test_share"),
        ({"megabytes": 40.1}, "megabytes"),
        ({"milliseconds": 40.1}, "milliseconds_per_comment"),
        ({"slowdown": 1.51}, "slowdown_against_champion"),
        ({"slowdown": None}, "slowdown_against_champion"),
        ({"auc_margins": {"lv": 0.0, "ru": -0.021}}, "paired_auc_ru"),
        ({"auc_margins": {"ru": 0.0}}, "paired_auc_lv"),
        ({"label_margins": {"insult": 0.0, "threat": -0.06}}, "paired_auc_threat"),
        ({"criticism_margins": {"lv": 0.021, "ru": 0.0}}, "paired_criticism_lv"),
    ],
)
def test_what_the_same_comments_say_fails_that_check_alone(
    changes: dict[str, Any], check: str
) -> None:
    assert failed_rows(**changes) == [check]


def promise(lang: str, outcome: str, kind: str = "flagged") -> Promise:
    return Promise(f"{kind} <= 3 %", kind, "violations", lang, outcome, 100, 1, 0.03, 0.02, 0.95)


def test_guarantees_that_the_champion_keeps_are_kept() -> None:
    kept, broken = promise("lv", "kept"), promise("lv", "model")
    other = promise("lv", "model", "miss")

    def broken_ones(now: list[Promise], before: list[Promise]) -> list[str]:
        return [row.check for row in judge_promises(now, before) if not row.passed]

    assert broken_ones([kept, other], [kept, other]) == []
    assert broken_ones([broken], [kept]) == ["promise_lv: flagged <= 3 %"]
    assert broken_ones([], [kept]) == ["promise_lv: flagged <= 3 %"]
    # Without a champion criticism is protected all the same; misses wait for better models.
    assert broken_ones([broken, other], []) == ["promise_lv: flagged <= 3 %"]
    # A language that is not judged by itself decides nothing.
    assert broken_ones([promise("en", "labels")], [promise("en", "kept")]) == []


def test_the_table_shows_what_failed_first() -> None:
    rows = [*judge_rows(replace(BESIDE, n_leaked=None, megabytes=99.5), LIMITS)]
    lines = table(rows).splitlines()
    assert lines[1].split() == ["leaked_test_rows", "not", "measured", "<=", "0", "FAILED"]
    assert lines[2].split() == ["megabytes", "99.5", "<=", "40", "FAILED"]
    assert len(lines) == len(rows) + 1


def test_a_damaged_champion_stops_the_gate(tmp_path: Path) -> None:
    make_release(tmp_path / "candidate", GOOD)
    make_release(tmp_path / "release", GOOD, "old")
    (tmp_path / "release" / releases.GRAPH).write_text("other", encoding="utf-8")
    reports = reported(tmp_path / "reports", GOOD)
    shipped = tmp_path / "release"
    with pytest.raises(PipelineError, match="has changed since"):
        register.run(
            *(Settings(), tmp_path / "candidate", tmp_path, reports),
            prepared=tmp_path,
            shipped=shipped,
        )


def test_metrics_of_another_checkpoint_are_refused(tmp_path: Path) -> None:
    make_release(tmp_path / "candidate", GOOD)
    reports = reported(tmp_path / "reports", with_value(0.01, "criticism", "lv", "flagged"))
    with pytest.raises(PipelineError, match="saruna export"):
        register.run(Settings(), tmp_path / "candidate", tmp_path, reports, prepared=tmp_path)


def test_missing_metrics_name_the_command_that_makes_them(tmp_path: Path) -> None:
    make_release(tmp_path / "candidate", GOOD)
    with pytest.raises(PipelineError, match="saruna evaluate"):
        register.run(Settings(), tmp_path / "candidate", tmp_path, tmp_path, prepared=tmp_path)


def test_a_damaged_candidate_is_not_registered(tmp_path: Path) -> None:
    make_release(tmp_path / "candidate", GOOD)
    (tmp_path / "candidate" / releases.GRAPH).write_text("other", encoding="utf-8")
    with pytest.raises(PipelineError, match="has changed since"):
        register.run(Settings(), tmp_path / "candidate", tmp_path, tmp_path, prepared=tmp_path)


@pytest.mark.train
def test_a_registry_that_is_down_keeps_the_gate_from_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("mlflow")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    down = {"register": {"tracking_uri": "http://127.0.0.1:9"}}  # Nothing listens there.
    make_release(tmp_path / "candidate", GOOD)
    reports = reported(tmp_path / "reports", GOOD)
    done = register.run(
        *(Settings.model_validate(down), tmp_path / "candidate", tmp_path, reports),
        **{"prepared": tmp_path, "shipped": tmp_path / "release", "comparing": measured},
    )
    assert (done.registered_as, done.passed) == (None, True)
    assert done.registry == (
        "http://127.0.0.1:9: the MLflow store does not answer; the gate has judged and the release "
        "can be promoted; run `saruna register` again later"
    )
    assert json.loads((reports / "gate.json").read_text(encoding="utf-8"))["passed"]


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

    assert registry.champion(settings.register_) is None
    assert not registry.fetch(settings.register_, version, tmp_path / "fetched")
    places = {"prepared": tmp_path, "shipped": shipped, "comparing": measured}
    done = register.run(settings, tmp_path / "good", checkpoint, reports, **places)
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
        done = register.run(settings, tmp_path / "bad", checkpoint, reports, **places)
    assert (done.registered_as, done.passed, done.failed) == ("2", False, ("criticism_flagged_lv",))

    asked = mlflow.MlflowClient()
    model = asked.get_registered_model(settings.register_.model_name)
    assert {key: str(value) for key, value in model.aliases.items()} == {
        "champion": "1",
        "challenger": "2",
    }
    first = asked.get_model_version(settings.register_.model_name, "1")
    manifest = releases.open_release(tmp_path / "good").manifest
    hashes = {f"sha256.{name}": each for name, each in manifest["files"].items()}
    assert first.tags == {"release": version, **hashes}
    assert first.run_id == run_id
    assert registry.fetch(settings.register_, version, tmp_path / "fetched")
    assert releases.open_release(tmp_path / "fetched").version == version
    assert not registry.fetch(settings.register_, "unknown", tmp_path / "fetched")

    # A rollback moves the champion; what the registry lacks is said.
    second = releases.open_release(tmp_path / "bad").version
    assert registry.crown(settings.register_, second) is None
    assert registry.champion(settings.register_) == second
    assert "unknown is not registered" in (registry.crown(settings.register_, "unknown") or "")

    # A copy that was changed in the registry is not brought back.
    for graph in tmp_path.glob(f"mlruns/*/models/*/artifacts/artifacts/*/{releases.GRAPH}"):
        graph.write_text("other", encoding="utf-8")
    with pytest.raises(PipelineError, match="has changed since"):
        registry.fetch(settings.register_, version, tmp_path / "fetched")
    assert releases.open_release(tmp_path / "fetched").version == version
    assert "gate.json" in {each.path for each in asked.list_artifacts(run_id)}

    (checkpoint / tracking.RUN_FILE).write_text("0" * 32, encoding="utf-8")
    with pytest.raises(PipelineError, match="is not in the MLflow store"):
        tracking.log(settings.register_, checkpoint, {})
