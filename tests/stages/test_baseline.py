"""Simpler models are measured on the same rows as the network."""

import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

pytest.importorskip("torch")
pytestmark = pytest.mark.train

from tiny_release import Tiny  # noqa: E402

from pipeline.stages import baseline  # noqa: E402
from pipeline.stages.baseline import Rows, known_rows, sampled  # noqa: E402


def rows(n_own: int, n_public: int) -> Rows:
    sets = ["seed"] * n_own + ["ru-2ch-pikabu"] * n_public
    n = len(sets)
    texts = tuple(f"text {at}" for at in range(n))
    return Rows(texts, np.array(["lv"] * n), np.array(sets), np.zeros(n, dtype=bool))


def test_baselines_are_written_per_set_with_the_learning_curve(tiny: Tiny, tmp_path: Path) -> None:
    summary = baseline.run(tiny.settings, tiny.prepared, tmp_path, tmp_path)
    found = json.loads((tmp_path / "baselines.json").read_text(encoding="utf-8"))
    n_test = pq.read_table(tiny.prepared / "test.parquet").num_rows
    assert summary.n_test == n_test
    assert found["models"].keys() == {"tfidf", "frozen_encoder"}
    assert found["models"]["tfidf"]["seed"]["n"] == n_test
    assert found["models"]["tfidf"]["seed"]["auc"] > 0.9
    points = found["curve"]["seed"]["lv"]
    assert list(points) == ["0.25", "0.5", "1"]
    assert points["0.25"]["n_own"] < points["0.5"]["n_own"] < points["1"]["n_own"]


def test_all_own_comments_are_encoded_and_others_up_to_the_limit() -> None:
    chosen = sampled(rows(30, 100), 50, seed=1)
    assert chosen[:30].all()
    assert chosen.sum() == 50
    assert sampled(rows(30, 100), 10, seed=1).sum() == 30
    assert sampled(rows(30, 5), 100, seed=1).all()


def test_rows_without_a_known_label_or_in_other_languages_are_left_out(tiny: Tiny) -> None:
    table = pq.read_table(tiny.prepared / "test.parquet").slice(0, 10)
    unknown = table.set_column(
        table.schema.get_field_index("is_abuse"),
        "is_abuse",
        [[None, *table.column("is_abuse").to_pylist()[1:]]],
    )
    assert len(known_rows(unknown).texts) == len(known_rows(table).texts) - 1
