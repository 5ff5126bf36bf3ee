"""`saruna desk`: the review desk."""

from typing import Annotated

import typer

from pipeline.cli.options import Json
from pipeline.cli.output import say

app = typer.Typer(help="The review desk.", no_args_is_help=True, rich_markup_mode=None)


@app.command()
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


@app.command()
def serve(
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", help="Port to listen on.")] = 8000,
) -> None:
    """Serve the desk until stopped.

    Example: saruna desk serve --port 8000
    """
    from pipeline.desk import commands

    def tell() -> None:
        typer.echo(f"The desk is at http://{host}:{port}/", err=True)

    commands.serve(host, port, tell=tell)


@app.command()
def check(as_json: Json = False) -> None:
    """Say whether the desk can be served, and how many cases wait.

    Example: saruna desk check
    """
    from pipeline.desk import commands

    say(commands.check(), as_json)


@app.command()
def verify(as_json: Json = False) -> None:
    """Check the chain of the decision log, and every verdict against it.

    Example: saruna desk verify
    """
    from pipeline.desk import commands

    say(commands.verify(), as_json)


@app.command()
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
