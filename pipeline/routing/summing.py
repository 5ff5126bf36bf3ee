"""Summing: what a night's routing came to, as plain values for its report."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import numpy as np

from pipeline.core.settings import RouteSettings
from pipeline.model.thresholds import Promise
from pipeline.routing import ranking
from pipeline.routing.decisions import NAMES, Rules
from pipeline.routing.plan import Night, Plan

BINS = 20
"""Bins of the histogram of scores."""


def account(
    settings: RouteSettings, rules: Rules, night: Night, tonight: Plan, promises: Sequence[Promise]
) -> dict[str, Any]:
    """Return the account of a night: lanes, workload, curves, guarantees and scores."""
    now = ranking.night_time(night.circumstances.created_at)
    moment = None if now == ranking.NO_TIME else datetime.fromtimestamp(now / 1e6, UTC).isoformat()
    return {
        "night": moment,
        "policy": rules.policy.version,
        "seed": settings.seed,
        "audit_share": settings.audit_share,
        "decisions": by_language(night, tonight),
        "labels": by_label(rules, night),
        "workloads": [asdict(each) for each in tonight.workloads],
        "shares": {lang: round(share, 4) for lang, share in tonight.chances.shares.items()},
        "scores": histograms(night),
        "promises": [{**asdict(each), "is_kept": each.is_kept} for each in promises],
    }


def by_language(night: Night, tonight: Plan) -> dict[str, dict[str, int]]:
    """Return how many comments of each language went where."""
    final = np.where(tonight.filled, 1, night.decided.decision)
    found = {}
    for lang in np.unique(night.langs):
        rows = night.langs == lang
        counts = {name: int((rows & (final == code)).sum()) for code, name in enumerate(NAMES)}
        counts["proposed"] = int((rows & (tonight.proposed | tonight.audited)).sum())
        counts["audit"] = int((rows & tonight.audited).sum())
        found[str(lang)] = {"comments": int(rows.sum()), **counts}
    return found


def by_label(rules: Rules, night: Night) -> dict[str, int]:
    """Return how many comments have each label as the one that weighs most."""
    top = night.decided.top(rules.severity)
    counts = np.bincount(top[top >= 0], minlength=len(rules.columns) - 1)
    return {rules.columns[at]: int(n) for at, n in enumerate(counts) if n}


def histograms(night: Night) -> dict[str, list[int]]:
    """Return, for each language, how many comments have a chance in each twentieth."""
    found = {}
    for lang in np.unique(night.langs):
        prob = night.decided.prob[(night.langs == lang) & ~np.isnan(night.decided.prob)]
        found[str(lang)] = np.histogram(prob, BINS, (0, 1))[0].tolist()
    return found
