"""`saruna claims`: the base of debunked claims."""

from pathlib import Path
from typing import Annotated, Any

import typer

from pipeline.cli.options import Json, Params, settings_of
from pipeline.cli.output import say
from pipeline.core import paths

app = typer.Typer(help="The base of debunked claims.", no_args_is_help=True, rich_markup_mode=None)

ClaimBase = Annotated[
    Path | None, typer.Option("--base", help="Folder of the claim base [default: var/claims].")
]
Encoder = Annotated[
    str, typer.Option("--encoder", help="Release folder that gives vectors, or `base`.")
]
Pairs = Annotated[Path, typer.Option("--pairs", help="File of comment-claim pairs.")]
CLAIM_PAIRS = paths.ROOT / "data" / "claims"


@app.command(name="import")
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


@app.command()
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


@app.command(name="list")
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


@app.command(name="index")
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


@app.command(name="check")
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


@app.command(name="emerging")
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


@app.command(name="train")
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
