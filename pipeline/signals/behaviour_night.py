"""A night's behaviour: from tables of comments to a probability and evidence per comment."""

import datetime
import hashlib
import logging
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.core.locks import turn_at
from pipeline.core.tables import EVIDENCE, is_whole, write_table
from pipeline.signals.behaviour import LABEL, Assessment, assess
from pipeline.signals.behaviour_model import BehaviourModel
from pipeline.signals.behaviour_window import names, read_window, update_window, without_comments
from pipeline.signals.finding import Finding
from pipeline.signals.same_meaning import MIN_LETTERS
from pipeline.signals.traces import TRACE, pack, read_traces, trace_table

logger = logging.getLogger(__name__)
SAID = pa.schema(
    [pa.field(f"prob_{LABEL}", pa.float64()), pa.field("evidence", pa.list_(EVIDENCE))]
)
"""What behaviour says, a row per comment in their order; a null prob is "no sign"."""
VECTOR = pa.schema(
    [
        pa.field("source", pa.string()),
        pa.field("comment_id", pa.string()),
        pa.field("vector", pa.binary()),
    ]
)
VECTORS = "vectors"
"""Folder beside the parts of a run: what is thrown away with them never counts again."""
Vectors = Sequence[npt.NDArray[np.float32] | None]


def night_traces(
    tables: Iterable[pa.Table], now: datetime.datetime, vectors: Vectors | None = None
) -> pa.Table:
    """Return the traces of a night's comments, piece by piece: no text is kept."""
    pieces = [TRACE.empty_table()]
    done = 0
    for table in tables:
        own = None if vectors is None else vectors[done : done + table.num_rows]
        pieces.append(trace_table(table, now, own))
        done += table.num_rows
    return pa.concat_tables(pieces)


def keep_vectors(folder: Path, chunk: pa.Table, vectors: Vectors) -> None:
    """Write the vectors of a chunk's longer comments; the same chunk again replaces itself."""
    texts = chunk.column("text").to_pylist()
    rows = [
        row
        for row, (text, vector) in enumerate(zip(texts, vectors, strict=True))
        if vector is not None and len(text) >= MIN_LETTERS
    ]
    if not rows:
        return
    kept = chunk.select(VECTOR.names[:2]).take(rows)
    packed = pa.array([pack(each) for row in rows if (each := vectors[row]) is not None])
    name = hashlib.sha256("\0".join(names(kept).to_pylist()).encode()).hexdigest()[:16]
    table = kept.append_column("vector", packed).cast(VECTOR)
    write_table(folder / f"{name}.parquet", table)


def with_vectors(night: pa.Table, folder: Path) -> pa.Table:
    """Return the traces of a night with the vectors that were kept of it."""
    files = sorted(folder.glob("*.parquet"))
    if not files or not night.num_rows:
        return night
    stored = pa.concat_tables([pq.read_table(file, schema=VECTOR) for file in files])
    places = pc.index_in(names(night), value_set=names(stored))
    column = stored.column("vector").take(places)
    return night.set_column(night.schema.get_field_index("vector"), "vector", column)


def say_once(
    night: pa.Table, model: BehaviourModel, place: Path, before: pa.Table, now: datetime.datetime
) -> pa.Table:
    """Return what behaviour says of a night; the file at `place` keeps it for the next run.

    Kept because the window moves on: a night that is run again must come out the same.
    """
    if not is_whole(place, night.num_rows):
        if place.exists():
            logger.warning("%s: is damaged and is made again; check the disk", place)
        earlier = without_comments(before, night)
        traces = read_traces(pa.concat_tables([night, earlier]), now)
        write_table(place, said_table(assess(traces, night.num_rows, model)))
    return pq.read_table(place, schema=SAID)


def assess_night(
    night: pa.Table,
    model: BehaviourModel,
    place: Path,
    *,
    window: Path | None,
    days: int,
    now: datetime.datetime,
) -> pa.Table:
    """Return what behaviour says of a night in the light of the window, and add it to the window.

    Without a window the night stands alone and leaves nothing behind.
    """
    if window is None:
        return say_once(night, model, place, TRACE.empty_table(), now)
    # Two nights at once would each read the window without the other and lose one of them.
    with turn_at(window, what="the window of earlier nights"):
        said = say_once(night, model, place, read_window(window, now, days), now)
        update_window(window, night, now, days)
    return said


def said_table(found: Assessment) -> pa.Table:
    """Return an assessment as a table of the SAID schema."""
    evidence = [
        [evidence_row(each) for each in found.findings.get(row, ())]
        for row in range(len(found.probs))
    ]
    return pa.table(
        {
            f"prob_{LABEL}": pa.array(found.probs, pa.float64(), from_pandas=True),
            "evidence": pa.array(evidence, SAID.field("evidence").type),
        }
    )


def evidence_row(finding: Finding) -> dict[str, object]:
    """Return a finding as a row of evidence."""
    return {
        "label": finding.label,
        "kind": finding.kind,
        "start": finding.start,
        "end": finding.end,
        "detail": finding.detail,
        "weight": finding.confidence,
    }


def merged(scores: Iterable[pa.Table], said: pa.Table) -> Iterator[pa.Table]:
    """Yield tables of scores with what behaviour says of their comments.

    The larger probability counts; the heavier label's evidence comes first, as elsewhere.
    """
    done = 0
    for table in scores:
        own = said.slice(done, table.num_rows)
        done += table.num_rows
        yield merge(table, own) if own.column(f"prob_{LABEL}").null_count < len(own) else table


def merge(scores: pa.Table, said: pa.Table) -> pa.Table:
    """Return a table of scores with the probability and the evidence of behaviour."""
    name = f"prob_{LABEL}"
    both = [np.asarray(each.column(name).to_numpy(), dtype=np.float64) for each in (scores, said)]
    probs = pa.array(np.fmax(*both), pa.float32(), from_pandas=True)
    evidence = [
        in_order([*(old or ()), *new]) if new else old
        for old, new in zip(
            scores.column("evidence").to_pylist(), said.column("evidence").to_pylist(), strict=True
        )
    ]
    for column, values in ((name, probs), ("evidence", pa.array(evidence, pa.list_(EVIDENCE)))):
        scores = scores.set_column(scores.schema.get_field_index(column), column, values)
    return scores


def in_order(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    """Return evidence by the weight of its label, then by its own, heaviest first."""
    weights: dict[object, float] = {}
    for row in rows:
        weights[row["label"]] = weights.get(row["label"], 0.0) + weight_of(row)
    return sorted(
        rows, key=lambda row: (-weights[row["label"]], str(row["label"]), -weight_of(row))
    )


def weight_of(row: dict[str, object]) -> float:
    """Return the weight of a piece of evidence, 0 when it has none."""
    return float(str(row["weight"] or 0.0))
