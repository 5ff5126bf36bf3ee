"""Groups of one meaning to learn from: real ones, and those of paraphrases planted among them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.signals.planted import plans, read_themes
from pipeline.signals.planted_traces import Ground, bare_traces, planted_traces
from pipeline.signals.same_meaning import (
    BLOCK,
    MEANING_FEATURES,
    Rows,
    block_groups,
    features_of,
    usable,
)
from pipeline.signals.traces import Traces

USE = "dev"
"""The messages that may be learned from; the others are measured on."""
REAL, PLANTED = 0.2, 0.6
"""Share of planted comments in a group: below the one it is real, above the other planted."""
USUAL = 100
"""A group of a campaign of this size weighs as much as a real group; of a smaller one more."""
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Sample:
    """Groups as features, in the order of MEANING_FEATURES; which are planted; their weights."""

    table: Floats
    planted: npt.NDArray[np.bool_]
    weights: Floats


def candidates(traces: Traces) -> list[tuple[list[float], Rows]]:
    """Return features and rows of all groups that the detector would judge."""
    timed = usable(traces)
    if timed is None:
        return []
    starts = range(0, len(timed.rows), BLOCK)
    found = (group for start in starts for group in block_groups(timed, start))
    return [(features_of(timed, group), timed.rows[group.places]) for group in found]


def sample(ground: Ground, rounds: int, seed: int) -> Sample:
    """Return the groups of several plantings; those of mixed company are left out.

    A large campaign gives hundreds of groups and a small one a few, so each is weighed by its size.
    """
    table: list[list[float]] = []
    planted: list[bool] = []
    weights: list[float] = []
    for number in range(rounds):
        generator = np.random.default_rng([seed, number])
        campaigns = plans(generator, ("paraphrased",))
        themes = read_themes(use=USE)
        generator.shuffle(themes)
        traces, numbers = planted_traces(ground, campaigns, themes, generator)
        for features, rows in candidates(traces):
            own = rows[rows >= len(ground)]
            share = len(own) / len(rows)
            if REAL <= share <= PLANTED:
                continue
            table.append(features)
            planted.append(share > PLANTED)
            size = campaigns[numbers[own[0] - len(ground)]].size if share > PLANTED else USUAL
            weights.append(float(np.sqrt(USUAL / size)))
    shape = (len(table), len(MEANING_FEATURES))
    return Sample(np.array(table).reshape(shape), np.array(planted, dtype=bool), np.array(weights))


def strictest(scores: Floats, members: Sequence[Rows], most: int) -> float:
    """Return the score that groups must exceed so that at most `most` comments are in one."""
    inside: set[int] = set()
    for at in np.argsort(-scores, kind="stable").tolist():
        inside.update(members[at].tolist())
        if len(inside) > most:
            return float(scores[at])
    return 0.0


def real_groups(ground: Ground) -> list[tuple[list[float], Rows]]:
    """Return features and rows of the groups where nothing is planted."""
    return candidates(bare_traces(ground))
