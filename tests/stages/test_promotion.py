"""Promotion is deliberate: the gate decides, and whoever overrules it says why, for good."""

import json
import shutil
from datetime import date
from pathlib import Path

import pytest
from small_release import GOOD, make_release
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.core.errors import PipelineError, UsageError
from pipeline.model import history
from pipeline.model.history import Entry
from pipeline.model.promotion import KEPT, Reason, promote, rollback
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

    def promote(self, reason: Reason = BY) -> Entry:
        return promote(self.candidate, self.release, self.gate, self.history, reason)

    def ship(self, content: str) -> str:
        """Make, judge and promote a release; return its version."""
        shutil.rmtree(self.candidate, ignore_errors=True)
        version = make_release(self.candidate, GOOD, content)
        self.judge(version)
        self.promote()
        return version

    def roll(self, to: str | None = None, why: str = "flags complaints") -> Entry:
        reason = Reason(by="data team", why=why)
        return rollback(self.release, self.history, reason, to=to, fetch=lambda *_: False)

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
    (line,) = place.lines()
    assert (line["action"], line["by"], line["replaced"]) == ("refused", "data team", old)
    assert line["failed_checks"] == ["abuse_ece_lv", "criticism_flagged_ru"]


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


def test_a_rollback_brings_the_release_before_back_and_says_why(place: Place) -> None:
    first, second = place.ship("first"), place.ship("second")
    made = place.roll()
    assert open_release(place.release).version == first
    assert (made.action, made.version, made.replaced) == ("rolled back", first, second)
    assert [line["action"] for line in place.lines()] == ["promoted", "promoted", "rolled back"]
    # And forward again: what was rolled back is kept as well.
    assert place.roll(to=second).version == second


def test_a_rollback_without_reason_or_to_a_stranger_changes_nothing(place: Place) -> None:
    with pytest.raises(PipelineError, match="no release came before"):
        place.roll()
    only = place.ship("only")
    with pytest.raises(PipelineError, match="no release came before"):
        place.roll()
    with pytest.raises(UsageError, match="--why"):
        place.roll(why=" ")
    with pytest.raises(PipelineError, match="release 0000 was never in use"):
        place.roll(to="0000")
    assert (open_release(place.release).version, len(place.lines())) == (only, 1)


def test_a_damaged_champion_is_mended_by_a_rollback_to_itself(place: Place) -> None:
    first, second = place.ship("first"), place.ship("second")
    place.roll()
    (place.release / GRAPH).write_text("tampered with", encoding="utf-8")
    assert place.roll(to=first).version == first
    assert open_release(place.release).version == first
    assert second != first


def test_a_release_that_is_nowhere_any_more_is_named(place: Place) -> None:
    versions = [place.ship(f"release {number}") for number in range(KEPT + 2)]
    with pytest.raises(PipelineError, match="registry does not have"):
        place.roll(to=versions[0])
    assert place.roll(to=versions[1]).version == versions[1]


def test_a_release_can_come_from_the_registry(place: Place, tmp_path: Path) -> None:
    first = place.ship("first")
    shutil.copytree(place.release, tmp_path / "registry")
    place.ship("second")
    shutil.rmtree(place.release.parent / "past")

    def fetch(version: str, folder: Path) -> bool:
        shutil.copytree(tmp_path / "registry", folder)
        return version == first

    reason = Reason(by="data team", why="worse on complaints")
    assert rollback(place.release, place.history, reason, fetch=fetch).version == first


@pytest.mark.parametrize("spoil", ["delete", "change", "swap"])
def test_a_history_that_was_rewritten_is_refused(place: Place, spoil: str) -> None:
    for content in ("one", "two", "three", "four"):
        place.ship(content)
    lines = place.history.read_text(encoding="utf-8").splitlines()
    changed = {
        "delete": [lines[0], *lines[2:]],
        "change": [lines[0], lines[1].replace("data team", "nobody"), *lines[2:]],
        "swap": [lines[0], lines[2], lines[1], lines[3]],
    }[spoil]
    place.history.write_text("\n".join(changed) + "\n", encoding="utf-8")
    with pytest.raises(PipelineError, match=r"history.jsonl:\d: does not follow"):
        history.read(place.history)


def entry(when: str, version: str, action: str = "promoted") -> Entry:
    return Entry(when, version, None, "data team", "", True, (), False, action)  # type: ignore[arg-type]


REIGNS = [
    entry("2026-03-01T10:00:00+00:00", "first"),
    entry("2026-04-01T10:00:00+00:00", "refused", "refused"),
    # Half past midnight of the 3rd in Riga, which keeps summer time.
    entry("2026-05-02T21:30:00+00:00", "second"),
    entry("2026-06-01T09:00:00+00:00", "first", "rolled back"),
]


@pytest.mark.parametrize(
    ("day", "versions"),
    [
        ("2026-03-01", ["first"]),
        ("2026-05-01", ["first"]),
        ("2026-05-02", ["first"]),
        ("2026-05-03", ["first", "second"]),
        ("2026-05-04", ["second"]),
        ("2026-06-01", ["second", "first"]),
        ("2027-01-01", ["first"]),
    ],
)
def test_which_release_decided_on_a_day(day: str, versions: list[str]) -> None:
    found = history.which(REIGNS, date.fromisoformat(day), "Europe/Riga")
    assert [each.version for each in found] == versions


def test_a_day_before_the_first_release_is_no_day_of_any() -> None:
    with pytest.raises(PipelineError, match="no release was in use"):
        history.which(REIGNS, date(2026, 2, 28), "Europe/Riga")


def test_the_commands_tell_history_and_day(place: Place) -> None:
    version = place.ship("one")
    options = ["--history", str(place.history)]
    runner = CliRunner()
    told = runner.invoke(app, ["model", "history", *options], catch_exceptions=False).stdout
    assert version in told
    assert "promoted" in told
    today = place.lines()[0]["when"][:10]  # type: ignore[index]
    shown = runner.invoke(app, ["model", "which", "--at", today, "--json", *options])
    assert json.loads(shown.stdout)[-1]["version"] == version
