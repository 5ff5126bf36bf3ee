"""Plants wrong labels among the seed comments and counts how many `saruna doubts` would find.

.venv/bin/python scripts/label_noise.py [SHARE]
"""

import sys

import numpy as np

from pipeline.core import paths
from pipeline.core.text import text_hash
from pipeline.model.label_errors import out_of_fold, suspects
from pipeline.model.release import open_release
from pipeline.model.scorer import Scorer
from pipeline.sources.labelled import read_own

LABELS = ("abuse", "threat", "hate", "advertising")
SEEDS = range(3)


def main(share: float) -> None:
    """Print recall and precision of planted errors, mean over three draws."""
    rows = [*read_own(paths.ROOT / "data" / "seed")]
    vectors = Scorer(open_release(paths.RELEASE)).vectors([row.text for row in rows])
    groups = [row.group or text_hash(row.text) for row in rows]
    print(f"{len(rows)} seed comments, {share:.0%} of the labels planted wrong")
    for label in LABELS:
        right = np.array([row.truth[label] for row in rows])
        found = [measure(vectors, right, groups, share, seed) for seed in SEEDS]
        recall, precision, n_doubted = np.mean(found, axis=0)
        print(f"{label}: recall {recall:.2f}, precision {precision:.2f}, {n_doubted:.0f} doubted")


def measure(
    vectors: np.ndarray, right: np.ndarray, groups: list[str], share: float, seed: int
) -> tuple[float, float, int]:
    """Return recall, precision and the number of doubted rows of one draw."""
    planted = np.random.default_rng(seed).random(len(right)) < share
    labels = right ^ planted
    rows, _ = suspects(out_of_fold(vectors, labels, groups, seed), labels)
    hits = int(planted[rows].sum())
    return hits / planted.sum(), hits / max(1, len(rows)), len(rows)


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 0.05)
