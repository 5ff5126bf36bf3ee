"""A release scores texts in order, long ones by their worst window, and points at words."""

import random
import shutil
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")
pytestmark = pytest.mark.train

from tiny_release import NEUTRAL, TELLING, make_comment  # noqa: E402

from pipeline.core.errors import PipelineError  # noqa: E402
from pipeline.core.heads import OUTPUTS, TEXT_LABELS  # noqa: E402
from pipeline.model.release import GRAPH, open_release, seal  # noqa: E402
from pipeline.model.scorer import OVERLONG_WINDOWS, Scorer, word_spans  # noqa: E402

LONG = f"{NEUTRAL['lv']} {TELLING['threat']['lv']}"


@pytest.fixture(scope="module")
def scorer(tiny_folder: Path) -> Scorer:
    return Scorer(open_release(tiny_folder), threads=1, precision="f32", batch_tokens=128)


def comments(n: int) -> tuple[list[str], list[str]]:
    rng = random.Random(11)
    langs = [rng.choice(("lv", "ru")) for _ in range(n)]
    return [make_comment(lang, rng.choice(("", *TEXT_LABELS)), rng) for lang in langs], langs


def test_scores_come_in_the_order_of_the_texts(scorer: Scorer) -> None:
    texts, langs = comments(40)
    texts[7] = LONG
    together = scorer.score(texts, langs)
    for text, lang, found in zip(texts, langs, together, strict=True):
        alone = scorer.score([text], [lang])[0]
        np.testing.assert_allclose(found.logits, alone.logits, atol=1e-4)
        np.testing.assert_allclose(found.probs, alone.probs, atol=1e-4)
        assert found.probs.shape == (len(OUTPUTS),)
        assert ((found.probs >= 0) & (found.probs <= 1)).all()


def test_the_same_text_has_the_same_score(scorer: Scorer) -> None:
    text = make_comment("ru", "threat", random.Random(1))
    first, other, again = scorer.score([text, "ielas", text], ["ru", "lv", "ru"])
    np.testing.assert_array_equal(first.probs, again.probs)
    assert not np.array_equal(first.probs, other.probs)
    np.testing.assert_allclose(scorer.score([text], ["ru"])[0].probs, first.probs, atol=1e-4)


def test_no_text_is_no_score_and_odd_texts_are_no_error(scorer: Scorer) -> None:
    assert scorer.score([], []) == []
    for found in scorer.score(["", "😀", "\u200b", "ᚠᚢ", "a" * 3000], ["lv"] * 5):
        assert np.isfinite(found.logits).all()


def test_a_long_text_takes_the_largest_logit_of_its_windows(scorer: Scorer) -> None:
    found = scorer.score([LONG], ["lv"])[0]
    assert len(found.windows) > 2
    of_windows = np.stack([window.logits for window in found.windows])
    beside = scorer.release.blend * scorer.ngrams.logits([LONG])[0]
    np.testing.assert_allclose(found.logits - beside, of_windows.max(axis=0), atol=1e-4)


def test_a_text_of_too_many_windows_is_overlong(scorer: Scorer) -> None:
    found = scorer.score([LONG, LONG * 8, "ielas"], ["lv"] * 3)
    assert [each.is_overlong for each in found] == [False, True, False]
    assert len(found[0].windows) <= OVERLONG_WINDOWS < len(found[1].windows)


@pytest.mark.parametrize("label", TEXT_LABELS)
@pytest.mark.parametrize("lang", ["lv", "ru"])
def test_telling_words_raise_the_probability_of_their_label(
    scorer: Scorer, label: str, lang: str
) -> None:
    neutral = " ".join(NEUTRAL[lang].split()[:5])
    telling = f"{neutral} {TELLING[label][lang]}"
    with_words, without = scorer.score([telling, neutral], [lang, lang])
    column = OUTPUTS.index(label)
    assert with_words.probs[column] > 0.5 > without.probs[column]


@pytest.mark.parametrize(
    ("lang", "text", "telling"),
    [
        ("lv", "ielas sniegs idioti tīra kāpēc", "idioti"),
        ("lv", "IDIOTI ielas sniegs tīra", "IDIOTI"),
        ("lv", "ielas   sniegs\u200b  idioti  tīra", "idioti"),
        ("lv", "ielas sniegs idiоti tīra", "idiоti"),
        ("lv", "ielas 😀😀😀😀😀 sniegs i d i o t i tīra", "i d i o t i"),
        ("lv", "ielas sniegs idioooooti tīra", "idioooooti"),
        ("ru", "улица снег дорога дебилы опять", "дебилы"),
        ("ru", "улица снег дeбилы опять", "дeбилы"),
        ("ru", "улица снег д.е.б.и.л.ы опять", "д.е.б.и.л.ы"),
    ],
)
def test_words_point_into_the_original_text(
    scorer: Scorer, lang: str, text: str, telling: str
) -> None:
    found = scorer.words(text, scorer.score([text], [lang])[0], "insult", limit=2)
    assert text[found[0].start : found[0].end] == telling
    assert [word.weight for word in found] == sorted((w.weight for w in found), reverse=True)
    assert all(word.weight > 0 for word in found)


def test_a_word_is_credited_by_the_network_too(scorer: Scorer) -> None:
    text = "ielas sniegs nošaut kāpēc dome paldies"
    silent = Scorer(scorer.release, threads=1, precision="f32")
    silent.ngrams = type(silent.ngrams)(silent.ngrams.weights * 0, silent.ngrams.bias)
    found = silent.words(text, silent.score([text], ["lv"])[0], "threat", limit=1)
    assert [text[word.start : word.end] for word in found] == ["nošaut"]


def test_words_of_windows_far_back_are_found(scorer: Scorer) -> None:
    found = scorer.words(LONG, scorer.score([LONG], ["lv"])[0], "threat", limit=3)
    assert {LONG[word.start : word.end] for word in found} == set(TELLING["threat"]["lv"].split())


def test_no_more_words_are_named_than_asked_for(scorer: Scorer) -> None:
    score = scorer.score([LONG], ["lv"])[0]
    assert len(scorer.words(LONG, score, "threat", limit=1)) == 1
    assert scorer.words(LONG, score, "threat", limit=0) == []
    assert scorer.words("", scorer.score([""], ["lv"])[0], "threat", limit=3) == []


def test_spans_of_words_are_those_between_spaces() -> None:
    text = "la lab la labi"
    assert [text[a:b] for a, b in word_spans(text)] == text.split()


def test_the_default_precision_agrees_with_full_width(tiny_folder: Path, scorer: Scorer) -> None:
    texts, langs = comments(30)
    default = Scorer(open_release(tiny_folder), threads=1).score(texts, langs)
    for found, exact in zip(default, scorer.score(texts, langs), strict=True):
        np.testing.assert_allclose(found.probs, exact.probs, atol=0.02)


def test_a_graph_that_cannot_be_compiled_is_named(tiny_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "release"
    shutil.copytree(tiny_folder, folder)
    (folder / GRAPH).write_bytes(b"not a graph")
    seal(folder, {}, max_tokens=24)
    with pytest.raises(PipelineError, match=r"model\.onnx: the graph cannot be compiled"):
        Scorer(open_release(folder))
