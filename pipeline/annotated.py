"""What the project's own annotations say: how they were drawn, how far they agree, base rates.

Reads   data/annotations/*.tsv: hashes and labels, never a text
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.core.agreement import Agreement, Rate, agreement, rate
from pipeline.core.errors import PipelineError
from pipeline.core.heads import ABUSE_LABELS
from pipeline.sources.labelled import FIRST_READINGS, OWN_LABELS, rows

ANY_ABUSE = "abuse"
RANDOM = "random"
"""The stratum drawn blindly: the only one that tells how frequent a label is."""
STRATA = (RANDOM, "lexicon", "score", "uncertain", "rare", "all")
COLUMNS = {"row_hash", "source", "stratum", "lang", "annotator", "round", "labels"}


@dataclass(frozen=True)
class Annotation:
    """One annotator's judgement of one text."""

    row_hash: str
    source: str
    stratum: str
    annotator: str
    round: str
    labels: frozenset[str]


@dataclass(frozen=True)
class Report:
    """The figures of docs/annotation.md."""

    n_texts: int
    n_double: int
    strata: dict[str, dict[str, int]]
    """Texts of the first readings: source -> stratum -> count."""
    agreement: dict[str, Agreement]
    """By label; `abuse` is "any of the five abuse labels"."""
    base_rates: dict[str, dict[str, Rate]]
    """Source -> label -> share in the random stratum; labels that occur."""


def report(folder: Path) -> Report:
    """Return how the annotations in a folder were drawn, how far they agree, and base rates."""
    annotations = list(read(folder))
    if not annotations:
        raise PipelineError(f"{folder}: holds no annotations", "Name the folder of the TSV files.")
    first = [each for each in annotations if each.round in FIRST_READINGS]
    units = by_text(annotations)
    return Report(
        n_texts=len(units),
        n_double=sum(len(unit) > 1 for unit in units),
        strata=count_strata(first),
        agreement={label: agree(units, label) for label in (ANY_ABUSE, *OWN_LABELS)},
        base_rates=base_rates([each for each in first if each.stratum == RANDOM]),
    )


def read(folder: Path) -> Iterator[Annotation]:
    """Yield every annotation; raises PipelineError at a file or label that is not one."""
    for file in sorted(folder.glob("*.tsv")):
        for number, row in enumerate(rows(file, "\t", quoted=False), start=2):
            missing = COLUMNS - row.keys()
            if missing:
                raise PipelineError(
                    f"{file}: lacks the columns {', '.join(sorted(missing))}",
                    "docs/annotation.md describes the file.",
                )
            labels = frozenset(filter(None, row["labels"].split(",")))
            if not labels <= set(OWN_LABELS):
                raise PipelineError(
                    f"{file}:{number}: unknown label {', '.join(sorted(labels - set(OWN_LABELS)))}",
                    f"Use {', '.join(OWN_LABELS)}.",
                )
            yield Annotation(
                row_hash=row["row_hash"],
                source=row["source"],
                stratum=row["stratum"],
                annotator=row["annotator"],
                round=row["round"],
                labels=labels,
            )


def by_text(annotations: Iterable[Annotation]) -> list[list[Annotation]]:
    """Return the annotations of each text, one per annotator, in the order of the texts."""
    units: dict[tuple[str, str], dict[str, Annotation]] = defaultdict(dict)
    for each in annotations:
        units[each.source, each.row_hash][each.annotator] = each
    return [list(unit.values()) for unit in units.values()]


def has(annotation: Annotation, label: str) -> bool:
    """Tell whether an annotation gives a label, or any abuse label for `abuse`."""
    if label == ANY_ABUSE:
        return not annotation.labels.isdisjoint(ABUSE_LABELS)
    return label in annotation.labels


def agree(units: Iterable[Sequence[Annotation]], label: str) -> Agreement:
    """Return the agreement on one label."""
    return agreement([[has(each, label) for each in unit] for unit in units])


def count_strata(first: Iterable[Annotation]) -> dict[str, dict[str, int]]:
    """Return how many texts of each source are in each stratum."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for each in first:
        counts[each.source][each.stratum] += 1
    return {source: dict(counts[source]) for source in sorted(counts)}


def base_rates(drawn: Sequence[Annotation]) -> dict[str, dict[str, Rate]]:
    """Return the share of every label that occurs, per source, in texts drawn at random."""
    result: dict[str, dict[str, Rate]] = {}
    for source in sorted({each.source for each in drawn}):
        own = [each for each in drawn if each.source == source]
        marked = {
            label: sum(has(each, label) for each in own) for label in (ANY_ABUSE, *OWN_LABELS)
        }
        result[source] = {
            label: rate(count, len(own))
            for label, count in marked.items()
            if count or label == ANY_ABUSE
        }
    return result


def render(found: Report) -> str:
    """Return the report as text for a terminal."""
    parts = [
        f"{found.n_texts} texts, by source and stratum",
        align(strata_rows(found.strata)),
        f"Agreement (Krippendorff's alpha) on {found.n_double} texts judged by two annotators",
        align(agreement_rows(found.agreement)),
        "Base rates in the random stratum",
        align(rate_rows(found.base_rates)),
    ]
    return "\n\n".join(parts)


def strata_rows(strata: Mapping[str, Mapping[str, int]]) -> Iterator[tuple[str, ...]]:
    """Yield a header and a row of counts per source."""
    others = sorted({name for counts in strata.values() for name in counts} - set(STRATA))
    names = (*STRATA, *others)
    yield "source", *names, "together"
    for source, counts in strata.items():
        yield source, *(str(counts.get(name, 0)) for name in names), str(sum(counts.values()))


def agreement_rows(agreed: Mapping[str, Agreement]) -> Iterator[tuple[str, ...]]:
    """Yield a header and a row per label."""
    yield "label", "marked", "by both", "alpha", "95 % interval"
    for label, its in agreed.items():
        interval = "-" if its.interval is None else " to ".join(map(two_digits, its.interval))
        yield label, str(its.n_marked), str(its.n_agreed), two_digits(its.alpha), interval


def rate_rows(base_rates: Mapping[str, Mapping[str, Rate]]) -> Iterator[tuple[str, ...]]:
    """Yield a header and a row per source and label."""
    yield "source", "label", "marked", "of", "share", "95 % interval"
    for source, rates in base_rates.items():
        for label, its in rates.items():
            numbers = (str(its.n_marked), str(its.n), f"{its.share:.1%}")
            yield source, label, *numbers, f"{its.low:.1%} to {its.high:.1%}"


def two_digits(value: float | None) -> str:
    """Return a number with two digits, without a sign on zero; a dash for none."""
    return "-" if value is None else f"{round(value, 2) + 0.0:.2f}"


def align(table: Iterable[Sequence[str]]) -> str:
    """Return rows as columns of equal width."""
    cells = list(table)
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        for row in cells
    ]
    return "\n".join(line.rstrip() for line in lines)
