"""Ingest: read platform exports and plain files into one table of comments.

Reads   a file or a folder: CSV, TSV, JSON lines, Parquet, saved pages of platform APIs
Writes  comments.parquet, rejects.parquet
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.core.errors import PipelineError
from pipeline.core.records import Reject, comment_table, reject_table
from pipeline.core.settings import IngestSettings
from pipeline.core.tables import COMMENT, REJECT, open_writer
from pipeline.sources.detect import open_source
from pipeline.sources.reading import UNREADABLE_FILE

HINTS = {
    "bad_date": "Name the format of dates, for example --date-format '%d/%m/%Y %H:%M'.",
    "wrong_columns": "Save the file as CSV with quoted text, or as JSON lines.",
    "broken_quotes": "Save the file as CSV with doubled quotes inside text, or as JSON lines.",
    "undecodable": "Save the file in UTF-8.",
    "nul_byte": "Save the file in UTF-8.",
    "broken_json": "Export the file again: it is cut short or edited by hand.",
    "damaged_file": "Copy or export the file again.",
    UNREADABLE_FILE: "Name the columns with --map, or take out files that hold no comments.",
    "api_error": "Renew the access token of the platform and fetch the pages again.",
    "unknown_page": "Save the pages as the platform's API gives them.",
}
"""The next step when this reason is the most frequent one and nothing could be used."""


@dataclass(frozen=True)
class Summary:
    """What ingest made of the records it read; every one is a comment or a reject."""

    n_read: int
    n_comments: int
    n_rejects: int
    reasons: Mapping[str, int]
    """Rejects by reason."""
    notes: Mapping[str, int]
    """Comments that are kept although something is odd, such as an unreadable count, by kind."""
    files: Mapping[str, int]
    """Comments by input file; a file without any is there with 0 when it gave rejects."""
    unreadable: Mapping[str, str]
    """Files of a folder of which nothing could be read, with the reason: worth a loud word."""


def run(
    settings: IngestSettings,
    source: Path,
    out_dir: Path,
    *,
    mapping: Mapping[str, str] | None = None,
    date_format: str | None = None,
    secret: bytes,
) -> Summary:
    """Write the comments and the rejects of a file or folder, and count both.

    Raises PipelineError when there is not one comment; the rejects are written all the same.
    """
    batches = open_source(
        source, mapping=mapping or {}, settings=settings, secret=secret, date_format=date_format
    )
    reasons: Counter[str] = Counter()
    notes: Counter[str] = Counter()
    files: Counter[str] = Counter()
    unreadable: dict[str, str] = {}
    with (
        open_writer(out_dir / "comments.parquet", COMMENT) as comments,
        open_writer(out_dir / "rejects.parquet", REJECT) as rejects,
    ):
        for batch in batches:
            comments.write_table(comment_table(batch.comments))
            if batch.rejects:
                rejects.write_table(reject_table(batch.rejects))
            reasons.update(reject.reason for reject in batch.rejects)
            notes.update(batch.notes)
            files[batch.file] += len(batch.comments)
            unreadable |= unreadable_files(batch.rejects)
    summary = summarise(reasons, notes, files, unreadable)
    if not summary.n_comments:
        raise nothing_usable(source, out_dir, summary)
    return summary


def unreadable_files(rejects: Sequence[Reject]) -> dict[str, str]:
    """Return the files among the rejects that could not be read at all, and why."""
    return {
        reject.file: reject.detail or "" for reject in rejects if reject.reason == UNREADABLE_FILE
    }


def summarise(
    reasons: Counter[str],
    notes: Counter[str],
    files: Counter[str],
    unreadable: Mapping[str, str],
) -> Summary:
    """Return the counts of a run, most frequent first."""
    n_comments, n_rejects = files.total(), reasons.total()
    return Summary(
        n_read=n_comments + n_rejects,
        n_comments=n_comments,
        n_rejects=n_rejects,
        reasons=dict(reasons.most_common()),
        notes=dict(notes.most_common()),
        files=dict(files),
        unreadable=unreadable,
    )


def nothing_usable(source: Path, out_dir: Path, summary: Summary) -> PipelineError:
    """Return the error for an input without a single comment."""
    if not summary.n_read:
        return PipelineError(
            f"{source}: holds no comments (0 records)",
            "Check the period and the page of the export.",
        )
    counts = ", ".join(f"{reason} {count}" for reason, count in summary.reasons.items())
    why = "".join(f"\n{name}: {detail}" for name, detail in summary.unreadable.items())
    place = f"{out_dir / 'rejects.parquet'} names every record and its reason."
    hint = HINTS.get(next(iter(summary.reasons)), "")
    return PipelineError(
        f"{source}: no usable comment among {summary.n_read} records ({counts}){why}",
        f"{hint} {place}".strip(),
    )
