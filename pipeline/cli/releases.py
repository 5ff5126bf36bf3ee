"""`saruna model`: which release is in use, and how another one takes its place."""

import dataclasses
import json
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.options import CANDIDATE, REPORTS, Json, Params, ReleaseDir, Reports, settings_of
from pipeline.cli.output import say
from pipeline.core import paths
from pipeline.core.errors import UsageError

app = typer.Typer(
    help="The release in use: promote, roll back, and who decided when.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
HISTORY = paths.RELEASE.parent / "history.jsonl"

By = Annotated[
    str, typer.Option("--by", help="Role or ticket that answers for it; no names of people.")
]
Why = Annotated[str, typer.Option("--why", help="The reason, kept in the history.")]
History = Annotated[Path, typer.Option("--history", help="File of all changes.")]


@app.command()
def promote(
    by: By,
    why: Why = "",
    force: Annotated[
        bool, typer.Option("--force", help="Promote although the gate failed; needs --why.")
    ] = False,
    candidate: Annotated[Path, typer.Option("--candidate", help="Judged release.")] = CANDIDATE,
    release: ReleaseDir = paths.RELEASE,
    reports: Reports = REPORTS,
    history: History = HISTORY,
    params: Params = paths.PARAMS,
    as_json: Json = False,
) -> None:
    """Put a candidate that passed the gate in the place of the shipped release.

    A refusal stands in the history too.

    Example: saruna model promote --by data-team --why "retrained on the spring's reviews"
    """
    from pipeline.model import promotion

    reason = promotion.Reason(by, why, force)
    gate = reports / promotion.GATE
    made = promotion.promote(candidate, release, gate, history, reason)
    tell_registry(params, made.version)
    say(made, as_json)


def tell_registry(params: Path, version: str) -> None:
    """Move the registry's alias `champion` to what now decides; say it when that cannot be done."""
    from pipeline.model import registry

    note = registry.crown(settings_of(params).register_, version)
    if note is not None:
        typer.echo(f"{note}; the release in its folder decides all the same.", err=True)


@app.command()
def rollback(
    by: By,
    why: Why,
    to: Annotated[
        str | None, typer.Option("--to", help="Version [default: the one before the last change].")
    ] = None,
    release: ReleaseDir = paths.RELEASE,
    history: History = HISTORY,
    params: Params = paths.PARAMS,
    as_json: Json = False,
) -> None:
    """Put an earlier release back in its place.

    Example: saruna model rollback --by data-team --why "flags complaints about snow"
    """
    from pipeline.model import promotion, registry

    settings = settings_of(params).register_
    reason = promotion.Reason(by, why)

    def fetch(version: str, folder: Path) -> bool:
        return registry.fetch(settings, version, folder)

    made = promotion.rollback(release, history, reason, to=to, fetch=fetch)
    tell_registry(params, made.version)
    say(made, as_json)


@app.command(name="history")
def history_(history: History = HISTORY, as_json: Json = False) -> None:
    """Print every promotion, refusal and rollback, oldest first.

    Example: saruna model history
    """
    from pipeline.model import history as past

    entries = past.read(history)
    if not entries:
        typer.echo(f"{history}: no release was promoted so far", err=True)
    if as_json:
        typer.echo(json.dumps([dataclasses.asdict(each) for each in entries], ensure_ascii=False))
        return
    for each in entries:
        gate = "gate passed" if each.gate_passed else f"gate: {', '.join(each.failed_checks)}"
        forced = ", forced" if each.forced else ""
        typer.echo(f"{each.when}  {each.version}  {each.action}{forced}  {each.by}: {each.why}")
        typer.echo(f"    {gate}; instead of {each.replaced or 'nothing'}")


@app.command()
def which(
    at: Annotated[str, typer.Option("--at", help="Day, as 2026-05-03.")],
    history: History = HISTORY,
    params: Params = paths.PARAMS,
    as_json: Json = False,
) -> None:
    """Print which release decided on a day, and from when to when.

    Example: saruna model which --at 2026-11-24
    """
    from datetime import date

    from pipeline.model import history as past

    try:
        day = date.fromisoformat(at)
    except ValueError as error:
        raise UsageError(f'--at "{at}": is not a day', "Write it as 2026-05-03.") from error
    found = past.which(past.read(history), day, settings_of(params).ingest.timezone)
    if as_json:
        typer.echo(json.dumps([dataclasses.asdict(each) for each in found]))
        return
    for each in found:
        typer.echo(f"{each.version}  from {each.since} to {each.until or 'now'}")
