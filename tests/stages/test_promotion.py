"""Promotion is deliberate: the gate decides, and whoever overrules it says why, for good."""

import json
from pathlib import Path

import pytest
from small_release import GOOD, make_release
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.core.errors import PipelineError, UsageError
from pipeline.model.promotion import Promotion, Reason, promote
from pipeline.model.release import GRAPH, open_release

BY = Reason(by="data team")


class Place:
    """A project with a candidate, a gate and whatever is shipped."""

    def __init__(self, folder: Path) -> None:
        self.candidate, self.release = folder / "models/candidate", folder / "models/release"
        self.gate, self.history = folder / "reports/gate.json", folder / "models/history.jsonl"
        self.gate.parent.mkdir()

    def judge(self, version: str, *failed: str) -> None:
        checks = [{"check": "suite_accuracy_lv", "passed": True}]
        checks += [{"check": name, "passed": False} for name in failed]
        verdict = {"version": version, "passed": not failed, "checks": checks}
        self.gate.write_text(json.dumps(verdict), encoding="utf-8")

    def promote(self, reason: Reason = BY) -> Promotion:
        return promote(self.candidate, self.release, self.gate, self.history, reason)

    def lines(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.history.read_text("utf-8").splitlines()]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_a_passed_candidate_becomes_the_release_and_stands_in_the_history(place: Place) -> None:
    version = make_release(place.candidate, GOOD)
    place.judge(version)
    made = place.promote()
    assert open_release(place.release).version == version
    assert (made.version, made.replaced, made.gate_passed, made.forced) == (
        version,
        None,
        True,
        False,
    )
    assert made.when.endswith("+00:00")
    assert [line["by"] for line in place.lines()] == ["data team"]


def test_the_next_release_replaces_the_first_and_its_line_names_it(place: Place) -> None:
    first = make_release(place.release, GOOD, "first")
    second = make_release(place.candidate, GOOD, "second")
    place.judge(second)
    assert place.promote().replaced == first
    assert open_release(place.release).version == second


def test_promoting_twice_changes_nothing(place: Place) -> None:
    place.judge(make_release(place.candidate, GOOD))
    assert place.promote() == place.promote(Reason(by="somebody else"))
    assert len(place.lines()) == 1


def test_a_failed_gate_stops_the_promotion_and_names_the_checks(place: Place) -> None:
    old = make_release(place.release, GOOD, "old")
    place.judge(make_release(place.candidate, GOOD), "abuse_ece_lv", "criticism_flagged_ru")
    with pytest.raises(PipelineError, match="abuse_ece_lv, criticism_flagged_ru"):
        place.promote()
    assert open_release(place.release).version == old
    assert not place.history.exists()


def test_force_needs_a_reason_and_leaves_it_in_the_history(place: Place) -> None:
    place.judge(make_release(place.candidate, GOOD), "abuse_ece_lv")
    for why in ("", "  "):
        with pytest.raises(UsageError, match="--why"):
            place.promote(Reason(by="data team", why=why, force=True))
    place.promote(Reason(by="data team", why="Vecais modelis ir bojāts", force=True))
    (line,) = place.lines()
    assert (line["why"], line["forced"], line["gate_passed"], line["failed_checks"]) == (
        "Vecais modelis ir bojāts",
        True,
        False,
        ["abuse_ece_lv"],
    )


def test_a_verdict_on_another_release_counts_for_nothing_even_with_force(place: Place) -> None:
    make_release(place.candidate, GOOD)
    place.judge("0" * 12)
    with pytest.raises(PipelineError, match="saruna register"):
        place.promote(Reason(by="data team", why="haste", force=True))


def test_without_a_verdict_nothing_is_promoted(place: Place) -> None:
    make_release(place.candidate, GOOD)
    with pytest.raises(PipelineError, match=r"gate.json: not found"):
        place.promote()


def test_a_damaged_candidate_is_never_promoted(place: Place) -> None:
    place.judge(make_release(place.candidate, GOOD))
    (place.candidate / GRAPH).write_text("cut short", encoding="utf-8")
    with pytest.raises(PipelineError, match="has changed since"):
        place.promote(Reason(by="data team", why="haste", force=True))
    assert not place.release.exists()


def test_the_command_promotes_and_prints_the_line(place: Place) -> None:
    place.judge(make_release(place.candidate, GOOD))
    options = ["--candidate", place.candidate, "--release", place.release]
    options += ["--reports", place.gate.parent, "--history", place.history]
    called = CliRunner().invoke(
        app, ["promote", "--by", "data team", "--json", *map(str, options)], catch_exceptions=False
    )
    assert json.loads(called.stdout) == place.lines()[0]
