"""Thresholds are found by output and language, and survive being written."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model import thresholds
from pipeline.model.thresholds import NEVER, UNKNOWN, Cut, Promise, cut_for

CUTS = {"insult": {"any": Cut(0.5, NEVER), "lv": Cut(0.3, 0.9)}}
PROMISE = Promise(
    sentence="miss at most 10 % of violations with 95 % confidence",
    kind="miss",
    subject="violations",
    lang="lv",
    outcome="yields",
    n=160,
    k=40,
    share=0.1,
    bound=0.31,
    confidence=0.95,
)


@pytest.mark.parametrize(
    ("output", "lang", "cut"),
    [
        ("insult", "lv", Cut(0.3, 0.9)),
        ("insult", "et", Cut(0.5, NEVER)),
        # A label that no sentence spoke of: a person looks from an even chance on.
        ("personal_data", "lv", UNKNOWN),
    ],
)
def test_a_cut_is_that_of_the_language_or_the_shared_one(output: str, lang: str, cut: Cut) -> None:
    assert cut_for(CUTS, output, lang) == cut


cuts = st.builds(Cut, st.floats(0, 1.01), st.floats(0, 1.01))


@given(st.dictionaries(st.text(max_size=5), st.dictionaries(st.sampled_from(["any", "lv"]), cuts)))
def test_thresholds_survive_json(made: dict[str, dict[str, Cut]]) -> None:
    written = json.loads(json.dumps(thresholds.to_json(made, [PROMISE])))
    assert thresholds.from_json(written) == made
    assert thresholds.promises_from_json(written) == (PROMISE,)


def test_the_first_format_is_still_read_and_promises_nothing() -> None:
    first = {"insult": {"any": [0.5, 1.01], "lv": [0.3, 0.9]}}
    assert thresholds.from_json(first) == CUTS
    assert thresholds.promises_from_json(first) == ()


@pytest.mark.parametrize(
    ("outcome", "is_kept"),
    [("kept", True), ("nothing_cleared", True), ("labels", False), ("model", False)],
)
def test_a_promise_is_kept_when_it_is_proven_or_nothing_is_cleared(
    outcome: str, is_kept: bool
) -> None:
    assert Promise(**{**vars(PROMISE), "outcome": outcome}).is_kept == is_kept
