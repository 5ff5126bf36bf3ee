"""Word frequencies: how often the words of Latvian and Russian are written, from `wordfreq`.

Source: Speer 2022, wordfreq 3 (doi 10.5281/zenodo.7199437), its small lists. Each list is loaded
once, when first asked for.
"""

from collections.abc import Mapping
from functools import cache

from pipeline.core.translit import fold_latvian


@cache
def word_shares(lang: str) -> Mapping[str, float]:
    """Return word -> its share of all words, in lower case; words of letters alone."""
    import wordfreq

    shares = wordfreq.get_frequency_dict(lang, "small").items()
    return {word: share for word, share in shares if word.isalpha()}


@cache
def accented_forms() -> Mapping[str, str]:
    """Return Latvian words without diacritics -> how they are written most often.

    Words that are most often written without diacritics are not in it.
    """
    most: dict[str, tuple[float, str]] = {}
    for word, share in word_shares("lv").items():
        folded = fold_latvian(word)
        most[folded] = max(most.get(folded, (0.0, "")), (share, word))
    return {folded: word for folded, (_, word) in most.items() if folded != word}
