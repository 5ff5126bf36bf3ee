"""Index: the wordings of usable claims with vectors and postings, searched exactly.

The score of a wording is its cosine in the projected space plus the weighted overlap of terms.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.signals.claims.records import USABLE, Claim
from pipeline.signals.claims.terms import Glossary, Terms, grams, terms_of

Vectors = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Projection:
    """A linear map of the encoder's vectors that brings comments and claims of one sense together.

    `comment` and `claim` are the means that are taken off either side first.
    """

    comment: Vectors
    claim: Vectors
    matrix: Vectors

    def of_comments(self, vectors: Vectors) -> Vectors:
        """Return unit vectors of comments."""
        return unit((vectors - self.comment) @ self.matrix)

    def of_claims(self, vectors: Vectors) -> Vectors:
        """Return unit vectors of wordings of claims."""
        return unit((vectors - self.claim) @ self.matrix)


def unit(vectors: npt.NDArray[Any]) -> Vectors:
    """Return rows scaled to length 1."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    scaled: Vectors = (vectors / np.maximum(lengths, 1e-9)).astype(np.float32)
    return scaled


@dataclass(frozen=True)
class View:
    """One wording of a claim: the claim's place in the list, and what the wording is made of."""

    claim: int
    text: str
    terms: Terms
    grams: frozenset[str]


@dataclass(frozen=True)
class Hits:
    """Candidates of one comment: places of claims, of their best wordings, scores; best first."""

    claims: npt.NDArray[np.int64]
    views: npt.NDArray[np.int64]
    scores: npt.NDArray[np.float32]


NO_HITS = Hits(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.float32))


class ClaimIndex:
    """Usable claims, ready to be searched."""

    def __init__(
        self,
        claims: Sequence[Claim],
        vectors: Vectors,
        projection: Projection,
        glossary: Glossary,
        *,
        lexical_weight: float,
    ) -> None:
        self.claims = [claim for claim in claims if claim.status == USABLE]
        self.glossary = glossary
        self.lexical_weight = lexical_weight
        kept = np.array([claim.status == USABLE for claim in claims for _ in claim.views], bool)
        self.raw = vectors[kept]
        self.vectors = projection.of_claims(self.raw) if len(self.raw) else self.raw
        self.projection = projection
        self.views = [
            View(at, text, terms, grams(terms.tokens))
            for at, claim in enumerate(self.claims)
            for text in claim.views
            for terms in [terms_of(text, glossary)]
        ]
        self.owner = np.array([view.claim for view in self.views], dtype=np.int64)
        self._weigh()
        self.links = {
            link: at for at, claim in reversed([*enumerate(self.claims)]) for link in claim.links
        }
        self.debunks = {claim.address for claim in self.claims}

    def _weigh(self) -> None:
        counts = Counter(term for view in self.views for term in view.terms.all())
        n_views = max(len(self.views), 1)
        self.idf = {term: math.log(1 + n_views / count) for term, count in counts.items()}
        self.unseen = math.log(1 + n_views)
        postings: dict[str, list[int]] = {term: [] for term in counts}
        norms = np.array([self.norm(view.terms.all()) for view in self.views], np.float32)
        for at, view in enumerate(self.views):
            for term in view.terms.all():
                postings[term].append(at)
        self.postings = {term: np.array(at, np.int64) for term, at in postings.items()}
        self.shares = {
            term: (self.idf[term] ** 2 / norms[at]).astype(np.float32)
            for term, at in self.postings.items()
        }

    def norm(self, terms: frozenset[str]) -> float:
        """Return the length of a text as a vector of weighted terms."""
        total = sum(self.idf.get(term, self.unseen) ** 2 for term in terms)
        return math.sqrt(total) or 1.0

    def search(
        self,
        terms: Sequence[Terms],
        projected: Vectors,
        limit: int,
        floor: float = -math.inf,
    ) -> list[Hits]:
        """Return the best claims of each comment, at most `limit`; none when all are below `floor`.

        One matrix product for all comments: give it a few hundred at a time.
        """
        if not self.views:
            return [NO_HITS for _ in terms]
        cosines = projected @ self.vectors.T
        pairs = zip(terms, cosines, strict=True)
        return [self._best(each, row, limit, floor) for each, row in pairs]

    def _best(self, terms: Terms, scores: Vectors, limit: int, floor: float) -> Hits:
        own = terms.all()
        factor = self.lexical_weight / self.norm(own)
        for term in own:
            at = self.postings.get(term)
            if at is not None:
                scores[at] += factor * self.shares[term]
        if scores.max() < floor:
            # Most comments are about no claim, and end here.
            return NO_HITS
        # Some claims have three wordings or more: take enough to fill `limit` with claims.
        n_views = min(4 * limit, len(scores))
        top = np.argpartition(scores, -n_views)[-n_views:]
        top = top[np.argsort(-scores[top], kind="stable")]
        _, first = np.unique(self.owner[top], return_index=True)
        kept = top[np.sort(first)][:limit]
        return Hits(self.owner[kept], kept, scores[kept])
