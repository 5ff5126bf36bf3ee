"""Planted campaigns are what their plan says, and their paraphrases are whole comments of ours."""

import datetime
from collections import Counter

import numpy as np
import pytest
from invented import ordinary, table

from pipeline.signals.fingerprints import fingerprint
from pipeline.signals.near_duplicates import NO_GROUP, same_text_groups
from pipeline.signals.planted import LEVELS, SIZES, Plan, paraphrases, plans, plant, read_themes

THEMES = read_themes()


def test_no_wording_serves_both_for_choosing_and_for_measuring() -> None:
    texts = {
        use: {text for each in read_themes(use=use) for _, text in each.texts}
        for use in ("dev", "test")
    }
    assert len(texts["dev"]) + len(texts["test"]) == sum(len(each.texts) for each in THEMES)
    assert min(len(each) for each in texts.values()) >= 100
    assert not texts["dev"] & texts["test"]


def test_paraphrases_share_a_meaning_and_no_text() -> None:
    prints = fingerprint([text for theme in THEMES for _, text in theme.texts])
    assert (same_text_groups(prints) == NO_GROUP).mean() > 0.98


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_a_campaign_says_each_wording_once_before_it_joins_two(theme: object) -> None:
    generator = np.random.default_rng(5)
    for size in SIZES:
        texts = paraphrases(theme, size, generator)  # type: ignore[arg-type]
        assert len(texts) == len(set(texts)) == size


def test_campaigns_have_the_planned_size_length_and_profiles() -> None:
    comments = table(ordinary(400))
    generator = np.random.default_rng(6)
    drawn = plans(generator)
    assert {(each.level, each.size) for each in drawn} == {(a, b) for a in LEVELS for b in SIZES}
    mixed, numbers = plant(comments, drawn, THEMES, generator)
    added = mixed.slice(comments.num_rows).to_pylist()
    assert Counter(numbers) == Counter({at: each.size for at, each in enumerate(drawn)})
    for at, each in enumerate(drawn):
        own = [row for row, number in zip(added, numbers, strict=True) if number == at]
        times = [row["created_at"] for row in own]
        assert max(times) - min(times) <= datetime.timedelta(seconds=each.seconds)
        assert len({row["author_key"] for row in own}) == max(4, round(each.size / 2))
    assert mixed.slice(0, comments.num_rows).equals(comments)


def test_verbatim_copies_are_equal_and_edited_ones_are_not() -> None:
    comments = table(ordinary(400))
    generator = np.random.default_rng(7)
    campaigns = [Plan("verbatim", 12, 300.0), Plan("light", 12, 300.0)]
    mixed, numbers = plant(comments, campaigns, [], generator)
    texts = mixed.slice(comments.num_rows).column("text").to_pylist()
    of = [
        {text for text, number in zip(texts, numbers, strict=True) if number == at} for at in (0, 1)
    ]
    assert len(of[0]) == 1
    assert len(of[1]) > 6
