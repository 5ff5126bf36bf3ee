"""Picks on file: which cleared comments of a night were picked, and what came of earlier ones."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.core.tables import PICK, read_table
from pipeline.model.bounds import interval, upper
from pipeline.routing.picking import REASONS

PICKS = "picks.parquet"
"""The picks of a night, beside its decisions."""
MADE_BY = "saruna pick"
SURE = 0.95
ALL = "all"
Key: TypeAlias = tuple[str, str]
"""Source and comment_id."""


def read_picks(path: Path) -> dict[Key, str]:
    """Return the reason for every comment that a night picked; without a file there is none."""
    if not path.is_file():
        return {}
    rows = read_table(path, PICK, MADE_BY).to_pylist()
    return {(row["source"], row["comment_id"]): row["reason"] for row in rows}


def among(decisions: pa.Table, picked: Mapping[Key, str]) -> pa.Array:
    """Return which of the decisions are about picked comments that are still cleared."""
    sources, ids = (decisions.column(name).to_pylist() for name in ("source", "comment_id"))
    named = [key in picked for key in zip(sources, ids, strict=True)]
    flags = pa.array(np.array(named, dtype=bool))
    return pc.and_(flags, pc.equal(decisions.column("decision").combine_chunks(), "clear"))


def worthwhile(
    reasons: Sequence[str], judged: Iterable[tuple[str, bool]], least: float
) -> tuple[str, ...]:
    """Return the reasons that are still worth a turn: the stopping rule.

    `judged` are the reasons of earlier picks with whether people found a violation. A reason rests
    when the upper end of the exact interval of its share of violations is below `least`. With
    nothing judged the end is 1: every reason starts, and starts again when its picks are old.
    """
    verdicts = list(judged)
    found = []
    for reason in reasons:
        own = [violates for of, violates in verdicts if of == reason]
        if not own or upper(sum(own), len(own), SURE) >= least:
            found.append(reason)
    return tuple(found)


@dataclass(frozen=True)
class Outcome:
    """What came of the picks of one reason."""

    reason: str
    """`all` for all of them."""
    n_picked: int
    n_judged: int
    n_violations: int
    share: tuple[float, float, float] | None
    """Share of the judged that break a rule, with its 95 % interval (Clopper and Pearson 1934)."""


def outcomes(picked: Mapping[Key, str], verdicts: Mapping[Key, bool]) -> list[Outcome]:
    """Return what people found among the picks: all of them first, then by reason.

    `verdicts` tells whether a comment that people judged breaks a rule.
    """
    used = [reason for reason in REASONS if reason in set(picked.values())]
    return [outcome(name, picked, verdicts) for name in ([ALL, *used] if picked else [])]


def outcome(name: str, picked: Mapping[Key, str], verdicts: Mapping[Key, bool]) -> Outcome:
    """Return what came of the picks of a reason, or of all."""
    own = [key for key, reason in picked.items() if name in (ALL, reason)]
    judged = [verdicts[key] for key in own if key in verdicts]
    n, k = len(judged), sum(judged)
    low, high = interval(k, n)
    share = (round(k / n, 4), round(low, 4), round(high, 4)) if n else None
    return Outcome(name, len(own), n, k, share)
