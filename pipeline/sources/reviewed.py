"""Reviewed comments: the rows that `saruna feedback` made of verdicts, as labelled comments."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline.core.heads import OUTPUTS
from pipeline.core.tables import FEEDBACK, SOFT, read_table
from pipeline.core.text import text_hash
from pipeline.sources.labelled import Labelled

SET = "feedback"
FILE = "reviews.parquet"
PICKED = "picked"
"""How a comment was shown that `saruna label next` chose among the cleared ones."""
AGREED = 2 / 3
"""Share of people from which a label holds; nearer to an even split it is unknown, and the share
itself teaches."""


def read_reviewed(folder: Path) -> Iterator[Labelled]:
    """Yield reviewed comments; one thread is one group, and what people dispute is unknown."""
    for row in reviewed_rows(folder):
        shares = {name: row[f"soft_{name}"] for name in OUTPUTS}
        truth = {
            name: share >= AGREED
            for name, share in shares.items()
            if share is not None and not 1 - AGREED < share < AGREED
        }
        yield Labelled(row["text"], row["lang"], truth, row["thread"] or "", slice_of(row))


def reviewed_rows(folder: Path) -> list[dict[str, Any]]:
    """Return the rows on file, none when nobody has reviewed anything yet."""
    if not (folder / FILE).is_file():
        return []
    rows: list[dict[str, Any]] = read_table(folder / FILE, FEEDBACK, "saruna feedback").to_pylist()
    return rows


def slice_of(row: Mapping[str, Any]) -> str:
    """Return what kind of comment a row is; a lawful one that was shown as suspect is a hard one.

    People read it and let it stand although a model had doubts: more of it helps most.
    """
    if row["is_violation"]:
        return "violation"
    return "" if row["shown"] in {"audit", PICKED} else "hard_negative"


def soft_table(folder: Path, max_weight: float) -> pa.Table:
    """Return weights and soft labels of the reviewed comments, by the hash of their text."""
    rows = [
        {
            "row_hash": text_hash(row["text"]),
            "weight": min(row["inclusion_weight"], max_weight),
            **{f"soft_{name}": row[f"soft_{name}"] for name in OUTPUTS},
        }
        for row in reviewed_rows(folder)
    ]
    return pa.Table.from_pylist(rows, schema=SOFT)
