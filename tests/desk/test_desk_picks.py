"""From a night to the desk and back: cleared comments are picked, judged, learned from."""

import csv
import json
import random
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
pytestmark = [pytest.mark.train, pytest.mark.django_db]

from django.utils import timezone  # noqa: E402
from tiny_release import Tiny, make_comment  # noqa: E402

from pipeline import nightly  # noqa: E402
from pipeline.core.settings import Capacity, Settings  # noqa: E402
from pipeline.desk.models import Case, Review  # noqa: E402
from pipeline.desk.reasons import reason_text  # noqa: E402
from pipeline.routing.picks import PICKS  # noqa: E402
from pipeline.sources.reviewed import reviewed_rows  # noqa: E402

CODED = "luksofors gājēji velosipēds celiņš zīme"
"""Ordinary words; let us say that they came to stand for something else."""


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SARUNA_STATE", str(tmp_path / "state"))
    return tmp_path / "state"


def write_night(path: Path, seed: int, n_coded: int) -> Path:
    """Write a night of ordinary comments, some of them in coded words."""
    rng = random.Random(seed)
    texts = [make_comment(rng.choice(("lv", "ru")), "", rng) for _ in range(80)]
    texts += [" ".join([*rng.sample(CODED.split(), 5), "šodien", "atkal"]) for _ in range(n_coded)]
    with path.open("w", encoding="utf-8", newline="") as handle:
        out = csv.writer(handle)
        out.writerow(["id", "author", "date", "comment"])
        for number, text in enumerate(texts):
            out.writerow([f"{seed}-{number}", f"u{number}", f"2026-03-0{seed} 10:00", text])
    return path


def run_night(
    tiny: Tiny, state: Path, file: Path, *, stop_below: float = 0.03, **changes: Any
) -> nightly.Night:
    own = {"route": {"audit_share": 0.05, **changes}}
    own |= {"pick": {"budget": 6, "stop_below": stop_below}}
    settings = Settings.model_validate(tiny.settings.model_dump(by_alias=True) | own)
    given = nightly.Input(file, {}, None)
    return nightly.run(settings, given, tiny.release, state / "nights" / file.stem, queue=True)


def settle(case: Case, user: Any, **said: Any) -> None:
    values = {"verdict": "no_violation", "seconds": 5} | said
    # Verdicts of the last minutes may be undone; the next night comes later than this one.
    Review.objects.create(
        case=case, moderator=user, settled_at=timezone.now() - timedelta(hours=1), **values
    )


def test_a_picked_comment_comes_to_the_desk_and_what_is_like_it_comes_the_next_night(
    tiny: Tiny, state: Path, tmp_path: Path, anna: Any
) -> None:
    first = run_night(tiny, state, write_night(tmp_path / "first.csv", 1, 6))
    assert first.picked
    assert sum(first.picked.values()) == 6
    assert first.n_new_cases == first.n_proposed + 6
    cases = Case.objects.filter(is_audit_sample=False, reasons__icontains="picked")
    assert cases.count() == 6
    for case in cases:
        # The person is told why it is there, and nothing of what the model thought.
        assert (case.band, case.probs, case.evidence) == (3, {}, [])
        assert reason_text(case.reasons[0]).startswith("Mācībām: ")
    coded = [case for case in cases if "velosipēds" in case.comments.get().text]
    missed = coded[0] if coded else cases[0]
    for case in Case.objects.all():
        bad = {"verdict": "violation", "labels": ["hate"]} if case == missed else {}
        settle(case, anna, **bad)
    second = run_night(tiny, state, write_night(tmp_path / "second.csv", 2, 6))
    assert second.n_feedback is not None
    rows = {row["comment_id"]: row for row in reviewed_rows(state / "feedback")}
    shown = {row["shown"] for row in rows.values()}
    assert {"audit", "picked"} <= shown
    for row in rows.values():
        stands_for = row["inclusion_weight"]
        assert stands_for == 1 if row["shown"] != "audit" else stands_for > 10
    assert rows[missed.comment_id]["is_violation"]


def test_a_night_that_is_run_again_picks_the_same_comments(
    tiny: Tiny, state: Path, tmp_path: Path, anna: Any
) -> None:
    file = write_night(tmp_path / "first.csv", 1, 6)
    run_night(tiny, state, file)
    picks = (state / "nights" / "first" / PICKS).read_bytes()
    for case in Case.objects.filter(reasons__icontains="picked"):
        settle(case, anna, verdict="violation", labels=["hate"])
    again = run_night(tiny, state, file)
    assert (state / "nights" / "first" / PICKS).read_bytes() == picks
    assert again.n_new_cases == 0


def test_picks_take_places_of_the_capacity(
    tiny: Tiny, state: Path, tmp_path: Path, anna: Any
) -> None:
    full = {"any": Capacity(moderators=1, items_per_day=20)}
    night = run_night(tiny, state, write_night(tmp_path / "first.csv", 1, 6), capacity=full)
    assert night.n_new_cases == 20
    assert night.n_proposed == 14


def test_reasons_that_bring_nothing_give_their_places_back(
    tiny: Tiny, state: Path, tmp_path: Path, anna: Any
) -> None:
    full = {"any": Capacity(moderators=1, items_per_day=20)}
    for seed in range(1, 4):
        run_night(tiny, state, write_night(tmp_path / f"n{seed}.csv", seed, 6), capacity=full)
        for case in Case.objects.filter(reviews=None):
            settle(case, anna)
    night = run_night(tiny, state, write_night(tmp_path / "n4.csv", 4, 6), stop_below=0.9)
    told = json.loads((state / "nights" / "n4" / "pick.json").read_text(encoding="utf-8"))
    assert told["judged"]["uncertain"] > 0
    assert told["violations"] == {}
    assert not set(told["turns"]) & set(told["judged"])
    assert sum(night.picked.values()) < 6
    # With a capacity the day is full all the same.
    file = write_night(tmp_path / "n5.csv", 5, 6)
    night = run_night(tiny, state, file, stop_below=0.9, capacity=full)
    assert night.n_new_cases == 20
