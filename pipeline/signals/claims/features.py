"""Features of a comment and a claim: what they share, and how the comment stands to it.

All are ranks, shares, margins and cues, so that they hold when the encoder is trained anew.
"""

import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from pipeline.signals.claims.index import ClaimIndex, Hits, Vectors, View
from pipeline.signals.claims.terms import Glossary, Terms, grams

PAIR = (
    *("cosine", "score", "margin", "peak", "rank", "raw", "concepts_of_claim"),
    *("concepts_of_comment", "stems_of_claim", "grams", "numbers_shared", "numbers_differ"),
    *("weight_shared", "n_tokens"),
)
"""Features of a pair, in order."""
CUES = (
    *("question", "truth", "deny", "negate", "attribute", "expert", "opinion", "satire", "assert"),
    *("mark", "mark_last", "exclaim", "smile", "first_question", "first_negation", "negate_less"),
    *("deny_last", "short", "quoted"),
)
"""Features of the comment's stance, in order."""
WORDS = 1024
"""Places of hashed words and pairs of words."""


@dataclass(frozen=True)
class Comment:
    """A comment as the matcher sees it: terms, trigrams, its vectors as given and projected."""

    text: str
    terms: Terms
    raw: Vectors
    projected: Vectors

    @cached_property
    def grams(self) -> frozenset[str]:
        """The trigrams of its words; only the few comments that are compared need them."""
        return grams(self.terms.tokens)


def pair_features(index: ClaimIndex, comment: Comment, hits: Hits, at: int) -> list[float]:
    """Return the features of a comment and its candidate number `at`."""
    number = int(hits.views[at])
    view = index.views[number]
    mine = float(hits.scores[at])
    # The best first: the rival of the first is the second, that of all others the first.
    rivals = hits.scores[1:2] if at == 0 else hits.scores[:1]
    concepts = comment.terms.concepts & view.terms.concepts
    shared = comment.terms.all() & view.terms.all()
    return [
        float(comment.projected @ index.vectors[number]),
        mine,
        mine - float(rivals[0]) if len(rivals) else mine,
        mine - float(hits.scores.mean()),
        1.0 / (1 + at),
        float(
            (comment.raw - index.projection.comment) @ (index.raw[number] - index.projection.claim)
        ),
        covered(index, "c:", concepts, view.terms.concepts),
        covered(index, "c:", concepts, comment.terms.concepts),
        covered(index, "s:", comment.terms.stems & view.terms.stems, view.terms.stems),
        dice(comment.grams, view.grams),
        float(bool(comment.terms.numbers & view.terms.numbers)),
        float(bool(view.terms.numbers) and not comment.terms.numbers & view.terms.numbers),
        sum(index.idf.get(term, 0.0) for term in shared) / 20,
        math.log1p(len(comment.terms.tokens)) / 4,
    ]


def covered(index: ClaimIndex, kind: str, part: frozenset[str], whole: frozenset[str]) -> float:
    """Return which share of the weight of `whole` lies in `part`."""
    total = sum(index.idf.get(kind + each, index.unseen) for each in whole)
    return sum(index.idf.get(kind + each, index.unseen) for each in part) / total if total else 0.0


def dice(first: frozenset[str], second: frozenset[str]) -> float:
    """Return twice the common share of two sets."""
    return 2 * len(first & second) / max(len(first) + len(second), 1)


def cue_features(cues: Glossary, comment: Comment, view: View) -> list[float]:
    """Return how a comment stands to a claim by its words alone."""
    tokens = comment.terms.tokens
    kinds = [cues.concept(token) for token in tokens]
    count = {kind: kinds.count(kind) for kind in dict.fromkeys(kinds) if kind}
    theirs = [cues.concept(token) for token in view.terms.tokens]
    text = comment.text.rstrip()
    third = max(len(kinds) // 3, 1)
    # A comment that merely says less "no" than the claim turns a negative claim around.
    less = min(theirs.count("negate"), 2) - min(count.get("negate", 0), 2)
    return [
        *(min(count.get(name, 0), 3) / 3 for name in CUES[:9]),
        float("?" in text),
        float(text.endswith(("?", "?)", "??"))),
        float("!" in text),
        float(any(sign in text for sign in (":)", ":D", ":d", "😂", "🤣", "))"))),
        float("question" in kinds[:2]),
        float("negate" in kinds[:3] or "deny" in kinds[:2]),
        float(less),
        float("deny" in kinds[-third:]),
        float(len(tokens) < 5),
        float(any(sign in text for sign in "\"«„“”'")),
    ]


def word_features(tokens: Sequence[str]) -> npt.NDArray[np.float32]:
    """Return hashed beginnings of words, and pairs of them, scaled to length 1."""
    row = np.zeros(WORDS, np.float32)
    short = ["<", *(token[:6] for token in tokens), ">"]
    for first, second in zip(short, [*short[1:], ""], strict=True):
        for feature in (first, f"{first} {second}"):
            row[zlib.crc32(feature.encode()) % WORDS] += 1.0
    length = float(np.linalg.norm(row))
    return row / length if length else row
