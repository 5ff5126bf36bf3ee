"""Picks lead to what the model cannot see, differ from one another, and stop in the end."""

from collections.abc import Iterator

import numpy as np
import pytest

from pipeline.routing.picking import (
    ALIKE,
    DISAGREEMENT,
    DIVERSE,
    EMERGING,
    NEAR_MISS,
    REASONS,
    UNCERTAIN,
    Cleared,
    Memory,
    Vectors,
    centred,
    choose,
    signs,
)
from pipeline.routing.picks import worthwhile

WIDTH = 48


def spread(n: int, seed: int, around: int | None = None, spread_by: float = 0.9) -> Vectors:
    """Return unit vectors, all over the place or around one topic."""
    rng = np.random.default_rng(seed)
    found = rng.normal(size=(n, WIDTH))
    if around is not None:
        centre = np.random.default_rng(1000 + around).normal(size=WIDTH)
        found = centre + spread_by * found
    return (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32)


NONE = spread(0, 0)


def cleared(vectors: Vectors, **columns: object) -> Cleared:
    """Return cleared comments of which nothing but the vectors is remarkable."""
    values: dict[str, object] = {"prob": np.full(len(vectors), 0.01)}
    values |= {"apart": np.zeros(len(vectors)), "vectors": vectors} | columns
    return Cleared(**values)  # type: ignore[arg-type]


def picked(given: Cleared, memory: Memory, n: int, reason: str) -> list[int]:
    """Return the rows that one reason alone would pick."""
    return [each.row for each in choose(signs(given, memory), given.vectors, n, [reason])]


def test_what_resembles_a_missed_violation_is_picked_before_what_resembles_a_lawful_one() -> None:
    vectors = np.concatenate([spread(100, 1), spread(10, 2, around=1), spread(10, 3, around=2)])
    memory = Memory(spread(300, 4), NONE, spread(5, 5, around=1), spread(5, 6, around=2))
    found = picked(cleared(vectors), memory, 8, NEAR_MISS)
    assert len(found) == 8
    assert set(found) <= set(range(100, 110))


def test_without_a_missed_violation_nothing_resembles_one() -> None:
    memory = Memory(spread(300, 4), NONE, NONE, spread(5, 6))
    assert picked(cleared(spread(50, 1)), memory, 8, NEAR_MISS) == []


def test_a_topic_that_grows_is_picked_and_one_that_was_always_there_is_not() -> None:
    vectors = np.concatenate([spread(200, 1), spread(12, 2, around=1), spread(12, 3, around=2)])
    before = np.concatenate([spread(800, 4), spread(60, 5, around=2)])
    found = picked(cleared(vectors), Memory(before, vectors, NONE, NONE), 6, EMERGING)
    assert found
    assert set(found) <= set(range(200, 212))


def test_a_first_night_has_nothing_to_grow_from() -> None:
    vectors = spread(50, 1)
    assert picked(cleared(vectors), Memory(NONE, vectors, NONE, NONE), 6, EMERGING) == []


def test_disagreement_and_doubt_are_picked_by_their_size() -> None:
    vectors = spread(40, 1)
    apart, prob = np.zeros(40), np.full(40, 0.01)
    apart[[3, 7]], apart[9] = (2.0, 1.0), 0.1
    prob[[5, 6]] = 0.2, 0.3
    given, memory = cleared(vectors, apart=apart, prob=prob), Memory(NONE, NONE, NONE, NONE)
    assert picked(given, memory, 4, DISAGREEMENT) == [3, 7]
    assert picked(given, memory, 2, UNCERTAIN) == [6, 5]


def test_copies_of_one_text_are_picked_once() -> None:
    vectors = np.concatenate([np.repeat(spread(1, 1), 20, axis=0), spread(20, 2)])
    memory = Memory(spread(100, 3), NONE, spread(1, 1), NONE)
    found = choose(signs(cleared(vectors), memory), vectors, 10)
    rows = [each.row for each in found]
    assert len(rows) == len(set(rows)) == 10
    close = vectors[rows] @ vectors[rows].T
    assert (close[~np.eye(10, dtype=bool)] < ALIKE).all()


def test_comments_without_a_vector_are_picked_by_scores_alone() -> None:
    vectors = np.zeros((10, WIDTH), dtype=np.float32)
    prob = np.linspace(0.01, 0.1, 10)
    memory = Memory(spread(100, 3), spread(50, 4), spread(5, 1), NONE)
    found = choose(signs(cleared(vectors, prob=prob), memory), vectors, 5)
    assert {each.reason for each in found} == {UNCERTAIN}


@pytest.mark.parametrize("budget", [0, 1, 5, 500])
def test_the_budget_is_kept_and_every_reason_gets_its_turn(budget: int) -> None:
    vectors = spread(60, 1)
    given = cleared(vectors, apart=np.linspace(0, 3, 60), prob=np.linspace(0, 0.3, 60))
    memory = Memory(spread(200, 2), vectors, spread(40, 3), NONE)
    found = choose(signs(given, memory), vectors, budget)
    assert len(found) <= min(budget, 60)
    if budget == 5:
        assert {DISAGREEMENT, UNCERTAIN, DIVERSE} <= {each.reason for each in found}
        assert len(found) == 5


def test_an_empty_night_has_no_picks() -> None:
    assert choose(signs(cleared(NONE), Memory(NONE, NONE, NONE, NONE)), NONE, 5) == []


def test_vectors_lose_what_all_comments_share() -> None:
    cone = spread(200, 1) * 0.3 + spread(1, 2)
    given = (cone / np.linalg.norm(cone, axis=1, keepdims=True)).astype(np.float32)
    assert (given @ given.T).mean() > 0.5
    assert abs((centred(given, given.mean(axis=0)) @ given.T).mean()) < 0.1
    assert not centred(np.zeros((1, WIDTH), dtype=np.float32), given.mean(axis=0)).any()


def judged(reason: str, n: int, violations: int) -> Iterator[tuple[str, bool]]:
    yield from ((reason, at < violations) for at in range(n))


@pytest.mark.parametrize(
    ("n", "violations", "goes_on"),
    [
        # Nothing is known yet.
        (0, 0, True),
        # 60 without a hit leave 4.9 % possible, 100 leave 3.0 %.
        (60, 0, True),
        (98, 0, True),
        (100, 0, False),
        (110, 1, True),
        (1000, 15, False),
        (1000, 40, True),
    ],
)
def test_a_reason_rests_when_it_surely_brings_too_little(
    n: int, violations: int, goes_on: bool
) -> None:
    others = [*judged(UNCERTAIN, 50, 10)]
    turns = worthwhile(REASONS, [*judged(DIVERSE, n, violations), *others], 0.03)
    assert (DIVERSE in turns) == goes_on
    assert UNCERTAIN in turns
