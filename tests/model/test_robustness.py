"""What respelling costs is measured by respelling."""

from collections.abc import Sequence

import numpy as np
import pytest

from pipeline.model.robustness import RESPELLINGS, measure_robustness

VIOLATIONS = {"lv": ["Tu esi pēdējais muļķis", "Visi jūs tur esat ēzeļi"], "ru": ["Ты дурак"]}


def test_a_filter_of_exact_words_loses_what_is_respelled() -> None:
    def flagged(texts: Sequence[str], langs: Sequence[str]) -> np.ndarray:
        return np.array(["muļķis" in text or "ēzeļi" in text or "дурак" in text for text in texts])

    found = measure_robustness(flagged, VIOLATIONS, seed=1)
    assert found["lv"]["no_diacritics"] == {"n": 2, "recall": 1.0, "respelled": 0.0, "cost": 1.0}
    assert found["ru"]["latin_letters"]["cost"] == 1.0
    assert "latin_letters" not in found["lv"]
    assert "no_diacritics" not in found["ru"]


def test_nothing_is_lost_by_who_flags_everything() -> None:
    found = measure_robustness(lambda texts, langs: np.ones(len(texts), bool), VIOLATIONS, seed=1)
    assert {each["cost"] for kinds in found.values() for each in kinds.values()} == {0.0}


@pytest.mark.parametrize("name", RESPELLINGS)
def test_every_respelling_changes_the_text(name: str) -> None:
    import random

    langs, respell = RESPELLINGS[name]
    for lang in langs:
        text = VIOLATIONS[lang][0]
        assert respell(text, random.Random(3)) != text
