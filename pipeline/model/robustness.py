"""Robustness: how much recall each way of respelling a violation costs."""

import random
from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np
import numpy.typing as npt

from pipeline.model.augmentation import (
    disguise_all,
    latin_letters,
    no_diacritics,
    old_spelling,
)

Flagged = Callable[[Sequence[str], Sequence[str]], npt.NDArray[np.bool_]]
"""Texts and languages -> which of them a person would see."""
LOOK_ALIKES, STARS, SPACES = 0, 2, 3
"""Kinds of disguise, as `disguise_word` numbers them."""


RESPELLINGS: Mapping[str, tuple[tuple[str, ...], Callable[[str, random.Random], str]]] = {
    "no_diacritics": (("lv",), no_diacritics),
    "old_transliteration": (("lv",), old_spelling),
    "latin_letters": (("ru",), latin_letters),
    "look_alikes": (("lv", "ru"), partial(disguise_all, kind=LOOK_ALIKES)),
    "stars": (("lv", "ru"), partial(disguise_all, kind=STARS)),
    "spacing": (("lv", "ru"), partial(disguise_all, kind=SPACES)),
}
"""Name -> the languages that are written so, and how."""


def measure_robustness(
    flagged: Flagged, violations: Mapping[str, Sequence[str]], seed: int
) -> dict[str, dict[str, dict[str, float]]]:
    """Return, per language and respelling, recall before and after, and what it costs.

    `violations` maps a language to comments that break the rules.
    """
    result: dict[str, dict[str, dict[str, float]]] = {}
    for lang, texts in violations.items():
        if not texts:
            continue
        before = float(flagged(texts, [lang] * len(texts)).mean())
        for name, (langs, respell) in RESPELLINGS.items():
            if lang not in langs:
                continue
            rng = random.Random(seed)
            changed = [respell(text, rng) for text in texts]
            after = float(flagged(changed, [lang] * len(texts)).mean())
            result.setdefault(lang, {})[name] = {
                "n": len(texts),
                "recall": round(before, 4),
                "respelled": round(after, 4),
                "cost": round(before - after, 4),
            }
    return result
