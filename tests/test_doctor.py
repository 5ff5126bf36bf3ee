"""The doctor names what is wrong with a machine, what to do about it, and exits by it."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline import doctor
from pipeline.cli import main
from pipeline.core import paths

Told = dict[str, dict[str, str]]
Ask = Callable[..., tuple[int, Told]]


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Ask:
    """Runs `saruna doctor --json` without the desk's own check: exit code and checks by name."""
    monkeypatch.setenv("SARUNA_STATE", str(tmp_path / "state"))
    fine = doctor.Check("database", "ok", "a database")
    monkeypatch.setattr(doctor, "check_database", lambda: fine)

    def run(*arguments: object) -> tuple[int, Told]:
        monkeypatch.setattr(sys, "argv", ["saruna", "doctor", "--json", *map(str, arguments)])
        code: object = 0
        try:
            main()
        except SystemExit as end:
            code = end.code or 0
        assert isinstance(code, int)
        return code, {check["name"]: check for check in json.loads(capsys.readouterr().out)}

    return run


def test_a_sound_machine_exits_with_zero_and_scores_with_the_shipped_release(ask: Ask) -> None:
    code, told = ask()
    assert code == 0, told
    assert "problem" not in {check["state"] for check in told.values()}
    version = json.loads((paths.RELEASE / "manifest.json").read_text(encoding="utf-8"))["version"]
    assert told["release"]["found"].startswith(version)


def test_a_missing_release_and_bad_settings_are_both_named_and_exit_with_one(
    ask: Ask, tmp_path: Path
) -> None:
    params = tmp_path / "params.yaml"
    params.write_text("score: {chunck: 5}\n", encoding="utf-8")
    code, told = ask("--release", tmp_path / "none", "--params", params)
    assert code == 1
    assert told["release"]["state"] == told["settings"]["state"] == "problem"
    assert str(tmp_path / "none") in told["release"]["found"]
    assert "chunck" in told["settings"]["found"]
    assert all(told[name]["next_step"] for name in ("release", "settings"))
    assert told["clock"]["state"] == "ok", "one problem stops no other check"


def test_a_state_folder_that_is_no_folder_is_a_problem(tmp_path: Path) -> None:
    place = tmp_path / "file"
    place.write_text("", encoding="utf-8")
    found = doctor.check_state(place)
    assert (found.state, "SARUNA_STATE" in found.next_step) == ("problem", True)
    assert str(place) in found.found


def test_keys_that_others_can_read_are_a_problem(tmp_path: Path) -> None:
    key = tmp_path / "author.key"
    key.write_text("0" * 64, encoding="utf-8")
    key.chmod(0o640)
    found = doctor.check_keys(tmp_path)
    assert found.state == "problem"
    assert f"chmod 600 {key}" in found.next_step
    key.chmod(0o600)
    assert doctor.check_keys(tmp_path).state == "ok"


@pytest.mark.parametrize(
    ("flags", "state", "words"),
    [
        ("fpu avx2 avx512f amx_bf16", "ok", "amx_bf16"),
        ("fpu avx2", "ok", "avx2"),
        ("fpu sse2", "warning", "without AVX2"),
    ],
)
def test_the_best_extension_of_the_processor_is_named(
    flags: str, state: str, words: str, tmp_path: Path
) -> None:
    place = tmp_path / "cpuinfo"
    place.write_text(f"processor : 0\nflags : {flags}\n", encoding="utf-8")
    found = doctor.check_processor(place)
    assert found.state == state
    assert words in found.found


@pytest.mark.parametrize(
    ("limit", "used", "free"),
    [("max", "5", 8.192), ("3000000000", "500000000", 2.5), ("90000000000", "0", 8.192)],
)
def test_the_limit_of_a_container_counts_when_it_is_lower(
    limit: str, used: str, free: float, tmp_path: Path
) -> None:
    group = tmp_path / "sys" / "fs" / "cgroup"
    group.mkdir(parents=True)
    (tmp_path / "proc").mkdir()
    meminfo = "MemTotal: 9000000 kB\nMemAvailable: 8000000 kB\n"
    (tmp_path / "proc" / "meminfo").write_text(meminfo, encoding="utf-8")
    (group / "memory.max").write_text(f"{limit}\n", encoding="utf-8")
    (group / "memory.current").write_text(f"{used}\n", encoding="utf-8")
    assert doctor.free_memory(tmp_path) == pytest.approx(free)


def test_little_or_unknown_memory_is_a_warning(tmp_path: Path) -> None:
    assert doctor.free_memory(tmp_path) is None
    states = [doctor.check_memory(free).state for free in (None, 1.9, 2.1)]
    assert states == ["warning", "warning", "ok"]


def test_the_table_puts_next_steps_below(tmp_path: Path) -> None:
    checks = [doctor.Check("clock", "ok", "now"), doctor.Check("a", "problem", "bad", "Mend it.")]
    assert doctor.table(checks).splitlines() == [
        "ok       clock now",
        "problem  a     bad",
        "               Mend it.",
    ]
