"""The command line: one command per stage, and the jobs made of them.

Imports are inside the commands, so that --help needs neither the scorer nor torch.
"""

import dataclasses
import json
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from pipeline.core import paths
from pipeline.core.errors import (
    PipelineError,
    Stopped,
    TemporaryError,
    UsageError,
    is_want_of_memory,
)

if TYPE_CHECKING:
    from pipeline.core.settings import Settings
    from pipeline.engine.plan import Plan
    from pipeline.nightly import Night

app = typer.Typer(
    name="saruna",
    help="Comment moderation in Latvian and Russian: ranks what breaks the rules, "
    "leaves criticism alone.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
desk_app = typer.Typer(help="The review desk.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(desk_app, name="desk")
model_app = typer.Typer(
    help="The release in use: promote, roll back, and who decided when.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.add_typer(model_app, name="model")
claims_app = typer.Typer(
    help="The base of debunked claims.", no_args_is_help=True, rich_markup_mode=None
)
app.add_typer(claims_app, name="claims")
coordination_app = typer.Typer(
    help="How well concerted and automated comments are found.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.add_typer(coordination_app, name="coordination")

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

PREPARED = Path("data/prepared")
CHECKPOINT = Path("models/checkpoint")
REPORTS = Path("reports")
ANNOTATIONS = paths.ROOT / "data" / "annotations"
SUITES = Path("tests/behaviour")
CANDIDATE = Path("models/candidate")
BASE = Path("models/base")
HISTORY = paths.RELEASE.parent / "history.jsonl"
TRAIN_PACKAGES = frozenset(
    {"cleanlab", "datasketch", "matplotlib", "mlflow", "onnx", "sklearn", "torch", "transformers"}
)
"""What `saruna[train]` adds; without it the commands of a night still work."""


TEMPORARY = 75
"""EX_TEMPFAIL of sysexits.h: nothing to mend, the same command later goes on."""


def main() -> None:
    """Run the command line; docs/operations.md says what every exit code means."""
    try:
        with stopped_by_signals():
            app(standalone_mode=True)
    except Stopped as stop:
        name = signal.Signals(stop.number).name
        leave(stop.code, f"stopped by {name}\nRun the same command again: it goes on where it was.")
    except UsageError as error:
        leave(2, str(error))
    except TemporaryError as error:
        leave(TEMPORARY, str(error))
    except PipelineError as error:
        leave(1, str(error))
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in TRAIN_PACKAGES:
            raise
        missing = f"{error.name}: is not installed, and this command needs it"
        leave(1, f"{missing}\nRun `pip install 'saruna[train]'`.")
    except Exception as error:  # onnxruntime's have no class of their own
        if not is_want_of_memory(error):
            raise
        leave(TEMPORARY, f"memory: there is not enough of it\n{MEMORY_HINT}")


MEMORY_HINT = (
    "Close other programs, lower `score.chunk` and `score.batch_tokens`, or raise the limit; then "
    "run the same command again: it goes on where it was."
)


def leave(code: Any, message: str) -> NoReturn:
    """Say why on stderr, and end the program."""
    sys.stderr.write(f"{message}\n")
    sys.exit(code)


@contextmanager
def stopped_by_signals() -> Iterator[None]:
    """Let SIGTERM and SIGINT end the program by way of its clean-up, as Stopped."""

    def stop(number: int, _: object) -> None:
        raise Stopped(number)

    before = {each: signal.signal(each, stop) for each in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def settings_of(params: Path) -> "Settings":
    """Read the settings file."""
    from pipeline.core.settings import load_settings

    return load_settings(params)


def say(summary: Any, as_json: bool) -> None:
    """Print a stage's summary on stdout: one line per figure, or JSON."""
    values = dataclasses.asdict(summary)
    if as_json:
        typer.echo(json.dumps(values, ensure_ascii=False))
        return
    for name, value in values.items():
        if value is None or value == {} or value == ():
            continue
        shown = (
            ", ".join(f"{key} {each}" for key, each in value.items())
            if isinstance(value, dict)
            else value
        )
        typer.echo(f"{name:<20} {shown}")


def mapping_of(pairs: list[str] | None) -> dict[str, str]:
    """Return --map options as a mapping from comment field to input column."""
    mapping: dict[str, str] = {}
    for pair in ",".join(pairs or []).split(","):
        if not pair:
            continue
        field, equals, column = pair.partition("=")
        if not equals or not field or not column:
            raise UsageError(f"--map {pair!r}: is not field=column", "Write for example text=body.")
        mapping[field.strip()] = column.strip()
    return mapping


@contextmanager
def progress_bar() -> Iterator[Callable[[str, int, int], None] | None]:
    """Yield a callback that draws a bar on stderr, None when stderr is no terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    with Progress(
        "{task.description}",
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    ) as bar:
        tasks: dict[str, Any] = {}

        def advance(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bar.add_task(stage, total=total)
            bar.update(tasks[stage], completed=done)

        yield advance


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
def prepare(
    out: Prepared = PREPARED,
    suites: Suites = SUITES,
    params: Params = paths.PARAMS,
    as_json: Json = False,
) -> None:
    """Turn labelled sets into train, calib and test that share no text, pair or thread.

    Example: saruna prepare
    """
    from pipeline.core.settings import feedback_dir
    from pipeline.stages import prepare as stage

    settings = settings_of(params).prepare
    data = paths.ROOT / "data"
    say(stage.run(settings, data, suites, out, feedback=feedback_dir()), as_json)


@app.command()
def train(
    prepared: Prepared = PREPARED,
    checkpoint: Checkpoint = CHECKPOINT,
    base_dir: BaseDir = BASE,
    params: Params = paths.PARAMS,
    as_json: Json = False,
) -> None:
    """Fine-tune the base encoder on the prepared comments (needs the train extra).

    Example: saruna train
    """
    from pipeline.stages import train as stage

    with progress_bar() as bar:
        step = None if bar is None else (lambda done, total: bar("train", done, total))
        summary = stage.run(settings_of(params), prepared, base_dir, checkpoint, step)
    say(summary, as_json)


@app.command()
def calibrate(
    prepared: Prepared = PREPARED,
    checkpoint: Checkpoint = CHECKPOINT,
    params: Params = paths.PARAMS,
    as_json: Json = False,
) -> None:
    """Turn logits into probabilities, and policy sentences into thresholds.

    Example: saruna calibrate
    """
    from pipeline.stages import calibrate as stage

    say(stage.run(settings_of(params), prepared, checkpoint), as_json)


@app.command()
def baseline(
    prepared: Prepared = PREPARED,
    base_dir: BaseDir = BASE,
    reports: Reports = REPORTS,
    params: Params = paths.PARAMS,
    as_json: Json = False,
) -> None:
    """Measure simpler models on the same rows, and what more labels would bring.

    Example: saruna baseline
    """
    from pipeline.stages import baseline as stage

    say(stage.run(settings_of(params), prepared, base_dir, reports), as_json)


@app.command()
def evaluate(
    prepared: Prepared = PREPARED,
    checkpoint: Checkpoint = CHECKPOINT,
    suites: Suites = SUITES,
    reports: Reports = REPORTS,
    release: Annotated[
        Path | None, typer.Option("--release", help="Measure this release, not the checkpoint.")
    ] = None,
    params: Params = paths.PARAMS,
    as_json: Json = False,
) -> None:
    """Measure a checkpoint on test, on sets it never saw, and on the behaviour suites.

    With --release a released folder is measured as it scores.

    Example: saruna evaluate --release models/release
    """
    from pipeline.stages import evaluate as stage

    settings = settings_of(params)
    say(stage.run(settings, prepared, checkpoint, suites, reports, release=release), as_json)


@app.command()
def export(
    prepared: Prepared = PREPARED,
    checkpoint: Checkpoint = CHECKPOINT,
    reports: Reports = REPORTS,
    out: Annotated[Path, typer.Option("--out", help="Release folder to write.")] = CANDIDATE,
    params: Params = paths.PARAMS,
    as_json: Json = False,
) -> None:
    """Turn a checkpoint into a release folder, and prove that it says the same.

    Example: saruna export --out models/candidate
    """
    from pipeline.stages import export as stage

    say(stage.run(settings_of(params), prepared, checkpoint, reports, out), as_json)


@app.command()
def register(
    candidate: Annotated[Path, typer.Option("--candidate", help="Exported release.")] = CANDIDATE,
    checkpoint: Checkpoint = CHECKPOINT,
    reports: Reports = REPORTS,
    prepared: Prepared = PREPARED,
    params: Params = paths.PARAMS,
    as_json: Json = False,
) -> None:
    """Put a release into the MLflow registry, as champion when it passes the gate.

    The gate compares it with the shipped release on the same comments; reports/gate.txt shows it.

    Example: saruna register
    """
    from pipeline.stages import register as stage

    settings = settings_of(params)
    summary = stage.run(settings, candidate, checkpoint, reports, prepared=prepared)
    if not as_json:
        typer.echo((reports / stage.TABLE).read_text(encoding="utf-8"))
    say(summary, as_json)


By = Annotated[
    str, typer.Option("--by", help="Role or ticket that answers for it; no names of people.")
]
Why = Annotated[str, typer.Option("--why", help="The reason, kept in the history.")]
History = Annotated[Path, typer.Option("--history", help="File of all changes.")]


@model_app.command()
@app.command(
    hidden=True,
    help="""Put a candidate in the place of the release; `saruna model promote` by its old name.

    Example: saruna promote --by data-team""",
)
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


@model_app.command()
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


@model_app.command(name="history")
def history_(history: History = HISTORY, as_json: Json = False) -> None:
    """Print every promotion, refusal and rollback, oldest first.

    Example: saruna model history
    """
    from pipeline.model import history as past

    entries = past.read(history)
    if as_json:
        typer.echo(json.dumps([dataclasses.asdict(each) for each in entries], ensure_ascii=False))
        return
    for each in entries:
        gate = "gate passed" if each.gate_passed else f"gate: {', '.join(each.failed_checks)}"
        forced = ", forced" if each.forced else ""
        typer.echo(f"{each.when}  {each.version}  {each.action}{forced}  {each.by}: {each.why}")
        typer.echo(f"    {gate}; instead of {each.replaced or 'nothing'}")


@model_app.command()
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
    from pipeline.core.settings import author_secret, feedback_dir, state_dir
    from pipeline.nightly import WINDOW
    from pipeline.stages import feedback as stage

    summary = stage.run(
        settings_of(params),
        out or feedback_dir(),
        secret=author_secret(),
        nights=state_dir() / "nights",
        erase=erase or (),
        window=state_dir() / WINDOW,
    )
    say(summary, as_json)


@app.command()
def doubts(
    release: ReleaseDir = paths.RELEASE,
    reports: Reports = REPORTS,
    queue: Annotated[
        bool, typer.Option("--queue", help="Also ask a second person at the desk.")
    ] = False,
    params: Params = paths.PARAMS,
    as_json: Json = False,
) -> None:
    """Find labels that look wrong, and have verdicts among them judged blindly once more.

    Seeds and annotations that look wrong are listed in doubts.tsv, by hash.

    Example: saruna doubts --queue
    """
    from pipeline.core.settings import feedback_dir
    from pipeline.model.release import open_release
    from pipeline.stages import doubts as stage

    settings = settings_of(params)
    summary = stage.run(
        settings.doubts,
        open_release(release),
        feedback=feedback_dir(),
        external=settings.prepare.external,
        out_dir=reports,
        queue=queue,
    )
    say(summary, as_json)


@app.command()
def simulate(
    prepared: Prepared = PREPARED,
    release: ReleaseDir = paths.RELEASE,
    reports: Reports = REPORTS,
    params: Params = paths.PARAMS,
    as_json: Json = False,
) -> None:
    """Play a year of the loop on real texts, with and without audit and picks.

    The first run computes the vectors of the texts, which takes some minutes; later ones read them.

    Example: saruna simulate --reports reports
    """
    from pipeline.core.settings import state_dir
    from pipeline.model.release import open_release
    from pipeline.stages import simulate as stage

    settings = settings_of(params).simulate
    say(stage.run(settings, prepared, open_release(release), state_dir(), reports), as_json)


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
def agreement(
    annotations: Annotated[
        Path, typer.Option("--annotations", help="Folder of the annotations.")
    ] = ANNOTATIONS,
    as_json: Json = False,
) -> None:
    """Print how far annotators agree on each label, and how frequent violations are.

    Example: saruna agreement
    """
    from pipeline import annotated

    found = annotated.report(annotations)
    if as_json:
        say(found, as_json)
    else:
        typer.echo(annotated.render(found))


@app.command()
def behaviour(
    out: Annotated[Path, typer.Option("--out", help="Model file to write.")] = paths.BEHAVIOUR,
    meaning: Annotated[
        bool, typer.Option("--meaning", help="Fit groups of one meaning too, on the release.")
    ] = False,
    release: ReleaseDir = paths.RELEASE,
    params: Params = paths.PARAMS,
    as_json: Json = False,
) -> None:
    """Fit what tells coordinated and automated comments from ordinary ones (train extra).

    Example: saruna behaviour --meaning
    """
    from pipeline.coordination import encoder_of
    from pipeline.stages import behaviour as stage

    settings = settings_of(params)
    encode = encoder_of(settings, release) if meaning else None
    say(stage.run(settings.prepare, out, encode), as_json)


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


External = Annotated[
    Path | None, typer.Argument(help="Folder of the public sets [default: prepare.external].")
]


@coordination_app.command(name="check")
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


@coordination_app.command(name="accounts")
def coordination_accounts(
    external: External = None, params: Params = paths.PARAMS, as_json: Json = False
) -> None:
    """Tell bots from people in the open sets of labelled accounts, and from set to set.

    Example: saruna coordination accounts ../shared/data
    """
    from pipeline import accounts as job

    found = job.figures(external or settings_of(params).prepare.external)
    rows = [dataclasses.asdict(each) for each in found]
    typer.echo(json.dumps(rows, ensure_ascii=False) if as_json else job.render(found))


@coordination_app.command(name="load")
def coordination_load(
    comments: Annotated[int, typer.Option("--comments", min=1, help="How many.")] = 1_000_000,
    external: External = None,
    params: Params = paths.PARAMS,
    as_json: Json = False,
) -> None:
    """Put many made-up comments through behaviour: time, processor time and peak memory.

    Example: saruna coordination load --comments 1000000
    """
    from pipeline import coordination as job

    say(job.load(external or settings_of(params).prepare.external, comments), as_json)


ClaimBase = Annotated[
    Path | None, typer.Option("--base", help="Folder of the claim base [default: var/claims].")
]
Encoder = Annotated[
    str, typer.Option("--encoder", help="Release folder that gives vectors, or `base`.")
]
Pairs = Annotated[Path, typer.Option("--pairs", help="File of comment-claim pairs.")]
CLAIM_PAIRS = paths.ROOT / "data" / "claims"


@claims_app.command(name="import")
def import_claims(
    source: Annotated[Path, typer.Argument(help="CSV, TSV or ClaimReview JSON, or a folder.")],
    base: ClaimBase = None,
    as_json: Json = False,
) -> None:
    """Add debunked claims to the base; rows without verdict or address are rejected.

    Example: saruna claims import ../shared/data/disinfo
    """
    from pipeline import claimbase as job

    say(job.import_claims(source, base or job.base_dir()), as_json)


@claims_app.command()
def add(
    claim: Annotated[str, typer.Argument(help="The claim, as those say it who spread it.")],
    verdict: Annotated[str, typer.Option("--verdict", help="For example false, correction.")],
    address: Annotated[str, typer.Option("--address", help="Where the claim is refuted.")],
    publisher: Annotated[str, typer.Option("--publisher", help="Who refutes it.")] = "",
    date: Annotated[str, typer.Option("--date", help="When, as 2026-02-02.")] = "",
    lang: Annotated[str, typer.Option("--lang", help="lv, ru or en.")] = "lv",
    base: ClaimBase = None,
    as_json: Json = False,
) -> None:
    """Add one claim, such as the municipality's own correction.

    Example: saruna claims add "Dome slēdz bibliotēku" --verdict correction --address https://ogre.lv/a
    """
    from pipeline import claimbase as job

    fields = {
        **{"claim": claim, "verdict": verdict, "address": address},
        **{"publisher": publisher, "date": date, "lang": lang},
    }
    say(job.add_claim(base or job.base_dir(), fields), as_json)


@claims_app.command(name="list")
def list_claims(
    search: Annotated[str, typer.Option("--search", help="Words, or an id.")] = "",
    limit: Annotated[int, typer.Option("--limit", min=1, help="Claims to show.")] = 20,
    base: ClaimBase = None,
) -> None:
    """Print claims with verdict, publisher, date and address.

    Example: saruna claims list --search NATO
    """
    from pipeline import claimbase as job

    for claim in job.list_claims(base or job.base_dir(), search, limit):
        status = "" if claim.status == "usable" else f" ({claim.status})"
        typer.echo(f"{claim.claim_id}  {claim.text}{status}")
        source = " · ".join(filter(None, (claim.verdict, claim.publisher, claim.date)))
        typer.echo(f"{'':18}{source} · {claim.address}")


@claims_app.command(name="index")
def index_claims(
    base: ClaimBase = None,
    encoder: Encoder = str(paths.RELEASE),
    params: Params = paths.PARAMS,
    as_json: Json = False,
) -> None:
    """Make the vectors of all claims anew: after an import, and after each new release.

    Example: saruna claims index
    """
    from pipeline import claimbase as job

    say(job.index_claims(settings_of(params), base or job.base_dir(), encoder), as_json)


@claims_app.command(name="check")
def check_claims(
    pairs: Pairs = CLAIM_PAIRS / "pairs-test.tsv",
    comments: Annotated[
        Path | None,
        typer.Option("--comments", help="Count what is shown of a CSV's column `text` instead."),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Comments to draw.")] = 5000,
    base: ClaimBase = None,
    encoder: Encoder = str(paths.RELEASE),
    params: Params = paths.PARAMS,
    as_json: Json = False,
) -> None:
    """Measure matching on pairs that it has not learned from, or on real traffic.

    Example: saruna claims check --pairs data/claims/pairs-test.tsv
    """
    from pipeline import claimbase as job

    settings, folder = settings_of(params), base or job.base_dir()
    checked: Any
    if comments is None:
        checked = job.check_claims(settings, folder, pairs, encoder)
    else:
        checked = job.check_traffic(settings, folder, comments, encoder, limit)
    if as_json:
        say(checked, as_json)
    else:
        typer.echo(job.render(checked))


@claims_app.command(name="emerging")
def emerging_claims(
    nights: Annotated[list[Path], typer.Argument(help="Folders that `saruna nightly` wrote.")],
    out: Annotated[Path, typer.Option("--out", help="Parquet file to write.")],
    as_json: Json = False,
) -> None:
    """Group what several people say within days and no claim base knows, over several nights.

    Example: saruna claims emerging var/nights/monday var/nights/tuesday --out var/emerging.parquet
    """
    from pipeline.signals.claims.emerging import write_emerging

    say(write_emerging(nights, out), as_json)


@claims_app.command(name="train")
def train_claims(
    pairs: Pairs = CLAIM_PAIRS / "pairs-train.tsv",
    base: ClaimBase = None,
    encoder: Encoder = str(paths.RELEASE),
    params: Params = paths.PARAMS,
    as_json: Json = False,
) -> None:
    """Learn the matcher's numbers from pairs (needs the train extra).

    Example: saruna claims train --pairs data/claims/pairs-train.tsv
    """
    from pipeline import claimbase as job

    folder = base or job.base_dir()
    say(job.train_matcher(settings_of(params), folder, pairs, encoder), as_json)


@desk_app.command()
def init(
    admin: Annotated[
        str, typer.Option("--admin", help="Name of the first administrator.")
    ] = "admin",
    as_json: Json = False,
) -> None:
    """Create or update the desk's database and make the first administrator.

    Example: saruna desk init --admin anna
    """
    from pipeline.desk import commands

    say(commands.init(admin), as_json)


@desk_app.command()
def serve(
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", help="Port to listen on.")] = 8000,
) -> None:
    """Serve the desk until stopped.

    Example: saruna desk serve --port 8000
    """
    from pipeline.desk import commands

    typer.echo(f"The desk is at http://{host}:{port}/", err=True)
    commands.serve(host, port)


@desk_app.command()
def check(as_json: Json = False) -> None:
    """Say whether the desk can be served, and how many cases wait.

    Example: saruna desk check
    """
    from pipeline.desk import commands

    say(commands.check(), as_json)


@desk_app.command()
def verify(as_json: Json = False) -> None:
    """Check the chain of the decision log, and every verdict against it.

    Example: saruna desk verify
    """
    from pipeline.desk import commands

    say(commands.verify(), as_json)


@desk_app.command()
def token(
    user: Annotated[str, typer.Argument(help="Who the program works for: role and institutions.")],
    name: Annotated[str, typer.Option("--name", help="What the token is for.")] = "api",
    days: Annotated[int, typer.Option("--days", min=1, help="How long it is valid.")] = 365,
    as_json: Json = False,
) -> None:
    """Make a token for the API, shown this once; a token of the same name stops working.

    Example: saruna desk token robots --name nightly --days 90
    """
    from pipeline.desk import commands

    say(commands.make_token(user, name, days), as_json)


if __name__ == "__main__":
    main()
