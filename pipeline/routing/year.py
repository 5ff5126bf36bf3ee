"""A year at the desk: nights are ranked, drawn, picked and judged, and each week a model learns."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from pipeline.routing.heads import fit, speak
from pipeline.routing.picking import (
    DIVERSE,
    EMERGING,
    NEAR_MISS,
    UNCERTAIN,
    Cleared,
    Memory,
    choose,
    signs,
)
from pipeline.routing.picks import worthwhile
from pipeline.routing.world import World

Rows = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
TURNS = (NEAR_MISS, EMERGING, NEAR_MISS, UNCERTAIN, DIVERSE)
"""Disagreement needs the texts that the rules read."""
SAMPLE, FRESH, WINDOW = 80, 6, 28
MISSES, LAWFUL = 150, 300
LIKE = 0.5
"""Cosine with a surprising violation from which a comment that was taken for lawful is doubted."""
JUDGED = 100
"""The latest picks of a reason that the stopping rule counts."""


@dataclass(frozen=True)
class Arm:
    """One way to spend the same number of cases a day."""

    n_audit: int = 0
    n_picks: int = 0
    most_weight: float = 1.0
    """Most comments that an audited one stands for in training."""
    one_head: bool = False
    """One head for any violation, in place of one per kind."""
    all_labels: bool = False
    """Learn the truth of every comment: what no choice of cases could better."""
    doubts: bool = False
    """Unlearn lawful comments of the start that are like a violation which surprised the model."""


@dataclass(frozen=True)
class Desk:
    """Who judges: errors of a person per kind, as measured between annotators."""

    capacity: int
    overlooks: Floats
    imagines: Floats
    stop_below: float = 0.03


@dataclass
class Log:
    """What came of each day; `picks` is a reason with what the person found."""

    missed: list[int] = field(default_factory=list)
    violations: list[int] = field(default_factory=list)
    cases: list[int] = field(default_factory=list)
    false_alarms: list[float] = field(default_factory=list)
    """Share of the panel of lawful criticism that would have stood among the ranked cases."""
    missed_kinds: list[list[str]] = field(default_factory=list)
    """The kind of each violation that nobody looked at, and of each that there was."""
    kinds: list[list[str]] = field(default_factory=list)
    found_by_audit: list[int] = field(default_factory=list)
    picks: list[tuple[str, bool]] = field(default_factory=list)


@dataclass
class Learned:
    """All that people judged so far, as rows to train from."""

    rows: list[Rows]
    targets: list[npt.NDArray[np.float32]]
    weights: list[npt.NDArray[np.float32]]
    misses: list[int] = field(default_factory=list)
    lawful: list[int] = field(default_factory=list)


class Doubts:
    """How like found comments those of the start are that the first model took for lawful."""

    def __init__(self, world: World) -> None:
        self.weight = world.stands_for
        self.lawful = np.flatnonzero(~world.taught.any(axis=1))
        self.vectors = world.texts.vectors[world.start[self.lawful]]
        self.to_surprises = np.full(len(self.lawful), -1.0, dtype=np.float32)
        self.to_lawful = self.to_surprises.copy()
        self.n_start = len(world.start)

    def hear(self, vectors: npt.NDArray[np.float32], surprises: Flags, lawful: Flags) -> None:
        """Take in what people said of a day's cases: what surprised the model, what is lawful."""
        cosines = self.vectors @ vectors.T
        for rows, nearest in ((surprises, self.to_surprises), (lawful, self.to_lawful)):
            if rows.any():
                np.maximum(nearest, cosines[:, rows].max(axis=1), out=nearest)

    def weights(self) -> npt.NDArray[np.float32]:
        """Return what each comment of the start counts, nothing where it is doubted."""
        found = np.full(self.n_start, self.weight, dtype=np.float32)
        doubted = (self.to_surprises >= LIKE) & (self.to_surprises > self.to_lawful)
        found[self.lawful[doubted]] = 0
        return found


def play(world: World, arm: Arm, desk: Desk, seed: int) -> Log:
    """Return the log of a year; the same seed gives the same one."""
    rng = np.random.default_rng(seed)
    texts, log, doubts = world.texts, Log(), Doubts(world)
    known = Learned([world.start], [world.taught.astype(np.float32)], [doubts.weights()])
    n_heads = 1 if arm.one_head else texts.labels.shape[1]
    heads = refit(world, known, arm, np.zeros((texts.vectors.shape[1] + 1, n_heads)))
    nights: list[Rows] = []
    for day, rows in enumerate(world.days):
        scores = speak(texts.vectors[rows], heads)
        ranked, drawn, picked, reasons = lanes(
            world, arm, desk, known, log, nights, rows, scores, rng
        )
        seen = np.concatenate([ranked, drawn, picked])
        said = judge(texts.labels[rows[seen]], desk, rng)
        if arm.all_labels:
            learn_all(known, world, rows)
        else:
            add(known, arm, rows, seen, said, len(ranked), len(drawn))
        if arm.doubts:
            violates = said.any(axis=1)
            surprises = violates & (scores[seen] < 0)
            doubts.hear(texts.vectors[rows[seen]], surprises, np.logical_not(violates))
            known.weights[0] = doubts.weights()
        hits = [bool(row.any()) for row in said[len(seen) - len(picked) :]]
        log.picks += zip(reasons, hits, strict=True)
        note(log, world, rows, seen, drawn, float(scores[ranked].min(initial=np.inf)), heads)
        nights.append(rows[rng.choice(len(rows), min(SAMPLE, len(rows)), replace=False)])
        if day % (28 if arm.all_labels else 7) == 6:
            heads = refit(world, known, arm, heads)
    return log


def refit(world: World, known: Learned, arm: Arm, heads: Floats) -> Floats:
    """Return heads fitted to everything that is known, starting from those of the week before."""
    targets = np.concatenate(known.targets)
    if arm.one_head:
        targets = targets.max(axis=1, keepdims=True)
    rows, weights = np.concatenate(known.rows), np.concatenate(known.weights)
    return fit(world.texts.vectors[rows], targets, weights, heads)


def lanes(
    world: World,
    arm: Arm,
    desk: Desk,
    known: Learned,
    log: Log,
    nights: Sequence[Rows],
    rows: Rows,
    scores: Floats,
    rng: np.random.Generator,
) -> tuple[Rows, Rows, Rows, list[str]]:
    """Return who is ranked, drawn and picked tonight, and why; together they fill the day."""
    latest = [
        each
        for reason in set(TURNS)
        for each in [pair for pair in log.picks if pair[0] == reason][-JUDGED:]
    ]
    turns = worthwhile(TURNS, latest, desk.stop_below)
    n_picks = arm.n_picks if turns else 0
    order = np.argsort(-scores, kind="stable")
    n_ranked = desk.capacity - arm.n_audit - n_picks
    rest = order[n_ranked:]
    drawn = rng.choice(rest, min(arm.n_audit, len(rest)), replace=False)
    left = np.setdiff1d(rest, drawn)
    found = pick(world, known, nights, rows, left, scores, turns, n_picks) if n_picks else []
    picked = np.array([at for at, _ in found], dtype=np.int64)
    # A place that no pick took goes to the next in rank.
    others = order[~np.isin(order, np.concatenate([drawn, picked]))]
    ranked = others[: desk.capacity - len(drawn) - len(picked)]
    return ranked, drawn, picked, [reason for _, reason in found]


def pick(
    world: World,
    known: Learned,
    nights: Sequence[Rows],
    rows: Rows,
    left: Rows,
    scores: Floats,
    turns: Sequence[str],
    budget: int,
) -> list[tuple[int, str]]:
    """Return tonight's picks as the nightly run would choose them, with their reasons."""
    vectors = world.texts.vectors
    before = nights[-WINDOW:-FRESH]
    memory = Memory(
        before=vectors[np.concatenate(before)] if before else vectors[:0],
        recent=vectors[np.concatenate([rows, *nights[-FRESH:]])],
        misses=vectors[known.misses[-MISSES:]],
        lawful=vectors[known.lawful[-LAWFUL:]],
    )
    prob = 1 / (1 + np.exp(-scores[left]))
    own = Cleared(prob, np.zeros(len(left)), vectors[rows[left]])
    found = choose(signs(own, memory), own.vectors, budget, turns)
    return [(int(left[each.row]), each.reason) for each in found]


def judge(truth: Flags, desk: Desk, rng: np.random.Generator) -> Flags:
    """Return what a person says of comments: each kind is overlooked or imagined now and then."""
    lot = rng.random(truth.shape)
    return np.where(truth, lot >= desk.overlooks, lot < desk.imagines)


def add(
    known: Learned, arm: Arm, rows: Rows, seen: Rows, said: Flags, n_ranked: int, n_drawn: int
) -> None:
    """Add a day's verdicts; a drawn comment stands for more than itself."""
    weights = np.ones(len(seen), dtype=np.float32)
    if n_drawn:
        stands_for = (len(rows) - n_ranked) / n_drawn
        weights[n_ranked : n_ranked + n_drawn] = min(stands_for, arm.most_weight)
    known.rows.append(rows[seen])
    known.targets.append(said.astype(np.float32))
    known.weights.append(weights)
    violates = [bool(row.any()) for row in said]
    for at in range(n_ranked, len(seen)):
        (known.misses if violates[at] else known.lawful).append(int(rows[seen[at]]))


def learn_all(known: Learned, world: World, rows: Rows) -> None:
    """Add a whole day with its true labels."""
    known.rows.append(rows)
    known.targets.append(world.texts.labels[rows].astype(np.float32))
    known.weights.append(np.ones(len(rows), dtype=np.float32))


def note(
    log: Log, world: World, rows: Rows, seen: Rows, drawn: Rows, cut: float, heads: Floats
) -> None:
    """Write down what came of a day, by the truth that nobody at the desk knows."""
    violates = world.violates[rows]
    looked_at = np.zeros(len(rows), dtype=bool)
    looked_at[seen] = True
    log.missed.append(int((violates & ~looked_at).sum()))
    log.violations.append(int(violates.sum()))
    kind = world.texts.kind[rows]
    log.missed_kinds.append(kind[violates & ~looked_at].tolist())
    log.kinds.append(kind[violates].tolist())
    log.cases.append(len(seen))
    log.found_by_audit.append(int(violates[drawn].sum()))
    panel = speak(world.texts.vectors[world.panel], heads)
    log.false_alarms.append(float((panel >= cut).mean()) if len(panel) else 0.0)
