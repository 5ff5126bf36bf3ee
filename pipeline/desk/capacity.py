"""How much of today's work is done."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from pipeline.desk.models import Institution, Review


@dataclass(frozen=True)
class Capacity:
    """Verdicts given today, and how many people planned to give."""

    n_done: int
    n_planned: int

    @property
    def n_left(self) -> int:
        """How many are left for today."""
        return max(0, self.n_planned - self.n_done)


def capacity(institutions: Iterable[Institution], code: str = "") -> Capacity:
    """Return today's work of these institutions, of one of them when a code is given."""
    chosen = [each for each in institutions if not code or each.code == code]
    done = Review.objects.filter(
        reviewed_at__gte=midnight(), undone_at=None, case__institution__in=chosen
    )
    return Capacity(done.count(), sum(each.daily_capacity for each in chosen))


def midnight() -> datetime:
    """Return when today began where the reader is."""
    return timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
