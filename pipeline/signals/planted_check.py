"""What is found of planted campaigns, and how many comments of ordinary people are flagged."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.signals.behaviour import Assessment, assess
from pipeline.signals.behaviour_model import BehaviourModel
from pipeline.signals.planted import LEVELS, Plan, plans, read_themes
from pipeline.signals.planted_traces import Ground, bare_traces, planted_traces

PER = 10_000
SEED = 2024
Shares = Mapping[str, float]


@dataclass(frozen=True)
class Checked:
    """Figures at one cut on one ground; every comment of the ground counts as innocent."""

    ground: str
    cut: float
    n_comments: int
    n_planted: int
    recall: Shares
    """Share of a level's planted comments that reach the cut."""
    recall_of_campaigns: Shares
    """The same, each campaign counted alike whatever its size."""
    recall_by_size: Mapping[str, Mapping[int, float]]
    innocents: float
    """Comments per 10,000 that reach the cut where nothing is planted."""
    innocents_by_kind: Shares
    innocents_beside: float
    """Per 10,000, with the campaigns of a round among them."""


@dataclass(frozen=True)
class Round:
    """One planting: the chance of each comment, and the campaign of each planted one."""

    probs: npt.NDArray[np.float64]
    campaigns: Sequence[Plan]
    numbers: npt.NDArray[np.int64]


def check(
    name: str,
    ground: Ground,
    model: BehaviourModel,
    *,
    cuts: Sequence[float],
    rounds: int,
    levels: Sequence[str] = LEVELS,
    use: str = "test",
) -> list[Checked]:
    """Return figures per cut; every round plants each level in each size, with themes of `use`."""
    bare = bare_traces(ground)
    alone = assess(bare, len(bare), model)
    planted = [one_round(ground, model, levels, use, number) for number in range(rounds)]
    return [figures(name, len(ground), alone, planted, cut) for cut in cuts]


def one_round(
    ground: Ground, model: BehaviourModel, levels: Sequence[str], use: str, number: int
) -> Round:
    """Return what behaviour says of the ground with campaigns planted in it."""
    generator = np.random.default_rng([SEED, number])
    campaigns = plans(generator, levels)
    themes = read_themes(use=use)
    generator.shuffle(themes)
    traces, numbers = planted_traces(ground, campaigns, themes, generator)
    return Round(np.nan_to_num(assess(traces, len(traces), model).probs), campaigns, numbers)


def figures(
    name: str, n_real: int, alone: Assessment, planted: Sequence[Round], cut: float
) -> Checked:
    """Return the figures at a cut."""
    shares: dict[str, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    for each in planted:
        reached = each.probs[n_real:] >= cut
        for at, plan in enumerate(each.campaigns):
            shares[plan.level][plan.size].append(float(reached[each.numbers == at].mean()))
    means = {
        level: {size: float(np.mean(found)) for size, found in by_size.items()}
        for level, by_size in shares.items()
    }
    beside = [float((each.probs[:n_real] >= cut).mean()) for each in planted]
    return Checked(
        ground=name,
        cut=round(cut, 3),
        n_comments=n_real,
        n_planted=sum(len(each.numbers) for each in planted),
        recall={level: round(weighed(by_size), 3) for level, by_size in means.items()},
        recall_of_campaigns={
            level: round(float(np.mean(list(by_size.values()))), 3)
            for level, by_size in means.items()
        },
        recall_by_size={
            level: {size: round(share, 2) for size, share in by_size.items()}
            for level, by_size in means.items()
        },
        innocents=round(float((np.nan_to_num(alone.probs) >= cut).mean()) * PER, 2),
        innocents_by_kind=by_kind(alone, n_real, cut),
        innocents_beside=round(float(np.mean(beside)) * PER, 2) if beside else 0.0,
    )


def weighed(by_size: Mapping[int, float]) -> float:
    """Return the mean share with each size weighed by its comments."""
    return sum(size * share for size, share in by_size.items()) / sum(by_size)


def by_kind(found: Assessment, n_real: int, cut: float) -> dict[str, float]:
    """Return the comments per 10,000 that each kind of evidence alone brings to the cut."""
    counts: dict[str, int] = defaultdict(int)
    for findings in found.findings.values():
        for kind in {each.kind for each in findings if each.confidence >= cut}:
            counts[kind] += 1
    return {kind: round(count / n_real * PER, 2) for kind, count in sorted(counts.items())}
