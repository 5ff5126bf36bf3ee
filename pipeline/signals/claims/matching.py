"""Matching: which debunked claim a comment repeats, if it repeats one.

It never says that a comment is false: it says which claim it matches, and how it stands to it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.signals.claims.features import (
    Comment,
    cue_features,
    pair_features,
    word_features,
)
from pipeline.signals.claims.index import ClaimIndex, Hits, Vectors
from pipeline.signals.claims.model import STANCES, MatchModel
from pipeline.signals.claims.records import LINK, Claim, links_in
from pipeline.signals.claims.terms import terms_of
from pipeline.signals.finding import Finding

LABEL = "disinformation"
MIN_TOKENS = 3
"""Fewer words assert nothing that could be checked."""
BATCH = 512


@dataclass(frozen=True)
class Match:
    """The claim that a comment is about; `prob` is the chance that it repeats the claim."""

    claim: Claim
    prob: float
    stance: str
    start: int | None = None
    end: int | None = None

    @property
    def is_link(self) -> bool:
        """Tell whether the comment links to an article that spread the claim."""
        return self.start is not None


class Matcher:
    """An index and a model, ready for comments."""

    def __init__(self, index: ClaimIndex, model: MatchModel) -> None:
        self.index = index
        self.model = model

    def match(self, texts: Sequence[str], vectors: Vectors) -> list[Match | None]:
        """Return the likeliest claim of each comment, None where it is about none of them."""
        found: list[Match | None] = []
        for at in range(0, len(texts), BATCH):
            found += self._match(texts[at : at + BATCH], vectors[at : at + BATCH])
        return found

    def comments(self, texts: Sequence[str], vectors: Vectors) -> list[Comment]:
        """Return comments ready for comparison with claims."""
        projected = self.index.projection.of_comments(vectors)
        # The words of an address are the site's, not the commenter's.
        terms = [terms_of(LINK.sub(" ", text), self.model.glossary) for text in texts]
        rows = zip(texts, terms, vectors, projected, strict=True)
        return [Comment(*row) for row in rows]

    def hits(self, comments: Sequence[Comment], floor: float = -math.inf) -> list[Hits]:
        """Return the candidates of each comment, by vectors and terms.

        A comment whose best candidate scores below `floor` has none.
        """
        if not comments:
            return []
        projected = np.stack([comment.projected for comment in comments])
        terms = [comment.terms for comment in comments]
        return self.index.search(terms, projected, self.model.n_candidates, floor)

    def _match(self, texts: Sequence[str], vectors: Vectors) -> list[Match | None]:
        comments = self.comments(texts, vectors)
        found = []
        for comment, hits in zip(comments, self.hits(comments, self.model.floor), strict=True):
            linked = self._linked(comment)
            found.append(linked if linked is not None else self._compared(comment, hits))
        return found

    def _linked(self, comment: Comment) -> Match | None:
        for start, end, link in links_in(comment.text):
            if link in self.index.links:
                claim = self.index.claims[self.index.links[link]]
                prob = link_prob(self.model, comment, comment.text[:start] + comment.text[end:])
                stance = "repeats" if prob >= self.model.cut else "denies"
                return Match(claim, prob, stance, start, end)
        return None

    def _compared(self, comment: Comment, hits: Hits) -> Match | None:
        if len(comment.terms.tokens) < MIN_TOKENS or not len(hits.scores):
            return None
        pairs, order = self.ranked(comment, hits)
        best = int(order[0])
        row = self.stance_row(comment, hits, best, pairs[best])
        probs = self.model.stances(row[None])[0]
        stance = STANCES[int(probs.argmax())]
        prob = self.model.calibrated(float(probs[0]))
        return Match(self.index.claims[int(hits.claims[best])], prob, stance)

    def ranked(
        self, comment: Comment, hits: Hits
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
        """Return the features of all candidates, and their order after re-ranking."""
        pairs = np.array(
            [pair_features(self.index, comment, hits, at) for at in range(len(hits.scores))]
        )
        return pairs, np.argsort(-self.model.about(pairs), kind="stable")

    def stance_row(
        self, comment: Comment, hits: Hits, at: int, pair: npt.NDArray[np.float64]
    ) -> npt.NDArray[np.float64]:
        """Return the features from which the stance towards candidate `at` is read."""
        view = self.index.views[int(hits.views[at])]
        own = comment.raw - self.index.projection.comment
        cues = cue_features(self.model.cues, comment, view)
        return np.concatenate([pair, cues, own * 4, word_features(comment.terms.tokens)])


def link_prob(model: MatchModel, comment: Comment, rest: str) -> float:
    """Return how likely a comment that links to a known article passes it on.

    One that doubts, asks or refutes beside the link does not.
    """
    kinds = [model.cues.concept(token) for token in comment.terms.tokens]
    doubts = {"deny", "question"} & set(kinds) or "?" in rest
    return 0.0 if doubts else max(model.cut, 0.95)


def finding_of(match: Match | None, cut: float) -> Finding | None:
    """Return the evidence to show for a match, None below the cut: the claim's id, no verdict."""
    if match is None or match.stance != "repeats" or match.prob < cut:
        return None
    kind = "claim_link" if match.is_link else "claim"
    return Finding(LABEL, kind, match.start, match.end, round(match.prob, 4), match.claim.claim_id)
