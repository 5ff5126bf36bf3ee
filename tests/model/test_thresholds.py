"""Thresholds keep the promises of the policy sentences on the comments that they were made from."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.model import thresholds
from pipeline.model.thresholds import ANY_LANGUAGE, NEVER, Cut, Targets, choose, cut_for

TARGETS = Targets(clear_miss=0.1, clear_criticism=0.03, priority_precision=0.95, base_rate=0.05)
World = tuple[np.ndarray, np.ndarray, np.ndarray]


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Probabilities, truth, and which comments are criticism; skill and skew vary."""
    n = draw(st.integers(60, 250))
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    truth = rng.random(n) < draw(st.floats(0.05, 0.9))
    truth[:2] = True, False
    skill = draw(st.floats(-1.0, 6.0))
    probs = 1 / (1 + np.exp(-(skill * (truth - 0.5) + rng.normal(0, 1, n))))
    coarse = draw(st.sampled_from([1, 2, 7, 16]))
    return np.round(probs, coarse), truth, rng.random(n) < draw(st.floats(0, 1))


shares = st.floats(0.01, 0.5)


@given(worlds(), shares, shares)
def test_lawful_criticism_above_the_cuts_stays_under_its_ceilings(
    world: World, miss: float, share: float
) -> None:
    probs, truth, criticism = world
    cut = choose(*world, Targets(miss, share, 0.9, 0.05))
    lawful = probs[criticism & ~truth]
    assert (lawful >= cut.clear).sum() <= share * len(lawful)
    assert not (lawful >= cut.priority).any()
    assert cut.priority >= cut.clear


@given(worlds(), shares)
def test_violations_are_missed_no_more_than_allowed_unless_criticism_forbids(
    world: World, miss: float
) -> None:
    probs, truth, criticism = world
    none_protected = np.zeros_like(criticism)
    cut = choose(probs, truth, none_protected, Targets(miss, 0.03, 0.9, 0.05))
    # Scores travel as float32: rounding must not lift a cut over the comments that set it.
    assert (probs[truth].astype(np.float32) < cut.clear).sum() <= miss * truth.sum()


@given(worlds(), st.tuples(shares, shares), st.tuples(shares, shares))
def test_stricter_sentences_never_flag_more(
    world: World, miss: tuple[float, float], share: tuple[float, float]
) -> None:
    loose = choose(*world, Targets(min(miss), max(share), 0.5, 0.05))
    strict = choose(*world, Targets(max(miss), min(share), 0.99, 0.05))
    assert strict.clear >= loose.clear
    assert strict.priority >= loose.priority


@given(worlds(), st.floats(0, 1), st.floats(0, 1))
def test_raising_a_threshold_never_flags_more(world: World, one: float, other: float) -> None:
    probs = world[0]
    assert (probs >= max(one, other)).sum() <= (probs >= min(one, other)).sum()


@given(worlds())
def test_priority_is_precise_at_the_base_rate(world: World) -> None:
    probs, truth, _ = world
    cut = choose(*world, TARGETS)
    sure = thresholds.sure(probs, truth, TARGETS)
    if cut.priority == NEVER or sure == NEVER:
        assert not (probs >= max(cut.priority, sure)).any()
        return
    above = probs >= sure
    hits = above[truth].mean() * TARGETS.base_rate
    misses = above[~truth].mean() * (1 - TARGETS.base_rate)
    assert hits / (hits + misses) >= TARGETS.priority_precision - 1e-6


@pytest.mark.parametrize("prob", [0.0, 0.04761904761904767, 1 / 3, 2 / 3, 1.0])
def test_a_model_that_says_one_number_is_never_sure(prob: float) -> None:
    truth = np.arange(200) < 60
    cut = choose(np.full(200, prob), truth, np.zeros(200, dtype=bool), TARGETS)
    assert cut.priority == NEVER
    assert cut.clear <= prob
    with_criticism = choose(np.full(200, prob), truth, ~truth, TARGETS)
    assert with_criticism.clear > prob


def test_a_model_that_says_the_opposite_is_never_sure() -> None:
    truth = np.arange(400) < 100
    probs = np.where(truth, 0.1, 0.9) + np.linspace(0, 0.05, 400)
    assert choose(probs, truth, np.zeros(400, dtype=bool), TARGETS).priority == NEVER


def test_a_good_model_is_sure_of_what_it_knows() -> None:
    rng = np.random.default_rng(0)
    truth = np.arange(1000) < 300
    probs = np.where(truth, rng.uniform(0.5, 1, 1000), rng.uniform(0, 0.6, 1000))
    cut = choose(probs, truth, ~truth, TARGETS)
    assert 0.5 < cut.clear < cut.priority < 0.62


def world_of(n: int, n_positive: int) -> tuple[np.ndarray, np.ndarray]:
    truth = (np.arange(n) < n_positive).astype(np.float32)
    return np.where(truth > 0, 0.9, 0.1), truth


def test_a_language_with_few_violations_uses_the_shared_cut() -> None:
    (latvian, truth_lv), (russian, truth_ru) = world_of(200, 80), world_of(200, 10)
    made = thresholds.fit(
        np.concatenate([latvian, russian])[:, None],
        np.concatenate([truth_lv, truth_ru])[:, None],
        ["lv"] * 200 + ["ru"] * 200,
        ["criticism"] * 400,
        ["x"],
        TARGETS,
    )
    assert made["x"].keys() == {ANY_LANGUAGE, "lv", "ru"}
    assert cut_for(made, "x", "ru") == made["x"][ANY_LANGUAGE]


@settings(max_examples=40)
@given(st.integers(0, 500), st.integers(1, 6), st.floats(0.01, 0.2))
def test_no_mix_of_outputs_and_languages_exceeds_the_ceiling(
    seed: int, n_outputs: int, share: float
) -> None:
    rng = np.random.default_rng(seed)
    shape = (240, n_outputs)
    known = (rng.random(shape) < rng.uniform(0, 0.6, n_outputs)).astype(np.float32)
    known[rng.random(shape) < rng.uniform(0, 0.5)] = np.nan
    probs = np.clip(0.4 * np.nan_to_num(known) + rng.normal(0.3, 0.2, shape), 0, 1)
    langs = rng.choice(["lv", "ru", "en"], 240, p=[0.5, 0.4, 0.1]).tolist()
    slices = rng.choice(["criticism", "hard_negative", "violation", ""], 240).tolist()
    names = [f"x{number}" for number in range(n_outputs)]
    targets = replace(TARGETS, clear_criticism=share)
    made = thresholds.fit(probs, known, langs, slices, names, targets)
    for lang in ("lv", "ru", "en"):
        lawful = [
            row
            for row in range(240)
            if langs[row] == lang
            and slices[row] in {"criticism", "hard_negative"}
            and not (known[row] > 0.5).any()
        ]
        cut = [cut_for(made, name, lang) for name in names]
        flagged = [
            any(probs[row, at] >= cut[at].clear for at in range(n_outputs)) for row in lawful
        ]
        sure = [
            any(probs[row, at] >= cut[at].priority for at in range(n_outputs)) for row in lawful
        ]
        assert sum(flagged) <= share * len(lawful)
        assert not any(sure)


def test_without_labels_a_person_looks_from_an_even_chance_on() -> None:
    made = thresholds.fit(
        np.full((50, 1), 0.9), np.full((50, 1), np.nan), ["lv"] * 50, [""] * 50, ["x"], TARGETS
    )
    assert made == {"x": {ANY_LANGUAGE: Cut(0.5, NEVER), "lv": Cut(0.5, NEVER)}}


def test_outputs_together_keep_to_the_ceiling_on_criticism() -> None:
    rng = np.random.default_rng(1)
    truth = np.zeros((2000, 4), dtype=np.float32)
    truth[:400] = 1
    # Each output errs on other lawful comments, so the share flagged would add up.
    probs = np.where(truth > 0, rng.uniform(0.4, 1, truth.shape), rng.uniform(0, 0.6, truth.shape))
    made = thresholds.fit(probs, truth, ["lv"] * 2000, ["criticism"] * 2000, list("abcd"), TARGETS)
    clear = np.array([made[output]["lv"].clear for output in "abcd"])
    flagged = (probs[400:] >= clear).any(axis=1).mean()
    assert 0 < flagged <= TARGETS.clear_criticism


def test_hard_negatives_are_protected_like_criticism() -> None:
    probs, truth = world_of(300, 100)
    probs[250:] = 0.95
    for kind in ("criticism", "hard_negative"):
        slices = [kind if index >= 250 else "" for index in range(300)]
        made = thresholds.fit(probs[:, None], truth[:, None], ["lv"] * 300, slices, ["x"], TARGETS)
        assert made["x"]["lv"].clear > 0.95


cuts = st.builds(Cut, st.floats(0, 1.01), st.floats(0, 1.01))


@given(st.dictionaries(st.text(max_size=5), st.dictionaries(st.sampled_from(["any", "lv"]), cuts)))
def test_thresholds_survive_json(made: dict[str, dict[str, Cut]]) -> None:
    assert thresholds.from_json(json.loads(json.dumps(thresholds.to_json(made)))) == made
