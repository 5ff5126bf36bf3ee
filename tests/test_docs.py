"""The pages under docs/ against the project: what they name is there, what is there they name."""

import csv
import re
from collections import Counter
from pathlib import Path

import pytest
import typer

from pipeline.cli import app
from pipeline.core import paths
from pipeline.core.policy import load_policy
from pipeline.sources.labelled import OWN_LABELS

DOCS = paths.ROOT / "docs"
README = paths.ROOT / "README.md"
MADE_LATER = {
    "models/before",
    "models/candidate",
    "models/history.jsonl",
    "reports/metrics.json",
}
"""Paths that only a run or a promotion makes."""
EXAMPLE = re.compile(r"^\| (lv|ru) \| (.+?) \| (.+?) \| (.+?) \|$", re.MULTILINE)


def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def commands() -> set[str]:
    found: set[str] = set()
    for name, command in typer.main.get_command(app).commands.items():  # type: ignore[attr-defined]
        shown = set() if command.hidden else {name}
        found |= {f"{name} {sub}" for sub in getattr(command, "commands", {})} or shown
    return found


def suite(file: str) -> Counter[str]:
    path = paths.ROOT / "tests" / "behaviour" / file
    with path.open(encoding="utf-8", newline="") as handle:
        rows = csv.DictReader(handle, delimiter="\t", quoting=csv.QUOTE_NONE)
        return Counter(row["functionality"] for row in rows)


PAGES = sorted(DOCS.glob("*.md"))


@pytest.mark.parametrize("path", [README, *PAGES], ids=lambda path: path.name)
def test_files_and_commands_that_a_page_names_exist(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for place in re.findall(r"`((?:pipeline|data|tests|models|reports|scripts)/[^`*\s]+)`", text):
        assert place in MADE_LATER or (paths.ROOT / place).exists(), place
    for script in re.findall(r"^(?:\$ )?(scripts/[\w/-]+)", text, re.MULTILINE):
        assert (paths.ROOT / script).is_file(), script
    for command in re.findall(r"`saruna ([a-z ]+)`", text):
        assert command in commands(), command
    for link in re.findall(r"\]\(((?:[a-z]+/)*[a-z]+\.(?:md|png))\)", text):
        assert (path.parent / link).is_file(), link


def test_the_readme_names_every_command_room_and_page() -> None:
    text = README.read_text(encoding="utf-8")
    listed = text.split("\nCommands: ")[1].split("\n")[0]
    named = re.findall(r"`(?:saruna )?([a-z ]+)`", listed)
    assert sorted(named) == sorted(commands())
    rooms = {init.parent.name for init in (paths.ROOT / "pipeline").glob("*/__init__.py")}
    assert set(re.findall(r"^\| `pipeline/([a-z]+)` \|", text, re.MULTILINE)) == rooms
    assert [page.name for page in PAGES if f"docs/{page.name}" not in text] == []


def test_every_concept_has_a_file_and_a_command() -> None:
    rows = [line for line in page("concepts.md").splitlines() if line.startswith("| ")]
    words = [row for row in rows if not row.startswith("| word ")]
    assert len(words) > 40
    for row in words:
        _, meaning, file, command = row.strip("| ").split(" | ")
        assert meaning.endswith("."), row
        assert file.startswith("`"), row
        assert command.startswith("`saruna "), row


def test_the_guideline_has_five_examples_of_every_label_in_each_language() -> None:
    text = page("annotation.md")
    labels = load_policy(paths.POLICY).labels
    assert set(labels) == set(OWN_LABELS)
    for label in labels:
        section = text.split(f"\n## {label}\n")[1].split("\n## ")[0]
        examples = EXAMPLE.findall(section)
        for lang in ("lv", "ru"):
            own = [given for of, _, given, _ in examples if of == lang]
            assert len(own) >= 5, (label, lang)
            assert sum(label in given.split(", ") for given in own) >= 2, (label, lang)
            assert "-" in own, (label, lang)


def test_examples_carry_known_labels_and_come_from_no_labelled_set() -> None:
    own = [*(paths.ROOT / "data" / "seed").glob("*.tsv")]
    own += (paths.ROOT / "tests" / "behaviour").glob("*.tsv")
    texts = {line.split("\t")[-1] for file in own for line in lines(file)}
    for _, text, given, _ in EXAMPLE.findall(page("annotation.md")):
        assert given == "-" or set(given.split(", ")) <= set(OWN_LABELS), given
        assert text not in texts


def lines(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8").splitlines()


def test_the_behaviour_page_counts_every_functionality() -> None:
    latvian, russian = suite("latvian.tsv"), suite("russian.tsv")
    found = re.findall(r"\| `([vn]_[a-z_]+)` \| (\d+|-) \| (\d+|-) \|", page("behaviour.md"))
    shown = {name: (lv, ru) for name, lv, ru in found}
    assert shown == {
        name: (str(latvian.get(name, "-")), str(russian.get(name, "-")))
        for name in latvian.keys() | russian.keys()
    }
    text = page("behaviour.md")
    assert f"has {latvian.total()} cases in {len(latvian)} functionalities" in text
    assert f"(RussianCheck) {russian.total()} in {len(russian)}." in text


def test_the_licence_is_the_one_that_the_package_names() -> None:
    assert "Version 2.0, January 2004" in (paths.ROOT / "LICENSE").read_text(encoding="utf-8")


def test_the_changelog_has_the_version_of_the_package() -> None:
    project = (paths.ROOT / "pyproject.toml").read_text(encoding="utf-8")
    version = re.search(r'^version = "(.+)"', project, re.MULTILINE)
    assert version is not None
    assert f"\n## {version[1]}\n" in (paths.ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
