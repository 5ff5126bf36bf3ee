"""Accounts become numbers that survive few posts, and sets are measured by what was left out."""

import numpy as np
import pytest

from pipeline.model.account_figures import across, left_out, within
from pipeline.signals.account_features import post_features
from pipeline.sources.behaviour_sets import posted_from


@pytest.mark.parametrize(
    "texts", [[], ["Labrīt!"], ["a", "b"], ["Vai būs? https://x.lv #ielas", "Нет…", "JĀ, @dome!"]]
)
def test_an_account_of_any_number_of_posts_has_the_same_numbers(texts: list[str]) -> None:
    seconds = [60.0 * at for at in range(len(texts))]
    found = post_features(seconds, texts)
    assert found.shape == post_features([], []).shape
    assert np.isfinite(found).all()


def test_the_programs_of_an_account_are_read_from_its_codes() -> None:
    assert posted_from("[2;0]") == [1, 0, 1, 0, 0, 0, 0]
    assert posted_from("[]") == [0] * 7


def sample(n: int, seed: int, told: bool) -> tuple[np.ndarray, np.ndarray]:  # type: ignore[type-arg]
    rng = np.random.default_rng(seed)
    truth = rng.random(n) < 0.4
    table = rng.normal(size=(n, 3))
    if told:
        table[:, 1] += 4 * truth
    table[0, 2] = np.nan
    return table, truth


@pytest.mark.parametrize(("told", "low", "high"), [(True, 0.95, 1.0), (False, 0.3, 0.7)])
def test_figures_are_high_where_the_numbers_tell_and_even_where_they_do_not(
    told: bool, low: float, high: float
) -> None:
    one, other = sample(160, 1, told), sample(160, 2, told)
    assert low <= across(one, other) <= high
    clean = {
        name: (np.nan_to_num(table), truth)
        for name, (table, truth) in {"a": one, "b": other}.items()
    }
    assert all(low <= value <= high for value in left_out(clean).values())
    tree, forest = within(*one)
    assert low - 0.05 <= min(tree, forest) <= max(tree, forest) <= high
