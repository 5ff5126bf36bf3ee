"""Duel: challenger and champion on the same comments, with paired resampling.

The champion learned from an earlier split. A comment's split depends on its own group alone, so
its training rows are not in this test split, except where new near-duplicates moved a group.
"""

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pipeline.core.heads import ABUSE_LABELS, OUTPUTS
from pipeline.core.text import normalise
from pipeline.model.metrics import auc
from pipeline.model.release import Release
from pipeline.model.thresholds import cut_for

Floats = npt.NDArray[np.float64]
Probabilities = Callable[[Sequence[str], Sequence[str]], Floats]
"""Texts and languages -> probabilities of shape (texts, outputs)."""
MIN_POSITIVES = 10
"""Fewer comments with a label say nothing about it."""
TIMED, REPEATS = 200, 3
"""Comments whose scoring is timed, and how many times: the fastest counts, the rest is noise."""


@dataclass(frozen=True)
class Rows:
    """Comments to compare on: `truth` has shape (texts, outputs), NaN where unknown."""

    texts: tuple[str, ...]
    langs: npt.NDArray[np.str_]
    truth: Floats
    is_criticism: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Comparison:
    """What the same comments say; None was not measured."""

    n_leaked: int | None
    """Test comments that the challenger learned from."""
    copied_share: float | None
    """Share of the test comments that differ from a learned one in nothing but signs and spaces."""
    megabytes: float | None
    milliseconds: float | None
    """Per comment, on this machine."""
    has_champion: bool = False
    slowdown: float | None = None
    """The challenger's time over the champion's."""
    auc_margins: Mapping[str, float | None] = field(default_factory=dict)
    """Language -> lower end of the 95 % interval of challenger minus champion, AUC of `abuse`."""
    label_margins: Mapping[str, float | None] = field(default_factory=dict)
    """Label -> challenger minus champion, AUC over the scored languages."""
    criticism_margins: Mapping[str, float | None] = field(default_factory=dict)
    """Language -> share of lawful criticism flagged by the challenger minus by the champion."""


def paired_margin(
    mine: Floats, theirs: Floats, truth: npt.NDArray[np.bool_], *, resamples: int, seed: int
) -> float | None:
    """Return the lower end of the 95 % interval of the difference in AUC on resampled comments.

    Both are measured on the same resample: what makes a comment hard is common to them.
    """
    if min(truth.sum(), (~truth).sum()) < MIN_POSITIVES:
        return None
    rng = np.random.default_rng(seed)
    draws = []
    for _ in range(resamples):
        chosen = rng.integers(0, len(truth), len(truth))
        draws.append(auc(mine[chosen], truth[chosen]) - auc(theirs[chosen], truth[chosen]))
    return round(float(np.percentile(draws, 2.5)), 4)


def auc_margins(
    mine: Floats, theirs: Floats, rows: Rows, *, resamples: int, seed: int
) -> dict[str, float | None]:
    """Return the paired margin of `abuse` in every language."""
    column = OUTPUTS.index("abuse")
    found: dict[str, float | None] = {}
    for lang in sorted(set(rows.langs.tolist())):
        own = (rows.langs == lang) & ~np.isnan(rows.truth[:, column])
        truth = rows.truth[own, column] > 0.5
        found[lang] = paired_margin(
            mine[own, column], theirs[own, column], truth, resamples=resamples, seed=seed
        )
    return found


def label_margins(mine: Floats, theirs: Floats, rows: Rows) -> dict[str, float | None]:
    """Return how much better each label is told apart, for labels with enough comments."""
    found: dict[str, float | None] = {}
    for column, label in enumerate(OUTPUTS):
        known = ~np.isnan(rows.truth[:, column])
        truth = rows.truth[known, column] > 0.5
        if label != "abuse" and truth.sum() >= MIN_POSITIVES:
            gain = auc(mine[known, column], truth) - auc(theirs[known, column], truth)
            found[label] = round(gain, 4)
    return found


def criticism_margins(
    challenger: Release, mine: Floats, champion: Release, theirs: Floats, rows: Rows
) -> dict[str, float | None]:
    """Return how much more lawful criticism the challenger flags at its own thresholds."""
    now, before = flagged(challenger, mine, rows.langs), flagged(champion, theirs, rows.langs)
    found: dict[str, float | None] = {}
    for lang in sorted(set(rows.langs.tolist())):
        own = rows.is_criticism & (rows.langs == lang)
        more = float(now[own].mean() - before[own].mean()) if own.any() else None
        found[lang] = None if more is None else round(more, 4)
    return found


def flagged(release: Release, probs: Floats, langs: npt.NDArray[np.str_]) -> npt.NDArray[np.bool_]:
    """Return which comments reach the `clear` threshold of any kind of abuse."""
    found = np.zeros(len(probs), dtype=bool)
    for output in (*ABUSE_LABELS, "abuse"):
        for lang in set(langs.tolist()):
            cut = cut_for(release.thresholds, output, lang).clear
            found |= (langs == lang) & (probs[:, OUTPUTS.index(output)] >= cut)
    return found


def milliseconds(score: Probabilities, rows: Rows) -> float:
    """Return the time that a comment takes, the first call left out."""
    chosen = np.unique(np.linspace(0, len(rows.texts) - 1, TIMED, dtype=int))
    texts, langs = [rows.texts[at] for at in chosen], rows.langs[chosen].tolist()
    score(texts[:8], langs[:8])
    fastest = float("inf")
    for _ in range(REPEATS):
        started = time.perf_counter()
        score(texts, langs)
        fastest = min(fastest, time.perf_counter() - started)
    return round(1000 * fastest / len(texts), 3)


def overlaps(train: Sequence[str], test: Sequence[str]) -> tuple[int, float]:
    """Return how many test texts were learned, and which share differs from one in signs alone."""
    learned = {folded(text) for text in train}
    bare = {re.sub(r"[\W_]+", "", text) for text in learned}
    texts = [folded(text) for text in test]
    copies = sum(re.sub(r"[\W_]+", "", text) in bare for text in texts)
    return sum(text in learned for text in texts), round(copies / max(1, len(texts)), 4)


def folded(text: str) -> str:
    """Return a text as the model reads it, without case."""
    return normalise(text).text.casefold()


def folder_megabytes(folder: Path) -> float:
    """Return the size of a folder in MB of 10^6 bytes."""
    return round(sum(file.stat().st_size for file in folder.iterdir()) / 1e6, 2)
