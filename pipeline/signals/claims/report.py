"""Report: how well the matcher does on pairs that it has not learned from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.signals.claims.index import Vectors
from pipeline.signals.claims.matching import Match, Matcher
from pipeline.signals.claims.model import STANCES
from pipeline.signals.claims.pairs import Pair, places

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Checked:
    """Figures on pairs; shares are 0 to 1, None where there was nothing to count."""

    n_pairs: int
    n_claims: int
    n_pairs_without_claim: int
    recall_at_1: float | None
    recall_at_10: float | None
    auc_topic: float | None
    """Repeats against unrelated comments on the topic of the claim."""
    auc_all: float | None
    """Repeats against unrelated comments, denials and questions."""
    n_shown: int
    precision_shown: float | None
    recall_shown: float | None
    """Share of the repeats that are shown with a right claim."""
    denials_shown: float | None
    questions_shown: float | None
    opinion_or_satire_shown: float | None
    by_language: Mapping[str, str]


def check(matcher: Matcher, pairs: Sequence[Pair], vectors: Vectors) -> Checked:
    """Return the figures on pairs; a pair whose claim the base lacks is counted, not measured."""
    claims = matcher.index.claims
    aliases = {alias: at for at, claim in enumerate(claims) for alias in claim.aliases}
    gold = places(pairs, aliases)
    known = [at for at, each in enumerate(gold) if each]
    pairs_, gold = [pairs[at] for at in known], [gold[at] for at in known]
    vectors = vectors[known]
    texts = [pair.comment for pair in pairs_]
    matches = matcher.match(texts, vectors)
    ranks, scores = ranks_and_scores(matcher, texts, vectors, gold)
    stance = np.array([pair.stance for pair in pairs_])
    repeats = stance == "repeats"
    shown = np.array([is_shown(match, matcher.model.cut) for match in matches])
    ids = [{claims[at].claim_id for at in each} for each in gold]
    right = np.array(
        [
            match is not None and match.claim.claim_id in own
            for match, own in zip(matches, ids, strict=True)
        ]
    )
    special = np.array([pair.slice in {"opinion", "satire"} for pair in pairs_])
    langs = np.array([pair.lang for pair in pairs_])
    return Checked(
        n_pairs=len(pairs),
        n_claims=len(claims),
        n_pairs_without_claim=len(pairs) - len(known),
        recall_at_1=share(ranks[repeats] == 1),
        recall_at_10=share(ranks[repeats] <= 10),
        auc_topic=auc(scores[repeats], scores[stance == "unrelated"]),
        auc_all=auc(scores[repeats], scores[~repeats]),
        n_shown=int(shown.sum()),
        precision_shown=share((right & repeats)[shown]),
        recall_shown=share((right & shown)[repeats]),
        denials_shown=share(shown[stance == "denies"]),
        questions_shown=share(shown[stance == "asks"]),
        opinion_or_satire_shown=share(shown[special]),
        by_language={
            lang: language_line(ranks[mine], scores[mine], stance[mine])
            for lang in sorted(set(langs))
            for mine in [langs == lang]
        },
    )


def language_line(ranks: Array, scores: Array, stance: Array) -> str:
    """Return the chief figures of the pairs in one language."""
    repeats = stance == "repeats"
    apart = auc(scores[repeats], scores[stance == "unrelated"])
    return f"recall@1 {share(ranks[repeats] == 1)}, auc_topic {apart}"


def is_shown(match: Match | None, cut: float) -> bool:
    """Tell whether a match is shown to a moderator."""
    return match is not None and match.stance == "repeats" and match.prob >= cut


def ranks_and_scores(
    matcher: Matcher, texts: Sequence[str], vectors: Vectors, gold: Sequence[frozenset[int]]
) -> tuple[Array, Array]:
    """Return the rank of the right claim, and the probability that the comment repeats it."""
    ranks, scores = np.full(len(texts), 10**6), np.zeros(len(texts))
    comments = matcher.comments(texts, vectors)
    for at, (comment, hits) in enumerate(zip(comments, matcher.hits(comments), strict=True)):
        rows, order = matcher.ranked(comment, hits)
        for rank, number in enumerate(order, start=1):
            if int(hits.claims[number]) in gold[at]:
                row = matcher.stance_row(comment, hits, int(number), rows[number])
                ranks[at] = rank
                scores[at] = matcher.model.stances(row[None])[0][STANCES.index("repeats")]
                break
    return ranks, scores


def share(holds: Array) -> float | None:
    """Return the share of true values, None of none."""
    return round(float(holds.mean()), 4) if len(holds) else None


def auc(positive: Array, negative: Array) -> float | None:
    """Return the chance that a positive scores above a negative, ties counted half."""
    if not len(positive) or not len(negative):
        return None
    differences = positive[:, None] - negative[None, :]
    return round(float((differences > 0).mean() + (differences == 0).mean() / 2), 4)
