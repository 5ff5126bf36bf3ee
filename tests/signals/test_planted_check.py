"""The check counts what is found and who is flagged, and keeps fitting and measuring apart."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from invented import ordinary, table

from pipeline.core import paths
from pipeline.signals.behaviour_model import BehaviourModel, load_model
from pipeline.signals.planted import SIZES
from pipeline.signals.planted_check import check, weighed
from pipeline.signals.planted_traces import Ground, bare_traces, ground_of, halves, vectors_of

MODEL = load_model(paths.BEHAVIOUR)
CHANNELS = ("a", "b", "c", "d", "e")


def ground(n: int = 900, **more: Any) -> Ground:
    rows = ordinary(n, hours=80.0)
    for at, each in enumerate(rows):
        each["channel"] = CHANNELS[at % 13 % len(CHANNELS)]
        each.update(more)
    return ground_of(table(rows))


def shifted(logits: float) -> BehaviourModel:
    """The model with every detector so much surer."""
    moved = {
        name: replace(each, intercept=each.intercept + logits)
        for name, each in MODEL.detectors.items()
    }
    return replace(MODEL, detectors=moved)


def test_halves_share_no_page_and_lose_no_comment() -> None:
    whole = ground()
    parts = halves(whole)
    pages = [set(part.comments.column("channel").to_pylist()) for part in parts]
    ids = [part.comments.column("comment_id").to_pylist() for part in parts]
    assert not pages[0] & pages[1]
    assert sorted(ids[0] + ids[1]) == sorted(whole.comments.column("comment_id").to_pylist())
    assert [part.table.column("comment_id").to_pylist() for part in parts] == ids
    assert min(map(len, ids)) > 0.3 * len(whole)


def test_large_copied_campaigns_are_found_and_ordinary_people_are_not() -> None:
    found = check("all", ground(), MODEL, cuts=[0.5, 0.9], rounds=1, levels=["verbatim", "light"])
    even, sure = found
    assert even.n_planted == 2 * sum(SIZES)
    assert even.recall["verbatim"] >= 0.9
    assert even.recall_by_size["verbatim"][200] == 1.0
    assert even.innocents == 0
    assert all(sure.recall[level] <= even.recall[level] for level in even.recall)


@pytest.mark.parametrize(("logits", "expected"), [(-60.0, 0.0), (60.0, 1.0)])
def test_a_blind_model_finds_nothing_and_a_wild_one_everything(
    logits: float, expected: float
) -> None:
    (found,) = check("all", ground(), shifted(logits), cuts=[0.5], rounds=1, levels=["verbatim"])
    assert found.recall["verbatim"] == pytest.approx(expected)


def test_innocents_are_counted_by_kind_per_ten_thousand() -> None:
    copied = ground(600)
    rows = copied.comments.to_pylist()
    for at in range(100, 112):
        rows[at]["text"] = "Viens un tas pats teikums, ko daudzi te raksta vienā stundā atkal"
    (found,) = check("all", ground_of(table(rows)), MODEL, cuts=[0.5], rounds=0, levels=[])
    assert found.innocents == pytest.approx(12 / 600 * 10_000)
    assert found.innocents_by_kind == {"same_text": pytest.approx(200.0)}


def test_a_recall_weighs_campaigns_by_their_comments() -> None:
    assert weighed({5: 0.0, 15: 1.0}) == 0.75


def test_each_distinct_text_is_encoded_once_and_short_ones_never() -> None:
    asked: list[str] = []

    def encode(texts: Any) -> Any:
        asked.extend(texts)
        return np.ones((len(texts), 8), dtype=np.int8)

    rows = [*ordinary(40), *ordinary(40)]
    for number, each in enumerate(rows):
        each["comment_id"] = str(number)
    rows[3]["text"] = "Paldies!"
    found = ground_of(table(rows), encode)
    assert len(asked) == len(set(asked))
    assert "Paldies!" not in asked
    vectors = bare_traces(found).vectors
    assert vectors is not None
    assert not vectors[3].any()
    texts = [each["text"] for each in rows]
    assert vectors_of(encode, texts, np.zeros(80, dtype=bool)).shape == (80, 8)
