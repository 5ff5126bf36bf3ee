"""Planted label errors are found, and right labels are mostly left alone."""

import numpy as np
import pytest

pytest.importorskip("cleanlab")

from pipeline.model.label_errors import out_of_fold, suspects

pytestmark = pytest.mark.train
N, WIDTH = 1500, 32


def world(seed: int, noise: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return vectors, labels with planted errors, and which were planted."""
    rng = np.random.default_rng(seed)
    truth = rng.random(N) < 0.2
    vectors = rng.normal(size=(N, WIDTH)) + np.where(truth[:, None], 1.0, 0.0)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    planted = rng.random(N) < noise
    return vectors.astype(np.float32), truth ^ planted, planted


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_planted_errors_are_found(seed: int) -> None:
    vectors, labels, planted = world(seed, 0.05)
    rows, believed = suspects(out_of_fold(vectors, labels, [str(at) for at in range(N)], 0), labels)
    found = np.zeros(N, dtype=bool)
    found[rows] = True
    assert (found & planted).sum() / planted.sum() >= 0.7
    assert (found & planted).sum() / found.sum() >= 0.6
    assert (np.diff(believed) >= 0).all()
    assert (believed < 0.5).all()


def test_without_errors_few_labels_are_doubted() -> None:
    vectors, labels, _ = world(3, 0.0)
    rows, _ = suspects(out_of_fold(vectors, labels, [str(at) for at in range(N)], 0), labels)
    assert len(rows) <= 0.03 * N


def test_a_wrong_label_does_not_vouch_for_its_own_copies() -> None:
    vectors, labels, _ = world(4, 0.0)
    wrong = int(np.flatnonzero(labels)[0])
    labels[wrong] = False
    # Ten copies with the same wrong label, in the group of the first.
    vectors = np.concatenate([vectors, np.repeat(vectors[wrong : wrong + 1], 10, axis=0)])
    labels = np.concatenate([labels, np.zeros(10, dtype=bool)])
    groups = [*map(str, range(N)), *[str(wrong)] * 10]
    rows, _ = suspects(out_of_fold(vectors, labels, groups, 0), labels)
    assert {wrong, *range(N, N + 10)} <= set(rows.tolist())


@pytest.mark.parametrize("labels", [np.ones(20, dtype=bool), np.zeros(20, dtype=bool)])
def test_labels_that_never_differ_are_not_doubted(labels: np.ndarray) -> None:
    rows, believed = suspects(np.full(20, 0.5), labels)
    assert (len(rows), len(believed)) == (0, 0)
