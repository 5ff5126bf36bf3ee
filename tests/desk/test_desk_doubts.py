"""Verdicts that look wrong come before a second person, who is not told that they do."""

import random
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
pytestmark = [pytest.mark.train, pytest.mark.django_db]

from desk_rows import make_row  # noqa: E402
from django.utils import timezone  # noqa: E402
from tiny_release import Tiny, make_comment  # noqa: E402

from pipeline.core.settings import DoubtsSettings, Settings  # noqa: E402
from pipeline.desk.blind import next_task  # noqa: E402
from pipeline.desk.models import Case, DoubleCheck, Purpose, Review  # noqa: E402
from pipeline.desk.queue import write_cases  # noqa: E402
from pipeline.model.release import open_release  # noqa: E402
from pipeline.stages import doubts, feedback  # noqa: E402

WRONG = {3, 14, 15, 26, 35, 58}
"""Threats and lawful comments whose verdict is the other one's."""


def judged_comments(user: Any, n: int = 160) -> None:
    """Put comments before a person who is wrong on a few of them."""
    rng = random.Random(7)
    earlier = timezone.now() - timedelta(hours=1)
    for number in range(n):
        is_threat = number % 4 == 3
        text = make_comment("lv", "threat" if is_threat else "", rng)
        write_cases([make_row(f"c{number}", text)])
        says_threat = is_threat != (number in WRONG)
        said: dict[str, Any] = {"verdict": "no_violation"}
        if says_threat:
            said = {"verdict": "violation", "labels": ["threat"]}
        case = Case.objects.get(comment_id=f"c{number}")
        Review.objects.create(case=case, moderator=user, settled_at=earlier, seconds=5, **said)


def test_planted_wrong_verdicts_go_to_a_second_person_once(
    tiny: Tiny, tmp_path: Path, anna: Any, boris: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The tiny model knows its own words alone: the project's comments would tell it nothing.
    monkeypatch.setattr(doubts, "own", lambda _: iter(()))
    judged_comments(anna)
    feedback.run(Settings(), tmp_path, secret=b"k" * 32)

    def look() -> doubts.Summary:
        return doubts.run(
            DoubtsSettings(most=12),
            open_release(tiny.release),
            feedback=tmp_path,
            external=tmp_path,
            out_dir=tmp_path,
            queue=True,
        )

    found = look()
    assert found.n_reviews == found.n_rows == 160
    assert 0 < found.n_asked <= 12
    asked = {check.case.comment_id for check in DoubleCheck.objects.filter(is_doubted=True)}
    hits = asked & {f"c{number}" for number in WRONG}
    assert len(hits) >= 4, asked
    lines = (tmp_path / "doubts.tsv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == doubts.HEADER
    assert any("/c" in line and "threat" in line for line in lines[1:])
    # No text goes into the list.
    assert not any("sniegs" in line for line in lines)
    again = look()
    assert (again.n_asked, again.n_asked_before) == (0, found.n_asked)
    # The second person meets it as any other blind case; the first one does not.
    task = next_task(boris)
    assert task is not None
    assert task.purpose == Purpose.DOUBLE
    assert next_task(anna) is None
