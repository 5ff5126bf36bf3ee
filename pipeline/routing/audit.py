"""Audit: what was missed, measured on a random sample of what was cleared.

Every cleared comment had a known chance of being drawn. A violation found in the sample stands for
1 / chance of them (Horvitz and Thompson 1952). The interval is that of a count of draws from the
unknown number of missed ones, each drawn with its chance; where chances differ, effective ones take
their place, and the upper end assumes one more violation of the rarest kind (after Fay and Feuer
1997).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.model.bounds import at_most, beta_share

Floats = npt.NDArray[np.float64]
MOST = 1e9
"""More comments than any page will ever have."""


@dataclass(frozen=True)
class Total:
    """An estimated number and its 95 % interval."""

    estimate: float
    low: float
    high: float


@dataclass(frozen=True)
class Missed:
    """What the audit says of a language or clause."""

    name: str
    n_cleared: int
    n_drawn: int
    n_judged: int
    n_violations: int
    """Violations found in the sample."""
    missed: Total
    """Violations that were cleared."""
    n_found: int
    """Violations that people found among what was proposed."""
    miss_rate: Total | None
    """Share of all violations that was cleared; None before anybody judged a drawn comment."""


def total(chances: Floats, rarest: float, n_cleared: int, confidence: float = 0.95) -> Total:
    """Return how many violations were cleared.

    `chances` are those of the violations found, `rarest` is the smallest in the whole lottery.
    """
    side = (1 - confidence) / 2
    if rarest <= 0 or not n_cleared:
        return Total(0.0, 0.0, float(n_cleared))
    estimate, low = 0.0, 0.0
    if len(chances):
        estimate = float((1 / chances).sum())
        k, share = effective(chances)
        low = solve(lambda n: beta_share(share, k, n - k + 1) if n > k else 0.0, side, k)
    k, share = effective(np.append(chances, rarest))
    high = solve(lambda n: 1 - at_most(k - 1, n, share), 1 - side, k - 1)
    # What was found is certain.
    return Total(
        round(min(estimate, n_cleared), 2),
        round(max(low, float(len(chances))), 2),
        round(min(high, n_cleared), 2),
    )


def effective(chances: Floats) -> tuple[float, float]:
    """Return the number of draws and the chance that give the same total and variance."""
    weights = 1 / chances
    share = 1 / (1 + float((weights * (weights - 1)).sum()) / float(weights.sum()))
    return float(weights.sum()) * share, share


def solve(rising: Callable[[float], float], target: float, start: float) -> float:
    """Return where a function that rises from `start` on reaches `target`."""
    low, high = start, max(2 * start, start + 1.0)
    while rising(high) < target and high < MOST:
        low, high = high, 2 * high
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if rising(middle) < target else (low, middle)
    return high


def rate(missed: Total, n_found: int, n_unjudged: int) -> Total | None:
    """Return missed / (missed + found); what was proposed and not judged may be either."""
    if missed.high + n_found + n_unjudged == 0:
        return None

    def share(cleared: float, found: float) -> float:
        return round(cleared / (cleared + found), 4) if cleared + found > 0 else 0.0

    return Total(
        share(missed.estimate, n_found),
        share(missed.low, n_found + n_unjudged),
        share(missed.high, n_found),
    )


@dataclass(frozen=True)
class Judged:
    """A comment that people could have judged, and what they said, if they did."""

    lang: str
    is_audit: bool
    inclusion: float
    is_judged: bool = False
    violates: bool = False
    clauses: tuple[str, ...] = ()
    n_comments: int = 1


def measure(
    name: str, comments: Iterable[Judged], n_cleared: int, rarest: float, clause: str | None = None
) -> Missed:
    """Return what the audit says of these comments; with a clause, of its violations alone."""
    rows = list(comments)

    def counts(row: Judged) -> bool:
        return row.violates and (clause is None or clause in row.clauses)

    audit = [row for row in rows if row.is_audit]
    judged = [row for row in audit if row.is_judged]
    # Whoever was drawn and not yet judged is taken to be like those who were.
    answered = len(judged) / len(audit) if audit else 0.0
    hits = np.array([row.inclusion * answered for row in judged if counts(row)])
    missed = total(hits, rarest * answered, n_cleared)
    proposed = [row for row in rows if not row.is_audit]
    n_found = sum(row.n_comments for row in proposed if counts(row))
    # A verdict on a case is one on all copies in it.
    n_unjudged = max(0, len(proposed) - sum(row.n_comments for row in proposed if row.is_judged))
    return Missed(
        name=name,
        n_cleared=n_cleared,
        n_drawn=len(audit),
        n_judged=len(judged),
        n_violations=len(hits),
        missed=missed,
        n_found=n_found,
        miss_rate=rate(missed, n_found, n_unjudged) if judged else None,
    )
