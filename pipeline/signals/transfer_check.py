"""How much of some people's posts the evidence of copying and timing flags, window by window.

Nothing is planted and nothing is learned from these posts: it is a test of transfer.
"""

import datetime
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.signals.behaviour import Assessment, assess
from pipeline.signals.behaviour_model import BehaviourModel
from pipeline.signals.planted_check import PER
from pipeline.signals.traces import read_traces, trace_table

DAY = 86_400
NETWORK = "network"


@dataclass(frozen=True)
class Transfer:
    """What is flagged of the posts of a set."""

    name: str
    cut: float
    n_posts: int
    n_accounts: int
    flagged: float
    """Posts per 10,000 that reach the cut."""
    accounts: float
    """Share of accounts with such a post."""
    in_clusters: float
    """Posts per 10,000 that join a cluster of profiles which chance does not explain."""
    by_kind: Mapping[str, float]
    """Posts per 10,000 that each kind of evidence alone brings to the cut."""


def transfer(
    name: str, comments: pa.Table, model: BehaviourModel, *, cut: float, days: int
) -> Transfer:
    """Return what is flagged of comments when each window of `days` is looked at by itself."""
    flagged, accounts, kinds = 0, set(), Counter[str]()
    for window in windows(comments, days):
        now = pc.max(window.column("created_at")).as_py() + datetime.timedelta(days=1)
        found = assess(read_traces(trace_table(window, now), now), window.num_rows, model)
        rows = np.flatnonzero(np.nan_to_num(found.probs) >= cut)
        flagged += len(rows)
        accounts.update(window.column("author_key").take(pa.array(rows)).to_pylist())
        kinds.update(kinds_of(found, cut))
    n, n_accounts = comments.num_rows, len(comments.column("author_key").unique())
    shares = {kind: round(count / n * PER, 1) for kind, count in sorted(kinds.items())}
    return Transfer(
        name=name,
        cut=round(cut, 3),
        n_posts=n,
        n_accounts=n_accounts,
        flagged=round(flagged / n * PER, 1),
        accounts=round(len(accounts) / n_accounts, 3),
        in_clusters=shares.pop(NETWORK, 0.0),
        by_kind=shares,
    )


def windows(comments: pa.Table, days: int) -> Iterator[pa.Table]:
    """Yield the comments of each stretch of `days`, in order of time."""
    seconds = pc.cast(comments.column("created_at"), pa.int64()).to_numpy() // 1_000_000
    numbers = seconds // (days * DAY)
    for number in np.unique(numbers):
        yield comments.filter(pa.array(numbers == number))


def kinds_of(found: Assessment, cut: float) -> Counter[str]:
    """Return the comments by kind of evidence; a cluster of profiles counts at any probability."""
    return Counter(
        kind
        for findings in found.findings.values()
        for kind in {
            each.kind for each in findings if each.kind == NETWORK or each.confidence >= cut
        }
    )
