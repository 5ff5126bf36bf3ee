"""Plan: tonight's proposals for every institution, from decisions, circumstances and capacity."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.core.settings import Capacity, RouteSettings
from pipeline.routing import capacity, ranking
from pipeline.routing.capacity import Curve
from pipeline.routing.chances import (
    Chances,
    Reviewed,
    chances,
    corrected,
    expected_sum,
    in_tonights_odds,
)
from pipeline.routing.decisions import CLEAR, Decided, Rules
from pipeline.routing.ranking import Circumstances

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
UNASSESSED_RANK = 0.01
"""Rank of a comment that nothing speaks against, but that nobody assessed in full."""
ALL_OTHERS = "any"


@dataclass(frozen=True)
class Night:
    """The scored comments of a night, as arrays with one row per comment."""

    decided: Decided
    langs: npt.NDArray[np.str_]
    institution: Codes
    institutions: tuple[str, ...]
    """Names of the institutions, by code."""
    circumstances: Circumstances
    copy: Codes
    """What copies of one text share; a comment that is cleared shares it with nobody."""
    lot: Floats
    """From 0 to 1, made from seed, source and id: the smallest are drawn."""

    @property
    def n(self) -> int:
        """How many comments there are."""
        return len(self.copy)


@dataclass(frozen=True)
class Workload:
    """What an institution's people get tonight, and what stays unreviewed."""

    institution: str
    capacity: int | None
    """None: no limit is set."""
    n_comments: int
    n_cases: int
    n_proposed: int
    n_always: int
    n_filled: int
    n_audit: int
    order: str
    curves: tuple[Curve, ...]
    expected_left: tuple[float, float, float]
    """Violations left unreviewed: expected, and a 95 % interval."""


@dataclass(frozen=True)
class Plan:
    """Where every comment goes; arrays have one row per comment."""

    rank: Floats
    proposed: Flags
    filled: Flags
    """Cleared comments that were moved up to fill the day."""
    audited: Flags
    inclusion: Floats
    """Chance of being drawn for the audit, NaN for what was never in that lottery."""
    chances: Chances
    hours: Floats
    reactions: Codes
    """Of all copies together, as are the replies."""
    replies: Codes
    threads: Codes
    """Size of the thread."""
    workloads: tuple[Workload, ...]


def plan(
    settings: RouteSettings,
    rules: Rules,
    night: Night,
    rates: Mapping[str, float],
    reviewed: Reviewed,
    *,
    n_kept_free: int = 0,
) -> Plan:
    """Return tonight's plan; the same input gives the same plan.

    `n_kept_free` places of every institution's capacity are left for comments that are picked to
    learn from.
    """
    around = night.circumstances
    reactions, replies = (together(night.copy, each) for each in (around.reactions, around.replies))
    threads = ranking.thread_sizes(around.thread)
    hours = ranking.ages(around.created_at, ranking.night_time(around.created_at))
    seen = ranking.exposure(reactions, replies, threads, hours, settings.half_life_hours)
    flagged = night.decided.decision != CLEAR
    named = night.decided.named.any(axis=1)
    rank = np.where(flagged & ~named, UNASSESSED_RANK, night.decided.harm * seen)
    found = chances(night.decided.prob, night.langs, rates)
    judged = in_tonights_odds(reviewed, rates, found.shares)
    found = Chances(corrected(found.prob, judged), found.error, found.shares)
    lanes = Lanes.empty(night.n)
    workloads = tuple(
        fill(settings, rules, night, rank, found, code, lanes, n_kept_free)
        for code in range(len(night.institutions))
    )
    return Plan(
        rank=rank,
        proposed=lanes.proposed,
        filled=lanes.filled,
        audited=lanes.audited,
        inclusion=lanes.inclusion,
        chances=found,
        hours=hours,
        reactions=reactions,
        replies=replies,
        threads=threads,
        workloads=workloads,
    )


def together(copy: Codes, values: Codes) -> Codes:
    """Return the sum over all copies of a text, for each of them; unknown counts as none."""
    _, inverse = np.unique(copy, return_inverse=True)
    totals = np.bincount(inverse, weights=np.maximum(values, 0), minlength=1)
    return np.asarray(totals[inverse], dtype=np.int64)


@dataclass(frozen=True)
class Lanes:
    """Who goes where; filled institution by institution."""

    proposed: Flags
    filled: Flags
    audited: Flags
    inclusion: Floats

    @classmethod
    def empty(cls, n: int) -> "Lanes":
        """Return lanes without anybody in them."""
        proposed, filled, audited = np.zeros((3, n), dtype=bool)
        return cls(proposed, filled, audited, np.full(n, np.nan))


def fill(
    settings: RouteSettings,
    rules: Rules,
    night: Night,
    rank: Floats,
    found: Chances,
    code: int,
    lanes: Lanes,
    n_kept_free: int,
) -> Workload:
    """Put an institution's comments into the lanes and return its workload."""
    rows = np.flatnonzero(night.institution == code)
    name = night.institutions[code]
    limit = settings.capacity.get(name, settings.capacity.get(ALL_OTHERS))
    cases = Cases.of(rules, night, rank, found, rows, settings.always)
    n_always = int(cases.always.sum())
    is_clear = night.decided.decision[rows] == CLEAR
    n_clear = int(is_clear.sum())
    most = float(n_clear)
    if limit:
        most = min(limit.n_cases * settings.audit_part, max(0.0, limit.n_cases - n_always))
    # The sum of all lots is as good as one more lot, and the same on every run.
    lot = float(night.lot[rows].sum()) % 1
    n_audit, target = capacity.sample_size(n_clear, settings.audit_share, most, lot)
    chosen, order, curves = propose(settings, cases, limit, n_audit + n_kept_free)
    lanes.proposed[rows] = np.isin(cases.number, chosen)
    lanes.filled[rows] = lanes.proposed[rows] & is_clear
    # The lottery is over what stays cleared; a comment moved up is reviewed anyway.
    among = is_clear & ~lanes.filled[rows]
    n_audit = min(n_audit, int(among.sum()))
    lanes.audited[rows] = capacity.drawn(night.lot[rows], among, n_audit)
    lanes.inclusion[rows[among]] = min(1.0, target / max(1, int(among.sum())))
    left = rows[~(lanes.proposed[rows] | lanes.audited[rows])]
    return Workload(
        institution=name,
        capacity=limit.n_cases if limit else None,
        n_comments=len(rows),
        n_cases=int(cases.is_flagged.sum()),
        n_proposed=len(chosen) + n_audit,
        n_always=n_always,
        n_filled=int(lanes.filled[rows].sum()),
        n_audit=n_audit,
        order=order,
        curves=curves,
        expected_left=expected_sum(found.prob[left], found.error[left]),
    )


@dataclass(frozen=True)
class Cases:
    """The cases of an institution: copies of one text, or a comment alone."""

    number: Codes
    """Case of each comment of the institution."""
    is_flagged: Flags
    always: Flags
    harm: Floats
    margin: Floats
    error: Floats
    """Expected violations in the case."""

    @classmethod
    def of(
        cls,
        rules: Rules,
        night: Night,
        rank: Floats,
        found: Chances,
        rows: Codes,
        always: tuple[str, ...],
    ) -> "Cases":
        """Return the cases of these comments; a case weighs what its worst copy does."""
        _, number = np.unique(night.copy[rows], return_inverse=True)
        n = int(number.max(initial=-1)) + 1
        columns = [rules.columns.index(label) for label in always if label in rules.columns]
        named = night.decided.named[rows][:, columns].any(axis=1)
        harm, margin = np.zeros(n), np.full(n, np.inf)
        np.maximum.at(harm, number, rank[rows])
        np.minimum.at(margin, number, night.decided.margin[rows])
        return cls(
            number=number,
            is_flagged=np.bincount(
                number, weights=night.decided.decision[rows] != CLEAR, minlength=n
            )
            > 0,
            always=np.bincount(number, weights=named, minlength=n) > 0,
            harm=harm,
            margin=margin,
            error=np.asarray(
                np.bincount(number, weights=np.nan_to_num(found.prob[rows]), minlength=n),
                dtype=np.float64,
            ),
        )


def propose(
    settings: RouteSettings, cases: Cases, limit: Capacity | None, n_elsewhere: int
) -> tuple[Codes, str, tuple[Curve, ...]]:
    """Return the numbers of the proposed cases, the order, and the curves behind the choice."""
    flagged = np.flatnonzero(cases.is_flagged)
    if limit is None:
        # Nothing has to be chosen; the queue is ranked by harm.
        return flagged, "harm", ()
    always = np.flatnonzero(cases.always)
    others = np.flatnonzero(~cases.always)
    n_left = max(0, limit.n_cases - len(always) - n_elsewhere)
    # What was not cleared stands first: the rest of the day is filled up from below the cuts.
    found = capacity.orders(cases.harm[others], cases.margin[others], cases.is_flagged[others])
    order, name, curves = capacity.choose(found, cases.error[others], n_left, settings.order)
    return np.concatenate([always, others[order[:n_left]]]), name, curves
