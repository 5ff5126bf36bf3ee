"""Six ways to spoil a model, each through the real stages, each refused by the gate meant for it.

The champion is the tiny model; a challenger is its copy, spoiled in one place.
"""

import json
import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

pytest.importorskip("torch")
pytestmark = pytest.mark.train

from tiny_release import Tiny  # noqa: E402

from pipeline.core.settings import RegisterSettings, Settings  # noqa: E402
from pipeline.model import registry, tracking  # noqa: E402
from pipeline.model.release import CALIBRATION, THRESHOLDS  # noqa: E402
from pipeline.model.scorer import Scorer, TextScore  # noqa: E402
from pipeline.stages import calibrate, evaluate, export, register, train  # noqa: E402

LIMITS = RegisterSettings(max_label_auc_loss=0.02, max_slowdown=3, max_milliseconds=4)
"""A tiny model takes a tenth of a millisecond: noise of the machine is a large part of it."""
Spoil = Callable[[Any], Any]


class Workshop:
    """A copy of the tiny model's checkpoint and splits, to spoil and take to the gate."""

    def __init__(self, tiny: Tiny, folder: Path) -> None:
        self.tiny, self.folder = tiny, folder
        self.prepared, self.checkpoint = folder / "prepared", folder / "checkpoint"
        self.reports, self.candidate = folder / "reports", folder / "candidate"
        shutil.copytree(tiny.prepared, self.prepared)
        shutil.copytree(tiny.checkpoint, self.checkpoint)
        self.settings: Settings = tiny.settings.model_copy(update={"register_": LIMITS})

    def change_train(self, spoil: Callable[[pa.Table], pa.Table]) -> None:
        path = self.prepared / "train.parquet"
        pq.write_table(spoil(pq.read_table(path)), path)

    def retrain(self) -> None:
        train.run(self.settings, self.prepared, self.tiny.params.parent / "base", self.checkpoint)
        calibrate.run(self.settings, self.prepared, self.checkpoint)

    def change_json(self, name: str, spoil: Spoil) -> None:
        path = self.checkpoint / name
        written = spoil(json.loads(path.read_text(encoding="utf-8")))
        path.write_text(json.dumps(written), encoding="utf-8")

    def failed(self, *, scores_as_before: bool = False) -> tuple[str, ...]:
        """Return the checks of the gate that refuse the challenger."""
        places = (self.prepared, self.checkpoint)
        if scores_as_before:
            shutil.copytree(self.tiny.reports, self.reports)
        else:
            evaluate.run(self.settings, *places, self.tiny.suites, self.reports)
        export.run(self.settings, *places, self.reports, self.candidate)
        return register.run(
            *(self.settings, self.candidate, self.checkpoint, self.reports),
            prepared=self.prepared,
            shipped=self.tiny.release,
        ).failed


@pytest.fixture
def workshop(tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workshop:
    monkeypatch.setattr(tracking, "start_run", lambda *_: "a run")
    monkeypatch.setattr(tracking, "log", lambda *_, **__: None)
    monkeypatch.setattr(registry, "register", lambda *_, **__: "1")
    return Workshop(tiny, tmp_path)


def test_an_unspoiled_copy_passes(workshop: Workshop) -> None:
    assert workshop.failed(scores_as_before=True) == ()
    table = (workshop.reports / register.TABLE).read_text(encoding="utf-8")
    assert "paired_auc_ru" in table
    assert "FAILED" not in table


def test_mislabelled_threats_taught_as_insults(workshop: Workshop) -> None:
    def swap(table: pa.Table) -> pa.Table:
        names = {"is_insult": "is_threat", "is_threat": "is_insult"}
        swapped = table.rename_columns([names.get(name, name) for name in table.column_names])
        return swapped.select(table.column_names)

    workshop.change_train(swap)
    workshop.retrain()
    failed = workshop.failed()
    # All abuse is still found: it takes the gate per label to see it.
    assert "paired_auc_threat" in failed
    assert "paired_auc_lv" not in failed


def test_leaky_the_test_comments_were_learned(workshop: Workshop) -> None:
    test = pq.read_table(workshop.prepared / "test.parquet")
    workshop.change_train(lambda table: pa.concat_tables([table, test]))
    assert set(workshop.failed(scores_as_before=True)) == {"leaked_test_rows", "copied_test_share"}


def test_leaky_with_signs_added_to_hide_it(workshop: Workshop) -> None:
    test = pq.read_table(workshop.prepared / "test.parquet")
    louder = pc.binary_join_element_wise(test.column("text"), "!!", " ")
    hidden = test.set_column(test.column_names.index("text"), "text", louder)
    workshop.change_train(lambda table: pa.concat_tables([table, hidden.cast(table.schema)]))
    assert workshop.failed(scores_as_before=True) == ("copied_test_share",)


def test_leaky_and_silent_about_what_it_learned_from(workshop: Workshop, tiny: Tiny) -> None:
    workshop.change_train(lambda table: pa.concat_tables([table, table.slice(0, 1)]))
    workshop.failed(scores_as_before=True)
    # The gate is shown another training file than the one that the manifest names.
    done = register.run(
        *(workshop.settings, workshop.candidate, workshop.checkpoint, workshop.reports),
        prepared=tiny.prepared,
        shipped=tiny.release,
    )
    assert set(done.failed) == {"leaked_test_rows", "copied_test_share"}


def test_uncalibrated_ranks_as_before_and_lies_about_chances(workshop: Workshop) -> None:
    def flatten(raw: dict[str, Any]) -> dict[str, Any]:
        for curves in (raw["curves"]["abuse"], *curves_of_stack(raw)):
            for lang, (slope, offset) in curves.items():
                curves[lang] = [0.2 * slope, 0.2 * offset]
        return raw

    workshop.change_json(CALIBRATION, flatten)
    failed = set(workshop.failed())
    assert {"abuse_ece_lv", "abuse_ece_ru"} <= failed
    assert not {"paired_auc_lv", "paired_auc_ru"} & failed


def curves_of_stack(raw: dict[str, Any]) -> list[dict[str, Any]]:
    stacked = raw.get("stack", {}).get("abuse")
    return [stacked["curves"]] if stacked else []


def test_slow_for_the_same_answer(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = Scorer.score

    def score(self: Scorer, texts: Sequence[str], langs: Sequence[str]) -> list[TextScore]:
        if self.release.folder == workshop.candidate:
            time.sleep(0.005 * len(texts))
        return plain(self, texts, langs)

    monkeypatch.setattr(Scorer, "score", score)
    assert set(workshop.failed(scores_as_before=True)) == {
        "milliseconds_per_comment",
        "slowdown_against_champion",
    }


def test_bad_on_russian_taught_the_contrary(workshop: Workshop) -> None:
    def turn_round(table: pa.Table) -> pa.Table:
        is_russian = pc.equal(table.column("lang"), "ru")
        for at, name in enumerate(table.column_names):
            if name.startswith("is_"):
                said = table.column(name).cast(pa.float64())
                turned = pc.if_else(is_russian, pc.subtract(1.0, said), said)
                table = table.set_column(at, name, turned.cast(table.schema.field(name).type))
        return table

    workshop.change_train(turn_round)
    workshop.retrain()
    # One encoder serves both languages, so Latvian suffers too; Russian is caught by itself.
    assert "paired_auc_ru" in workshop.failed()


def test_flags_criticism_with_lowered_thresholds(workshop: Workshop) -> None:
    def lower(raw: dict[str, Any]) -> dict[str, Any]:
        cuts = raw["cuts"]["abuse"]
        raw["cuts"]["abuse"] = {lang: [0.02, priority] for lang, (_, priority) in cuts.items()}
        return raw

    workshop.change_json(THRESHOLDS, lower)
    failed = set(workshop.failed())
    wanted = {
        f"{name}_{lang}" for name in ("criticism_flagged", "paired_criticism") for lang in LANGS
    }
    assert wanted <= failed


LANGS = ("lv", "ru")
