"""Train, calibrate, evaluate and export leave whole artefacts, or name the stage to run first."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

pytest.importorskip("torch")
pytestmark = pytest.mark.train

from tiny_release import Tiny  # noqa: E402

from pipeline.core.errors import PipelineError  # noqa: E402
from pipeline.core.heads import OUTPUTS  # noqa: E402
from pipeline.model import tracking  # noqa: E402
from pipeline.model.card import render_card  # noqa: E402
from pipeline.model.checkpoint import HEAD, load_checkpoint  # noqa: E402
from pipeline.model.release import CALIBRATION, THRESHOLDS, open_release  # noqa: E402
from pipeline.model.training import examples, predict  # noqa: E402
from pipeline.stages import calibrate, evaluate, export, train  # noqa: E402


@pytest.fixture
def untracked(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, float]]:
    """Keeps MLflow out and collects what would be logged."""
    logged: list[dict[str, float]] = []
    monkeypatch.setattr(tracking, "start_run", lambda *_: "a run")
    monkeypatch.setattr(tracking, "log", lambda _, __, metrics, **___: logged.append(dict(metrics)))
    return logged


def test_a_checkpoint_predicts_what_was_trained(tiny: Tiny) -> None:
    model, tokenizer = load_checkpoint(tiny.checkpoint)
    test = examples(pq.read_table(tiny.prepared / "test.parquet"), {})
    logits = predict(model, tokenizer, test.texts, 24)
    column = OUTPUTS.index("abuse")
    truth = test.targets[:, column] > 0.5
    assert logits[truth, column].mean() > logits[~truth, column].mean() + 1
    told = json.loads((tiny.checkpoint / "train.json").read_text(encoding="utf-8"))
    assert told["best_epoch"] == int(np.argmin(told["calib_losses"]))


def test_a_checkpoint_of_other_labels_is_refused(tiny: Tiny, tmp_path: Path) -> None:
    import torch

    folder = tmp_path / "checkpoint"
    shutil.copytree(tiny.checkpoint, folder)
    saved = torch.load(folder / HEAD, weights_only=True)
    torch.save({**saved, "outputs": saved["outputs"][::-1]}, folder / HEAD)
    with pytest.raises(PipelineError, match=r"head\.pt: labels are abuse, bot.*\nRun `saruna tr"):
        load_checkpoint(folder)
    (folder / HEAD).unlink()
    with pytest.raises(PipelineError, match=r"head\.pt: not found\nRun `saruna train` first"):
        load_checkpoint(folder)


def test_training_goes_on_from_a_checkpoint_and_forgets_its_calibration(
    tiny: Tiny, tmp_path: Path, untracked: list[dict[str, float]]
) -> None:
    folder = tmp_path / "checkpoint"
    shutil.copytree(tiny.checkpoint, folder)
    chosen = tiny.settings.train.model_copy(update={"epochs": 1, "start_from": str(folder)})
    settings = tiny.settings.model_copy(update={"train": chosen})
    steps: list[tuple[int, int]] = []
    summary = train.run(settings, tiny.prepared, tmp_path, folder, lambda *step: steps.append(step))
    before = json.loads((tiny.checkpoint / "train.json").read_text(encoding="utf-8"))
    assert summary.calib_loss < before["calib_losses"][0]
    assert steps[-1][0] == steps[-1][1] == len(steps)
    assert untracked[0].keys() == {"train_loss", "calib_loss"}
    assert not (folder / CALIBRATION).exists()
    assert not (folder / THRESHOLDS).exists()
    with pytest.raises(PipelineError, match=r"thresholds\.json: not found\nRun `saruna calibrate`"):
        export.run(settings, tiny.prepared, folder, tiny.reports, tmp_path / "release")


def test_training_starts_from_the_mean_of_two_networks(tiny: Tiny) -> None:
    one, _ = train.load_start(str(tiny.checkpoint))
    other, _ = train.load_start(str(tiny.checkpoint))
    bias = one.head.bias.detach().clone()
    other.head.bias.data += 2.0
    pieces = other.encoder.get_input_embeddings().weight
    pieces.data = pieces.data[:-3]  # of another vocabulary
    own = one.encoder.get_input_embeddings().weight.detach().clone()
    train.average(one, other)
    assert one.head.bias.detach() - bias == pytest.approx(1.0, abs=1e-6)
    assert one.encoder.get_input_embeddings().weight.equal(own)
    other.head.bias.data = other.head.bias.data[1:]
    with pytest.raises(PipelineError, match="the network to average with has another shape"):
        train.average(one, other)


def test_a_focus_phase_follows_and_is_told_of(
    tiny: Tiny, tmp_path: Path, untracked: list[dict[str, float]]
) -> None:
    focus = tiny.settings.train.focus.model_copy(update={"epochs": 2, "set_weights": {"seed": 1}})
    values = {"epochs": 1, "start_from": str(tiny.checkpoint), "focus": focus}
    chosen = tiny.settings.train.model_copy(update=values)
    settings = tiny.settings.model_copy(update={"train": chosen})
    summary = train.run(settings, tiny.prepared, tmp_path, tmp_path / "checkpoint")
    told = json.loads((tmp_path / "checkpoint" / "train.json").read_text(encoding="utf-8"))
    assert len(told["train_losses"]) == len(told["calib_losses"]) == len(untracked) == 3
    assert summary.best_epoch in {1, 2}
    assert summary.calib_loss == min(told["calib_losses"][1:])


@pytest.mark.parametrize("phase", ["train", "focus"])
def test_a_weight_for_an_unknown_set_is_refused(phase: str, tiny: Tiny, tmp_path: Path) -> None:
    wrong = {"set_weights": {"sead": 3.0}}
    focus = tiny.settings.train.focus.model_copy(update={"epochs": 1, **wrong})
    chosen = tiny.settings.train.model_copy(update=wrong if phase == "train" else {"focus": focus})
    settings = tiny.settings.model_copy(update={"train": chosen})
    with pytest.raises(PipelineError, match=r"train\.set_weights: unknown set sead\nKnown are"):
        train.run(settings, tiny.prepared, tmp_path, tmp_path / "checkpoint")


def test_the_vocabulary_does_not_look_at_calib_or_test(tiny: Tiny) -> None:
    texts = set(train.vocabulary_texts(tiny.prepared, tiny.settings.prepare.external))
    for name in ("calib", "test"):
        own = set(pq.read_table(tiny.prepared / f"{name}.parquet").column("text").to_pylist())
        assert own
        assert texts.isdisjoint(own)


def test_calibration_repeats_on_the_same_checkpoint(tiny: Tiny, tmp_path: Path) -> None:
    folder = tmp_path / "checkpoint"
    shutil.copytree(tiny.checkpoint, folder)
    summary = calibrate.run(tiny.settings, tiny.prepared, folder)
    assert summary.n_calib == pq.read_table(tiny.prepared / "calib.parquet").num_rows
    for name in (CALIBRATION, THRESHOLDS, calibrate.FIGURES):
        assert (folder / name).read_bytes() == (tiny.checkpoint / name).read_bytes()


def test_calibrated_probabilities_have_the_base_rate_of_calib(tiny: Tiny) -> None:
    from pipeline.model.scorer import Scorer

    calib = examples(pq.read_table(tiny.prepared / "calib.parquet"), {})
    scorer = Scorer(open_release(tiny.release), threads=1)
    probs = np.array([each.probs for each in scorer.score(calib.texts, calib.langs)])
    np.testing.assert_allclose(probs.mean(axis=0), calib.targets.mean(axis=0), atol=0.03)


def test_evaluate_writes_metrics_plots_and_card(tiny: Tiny) -> None:
    metrics = json.loads((tiny.reports / "metrics.json").read_text(encoding="utf-8"))
    assert metrics["outputs"].keys() == set(OUTPUTS)
    assert metrics["outputs"]["abuse"]["all"]["auc"] > 0.9
    assert metrics["outputs"]["abuse"]["lv"]["f1_interval"]
    assert metrics["suites"].keys() == {"lv", "ru"}
    assert metrics["suites"]["lv"]["functionalities"].keys() == {"v_insult", "l_thanks"}
    assert metrics["criticism"].keys() == {"lv", "ru"}
    for name in ("pr.png", "reliability.png"):
        assert (tiny.reports / name).read_bytes().startswith(b"\x89PNG")
    card = (tiny.reports / "card.md").read_text(encoding="utf-8")
    for words in ("## Lawful criticism", "| seed | 1400 |", "## What it cannot do"):
        assert words in card
    told = f"{metrics['outputs']['abuse']['all']['auc']:.3f}"
    assert told in card


def test_numbers_for_the_run_have_names_and_are_plain() -> None:
    nested: dict[str, Any] = {"a": {"b": 1, "c": 0.5, "d": None, "e": "x", "f": True}, "g": [1]}
    assert evaluate.numbers(nested) == {"a/b": 1.0, "a/c": 0.5}


def test_a_release_carries_what_it_was_made_from(tiny: Tiny) -> None:
    opened = open_release(tiny.release)
    assert opened.version == tiny.exported.version
    metrics = json.loads((tiny.reports / "metrics.json").read_text(encoding="utf-8"))
    assert opened.manifest["metrics"] == metrics
    assert opened.manifest["data"]["n_rows"] == {"seed": 1400}
    assert opened.manifest["parity"]["released"] == tiny.exported.parity_released
    assert (tiny.release / "card.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"max_megabytes": 0.01}, r"more than export\.max_megabytes 0\.01\nRaise encoder"),
        ({"tolerance": -1.0}, r"the float32 graph differs from the checkpoint by .*\nSet export"),
    ],
)
def test_a_release_that_may_not_ship_is_not_written(
    tiny: Tiny,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    changes: dict[str, float],
    message: str,
) -> None:
    monkeypatch.setattr(export, "FLOAT32_TOLERANCE", changes.pop("tolerance", 1.0))
    chosen = tiny.settings.export.model_copy(update={"parity_comments": 5, **changes})
    settings = tiny.settings.model_copy(update={"export": chosen})
    with pytest.raises(PipelineError, match=message):
        export.run(settings, tiny.prepared, tiny.checkpoint, tiny.reports, tmp_path / "release")
    assert not (tmp_path / "release").exists()


def test_the_same_checkpoint_gives_the_same_version(tiny: Tiny, tmp_path: Path) -> None:
    chosen = tiny.settings.export.model_copy(update={"parity_comments": 5})
    settings = tiny.settings.model_copy(update={"export": chosen})
    again = export.run(settings, tiny.prepared, tiny.checkpoint, tiny.reports, tmp_path / "release")
    assert again.version == tiny.exported.version


@pytest.mark.parametrize(
    ("stage", "wanted"),
    [
        ("calibrate", "saruna prepare"),
        ("evaluate", "saruna train"),
        ("export", "saruna prepare` and `saruna calibrate` and `saruna evaluate"),
    ],
)
def test_a_missing_artefact_names_the_stage_that_makes_it(
    stage: str, wanted: str, tiny: Tiny, tmp_path: Path
) -> None:
    nothing = tmp_path / "nothing"
    runs = {
        "calibrate": lambda: calibrate.run(tiny.settings, nothing, nothing),
        "evaluate": lambda: evaluate.run(tiny.settings, nothing, nothing, nothing, nothing),
        "export": lambda: export.run(tiny.settings, nothing, nothing, nothing, nothing),
    }
    with pytest.raises(PipelineError, match="not found") as caught:
        runs[stage]()
    assert wanted in caught.value.hint


@pytest.mark.parametrize(
    ("train", "told"),
    [
        ({}, "seed 20240111; docs/training.md"),
        ({"start_from": "a"}, "going on from an earlier release; docs"),
        (
            {"start_from": "a", "average_with": "b"},
            "from its mean with the one before it; d",
        ),
        (
            {"end_average_with": "a"},
            "the mean of these and of an earlier release; docs",
        ),
    ],
)
def test_the_card_tells_which_releases_the_weights_go_back_to(
    tiny: Tiny, train: dict[str, str], told: str
) -> None:
    metrics = json.loads((tiny.reports / "metrics.json").read_text(encoding="utf-8"))
    changed = tiny.settings.train.model_copy(update={"seed": 20240111, "start_from": "", **train})
    settings = tiny.settings.model_copy(update={"train": changed})
    assert told in render_card(metrics, (), settings)


def test_the_card_tells_how_faithful_the_shown_words_are(tiny: Tiny) -> None:
    metrics = json.loads((tiny.reports / "metrics.json").read_text(encoding="utf-8"))
    assert "## The words that are shown" not in render_card(metrics, (), tiny.settings)
    figures = {
        "n": 9,
        "comprehensiveness": 2.04,
        "comprehensiveness_interval": (1.0, 3.0),
        "sufficiency": 4.0,
        "sufficiency_interval": (3.5, 4.46),
    }
    metrics["faithfulness"] = {"lv": figures, "ru": None}
    card = render_card(metrics, (), tiny.settings)
    assert "| lv | 9 | 2.0 (1.0 to 3.0) | 4.0 (3.5 to 4.5) |" in card
