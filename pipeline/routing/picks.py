"""Picks on file: which cleared comments of a night were picked, and what came of earlier ones."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.core.tables import PICK, read_table
from pipeline.model.bounds import upper

PICKS = "picks.parquet"
"""The picks of a night, beside its decisions."""
MADE_BY = "saruna pick"
SURE = 0.95
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
