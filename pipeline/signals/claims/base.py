"""The claim base: one folder with the claims, their vectors, and what these were made with."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipeline.core.errors import PipelineError
from pipeline.core.tables import atomic_path, read_table, write_table, write_text
from pipeline.signals.claims.importing import Imported, Link
from pipeline.signals.claims.records import CLAIM, Claim, from_table, joined, to_table
from pipeline.signals.claims.terms import STEM, TOKEN, fold

CLAIMS, VECTORS, INDEX, REJECTS = "claims.parquet", "vectors.npy", "index.json", "rejects.parquet"
REBUILD = "saruna claims index"
SAME_CLAIM = 0.3
"""Share of common words from which two wordings with one debunk's address are one claim."""
BATCH = 1024

Vectors = npt.NDArray[np.float32]
Encode = Callable[[Sequence[str]], Vectors]
"""Gives a unit vector per text, as a row."""

REJECT = pa.schema(
    [
        pa.field("file", pa.string(), nullable=False),
        pa.field("row", pa.int64(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
    ]
)


@dataclass(frozen=True)
class Merged:
    """A base with new claims in it, and how many of these were new or another wording."""

    claims: list[Claim]
    n_added: int
    n_joined: int


def merge(claims: Sequence[Claim], found: Imported) -> Merged:
    """Return the base with what was imported: the same claim stays one, with all its wordings."""
    merged = list(claims)
    by_alias = {alias: at for at, claim in enumerate(merged) for alias in claim.aliases}
    by_address: dict[str, list[int]] = {}
    for at, claim in enumerate(merged):
        by_address.setdefault(claim.address, []).append(at)
    n_joined = 0
    for claim in found.claims:
        known = next((by_alias[each] for each in claim.aliases if each in by_alias), None)
        if known is None:
            same = by_address.get(claim.address, ())
            known = next((each for each in same if says_the_same(merged[each], claim)), None)
        place = len(merged) if known is None else known
        if known is None:
            merged.append(claim)
            by_address.setdefault(claim.address, []).append(place)
        else:
            merged[place] = joined(merged[place], claim)
            n_joined += 1
        by_alias.update(dict.fromkeys(merged[place].aliases, place))
    add_links(merged, by_address, found.links)
    return Merged(merged, len(merged) - len(claims), n_joined)


def says_the_same(first: Claim, second: Claim) -> bool:
    """Tell whether two claims with one address share so many words that they are one."""
    ours, theirs = stems(first.text), stems(second.text)
    return len(ours & theirs) >= SAME_CLAIM * max(min(len(ours), len(theirs)), 1)


def stems(text: str) -> set[str]:
    """Return the beginnings of the longer words of a text."""
    return {fold(token)[:STEM] for token in TOKEN.findall(text) if len(token) > 3}


def add_links(merged: list[Claim], by_address: dict[str, list[int]], links: list[Link]) -> None:
    """Add articles to the first claim of the debunk that names them."""
    added: dict[int, list[str]] = {}
    for link in links:
        for at in by_address.get(link.address, ())[:1]:
            added.setdefault(at, []).append(link.link)
    for at, new in added.items():
        merged[at] = replace(merged[at], links=tuple(dict.fromkeys((*merged[at].links, *new))))


def save_claims(folder: Path, claims: Sequence[Claim], found: Imported | None = None) -> None:
    """Write the claims, and the rows that were rejected last."""
    write_table(folder / CLAIMS, to_table(list(claims)))
    if found is not None:
        rows = [vars(reject) for reject in found.rejects]
        write_table(folder / REJECTS, pa.Table.from_pylist(rows, schema=REJECT))


def load_claims(folder: Path) -> list[Claim]:
    """Return the claims of a base; raises PipelineError when there is none."""
    return from_table(read_table(folder / CLAIMS, CLAIM, "saruna claims import"))


def version_of(claims: Sequence[Claim]) -> str:
    """Return a short name of what a base says: it changes with any wording, verdict or status."""
    digest = hashlib.sha256()
    for claim in claims:
        digest.update("\0".join((claim.claim_id, claim.status, *claim.views)).encode())
    return digest.hexdigest()[:12]


def build_index(folder: Path, claims: Sequence[Claim], encode: Encode, encoder: str) -> int:
    """Write a vector for every wording, and the version of the encoder; return the number."""
    views = [view for claim in claims for view in claim.views]
    parts = [encode(views[at : at + BATCH]) for at in range(0, len(views), BATCH)]
    vectors = np.concatenate(parts) if parts else np.zeros((0, 1), np.float32)
    with atomic_path(folder / VECTORS) as partial, partial.open("wb") as handle:
        np.save(handle, vectors.astype(np.float16))
    made = {"encoder": encoder, "claims": version_of(claims), "n_views": len(views)}
    write_text(folder / INDEX, json.dumps(made, indent=1) + "\n")
    return len(views)


def load_vectors(folder: Path, claims: Sequence[Claim], encoder: str) -> Vectors:
    """Return the vectors of the wordings; refuse those of another encoder or of other claims."""
    hint = f"Run `{REBUILD}`: it makes the vectors anew."
    try:
        made = json.loads((folder / INDEX).read_text(encoding="utf-8"))
        vectors: Vectors = np.load(folder / VECTORS).astype(np.float32)
    except (OSError, ValueError) as error:
        raise PipelineError(f"{folder}: has no whole index of its claims", hint) from error
    if made.get("encoder") != encoder:
        raise PipelineError(
            f"{folder / INDEX}: was made with the encoder {made.get('encoder')}, not {encoder}",
            hint,
        )
    n_views = sum(len(claim.views) for claim in claims)
    if made.get("claims") != version_of(claims) or len(vectors) != n_views:
        raise PipelineError(f"{folder / INDEX}: was made of other claims", hint)
    return vectors
