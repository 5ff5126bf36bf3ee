"""Plots as inline SVG: where each mark stands; the template draws them, a table says the same."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.desk.quality import LabelAgreement, Seconds, Week

WIDTH, HEIGHT = 560, 180
LEFT, BOTTOM, TOP = 40, 24, 10


@dataclass(frozen=True)
class Bar:
    """A bar with the words below it."""

    x: float
    y: float
    width: float
    height: float
    name: str
    n: int

    @property
    def middle(self) -> float:
        """Where the words stand."""
        return self.x + self.width / 2


@dataclass(frozen=True)
class Whisker:
    """A point with its interval, along one axis."""

    at: float
    point: float
    low: float
    high: float
    name: str


def bars(seconds: Seconds) -> tuple[Bar, ...]:
    """Return the histogram of reading times."""
    most = max((n for _, _, n in seconds.buckets), default=0) or 1
    step = (WIDTH - LEFT) / len(seconds.buckets)
    room = HEIGHT - BOTTOM - TOP
    return tuple(
        Bar(
            x=round(LEFT + at * step + 3, 1),
            y=round(TOP + room * (1 - n / most), 1),
            width=round(step - 6, 1),
            height=round(room * n / most, 1),
            name=f"{low}–{high}" if high <= 320 else f"{low}+",
            n=n,
        )
        for at, (low, high, n) in enumerate(seconds.buckets)
    )


def override_points(weeks: Sequence[Week]) -> tuple[Whisker, ...]:
    """Return the override rate of each week with its interval, from left to right."""
    room = HEIGHT - BOTTOM - TOP
    step = (WIDTH - LEFT) / max(len(weeks), 1)

    def height(share: float) -> float:
        return round(TOP + room * (1 - share), 1)

    return tuple(
        Whisker(
            at=round(LEFT + (at + 0.5) * step, 1),
            point=height(week.overridden.share),
            low=height(week.overridden.low),
            high=height(week.overridden.high),
            name=f"{week.monday:%d.%m.}",
        )
        for at, week in enumerate(weeks)
    )


ROW = 26
NAMES = 210
"""Room for the names of labels."""


def alpha_rows(agreements: Sequence[LabelAgreement]) -> tuple[Whisker, ...]:
    """Return alpha with its interval for each label that has one, from top to bottom.

    The axis runs from 0 to 1; what lies below stands at 0.
    """

    def along(value: float) -> float:
        return round(NAMES + (WIDTH - NAMES - 10) * min(max(value, 0.0), 1.0), 1)

    defined = [each for each in agreements if each.found.alpha is not None]
    return tuple(
        Whisker(
            at=at * ROW + 16,
            point=along(each.found.alpha or 0.0),
            low=along(each.found.interval[0] if each.found.interval else each.found.alpha or 0.0),
            high=along(each.found.interval[1] if each.found.interval else each.found.alpha or 0.0),
            name=each.label,
        )
        for at, each in enumerate(defined)
    )
