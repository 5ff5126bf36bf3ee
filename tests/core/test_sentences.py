"""Policy sentences say what they mean, and a mistake is shown where it stands."""

import pytest

from pipeline.core.errors import PipelineError
from pipeline.core.policy import load_policy
from pipeline.core.sentences import Sentence, parse_sentences
from pipeline.core.settings import Settings, load_settings

LABELS = load_policy().labels


def parse(*texts: str) -> tuple[Sentence, ...]:
    return parse_sentences(texts, LABELS, "params.yaml: calibrate.sentences")


@pytest.mark.parametrize(
    ("text", "kind", "share", "confidence", "subject"),
    [
        ("miss at most 10 % of violations with 95 % confidence", "miss", 0.1, 0.95, "violations"),
        ("Miss at most 5% of threats with 0.9 confidence", "miss", 0.05, 0.9, "threat"),
        ("miss at most 0,5 % of hate", "miss", 0.005, None, "hate"),
        ("miss at most 5 % of personal data", "miss", 0.05, None, "personal_data"),
        ("miss at most 5 % of personal_data", "miss", 0.05, None, "personal_data"),
        ("priority: precision >= 0.95", "precision", 0.95, None, "violations"),
        ("priority precision ≥ 95 % with 90 % confidence", "precision", 0.95, 0.9, "violations"),
        ("criticism flagged <= 2 %", "flagged", 0.02, None, "violations"),
        ("criticism in priority <= 0", "priority", 0.0, None, "violations"),
    ],
)
def test_a_sentence_is_understood(
    text: str, kind: str, share: float, confidence: float | None, subject: str
) -> None:
    (found,) = parse(text)
    assert found.kind == kind
    assert found.share == pytest.approx(share)
    assert found.confidence == confidence
    assert found.subject == subject


@pytest.mark.parametrize(
    ("text", "message", "pointed_at"),
    [
        ("miss at most 5 % of threts", "unknown label `threts`; did you mean `threats`?", "threts"),
        ("miss at most 5 % of rudeness", "unknown label `rudeness`; known: violations", "rudeness"),
        ("criticism flaged <= 2 %", "expected `flagged`, found `flaged`", "flaged"),
        ("critisism flagged <= 2 %", "did you mean `criticism`?", "critisism"),
        ("criticism flagged >= 2 %", "expected `<=`, found `>=`", ">="),
        ("criticism flagged < 2 %", "expected `<=`, found `<`", "<"),
        ("priority: precision >= 95", "`95` is more than everything", "95"),
        ("priority: precision >= high", "expected a share such as 5 % or 0.05", "high"),
        ("miss at most 0 % of threats", "no number of labels proves", "0 %"),
        ("miss at most 100 % of threats", "promises nothing", "100 %"),
        ("priority: precision >= 0", "promises nothing", "0"),
        ("priority: precision >= 1 with 95 % confidence", "every one is right", "1"),
        ("criticism in priority <= 0 with 95 % confidence", "none is ever flagged", "0"),
        ("miss at most 5 % of threats with 100 % confidence", "a confidence lies from", "100 %"),
        ("miss at most 5 % of threats with 20 % confidence", "a confidence lies from", "20 %"),
        ("criticism flagged <= 2 % always", "expected the end of the sentence", "always"),
        ("miss at most", "expected a share", ""),
        ("", "starts with none of miss, priority, criticism", ""),
    ],
)
def test_a_mistake_is_shown_with_place_and_caret(text: str, message: str, pointed_at: str) -> None:
    with pytest.raises(PipelineError) as bad:
        parse("criticism in priority <= 1 %", text)
    first, shown, carets = bad.value.message.splitlines()
    assert first.startswith("params.yaml: calibrate.sentences, sentence 2: ")
    assert message in first
    assert shown.strip() == text
    marked = shown[carets.index("^") : carets.rindex("^") + 1]
    assert marked == pointed_at or not pointed_at
    assert "miss at most 5 % of threats [with" in bad.value.hint


def test_all_mistakes_are_shown_at_once() -> None:
    with pytest.raises(PipelineError) as bad:
        parse("miss at most 5 % of threts", "criticism flagged <= 3 %", "hello")
    assert bad.value.message.count("^") > 1
    assert "sentence 1" in bad.value.message
    assert "sentence 3" in bad.value.message


def test_a_promise_is_made_once() -> None:
    with pytest.raises(PipelineError, match="promise the same: keep one of them"):
        parse("criticism flagged <= 3 %", "criticism flagged <= 2 %")


def test_the_shipped_sentences_are_valid_and_put_criticism_first() -> None:
    for settings in (load_settings(), Settings()):
        found = parse(*settings.calibrate.sentences)
        assert [each.kind for each in found[:2]] == ["flagged", "priority"]
        assert any(each.kind == "miss" and each.confidence for each in found)
