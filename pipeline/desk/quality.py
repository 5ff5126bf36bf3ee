"""How well people and model agree, and how long people take: figures with their intervals."""

import itertools
import statistics
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import QuerySet
from django.utils import timezone

from pipeline.core.agreement import Agreement, Rate, agreement, rate
from pipeline.desk import rules
from pipeline.desk.listing import visible_institutions
from pipeline.desk.models import Band, BlindReview, GoldenItem, Purpose, Review, User, Verdict

DAYS = 90
BOOTSTRAP = 1000
SECONDS_EDGES = (0, 5, 10, 20, 40, 80, 160, 320, 3601)
"""Doubling widths: reading times spread over orders of magnitude."""


@dataclass(frozen=True)
class LabelAgreement:
    """Agreement on one label, or on whether there is a violation at all (an empty label)."""

    label: str
    found: Agreement


@dataclass(frozen=True)
class Week:
    """What people said in one week of what the model had flagged."""

    monday: date
    overridden: Rate


@dataclass(frozen=True)
class Seconds:
    """How long people took."""

    n: int
    median: float
    p90: float
    buckets: tuple[tuple[int, int, int], ...]
    """From, to (not included), and how many."""


@dataclass(frozen=True)
class Quality:
    """All figures of the quality page."""

    since: datetime
    agreements: tuple[LabelAgreement, ...]
    n_open_checks: int
    overridden: dict[str, Rate]
    """Share of flagged cases in which people found no violation, by band."""
    missed: Rate
    """Share of the audit sample, cleared by the model, in which people found a violation."""
    golden: Rate
    weeks: tuple[Week, ...]
    seconds: Seconds


def measure(user: User, days: int = DAYS) -> Quality:
    """Return the figures of the institutions that a person sees, over the last days."""
    since = timezone.now() - timedelta(days=days)
    reviews = reviews_since(user, since)
    rows = list(reviews.values_list("case__band", "verdict", "seconds", "settled_at"))
    flagged = [row for row in rows if row[0] != Band.AUDIT]
    # Not by band: what was picked to learn from stands there too, and is no random draw.
    audit = reviews.filter(case__is_audit_sample=True).values_list("verdict", flat=True)
    return Quality(
        since=since,
        agreements=agreements(user, since),
        n_open_checks=reviews.filter(
            double_check__isnull=False, double_check__settled_at=None
        ).count(),
        overridden={
            band.name.lower(): share(
                row[1] == Verdict.NO_VIOLATION for row in flagged if row[0] == band
            )
            for band in (Band.PRIORITY, Band.REVIEW)
        },
        missed=share(verdict == Verdict.VIOLATION for verdict in audit),
        golden=golden_rate(user, since),
        weeks=weeks((row[3], row[1] == Verdict.NO_VIOLATION) for row in flagged if row[3]),
        seconds=seconds_of([row[2] for row in rows]),
    )


def reviews_since(user: User, since: datetime) -> QuerySet[Review]:
    """Return the verdicts in effect since a time, in the institutions that the person sees."""
    return Review.objects.filter(
        settled_at__gte=since,
        case__institution__in=visible_institutions(user),
        verdict__in=(Verdict.VIOLATION, Verdict.NO_VIOLATION),
    )


def share(marks: Iterable[bool]) -> Rate:
    """Return the share of marks that hold, with its interval."""
    listed = list(marks)
    return rate(sum(listed), len(listed))


def agreements(user: User, since: datetime) -> tuple[LabelAgreement, ...]:
    """Return the agreement between first and blind second judgements, overall and by label.

    Third opinions are left out: they are asked only where two differ and would lower it. So are
    checks of doubted verdicts.
    """
    blind = BlindReview.objects.filter(
        purpose=Purpose.DOUBLE,
        reviewed_at__gte=since,
        case__institution__in=visible_institutions(user),
    )
    seconds = {row[0]: row[1:] for row in blind.values_list("case", "verdict", "labels")}
    firsts = Review.objects.filter(
        case__in=seconds, settled_at__isnull=False, double_check__is_doubted=False
    )
    pairs = [
        ((verdict, labels), seconds[case])
        for case, verdict, labels in firsts.values_list("case", "verdict", "labels")
    ]
    names = ("", *rules.rules().labels)
    return tuple(LabelAgreement(name, agreement_on(name, pairs)) for name in names)


Said = tuple[str, list[str]]


def agreement_on(label: str, pairs: Sequence[tuple[Said, Said]]) -> Agreement:
    """Return the agreement of pairs of judgements on one label."""
    units = [[marks(label, said) for said in pair] for pair in pairs]
    return agreement(units, bootstrap=BOOTSTRAP)


def marks(label: str, said: Said) -> bool:
    """Say whether a judgement gives the label; an empty one stands for any violation."""
    verdict, labels = said
    return label in labels if label else verdict == Verdict.VIOLATION


def golden_rate(user: User, since: datetime) -> Rate:
    """Return how often people gave the known answer."""
    given = BlindReview.objects.filter(
        purpose=Purpose.GOLDEN,
        reviewed_at__gte=since,
        case__institution__in=visible_institutions(user),
    ).values_list("case", "verdict", "labels")
    known = {
        case: (verdict, sorted(labels))
        for case, verdict, labels in GoldenItem.objects.values_list("case", "verdict", "labels")
    }
    return share(known.get(case) == (verdict, sorted(labels)) for case, verdict, labels in given)


def weeks(rows: Iterable[tuple[datetime, bool]]) -> tuple[Week, ...]:
    """Return the override rate of each week that has a verdict, oldest first."""
    by_monday: dict[date, list[bool]] = defaultdict(list)
    for at, is_overridden in rows:
        day = timezone.localtime(at).date()
        by_monday[day - timedelta(days=day.weekday())].append(is_overridden)
    return tuple(Week(monday, share(by_monday[monday])) for monday in sorted(by_monday))


def seconds_of(seconds: Sequence[int]) -> Seconds:
    """Return the middle, the ninth decile and the histogram of reading times."""
    ordered = sorted(seconds)
    buckets = tuple(
        (low, high, sum(low <= each < high for each in ordered))
        for low, high in itertools.pairwise(SECONDS_EDGES)
    )
    if not ordered:
        return Seconds(0, 0.0, 0.0, buckets)
    return Seconds(
        n=len(ordered),
        median=float(statistics.median(ordered)),
        p90=float(ordered[min(len(ordered) - 1, int(0.9 * len(ordered)))]),
        buckets=buckets,
    )
