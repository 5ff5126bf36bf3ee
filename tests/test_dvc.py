"""dvc.yaml against the code: commands, modules, settings, and a graph without holes."""

import ast
import configparser
import re
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from pipeline.cli import app
from pipeline.core import paths
from pipeline.core.settings import Settings, load_settings

STAGES = [
    "ingest",
    "validate",
    "prepare",
    "train",
    "calibrate",
    "baseline",
    "evaluate",
    "export",
    "register",
]
GIVEN = {
    "data/samples/night",
    "data/annotations",
    "data/feedback",
    "data/lexicon",
    "data/names/lv-names.npz",
    "data/policy/ogre-4-2024.yaml",
    "data/policy/ogre-public-contacts.yaml",
    "data/seed",
    "tests/behaviour",
}
"""What people made and git holds; everything else that a stage reads, a stage wrote."""
LAST = {"validate", "register"}
"""The ends of the two chains: nothing here reads their outs."""
WHERE_RUNS_ARE_NOTED = "register"


def read_yaml(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((paths.ROOT / name).read_text(encoding="utf-8"))
    return loaded


DVC: dict[str, dict[str, Any]] = read_yaml("dvc.yaml")["stages"]


def outs(stage: str) -> set[str]:
    listed = [*DVC[stage].get("outs", []), *DVC[stage].get("plots", [])]
    listed += DVC[stage].get("metrics", [])
    return {name for each in listed for name in ([each] if isinstance(each, str) else each)}


def files_read(stage: str) -> set[str]:
    return {name for name in DVC[stage]["deps"] if not name.startswith("pipeline/")}


def imported(module: Path) -> Iterator[Path]:
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        for name in names:
            file = paths.ROOT / f"{name.replace('.', '/')}.py"
            if name.startswith("pipeline.") and file.is_file():
                yield file


def modules_of(stage: str) -> set[str]:
    seen: set[Path] = set()
    waiting = [paths.ROOT / "pipeline" / "stages" / f"{stage}.py"]
    while waiting:
        module = waiting.pop()
        if module not in seen:
            seen.add(module)
            waiting += imported(module)
    return {module.relative_to(paths.ROOT).as_posix() for module in seen}


def test_the_stages_stand_there_in_order() -> None:
    assert list(DVC) == STAGES


def test_every_stage_says_what_it_does_as_its_command_does() -> None:
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    for stage, entry in DVC.items():
        words = entry["cmd"].split()
        assert words[:2] == ["saruna", stage]
        assert stage in commands
        assert entry["desc"].endswith(".")


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_depends_on_its_module_and_all_that_it_imports(stage: str) -> None:
    listed = {name for name in DVC[stage]["deps"] if name.startswith("pipeline/")}
    assert sorted(modules_of(stage) - listed) == [], "add these to dvc.yaml"
    assert sorted(listed - modules_of(stage)) == [], "take these out of dvc.yaml"


@pytest.mark.parametrize("stage", STAGES)
def test_params_are_sections_that_the_settings_know_and_the_file_holds(stage: str) -> None:
    known = Settings().model_dump(mode="json", by_alias=True)
    given = read_yaml("params.yaml")
    for key in DVC[stage]["params"]:
        for place in (known, given):
            found: Any = place
            for part in key.split("."):
                assert part in found, f"{key}: not in {'params.yaml' if place is given else 'code'}"
                found = found[part]


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_lists_the_settings_that_its_module_reads(stage: str) -> None:
    """Also those it is handed as a section: the command line names them."""
    alias = {name: field.alias or name for name, field in Settings.model_fields.items()}
    module = paths.ROOT / "pipeline" / "stages" / f"{stage}.py"
    read = {stage}
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "settings":
            read |= {alias[name] for name in alias if name == node.attr}
    listed = {key.split(".")[0] for key in DVC[stage]["params"]}
    assert read - listed <= ({WHERE_RUNS_ARE_NOTED} - {stage})


def test_every_file_that_a_stage_reads_is_given_or_written_by_an_earlier_one() -> None:
    written: set[str] = set()
    for stage in DVC:
        assert sorted(files_read(stage) - written - GIVEN) == [], stage
        written |= outs(stage)


def test_every_stage_but_the_last_writes_what_a_later_one_reads() -> None:
    for stage in STAGES:
        later = set().union(*map(files_read, STAGES[STAGES.index(stage) + 1 :]))
        assert (stage in LAST) != bool(outs(stage) & later), stage


def test_nothing_is_written_by_two_stages() -> None:
    written = [name for stage in DVC for name in outs(stage)]
    assert len(written) == len(set(written))


def test_given_files_exist() -> None:
    for name in GIVEN:
        assert (paths.ROOT / name).exists(), name


def test_metrics_are_kept_so_that_experiments_can_be_compared() -> None:
    """Git ignores these files, so DVC has to have them: `cache: false` would leave them nowhere."""
    found = [each for stage in DVC.values() for each in stage.get("metrics", [])]
    assert found == [
        "models/checkpoint/calibrate.json",
        "reports/baselines.json",
        "reports/metrics.json",
        "reports/gate.json",
    ]


def test_every_value_of_the_params_says_beside_it_what_it_is_for() -> None:
    lines = (paths.ROOT / "params.yaml").read_text(encoding="utf-8").splitlines()
    silent = [
        line
        for above, line in pairwise(lines)
        # Names of sets are values, not keys.
        if (key := re.match(r" *([a-z_]+):", line)) and key[1] not in load_settings().prepare.sets
        if "  # " not in line and not above.startswith("# ")
    ]
    assert silent == []


def test_outs_are_pushed_to_a_remote_in_the_project_unless_another_is_named() -> None:
    told = configparser.ConfigParser()
    told.read(paths.ROOT / ".dvc" / "config", encoding="utf-8")
    name = told["core"]["remote"]
    place = (paths.ROOT / ".dvc" / told[f"'remote \"{name}\"'"]["url"]).resolve()
    assert place.is_relative_to(paths.STATE)


def test_the_shipped_params_are_valid() -> None:
    assert load_settings().prepare.sets


@pytest.mark.train
def test_dvc_reads_the_file_and_knows_the_graph() -> None:
    pytest.importorskip("dvc")
    called = subprocess.run(
        [sys.executable, "-m", "dvc", "dag", "--dot"],
        cwd=paths.ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert called.returncode == 0, called.stderr
    for edge in ('"ingest" -> "validate"', '"prepare" -> "train"', '"export" -> "register"'):
        assert edge in called.stdout
