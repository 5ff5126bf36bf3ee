"""Comparing: two ways to route the same scores, side by side."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipeline.core import paths
from pipeline.core.errors import PipelineError
from pipeline.core.policy import Policy, load_policy
from pipeline.core.sentences import parse_sentences
from pipeline.core.settings import Settings
from pipeline.core.tables import COMMENT, iterate_table
from pipeline.model.recut import rates_in, recut
from pipeline.model.release import THRESHOLDS, Release
from pipeline.model.thresholds import Promise, Thresholds
from pipeline.routing.chances import Reviewed, expected_sum
from pipeline.routing.decisions import CLEAR, NAMES, PRIORITY, REVIEW, rules_of
from pipeline.routing.plan import Night, Plan, plan
from pipeline.routing.reading import PIECE, read_night

Codes = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Side:
    """What one of the two would do."""

    n_clear: int
    n_review: int
    n_priority: int
    n_cases: int
    n_proposed: int
    expected_missed: tuple[float, float, float]
    """Violations among what is cleared: expected, and a 95 % interval."""
    expected_left: tuple[float, float, float]
    """The same among all that nobody looks at."""
    promises: Mapping[str, str]
    """What becomes of each policy sentence in each language."""


def final_decisions(night: Night, tonight: Plan) -> Codes:
    """Return the decisions, with what was moved up to fill the day under review."""
    return np.where(tonight.filled, REVIEW, night.decided.decision)


def side_of(tonight: Plan, final: Codes, promises: Iterable[Promise]) -> Side:
    """Return one side of a comparison."""
    cleared = final == CLEAR
    unseen = ~(tonight.proposed | tonight.audited)
    found = tonight.chances
    return Side(
        n_clear=int(cleared.sum()),
        n_review=int((final == REVIEW).sum()),
        n_priority=int((final == PRIORITY).sum()),
        n_cases=sum(each.n_cases for each in tonight.workloads),
        n_proposed=sum(each.n_proposed for each in tonight.workloads),
        expected_missed=expected_sum(found.prob[cleared], found.error[cleared]),
        expected_left=expected_sum(found.prob[unseen], found.error[unseen]),
        promises={f"{each.lang}: {each.sentence}": each.outcome for each in promises},
    )


def moves(langs: npt.NDArray[np.str_], before: Codes, after: Codes) -> dict[str, int]:
    """Return how many comments go from where to where, in each language; stayers are left out."""
    found = {}
    for lang in np.unique(langs):
        for one in (CLEAR, REVIEW, PRIORITY):
            for two in (CLEAR, REVIEW, PRIORITY):
                n = int(((langs == lang) & (before == one) & (after == two)).sum())
                if n and one != two:
                    found[f"{lang}: {NAMES[one]} to {NAMES[two]}"] = n
    return found


@dataclass(frozen=True)
class Comparison:
    """What other settings would do with the same scores; nothing was written."""

    n_comments: int
    now: Side
    other: Side
    moved: Mapping[str, int]
    """Comments that change places, by language and by where from and where to."""
    examples: tuple[str, ...]
    """The first comments that move, by id."""


def what_if(
    settings: Settings,
    other: Settings,
    comments: Path,
    scores: Path,
    release: Release,
) -> Comparison:
    """Compare two settings on the same scores: who moves, expected misses, workload.

    Other policy sentences are judged by the comments that the release was calibrated on.
    """
    policies = [load_policy(paths.ROOT / each.policy) for each in (settings, other)]
    if policies[0].labels != policies[1].labels:
        raise PipelineError(
            f"{other.policy}: has other labels than {settings.policy}, which the comments were "
            "scored by",
            "Score the comments again with the other policy to compare the two.",
        )
    now = release.thresholds, release.promises
    later = recut_for(settings, other, policies[1], release) or now
    sides = [
        routed(each, policy, cuts[0], comments, scores, release)
        for each, policy, cuts in zip((settings, other), policies, (now, later), strict=True)
    ]
    night, tonight = sides[0]
    before, after = (final_decisions(*side) for side in sides)
    ids = examples(comments, before != after)
    return Comparison(
        n_comments=night.n,
        now=side_of(tonight, before, now[1]),
        other=side_of(sides[1][1], after, later[1]),
        moved=moves(night.langs, before, after),
        examples=ids,
    )


def routed(
    settings: Settings,
    policy: Policy,
    cuts: Thresholds,
    comments: Path,
    scores: Path,
    release: Release,
) -> tuple[Night, Plan]:
    """Return a night and its plan; nothing is written."""
    rules = rules_of(policy, release.outputs, cuts)
    night = read_night(rules, comments, scores, seed=settings.route.seed, version=release.version)
    rates = rates_in(release.folder / THRESHOLDS)
    return night, plan(settings.route, rules, night, rates, Reviewed.none())


def recut_for(
    settings: Settings, other: Settings, policy: Policy, release: Release
) -> tuple[Thresholds, tuple[Promise, ...]] | None:
    """Return the cuts of other policy sentences, None when they are the same."""
    one, two = settings.calibrate, other.calibrate
    if (one.sentences, one.base_rate) == (two.sentences, two.base_rate):
        return None
    cuts, promises = recut(
        release.folder / THRESHOLDS,
        release.outputs,
        parse_sentences(two.sentences, policy.labels, "calibrate.sentences"),
        base_rate=two.base_rate,
        never_sure=policy.never_priority,
    )
    return cuts, tuple(promises)


def examples(comments: Path, moved: Any, limit: int = 20) -> tuple[str, ...]:
    """Return the ids of the first comments that move."""
    found: list[str] = []
    start = 0
    for table in iterate_table(comments, COMMENT, "saruna validate", n_rows=PIECE):
        rows = np.flatnonzero(moved[start : start + table.num_rows])[: limit - len(found)]
        found += table.column("comment_id").take(pa.array(rows)).to_pylist()
        start += table.num_rows
    return tuple(found)
