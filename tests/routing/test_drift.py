"""Drift is called when there is one, seldom when there is none; misses are counted over time."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from pipeline.core.errors import PipelineError
from pipeline.core.tables import COMMENT
from pipeline.routing import watched
from pipeline.routing.audit import Missed, Total
from pipeline.routing.drift import ADVICE, Apart, advice, drifts, interval, stability, t_quantile
from pipeline.routing.periods import Period, blocks, is_worse, period
from pipeline.routing.watched import WIDTH, Watched, codes, keep_sample, read_sample

N_NIGHTS = 14
LEVEL = 0.02


def made(
    rng: np.random.Generator,
    *,
    n: int = 200,
    latvian: float = 0.6,
    length: float = 60.0,
    bad: float = 0.05,
    topic: float = 0.0,
) -> Watched:
    """Return an invented night; its own mixture varies a little, as between real nights."""
    share = np.clip(latvian + rng.normal(0, 0.02), 0, 1)
    langs = np.where(rng.random(n) < share, "lv", "ru")
    lengths = rng.lognormal(np.log(length) + rng.normal(0, 0.05), 0.9, n).astype(int)
    probs = np.where(rng.random(n) < bad, rng.beta(8, 2, n), rng.beta(0.5, 20, n))
    vectors = rng.normal(0, 1, (n, WIDTH)) + rng.normal(0, 0.1, WIDTH)
    vectors[: round(n * topic)] += 4 * np.eye(WIDTH)[0]
    return watched.of_rows(
        langs.tolist(),
        lengths,
        probs,
        vectors=vectors.astype(np.float32),
        vector_langs=codes(langs.tolist()),
    )


def notable(tonight: Watched, before: list[Watched]) -> set[str]:
    found = drifts(tonight, before, false_alarms=LEVEL)
    return {each.what for each in found if each.is_notable}


def test_nights_without_a_shift_seldom_raise_an_alarm() -> None:
    rng = np.random.default_rng(1)
    n_alarms = 0
    for _ in range(60):
        before = [made(rng) for _ in range(N_NIGHTS)]
        n_alarms += bool(notable(made(rng), before))
    # Of 60 nights with a chance of 2 % each, more than 4 are a surprise of 1 in 140.
    assert n_alarms <= 4


@pytest.mark.parametrize(
    ("shift", "what"),
    [
        ({"latvian": 0.3}, {"languages"}),
        ({"length": 180.0}, {"length lv", "length ru"}),
        ({"bad": 0.35}, {"scores lv", "scores ru"}),
        ({"topic": 0.5}, {"meaning lv", "meaning ru"}),
    ],
)
def test_a_planted_shift_is_called_by_its_name(shift: dict[str, float], what: set[str]) -> None:
    rng = np.random.default_rng(2)
    before = [made(rng) for _ in range(N_NIGHTS)]
    for _ in range(5):
        found = notable(made(rng, n=600, **shift), before)  # type: ignore[arg-type]
        assert what & found
        assert found <= what


def test_few_nights_and_few_comments_call_nothing() -> None:
    rng = np.random.default_rng(3)
    shifted = made(rng, latvian=0.1, length=300.0)
    assert notable(shifted, [made(rng) for _ in range(4)]) == set()
    assert notable(shifted, []) == set()
    few = drifts(made(rng, n=20), [made(rng) for _ in range(N_NIGHTS)], false_alarms=LEVEL)
    assert [each.what for each in few] == ["languages"]
    empty = watched.of_rows(
        [], np.zeros(0, int), np.zeros(0), vectors=made(rng).vectors[:0], vector_langs=codes([])
    )
    assert notable(empty, [made(rng) for _ in range(N_NIGHTS)]) == set()


def test_a_wider_baseline_and_fewer_false_alarms_raise_the_limit() -> None:
    narrow, wide = np.full((10, 2), 0.02), np.full((10, 2), 0.02)
    narrow[::2] *= 1.1
    wide[::2] *= 3
    assert interval(narrow, 0.01)[1] < interval(wide, 0.01)[1] < interval(wide, 0.001)[1]
    assert interval(narrow, 0.01)[0] < interval(narrow, 0.01)[1]


def test_distances_are_nought_for_the_same_and_grow_with_the_shift() -> None:
    rng = np.random.default_rng(4)
    assert stability(np.array([5.0, 9]), np.array([5.0, 9])) == pytest.approx(0)
    assert stability(np.array([9.0, 5]), np.array([5.0, 9])) > 0.1
    base = rng.normal(0, 1, (200, 8))
    near, far = (
        Apart([rng.normal(mean, 1, (200, 8)), base]).energy(0, np.arange(200))
        for mean in (0.0, 1.0)
    )
    assert near < 0.01 < far < 1


@pytest.mark.parametrize(
    ("chance", "free", "value"), [(0.975, 10, 2.228), (0.99, 4, 3.747), (0.9986, 13, 3.66)]
)
def test_quantiles_of_t_are_those_of_the_tables(chance: float, free: int, value: float) -> None:
    assert t_quantile(chance, free) == pytest.approx(value, abs=0.02)


def test_everything_that_moves_has_advice() -> None:
    rng = np.random.default_rng(5)
    found = drifts(made(rng), [made(rng)], false_alarms=LEVEL)
    assert {advice(each.what) for each in found} == set(ADVICE.values())


def chunk_of(first: int, n: int) -> pa.Table:
    rows = [{"comment_id": str(first + at), "source": "site", "text": "x"} for at in range(n)]
    return pa.Table.from_pylist(rows, schema=COMMENT)


def test_the_sample_of_vectors_is_the_same_however_a_night_is_cut(tmp_path: Path) -> None:
    rng = np.random.default_rng(6)
    vectors = list(rng.normal(0, 1, (700, 64)).astype(np.float32))
    langs = ["lv", "ru"] * 350

    def sample(folder: Path, cuts: list[int]) -> tuple[np.ndarray, np.ndarray]:
        for first, last in pairwise(cuts):
            given = [None if at == 5 else vectors[at] for at in range(first, last)]
            for _ in range(2):  # A chunk that is scored again replaces itself.
                keep_sample(folder, chunk_of(first, last - first), langs[first:last], given)
        return read_sample(folder)

    whole, own = sample(tmp_path / "whole", [0, 700])
    parts, theirs = sample(tmp_path / "parts", [0, 100, 650, 700])
    assert whole.shape == (watched.MOST_VECTORS, WIDTH)
    # Products of other shapes round otherwise.
    assert np.allclose(whole, parts, atol=0.01)
    assert (own == theirs).all()


def test_narrow_vectors_keep_their_distances() -> None:
    rng = np.random.default_rng(7)
    vectors = rng.normal(0, 1, (50, 384)).astype(np.float32)
    small = watched.narrowed(vectors)
    before = np.linalg.norm(vectors[0] - vectors[1:], axis=1)
    ratio = np.linalg.norm(small[0] - small[1:], axis=1) / before
    assert abs(ratio.mean() - 1) < 0.1
    assert np.abs(ratio - 1).max() < 0.5


def test_kept_nights_come_back_and_another_release_has_none(tmp_path: Path) -> None:
    rng = np.random.default_rng(8)
    nights = {"one": made(rng), "two": made(rng, n=40)}
    path, about = tmp_path / "baseline.npz", {"version": "v1"}
    watched.save(path, nights, about)
    found = watched.load(path, about)
    assert found is not None
    assert list(found) == ["one", "two"]
    assert (found["two"].vectors == nights["two"].vectors).all()
    assert watched.load(path, {"version": "v2"}) is None
    assert watched.load(tmp_path / "absent.npz", about) is None
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(PipelineError, match="cannot be read\nRemove the file"):
        watched.load(path, about)


def four_weeks(n: int, k: int) -> Period:
    missed = Missed("all", 1000, n, n, k, Total(0, 0, 0), 0, None)
    return period("2026-10-29", "2026-11-25", missed)


@pytest.mark.parametrize(
    ("now", "before", "worse"),
    [
        ((80, 8), [(80, 1), (80, 0)], True),
        ((80, 1), [(80, 1), (80, 2)], False),
        ((80, 2), [(80, 0)], False),
        ((5, 2), [(3, 0)], False),
        ((80, 0), [(80, 9)], False),
        ((80, 20), [], False),
        ((80, 20), [(0, 0)], False),
    ],
)
def test_misses_are_worse_when_chance_alone_would_not_bring_them(
    now: tuple[int, int], before: list[tuple[int, int]], worse: bool
) -> None:
    assert is_worse([four_weeks(*now), *(four_weeks(*each) for each in before)], 0.01) is worse


def test_nights_fall_into_four_weeks_counted_back() -> None:
    days = {"a": "2026-11-25T21:00:00+00:00", "b": "2026-10-29T21:00:00+00:00"}
    days |= {"c": "2026-10-28T21:00:00+00:00", "d": "2026-08-01T21:00:00+00:00"}
    found = blocks(days, days["a"])
    assert [names for *_, names in found] == [["a", "b"], ["c"], ["d"]]
    assert found[0][:2] == ("2026-10-29", "2026-11-25")
