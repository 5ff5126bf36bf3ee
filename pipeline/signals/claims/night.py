"""The claim signal of a night: an open base, and what it says of each comment.

With vectors of the texts, claims are matched; without, links to known articles alone.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from pipeline.signals.claims import emerging
from pipeline.signals.claims.base import CLAIMS, load_claims, load_vectors, merge, version_of
from pipeline.signals.claims.importing import read_sources
from pipeline.signals.claims.index import ClaimIndex, Vectors
from pipeline.signals.claims.matching import Match, Matcher, finding_of
from pipeline.signals.claims.model import MatchModel, load_model
from pipeline.signals.claims.records import Claim, links_in, to_table
from pipeline.signals.finding import Finding

OWN = "own.tsv"
UNDECIDED = 0.49
"""Most that a match below its cut may say: nothing is routed for it."""

Encode = Callable[[Sequence[str]], Vectors]


@dataclass(frozen=True)
class Encoder:
    """What gives vectors of this width, and its version."""

    encode: Encode
    width: int
    version: str


@dataclass(frozen=True)
class Said:
    """What the claims say of a comment: a probability, None when not assessed, and evidence."""

    prob: float | None
    findings: tuple[Finding, ...] = ()


class ClaimSignal:
    """An open claim base: `version` names the claims and the numbers that judge by them."""

    def __init__(
        self, claims: Sequence[Claim], matcher: Matcher, out_dir: Path | None, *, has_vectors: bool
    ) -> None:
        self.matcher = matcher
        self.has_vectors = has_vectors
        self.out_dir = out_dir
        self.version = f"{version_of(claims)} {matcher.model.version}"

    def find(self, texts: Sequence[str], vectors: Vectors | None) -> list[Said]:
        """Return what the claims say of each text, in order."""
        if vectors is not None and self.has_vectors:
            return [self._said(match) for match in self.matcher.match(texts, vectors)]
        said = [Said(None) for _ in texts]
        linked = [at for at, text in enumerate(texts) if links_in(text)]
        blank = np.zeros((len(linked), len(self.matcher.model.projection.comment)), np.float32)
        some = self.matcher.match([texts[at] for at in linked], blank)
        for at, match in zip(linked, some, strict=True):
            if match is not None and match.is_link:
                said[at] = self._said(match)
        return said

    def asserts(self, text: str) -> bool:
        """Tell whether a comment asserts something that could become a claim."""
        return emerging.asserts(text)

    def projected(self, vectors: Vectors) -> Vectors:
        """Return the vectors of comments in the space in which language and style weigh less."""
        return self.matcher.index.projection.of_comments(vectors)

    def keep(self, rows: Sequence[dict[str, object]]) -> None:
        """Keep comments that no claim explains, for the groups of the night, if it has a folder."""
        if self.out_dir is not None:
            emerging.keep(self.out_dir, rows)

    def table(self, ids: set[str]) -> pa.Table:
        """Return the claims of these ids as a table, for whoever shows the evidence."""
        return to_table([claim for claim in self.matcher.index.claims if claim.claim_id in ids])

    def _said(self, match: Match | None) -> Said:
        cut = self.matcher.model.cut
        finding = finding_of(match, cut)
        if finding is not None:
            return Said(finding.confidence, (finding,))
        prob = match.prob if match is not None and match.stance == "repeats" else 0.0
        return Said(min(prob, UNDECIDED))


def shipped_claims(folder: Path) -> list[Claim]:
    """Return the claims that the project ships."""
    return merge([], read_sources(folder / OWN)).claims


def open_signal(
    base: Path, shipped: Path, encoder: Encoder | None, out_dir: Path | None
) -> ClaimSignal:
    """Open the municipality's base, or where there is none the claims that the project ships.

    Links alone are matched without an encoder (a release that gives no vectors), and with vectors
    of another width than the matcher has learned from. Raises PipelineError when the base was
    indexed with another encoder, and names the command.
    """
    model = load_model(shipped)
    width = len(model.projection.comment)
    if encoder is not None and encoder.width != width:
        encoder = None
    own = (base / CLAIMS).is_file()
    claims = load_claims(base) if own else shipped_claims(shipped)
    if encoder is None:
        vectors = np.zeros((sum(len(claim.views) for claim in claims), width), np.float32)
    elif own:
        vectors = load_vectors(base, claims, encoder.version)
    else:
        vectors = encoder.encode([view for claim in claims for view in claim.views])
    matcher = Matcher(indexed(claims, vectors, model), model)
    return ClaimSignal(claims, matcher, out_dir, has_vectors=encoder is not None)


def indexed(claims: Sequence[Claim], vectors: Vectors, model: MatchModel) -> ClaimIndex:
    """Return an index of claims for a model."""
    return ClaimIndex(
        claims, vectors, model.projection, model.glossary, lexical_weight=model.lexical_weight
    )
