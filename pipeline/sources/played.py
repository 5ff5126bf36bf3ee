"""Texts of the simulated years, and how often the people who judge them err."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.core import paths
from pipeline.core.heads import TEXT_LABELS
from pipeline.core.tables import PREPARED, read_table
from pipeline.sources.labelled import rows as read_rows

KINDS = (*(label for label in TEXT_LABELS if label != "bot"), "disinformation", "abuse")
PUBLIC: tuple[str, ...] = ("ru-okru-10pct", "ru-2ch-pikabu", "ru-uk-bohdan1", "ru-spam-monalenka")
PUBLIC += ("ru-spam-umputun", "ru-spam-talyguryn")
"""Public sets in a language of the pages; the project's own rows are all taken."""
UNMEASURED = 0.05, 0.005
"""Overlooked and imagined where annotators have met a kind too rarely to measure: assumed."""
RARE = 5
Row = tuple[str, str, frozenset[str]]
"""A text, where it comes from, and its labels; KNOWN violations without a kind say `abuse`."""


def gathered(prepared: Path, max_public: int) -> Iterable[Row]:
    """Yield the texts of the year: the project's own, and a part of public sets, by their hash."""
    own: list[dict[str, Any]] = []
    public: list[dict[str, Any]] = []
    for name in ("train", "calib", "test"):
        for row in read_table(prepared / f"{name}.parquet", PREPARED, "saruna prepare").to_pylist():
            if row["set"] == "seed" or row["set"].startswith("annotated-"):
                own.append(row)
            elif row["set"] in PUBLIC:
                public.append(row)
    public.sort(
        key=lambda row: ("spam" not in row["set"] or not row["is_advertising"], row["row_hash"])
    )
    for row in [*sorted(own, key=lambda row: str(row["row_hash"])), *public[:max_public]]:
        labels = {kind for kind in KINDS if row.get(f"is_{kind}")}
        if not labels and row["is_bot"]:
            continue
        source = "criticism" if row["slice"] == "criticism" and not labels else row["set"]
        yield row["text"], source, frozenset(labels)
    for file in ("pairs-train.tsv", "pairs-test.tsv"):
        for row in read_rows(paths.ROOT / "data" / "claims" / file, "\t", quoted=False):
            if row["stance"] in {"repeats", "unrelated"}:
                said = {"disinformation"} if row["stance"] == "repeats" else set()
                yield row["comment"], "claims", frozenset(said)
    campaigns = paths.ROOT / "data" / "campaigns" / "paraphrases.tsv"
    for row in read_rows(campaigns, "\t", quoted=False):
        yield row["text"], "campaign", frozenset({"disinformation"})


def moderator_errors(folder: Path) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return how often a person overlooks and imagines each kind, from texts that two people read.

    Where two differ, either may be wrong: half of the differences is one person's. `abuse` is
    overlooked like an insult.
    """
    said: dict[tuple[str, str], dict[str, set[str]]] = {}
    for file in sorted(folder.glob("*.tsv")):
        for row in read_rows(file, "\t", quoted=False):
            own = set(filter(None, row["labels"].split(",")))
            said.setdefault((row["source"], row["row_hash"]), {})[row["annotator"]] = own
    pairs = [[*each.values()][:2] for each in said.values() if len(each) > 1]
    found = [errors_of(pairs, "insult" if kind == "abuse" else kind) for kind in KINDS]
    overlooks, imagines = (np.array(each) for each in zip(*found, strict=True))
    # Whether anything is abuse at all follows from the kinds.
    imagines[KINDS.index("abuse")] = 0
    return overlooks, imagines


def errors_of(pairs: Sequence[Sequence[set[str]]], kind: str) -> tuple[float, float]:
    """Return one person's share of overlooked and imagined comments of a kind."""
    both = sum(kind in one and kind in two for one, two in pairs)
    differ = sum((kind in one) != (kind in two) for one, two in pairs)
    if both + differ < RARE:
        return UNMEASURED
    neither = len(pairs) - both - differ
    return differ / 2 / (both + differ / 2), differ / 2 / (neither + differ / 2)
