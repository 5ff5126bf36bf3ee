"""Detectors run in pipelines, and one that fails takes nothing from the others."""

import pytest
from spacy.language import Language
from spacy.tokens import Doc

from pipeline.signals import components
from pipeline.signals.components import Detector, Signals
from pipeline.signals.finding import Finding


@Language.component("test_marks")
def find_marks(doc: Doc) -> Doc:
    found = [
        Finding("insult", "mark", at, at + 1) for at, sign in enumerate(doc.text) if sign == "!"
    ]
    doc._.saruna_findings.extend(found)
    doc._.saruna_features["n_marks"] = float(len(found))
    return doc


@Language.component("test_fragile")
def find_fragile(doc: Doc) -> Doc:
    doc._.saruna_findings.append(Finding("personal_data", "half", confidence=0.7))
    doc._.saruna_features["half"] = 1.0
    if "kļūda" in doc.text:
        raise ZeroDivisionError
    return doc


@Language.component("test_strings")
def count_strings(doc: Doc) -> Doc:
    doc._.saruna_features["n_strings"] = float(len(doc.vocab.strings))
    return doc


MARKS = Detector("marks", "test_marks")
FRAGILE = Detector("fragile", "test_fragile", serves="personal_data")
STRINGS = Detector("strings", "test_strings")


@pytest.mark.parametrize("lang", ["lv", "ru", "en", "und"])
def test_offsets_are_those_of_the_text(lang: str) -> None:
    text = "  Sveiki!\n\n 👍🏽 Привет! "
    (found,) = Signals([MARKS]).find([(text, lang)])
    assert [text[each.start : each.end] for each in found.findings] == ["!", "!"]
    assert found.features == {"n_marks": 2.0}
    assert found.failed == ()


def test_texts_share_nothing() -> None:
    found = Signals([MARKS]).find([("Labi!", "lv"), ("Slikti", "lv"), ("", "lv")])
    assert [len(each.findings) for each in found] == [1, 0, 0]


def test_a_failed_detector_leaves_nothing_behind_and_the_others_speak() -> None:
    signals = Signals([FRAGILE, MARKS])
    fine, broken = signals.find([("Labi!", "lv"), ("kļūda!", "lv")])
    assert (fine.failed, broken.failed) == ((), ("fragile",))
    assert [each.kind for each in fine.findings] == ["half", "mark"]
    assert [each.kind for each in broken.findings] == ["mark"]
    assert broken.features == {"n_marks": 1.0}


def test_a_label_gets_the_highest_confidence_zero_or_none() -> None:
    signals = Signals([MARKS, FRAGILE])
    fine, broken = signals.find([("Labi!", "lv"), ("kļūda", "lv")])
    assert signals.probs(fine) == {"personal_data": 0.7}
    assert signals.probs(broken) == {"personal_data": None}
    (quiet,) = Signals([Detector("marks", "test_marks", serves="insult")]).find([("Labi", "lv")])
    assert Signals([Detector("marks", "test_marks", serves="insult")]).probs(quiet) == {
        "insult": 0.0
    }


@pytest.mark.parametrize("lang", ["lv", "ru", "en", "und"])
def test_words_of_a_night_are_let_go_and_findings_stay_the_same(
    lang: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    signals = Signals([STRINGS, MARKS])
    (empty,) = signals.find([("", lang)])
    kept = int(empty.features["n_strings"]) + 200
    monkeypatch.setattr(components, "STRINGS_KEPT", kept)
    for chunk in range(20):
        texts = [" ".join(f"vārds{chunk}x{at}y{word}" for word in range(10)) for at in range(10)]
        found = signals.find([(f"{text}!", lang) for text in texts])
        # Five strings at most are kept of a word: itself, in lower case, its shape and both ends.
        assert max(each.features["n_strings"] for each in found) <= kept + 10 * 5 + 5
        assert [(each.end, each.kind) for one in found for each in one.findings] == [
            (len(text) + 1, "mark") for text in texts
        ]
