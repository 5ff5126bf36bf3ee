"""The door for the stages: writing cases, reading reviews."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from desk_rows import NOON, make_row
from django.db import connection

from pipeline.core.errors import PipelineError
from pipeline.desk.following import neighbours, next_case
from pipeline.desk.listing import QueueFilter, ranked
from pipeline.desk.models import Band, Case, CaseComment, Institution, Review, Status
from pipeline.desk.queue import CaseRow, CommentRow, Written, read_reviews, write_cases

Rows = Callable[..., CaseRow]
LATER = NOON + timedelta(days=1)


def snapshot() -> tuple[list[Any], list[Any]]:
    return list(Case.objects.order_by("pk").values()), list(
        CaseComment.objects.order_by("pk").values()
    )


def test_writing_twice_changes_nothing(db: None, row: Rows) -> None:
    rows = [row(f"c{n}", copies=(f"c{n}-a", f"c{n}-b")) for n in range(7)]
    assert write_cases(rows, chunk=4) == Written(n_new=7)
    before = snapshot()
    assert write_cases(rows, chunk=4) == Written(n_unchanged=7)
    assert snapshot() == before


def test_a_comment_given_twice_in_one_go_becomes_one_case(db: None, row: Rows) -> None:
    assert write_cases([row("c1"), row("c1")]) == Written(n_new=1, n_unchanged=1)


def test_same_id_from_another_source_is_another_comment(db: None, row: Rows) -> None:
    assert write_cases([row("c1"), row("c1", source="youtube")]) == Written(n_new=2)


@pytest.mark.parametrize(
    ("version", "scored_at", "expected"),
    [
        ("v1", LATER, Written(n_unchanged=1)),
        ("v2", LATER, Written(n_updated=1)),
        ("v2", NOON - timedelta(days=1), Written(n_unchanged=1)),
    ],
)
def test_open_case_takes_over_scores_of_a_newer_model_version(
    case: Case, row: Rows, version: str, scored_at: Any, expected: Written
) -> None:
    again = row(model_version=version, scored_at=scored_at, band="priority", rank_score=0.9)
    assert write_cases([again]) == expected
    case.refresh_from_db()
    assert Case.objects.count() == 1
    assert (case.band == Band.PRIORITY) == bool(expected.n_updated)
    assert (case.model_version == "v2") == bool(expected.n_updated)


@pytest.mark.parametrize("status", [Status.DECIDED, Status.ESCALATED, Status.AWAITING])
def test_case_in_human_hands_is_never_touched(case: Case, row: Rows, status: Status) -> None:
    Case.objects.update(status=status)
    before = snapshot()
    assert write_cases([row(model_version="v2", scored_at=LATER)]) == Written(n_unchanged=1)
    assert snapshot() == before


def test_late_copies_join_their_open_case(case: Case, row: Rows) -> None:
    assert write_cases([row("c1", copies=("c2", "c3"))]) == Written(n_updated=1)
    case.refresh_from_db()
    assert case.n_comments == 3
    assert list(case.comments.order_by("position").values_list("comment_id", flat=True)) == [
        "c1",
        "c2",
        "c3",
    ]


def test_copies_of_a_decided_case_become_a_case_of_their_own(
    case: Case, row: Rows, evidence: Callable[..., Any]
) -> None:
    Case.objects.update(status=Status.DECIDED)
    text = "Muļķi tur sēž"
    assert write_cases(
        [row("c1", text, copies=("c2",), evidence=(evidence(text, "Muļķi"),))]
    ) == Written(n_new=1)
    new = Case.objects.get(status=Status.OPEN)
    assert (new.comment_id, new.n_comments) == ("c2", 1)
    # The offsets were about another comment's text.
    assert [(piece["start"], piece["end"]) for piece in new.evidence] == [(None, None)]


def test_a_comment_stands_in_one_case_at_most(db: None, row: Rows) -> None:
    write_cases([row("c1", copies=("c2",))])
    assert write_cases([row("c2", copies=("c1", "c3"))]) == Written(n_updated=1)
    assert CaseComment.objects.count() == 3
    assert Case.objects.count() == 1


def test_unknown_institution_is_made_so_that_its_cases_are_seen(db: None, row: Rows) -> None:
    write_cases([row(institution="sporta-centrs")])
    assert Institution.objects.get().code == "sporta-centrs"


def test_run_cut_short_leaves_whole_chunks_and_is_completed_by_the_next(
    transactional_db: None, row: Rows
) -> None:
    rows = [row(f"c{n}") for n in range(10)]

    def cut_short() -> Iterator[CaseRow]:
        yield from rows[:7]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_cases(cut_short(), chunk=3)
    assert Case.objects.count() == 6
    assert write_cases(rows, chunk=3) == Written(n_new=4, n_unchanged=6)


def test_all_bad_rows_are_named_at_once_and_nothing_of_the_chunk_is_written(
    db: None, row: Rows
) -> None:
    naive = NOON.replace(tzinfo=None)
    rows = [
        row("good"),
        row("nan", rank_score=float("nan")),
        row("naive", scored_at=naive),
        row("band", band="clear"),
        row("bad\x00id"),
    ]
    with pytest.raises(PipelineError) as caught:
        write_cases(rows)
    for expected in ("facebook/nan: rank_score", "facebook/naive: a time", 'band "clear"', "keeps"):
        assert expected in caught.value.message
    assert "saruna route" in caught.value.hint
    assert not Case.objects.exists()


@pytest.mark.parametrize("text", ["nulle \x00 vidū", "puse \ud83d no emocijzīmes", "日本 🇱🇻 ātri"])
def test_any_text_is_stored_with_its_offsets_kept(db: None, row: Rows, text: str) -> None:
    write_cases([row(text=text)])
    stored = CaseComment.objects.get().text
    assert len(stored) == len(text)
    assert stored.split()[-1] == text.split()[-1]


def test_group_larger_than_a_query_can_name_is_written(db: None, row: Rows) -> None:
    big = row("c0", copies=tuple(f"c{n}" for n in range(1, 1201)))
    assert write_cases([big]) == Written(n_new=1)
    assert write_cases([big]) == Written(n_unchanged=1)
    assert CaseComment.objects.count() == 1201


def test_thousand_cases_take_few_queries(
    db: None, row: Rows, django_assert_max_num_queries: Any
) -> None:
    rows = [row(f"c{n}") for n in range(1000)]
    with django_assert_max_num_queries(120):
        write_cases(rows)
    with django_assert_max_num_queries(20):
        write_cases(rows)


def test_locked_database_says_what_to_do(transactional_db: None, row: Rows) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("SQLite locks whole files, PostgreSQL does not")
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout=50")
    other = sqlite3.connect(connection.settings_dict["NAME"])
    try:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(PipelineError, match="locked by another program") as caught:
            write_cases([row()])
        assert "run the same command again" in caught.value.hint.replace("\n", " ")
    finally:
        other.rollback()
        other.close()
    assert write_cases([row()]) == Written(n_new=1)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgres://u:s3cret@127.0.0.1:9/x?connect_timeout=2", "does not answer"),
        ("sqlite:///{tmp}/new/desk.sqlite3", "tables are missing"),
        ("sqlite:///{tmp}/empty.sqlite3", "tables are missing"),
        ("sqlite:///{tmp}/letter.sqlite3", "cannot be used"),
        ("mysql://u:s3cret@host/x", 'the kind "mysql" is not known'),
    ],
)
def test_database_out_of_reach_is_the_operators_to_mend(
    tmp_path: Path, url: str, expected: str
) -> None:
    if url.startswith("postgres"):
        pytest.importorskip("psycopg")
    (tmp_path / "empty.sqlite3").touch()
    (tmp_path / "letter.sqlite3").write_text("Labdien! " * 1000, encoding="utf-8")
    program = f"""
import datetime
from pipeline.core.errors import PipelineError
from pipeline.desk.queue import CaseRow, CommentRow, setup_django, write_cases
row = CaseRow(source="s", institution="ogre", model_version="v1", band="review", rank_score=1,
    scored_at=datetime.datetime.now(datetime.UTC),
    comments=(CommentRow(comment_id="c1", text="slepens teksts"),))
try:
    setup_django({url.format(tmp=tmp_path)!r})
    write_cases([row])
except PipelineError as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert expected in done.stdout
    assert len(done.stdout.strip().splitlines()) > 1, "a next step is missing"
    assert "s3cret" not in done.stdout
    assert "slepens" not in done.stdout


def test_postgres_without_the_database_is_the_operators_to_mend() -> None:
    server = os.environ.get("SARUNA_TEST_POSTGRES")
    if not server:
        pytest.skip("SARUNA_TEST_POSTGRES names no server")
    url = urlsplit(server)._replace(path="/nowhere").geturl()
    program = f"""
from pipeline.core.errors import PipelineError
from pipeline.desk import commands
from pipeline.desk.queue import setup_django
try:
    setup_django({url!r})
    commands.init("ilze")
except PipelineError as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert "does not let us in" in done.stdout
    assert "Create the database" in done.stdout


def test_door_opens_without_django_or_torch() -> None:
    program = (
        "import sys, pipeline.desk.queue as q; "
        "print([m for m in ('django', 'torch', 'pipeline.model') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"


def test_reviews_in_effect_are_read_oldest_first(case: Case, anna: Any, row: Rows) -> None:
    write_cases([row("c2", copies=("c3",)), row("c4"), row("c5")])
    decided = Review(moderator=anna, verdict="violation", action="delete", seconds=12)
    decided.labels, decided.clauses = ["insult"], ["8.1"]
    cases = {found.comment_id: found for found in Case.objects.all()}
    for comment_id, settled_at in (("c2", LATER), ("c1", NOON)):
        decided.pk, decided.case, decided.settled_at = None, cases[comment_id], settled_at
        decided.save()
    Review.objects.create(
        case=cases["c4"], moderator=anna, verdict="violation", action="block", seconds=1
    )
    Review.objects.create(
        case=cases["c5"], moderator=anna, verdict="escalate", action="escalate", seconds=1
    )
    reviews = list(read_reviews(fresh=True))
    assert [review.comment_id for review in reviews] == ["c1", "c2"]
    assert [review.comment_id for review in read_reviews(LATER, fresh=True)] == ["c2"]
    first = reviews[0]
    assert (first.text, first.labels, first.clauses) == (
        "Nu tev gan smadzenes iedeva.",
        ("insult",),
        ("8.1",),
    )
    assert (first.is_violation, first.band, first.seconds) == (True, "review", 12)
    assert reviews[1].n_comments == 2


def test_reading_reviews_takes_the_same_queries_for_one_and_for_many(
    db: None, anna: Any, row: Rows, django_assert_num_queries: Any
) -> None:
    write_cases([row(f"c{n}") for n in range(30)])
    for case in Case.objects.all():
        Review.objects.create(
            case=case, moderator=anna, verdict="no_violation", seconds=3, settled_at=NOON
        )
    with django_assert_num_queries(2):
        assert len(list(read_reviews(fresh=True))) == 30


def test_comment_row_needs_no_more_than_an_id_and_a_text(db: None, row: Rows) -> None:
    bare = CommentRow(comment_id="c9", text="Čau")
    made = row()
    from dataclasses import replace

    assert write_cases([replace(made, comments=(bare,))]) == Written(n_new=1)
    assert Case.objects.get().lang == "und"


def test_next_and_neighbours_follow_one_order_over_several_institutions(
    person: Callable[..., Any],
) -> None:
    rows = [
        ("a", "ogre", "review", 0.5),
        ("b", "school", "priority", 0.1),
        ("c", "ogre", "review", 0.5),
        ("d", "school", "review", 0.9),
        ("e", "ogre", "audit", 0.9),
        ("f", "school", "review", 0.5),
    ]
    write_cases(
        make_row(name, institution=code, band=band, rank_score=score)
        for name, code, band, score in rows
    )
    user, queue = person("vera", "ogre", "school"), QueueFilter()
    cases = {case.comment_id: case for case in Case.objects.all()}
    expected = [cases[name].pk for name in "bdacfe"]
    assert list(ranked(user, queue).values_list("pk", flat=True)) == expected
    assert next_case(user, queue) == (expected[0], "open")
    around = [neighbours(user, queue, Case.objects.get(pk=pk)) for pk in expected]
    assert around == list(zip([None, *expected], [*expected[1:], None], strict=False))
