"""How a model is made and judged, one command per stage, and what its labels are worth."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.options import (
    BASE,
    CANDIDATE,
    CHECKPOINT,
    PREPARED,
    REPORTS,
    SUITES,
    BaseDir,
    Checkpoint,
    Json,
    Params,
    Prepared,
    ReleaseDir,
    Reports,
    Suites,
    settings_of,
)
from pipeline.cli.output import progress_bar, say
from pipeline.core import paths

app = typer.Typer(rich_markup_mode=None)

ANNOTATIONS = paths.ROOT / "data" / "annotations"


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
    encode, version = encoder_of(settings, release) if meaning else (None, "")
    say(stage.run(settings.prepare, out, encode, version), as_json)
