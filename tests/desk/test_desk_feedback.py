"""Reviews become rows for training: masked, weighed, with every opinion, the same every time."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from desk_rows import make_row
from django.utils import timezone

from pipeline.core.settings import Settings
from pipeline.core.tables import COMMENT, FEEDBACK, write_table
from pipeline.desk.models import BlindReview, Case, Review
from pipeline.desk.queue import OpinionRow, write_cases
from pipeline.signals.behaviour_window import update_window
from pipeline.signals.traces import trace_table
from pipeline.sources.reviewed import FILE as REVIEWS
from pipeline.stages import feedback
from pipeline.stages.feedback import soft_labels

SECRET = b"k" * 32
PHONE = "Zvani kaimiņienei Ilzei Kalniņai 26123456, viņa visu zina"


def judge(case: Case, user: Any, verdict: str = "no_violation", **fields: Any) -> Review:
    earlier = timezone.now() - timedelta(hours=1)  # Verdicts of the last minutes may be undone.
    values = {"settled_at": earlier, "seconds": 9} | fields
    return Review.objects.create(case=case, moderator=user, verdict=verdict, **values)


def put(comment_id: str, text: str = "Nu tev gan smadzenes", **fields: Any) -> Case:
    write_cases([make_row(comment_id, text, **fields)])
    return Case.objects.get(comment_id=comment_id)


def collect(out: Path, **options: Any) -> tuple[feedback.Summary, list[dict[str, Any]]]:
    summary = feedback.run(Settings(), out, secret=SECRET, **options)
    table = pq.read_table(out / REVIEWS)
    assert table.schema.equals(FEEDBACK)
    return summary, table.to_pylist()


def test_a_review_becomes_a_row_and_running_again_changes_nothing(
    anna: Any, case: Case, tmp_path: Path
) -> None:
    judge(case, anna, "violation", labels=["insult"], action="delete")
    summary, (row,) = collect(tmp_path)
    assert (summary.n_rows, summary.n_new, summary.n_changed) == (1, 1, 0)
    assert (row["shown"], row["labels"], row["action"]) == ("review", ["insult"], "delete")
    assert (row["soft_insult"], row["soft_abuse"], row["soft_threat"]) == (1, 1, 0)
    assert (row["inclusion_weight"], row["model_version"]) == (1, "v1")
    written = (tmp_path / REVIEWS).read_bytes()
    summary, _ = collect(tmp_path)
    assert (summary.n_rows, summary.n_new, summary.n_changed) == (1, 0, 0)
    assert (tmp_path / REVIEWS).read_bytes() == written


def test_personal_data_and_the_names_of_moderators_stay_out(anna: Any, tmp_path: Path) -> None:
    judge(put("c1", PHONE), anna, "violation", labels=["personal_data"])
    summary, (row,) = collect(tmp_path)
    assert "26123456" not in row["text"]
    assert "***" in row["text"]
    assert summary.n_masked == 1
    assert row["soft_abuse"] == 0
    assert row["people"] != [str(anna.pk)]
    assert len(row["people"][0]) == 16
    assert "anna" not in str(row)


def test_an_audited_comment_stands_for_all_that_might_have_been_drawn(
    anna: Any, tmp_path: Path
) -> None:
    for name in ("c1", "c2"):
        judge(put(name, f"Paldies {name}", band="audit", is_audit_sample=True), anna)
    decisions = {
        "source": ["facebook"],
        "comment_id": ["c1"],
        "is_audit_sample": [True],
        "inclusion_probability": [0.04],
    }
    write_table(tmp_path / "nights" / "monday" / "decisions.parquet", pa.table(decisions))
    summary, rows = collect(tmp_path, nights=tmp_path / "nights")
    # The night of c2 is gone: the share that the settings name stands in.
    assert [row["inclusion_weight"] for row in rows] == pytest.approx([25, 100])
    assert summary.shown == {"audit": 2}


def test_a_picked_comment_says_so_and_stands_for_itself_alone(anna: Any, tmp_path: Path) -> None:
    judge(put("c1", "Paldies", band="audit", is_audit_sample=False), anna)
    _, (row,) = collect(tmp_path)
    assert (row["shown"], row["inclusion_weight"]) == ("picked", 1)


def test_people_who_differ_leave_soft_labels(
    anna: Any, boris: Any, case: Case, tmp_path: Path
) -> None:
    # Boris declined the block that Anna wanted; the second verdict of Anna then took effect.
    declined = {"second_reviewer": boris, "second_outcome": "declined"}
    judge(case, anna, "violation", labels=["insult"], settled_at=None, **declined)
    judge(case, anna, "violation", labels=["insult", "threat"])
    summary, (row,) = collect(tmp_path)
    assert (row["soft_insult"], row["soft_threat"], row["soft_hate"]) == (0.5, 0.5, 0)
    assert len(row["people"]) == 2
    assert summary.n_disputed == 1


def test_a_blind_judgement_counts_as_one_more_opinion(
    anna: Any, boris: Any, person: Callable[..., Any], case: Case, tmp_path: Path
) -> None:
    judge(case, anna, "violation", labels=["insult"])
    for user in (boris, person("vera", "ogre")):
        says = {"verdict": "violation", "labels": ["insult"]} if user == boris else {}
        values = {"verdict": "no_violation", "labels": [], "purpose": "double"} | says
        BlindReview.objects.create(case=case, moderator=user, seconds=5, **values)
    _, (row,) = collect(tmp_path)
    assert row["soft_insult"] == pytest.approx(2 / 3, abs=1e-3)
    assert (row["n_blind"], len(row["people"])) == (2, 3)


def test_a_verdict_that_can_still_be_undone_waits(anna: Any, case: Case, tmp_path: Path) -> None:
    judge(case, anna, settled_at=timezone.now())
    summary, rows = collect(tmp_path)
    assert (rows, summary.n_unknown) == ([], 0)


def test_an_erased_author_goes_and_does_not_come_back(anna: Any, tmp_path: Path) -> None:
    for name, author in (("c1", "author-one"), ("c2", "author-two"), ("c3", "")):
        comment = {"author_key": author}
        judge(put(name, f"Paldies {name}", comment=comment), anna)
    collect(tmp_path)
    summary, rows = collect(tmp_path, erase=["author-one"])
    assert (summary.n_erased, [row["comment_id"] for row in rows]) == (1, ["c2", "c3"])
    assert [row["comment_id"] for row in collect(tmp_path)[1]] == ["c2", "c3"]
    assert "author-one" not in (tmp_path / feedback.ERASED).read_text(encoding="utf-8")


def test_traces_of_an_erased_author_go_from_the_window_too(anna: Any, tmp_path: Path) -> None:
    now = timezone.now()
    rows = [
        {
            **dict.fromkeys(COMMENT.names),
            **{"comment_id": name, "source": "site", "text": f"Paldies {name}"},
            **{"author_key": author, "created_at": now},
        }
        for name, author in (("c1", "author-one"), ("c2", "author-two"))
    ]
    window = tmp_path / "window.parquet"
    update_window(window, trace_table(pa.Table.from_pylist(rows, schema=COMMENT), now), now, 30)
    summary, _ = collect(tmp_path, erase=["author-one"], window=window)
    assert summary.n_traces_erased == 1
    assert pq.read_table(window).column("author_key").to_pylist() == ["author-two"]
    assert collect(tmp_path, window=window)[0].n_traces_erased == 0


def test_old_rows_expire(anna: Any, case: Case, tmp_path: Path) -> None:
    judge(case, anna)
    late = timezone.now() + timedelta(days=731)
    summary, rows = collect(tmp_path, now=late)
    assert (summary.n_expired, rows) == (1, [])


def test_a_verdict_on_a_comment_that_is_gone_is_counted_not_learned(
    anna: Any, case: Case, tmp_path: Path
) -> None:
    judge(case, anna)
    case.comments.all().delete()
    summary, rows = collect(tmp_path)
    assert (summary.n_unknown, rows) == (1, [])


def test_rows_outlive_their_case_at_the_desk(anna: Any, case: Case, tmp_path: Path) -> None:
    judge(case, anna)
    _, before = collect(tmp_path)
    case.delete()
    assert collect(tmp_path)[1] == before


def test_a_violation_without_a_label_says_nothing_about_labels() -> None:
    opinion: Callable[..., OpinionRow] = lambda says, *labels: OpinionRow(  # noqa: E731
        source="s", comment_id="c", person_id=1, is_violation=says, labels=labels
    )
    assert set(soft_labels([opinion(True)]).values()) == {None}
    assert soft_labels([opinion(True, "hate"), opinion(False)])["abuse"] == 0.5


def test_a_verdict_on_a_comment_that_nobody_knows_is_rejected_with_its_reason(
    anna: Any, case: Case, tmp_path: Path
) -> None:
    gone = put("gone", "Paldies par celiņu")
    judge(case, anna)
    judge(gone, anna, "violation", labels=["insult"])
    gone.comments.all().delete()
    summary, (row,) = collect(tmp_path)
    assert (row["comment_id"], summary.n_rows, summary.n_unknown) == (case.comment_id, 1, 1)
    written = (tmp_path / feedback.REJECTS).read_text(encoding="utf-8")
    assert json.loads(written) == [
        {"source": gone.source, "comment_id": "gone", "reason": feedback.UNKNOWN}
    ]
    assert "Paldies" not in written
