"""Learning: the matcher's numbers from pairs, out of fold, so that no figure flatters itself.

The projection is closed-form: whitening by the differences between comments and the claims that
they are about (within-class covariance normalisation, Hatch et al. 2006), so that what varies
inside such pairs, language above all, weighs less.
"""

import json
import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pipeline.core.tables import atomic_path, write_text
from pipeline.signals.claims.features import CUES, PAIR, WORDS
from pipeline.signals.claims.index import ClaimIndex, Projection, Vectors, unit
from pipeline.signals.claims.matching import Matcher
from pipeline.signals.claims.model import (
    CONCEPTS,
    CUE_WORDS,
    NUMBERS,
    STANCES,
    WEIGHTS,
    MatchModel,
)
from pipeline.signals.claims.pairs import Pair, places
from pipeline.signals.claims.records import Claim
from pipeline.signals.claims.terms import load_glossary

FOLDS = 4
SOFTEN = 1.0
"""Share of the mean variance that is added to every direction before whitening."""
TWIN = 0.75
"""Cosine from which another claim says so much of the same that it is no negative."""
LEXICAL_WEIGHT = 0.5
N_CANDIDATES = 12
MISSED_BY_FLOOR = 0.02
"""Share of repeats that the floor may lose; most other comments end there."""
LEAST_CUT = 0.5
"""Nothing is shown for a chance below even."""
Rows = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Material:
    """What is learned from: pairs with vectors, and neutral comments that repeat no claim."""

    pairs: Sequence[Pair]
    vectors: Vectors
    neutral: Sequence[str]
    neutral_vectors: Vectors


@dataclass(frozen=True)
class Learned:
    """The model, and what was seen out of fold: raw probability of the shown claim, and truth."""

    model: MatchModel
    probs: Rows
    right: npt.NDArray[np.bool_]
    is_neutral: npt.NDArray[np.bool_]


def fold_of(pair: Pair) -> int:
    """Return the fold of a pair: all pairs of one claim share it."""
    return zlib.crc32(pair.claims[0].encode()) % FOLDS


def projection_of(
    pairs: Sequence[Pair], vectors: Vectors, gold: Sequence[frozenset[int]], index: ClaimIndex
) -> Projection:
    """Return the projection that these pairs teach."""
    comment, claim = vectors.mean(axis=0), index.raw.mean(axis=0)
    differences = [
        (vectors[at] - comment) - (index.raw[view] - claim)
        for at, (pair, claims) in enumerate(zip(pairs, gold, strict=True))
        if pair.stance != "unrelated"
        for view in np.flatnonzero(np.isin(index.owner, list(claims)))
    ]
    spread = np.array(differences)
    values, axes = np.linalg.eigh(spread.T @ spread / len(spread))
    scale = (values / values.mean() + SOFTEN) ** -0.5
    return Projection(comment, claim, ((axes * scale) @ axes.T).astype(np.float32))


@dataclass(frozen=True)
class Truth:
    """Per pair the places of its claims, and of those that say nearly the same."""

    gold: Sequence[frozenset[int]]
    twins: Sequence[frozenset[int]]


@dataclass
class Seen:
    """Rows of features out of fold, kept until the weights are fitted."""

    about: list[tuple[Rows, int, int]]
    """Features of a pair, whether it is about this claim, fold."""
    stance: list[tuple[Rows, int, int]]
    """Features of a pair, stance, fold."""
    tops: list[float]
    """Score of the first candidate of each comment that repeats a claim."""


def learn(claims: Sequence[Claim], vectors: Vectors, given: Material, folder: Path) -> Learned:
    """Return a model of these pairs; `folder` has the glossary and the cues."""
    start = blank_model(folder, vectors.shape[1])
    index = index_of(claims, vectors, start)
    aliases = {alias: at for at, claim in enumerate(index.claims) for alias in claim.aliases}
    gold = places(given.pairs, aliases)
    folds = np.array([fold_of(pair) for pair in given.pairs])
    twins = twins_of(index, gold)
    seen = Seen([], [], [])
    kept: list[tuple[int, Matcher]] = []
    for fold in range(FOLDS):
        inside = [at for at in range(len(gold)) if folds[at] != fold]
        projection = projection_of(
            [given.pairs[at] for at in inside],
            given.vectors[inside],
            [gold[at] for at in inside],
            index,
        )
        model = replace(start, projection=projection)
        matcher = Matcher(index_of(claims, vectors, model), model)
        collect(matcher, given, Truth(gold, twins), fold, seen)
        kept.append((fold, matcher))
    whole = projection_of(given.pairs, given.vectors, gold, index)
    floor = round(float(np.quantile(seen.tops, MISSED_BY_FLOOR)), 3)
    model = fitted(replace(start, projection=whole, floor=floor), seen, None)
    probs, right, neutral = [], [], []
    for fold, matcher in kept:
        matcher.model = fitted(replace(matcher.model, floor=floor), seen, fold)
        for prob, is_right, is_neutral in judged(matcher, given, twins, fold):
            probs.append(prob)
            right.append(is_right)
            neutral.append(is_neutral)
    return Learned(model, np.array(probs), np.array(right), np.array(neutral))


def blank_model(folder: Path, width: int) -> MatchModel:
    """Return a model that has learned nothing yet."""
    still = np.zeros(width, np.float32)
    return MatchModel(
        Projection(still, still, np.eye(width, dtype=np.float32)),
        np.zeros(len(PAIR) + 1),
        np.zeros((len(STANCES), len(PAIR) + len(CUES) + width + WORDS + 1)),
        (1.0, 0.0),
        0.5,
        -1.0,
        LEXICAL_WEIGHT,
        N_CANDIDATES,
        load_glossary(folder / CONCEPTS),
        load_glossary(folder / CUE_WORDS),
    )


def index_of(claims: Sequence[Claim], vectors: Vectors, model: MatchModel) -> ClaimIndex:
    """Return the index of a base for a model."""
    return ClaimIndex(
        claims, vectors, model.projection, model.glossary, lexical_weight=model.lexical_weight
    )


def neutral_of_fold(given: Material, fold: int) -> list[int]:
    """Return the places of the neutral comments that belong to a fold."""
    return [at for at in range(len(given.neutral)) if at % FOLDS == fold]


def collect(matcher: Matcher, given: Material, truth: Truth, fold: int, seen: Seen) -> None:
    """Add the rows of one fold, seen through a projection that knows nothing of it."""
    mine = [at for at, pair in enumerate(given.pairs) if fold_of(pair) == fold]
    comments = matcher.comments([given.pairs[at].comment for at in mine], given.vectors[mine])
    for at, comment, hits in zip(mine, comments, matcher.hits(comments), strict=True):
        rows, _ = matcher.ranked(comment, hits)
        stance = given.pairs[at].stance
        seen.tops += [float(hits.scores[0])] * (stance == "repeats")
        about = truth.gold[at] if stance != "unrelated" else frozenset()
        others = [n for n, each in enumerate(hits.claims) if int(each) not in truth.twins[at]]
        for number, claim in enumerate(hits.claims):
            if int(claim) in about or stance == "unrelated" or number in others:
                seen.about.append((rows[number], int(int(claim) in about), fold))
            if int(claim) in truth.gold[at]:
                row = matcher.stance_row(comment, hits, number, rows[number])
                seen.stance.append((row, STANCES.index(stance), fold))
        for number in others[:1]:
            row = matcher.stance_row(comment, hits, number, rows[number])
            seen.stance.append((row, STANCES.index("unrelated"), fold))
    collect_neutral(matcher, given, fold, seen)


def collect_neutral(matcher: Matcher, given: Material, fold: int, seen: Seen) -> None:
    """Add the best candidates of neutral comments, which are about none of them."""
    chosen = neutral_of_fold(given, fold)
    if not chosen:
        return
    texts = [given.neutral[at] for at in chosen]
    comments = matcher.comments(texts, given.neutral_vectors[chosen])
    for comment, hits in zip(comments, matcher.hits(comments), strict=True):
        rows, _ = matcher.ranked(comment, hits)
        seen.about.extend((row, 0, fold) for row in rows[:2])
        row = matcher.stance_row(comment, hits, 0, rows[0])
        seen.stance.append((row, STANCES.index("unrelated"), fold))


def twins_of(index: ClaimIndex, gold: Sequence[frozenset[int]]) -> list[frozenset[int]]:
    """Return for each set of claims those that say nearly the same, themselves included."""
    centred = unit(index.raw - index.raw.mean(axis=0))
    known: dict[frozenset[int], frozenset[int]] = {}
    for claims in gold:
        if claims and claims not in known:
            own = np.isin(index.owner, list(claims))
            near = (centred @ centred[own].T).max(axis=1) > TWIN
            known[claims] = claims | frozenset(index.owner[near].tolist())
    return [known.get(claims, claims) for claims in gold]


def fitted(model: MatchModel, seen: Seen, without: int | None) -> MatchModel:
    """Return a model with weights from all folds but one, None for all."""
    about = [row for row in seen.about if row[2] != without]
    stance = [row for row in seen.stance if row[2] != without]
    rerank = logistic(np.stack([row[0] for row in about]), [row[1] for row in about], 1.0)
    weights = logistic(np.stack([row[0] for row in stance]), [row[1] for row in stance], 1.0)
    return replace(model, rerank=rerank[0], stance=weights)


def logistic(rows: Rows, labels: npt.ArrayLike, strength: float) -> Rows:
    """Return weights and constants of a logistic regression, a row per class (one for two)."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=strength, max_iter=400).fit(rows, np.array(labels))
    weights: Rows = np.hstack([model.coef_, model.intercept_[:, None]])
    return weights


def judged(
    matcher: Matcher, given: Material, twins: Sequence[frozenset[int]], fold: int
) -> list[tuple[float, bool, bool]]:
    """Return per comment of a fold: probability of "repeats", whether it is right, neutral."""
    mine = [at for at, pair in enumerate(given.pairs) if fold_of(pair) == fold]
    seen = []
    matches = matcher.match([given.pairs[at].comment for at in mine], given.vectors[mine])
    places_of = {claim.claim_id: at for at, claim in enumerate(matcher.index.claims)}
    for at, match in zip(mine, matches, strict=True):
        if match is not None:
            right = given.pairs[at].stance == "repeats"
            right = right and places_of[match.claim.claim_id] in twins[at]
            seen.append((match.prob if match.stance == "repeats" else 0.0, right, False))
    others = neutral_of_fold(given, fold)
    texts = [given.neutral[at] for at in others]
    for match in matcher.match(texts, given.neutral_vectors[others]):
        found = match is not None and match.stance == "repeats"
        seen.append((match.prob if match is not None and found else 0.0, False, True))
    return seen


def calibrated(learned: Learned, *, precision: float, max_neutral: float) -> MatchModel:
    """Return the model with a calibration and the lowest cut that keeps both promises.

    Of the matches shown out of fold at least `precision` repeat the claim that is shown, and at
    most `max_neutral` of neutral comments are shown at all.
    """
    # A stance other than "repeats" speaks with 0 and is never shown: it teaches no slope.
    spoken = learned.probs > 0
    logits = np.log(learned.probs[spoken] / np.maximum(1 - learned.probs[spoken], 1e-6))[:, None]
    slope, offset = (float(each) for each in logistic(logits, learned.right[spoken], 1.0)[0])
    model = replace(learned.model, calibration=(slope, offset))
    own = np.array([model.calibrated(float(prob)) for prob in learned.probs])
    own[~spoken] = 0.0
    for cut in sorted(set(own[own >= LEAST_CUT].tolist())):
        shown = own >= cut
        neutral = (shown & learned.is_neutral).sum() / max(learned.is_neutral.sum(), 1)
        if learned.right[shown].mean() >= precision and neutral <= max_neutral:
            # Rounded down, or the match that set the cut would fall below it.
            return replace(model, cut=math.floor(cut * 1e6) / 1e6)
    return replace(model, cut=1.0)


def save_model(folder: Path, model: MatchModel) -> None:
    """Write a model's numbers as plain files."""
    numbers = {
        "pair": list(PAIR),
        "cues": list(CUES),
        "rerank": [round(float(each), 5) for each in model.rerank],
        "slope": model.calibration[0],
        "offset": model.calibration[1],
        "cut": model.cut,
        "floor": model.floor,
        "lexical_weight": model.lexical_weight,
        "n_candidates": model.n_candidates,
    }
    write_text(folder / NUMBERS, json.dumps(numbers, indent=1) + "\n")
    with atomic_path(folder / WEIGHTS) as partial, partial.open("wb") as handle:
        np.savez_compressed(
            handle,
            comment=model.projection.comment.astype(np.float32),
            claim=model.projection.claim.astype(np.float32),
            matrix=model.projection.matrix.astype(np.float16),
            stance=model.stance.astype(np.float32),
        )
