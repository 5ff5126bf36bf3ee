"""The release that ships: small, sensible on plain cases in both languages, kind to criticism."""

import csv
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

from pipeline.core import paths
from pipeline.core.heads import ABUSE_LABELS, OUTPUTS
from pipeline.core.language import detect_language
from pipeline.core.records import Comment
from pipeline.core.settings import load_settings
from pipeline.model.release import MANIFEST, open_release
from pipeline.model.scorer import Scorer, TextScore
from pipeline.model.thresholds import cut_for
from pipeline.sources.labelled import trains

pytestmark = pytest.mark.skipif(
    not (paths.RELEASE / MANIFEST).is_file(), reason="models/release is not there yet"
)

MAX_MEGABYTES = 40
MIN_SUITE_ACCURACY = {"latvian": 0.83, "russian": 0.86}
"""Right decisions on LatvianCheck and RussianCheck; raise it when a release does better."""

PLAIN_CASES = [
    # language, label ("" for lawful), text
    ("lv", "threat", "Es zinu, kur tu dzīvo, un šonakt atnākšu ar cirvi, gaidi."),
    ("lv", "threat", "Tādus deputātus vajag nošaut pie tuvākās sienas."),
    ("lv", "insult", "Tu esi pilnīgs idiots un stulbenis, smadzeņu tev nav nemaz."),
    ("lv", "insult", "Visi, kas tur strādā, ir lopi un kretīni, stulbāki par vistām."),
    ("lv", "obscenity", "Bļaģ, ej dirst ar savu jauno celiņu, pizģec kaut kāds."),
    ("lv", "hate", "Krieveļi ir lopi, visus tos vajag izmest no Latvijas ārā."),
    ("lv", "", "Kauns domei! Trešo ziemu ietve nav tīrīta, kur paliek mūsu nauda?"),
    ("lv", "", "Šis lēmums ir pilnīgi nepareizs, un priekšsēdētājam par to jāatbild vēlēšanās."),
    ("lv", "", "Paldies par jauno rotaļu laukumu, bērni ir sajūsmā!"),
    ("lv", "", "Vai bibliotēka sestdien strādā līdz pieciem?"),
    ("ru", "threat", "Я знаю, где ты живёшь, приду ночью и убью тебя, тварь."),
    ("ru", "threat", "Таких депутатов надо расстреливать у стенки без суда."),
    ("ru", "insult", "Ты полный идиот и дебил, мозгов у тебя нет совсем."),
    ("ru", "insult", "Все, кто там работает, твари и кретины, скоты тупые."),
    ("ru", "obscenity", "Да пошли вы на хуй со своей плиткой, заебали уже, блядь."),
    ("ru", "hate", "Хохлы и чурки — не люди, гнать их всех отсюда поганой метлой."),
    ("ru", "", "Позор думе! Третью зиму тротуар не чистят, куда уходят наши деньги?"),
    ("ru", "", "Решение совершенно неправильное, и председатель ответит за него на выборах."),
    ("ru", "", "Спасибо за новую площадку, дети в восторге!"),
    ("ru", "", "Библиотека в субботу работает до пяти?"),
]
MAX_WRONG = 1
"""Plain cases of a language that the thresholds may still get wrong."""
KINDS = ("abuse", "criticism", "neutral")
Table = list[dict[str, str]]


@pytest.fixture(scope="module")
def scorer() -> Scorer:
    return Scorer(open_release(paths.RELEASE))


def prob(score: TextScore, output: str) -> float:
    return float(score.probs[OUTPUTS.index(output)])


def is_flagged(scorer: Scorer, score: TextScore, lang: str) -> bool:
    """Tell whether any output reaches its clear threshold, as routing does."""
    cuts = scorer.release.thresholds
    return any(prob(score, each) >= cut_for(cuts, each, lang).clear for each in OUTPUTS)


def read_tsv(path: Path) -> Table:
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle, delimiter="\t", quoting=csv.QUOTE_NONE))


def test_the_release_is_small_and_describes_itself() -> None:
    size = sum(file.stat().st_size for file in paths.RELEASE.iterdir())
    assert size <= MAX_MEGABYTES * 1e6
    card = (paths.RELEASE / "card.md").read_text(encoding="utf-8")
    assert "## What it cannot do" in card
    manifest = open_release(paths.RELEASE).manifest
    assert manifest["parity"]["released"] <= 0.025
    assert manifest["metrics"]["suites"].keys() == {"lv", "ru"}


def test_no_weight_was_learned_from_sets_for_measuring() -> None:
    card = (paths.RELEASE / "card.md").read_text(encoding="utf-8")
    _, _, after = card.partition("## Learned from\n")
    told = {}
    for line in after.partition("\n## ")[0].splitlines():
        if line.startswith("| "):
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            told[cells[0]] = cells[-1]
    assert told.keys() > {"set", "seed"}
    for name, use in told.items():
        assert name == "set" or use == ("trained" if trains(name) else "measured only")


@pytest.mark.parametrize("lang", ["lv", "ru"])
def test_plain_violations_rank_above_plain_criticism(scorer: Scorer, lang: str) -> None:
    own = [case for case in PLAIN_CASES if case[0] == lang]
    scores = scorer.score([text for _, _, text in own], [lang] * len(own))
    abuse = [
        (label, prob(score, "abuse")) for (_, label, _), score in zip(own, scores, strict=True)
    ]
    lawful = [each for label, each in abuse if not label]
    violations = [each for label, each in abuse if label]
    assert min(violations) > max(lawful)
    wrong = [
        text
        for (_, label, text), score in zip(own, scores, strict=True)
        if is_flagged(scorer, score, lang) != bool(label)
    ]
    assert len(wrong) <= MAX_WRONG, wrong


@pytest.mark.parametrize("lang", ["lv", "ru"])
@pytest.mark.parametrize("label", ["threat", "obscenity", "hate"])
def test_a_plain_violation_raises_its_own_label(scorer: Scorer, label: str, lang: str) -> None:
    own = [
        text for own_lang, own_label, text in PLAIN_CASES if (own_lang, own_label) == (lang, label)
    ]
    lawful = [
        text for own_lang, own_label, text in PLAIN_CASES if own_lang == lang and not own_label
    ]
    with_label = [prob(score, label) for score in scorer.score(own, [lang] * len(own))]
    without = [prob(score, label) for score in scorer.score(lawful, [lang] * len(lawful))]
    assert min(with_label) > max(without)


@pytest.mark.parametrize("suite", MIN_SUITE_ACCURACY)
def test_the_behaviour_suites_hold_their_floor(scorer: Scorer, suite: str) -> None:
    cases = read_tsv(paths.ROOT / "tests" / "behaviour" / f"{suite}.tsv")
    lang = suite[:2] if suite == "russian" else "lv"
    scores = scorer.score([case["text"] for case in cases], [lang] * len(cases))
    right = [
        is_flagged(scorer, score, lang) == (case["expected"] == "violation")
        for case, score in zip(cases, scores, strict=True)
    ]
    assert sum(right) / len(right) >= MIN_SUITE_ACCURACY[suite]


def night_comments() -> list[Comment]:
    """Return the usable comments of the sample night."""
    from pipeline.sources.detect import open_source

    settings = load_settings().ingest
    batches = open_source(
        paths.SAMPLE_NIGHT, mapping={}, settings=settings, secret=b"tests", date_format=None
    )
    return [comment for batch in batches for comment in batch.comments]


def test_the_sample_night_is_read_as_a_careful_reader_would(scorer: Scorer) -> None:
    labels = {
        (row["source"], row["comment_id"]): row
        for row in read_tsv(paths.ROOT / "data" / "samples" / "night-labels.tsv")
    }
    kept = [each for each in night_comments() if (each.source, each.comment_id) in labels]
    langs = [detect_language(each.text) for each in kept]
    probs: dict[str, list[float]] = defaultdict(list)
    scores = scorer.score([each.text for each in kept], langs)
    for comment, lang, score in zip(kept, langs, scores, strict=True):
        row = labels[comment.source, comment.comment_id]
        is_abuse = not set(row["labels"].split(",")).isdisjoint(ABUSE_LABELS)
        if lang != "und" and (is_abuse or row["slice"] != "violation"):
            probs["abuse" if is_abuse else row["slice"]].append(prob(score, "abuse"))
    assert {kind: len(each) > 40 for kind, each in probs.items()} == dict.fromkeys(KINDS, True)
    assert np.mean(probs["abuse"]) > np.mean(probs["criticism"]) + 0.3
    assert np.mean(probs["neutral"]) < np.mean(probs["criticism"]) + 0.05
