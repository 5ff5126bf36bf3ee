"""Options that several commands share, and what is read out of them."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from pipeline.core.settings import Settings

Params = Annotated[Path, typer.Option("--params", help="Settings file.")]
Json = Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")]
Prepared = Annotated[Path, typer.Option("--prepared", help="Folder of the prepared splits.")]
Checkpoint = Annotated[Path, typer.Option("--checkpoint", help="Checkpoint folder.")]
BaseDir = Annotated[
    Path, typer.Option("--base-dir", help="Cache of the base encoder.", metavar="<path>")
]
Reports = Annotated[Path, typer.Option("--reports", help="Folder of metrics, plots and card.")]
Suites = Annotated[Path, typer.Option("--suites", help="Folder of the behaviour suites.")]
ReleaseDir = Annotated[Path, typer.Option("--release", help="Release folder.")]
Map = Annotated[
    list[str] | None,
    typer.Option(
        "--map",
        help="Names of input columns, as field=column with commas between, "
        "e.g. text=body,author_id=user.",
    ),
]
DateFormat = Annotated[
    str | None, typer.Option("--date-format", help="Format of dates, e.g. '%d/%m/%Y %H:%M'.")
]
PREPARED = Path("data/prepared")
CHECKPOINT = Path("models/checkpoint")
REPORTS = Path("reports")
SUITES = Path("tests/behaviour")
CANDIDATE = Path("models/candidate")
BASE = Path("models/base")


def settings_of(params: Path) -> "Settings":
    """Read the settings file."""
    from pipeline.core.settings import load_settings

    return load_settings(params)


def mapping_of(pairs: list[str] | None) -> dict[str, str]:
    """Return --map options as a mapping from comment field to input column."""
    from pipeline.sources.columns import parse_mapping

    return parse_mapping(",".join(pairs or []))
