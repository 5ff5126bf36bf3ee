"""Drift: whether tonight lies where nights without a shift lie.

Histograms are compared by the population stability index (Siddiqi 2006), vectors by the energy
distance (Szekely and Rizzo 2013) as a share of the largest possible one. The nights of the baseline
are compared with each other in the same way, each in samples as large as tonight (subsampling,
Politis and Romano 1994). The limit is the upper end of a prediction interval for one more such
night, with Student's t on the logarithms (Hahn and Meeker 1991): topics, weekdays and threads
differ between nights without a shift, and a test that knew of chance alone would call that drift.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.model.bounds import beta_share
from pipeline.routing.watched import LANGS, LENGTHS, PROBS, Watched

Floats = npt.NDArray[np.float64]
NOTABLE = 0.1
"""A population stability index from which a shift is usually looked at; 0.25 is a large one."""
FAR = 0.01
"""Share of the largest energy distance from which people write about something else."""
SMOOTH = 0.5
"""Added to every count, so that an empty bin does not stand for the end of the world."""
MIN_NIGHTS = 5
"""Fewer nights do not show how far nights lie apart."""
MIN_COMMENTS = 30
"""Fewer comments of a language show nothing."""
SUBSAMPLES = 20
"""Samples that are drawn from each night of the baseline."""
FLOOR = 1e-3
"""Nearer than this two nights are the same."""
JUDGED = ("lv", "ru")
"""Languages that are looked at by themselves."""


@dataclass(frozen=True)
class Drift:
    """How far something moved, and how far it moves without a shift."""

    what: str
    """`languages`, or `length`, `scores`, `meaning` with a language."""
    index: float
    usual: float | None
    """Middle of the nights of the baseline; None without a baseline."""
    limit: float | None
    """Upper end of the interval in which a night without a shift lies."""
    is_notable: bool
    """Beyond the limit, and large enough to matter."""
    n_tonight: int
    n_before: int
    change: str = ""
    """What moved most, in words."""


def drifts(
    tonight: Watched, before: Sequence[Watched], *, false_alarms: float, seed: int = 0
) -> list[Drift]:
    """Return the drift of languages, and of length, scores and meaning in each language.

    `false_alarms` is the share of nights without a shift that may raise any alarm.
    """
    parts = {
        lang: (tonight.part(lang), [each.part(lang) for each in before])
        for lang in JUDGED
        if np.count_nonzero(tonight.langs == LANGS.index(lang)) >= MIN_COMMENTS
    }
    level = false_alarms / (1 + 3 * len(parts))
    rng = np.random.default_rng(seed)
    found = [histogram("languages", lang_counts, tonight, before, level, rng, told_langs)]
    for lang, (own, others) in parts.items():
        enough = [each for each in others if len(each.langs) >= MIN_COMMENTS]
        for what, counts, told in (
            ("length", length_counts, told_lengths),
            ("scores", prob_counts, told_probs),
        ):
            found.append(histogram(f"{what} {lang}", counts, own, enough, level, rng, told))
        found.append(meaning(f"meaning {lang}", own, enough, level, rng))
    return found


Counts = Callable[[Watched], Floats]
Tell = Callable[[Floats, Floats], str]


def histogram(
    what: str,
    counts: Counts,
    tonight: Watched,
    before: Sequence[Watched],
    level: float,
    rng: np.random.Generator,
    tell: Tell,
) -> Drift:
    """Return the drift of counts in bins."""
    own, others = counts(tonight), [counts(each) for each in before]
    n = int(own.sum())
    pooled = np.sum(others, axis=0) if others else np.zeros_like(own)
    index = stability(own, pooled) if n and pooled.sum() else 0.0
    usual = limit = None
    if len(others) >= MIN_NIGHTS and n:
        apart = [
            [stability(drawn, pooled - each) for drawn in draws(each, min(n, int(each.sum())), rng)]
            for each in others
        ]
        usual, limit = interval(np.array(apart), level)
    notable = limit is not None and index > max(limit, NOTABLE)
    change = tell(own, pooled) if pooled.sum() and n else ""
    return Drift(what, round(index, 4), usual, limit, notable, n, int(pooled.sum()), change)


def draws(counts: Floats, n: int, rng: np.random.Generator) -> Floats:
    """Return counts of samples of n without replacement, shape (SUBSAMPLES, bins)."""
    drawn = rng.multivariate_hypergeometric(counts.astype(int), n, size=SUBSAMPLES)
    return drawn.astype(np.float64)


def stability(tonight: Floats, before: Floats) -> float:
    """Return the population stability index of counts in the same bins."""
    now, then = tonight + SMOOTH, before + SMOOTH
    p, q = now / now.sum(), then / then.sum()
    return float(((p - q) * np.log(p / q)).sum())


def meaning(
    what: str, tonight: Watched, before: Sequence[Watched], level: float, rng: np.random.Generator
) -> Drift:
    """Return how far the vectors of tonight lie from those of the nights before."""
    own = tonight.vectors.astype(np.float64)
    others = [
        each.vectors.astype(np.float64) for each in before if len(each.vectors) >= MIN_COMMENTS
    ]
    n_before = sum(map(len, others))
    if len(own) < MIN_COMMENTS or not others:
        return Drift(what, 0.0, None, None, False, len(own), n_before)
    apart = Apart([own, *others])
    index = apart.energy(0, np.arange(len(own)))
    usual = limit = None
    if len(others) >= MIN_NIGHTS:
        drawn = [
            [apart.energy(at, rng.permutation(len(each))[: len(own)]) for _ in range(SUBSAMPLES)]
            for at, each in enumerate(others, start=1)
        ]
        usual, limit = interval(np.array(drawn), level)
    notable = limit is not None and index > max(limit, FAR)
    return Drift(what, round(index, 4), usual, limit, notable, len(own), n_before)


class Apart:
    """The distances of all vectors of some samples, the first of which is tonight's."""

    def __init__(self, samples: Sequence[Floats]) -> None:
        stacked = np.concatenate(samples)
        self.sizes = np.array([len(each) for each in samples])
        self.first = np.concatenate([[0], np.cumsum(self.sizes)[:-1]])
        self.pairs = distances(stacked, stacked)
        self.to_sample = np.add.reduceat(self.pairs, self.first, axis=1)
        """Sum of the distances of each vector to those of each sample."""
        self.between = np.add.reduceat(self.to_sample, self.first, axis=0)

    def energy(self, at: int, rows: npt.NDArray[np.int64]) -> float:
        """Return the energy distance of some vectors of a sample from the others but tonight's.

        As a share of the largest possible one, and without a vector's distance to itself: small
        samples would look far away otherwise.
        """
        rest = np.array([each for each in range(1, len(self.sizes)) if each != at])
        n, m = len(rows), int(self.sizes[rest].sum())
        own = self.first[at] + rows
        across = self.to_sample[np.ix_(own, rest)].sum() / (n * m)
        inside = self.pairs[np.ix_(own, own)].sum() / max(1, n * (n - 1))
        outside = self.between[np.ix_(rest, rest)].sum() / max(1, m * (m - 1))
        return float(max(0.0, 1 - (inside + outside) / (2 * across))) if across > 0 else 0.0


def distances(one: Floats, two: Floats) -> Floats:
    """Return the Euclidean distances of all pairs, shape (one, two)."""
    squares = (one**2).sum(axis=1)[:, None] + (two**2).sum(axis=1)[None, :] - 2 * one @ two.T
    result: Floats = np.sqrt(np.maximum(squares, 0.0))
    return result


def interval(apart: Floats, level: float) -> tuple[float, float]:
    """Return the middle of the baseline's nights and the limit for one more; shape (nights, draws).

    One night in 1 / `level` without a shift lies beyond the limit.
    """
    logs = np.log(np.maximum(apart, FLOOR))
    n = len(logs)
    spread = float(logs.std(axis=0, ddof=1).mean())
    middle = float(logs.mean())
    reach = t_quantile(1 - level, n - 1) * spread * math.sqrt(1 + 1 / n)
    return round(math.exp(middle), 4), round(math.exp(middle + reach), 4)


def t_quantile(chance: float, free: int) -> float:
    """Return the value below which Student's t lies with this chance, for chances above a half."""
    low, high = 0.0, 1e6
    for _ in range(100):
        value = (low + high) / 2
        beyond = 0.5 * beta_share(free / (free + value * value), free / 2, 0.5)
        low, high = (value, high) if beyond > 1 - chance else (low, value)
    return high


def lang_counts(night: Watched) -> Floats:
    """Return how many comments each language has."""
    return np.bincount(night.langs, minlength=len(LANGS)).astype(np.float64)


def length_counts(night: Watched) -> Floats:
    """Return how many comments lie in each bin of length."""
    return np.bincount(night.lengths, minlength=len(LENGTHS) + 1).astype(np.float64)


def prob_counts(night: Watched) -> Floats:
    """Return how many scored comments lie in each bin of `prob_abuse`."""
    known = night.probs[night.probs >= 0]
    return np.bincount(known, minlength=len(PROBS) + 1).astype(np.float64)


def told_langs(tonight: Floats, before: Floats) -> str:
    """Return the language whose share moved most."""
    now, then = tonight / tonight.sum(), before / before.sum()
    at = int(np.abs(now - then).argmax())
    return f"{LANGS[at]} {now[at]:.0%} of comments, {then[at]:.0%} before"


def told_lengths(tonight: Floats, before: Floats) -> str:
    """Return the share of short comments."""
    return told_share(tonight, before, slice(0, 3), f"under {LENGTHS[2]} characters")


def told_probs(tonight: Floats, before: Floats) -> str:
    """Return the share of likely violations."""
    return told_share(tonight, before, slice(6, None), f"with a chance of abuse above {PROBS[5]:g}")


def told_share(tonight: Floats, before: Floats, bins: slice, words: str) -> str:
    """Return the share of some bins, tonight and before."""
    now, then = (float(each[bins].sum() / each.sum()) for each in (tonight, before))
    return f"{now:.1%} {words}, {then:.1%} before"


ADVICE: Mapping[str, str] = {
    "languages": "See whether a source is missing or new. If it stays so, draw a larger audit "
    "sample in that language (route.audit_share) and label what it brings before retraining.",
    "length": "See whether a source cuts texts or joins them, or a campaign repeats one text. If "
    "people simply write so now, nothing is to be done.",
    "scores": "Read the top of the list first: a wave of violations needs people, a model that "
    "misreads a new topic needs labels. The audit tells which; then retrain.",
    "meaning": "People write about something new. Read a dozen of tonight's comments and "
    "emerging.parquet; label some of the new topic, criticism above all, before retraining.",
}
"""What to do, by what moved."""


def advice(what: str) -> str:
    """Return what to do about a drift."""
    return ADVICE[what.partition(" ")[0]]
