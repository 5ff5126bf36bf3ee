"""Bounds agree with SciPy, and say how many labels a proof takes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.model import bounds

sizes = st.integers(1, 3000)
shares = st.floats(0.001, 0.999)


def test_the_beta_function_agrees_with_scipy() -> None:
    special = pytest.importorskip("scipy.special")
    rng = np.random.default_rng(0)
    a, b = 10 ** rng.uniform(-1, 4, (2, 400))
    x = rng.beta(a, b)
    own = [bounds.beta_share(*each) for each in zip(x, a, b, strict=True)]
    assert np.abs(own - special.betainc(a, b, x)).max() < 1e-9
    assert (bounds.beta_share(0, 2, 3), bounds.beta_share(1, 2, 3)) == (0, 1)


def test_tails_and_intervals_agree_with_scipy() -> None:
    stats = pytest.importorskip("scipy.stats")
    rng = np.random.default_rng(1)
    for n in rng.integers(1, 2000, 50).tolist():
        k, share = int(rng.integers(0, n + 1)), float(rng.uniform(0.001, 0.5))
        assert bounds.at_most(k, n, share) == pytest.approx(stats.binom.cdf(k, n, share), abs=1e-9)
        exact = stats.binomtest(k, n).proportion_ci(0.95, method="exact")
        assert bounds.interval(k, n) == pytest.approx((exact.low, exact.high), abs=1e-7)


@settings(max_examples=40, deadline=None)
@given(sizes, shares, st.floats(0.5, 0.999))
def test_what_is_allowed_is_the_most_that_still_proves(
    n: int, share: float, confidence: float
) -> None:
    k = bounds.allowed(n, share, confidence)
    assert -1 <= k < n
    if k >= 0:
        assert bounds.upper(k, n, confidence) <= share + 1e-9
    if k + 1 < n:
        assert bounds.upper(k + 1, n, confidence) > share - 1e-9


def test_without_a_confidence_the_comments_themselves_decide() -> None:
    assert bounds.allowed(100, 0.03, None) == 3
    assert bounds.allowed(33, 0.03, None) == 0
    assert bounds.allowed(0, 0.03, None) == -1


@pytest.mark.parametrize(
    ("rate", "share", "confidence", "needed"),
    [(0.0, 0.1, 0.95, 29), (0.0, 0.05, 0.95, 59), (0.1, 0.1, 0.95, None), (0.2, 0.1, 0.95, None)],
)
def test_labels_needed(rate: float, share: float, confidence: float, needed: int | None) -> None:
    assert bounds.labels_needed(rate, share, confidence) == needed


@settings(max_examples=40, deadline=None)
@given(st.floats(0, 0.08), st.floats(0.1, 0.5))
def test_the_labels_that_are_needed_prove_it_and_one_less_does_not(
    rate: float, share: float
) -> None:
    needed = bounds.labels_needed(rate, share, 0.9)
    assert needed is not None
    k = int(np.ceil(rate * needed - 1e-9))
    assert bounds.proves_share(k, needed, share, 0.9)
    assert not bounds.proves_share(int(np.ceil(rate * (needed - 1) - 1e-9)), needed - 1, share, 0.9)


def test_without_a_comment_everything_is_possible() -> None:
    assert bounds.interval(0, 0) == (0.0, 1.0)
    assert bounds.lower(0, 50, 0.95) == pytest.approx(0.0)
    assert bounds.upper(50, 50, 0.95) == 1.0
