"""Campaign: whether a comment falls into a period before an election.

Outside such a period a call to vote is seldom agitation that the law regulates, so the odds that it
is are lowered. The thresholds hold within one, and for comments without a date.
"""

from collections.abc import Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

LABEL = "agitation"
ZONE = ZoneInfo("Europe/Riga")
"""Campaigns begin and end by the local day."""


def campaign_at(created_at: datetime, campaigns: Mapping[str, tuple[date, date]]) -> str | None:
    """Return the name of the campaign that a moment falls into, None when there is none."""
    day = created_at.astimezone(ZONE).date()
    return next((name for name, (first, last) in campaigns.items() if first <= day <= last), None)


def off_season(prob: float, odds: float) -> float:
    """Return the probability of agitation outside any campaign: its odds multiplied by `odds`."""
    return prob * odds / (prob * odds + 1 - prob)
