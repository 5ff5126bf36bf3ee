"""Validate: keep the comments that can be scored, and say why the rest were dropped.

Reads   comments.parquet and rejects.parquet of ingest
Writes  comments.parquet, rejects.parquet
"""

import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path

import pyarrow as pa

from pipeline.core.errors import PipelineError
from pipeline.core.records import MADE_ID, Reject, reject_table
from pipeline.core.settings import ValidateSettings
from pipeline.core.tables import COMMENT, REJECT, iterate_table, open_writer

MADE_BY = "saruna ingest"
INVISIBLE = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp", "Mn", "Mc", "Me"})
"""Unicode categories without a shape of their own; unassigned characters may be new emoji."""
INVISIBLE_LETTERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Blanks that Unicode counts as letters or signs; people send empty comments with them."""
CHECKED = ["source", "comment_id", "text", "author_key", "created_at", "thread_id", "parent_id"]


@dataclass(frozen=True)
class Summary:
    """What validate made of the records that ingest read, its rejects included."""

    n_read: int
    n_kept: int
    n_rejected: int
    reasons: Mapping[str, int]
    """Rejects by reason, those of ingest and its own."""


@dataclass
class Seen:
    """Hashes of the comments so far; 64 bits keep a night of a million within 100 MB."""

    ids: set[int] = field(default_factory=set)
    rows: set[int] = field(default_factory=set)


def run(settings: ValidateSettings, source: Path, out_dir: Path) -> Summary:
    """Write the usable comments and all rejects, and count both; `source` is ingest's folder.

    Raises PipelineError when no comment is usable; the rejects are written all the same.
    """
    reasons: Counter[str] = Counter()
    n_kept = 0
    with (
        open_writer(out_dir / "comments.parquet", COMMENT) as comments,
        open_writer(out_dir / "rejects.parquet", REJECT) as rejects,
    ):
        for table in iterate_table(source / "rejects.parquet", REJECT, MADE_BY):
            rejects.write_table(table)
            reasons.update(table.column("reason").to_pylist())
        for kept, dropped in partition(source / "comments.parquet", settings):
            comments.write_table(kept)
            if dropped:
                rejects.write_table(reject_table(dropped))
            reasons.update(reject.reason for reject in dropped)
            n_kept += kept.num_rows
    if not n_kept:
        raise nothing_usable(source, out_dir, reasons)
    n_rejected = reasons.total()
    return Summary(n_kept + n_rejected, n_kept, n_rejected, dict(reasons.most_common()))


def partition(path: Path, settings: ValidateSettings) -> Iterator[tuple[pa.Table, list[Reject]]]:
    """Yield, piece by piece, the comments that can be scored and rejects for the others."""
    seen = Seen()
    row_number = 0
    for table in iterate_table(path, COMMENT, MADE_BY):
        usable: list[bool] = []
        rejects: list[Reject] = []
        for comment in table.select(CHECKED).to_pylist():
            row_number += 1
            reason, detail = judge(comment, settings, seen)
            usable.append(not reason)
            if reason:
                key = comment["source"], path.name, row_number, comment["comment_id"]
                rejects.append(Reject(*key, reason, detail))
        yield table.filter(pa.array(usable, pa.bool_())), rejects


def judge(
    comment: Mapping[str, object], settings: ValidateSettings, seen: Seen
) -> tuple[str, str | None]:
    """Return why a comment cannot be used and a detail; an empty reason when it can.

    A usable comment is remembered in `seen`: of several with one id the first is kept.
    """
    text = str(comment["text"])
    if not is_visible(text):
        return "empty_text", None
    if len(text) > settings.max_characters:
        return "too_long", f"{len(text)} characters, allowed are {settings.max_characters}"
    comment_id = str(comment["comment_id"])
    own = hash_of(comment["source"], comment_id)
    if own in seen.ids:
        return "duplicate_id", None
    # A made id holds the row number, so that a row which stands there twice has two of them.
    # Without author and time two people may have written the same, and both are kept.
    if comment_id.startswith(MADE_ID) and comment["author_key"] and comment["created_at"]:
        row = hash_of(*(comment[name] for name in CHECKED if name != "comment_id"))
        if row in seen.rows:
            return "duplicate_row", None
        seen.rows.add(row)
    seen.ids.add(own)
    return "", None


def is_visible(text: str) -> bool:
    """Tell whether a reader would see anything of the text."""
    return any(
        unicodedata.category(character) not in INVISIBLE and character not in INVISIBLE_LETTERS
        for character in text
    )


def hash_of(*values: object) -> int:
    """Return 64 bits that stand for the values."""
    parts = "\0".join("" if value is None else str(value) for value in values)
    return int.from_bytes(blake2b(parts.encode(), digest_size=8).digest())


def nothing_usable(source: Path, out_dir: Path, reasons: Counter[str]) -> PipelineError:
    """Return the error for a run of which no comment is left."""
    counts = ", ".join(f"{reason} {count}" for reason, count in reasons.most_common())
    return PipelineError(
        f"{source}: no usable comment among {reasons.total()} records ({counts or 'none read'})",
        f"{out_dir / 'rejects.parquet'} names every record and its reason. If the text was read "
        "from the wrong column, run `saruna ingest` again with --map text=COLUMN.",
    )
