"""Respelling keeps a text readable: never empty, the same for the same seed."""

import random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.core.text import normalise
from pipeline.model import augmentation
from pipeline.model.augmentation import augment

LANGS = st.sampled_from(["lv", "ru", "en", "mixed", "und"])
texts = st.text(
    alphabet="aābcčdeēģiīķļņosšuūvz АБВабвгдеёжэюяыьъ ,.!?*0123456789😀", min_size=1, max_size=60
)


@given(texts, LANGS, st.integers(0, 1000))
@example("ьь", "ru", 3)
@example(",,", "lv", 8)
def test_respelling_never_empties_a_text(text: str, lang: str, seed: int) -> None:
    assert augment(text, lang, random.Random(seed))


@given(texts, LANGS, st.integers(0, 1000))
def test_respelling_is_the_same_for_the_same_seed(text: str, lang: str, seed: int) -> None:
    first = augment(text, lang, random.Random(seed))
    assert first == augment(text, lang, random.Random(seed))


@pytest.mark.parametrize(
    ("lang", "text", "wanted"),
    [
        ("lv", "Kāpēc šķērsiela nav tīrīta", "Kapec skersiela nav tirita"),
        ("lv", "Kāpēc šodien", "kapec sodien"),
        ("ru", "почему дорога", "pochemu doroga"),
        ("en", "why is it dark", "WHY IS IT DARK"),
    ],
)
def test_every_language_gets_its_own_spellings(lang: str, text: str, wanted: str) -> None:
    made = {augment(text, lang, random.Random(seed)) for seed in range(200)}
    assert wanted in made
    assert len(made) > 5


def test_disguises_are_such_as_normalising_undoes() -> None:
    words = ["kretīni", "придурки", "stulbeņi"]
    for word in words:
        made = [augmentation.disguise_word(word, random.Random(seed)) for seed in range(60)]
        undone = sum(normalise(each).text.casefold() == word.casefold() for each in made)
        assert undone >= 20, word
