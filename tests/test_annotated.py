"""The annotations of the project, counted: what `saruna agreement` prints and the docs repeat."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline.annotated import render, report
from pipeline.cli import app
from pipeline.core import paths
from pipeline.core.errors import PipelineError

HEADER = "row_hash\tsource\tstratum\tlang\tannotator\tround\tlabels\tslice\tunsure\n"


def annotated(folder: Path, first: list[str], second: list[str]) -> Path:
    (folder / "first.tsv").write_text(HEADER + "\n".join(first) + "\n", encoding="utf-8")
    (folder / "second.tsv").write_text(HEADER + "\n".join(second) + "\n", encoding="utf-8")
    return folder


def row(key: int, stratum: str, labels: str = "", *, by: str = "A", source: str = "tweets") -> str:
    number = 2 if by == "B" else 1
    return f"{key:016x}\t{source}\t{stratum}\tlv\t{by}\t{number}\t{labels}\t\t"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    first = [
        row(1, "random"),
        row(2, "random", "insult,obscenity"),
        row(3, "random"),
        row(4, "score", "threat"),
        row(5, "random", "advertising", source="vk"),
    ]
    second = [
        row(1, "random", by="B"),
        row(2, "random", "insult", by="B"),
        row(4, "score", "hate", by="B"),
    ]
    return annotated(tmp_path, first, second)


def test_texts_are_counted_once_per_source_and_stratum(folder: Path) -> None:
    found = report(folder)
    assert (found.n_texts, found.n_double) == (5, 3)
    assert found.strata == {"tweets": {"random": 3, "score": 1}, "vk": {"random": 1}}


def test_a_later_round_of_new_texts_counts_like_the_first(folder: Path) -> None:
    third = row(6, "random", "obscenity").replace("\tA\t1\t", "\tF\t3\t")
    fourth = row(5, "random", "advertising", by="F", source="vk").replace("\t1\t", "\t4\t")
    (folder / "third.tsv").write_text(f"{HEADER}{third}\n{fourth}\n", encoding="utf-8")
    found = report(folder)
    assert (found.n_texts, found.n_double) == (6, 4)
    assert found.strata["tweets"] == {"random": 4, "score": 1}
    assert found.base_rates["tweets"]["obscenity"].n_marked == 2
    assert (found.base_rates["vk"]["abuse"].n, found.agreement["advertising"].alpha) == (1, 1.0)


def test_agreement_is_per_label_and_on_abuse_at_large(folder: Path) -> None:
    agreed = report(folder).agreement
    assert (agreed["insult"].alpha, agreed["abuse"].alpha) == (1.0, 1.0)
    assert (agreed["obscenity"].n_marked, agreed["obscenity"].n_agreed) == (1, 0)
    assert agreed["bot"].alpha is None


def test_base_rates_come_from_the_random_stratum_of_the_first_round(folder: Path) -> None:
    rates = report(folder).base_rates
    assert rates["tweets"].keys() == {"abuse", "insult", "obscenity"}
    assert (rates["tweets"]["abuse"].n_marked, rates["tweets"]["abuse"].n) == (1, 3)
    assert (rates["vk"]["abuse"].n_marked, rates["vk"]["advertising"].n_marked) == (0, 1)


def test_an_unknown_label_is_an_error_with_its_line(folder: Path) -> None:
    annotated(folder, [row(1, "random", "insults")], [])
    with pytest.raises(PipelineError, match=r"first\.tsv:2: unknown label insults"):
        report(folder)


def test_another_file_or_none_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(PipelineError, match="holds no annotations"):
        report(tmp_path)
    (tmp_path / "other.tsv").write_text("text\nx\n", encoding="utf-8")
    with pytest.raises(PipelineError, match="lacks the columns annotator, labels"):
        report(tmp_path)


def test_the_guideline_shows_what_the_command_prints() -> None:
    called = CliRunner().invoke(app, ["agreement"], catch_exceptions=False)
    assert called.stdout == render(report(paths.ROOT / "data" / "annotations")) + "\n"
    page = (paths.ROOT / "docs" / "annotation.md").read_text(encoding="utf-8")
    assert f"```\n$ saruna agreement\n{called.stdout}```" in page
