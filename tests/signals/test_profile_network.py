"""Clusters of profiles: chance alone gives even p-values, few false ones stand, campaigns do."""

from dataclasses import replace

import numpy as np
import pytest
from invented import MESSAGE, ordinary, row, traces_of

from pipeline.core import paths
from pipeline.signals import network as network_module
from pipeline.signals.behaviour import assess
from pipeline.signals.behaviour_model import load_model
from pipeline.signals.near_duplicates import NO_GROUP, Groups, same_text_groups
from pipeline.signals.network import clusters, discoveries, network
from pipeline.signals.traces import NOBODY, Traces

HOUR = 3_600.0
N = 6_000


def crowd(seed: int) -> tuple[Traces, np.random.Generator]:
    """Traces of many people over four days with busy and quiet hours; texts play no part."""
    rng = np.random.default_rng(seed)
    base = traces_of(ordinary(40))
    rows = rng.integers(40, size=N)
    hours = np.clip(rng.normal(15, 4, N), 0, 23.99)
    seconds = 1.77e9 - 1.77e9 % 86_400 + rng.integers(4, size=N) * 86_400 + hours * HOUR
    prints = replace(
        base.prints, **{name: getattr(base.prints, name)[rows] for name in vars(base.prints)}
    )
    empty = np.full(N, -1, dtype=np.int64)
    return Traces(prints, np.arange(N), seconds, np.ones(N, dtype=np.int64), empty, None), rng


def memes(rng: np.random.Generator, n: int) -> Groups:
    """Groups of people who write the same at unrelated times."""
    groups = np.full(N, NO_GROUP, dtype=np.int64)
    for number, chosen in enumerate(rng.permutation(N)[: n * 8].reshape(n, 8)):
        groups[chosen[: int(rng.integers(3, 9))]] = number
    return groups


def test_p_values_are_even_where_nobody_concerts() -> None:
    traces, rng = crowd(1)
    p_values = np.sort([each.p_value for each in clusters(traces, [memes(rng, 300)])])
    even = (np.arange(300) + 0.5) / 300
    assert len(p_values) == 300
    # The limit of Kolmogorov and Smirnov that chance passes once in a hundred times.
    assert np.abs(p_values - even).max() < 1.63 / np.sqrt(300)


def test_few_of_the_discoveries_are_false() -> None:
    false = right = 0
    for seed in range(12):
        traces, rng = crowd(seed)
        groups = memes(rng, 60)
        concerted = np.arange(8)
        for number in concerted:
            own = np.flatnonzero(groups == number)
            traces.seconds[own] = traces.seconds[own[0]] + rng.uniform(0, 240, len(own))
        found = network(traces, [groups])
        numbers = [int(groups[each.rows[0]]) for each in found]
        right += sum(number < 8 for number in numbers)
        false += sum(number >= 8 for number in numbers)
    assert right >= 0.8 * 8 * 12
    # 5 % are asked for; 12 rounds leave room for chance.
    assert false <= 0.1 * (right + false)


@pytest.mark.parametrize("scale", [1.0, 0.01])
def test_the_step_up_rule_keeps_what_benjamini_and_hochberg_keep(scale: float) -> None:
    p_values = np.array([0.9, 0.012, 0.3, 0.001, 0.021]) * scale
    expected = [False, True, False, True, True] if scale == 1 else [True] * 5
    assert discoveries(p_values).tolist() == expected
    assert discoveries(np.array([])).tolist() == []


def test_profiles_are_joined_by_texts_and_links_that_they_share() -> None:
    traces, _ = crowd(3)
    texts, links = (np.full(N, NO_GROUP, dtype=np.int64) for _ in range(2))
    traces.authors[[0, 10]] = 0
    texts[[0, 1]] = 0
    links[[10, 11, 12]] = 0
    links[[20, 21]] = 1
    (found,) = clusters(traces, [texts, links])
    assert found.rows.tolist() == [0, 1, 10, 11, 12]
    assert (found.n_profiles, found.n_shared) == (4, 2)


def test_who_is_unknown_or_without_time_joins_nobody_and_a_repeated_text_is_no_company() -> None:
    traces, _ = crowd(4)
    groups = np.full(N, NO_GROUP, dtype=np.int64)
    groups[:4] = 0
    traces.authors[0] = NOBODY
    traces.seconds[1] = np.nan
    assert clusters(traces, [groups]) == []
    groups[:9] = 0
    traces.authors[:9] = 7
    assert clusters(traces, [groups]) == []


def test_a_burst_of_one_text_is_shown_with_its_chance_and_short_wishes_are_not() -> None:
    model = load_model(paths.BEHAVIOUR)
    for text, seen in ((MESSAGE, True), ("Apsveicu!", False), ("Paldies! 🙏", False)):
        rows = [row(9_000 + k, text, f"profile-{k}", 5 * HOUR + 40 * k) for k in range(9)]
        found = assess(traces_of(rows + ordinary()), len(rows) + 400, model)
        details = [each.detail for each in found.findings.get(0, []) if each.kind == "network"]
        assert bool(details) == seen
        if seen:
            assert details == ["profiles=9 shared=1 seconds=320 chance=0.001"]


def test_what_all_people_write_on_one_day_is_no_network() -> None:
    rng = np.random.default_rng(5)
    rows = ordinary(600, hours=24.0)
    text = "Sirsnīgi sveicieni visiem valsts svētkos, lai gaišs un silts vakars"
    said = [row(9_000 + k, text, f"w{k}", float(rng.uniform(0, 15 * HOUR))) for k in range(30)]
    traces = traces_of(said + rows)
    assert network(traces, [same_text_groups(traces.prints)]) == []


def test_pairs_that_also_meet_elsewhere_are_counted_and_join_nobody() -> None:
    traces, _ = crowd(6)
    groups = np.full(N, NO_GROUP, dtype=np.int64)
    groups[:5] = 0
    traces.seconds[:5] = traces.seconds[0] + np.arange(5)
    for place, author in ((100, 0), (101, 1), (102, 2), (103, 900)):
        traces.authors[place] = author
    # Two of the five meet again within a minute, the third comes an hour later.
    traces.seconds[[100, 101, 102, 103]] = traces.seconds[:4].mean() + np.array([0, 30, HOUR, 1])
    found = network(traces, [groups])
    assert [(each.rows.tolist(), each.n_at_once) for each in found] == [([0, 1, 2, 3, 4], 1)]


def test_the_p_value_does_not_depend_on_how_many_times_are_drawn_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    traces, rng = crowd(7)
    groups = memes(rng, 5)
    before = [each.p_value for each in clusters(traces, [groups])]
    monkeypatch.setattr(network_module, "DRAWN_AT_ONCE", 64)
    after = [each.p_value for each in clusters(traces, [groups])]
    assert before == after
