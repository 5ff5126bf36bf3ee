"""Evidence that the model listens to is told from evidence that it does not."""

import random
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytestmark = pytest.mark.train

from tiny_release import make_comment  # noqa: E402

from pipeline.model.faithfulness import measure_faithfulness, place_of  # noqa: E402
from pipeline.model.release import open_release  # noqa: E402
from pipeline.model.scorer import Scorer, Word  # noqa: E402


@pytest.fixture(scope="module")
def scorer(tiny_folder: Path) -> Scorer:
    return Scorer(open_release(tiny_folder), threads=1, precision="f32")


def threats(n: int) -> list[str]:
    rng = random.Random(5)
    return [make_comment("lv", "threat", rng) for _ in range(n)]


def test_the_words_shown_are_more_telling_than_random_ones(scorer: Scorer) -> None:
    found = measure_faithfulness(scorer, threats(40), ["lv"] * 40, output="threat", shown=2, seed=1)
    assert found is not None
    assert found.comprehensiveness_interval[0] > 0
    assert found.sufficiency_interval[0] > 0


def test_random_evidence_is_found_out(scorer: Scorer, monkeypatch: pytest.MonkeyPatch) -> None:
    def random_words(text: str, *_: object, limit: int) -> list[Word]:
        words = random.Random(text).sample(range(len(text.split())), limit)
        starts = [len(" ".join(text.split()[:at])) + (at > 0) for at in words]
        return [Word(start, start + 1, 1.0) for start in starts]

    monkeypatch.setattr(scorer, "words", random_words)
    found = measure_faithfulness(scorer, threats(40), ["lv"] * 40, output="threat", shown=2, seed=1)
    assert found is not None
    low, high = found.comprehensiveness_interval
    assert low < 0 < high


def test_comments_too_short_to_choose_from_say_nothing(scorer: Scorer) -> None:
    short = ["nošaut", "ielas sniegs"]
    assert measure_faithfulness(scorer, short, ["lv"] * 2, output="threat", shown=2, seed=1) is None


@pytest.mark.parametrize(("start", "place"), [(0, 0), (3, 1), (8, 2)])
def test_a_character_belongs_to_its_word(start: int, place: int) -> None:
    assert place_of("ab  cd  ef", start + (1 if start == 3 else 0)) == place
