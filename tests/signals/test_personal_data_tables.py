"""Tables of personal data by kind: what is it (valid), what only looks like it, what is neither.

Every person, number and account is invented. `KIND.LANG.tsv` holds a verdict and a text;
`forms.tsv`, of kinds whose form depends on no language, the kind before these.
"""

import csv
from collections import Counter
from pathlib import Path

import pytest

from pipeline.signals.confidences import SHOWN
from pipeline.signals.personal_data import find

TABLES = Path(__file__).parent / "personal_data"
SPOKEN = ("phone", "vehicle_plate", "address", "name")
FORMS = ("personal_code", "iban", "bank_card", "identity_document", "email", "profile")
Row = tuple[str, str, str, str]


def read(name: str) -> list[list[str]]:
    with (TABLES / name).open(encoding="utf-8") as lines:
        return list(csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


def rows() -> list[Row]:
    spoken = [
        (kind, lang, verdict, text)
        for kind in SPOKEN
        for lang in ("lv", "ru")
        for verdict, text in read(f"{kind}.{lang}.tsv")
    ]
    forms = [
        (kind, "ru" if any("а" <= letter <= "я" for letter in text) else "lv", verdict, text)
        for kind, verdict, text in read("forms.tsv")
    ]
    return [*spoken, *forms]


ROWS = rows()


@pytest.mark.parametrize(("kind", "lang", "verdict", "text"), ROWS)
def test_a_row_is_judged_as_its_table_says(kind: str, lang: str, verdict: str, text: str) -> None:
    found = {each.kind for each in find(text, lang) if each.confidence >= SHOWN}
    assert (kind in found) == (verdict == "valid"), found
    if verdict == "unrelated":
        assert found == set()


def test_every_kind_has_forty_rows_of_three_sorts() -> None:
    counts = Counter((kind, lang if kind in SPOKEN else "") for kind, lang, _, _ in ROWS)
    assert min(counts.values()) >= 40, counts
    sorts = {kind: {row[2] for row in ROWS if row[0] == kind} for kind in (*SPOKEN, *FORMS)}
    assert all(sort == {"valid", "invalid", "unrelated"} for sort in sorts.values())
