"""Name model: how likely a capitalised word of a Latvian text is part of a person's name.

A logistic regression over hashed features of the word and its neighbours, all folded, so that text
without marks reads the same. `name_training` makes its weights.
"""

import math
import zlib
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import numpy as np

from pipeline.core import paths
from pipeline.signals.given_names import name_forms
from pipeline.signals.reading import Word

SIZE = 1 << 16
"""Places that features are hashed to."""
WEIGHTS = paths.ROOT / "data" / "names" / "lv-names.npz"


def person_prob(words: Sequence[Word], place: int) -> float:
    """Return the probability that a capitalised word belongs to a person's name."""
    weights, bias = _weights()
    score = bias + sum(weights[each] for each in features(words, place))
    return 1 / (1 + math.exp(-score))


def features(words: Sequence[Word], place: int) -> list[int]:
    """Return where the features of a word are hashed to."""
    return [zlib.crc32(each.encode("utf-8")) % SIZE for each in _feature_names(words, place)]


def _feature_names(words: Sequence[Word], place: int) -> Iterator[str]:
    word = words[place]
    before = words[place - 1] if place else None
    after = words[place + 1] if place + 1 < len(words) else None
    folded = word.folded
    yield f"w={folded}"
    yield from (f"e{size}={folded[-size:]}" for size in (1, 2, 3, 4))
    yield from (f"b{size}={folded[:size]}" for size in (3, 4))
    shape = _shape(word)
    yield f"s={shape}"
    yield f"known={_known(word)}"
    for side, other in (("l", before), ("r", after)):
        if other is None:
            yield f"{side}=none"
            continue
        yield f"{side}={other.folded}"
        yield f"{side}e={other.folded[-2:]}|{shape}"
        yield f"{side}s={_shape(other)}|{_known(other)}"
        gap = other.start - word.end if side == "r" else word.start - other.end
        yield f"{side}g={min(gap, 3)}|{_shape(other)}|{folded[-2:]}"
    if after is not None and place + 2 < len(words):
        yield f"rr={words[place + 2].folded}"
    yield f"first={before is None}|{_known(word)}"


def _shape(word: Word) -> str:
    if word.text.isupper():
        return "A" if len(word.text) == 1 else "AA"
    return "Aa" if word.text[0].isupper() else "a"


def _known(word: Word) -> bool:
    return word.text.lower() in name_forms()


@cache
def _weights(path: Path = WEIGHTS) -> tuple[list[float], float]:
    with np.load(path) as stored:
        scale = float(stored["scale"])
        return (stored["weights"] * scale).tolist(), float(stored["bias"])
