"""Joining: what the claims say of a night's comments, chunk by chunk, and its tables at the end."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipeline.core.tables import iterate_table, write_table
from pipeline.signals.claims.emerging import TABLE, write_emerging
from pipeline.signals.claims.matching import LABEL
from pipeline.signals.claims.night import ClaimSignal, Said

Pair = tuple[str, str]
"""A text and its language."""
VectorOf = Mapping[Pair, npt.NDArray[np.float32] | None]
NAMED = "claims.parquet"


def speak(
    claims: ClaimSignal, chunk: pa.Table, pairs: Sequence[Pair], vectors: VectorOf
) -> dict[Pair, Said]:
    """Return what the claims say of the texts that have a vector's place, None for no vector.

    Comments that assert something and match no claim are kept for the groups of the night.
    """
    known = list(vectors)
    given = [each for each in vectors.values() if each is not None]
    stacked = np.stack(given) if given and len(given) == len(known) else None
    said = dict(zip(known, claims.find([text for text, _ in known], stacked), strict=True))
    if claims.has_vectors and stacked is not None:
        projected = dict(zip(known, claims.projected(stacked), strict=True))
        columns = chunk.select(["comment_id", "author_key", "created_at"]).to_pylist()
        claims.keep(
            [
                {**row, "vector": projected[pair].astype(np.float16).tobytes()}
                for row, pair in zip(columns, pairs, strict=True)
                if pair in said and not said[pair].findings and claims.asserts(pair[0])
            ]
        )
    return said


def write_tables(claims: ClaimSignal, scores: Path, schema: pa.Schema) -> int:
    """Write beside the scores the claims that evidence names, and the groups no claim explains.

    Returns the number of such groups.
    """
    named = {
        each["detail"]
        for table in iterate_table(scores, schema, "saruna score")
        for found in table.column("evidence").to_pylist()
        for each in found or ()
        if each["label"] == LABEL and each["detail"]
    }
    write_table(scores.parent / NAMED, claims.table(named))
    if not claims.has_vectors:
        return 0
    return write_emerging([scores.parent], scores.parent / TABLE).n_groups
