"""`saruna coordination`: how well concerted and automated comments are found."""

import dataclasses
import json
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.options import Json, Params, ReleaseDir, settings_of
from pipeline.cli.output import say
from pipeline.core import paths

app = typer.Typer(
    help="How well concerted and automated comments are found.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

External = Annotated[
    Path | None, typer.Argument(help="Folder of the public sets [default: prepare.external].")
]


@app.command(name="check")
def check_coordination(
    external: External = None,
    rounds: Annotated[int, typer.Option("--rounds", min=1, help="Times to plant anew.")] = 5,
    meaning: Annotated[
        bool,
        typer.Option(
            "--meaning/--without-meaning",
            help="Plant paraphrases too; needs the release's vectors.",
        ),
    ] = True,
    release: ReleaseDir = paths.RELEASE,
    params: Params = paths.PARAMS,
    as_json: Json = False,
) -> None:
    """Plant campaigns in real comments: what is found of them, and who is flagged with them.

    Example: saruna coordination check ../shared/data --rounds 2
    """
    from pipeline import coordination as job

    settings = settings_of(params)
    folder = external or settings.prepare.external
    found = job.check_planted(settings, folder, release, rounds=rounds, meaning=meaning)
    rows = [dataclasses.asdict(each) for each in found]
    typer.echo(json.dumps(rows, ensure_ascii=False) if as_json else job.render(found))


@app.command(name="accounts")
def coordination_accounts(
    external: External = None, params: Params = paths.PARAMS, as_json: Json = False
) -> None:
    """Tell bots from people in the open sets of labelled accounts, and from set to set.

    Example: saruna coordination accounts ../shared/data
    """
    from pipeline import labelled_accounts as job

    found = job.figures(external or settings_of(params).prepare.external)
    rows = [dataclasses.asdict(each) for each in found]
    typer.echo(json.dumps(rows, ensure_ascii=False) if as_json else job.render(found))


@app.command(name="trolls")
def coordination_trolls(
    external: External = None,
    release: ReleaseDir = paths.RELEASE,
    params: Params = paths.PARAMS,
    as_json: Json = False,
) -> None:
    """Tell how much is flagged of posts of known trolls, and of people's, by copying and timing.

    Example: saruna coordination trolls ../shared/data
    """
    from pipeline import coordination as job

    settings = settings_of(params)
    found = job.check_trolls(settings, external or settings.prepare.external, release)
    rows = [dataclasses.asdict(each) for each in found]
    typer.echo(json.dumps(rows, ensure_ascii=False) if as_json else job.render_transfer(found))


@app.command(name="load")
def coordination_load(
    comments: Annotated[int, typer.Option("--comments", min=1, help="How many.")] = 1_000_000,
    vectors: Annotated[
        bool,
        typer.Option("--vectors", help="Give each a made-up vector: groups of one meaning too."),
    ] = False,
    external: External = None,
    params: Params = paths.PARAMS,
    as_json: Json = False,
) -> None:
    """Put many made-up comments through behaviour: time, processor time and peak memory.

    Example: saruna coordination load --comments 1000000
    """
    from pipeline import coordination as job

    folder = external or settings_of(params).prepare.external
    say(job.load(folder, comments, vectors=vectors), as_json)
