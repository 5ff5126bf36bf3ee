"""Reading: the tables of a scored night as arrays, piece by piece."""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.core.errors import PipelineError
from pipeline.core.policy import Policy
from pipeline.core.tables import COMMENT, iterate_table, score_schema
from pipeline.core.text import normalise
from pipeline.model.thresholds import UNKNOWN
from pipeline.routing import decisions
from pipeline.routing.decisions import CLEAR, Decided, Rules, decide
from pipeline.routing.plan import Night
from pipeline.routing.ranking import Circumstances, circumstances

MADE_BY = "saruna score"
PIECE = 65_536
"""Rows that are held at once."""
Codes = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


def pieces(policy: Policy, comments: Path, scores: Path) -> Iterator[tuple[pa.Table, pa.Table]]:
    """Yield comments with their scores, piece by piece; both files have the same order.

    Raises PipelineError when they do not belong together.
    """
    pairs = zip(
        iterate_table(comments, COMMENT, "saruna validate", n_rows=PIECE),
        iterate_table(scores, score_schema(policy.labels), MADE_BY, n_rows=PIECE),
        strict=True,
    )
    try:
        for comment, score in pairs:
            if not comment.column("comment_id").equals(score.column("comment_id")):
                raise ValueError
            yield comment, score
    except ValueError as error:
        raise PipelineError(
            f"{scores}: does not belong to {comments}: the comments differ",
            f"Run `{MADE_BY}` again: no decision is made on another file's scores.",
        ) from error


class Numbers:
    """Numbers for names, given out in the order in which the names come."""

    def __init__(self) -> None:
        self.known: dict[str | None, int] = {}

    def of(self, values: pa.ChunkedArray) -> Codes:
        """Return the number of every value, -1 for null."""
        encoded = values.combine_chunks().dictionary_encode()
        own = [
            self.known.setdefault(name, len(self.known)) for name in encoded.dictionary.to_pylist()
        ]
        at = pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False)
        found: Codes = np.append(np.array(own, dtype=np.int64), -1)[at]
        return found


Evidence = Sequence[Mapping[str, Any]]
GROUPED = "same_text"
"""Kind of evidence whose comments say the same but for small edits."""
GROUP = re.compile(r"\bgroup=([0-9a-f]+)")


def check_version(scores: pa.Table, version: str, place: Path) -> None:
    """Raise PipelineError unless the scores are of this release."""
    others = pc.unique(scores.column("model_version")).to_pylist()
    if others != [version]:
        raise PipelineError(
            f"{place}: was scored by release {', '.join(others)}, but the thresholds are of "
            f"release {version}",
            f"Run `{MADE_BY}` again, or name the release that scored it with --release.",
        )


def read_night(rules: Rules, comments: Path, scores: Path, *, seed: int, version: str) -> Night:
    """Return the decisions on a night's comments, and what else the plan needs.

    Raises PipelineError for scores of another release than `version`: cuts are made for the
    probabilities of one.
    """
    decided: list[Decided] = []
    around: list[Circumstances] = []
    rows: list[tuple[npt.NDArray[Any], ...]] = []
    threads, institutions = Numbers(), Numbers()
    n_before = 0
    for comment, score in pieces(rules.policy, comments, scores):
        check_version(score, version, scores)
        part = decide(rules, score)
        named = pc.binary_join_element_wise(
            comment.column("source"), comment.column("thread_id"), "\0"
        )
        decided.append(part)
        around.append(circumstances(comment, threads.of(named)))
        flagged = part.decision != CLEAR
        rows.append(
            (
                np.array(score.column("lang").to_pylist()),
                institutions.of(pc.fill_null(comment.column("institution"), "")),
                copies(comment, score.column("evidence"), flagged, n_before),
                lots(comment, ~flagged, seed),
            )
        )
        n_before += comment.num_rows
    if not rows:
        raise PipelineError(f"{scores}: holds no comment", f"Run `{MADE_BY}` on another file.")
    langs, institution, copy, lot = (np.concatenate(each) for each in zip(*rows, strict=True))
    return Night(
        decided=decisions.joined(decided),
        langs=langs,
        institution=institution,
        institutions=tuple(str(name) for name in institutions.known),
        circumstances=all_around(around),
        copy=copy,
        lot=lot,
    )


def all_around(parts: Sequence[Circumstances]) -> Circumstances:
    """Return the circumstances of all parts, in order."""
    return Circumstances(
        **{
            each.name: np.concatenate([getattr(part, each.name) for part in parts])
            for each in fields(Circumstances)
        }
    )


def copies(
    comments: pa.Table,
    evidence: pa.ChunkedArray,
    flagged: npt.NDArray[np.bool_],
    n_before: int,
) -> Codes:
    """Return what copies of a text share; a comment that is cleared gets a number of its own."""
    # Hashes use the top bit, row numbers never do.
    keys = np.arange(n_before, n_before + comments.num_rows, dtype=np.int64)
    rows = np.flatnonzero(flagged)
    chosen = comments.select(["source", "institution", "text"]).take(pa.array(rows)).to_pydict()
    said = evidence.take(pa.array(rows)).to_pylist()
    known: dict[tuple[str, ...], int] = {}
    for row, *values, pieces_of in zip(rows, *chosen.values(), said, strict=True):
        source, institution, text = values
        wanted = (source, institution, group_of(pieces_of) or text)
        key = known.get(wanted)
        if key is None:
            key = known[wanted] = case_key(source, institution, text, pieces_of)
        keys[row] = key
    return keys


def case_key(source: str, institution: str | None, text: str, evidence: Evidence | None) -> int:
    """Return what comments that are decided as one share: a group of edited copies, or a text."""
    group = group_of(evidence)
    return hashed(source, institution, group) if group else copy_key(source, institution, text)


def group_of(evidence: Evidence | None) -> str:
    """Return the name of the group of near-identical comments that evidence tells of, or nothing.

    Comments of one meaning in other words have none: each of them has to be read.
    """
    for piece in evidence or ():
        if piece["kind"] == GROUPED and float(piece["weight"] or 0.0) >= UNKNOWN.clear:
            found = GROUP.search(str(piece["detail"] or ""))
            # No normalised text begins so.
            return f"\0{found[1]}" if found else ""
    return ""


def copy_key(source: str, institution: str | None, text: str) -> int:
    """Return what copies of one text within a source and institution share: a negative number."""
    return hashed(source, institution, normalise(text).text.casefold())


def hashed(source: str, institution: str | None, what: str) -> int:
    """Return a negative number that stands for something of a source and institution."""
    key = f"{source}\0{institution}\0{what}".encode("utf-8", "surrogatepass")
    digest = hashlib.blake2b(key, digest_size=8).digest()
    return -1 - (int.from_bytes(digest, "big") >> 1)


def lots(comments: pa.Table, among: npt.NDArray[np.bool_], seed: int) -> Floats:
    """Return a number from 0 to 1 for each of these comments: the same one on every run."""
    rows = np.flatnonzero(among)
    chosen = comments.select(["source", "comment_id"]).take(pa.array(rows)).to_pydict()
    found = np.zeros(comments.num_rows)
    found[rows] = [
        lot(seed, source, name)
        for source, name in zip(chosen["source"], chosen["comment_id"], strict=True)
    ]
    return found


def lot(seed: int, source: str, comment_id: str) -> float:
    """Return a comment's lot."""
    key = f"{seed}\0{source}\0{comment_id}".encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(key, digest_size=8).digest(), "big") / 2**64
