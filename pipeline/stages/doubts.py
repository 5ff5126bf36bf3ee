"""Doubts: labels that look wrong go to a second person, who judges blindly.

Reads   the rows of feedback, data/seed, annotations with their texts, a release
Writes  doubts.tsv: keys and labels, no text; with a queue, blind checks at the desk
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pipeline.core import paths
from pipeline.core.heads import OUTPUTS
from pipeline.core.settings import DoubtsSettings
from pipeline.core.tables import write_text
from pipeline.core.text import text_hash
from pipeline.desk.queue import doubt, migrate
from pipeline.model.label_errors import out_of_fold, suspects
from pipeline.model.release import Release
from pipeline.model.scorer import Scorer
from pipeline.sources.labelled import read_annotations, read_own
from pipeline.sources.reviewed import AGREED, reviewed_rows

REVIEW = "review"
HEADER = "kind\tkey\tlabel\tgiven\tbelieved"
LEAST = 10
"""A label with fewer rows of either kind says nothing about its own errors."""
Key = tuple[str, str]


@dataclass(frozen=True)
class Labelled:
    """A labelled text: where it stands, and what is known of it."""

    kind: str
    key: Key
    """Source and comment for a review, file or set and hash for the project's own."""
    text: str
    truth: dict[str, bool]
    group: str


@dataclass(frozen=True)
class Doubt:
    """A label that looks wrong."""

    kind: str
    key: Key
    label: str
    given: bool
    believed: float
    """Probability of the label as it was given."""


@dataclass(frozen=True)
class Summary:
    """How many labels were looked at, doubted, and sent to a second person."""

    n_rows: int
    n_reviews: int
    n_doubted: int
    """Rows with a label that looks wrong."""
    n_doubted_reviews: int
    n_asked: int
    """Verdicts that a second person gets now; the least believed first."""
    n_asked_before: int


def run(
    settings: DoubtsSettings,
    release: Release,
    *,
    feedback: Path,
    external: Path,
    out_dir: Path,
    queue: bool,
) -> Summary:
    """Write the doubted labels; with `queue`, ask about the least believed verdicts of the desk."""
    rows = [*reviews(feedback), *own(external)]
    scorer = Scorer(release)
    vectors = scorer.vectors([row.text for row in rows])
    found = doubts_of(rows, vectors, settings.seed)
    lines = [HEADER, *(line(each) for each in found)]
    write_text(out_dir / "doubts.tsv", "\n".join(lines) + "\n")
    wanted = [*dict.fromkeys(each.key for each in found if each.kind == REVIEW)]
    asked = ask(wanted[: settings.most]) if queue else (0, 0)
    return Summary(
        n_rows=len(rows),
        n_reviews=sum(row.kind == REVIEW for row in rows),
        n_doubted=len({(each.kind, each.key) for each in found}),
        n_doubted_reviews=len(wanted),
        n_asked=asked[0],
        n_asked_before=asked[1],
    )


def reviews(feedback: Path) -> Iterator[Labelled]:
    """Yield the verdicts of the desk; what people dispute already needs no second doubt."""
    for row in reviewed_rows(feedback):
        shares = {name: row[f"soft_{name}"] for name in OUTPUTS}
        truth = {
            name: share >= AGREED
            for name, share in shares.items()
            if share is not None and not 1 - AGREED < share < AGREED
        }
        group = row["thread"] or text_hash(row["text"])
        yield Labelled(REVIEW, (row["source"], row["comment_id"]), row["text"], truth, group)


def own(external: Path) -> Iterator[Labelled]:
    """Yield the project's own rows: seeds, and annotations whose texts are at hand."""
    for seed in read_own(paths.ROOT / "data" / "seed"):
        name = text_hash(seed.text)
        yield Labelled("seed", (seed.slice, name), seed.text, seed.truth, seed.group or name)
    for source, row in read_annotations(paths.ROOT / "data" / "annotations", external):
        name = text_hash(row.text)
        yield Labelled("annotation", (source, name), row.text, row.truth, name)


def doubts_of(rows: Sequence[Labelled], vectors: npt.NDArray[np.float32], seed: int) -> list[Doubt]:
    """Return the labels that look wrong, the least believed first."""
    found = []
    for label in OUTPUTS:
        at = [number for number, row in enumerate(rows) if label in row.truth]
        truth = np.array([rows[number].truth[label] for number in at], dtype=bool)
        groups = [rows[number].group for number in at]
        if min(truth.sum(), (~truth).sum()) < LEAST or len(set(groups)) < LEAST:
            continue
        probs = out_of_fold(vectors[at], truth, groups, seed)
        for place, believed in zip(*suspects(probs, truth), strict=True):
            row = rows[at[place]]
            found.append(Doubt(row.kind, row.key, label, bool(truth[place]), float(believed)))
    return sorted(found, key=lambda each: (each.believed, each.key, each.label))


def line(each: Doubt) -> str:
    """Return a doubt as a line of the file."""
    given = "yes" if each.given else "no"
    return f"{each.kind}\t{'/'.join(each.key)}\t{each.label}\t{given}\t{each.believed:.3f}"


def ask(keys: Sequence[Key]) -> tuple[int, int]:
    """Put verdicts into the blind lane; return how many are new there and how many were known."""
    migrate()
    done = doubt(keys)
    return done.n_asked, done.n_known
