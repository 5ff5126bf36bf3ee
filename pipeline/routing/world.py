"""A year of comments drawn from labelled texts, whose topics and kinds of violation change.

Violations are drawn without replacement, so that nobody learns a text and meets it again. Lawful
ones come again, because there are fewer of them than places in a year.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
KNOWN, OVERLOOKED, LAWFUL, PANEL = "known", "overlooked", "", "panel"
TOPICS, LATE = 14, 5
"""Topics of lawful comments, and how many of them come during the year."""
START_VIOLATIONS, START_LAWFUL = 800, 2_000
TAIL = 0.3
"""Part of its rate that a kind keeps when its wave is over."""


@dataclass(frozen=True)
class Texts:
    """Labelled texts as numbers; arrays with one row each."""

    vectors: Vectors
    """Unit vectors without their mean."""
    labels: Flags
    """Shape (texts, kinds)."""
    kind: npt.NDArray[np.str_]
    """KNOWN, OVERLOOKED, a wave, LAWFUL, or PANEL: lawful criticism on which false alarms are
    counted."""


@dataclass(frozen=True)
class Plot:
    """What the year does."""

    n_days: int
    n_comments: int
    known_rate: float
    """Violations a day of kinds that the model knows from the start."""
    wave_rate: float
    wave_weeks: int
    waves: Mapping[str, int]
    """Kinds that arrive during the year, and the week of each."""
    overlooked_rate: float = 0.0
    """Violations a day of kinds that nobody has looked for: what the first model learns from has
    them, as often as the year does, among what is lawful."""
    n_violations: int = START_VIOLATIONS
    n_lawful: int = START_LAWFUL
    stands_for: float = 1.0
    """Comments that each of these stands for: a first model learns from more than are at hand."""

    @property
    def n_overlooked(self) -> int:
        """How many of the comments that the first model takes for lawful are not."""
        lawful = self.n_comments - self.known_rate - self.overlooked_rate
        return round(self.n_lawful * self.overlooked_rate / lawful)


@dataclass(frozen=True)
class World:
    """A year that was drawn: the same for every way to work through it."""

    texts: Texts
    start: Rows
    """What the first model learns from."""
    taught: Flags
    """Its labels, as the first model is told: shape (start, kinds)."""
    stands_for: float
    days: tuple[Rows, ...]
    panel: Rows

    @property
    def violates(self) -> Flags:
        """Which texts break a rule."""
        return np.asarray(np.any(self.texts.labels, axis=1))


def draw(texts: Texts, plot: Plot, seed: int) -> World:
    """Return a year; the same seed gives the same one."""
    rng = np.random.default_rng(seed)
    lawful = np.flatnonzero(texts.kind == LAWFUL)
    topic = topics_of(texts.vectors[lawful], rng)
    late = rng.permutation(TOPICS)[:LATE]
    early = lawful[~np.isin(topic, late)]
    start, taught = history(texts, plot, early, rng)
    kinds = [KNOWN, *plot.waves, *([OVERLOOKED] if plot.overlooked_rate else [])]
    left = {
        name: rng.permutation(np.setdiff1d(np.flatnonzero(texts.kind == name), start)).tolist()
        for name in kinds
    }
    free = ~np.isin(lawful, start)
    shares = topic_shares(late, plot.n_days, rng)
    days = []
    for day in range(plot.n_days):
        bad: list[int] = []
        for name in kinds:
            n = int(rng.poisson(rate_of(name, day / 7, plot)))
            bad += [left[name].pop() for _ in range(min(n, len(left[name])))]
        counts = rng.multinomial(max(0, plot.n_comments - len(bad)), shares[day])
        good = [rng.choice(lawful[free & (topic == at)], n) for at, n in enumerate(counts) if n]
        days.append(rng.permutation(np.concatenate([np.array(bad, dtype=np.int64), *good])))
    panel = np.flatnonzero(texts.kind == PANEL)
    return World(texts, start, taught, plot.stands_for, tuple(days), panel)


def history(texts: Texts, plot: Plot, early: Rows, rng: np.random.Generator) -> tuple[Rows, Flags]:
    """Return what the first model learns from, with the labels that it is told.

    Past moderation named the kinds that people complain of. What it let stand is taken for lawful,
    and what nobody looked for stands among it.
    """
    known = np.flatnonzero(texts.kind == KNOWN)
    start = np.concatenate(
        [
            rng.choice(known, min(plot.n_violations, len(known) // 3), replace=False),
            rng.choice(early, min(plot.n_lawful, len(early) // 3), replace=False),
        ]
    )
    taught = texts.labels[start]
    if plot.n_overlooked:
        own = np.flatnonzero(texts.kind == OVERLOOKED)
        passed = rng.choice(own, min(plot.n_overlooked, len(own) // 3), replace=False)
        start = np.concatenate([start, passed])
        taught = np.concatenate([taught, np.zeros_like(texts.labels[passed])])
    return start, taught


def rate_of(name: str, week: float, plot: Plot) -> float:
    """Return how many violations of a kind a day brings: waves rise in two weeks and pass."""
    steady = {KNOWN: plot.known_rate, OVERLOOKED: plot.overlooked_rate}
    if name in steady:
        return steady[name]
    begin = plot.waves[name]
    rise = float(np.clip((week - begin) / 2, 0, 1))
    return plot.wave_rate * rise * (1.0 if week < begin + plot.wave_weeks else TAIL)


def topic_shares(late: Rows, n_days: int, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """Return the share of each topic on each day: they wander, and late ones come one by one."""
    base = rng.dirichlet(np.full(TOPICS, 3.0))
    walk = np.cumsum(rng.normal(0, 0.05, (n_days, TOPICS)), axis=0)
    weeks = np.arange(n_days) / 7
    here = np.tile(base, (n_days, 1))
    for number, topic in enumerate(late):
        here[:, topic] = 0.12 * np.clip((weeks - 4 - 9 * number) / 6, 0, 1)
    shares = here * np.exp(walk)
    return np.asarray(shares / shares.sum(axis=1, keepdims=True))


def topics_of(vectors: Vectors, rng: np.random.Generator, rounds: int = 15) -> Rows:
    """Return the topic of each vector: spherical k-means."""
    n = min(TOPICS, len(vectors))
    centres = vectors[rng.choice(len(vectors), n, replace=False)]
    for _ in range(rounds):
        own = (vectors @ centres.T).argmax(axis=1)
        sums = np.stack([vectors[own == at].sum(axis=0) for at in range(n)])
        lengths = np.linalg.norm(sums, axis=1, keepdims=True)
        centres = np.where(lengths > 0, sums / np.maximum(lengths, 1e-9), centres)
    return np.asarray((vectors @ centres.T).argmax(axis=1), dtype=np.int64)
