"""Tables as files: CSV, XLSX and JSON, in which no cell starts a formula."""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from xlsxwriter import Workbook

Cell = str | int | float | bool | None

STARTERS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "|", "%")
"""What spreadsheets take for the start of a formula, full-width forms included."""
LONGEST_CELL: Final = 32_000
"""A spreadsheet keeps 32,767 characters and drops the whole of a longer cell in silence."""


@dataclass(frozen=True)
class Sheet:
    """A table with a name, its columns in order, and its rows."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[Mapping[str, Cell], ...]


@dataclass(frozen=True)
class File:
    """A table as a file."""

    name: str
    media_type: str
    content: bytes


def neutral(cell: Cell) -> Cell:
    """Return a cell that no spreadsheet reads as a formula, cut where it cannot be kept."""
    if not isinstance(cell, str):
        return cell
    short = cell if len(cell) <= LONGEST_CELL else f"{cell[:LONGEST_CELL]}…"
    return f"'{short}" if short.lstrip(" ").startswith(STARTERS) else short


def as_csv(sheet: Sheet) -> bytes:
    """Return the table as CSV in UTF-8 with a mark that spreadsheets recognise."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(sheet.columns)
    writer.writerows(neutral_rows(sheet))
    return out.getvalue().encode("utf-8-sig", "replace")


def as_xlsx(sheet: Sheet) -> bytes:
    """Return the table as a workbook of one sheet, with every text written as text."""
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with Workbook(out, options) as book:
        page = book.add_worksheet(sheet.name[:31])
        page.freeze_panes(1, 0)
        header: list[Cell] = [*sheet.columns]
        for at, row in enumerate([header, *neutral_rows(sheet)]):
            write_row(page, at, row)
        page.autofit()
    return out.getvalue()


def write_row(page: object, at: int, row: Sequence[Cell]) -> None:
    """Write a row, each cell as what it is."""
    for column, cell in enumerate(row):
        if isinstance(cell, bool):
            page.write_boolean(at, column, cell)  # type: ignore[attr-defined]  # no type information
        elif isinstance(cell, int | float):
            page.write_number(at, column, cell)  # type: ignore[attr-defined]  # no type information
        elif cell is not None:
            page.write_string(at, column, cell)  # type: ignore[attr-defined]  # no type information


def as_json(sheet: Sheet) -> bytes:
    """Return the table as a JSON list of objects; text stays as it is."""
    rows = [{name: row.get(name) for name in sheet.columns} for row in sheet.rows]
    return json.dumps(rows, ensure_ascii=False, indent=1).encode("utf-8", "replace")


def neutral_rows(sheet: Sheet) -> Iterable[list[Cell]]:
    """Yield the rows in the order of the columns, neutralised."""
    for row in sheet.rows:
        yield [neutral(row.get(name)) for name in sheet.columns]


FORMATS: Final = {
    "csv": (as_csv, "text/csv; charset=utf-8"),
    "xlsx": (as_xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "json": (as_json, "application/json"),
}


def as_file(sheet: Sheet, kind: str, at: datetime) -> File:
    """Return the table as a file of one of FORMATS, named after the table and the day."""
    write, media_type = FORMATS[kind]
    return File(f"saruna-{sheet.name}-{at:%Y-%m-%d}.{kind}", media_type, write(sheet))
