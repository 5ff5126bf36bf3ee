"""The open sets of labelled accounts: how well bots are told apart within a set, and across sets.

Nothing of it is used on a night, which judges comments and never accounts; it says how far a score
of accounts could be trusted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pipeline.core.errors import PipelineError
from pipeline.model.account_figures import across, left_out, within
from pipeline.signals.account_features import post_features
from pipeline.signals.timing import MIN_TIMED, rhythm_features
from pipeline.sources.behaviour_sets import (
    CHALLENGES,
    Account,
    FeatureSet,
    bot_or_not,
    cresci,
    gilani,
    jubins,
    people_right,
)

HOURS = 24
Floats = npt.NDArray[np.float64]
Truth = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Figure:
    """One measured number; `wanted` is what was to be reached, None where nothing was promised."""

    learned_from: str
    measured_on: str
    n_accounts: int
    measure: str
    value: float
    wanted: float | None = None


def figures(external: Path) -> list[Figure]:
    """Return all figures of the sets that are there; an absent set leaves its figures out."""
    challenges = {name: bot_or_not(external, name) for name in CHALLENGES}
    posts = {name: found for name, found in challenges.items() if found is not None}
    tables = {name: found for name, found in named(external).items() if found is not None}
    people = people_right(external)
    if not posts and not tables and people is None:
        raise PipelineError(
            f"{external}: has none of the sets of labelled accounts",
            "Name the folder of the public sets: ../shared/data.",
        )
    found = challenge_figures(posts) if len(posts) > 1 else []
    wanted = {"gilani": 0.77, "cresci": 0.98}
    for name, each in tables.items():
        tree, forest = within(each.table, each.is_bot)
        n = len(each.is_bot)
        found.append(Figure(name, name, n, "accuracy, shallow tree", tree, wanted.get(name)))
        found.append(Figure(name, name, n, "accuracy, forest", forest))
    found += transfers(posts, tables)
    if people is not None:
        right, answered = people
        found.append(Figure("people", "guardeec", answered, "accuracy", right / answered))
    return found


def named(external: Path) -> dict[str, FeatureSet | None]:
    """Return the sets of ready-made numbers by name."""
    return {"gilani": gilani(external), "cresci": cresci(external), "jubins": jubins(external)}


def challenge_figures(posts: dict[str, list[Account]]) -> list[Figure]:
    """Return the AUC on each bot-or-not set of what was learned from the others."""
    tables = {
        name: (
            np.array([post_features(each.seconds, each.texts) for each in accounts]),
            np.array([each.is_bot for each in accounts]),
        )
        for name, accounts in posts.items()
    }
    return [
        Figure(
            f"bot-or-not {', '.join(other for other in tables if other != name)}",
            f"bot-or-not {name}",
            len(tables[name][1]),
            "AUC",
            value,
            0.93,
        )
        for name, value in left_out(tables).items()
    ]


def transfers(posts: dict[str, list[Account]], tables: dict[str, FeatureSet]) -> list[Figure]:
    """Return the AUC from set to set, by the few numbers that both have."""
    profiles = {
        "gilani": ("follower_friend_ratio", "age_of_account_in_days"),
        "jubins": ("log_ratio", "age_days"),
    }
    sets = {name: columns(tables[name], own) for name, own in profiles.items() if name in tables}
    found = pairs(sets)
    rhythms: dict[str, tuple[Floats, Truth]] = {}
    if posts:
        rhythms["bot-or-not"] = rhythm_table([each for own in posts.values() for each in own])
    if "cresci" in tables:
        rhythms["cresci"] = columns(tables["cresci"], ("burstiness", "hour_entropy"))
    return found + pairs(rhythms)


def pairs(sets: dict[str, tuple[Floats, Truth]]) -> list[Figure]:
    """Return the AUC of every set on every other."""
    return [
        Figure(one, other, len(sets[other][1]), "AUC", across(sets[one], sets[other]))
        for one in sets
        for other in sets
        if one != other
    ]


def columns(of: FeatureSet, names: Sequence[str]) -> tuple[Floats, Truth]:
    """Return some columns of a set, a ratio in logarithms, and the truth."""
    table = of.table[:, [of.features.index(name) for name in names]].copy()
    if "follower_friend_ratio" in names:
        table[:, 0] = np.log(np.maximum(table[:, 0], 1e-6))
    return table, of.is_bot


def rhythm_table(accounts: Sequence[Account]) -> tuple[Floats, Truth]:
    """Return burstiness and entropy of the hours in bits, as cresci has them, and the truth."""
    rows, truth = [], []
    for each in accounts:
        if len(each.seconds) < MIN_TIMED:
            continue
        rhythm = rhythm_features(np.array(each.seconds))
        rows.append([rhythm[2], rhythm[1] * np.log2(min(len(each.seconds), HOURS))])
        truth.append(each.is_bot)
    return np.array(rows), np.array(truth)


def render(found: Sequence[Figure]) -> str:
    """Return the figures as a table for people."""
    lines = []
    for each in found:
        reached = "" if each.wanted is None else f"  (wanted {each.wanted})"
        lines.append(
            f"{each.learned_from:<20} -> {each.measured_on:<14} {each.n_accounts:>6} accounts  "
            f"{each.measure:<24} {each.value:.3f}{reached}"
        )
    return "\n".join(lines)
