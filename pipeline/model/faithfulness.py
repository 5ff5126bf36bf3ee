"""Faithfulness: whether the words shown as evidence are those that the model listens to.

Comprehensiveness: by how much more the logit falls when the shown words are taken out than when as
many random words are. Sufficiency: by how much less it falls when only the shown words are left
than when as many random words are (DeYoung et al. 2020, ACL, against a random baseline).
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt

from pipeline.model.scorer import Scorer

Floats = npt.NDArray[np.float64]
LEAST_WORDS = 6
"""In a shorter comment nearly every word is shown, and random words are the same words."""


@dataclass(frozen=True)
class Faithfulness:
    """Differences in logit against random words, with 95 % intervals over comments."""

    n: int
    comprehensiveness: float
    comprehensiveness_interval: tuple[float, float]
    sufficiency: float
    sufficiency_interval: tuple[float, float]

    def as_dict(self) -> dict[str, object]:
        """Return plain JSON values."""
        return asdict(self)


def measure_faithfulness(
    scorer: Scorer,
    texts: Sequence[str],
    langs: Sequence[str],
    *,
    output: str,
    shown: int,
    seed: int,
) -> Faithfulness | None:
    """Return how faithful the evidence of an output is, None when no comment is long enough."""
    column = scorer.release.outputs.index(output)
    rng = random.Random(seed)
    chosen: list[str] = []
    in_langs: list[str] = []
    telling: list[set[int]] = []
    for text, lang, score in zip(texts, langs, scorer.score(texts, langs), strict=True):
        words = text.split()
        places = {
            place_of(text, word.start) for word in scorer.words(text, score, output, limit=shown)
        }
        if len(words) >= LEAST_WORDS and 0 < len(places) < len(words):
            chosen.append(text)
            in_langs.append(lang)
            telling.append(places)
    if not chosen:
        return None
    others = [
        set(rng.sample(range(len(text.split())), len(places)))
        for text, places in zip(chosen, telling, strict=True)
    ]

    def logits(keep: Callable[[int, set[int]], bool], sets: Sequence[set[int]]) -> Floats:
        changed = [
            " ".join(word for at, word in enumerate(text.split()) if keep(at, places))
            for text, places in zip(chosen, sets, strict=True)
        ]
        return np.array([each.logits[column] for each in scorer.score(changed, in_langs)])

    without = logits(lambda at, places: at not in places, others) - logits(
        lambda at, places: at not in places, telling
    )
    alone = logits(lambda at, places: at in places, telling) - logits(
        lambda at, places: at in places, others
    )
    return Faithfulness(
        n=len(chosen),
        comprehensiveness=round(float(without.mean()), 4),
        comprehensiveness_interval=mean_interval(without, seed),
        sufficiency=round(float(alone.mean()), 4),
        sufficiency_interval=mean_interval(alone, seed),
    )


def place_of(text: str, start: int) -> int:
    """Return which whitespace-separated word begins at, or holds, a character."""
    return len(text[: start + 1].split()) - 1


def mean_interval(values: Floats, seed: int) -> tuple[float, float]:
    """Return the 95 % bootstrap interval of a mean."""
    rng = np.random.default_rng(seed)
    draws = values[rng.integers(0, len(values), (1000, len(values)))].mean(axis=1)
    low, high = np.percentile(draws, [2.5, 97.5])
    return round(float(low), 4), round(float(high), 4)
