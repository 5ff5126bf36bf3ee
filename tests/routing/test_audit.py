"""The audit's interval covers what was really missed, also with unequal chances and gaps."""

import numpy as np
import pytest

from pipeline.routing import audit
from pipeline.routing.audit import Judged, Total

N_WORLDS = 400


def drawn(
    rng: np.random.Generator, n_missed: int, n_lawful: int, share: float, *, answered: float = 1.0
) -> list[Judged]:
    """Return the audit sample of a night: cleared comments, each drawn with a chance."""
    sample = []
    for violates, n in ((True, n_missed), (False, n_lawful)):
        for judged in rng.random(rng.binomial(n, share)) < answered:
            sample.append(Judged("lv", True, share, bool(judged), violates and bool(judged)))
    return sample


def covered(measured: audit.Missed, truth: float) -> bool:
    assert measured.miss_rate is not None
    return measured.miss_rate.low <= truth <= measured.miss_rate.high + 1e-9


@pytest.mark.parametrize("answered", [1.0, 0.6])
def test_the_interval_covers_the_true_miss_rate(answered: float) -> None:
    hits, widths = [], []
    for seed in range(N_WORLDS):
        rng = np.random.default_rng(seed)
        n_missed, n_found = int(rng.integers(0, 300)), int(rng.integers(1, 400))
        share = float(rng.choice([0.01, 0.03, 0.1, 0.3]))
        rows = drawn(rng, n_missed, int(rng.integers(500, 3000)), share, answered=answered)
        rows += [Judged("lv", False, 0.0, True, True)] * n_found
        measured = audit.measure("lv", rows, 4000, share)
        if measured.miss_rate is None:
            continue
        hits.append(covered(measured, n_missed / (n_missed + n_found)))
        widths.append(measured.miss_rate.high - measured.miss_rate.low)
    assert np.mean(hits) >= 0.93
    # An interval that is always everything would cover too.
    assert np.mean(widths) < 0.5


def test_the_interval_covers_over_nights_with_different_chances() -> None:
    hits = []
    for seed in range(N_WORLDS):
        rng = np.random.default_rng(seed)
        rows: list[Judged] = [Judged("lv", False, 0.0, True, True)] * int(rng.integers(1, 300))
        n_found, total, rarest = len(rows), 0, 1.0
        for _ in range(int(rng.integers(2, 8))):
            n_missed, share = int(rng.integers(0, 60)), float(rng.choice([0.02, 0.05, 0.2]))
            rows += drawn(rng, n_missed, 300, share)
            total, rarest = total + n_missed, min(rarest, share)
        hits.append(covered(audit.measure("lv", rows, 5000, rarest), total / (total + n_found)))
    assert np.mean(hits) >= 0.93


def test_the_estimate_is_right_in_the_mean() -> None:
    estimates = []
    for seed in range(300):
        rng = np.random.default_rng(seed)
        rows = drawn(rng, 80, 900, 0.1) + drawn(rng, 20, 900, 0.4)
        estimates.append(audit.measure("lv", rows, 2000, 0.1).missed.estimate)
    assert np.mean(estimates) == pytest.approx(100, rel=0.06)


def test_before_anybody_judged_a_drawn_comment_nothing_is_said() -> None:
    found = audit.measure("lv", [Judged("lv", False, 0.0, True, True)], 50, 0.0)
    assert found.missed == Total(0.0, 0.0, 50.0)
    assert found.miss_rate is None
    assert audit.measure("lv", [Judged("lv", True, 0.1)], 50, 0.1).miss_rate is None
    assert audit.measure("lv", [], 0, 0.0).miss_rate is None


def test_a_sample_of_all_leaves_no_doubt() -> None:
    rows = [Judged("lv", True, 1.0, True, at < 3) for at in range(10)]
    rows += [Judged("lv", False, 0.0, True, True)] * 7
    found = audit.measure("lv", rows, 10, 1.0)
    assert found.missed.estimate == found.missed.low == 3
    assert found.missed.high <= 4
    assert found.miss_rate is not None
    assert found.miss_rate.estimate == pytest.approx(0.3)


def test_clauses_count_their_own_violations_alone() -> None:
    rows = [
        Judged("lv", True, 0.5, True, True, ("8.1", "8.3")),
        Judged("lv", True, 0.5, True, True, ("8.4",)),
        Judged("lv", False, 0.0, True, True, ("8.4",), n_comments=4),
    ]
    by_clause = {name: audit.measure(name, rows, 100, 0.5, name) for name in ("8.1", "8.4")}
    assert [by_clause[name].n_violations for name in ("8.1", "8.4")] == [1, 1]
    assert [by_clause[name].n_found for name in ("8.1", "8.4")] == [0, 4]
    assert by_clause["8.4"].missed.estimate == 2


def test_what_was_proposed_and_not_judged_widens_the_interval() -> None:
    rows = [Judged("lv", True, 0.5, True, True), Judged("lv", False, 0.0, True, True)]
    whole = audit.measure("lv", rows, 100, 0.5).miss_rate
    gap = audit.measure("lv", [*rows, Judged("lv", False, 0.0)], 100, 0.5).miss_rate
    assert whole is not None
    assert gap is not None
    assert gap.low < whole.low
    assert gap.high == whole.high
