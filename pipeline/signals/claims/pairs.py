"""Pairs: comments written for this project, each with the claim that it is about and its stance."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.core.errors import PipelineError
from pipeline.signals.claims.model import STANCES

COLUMNS = ("lang", "stance", "slice", "claims", "comment")


@dataclass(frozen=True)
class Pair:
    """A comment, the ids of the claims that it is about (equals of one another), its stance."""

    lang: str
    stance: str
    slice: str
    claims: tuple[str, ...]
    comment: str


def read_pairs(path: Path) -> list[Pair]:
    """Return the pairs of a file; raises PipelineError that names the first line in error."""
    if not path.is_file():
        raise PipelineError(f"{path}: not found", "Name a file of pairs with --pairs.")
    pairs = []
    with path.open(encoding="utf-8", newline="") as handle:
        rows = csv.DictReader(handle, delimiter="\t", quoting=csv.QUOTE_NONE)
        if tuple(rows.fieldnames or ()) != COLUMNS:
            raise PipelineError(
                f"{path}:1: the columns are not {', '.join(COLUMNS)}",
                "Start from the header of data/claims/pairs-test.tsv.",
            )
        for number, row in enumerate(rows, start=2):
            if row["stance"] not in STANCES:
                raise PipelineError(
                    f"{path}:{number}: the stance {row['stance']!r} is unknown",
                    f"Write one of {', '.join(STANCES)}.",
                )
            claims = tuple(row["claims"].split())
            pairs.append(Pair(row["lang"], row["stance"], row["slice"], claims, row["comment"]))
    return pairs


def places(pairs: Sequence[Pair], aliases: dict[str, int]) -> list[frozenset[int]]:
    """Return for each pair the places of its claims in a base, empty when the base lacks them."""
    return [frozenset(aliases[each] for each in pair.claims if each in aliases) for pair in pairs]
