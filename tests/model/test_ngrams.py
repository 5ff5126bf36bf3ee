"""The linear model on character n-grams: the same buckets everywhere, whole on disk or refused."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.errors import PipelineError
from pipeline.model.ngrams import (
    N_BUCKETS,
    NgramModel,
    features,
    hashes,
    load_ngrams,
    save_ngrams,
)

OUTPUTS = 2


def make_model(seed: int = 0) -> NgramModel:
    rng = np.random.default_rng(seed)
    weights = np.zeros((N_BUCKETS, OUTPUTS), dtype=np.float32)
    chosen = rng.integers(0, N_BUCKETS, 5000)
    weights[chosen] = rng.normal(0, 1, (5000, OUTPUTS))
    return NgramModel(weights, np.array([0.5, -0.5], dtype=np.float32))


def test_buckets_do_not_depend_on_the_process_or_the_machine() -> None:
    # Releases are read elsewhere: these numbers may never change.
    wanted = [12263, 140121, 182559, 119103, 101343, 107586, 53543]
    wanted += [195813, 194103, 188126, 197303, 147604, 191567, 79428]
    assert hashes(" dome ").tolist() == wanted


@given(st.lists(st.text(alphabet="abcāčžйцу", min_size=1, max_size=8), min_size=1, max_size=8))
def test_ngrams_do_not_reach_over_spaces(words: list[str]) -> None:
    together = np.sort(hashes(" " + " ".join(words) + " "))
    apart = np.sort(np.concatenate([hashes(f" {word} ") for word in words]))
    np.testing.assert_array_equal(together, apart)


@given(st.lists(st.text(max_size=30), max_size=6))
def test_rows_have_unit_length_or_none(texts: list[str]) -> None:
    made = features(texts)
    assert len(made.row_starts) == len(texts) + 1
    for start, end in zip(made.row_starts, made.row_starts[1:], strict=False):
        length = float((made.values[start:end].astype(np.float64) ** 2).sum())
        assert length == pytest.approx(1.0 if end > start else 0.0, abs=1e-4)


@pytest.mark.parametrize(
    ("plain", "disguised"),
    [("stulbeņi", "STULBEŅI"), ("idioti", "i d i o t i"), ("придурки", "придуpки")],
)
def test_case_and_disguises_read_the_same(plain: str, disguised: str) -> None:
    logits = make_model().logits([plain, disguised])
    np.testing.assert_allclose(logits[0], logits[1])


def test_a_text_of_no_ngram_says_the_bias() -> None:
    model = make_model()
    np.testing.assert_allclose(model.logits(["", " "]), np.tile(model.bias, (2, 1)))
    assert model.logits([]).shape == (0, OUTPUTS)
    assert model.word_shares([], 0).shape == (0,)


def test_shares_of_words_point_at_the_word_that_speaks() -> None:
    weights = np.zeros((N_BUCKETS, OUTPUTS), dtype=np.float32)
    weights[np.unique(hashes(" idioti "))] = 1.0
    model = NgramModel(weights, np.zeros(OUTPUTS, dtype=np.float32))
    shares = model.word_shares(["Kauns", "IDIOTI", "domē"], 1)
    assert shares.argmax() == 1
    assert shares.sum() == pytest.approx(float(model.logits(["kauns idioti domē"])[0, 1]), rel=0.2)


def test_a_model_survives_saving_within_eight_bits(tmp_path: Path) -> None:
    model = make_model()
    save_ngrams(model, tmp_path / "ngrams.npz")
    loaded = load_ngrams(tmp_path / "ngrams.npz", OUTPUTS)
    step = np.abs(model.weights).max(axis=0) / 127
    assert (np.abs(loaded.weights - model.weights) <= step / 2 + 1e-6).all()
    np.testing.assert_array_equal(loaded.bias, model.bias)
    save_ngrams(loaded, tmp_path / "again.npz")
    np.testing.assert_array_equal(load_ngrams(tmp_path / "again.npz", OUTPUTS).bias, loaded.bias)


@pytest.mark.parametrize("damage", ["absent", "text", "short", "byte", "shape"])
def test_a_damaged_model_is_refused(damage: str, tmp_path: Path) -> None:
    path = tmp_path / "ngrams.npz"
    save_ngrams(make_model(), path)
    whole = path.read_bytes()
    n_outputs = OUTPUTS + 1 if damage == "shape" else OUTPUTS
    if damage == "absent":
        path.unlink()
    elif damage == "text":
        path.write_text("kauns", encoding="utf-8")
    elif damage == "short":
        path.write_bytes(whole[: len(whole) // 2])
    elif damage == "byte":
        middle = len(whole) // 2
        path.write_bytes(whole[:middle] + bytes([whole[middle] ^ 255]) + whole[middle + 1 :])
    with pytest.raises(PipelineError, match=r"ngrams\.npz: (is not a model|has the shape)"):
        load_ngrams(path, n_outputs)
