"""The steps of a night one by one: ingest, validate, route, pick, report, feedback."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.options import DateFormat, Json, Map, Params, ReleaseDir, mapping_of, settings_of
from pipeline.cli.output import say
from pipeline.core import paths
from pipeline.core.errors import UsageError

app = typer.Typer(rich_markup_mode=None)


@app.command()
def ingest(
    source: Annotated[Path, typer.Argument(help="File or folder with comments.")],
    out: Annotated[Path, typer.Option("--out", help="Folder to write to.")],
    map_: Map = None,
    date_format: DateFormat = None,
    params: Params = paths.PARAMS,
    as_json: Json = False,
) -> None:
    """Read platform exports and plain files into one table of comments.

    Example: saruna ingest data/samples/night --out var/try/ingested
    """
    from pipeline.core.settings import author_secret
    from pipeline.stages import ingest as stage

    settings = settings_of(params).ingest
    summary = stage.run(
        settings,
        source,
        out,
        mapping=mapping_of(map_),
        date_format=date_format,
        secret=author_secret(),
    )
    say(summary, as_json)


@app.command()
def validate(
    source: Annotated[Path, typer.Argument(help="Folder that ingest wrote.")],
    out: Annotated[Path, typer.Option("--out", help="Folder to write to.")],
    params: Params = paths.PARAMS,
    as_json: Json = False,
) -> None:
    """Keep the comments that can be scored, and say why the rest were dropped.

    Example: saruna validate var/try/ingested --out var/try
    """
    from pipeline.stages import validate as stage

    say(stage.run(settings_of(params).validation, source, out), as_json)


@app.command()
def route(
    folder: Annotated[Path, typer.Argument(help="Folder that `saruna score` wrote.")],
    release: ReleaseDir = paths.RELEASE,
    queue: Annotated[bool, typer.Option("--queue", help="Also write cases to the queue.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only compare with --policy; write nothing.")
    ] = False,
    other: Annotated[
        Path | None,
        typer.Option("--policy", help="Settings to compare with: sentences, capacity, rules."),
    ] = None,
    params: Params = paths.PARAMS,
    as_json: Json = False,
) -> None:
    """Decide anew on comments that are scored already, or try other settings on them.

    With --dry-run and --policy it says who would move, what would be missed, and the workload.

    Example: saruna route scored --dry-run --policy other.yaml
    """
    from pipeline.core.policy import load_policy
    from pipeline.model.release import open_release
    from pipeline.stages import route as stage

    if dry_run != (other is not None) or (dry_run and queue):
        raise UsageError(
            "--dry-run and --policy go together, and without --queue",
            "Write for example: saruna route scored --dry-run --policy other.yaml",
        )
    settings = settings_of(params)
    comments, scores = folder / "comments.parquet", folder / "scores.parquet"
    opened = open_release(release)
    if other is not None:
        from pipeline.routing.comparing import what_if

        say(what_if(settings, settings_of(other), comments, scores, opened), as_json)
        return
    policy = load_policy(paths.ROOT / settings.policy)
    reviews = stage.past_reviews() if queue else []
    summary = stage.run(settings.route, policy, comments, scores, opened, folder, reviews=reviews)
    if queue:
        say(stage.enqueue(policy, comments, scores, folder / "decisions.parquet"), as_json)
    say(summary, as_json)


@app.command()
def pick(
    folder: Annotated[Path, typer.Argument(help="Folder of a night that was routed.")],
    release: ReleaseDir = paths.RELEASE,
    queue: Annotated[bool, typer.Option("--queue", help="Also write cases to the queue.")] = False,
    params: Params = paths.PARAMS,
    as_json: Json = False,
) -> None:
    """Pick what to label next among the comments of a night that nobody would look at.

    Part of every nightly run; here it says what would be picked from a night that was only scored.

    Example: saruna pick var/nights/night
    """
    from pipeline.core.policy import load_policy
    from pipeline.core.settings import feedback_dir
    from pipeline.model.release import open_release
    from pipeline.stages import pick as stage
    from pipeline.stages import route as routing

    settings = settings_of(params)
    summary = stage.run(
        settings.pick,
        folder,
        open_release(release),
        feedback=feedback_dir(),
        nights=folder.parent,
        memory=None,
    )
    if queue:
        policy = load_policy(paths.ROOT / settings.policy)
        files = (folder / f"{name}.parquet" for name in ("comments", "scores", "decisions"))
        say(routing.enqueue(policy, *files), as_json)
    say(summary, as_json)


@app.command()
def report(
    folder: Annotated[Path, typer.Argument(help="Folder of a routed night.")],
    nights: Annotated[
        Path | None,
        typer.Option("--nights", help="Folder of all nights [default: the folder above]."),
    ] = None,
    show: Annotated[bool, typer.Option("--text", help="Print the whole report.")] = False,
    params: Params = paths.PARAMS,
    as_json: Json = False,
) -> None:
    """Write a night's report: workload, promises, measured misses, drift, failed detectors.

    Writes report.html, report.json and report.txt into the folder.

    Example: saruna report var/nights/night
    """
    from pipeline.core.policy import load_policy
    from pipeline.stages import report as stage

    settings = settings_of(params)
    policy = load_policy(paths.ROOT / settings.policy)
    reviews = stage.all_reviews()
    summary = stage.run(settings.report, policy, folder, nights or folder.parent, reviews)
    if show and not as_json:
        typer.echo((folder / "report.txt").read_text(encoding="utf-8"), nl=False)
    else:
        say(summary, as_json)


@app.command()
def feedback(
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder of the rows [default: data/feedback].")
    ] = None,
    erase: Annotated[
        list[str] | None,
        typer.Option("--erase", help="Author key whose rows go, now and for good; repeatable."),
    ] = None,
    params: Params = paths.PARAMS,
    as_json: Json = False,
) -> None:
    """Turn the desk's settled reviews into masked, labelled rows for the next training.

    Example: saruna feedback
    """
    from pipeline.core.records import is_author_key
    from pipeline.core.settings import author_secret, feedback_dir, state_dir
    from pipeline.nightly import WINDOW
    from pipeline.stages import feedback as stage

    n_odd = sum(not is_author_key(key) for key in erase or ())
    if n_odd:
        # Not shown: it may be somebody's name.
        raise UsageError(
            f"--erase: {n_odd} of the values given are no author keys",
            "A key has 32 hex digits; the column author_key of a night's comments.parquet has it.",
        )
    summary = stage.run(
        settings_of(params),
        out or feedback_dir(),
        secret=author_secret(),
        nights=state_dir() / "nights",
        erase=erase or (),
        window=state_dir() / WINDOW,
    )
    say(summary, as_json)
