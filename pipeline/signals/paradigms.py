"""Paradigms: all forms of a listed word, made from tables of endings.

A row of the table says where the stem comes from and which endings it takes (`_`: none):
`-2` cuts two letters off the lemma, `~2` does so and palatalises the stem's end (brālis, brāļa),
`1` and `2` take the stems that the entry itself gives (a verb's present and past), and a `j` before
it puts the debitive's `jā` in front.
"""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from pipeline.core import paths
from pipeline.core.errors import PipelineError

TABLE = paths.ROOT / "data" / "lexicon" / "paradigms.tsv"
INVARIABLE = frozenset({"inv", "p"})
"""Words of one form, and phrases."""
_STEM = re.compile(r"(?P<debitive>j?)(?P<kind>[-~]?)(?P<number>\d)")
_PALATAL = {
    **{"ll": "ļļ", "nn": "ņņ", "sn": "šņ", "zn": "žņ", "sl": "šļ", "zl": "žļ", "ln": "ļņ"},
    **{"dz": "dž", "b": "bj", "c": "č", "d": "ž", "l": "ļ", "m": "mj", "n": "ņ", "p": "pj"},
    **{"s": "š", "t": "š", "v": "vj", "z": "ž"},
}
"""Latvian: what the end of a stem becomes before a palatalised ending, longer ends first."""


@dataclass(frozen=True)
class Row:
    """A stem and its endings."""

    stem: str
    endings: Sequence[str]


@cache
def paradigms() -> Mapping[tuple[str, str], tuple[Row, ...]]:
    """Return the rows of every paradigm by language and name."""
    table: dict[tuple[str, str], tuple[Row, ...]] = {}
    with TABLE.open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle, delimiter="\t", quoting=csv.QUOTE_NONE):
            endings = tuple("" if each == "_" else each for each in row["endings"].split())
            key = row["lang"], row["paradigm"]
            table[key] = (*table.get(key, ()), Row(row["stem"], endings))
    return table


def forms(lang: str, lemma: str, paradigm: str, stems: Sequence[str] = ()) -> frozenset[str]:
    """Return every form of a word, the lemma among them.

    Raises PipelineError when the table lacks the paradigm or the entry lacks a stem.
    """
    if paradigm in INVARIABLE:
        return frozenset({lemma})
    rows = paradigms().get((lang, paradigm))
    if rows is None:
        raise PipelineError(
            f"{TABLE}: has no paradigm {paradigm!r} for {lang}, which {lemma!r} names",
            "Name one that the table has, `inv` for a word without forms, or `p` for a phrase.",
        )
    return frozenset({lemma, *_inflected(lemma, rows, stems)})


def _inflected(lemma: str, rows: Sequence[Row], stems: Sequence[str]) -> Iterator[str]:
    for row in rows:
        stem = _stem(lemma, row.stem, stems)
        yield from (stem + ending for ending in row.endings)


def _stem(lemma: str, recipe: str, stems: Sequence[str]) -> str:
    match = _STEM.fullmatch(recipe)
    number = int(match["number"]) if match else -1
    if match is None or (not match["kind"] and not 0 < number <= len(stems)):
        raise PipelineError(
            f"{TABLE}: the stem {recipe!r} cannot be made for {lemma!r}",
            "Write the stems of the word into its row of the lexicon.",
        )
    stem = lemma[: len(lemma) - number] if match["kind"] else stems[number - 1]
    if match["kind"] == "~":
        stem = palatalised(stem)
    return f"jā{stem}" if match["debitive"] else stem


def palatalised(stem: str) -> str:
    """Return a Latvian stem as it stands before a palatalised ending: `brāl` becomes `brāļ`."""
    for end, soft in _PALATAL.items():
        if stem.endswith(end):
            return stem.removesuffix(end) + soft
    return stem
