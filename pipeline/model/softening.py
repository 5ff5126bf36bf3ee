"""Softening: reviewed rows learn the share of people who saw a label, and their weight."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from pipeline.core.heads import OUTPUTS
from pipeline.core.tables import SOFT, read_table
from pipeline.model.training import Examples

FILE = "soft.parquet"
SET = "feedback"


def soften(examples: Examples, table: pa.Table, prepared: Path) -> Examples:
    """Return the examples of a PREPARED table with what `soft.parquet` says of reviewed rows.

    Splits that were prepared before there were reviews have no such file and stay as they are.
    """
    if not (prepared / FILE).is_file():
        return examples
    rows = read_table(prepared / FILE, SOFT, "saruna prepare").to_pylist()
    known = {row["row_hash"]: row for row in rows}
    targets, weights = examples.targets.copy(), examples.weights.copy()
    pairs = zip(table.column("row_hash").to_pylist(), table.column("set").to_pylist(), strict=True)
    for at, (row_hash, name) in enumerate(pairs):
        row = known.get(row_hash)
        # A text that a seed or annotation has too keeps the label that was given there.
        if row is None or name != SET:
            continue
        shares = [row[f"soft_{output}"] for output in OUTPUTS]
        targets[at] = [np.nan if share is None else share for share in shares]
        weights[at] *= row["weight"]
    return replace(examples, targets=targets, weights=weights)
