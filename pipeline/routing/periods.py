"""Periods: what the audit measured in each four weeks, and whether the latest are worse."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pipeline.model.bounds import interval
from pipeline.routing.audit import Missed, Total

DAYS = 28
"""Four weeks: at one comment in a hundred, fewer days audit too few."""
MOST = 13
"""Periods that are shown: a year."""
AUDIT_ADVICE = (
    "More of what is cleared breaks the rules than before. Read the violations that the audit "
    "found, raise route.audit_share until the cause is clear, label the kind that is missed and "
    "retrain."
)


@dataclass(frozen=True)
class Period:
    """Four weeks: how many cleared comments were audited, and how many of these break a rule."""

    since: str
    until: str
    n_judged: int
    n_violations: int
    share: tuple[float, float, float] | None
    """Share of the audited that break a rule, with its 95 % interval (Clopper and Pearson 1934)."""
    miss_rate: Total | None
    """Share of all violations that was cleared."""


def blocks(days: Mapping[str, str], last: str) -> list[tuple[str, str, list[str]]]:
    """Return the nights of each period, the latest first: (since, until, names of nights).

    `days` holds the time of each night by its name, `last` the time from which is counted back.
    """
    end = datetime.fromisoformat(last)
    found = []
    for number in range(MOST):
        until = end - timedelta(days=DAYS * number)
        since = until - timedelta(days=DAYS)
        inside = [
            name for name, day in days.items() if since < datetime.fromisoformat(day) <= until
        ]
        if inside:
            first = (since + timedelta(days=1)).date().isoformat()
            found.append((first, until.date().isoformat(), inside))
    return found


def period(since: str, until: str, missed: Missed) -> Period:
    """Return a period from what its audit says."""
    n, k = missed.n_judged, missed.n_violations
    low, high = interval(k, n)
    share = (round(k / n, 4), round(low, 4), round(high, 4)) if n else None
    return Period(since, until, n, k, share, missed.miss_rate)


def is_worse(periods: Sequence[Period], level: float) -> bool:
    """Tell whether the latest audited comments break rules more often than those before.

    One-sided exact test (Fisher 1935): of `1 / level` such comparisons without a change, one is
    called worse.
    """
    if len(periods) < 2:
        return False
    latest, before = periods[0], periods[1:]
    n, k = latest.n_judged, latest.n_violations
    n_all = n + sum(each.n_judged for each in before)
    k_all = k + sum(each.n_violations for each in before)
    if not k or n == n_all:
        return False
    ways = [math.comb(k_all, j) * math.comb(n_all - k_all, n - j) for j in range(min(n, k_all) + 1)]
    return sum(ways[k:]) <= level * math.comb(n_all, n)
