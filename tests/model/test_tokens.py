"""Windows lose no token, batches lose no text."""

import random
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny_release import NEUTRAL, make_tokenizer, words
from tokenizers import Tokenizer, models

from pipeline.core.errors import PipelineError
from pipeline.model.tokens import (
    PREFIX,
    bucket,
    load_tokenizer,
    model_input,
    pad,
    padding_id,
    windows,
)

TOKENIZER = make_tokenizer()
WORDS = [*words(NEUTRAL["lv"]), *words(NEUTRAL["ru"]), "😀", "12:30", "xyz", "ņ"]
texts = st.lists(st.sampled_from(WORDS), min_size=1, max_size=60).map(" ".join)


@given(texts, st.integers(16, 40))
def test_windows_cover_every_token(text: str, max_tokens: int) -> None:
    whole = TOKENIZER.encode(PREFIX + text)
    cut = windows(TOKENIZER, [PREFIX + text], max_tokens)
    covered = {span for window in cut for span in window.spans}
    assert covered == set(whole.offsets)
    for window in cut:
        assert len(window.ids) == len(window.spans) <= max_tokens
        assert (window.ids[0], window.ids[-1]) == (whole.ids[0], whole.ids[-1])
        assert list(window.ids[1:3]) == whole.ids[1:3]  # the prefix, in each of them


@given(texts, st.integers(16, 40))
def test_neighbouring_windows_overlap_by_about_a_quarter(text: str, max_tokens: int) -> None:
    cut = windows(TOKENIZER, [PREFIX + text], max_tokens)
    bodies = [[span for span in window.spans if span[1] > len(PREFIX)] for window in cut]
    for left, right in pairwise(bodies):
        assert len(set(left) & set(right)) >= len(left) // 4


def test_windows_name_the_text_they_were_cut_from() -> None:
    cut = windows(TOKENIZER, [PREFIX + "ielas", PREFIX + "sniegs " * 40, PREFIX], 16)
    assert [window.text for window in cut] == sorted(window.text for window in cut)
    assert {window.text for window in cut} == {0, 1, 2}
    assert windows(TOKENIZER, [], 16) == []


@given(
    st.lists(st.integers(1, 60), max_size=80), st.integers(1, 200), st.none() | st.integers(0, 9)
)
def test_bucket_holds_every_index_once_and_the_budget(
    lengths: list[int], budget: int, seed: int | None
) -> None:
    shuffle = None if seed is None else random.Random(seed)
    batches = list(bucket(lengths, budget, shuffle))
    assert sorted(index for batch in batches for index in batch) == list(range(len(lengths)))
    for batch in batches:
        assert len(batch) == 1 or max(lengths[index] for index in batch) * len(batch) <= budget


def test_bucket_starts_with_the_longest_and_shuffles_by_seed() -> None:
    lengths = [3, 9, 5, 1, 9, 2]
    assert next(bucket(lengths, 9)) == [1]
    shuffled = [list(bucket(lengths, 10, random.Random(seed))) for seed in (1, 1, 2)]
    assert shuffled[0] == shuffled[1]
    assert list(bucket([], 10)) == []


def test_pad_fills_up_to_the_longest_row() -> None:
    ids, mask = pad([[5, 6, 7], [8]], pad_id=1)
    np.testing.assert_array_equal(ids, [[5, 6, 7], [8, 1, 1]])
    np.testing.assert_array_equal(mask, [[1, 1, 1], [1, 0, 0]])


def test_model_input_is_the_normalised_text_behind_the_prefix() -> None:
    assert model_input("i d i o t i  😀😀😀😀😀") == f"{PREFIX}idioti 😀😀😀"


def test_load_tokenizer_turns_truncation_off(tmp_path: Path) -> None:
    tokenizer = make_tokenizer()
    tokenizer.enable_truncation(8)
    tokenizer.enable_padding(length=8)
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    loaded = load_tokenizer(tmp_path / "tokenizer.json")
    assert len(loaded.encode("ielas " * 30).ids) > 30
    assert len(loaded.encode("ielas").ids) == 3


def test_a_missing_or_foreign_tokenizer_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PipelineError, match=r"tokenizer\.json: not found"):
        load_tokenizer(tmp_path / "tokenizer.json")
    with pytest.raises(PipelineError, match="no <pad> token"):
        padding_id(Tokenizer(models.WordLevel({"a": 0}, unk_token="a")))
