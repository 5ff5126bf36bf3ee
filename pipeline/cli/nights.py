"""Scoring as a whole: a night, an archive, the list of what was found, and the machine for it."""

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.options import DateFormat, Json, Map, Params, ReleaseDir, mapping_of, settings_of
from pipeline.cli.output import progress_bar, say
from pipeline.core import paths
from pipeline.core.errors import UsageError

if TYPE_CHECKING:
    from pipeline.core.settings import Settings
    from pipeline.engine.plan import Plan
    from pipeline.nightly import Night

app = typer.Typer(rich_markup_mode=None)

Workers = Annotated[
    int | None,
    typer.Option("--workers", min=1, help="Processes that score [default: score.workers]."),
]
Until = Annotated[
    str | None,
    typer.Option(
        "--until",
        metavar="HH:MM",
        help="Be done by then: likely violations are scored first, the rest waits.",
    ),
]
Engine = Annotated[
    str, typer.Option("--engine", help="`local` processes, or `ray` for many machines.")
]
RayAddress = Annotated[
    str | None,
    typer.Option("--ray-address", help="Ray cluster [default: one on this machine]."),
]


@app.command()
def score(
    source: Annotated[
        Path, typer.Argument(metavar="INPUT", help="CSV, TSV, JSONL, Parquet, API pages.")
    ],
    out: Annotated[Path, typer.Option("--out", help="Folder to write to.")],
    release: ReleaseDir = paths.RELEASE,
    map_: Map = None,
    date_format: DateFormat = None,
    workers: Workers = None,
    until: Until = None,
    engine: Engine = "local",
    ray_address: RayAddress = None,
    params: Params = paths.PARAMS,
    as_json: Json = False,
) -> None:
    """Score comments and decide on them, without touching the queue.

    Writes scores.parquet, decisions.parquet, comments.parquet and rejects.parquet.

    Example: saruna score comments.csv --out scored --map text=body
    """
    how = How(workers, until, engine, ray_address)
    say(run_night(source, out, release, map_, date_format, params, how, queue=False), as_json)


@app.command()
def nightly(
    source: Annotated[Path, typer.Argument(metavar="INPUT", help="File or folder of the night.")],
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder of the night [default: var/nights/NAME].")
    ] = None,
    release: ReleaseDir = paths.RELEASE,
    map_: Map = None,
    date_format: DateFormat = None,
    workers: Workers = None,
    until: Until = None,
    engine: Engine = "local",
    ray_address: RayAddress = None,
    params: Params = paths.PARAMS,
    as_json: Json = False,
) -> None:
    """Score a night's comments and put what needs a person into the desk's queue.

    Running it again changes nothing; a killed run goes on where it was.

    Example: saruna nightly data/samples/night
    """
    from pipeline.core.settings import state_dir

    folder = out or state_dir() / "nights" / source.name.partition(".")[0]
    how = How(workers, until, engine, ray_address)
    say(run_night(source, folder, release, map_, date_format, params, how, queue=True), as_json)


def run_night(
    source: Path,
    out: Path,
    release: Path,
    map_: list[str] | None,
    date_format: str | None,
    params: Path,
    how: "How",
    *,
    queue: bool,
) -> "Night":
    """Run a night with a progress bar."""
    from pipeline import nightly as job

    settings = settings_of(params)
    plan = how.plan(settings)
    given = job.Input(source, mapping_of(map_), date_format)
    with progress_bar() as bar:
        return job.run(settings, given, release, out, queue=queue, progress=bar, plan=plan)


@dataclasses.dataclass(frozen=True)
class How:
    """How the command line wants scoring to be carried out."""

    workers: int | None
    until: str | None
    engine: str
    ray_address: str | None

    def plan(self, settings: "Settings") -> "Plan":
        """Return the plan; UsageError for a value that means nothing."""
        import datetime
        from typing import cast

        from pipeline.engine.deadline import next_time
        from pipeline.engine.plan import Engine as EngineName
        from pipeline.engine.plan import Plan

        if self.engine not in ("local", "ray"):
            raise UsageError(f"--engine {self.engine!r}: is unknown", "Write local or ray.")
        if self.engine == "ray" and self.until is not None:
            raise UsageError(
                "--until: is kept by local processes alone", "Leave out --engine ray or --until."
            )
        left: Callable[[], float] | None = None
        if self.until is not None:
            now = datetime.datetime.now(datetime.UTC)
            end = next_time(self.until, settings.ingest.timezone, now)

            def seconds_left() -> float:
                return (end - datetime.datetime.now(datetime.UTC)).total_seconds()

            left = seconds_left
        workers = self.workers or settings.score.workers
        return Plan(workers, cast(EngineName, self.engine), left, self.ray_address)


@app.command()
def archive(
    source: Annotated[str, typer.Argument(help="Parquet of comments: file, folder or address.")],
    target: Annotated[str, typer.Argument(help="Folder or address of the scores.")],
    release: ReleaseDir = paths.RELEASE,
    workers: Workers = None,
    ray_address: RayAddress = None,
    params: Params = paths.PARAMS,
    as_json: Json = False,
) -> None:
    """Score years of comments on a Ray cluster: Parquet in, Parquet out, one part per chunk.

    Both are paths or addresses that fsspec knows, such as s3://bucket/comments. What was scored
    already is not scored again. Behaviour is left out: it needs a night as a whole.

    Example: saruna archive var/nights/night/comments.parquet var/archive --workers 2
    """
    from pipeline.core.policy import load_policy
    from pipeline.model.release import open_release
    from pipeline.stages import score as stage

    settings = settings_of(params)
    plan = How(workers, None, "ray", ray_address).plan(settings)
    policy = load_policy(paths.ROOT / settings.policy)
    opened = open_release(release)
    say(stage.archive(settings.score, policy, source, opened, target, plan), as_json)


@app.command(name="list")
def list_(
    folder: Annotated[Path, typer.Argument(help="Folder that `saruna score` or `nightly` wrote.")],
    limit: Annotated[int, typer.Option("--limit", min=1, help="Rows to show.")] = 20,
    show_text: Annotated[
        bool, typer.Option("--text/--no-text", help="Show the beginning of each comment.")
    ] = True,
) -> None:
    """Print the ranked review list of a scored folder.

    Example: saruna list var/nights/night --limit 10
    """
    from pipeline.ranked import render, top_rows

    typer.echo(render(top_rows(folder, limit), show_text=show_text))


@app.command()
def doctor(
    release: ReleaseDir = paths.RELEASE, params: Params = paths.PARAMS, as_json: Json = False
) -> None:
    """Check whether this machine can run a night; exit 1 when something must be mended first.

    Example: saruna doctor
    """
    from pipeline import doctor as job

    checks = job.run(params, release)
    rows = [dataclasses.asdict(check) for check in checks]
    typer.echo(json.dumps(rows, ensure_ascii=False) if as_json else job.table(checks))
    if any(check.state == "problem" for check in checks):
        raise typer.Exit(1)


@app.command()
def demo(
    release: ReleaseDir = paths.RELEASE,
    once: Annotated[bool, typer.Option("--once", help="Print the list and exit.")] = False,
    port: Annotated[int, typer.Option("--port", help="Port of the desk.")] = 8000,
) -> None:
    """Run the sample night end to end, print the ranked list, and open the desk.

    Example: saruna demo --once
    """
    from pipeline import demo as job

    job.run(release, once=once, port=port, echo=typer.echo)
