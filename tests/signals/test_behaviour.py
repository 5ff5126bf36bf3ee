"""Coordination and automation become evidence about comments; ordinary people do not."""

import datetime
from typing import Any

import numpy as np
import pytest
from invented import MESSAGE, NOW, OTHER, START, ordinary, row, table, traces_of

from pipeline.core import paths
from pipeline.core.errors import PipelineError
from pipeline.signals.behaviour import Assessment, assess
from pipeline.signals.behaviour_model import load_model
from pipeline.signals.traces import read_traces, trace_table

MODEL = load_model(paths.BEHAVIOUR)
HOUR = 3_600.0


def say(rows: list[Any]) -> Assessment:
    return assess(traces_of(rows), len(rows), MODEL)


def kinds(found: Assessment, at: int) -> set[str]:
    return {each.kind for each in found.findings.get(at, ())}


def campaign(n: int = 7, minutes: float = 12.0, text: str = MESSAGE) -> list[Any]:
    gap = minutes * 60 / max(n - 1, 1)
    return [row(10_000 + k, text, f"profile-{k}", 5 * HOUR + k * gap) for k in range(n)]


@pytest.mark.parametrize("text", [MESSAGE, OTHER])
def test_the_same_text_from_many_profiles_at_once_is_evidence(text: str) -> None:
    rows = campaign(text=text) + ordinary()
    found = say(rows)
    assert (found.probs[:7] >= 0.5).all()
    first = found.findings[0][0]
    assert (first.label, first.kind) == ("bot", "same_text")
    assert (first.detail or "").startswith("comments=7 profiles=7 seconds=720 group=")
    assert len({found.findings[at][0].detail for at in range(7)}) == 1
    assert not (found.probs[7:] >= 0.5).any()


def test_ordinary_comments_are_no_evidence() -> None:
    found = say(ordinary(800))
    assert found.findings == {}
    assert np.isnan(found.probs).all()


@pytest.mark.parametrize("text", ["Paldies!", "Apsveicu!", "Спасибо!", "👏👏👏", "Доброе утро!"])
def test_common_short_texts_are_no_evidence(text: str) -> None:
    found = say(campaign(40, text=text) + ordinary())
    assert found.findings == {}


def test_a_saying_that_comes_up_now_and_then_is_weaker_than_a_burst() -> None:
    saying = [row(k, MESSAGE, f"p{k}", k * 7 * HOUR) for k in range(4)]
    burst = [row(k, MESSAGE, f"p{k}", 5 * HOUR + k * 30) for k in range(4)]
    slow, quick = say(saying + ordinary()), say(burst + ordinary())
    assert np.nan_to_num(slow.probs[:4]).max() < 0.5 <= quick.probs[:4].min()


def test_one_profile_that_repeats_itself_is_told_as_such_and_stays_below_review() -> None:
    rows = [row(k, MESSAGE, "one", 5 * HOUR + 700.0 * k) for k in (0, 1, 3, 4, 9, 11)]
    found = say(rows + ordinary())
    assert kinds(found, 0) == {"repeats"}
    assert (found.findings[0][0].detail or "").startswith("comments=6 seconds=")
    assert found.probs[:6].max() < 0.5


def test_even_gaps_are_evidence_and_uneven_ones_are_not() -> None:
    rows = ordinary()
    even = [row(9_000 + k, f"{rows[k]['text']} ziņa", "even", HOUR + 61.0 * k) for k in range(40)]
    rng = np.random.default_rng(4)
    times = HOUR + np.cumsum(rng.exponential(61.0, 40))
    uneven = [row(9_500 + k, rows[k]["text"], "uneven", float(times[k])) for k in range(40)]
    found = say(even + uneven + rows)
    assert all("even_gaps" in kinds(found, at) for at in range(40))
    details = [each.detail for each in found.findings[0] if each.kind == "even_gaps"]
    assert details == ["every=61 comments=40 seconds=2379"]
    assert not any("even_gaps" in kinds(found, at) for at in range(40, len(found.probs)))


def test_several_profiles_in_one_second_are_evidence() -> None:
    rows = ordinary()
    same = [row(9_000 + k, rows[k]["text"] + " tā", f"s{k}", 7 * HOUR) for k in range(4)]
    found = say(same + rows)
    assert all("same_second" in kinds(found, at) for at in range(4))
    assert not any("same_second" in kinds(found, at) for at in range(4, len(found.probs)))


def test_answers_faster_than_reading_are_evidence() -> None:
    rows = ordinary()
    answers = [
        row(9_000 + k, rows[k]["text"] + " tā", "fast", None, parent_id=rows[k]["comment_id"])
        for k in range(20, 26)
    ]
    for answer, k in zip(answers, range(20, 26), strict=True):
        answer["created_at"] = rows[k]["created_at"] + datetime.timedelta(seconds=2)
    found = say(answers + rows)
    assert all("fast_replies" in kinds(found, at) for at in range(6))


def without(rows: list[Any], column: str) -> list[Any]:
    return [{**each, column: None} for each in rows]


def test_without_authors_the_same_text_is_still_seen() -> None:
    found = say(without(campaign(14) + ordinary(), "author_key"))
    assert found.n_without_author == 414
    assert (found.probs[:14] >= 0.5).all()
    assert "profiles=" not in (found.findings[0][0].detail or "")
    assert not (found.probs[14:] >= 0.5).any()


def test_without_times_the_same_text_from_many_profiles_is_still_seen() -> None:
    found = say(without(campaign(30) + ordinary(), "created_at"))
    assert found.n_without_time == 430
    assert (found.probs[:30] >= 0.5).all()
    assert "seconds=" not in (found.findings[0][0].detail or "")


def test_without_both_nothing_is_claimed_of_ordinary_comments() -> None:
    rows = without(without(ordinary(), "author_key"), "created_at")
    assert say(rows).findings == {}
    assert say([]).findings == {}


@pytest.mark.parametrize(
    "moment",
    [
        datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC),
        datetime.datetime(2099, 1, 1, tzinfo=datetime.UTC),
    ],
)
def test_impossible_dates_are_no_time_and_break_nothing(moment: datetime.datetime) -> None:
    broken = [{**each, "created_at": moment} for each in ordinary(60, seed=9)]
    rows = campaign() + ordinary() + broken
    found = say(rows)
    assert found.n_without_time == 60
    assert (found.probs[:7] >= 0.5).all()
    assert not (found.probs[7:] >= 0.5).any()


def test_a_clock_that_jumps_breaks_nothing() -> None:
    rows = campaign() + ordinary()
    for at in range(100, 300):
        rows[at]["created_at"] -= datetime.timedelta(hours=1)
    found = say(rows)
    assert (found.probs[:7] >= 0.5).all()
    assert not (found.probs[7:] >= 0.5).any()


def test_dates_without_a_time_of_day_are_no_coincidence() -> None:
    rows = ordinary()
    for each in rows:
        each["created_at"] = each["created_at"].replace(hour=0, minute=0, second=0, microsecond=0)
    assert say(rows).findings == {}


def test_an_author_of_half_of_all_comments_is_not_evidence_by_number() -> None:
    rows = ordinary(600, hours=12.0)
    for each in rows[::2]:
        each["author_key"] = "busy"
    found = say(campaign() + rows)
    assert (found.probs[:7] >= 0.5).all()
    assert not (found.probs[7:] >= 0.5).any()


def test_a_campaign_that_is_most_of_the_night_does_not_hide_itself() -> None:
    found = say(campaign(200) + ordinary(60))
    assert (found.probs[:200] >= 0.5).all()
    assert not (found.probs[200:] >= 0.5).any()


def test_the_window_before_makes_tonight_evidence_and_is_not_judged_itself() -> None:
    before = campaign(6)
    tonight = [row(1, MESSAGE, "late", 6 * HOUR), *ordinary()]
    alone = say(tonight)
    assert np.isnan(alone.probs[0])
    together = assess(traces_of(tonight + before), len(tonight), MODEL)
    assert together.probs[0] >= 0.5
    assert len(together.probs) == len(tonight)
    assert max(together.findings) < len(tonight)


def test_more_profiles_are_never_weaker_evidence() -> None:
    tops = [np.nanmax(say(campaign(n, 12) + ordinary()).probs) for n in (3, 5, 8, 20)]
    assert tops == sorted(tops)


def test_evidence_names_no_author_and_no_text() -> None:
    found = say(campaign() + ordinary())
    for each in (each for findings in found.findings.values() for each in findings):
        told = f"{each.kind} {each.detail}"
        assert "profile-" not in told
        assert not set(MESSAGE.split()) & set(told.split())


def test_a_model_file_that_is_absent_or_damaged_says_what_to_do(tmp_path: Any) -> None:
    for place, text in (("none.json", None), ("bad.json", "{"), ("empty.json", "{}")):
        if text is not None:
            (tmp_path / place).write_text(text, encoding="utf-8")
        with pytest.raises(PipelineError, match=r"saruna behaviour|again"):
            load_model(tmp_path / place)


def test_traces_hold_no_text_and_no_name() -> None:
    kept = trace_table(table(campaign()), NOW)
    assert "text" not in kept.column_names
    plain = str(kept.to_pylist())
    assert "tilts" not in plain
    assert read_traces(kept, NOW).seconds[0] == START.timestamp() + 5 * HOUR


def test_vectors_of_another_release_are_not_judged_and_the_next_step_is_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert MODEL.knows_vectors_of(MODEL.vectors_of)
    assert not caplog.records
    assert not MODEL.knows_vectors_of("another")
    assert "saruna behaviour --meaning" in caplog.text
    assert "another" in caplog.text
