"""Score writes what the model says of every comment, and null where it says nothing."""

import datetime
import random
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from spacy.language import Language
from spacy.tokens import Doc

pytest.importorskip("torch")
pytestmark = pytest.mark.train

from tiny_release import TELLING, Tiny, make_comment  # noqa: E402

from pipeline.core.errors import PipelineError  # noqa: E402
from pipeline.core.policy import Policy, load_policy  # noqa: E402
from pipeline.core.settings import ScoreSettings  # noqa: E402
from pipeline.core.tables import COMMENT, score_schema, write_table  # noqa: E402
from pipeline.model.release import Release, open_release  # noqa: E402
from pipeline.model.scorer import Scorer  # noqa: E402
from pipeline.model.stacking import Stacked  # noqa: E402
from pipeline.signals.components import DETECTORS, Detector, Signals  # noqa: E402
from pipeline.signals.finding import Finding  # noqa: E402
from pipeline.stages import score  # noqa: E402

SETTINGS = ScoreSettings(threads=1, chunk=5, max_evidence_words=3)
FOREIGN = "Tere päevast, millal see tee korda tehakse ja kes selle eest vastutab?"


@pytest.fixture(scope="module")
def policy() -> Policy:
    return load_policy()


@pytest.fixture(scope="module")
def release(tiny: Tiny) -> Release:
    return open_release(tiny.release)


def write_comments(path: Path, texts: list[str]) -> Path:
    empty: dict[str, Any] = dict.fromkeys(COMMENT.names)
    rows = [
        {**empty, "comment_id": str(number), "source": "site", "text": text}
        for number, text in enumerate(texts)
    ]
    write_table(path, pa.Table.from_pylist(rows, schema=COMMENT))
    return path


PHONE = Finding("personal_data", "phone", 3, 7, confidence=0.9, detail="2*** **12")


@Language.component("test_phone")
def find_phone(doc: Doc) -> Doc:
    if "avārija" in doc.text:
        raise ValueError("avārija")
    if "zvani" in doc.text:
        doc._.saruna_findings.append(PHONE)
    return doc


@pytest.fixture
def phone(monkeypatch: pytest.MonkeyPatch) -> None:
    detectors = [Detector("phone", "test_phone", serves="personal_data")]
    monkeypatch.setattr(score, "Signals", partial(Signals, detectors))


def run(
    texts: list[str], policy: Policy, release: Release, folder: Path, **changes: Any
) -> tuple[score.Summary, list[dict[str, Any]]]:
    comments = write_comments(folder / "comments.parquet", texts)
    settings = SETTINGS.model_copy(update=changes)
    summary = score.run(settings, policy, comments, release, folder)
    table = pq.read_table(folder / "scores.parquet")
    assert table.schema.equals(score_schema(policy.labels))
    return summary, table.to_pylist()


def test_every_comment_gets_one_row_in_its_order(
    policy: Policy, release: Release, tmp_path: Path
) -> None:
    rng = random.Random(2)
    texts = [make_comment("lv", label, rng) for label in ["", "threat", "bot"] * 5]
    summary, rows = run(texts, policy, release, tmp_path)
    assert (summary.n_comments, summary.n_scored, summary.n_unknown_language) == (15, 15, 0)
    assert [row["comment_id"] for row in rows] == [str(number) for number in range(15)]
    assert {(row["lang"], row["model_version"]) for row in rows} == {("lv", release.version)}
    for at, label in ((1, "threat"), (2, "bot")):
        probs = [row[f"prob_{label}"] for row in rows]
        others = [prob for number, prob in enumerate(probs) if number % 3 != at]
        assert sum(probs[at::3]) / 5 > sum(others) / 10 + 0.4


def test_labels_without_a_head_are_null_and_the_others_are_not(
    policy: Policy, release: Release, tmp_path: Path
) -> None:
    _, rows = run(["Kad tīrīs sniegu ielā?"], policy, release, tmp_path)
    served = {detector.serves for detector in DETECTORS if detector.serves}
    for name in (*policy.labels, "abuse"):
        assert (rows[0][f"prob_{name}"] is None) == (name not in (*release.outputs, *served))
        assert (rows[0][f"logit_{name}"] is None) == (name not in release.outputs)
    assert set(policy.labels) - set(release.outputs) == {
        "disinformation",
        "personal_data",
        "anti_state",
    }


def test_an_unknown_language_is_not_scored(
    policy: Policy, release: Release, tmp_path: Path
) -> None:
    summary, rows = run(["Kad tīrīs sniegu ielā?", FOREIGN], policy, release, tmp_path)
    assert (summary.n_comments, summary.n_scored, summary.n_unknown_language) == (2, 1, 1)
    assert rows[1]["lang"] == "und"
    assert all(value is None for name, value in rows[1].items() if name.startswith(("prob", "log")))
    assert rows[1]["evidence"] == []


def test_a_night_of_unknown_languages_alone_is_no_error(
    policy: Policy, release: Release, tmp_path: Path
) -> None:
    summary, rows = run([FOREIGN, FOREIGN], policy, release, tmp_path)
    assert summary.n_scored == 0
    assert len(rows) == 2


def test_a_repeated_text_is_scored_once(
    policy: Policy, release: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scored: list[str] = []
    plain = Scorer.score

    def spy(self: Scorer, texts: list[str], langs: list[str]) -> Any:
        scored.extend(texts)
        return plain(self, texts, langs)

    monkeypatch.setattr(Scorer, "score", spy)
    texts = ["Paldies domei par slidotavu!", "Kad tīrīs sniegu ielā?"]
    _, rows = run([texts[0], texts[1], texts[0], texts[0]], policy, release, tmp_path)
    assert scored == texts
    assert rows[0]["prob_abuse"] == rows[2]["prob_abuse"] == rows[3]["prob_abuse"]
    assert [row["comment_id"] for row in rows] == ["0", "1", "2", "3"]


def test_evidence_points_at_the_telling_words_of_a_flagged_comment(
    policy: Policy, release: Release, tmp_path: Path
) -> None:
    flagged = "ielas sniegs nošaut nosist kāpēc"
    _, rows = run(["ielas sniegs tīra kāpēc dome", flagged], policy, release, tmp_path)
    assert rows[0]["evidence"] == []
    of_model = [each for each in rows[1]["evidence"] if each["kind"] == "word"]
    threats = [each for each in of_model if each["label"] == "threat"]
    assert {flagged[each["start"] : each["end"]] for each in threats[:2]} == {"nošaut", "nosist"}
    assert len(threats) <= 3
    # Listed words may stand beside those of the model.
    assert {each["kind"] for each in rows[1]["evidence"]} <= {"word", "lexicon"}
    assert all(each["weight"] > 0 for each in rows[1]["evidence"] if each["kind"] == "word")


def test_abuse_alone_is_shown_under_its_likeliest_label(
    policy: Policy, release: Release, tmp_path: Path
) -> None:
    never = {output: {"any": cuts["any"]} for output, cuts in release.thresholds.items()}
    high = {
        output: {name: type(cut)(1.01, 1.01) for name, cut in cuts.items()}
        for output, cuts in never.items()
    }
    only_abuse = {**high, "abuse": {"any": type(never["abuse"]["any"])(0.3, 1.01)}}
    shown = type(release)(**{**vars(release), "thresholds": only_abuse})
    _, rows = run([f"ielas {TELLING['hate']['lv']} sniegs"], policy, shown, tmp_path)
    of_model = [each for each in rows[0]["evidence"] if each["kind"] == "word"]
    assert {each["label"] for each in of_model} == {"hate"}


def test_a_policy_without_a_predicted_label_is_refused(
    policy: Policy, release: Release, tmp_path: Path
) -> None:
    rest = tuple(label for label in policy.label_rules if label.id != "sexual")
    other = policy.model_copy(update={"label_rules": rest})
    other.__dict__.pop("labels", None)  # kept from before the copy
    with pytest.raises(PipelineError, match=r"lacks the labels sexual, which release"):
        run(["Kad tīrīs sniegu ielā?"], other, release, tmp_path)


def test_an_overlong_comment_is_marked(policy: Policy, release: Release, tmp_path: Path) -> None:
    text = "Kad beidzot tīrīs sniegu mūsu ielā, paldies. " * 40
    summary, rows = run([text], policy, release, tmp_path)
    assert summary.n_overlong == 1
    marks = [each for each in rows[0]["evidence"] if each["kind"] == "overlong"]
    assert [mark["detail"] for mark in marks] == [f"{len(text)} characters"]


def test_comments_without_author_or_time_are_counted_and_scored(
    policy: Policy, release: Release, tmp_path: Path
) -> None:
    texts = ["Kad tīrīs sniegu ielā?", "Когда уберут снег на улице?"]
    table = pq.read_table(write_comments(tmp_path / "some.parquet", texts), schema=COMMENT)
    known = pa.array(["a", None], COMMENT.field("author_key").type)
    at = table.column_names.index("author_key")
    comments = tmp_path / "comments.parquet"
    write_table(comments, table.set_column(at, COMMENT.field("author_key"), known))
    summary = score.run(SETTINGS, policy, comments, release, tmp_path)
    assert summary.n_scored == 2
    assert summary.n_without == {"author": 1, "time": 2}


def test_other_settings_or_comments_start_afresh_and_the_same_do_not(
    policy: Policy, release: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[int] = []
    plain = score.score_chunk

    def spy(*arguments: Any) -> pa.Table:
        calls.append(arguments[-1].num_rows)
        return plain(*arguments)

    monkeypatch.setattr(score, "score_chunk", spy)
    texts = ["Kad tīrīs sniegu?", "Paldies par slidotavu!", "Kur ir autobuss?"]
    done: list[int] = []
    comments = write_comments(tmp_path / "comments.parquet", texts)
    for expected, changes in (
        ([2, 1], {"chunk": 2}),
        ([], {"chunk": 2}),
        ([3], {"chunk": 3}),
        ([3], {"chunk": 3, "max_evidence_words": 1}),
    ):
        calls.clear()
        settings = SETTINGS.model_copy(update=changes)
        score.run(settings, policy, comments, release, tmp_path, done.append)
        assert calls == expected
    assert done == [2, 1, 2, 1, 3, 3]
    write_comments(tmp_path / "comments.parquet", [*texts, "Vēl viens jautājums par ielu"])
    score.run(settings, policy, comments, release, tmp_path)
    assert calls == [3, 3, 1]


def test_signals_fill_the_label_that_they_serve_and_stand_among_the_evidence(
    policy: Policy, release: Release, tmp_path: Path, phone: None
) -> None:
    texts = ["ielas sniegs nosist zvani kāpēc", "Kad tīrīs sniegu ielā?"]
    _, rows = run(texts, policy, release, tmp_path)
    assert rows[0]["prob_personal_data"] == pytest.approx(0.9)
    assert rows[1]["prob_personal_data"] == 0.0
    assert rows[0]["prob_disinformation"] is None
    shown = [each for each in rows[0]["evidence"] if each["label"] == "personal_data"]
    assert [(each["kind"], each["start"], each["detail"]) for each in shown] == [
        ("phone", 3, "2*** **12")
    ]
    assert {each["label"] for each in rows[0]["evidence"]} > {"personal_data"}
    labels = [each["label"] for each in rows[0]["evidence"]]
    assert labels == sorted(labels, key=labels.index), "the evidence of a label stands together"


def test_a_failed_detector_is_counted_and_says_nothing(
    policy: Policy, release: Release, tmp_path: Path, phone: None
) -> None:
    texts = ["Kad būs avārija novērsta?", "Kad tīrīs sniegu ielā?", "Kad būs avārija novērsta?"]
    summary, rows = run(texts, policy, release, tmp_path)
    assert summary.n_failed == {"phone": 2}
    assert [row["prob_personal_data"] for row in rows] == [None, 0.0, None]
    assert [row["not_assessed"] for row in rows] == [["phone"], [], ["phone"]]
    assert rows[0]["prob_abuse"] is not None
    assert not [each for each in rows[0]["evidence"] if each["label"] == "personal_data"]


def test_what_the_settings_call_public_is_no_personal_data(
    policy: Policy, release: Release, tmp_path: Path
) -> None:
    texts = ["Viņas telefons ir 29 444 001, zvaniet viņai"]
    _, rows = run(texts, policy, release, tmp_path)
    assert rows[0]["prob_personal_data"] > 0.5
    contacts = tmp_path / "contacts.yaml"
    contacts.write_text('phones: ["29444001"]\n', encoding="utf-8")
    _, rows = run(texts, policy, release, tmp_path, public_contacts=contacts)
    assert rows[0]["prob_personal_data"] == 0.0
    contacts.write_text("phone: []\n", encoding="utf-8")
    with pytest.raises(PipelineError, match="did you mean `phones`"):
        run(texts, policy, release, tmp_path, public_contacts=contacts)


def test_behaviour_across_the_night_raises_bot_and_is_remembered_for_the_window(
    policy: Policy, release: Release, tmp_path: Path
) -> None:
    now, rng = datetime.datetime.now(datetime.UTC), random.Random(6)
    empty: dict[str, Any] = dict.fromkeys(COMMENT.names)
    campaign = "Domes jaunais tilts ir naudas izšķērdēšana, pieprasām dokumentu publiskošanu"
    rows = [
        {
            **empty,
            "comment_id": str(at),
            "source": "site",
            "text": campaign if at < 6 else make_comment("lv", "", rng),
            "author_key": f"author-{at}",
            "created_at": now - datetime.timedelta(seconds=60 * at if at < 6 else 2000 * at),
        }
        for at in range(12)
    ]
    comments, window = tmp_path / "comments.parquet", tmp_path / "window.parquet"
    write_table(comments, pa.Table.from_pylist(rows, schema=COMMENT))
    tables = []
    for _ in range(2):
        score.run(SETTINGS, policy, comments, release, tmp_path, window=window)
        tables.append(pq.read_table(tmp_path / "scores.parquet").drop_columns("scored_at"))
    assert tables[0].equals(tables[1])
    scored = tables[0].to_pylist()
    for row in scored[:6]:
        assert row["prob_bot"] >= 0.5
        kinds = {each["kind"] for each in row["evidence"] if each["label"] == "bot"}
        assert "same_text" in kinds
    assert not any(each["kind"] == "same_text" for row in scored[6:] for each in row["evidence"])
    assert pq.read_table(window).num_rows == 12
    score.run(SETTINGS, policy, comments, release, tmp_path / "alone")
    assert not (tmp_path / "alone" / "window.parquet").exists()


def test_signals_move_the_probability_by_the_stack_of_the_release(
    policy: Policy, release: Release, tmp_path: Path
) -> None:
    text = "ielas sniegs zvani bit.ly/x kāpēc"
    stack = {"advertising": Stacked(1.0, 0.0, {"n_shortener": 2.0})}
    plain = type(release)(**{**vars(release), "stack": {}})
    stacked = type(release)(**{**vars(release), "stack": stack})
    _, (before,) = run([text], policy, plain, tmp_path / "before")
    _, (after,) = run([text], policy, stacked, tmp_path / "after")
    assert after["prob_advertising"] > before["prob_advertising"]
    assert after["logit_advertising"] == before["logit_advertising"]
    assert after["prob_insult"] == before["prob_insult"]
    odds = [row["prob_advertising"] / (1 - row["prob_advertising"]) for row in (before, after)]
    assert odds[1] / odds[0] == pytest.approx(np.exp(2.0), rel=1e-3)


def test_a_stack_of_unknown_features_is_refused(
    policy: Policy, release: Release, tmp_path: Path
) -> None:
    stack = {"advertising": Stacked(1.0, 0.0, {"moon": 2.0})}
    other = type(release)(**{**vars(release), "stack": stack})
    with pytest.raises(PipelineError, match=r"features that are not measured here: moon"):
        run(["Kad tīrīs sniegu ielā?"], policy, other, tmp_path)


def test_agitation_counts_less_outside_a_campaign_which_is_named_within(
    policy: Policy, release: Release, tmp_path: Path
) -> None:
    text = f"ielas {TELLING['agitation']['lv']} sniegs"
    times = [None, *(datetime.datetime(2026, month, 25, tzinfo=datetime.UTC) for month in (9, 11))]
    comments = write_comments(tmp_path / "comments.parquet", [text] * 3)
    table = pq.read_table(comments)
    column = pa.array(times, type=COMMENT.field("created_at").type)
    at = table.column_names.index("created_at")
    write_table(comments, table.set_column(at, COMMENT.field("created_at"), column))
    score.run(SETTINGS, policy, comments, release, tmp_path)
    rows = pq.read_table(tmp_path / "scores.parquet").to_pylist()
    undated, within, outside = (row["prob_agitation"] for row in rows)
    assert undated == within > 0.5 > 0
    assert outside < within
    marks = [
        [each["detail"] for each in row["evidence"] if each["kind"] == "campaign"] for row in rows
    ]
    assert marks == [[], ["saeima-2026"], []]
