"""Agreement and rates: worked examples from the literature, and what must hold for any data."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.core.agreement import agreement, alpha, rate

JUDGEMENTS = st.lists(st.lists(st.booleans(), max_size=4), max_size=30)


def pairs(first: str, second: str) -> list[list[bool]]:
    return [[a == "1", b == "1"] for a, b in zip(first, second, strict=True)]


@pytest.mark.parametrize(
    ("judgements", "expected"),
    [
        # By hand: 8 judgements, 3 of them yes; 1 - 7 * 2 / (8**2 - 3**2 - 5**2) = 8 / 15.
        (pairs("1010", "1000"), 8 / 15),
        # Krippendorff (2011), section A: two observers, ten units, yes or no.
        (pairs("0100000010", "1110010000"), 0.0952),
        (pairs("1100", "1100"), 1.0),
        # Always at odds: worse than chance, 1 - 3 * 4 / (4**2 - 2**2 - 2**2).
        (pairs("10", "01"), -0.5),
        (pairs("0000", "0000"), None),
        ([], None),
        ([[True], [False]], None),
    ],
)
def test_alpha_of_worked_examples(judgements: list[list[bool]], expected: float | None) -> None:
    found = agreement(judgements, bootstrap=0).alpha
    assert found == (None if expected is None else pytest.approx(expected, abs=1e-4))


def test_alpha_of_many_annotators_several_values_and_gaps() -> None:
    """Krippendorff (2011), section C: four observers, twelve units, nominal values 1 to 5."""
    seen = ["123321412...", "1233224125.3", ".3332342251.", "12332441251."]
    counts = np.array(
        [
            [sum(row[unit] == str(value) for row in seen) for value in range(1, 6)]
            for unit in range(12)
        ],
        dtype=np.float64,
    )
    assert alpha(counts) == pytest.approx(0.743, abs=5e-4)


def test_counts_say_how_many_texts_carry_a_label() -> None:
    found = agreement([[True, True], [True, False], [False, False], [True]])
    assert (found.n_units, found.n_marked, found.n_agreed) == (3, 2, 1)


@settings(deadline=None)
@given(JUDGEMENTS, st.randoms())
def test_alpha_heeds_neither_order_nor_which_answer_is_called_yes(judgements, random) -> None:  # type: ignore[no-untyped-def]
    found = agreement(judgements, bootstrap=0).alpha
    shuffled = [random.sample(unit, len(unit)) for unit in judgements]
    random.shuffle(shuffled)
    turned = [[not judged for judged in unit] for unit in shuffled]
    for other in (shuffled, turned):
        assert agreement(other, bootstrap=0).alpha == (
            None if found is None else pytest.approx(found)
        )


@settings(deadline=None)
@given(JUDGEMENTS)
def test_alpha_is_one_exactly_when_nobody_disagrees(judgements: list[list[bool]]) -> None:
    found = agreement(judgements, bootstrap=0)
    if found.alpha is not None:
        assert found.alpha <= 1 + 1e-9
        assert (found.alpha > 1 - 1e-9) == (found.n_marked == found.n_agreed)


def test_interval_holds_the_estimate_narrows_with_data_and_repeats() -> None:
    few = pairs("1100110010" * 3, "1100100010" * 3)
    narrow, wide = agreement(few * 20), agreement(few)
    assert narrow.interval is not None
    assert wide.interval is not None
    assert narrow.alpha is not None
    assert narrow.interval[0] < narrow.alpha < narrow.interval[1]
    assert narrow.interval[1] - narrow.interval[0] < (wide.interval[1] - wide.interval[0]) / 2
    assert agreement(few) == wide


def test_no_interval_is_given_when_most_resamples_have_no_alpha() -> None:
    assert agreement([*pairs("0" * 50, "0" * 50), [True, True]]).interval is not None
    assert agreement([[False, False], [True, True]]).interval is None
    assert agreement([[True, False]]).interval is None


@pytest.mark.parametrize(
    ("n_marked", "n", "low", "high"),
    # Newcombe (1998), table I, method 3.
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_interval_of_worked_examples(n_marked: int, n: int, low: float, high: float) -> None:
    found = rate(n_marked, n)
    assert (found.low, found.high) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


@given(st.integers(0, 300), st.integers(0, 300))
def test_a_rate_lies_in_its_interval(one: int, other: int) -> None:
    n_marked, n = sorted((one, other))
    found = rate(n_marked, n)
    assert 0 <= found.low <= found.share <= found.high <= 1
    opposite = rate(n - n_marked, n)
    assert n == 0 or found.low == pytest.approx(1 - opposite.high)
