"""The report says what was promised, what is left and what was missed, and holds no comment."""

import json
import shutil
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from test_route import NIGHT, POLICY, RELEASE, comment, decisions_in, scored, write_night

from pipeline.core.errors import PipelineError
from pipeline.core.settings import Capacity, ReportSettings, RouteSettings
from pipeline.core.tables import PICK, write_table
from pipeline.desk.rows import ReviewRow
from pipeline.model.thresholds import Promise
from pipeline.routing.baseline import FILE
from pipeline.routing.picks import PICKS
from pipeline.stages import report, route

SECRET = "Slepens komentārs par kaimiņu"
PROMISE = Promise(
    sentence="miss at most 10 % of violations with 95 % confidence",
    kind="miss",
    subject="violations",
    lang="lv",
    outcome="yields",
    n=160,
    k=40,
    share=0.1,
    bound=0.31,
    confidence=0.95,
    labels_missing=12,
)
SETTINGS = ReportSettings(baseline_nights=5)
BOTH = (PROMISE, replace(PROMISE, sentence="criticism flagged <= 3 %", outcome="kept"))


def night(
    folder: Path, days: int = 0, *, settings: RouteSettings | None = None, lang: str = "lv"
) -> Path:
    """Route a night of 40 comments, 10 of them insults, into a folder."""
    folder.mkdir(parents=True)
    name = folder.name
    rows = [scored(f"{name}-{at}", insult=0.6 if at < 10 else 0.1) for at in range(40)]
    rows = [{**row, "lang": lang} for row in rows]
    rows[39] = {**rows[39], "not_assessed": ["personal_data", "promotion"]}
    when = NIGHT + timedelta(days=days)
    comments = [
        comment(row["comment_id"], f"{SECRET} {at}", created_at=when) for at, row in enumerate(rows)
    ]
    files = write_night(folder, comments, rows)
    chosen = settings or RouteSettings(audit_share=0.5)
    route.run(chosen, POLICY, *files, replace(RELEASE, promises=BOTH), folder)
    return folder


def review(comment_id: str, *, violates: bool, **fields: Any) -> ReviewRow:
    values: dict[str, Any] = {
        "review_id": 1,
        "source": "site",
        "comment_id": comment_id,
        "institution": "ogre",
        "channel": "site",
        "thread_id": "",
        "author_key": "",
        "created_at": NIGHT,
        "text": SECRET,
        "lang": "lv",
        "n_comments": 1,
        "model_version": "v1",
        "threshold_version": "t1",
        "band": "review",
        "is_audit_sample": False,
        "top_label": "",
        "probs": {},
        "is_violation": violates,
        "labels": (),
        "clauses": ("8.1",) if violates else (),
        "action": "none",
        "seconds": 3,
        "was_escalated": False,
        "moderator_id": 1,
        "second_reviewer_id": None,
        "settled_at": NIGHT,
    }
    return ReviewRow(**{**values, **fields})


def told(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    return found


class Checker(HTMLParser):
    """Collects what the page refers to, and holds it to closing what it opens."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("src", "href")]
        if tag not in ("meta", "path", "rect", "circle", "polyline"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self.open:
            assert self.open.pop() == tag


def test_the_report_is_whole_in_three_forms_and_holds_no_text(tmp_path: Path) -> None:
    limits = {"ogre": Capacity(moderators=1, items_per_day=8)}
    folder = night(tmp_path / "a", settings=RouteSettings(audit_share=0.5, capacity=limits))
    summary = report.run(SETTINGS, POLICY, folder, tmp_path, [])
    assert (summary.n_comments, summary.n_proposed) == (40, 8)
    assert (summary.promises_kept, summary.promises_broken) == (1, 1)
    assert summary.n_failed == {"personal_data": 1, "promotion": 1}
    assert told(folder)["workloads"][0]["expected_left"][2] > 0
    files = {name: (folder / f"report.{name}").read_text(encoding="utf-8") for name in FORMS}
    for written in files.values():
        assert "Slepens" not in written
        assert "miss at most 10 % of violations with 95 % confidence" in written
    page = Checker()
    page.feed(files["html"])
    assert page.open == []
    assert page.links == []
    assert page.tags.count("polyline") == 5
    assert page.tags.count("rect") == 20
    assert "yields to an earlier sentence" in files["txt"]
    assert "personal_data  1" in files["txt"]
    curves = told(folder)["workloads"][0]["curves"]
    assert {curve["order"] for curve in curves} >= {"harm", "uncertainty"}


FORMS = ("json", "html", "txt")


def test_the_report_is_the_same_on_every_run(tmp_path: Path) -> None:
    folder = night(tmp_path / "a")
    written = []
    for _ in range(2):
        report.run(SETTINGS, POLICY, folder, tmp_path, [])
        written.append([(folder / f"report.{name}").read_bytes() for name in FORMS])
    assert written[0] == written[1]


def test_what_was_missed_is_measured_by_language_and_clause(tmp_path: Path) -> None:
    folder = night(tmp_path / "a")
    rows = decisions_in(folder)
    audited = [row["comment_id"] for row in rows if row["is_audit_sample"]]
    proposed = [
        row["comment_id"] for row in rows if row["is_proposed"] and not row["is_audit_sample"]
    ]
    assert report.run(SETTINGS, POLICY, folder, tmp_path, []).miss_rate is None
    reviews = [review(name, violates=at < 2) for at, name in enumerate(audited)]
    reviews += [review(name, violates=name != "a-39") for name in proposed]
    summary = report.run(SETTINGS, POLICY, folder, tmp_path, reviews)
    assert summary.n_audited == len(audited) == 14
    # Two of 14 stand for four of 29; ten were found.
    assert summary.miss_rate is not None
    estimate, low, high = summary.miss_rate
    assert estimate == pytest.approx(2 * 29 / 14.5 / (2 * 29 / 14.5 + 10), abs=0.001)
    assert low < estimate < high < 0.7
    (clause,) = told(folder)["audit"]["clauses"]
    assert (clause["name"], clause["n_violations"], clause["n_found"]) == ("8.1", 2, 10)


def test_earlier_nights_add_to_the_audit_and_show_drift(tmp_path: Path) -> None:
    first, second, later = (night(tmp_path / name, at) for at, name in enumerate("abc"))
    drawn = [
        row["comment_id"]
        for folder in (first, second)
        for row in decisions_in(folder)
        if row["is_audit_sample"]
    ]
    reviews = [review(name, violates=False) for name in drawn]
    summary = report.run(SETTINGS, POLICY, second, tmp_path, reviews)
    assert summary.n_audited == len(drawn)
    found = told(second)
    assert found["n_nights_before"] == 1
    assert {each["what"] for each in found["drift"]} == {
        *("languages", "length lv", "scores lv", "meaning lv")
    }
    assert summary.drifted == ()
    report.run(SETTINGS, POLICY, later, None, [])
    assert told(later)["n_nights_before"] == 0


def test_a_shift_is_told_with_what_to_do_and_the_baseline_outlives_its_nights(
    tmp_path: Path,
) -> None:
    nights = [night(tmp_path / f"night-{at}", at) for at in range(7)]
    (nights[0] / "comments.parquet").rename(tmp_path / "away")
    report.run(SETTINGS, POLICY, nights[3], tmp_path, [])
    assert told(nights[3])["n_baseline"] == 2
    (tmp_path / "away").rename(nights[0] / "comments.parquet")
    for folder in nights[:6]:
        assert report.run(SETTINGS, POLICY, folder, tmp_path, []).drifted == ()
    assert told(nights[3])["n_baseline"] == 3
    assert (tmp_path / FILE).is_file()
    for folder in nights[:4]:
        shutil.rmtree(folder)
    shifted = night(tmp_path / "shifted", 9, lang="ru")
    summary = report.run(SETTINGS, POLICY, shifted, tmp_path, [])
    found = told(shifted)
    assert (found["n_baseline"], summary.drifted) == (5, ("languages",))
    (alarm,) = found["alarms"]
    assert alarm["seen"] == "lv 0% of comments, 100% before"
    for name in FORMS:
        written = (shifted / f"report.{name}").read_text(encoding="utf-8")
        assert "See whether a source is missing or new" in written
    # What people call the new usual is no shift any more.
    later = ReportSettings(baseline_nights=5, baseline_from=NIGHT.date() + timedelta(days=9))
    assert report.run(later, POLICY, shifted, tmp_path, []).drifted == ()
    assert told(shifted)["n_baseline"] == 0


def test_the_baseline_is_that_of_the_release_that_scored(tmp_path: Path) -> None:
    for at in range(3):
        night(tmp_path / f"night-{at}", at)
    for at in range(3):
        account = tmp_path / f"night-{at}" / "route.json"
        raw = json.loads(account.read_text(encoding="utf-8"))
        account.write_text(json.dumps({**raw, "model_version": "older"}), encoding="utf-8")
    last = night(tmp_path / "last", 8)
    report.run(SETTINGS, POLICY, last, tmp_path, [])
    assert (told(last)["n_nights_before"], told(last)["n_baseline"]) == (3, 0)


def test_more_misses_than_before_raise_an_alarm(tmp_path: Path) -> None:
    nights = [night(tmp_path / f"night-{at}", at) for at in (0, 10, 40)]
    drawn = [
        [row["comment_id"] for row in decisions_in(folder) if row["is_audit_sample"]]
        for folder in nights
    ]
    reviews = [review(name, violates=False) for name in (*drawn[0], *drawn[1])]
    late = [review(name, violates=at < 8) for at, name in enumerate(drawn[2])]
    assert report.run(SETTINGS, POLICY, nights[1], tmp_path, reviews).drifted == ()
    summary = report.run(SETTINGS, POLICY, nights[2], tmp_path, [*reviews, *late])
    assert summary.drifted == ("audit",)
    now, before = told(nights[2])["periods"]
    assert (now["n_violations"], before["n_violations"]) == (8, 0)
    assert before["n_judged"] == len(drawn[0]) + len(drawn[1])
    assert now["share"][1] < 8 / len(drawn[2]) < now["share"][2]
    assert told(nights[2])["alarms"][0]["seen"] == (
        f"8 of {len(drawn[2])} audited comments break a rule"
    )


def pick(folder: Path, reasons: dict[str, str]) -> None:
    rows = [
        {"source": "site", "comment_id": name, "institution": "ogre", "reason": reason}
        for name, reason in reasons.items()
    ]
    write_table(folder / PICKS, pa.Table.from_pylist(rows, PICK))


def left_in(folder: Path) -> list[str]:
    """Return the comments of a night that nobody would look at."""
    return [
        row["comment_id"]
        for row in decisions_in(folder)
        if not row["is_proposed"] and not row["is_audit_sample"]
    ]


def test_what_picks_found_is_counted_over_all_nights_and_by_reason(tmp_path: Path) -> None:
    nights = first, second = [night(tmp_path / name, at) for at, name in enumerate("ab")]
    near, nearer, odd, waiting = left_in(first)[:4]
    (late, *_) = left_in(second)
    pick(first, {near: "near_miss", nearer: "near_miss", odd: "diverse", waiting: "diverse"})
    pick(second, {late: "near_miss"})
    verdicts = {near: True, nearer: False, odd: False, late: True, left_in(second)[1]: True}
    reviews = [review(name, violates=violates) for name, violates in verdicts.items()]
    summary = report.run(SETTINGS, POLICY, second, tmp_path, reviews)
    assert (summary.n_picked, summary.found_by_picks) == (5, (2, 4))
    assert [tuple(each.values())[:4] for each in told(second)["picks"]] == [
        *(("all", 5, 4, 2), ("near_miss", 3, 3, 2), ("diverse", 2, 1, 0))
    ]
    _, low, high = told(second)["picks"][0]["share"]
    # Clopper and Pearson for 2 of 4.
    assert (low, high) == (pytest.approx(0.0676, abs=1e-4), pytest.approx(0.9324, abs=1e-4))
    for name in ("html", "txt"):
        assert "near miss" in (second / f"report.{name}").read_text(encoding="utf-8")
    # The audit measures what a draw found: picks are none of it.
    assert summary.n_audited == 0
    assert report.run(SETTINGS, POLICY, nights[0], tmp_path, reviews).found_by_picks == (1, 3)


def test_a_pick_that_was_drawn_or_proposed_is_not_counted_twice(tmp_path: Path) -> None:
    folder = night(tmp_path / "a")
    (drawn, *_) = [row["comment_id"] for row in decisions_in(folder) if row["is_audit_sample"]]
    pick(folder, {drawn: "diverse", "a-0": "near_miss"})
    summary = report.run(SETTINGS, POLICY, folder, tmp_path, [review(drawn, violates=True)])
    assert (summary.n_picked, summary.found_by_picks) == (0, None)
    assert told(folder)["picks"] == []
    assert "Nothing was picked." in (folder / "report.txt").read_text(encoding="utf-8")


def test_a_folder_that_was_not_routed_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PipelineError, match=r"route\.json: not found\nRun `saruna route`"):
        report.run(SETTINGS, POLICY, tmp_path, tmp_path, [])
