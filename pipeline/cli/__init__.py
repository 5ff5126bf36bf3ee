"""The command line: one command per stage, and the jobs made of them.

Imports are inside the commands, so that --help needs neither the scorer nor torch.
"""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import typer

from pipeline.cli import claims, coordination, desk, nights, releases, steps, training
from pipeline.core.errors import (
    PipelineError,
    Stopped,
    TemporaryError,
    UsageError,
    is_want_of_memory,
)

app = typer.Typer(
    name="saruna",
    help="Comment moderation in Latvian and Russian: ranks what breaks the rules, "
    "leaves criticism alone.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(nights.app)
app.add_typer(steps.app)
app.add_typer(training.app)
app.add_typer(desk.app, name="desk")
app.add_typer(releases.app, name="model")
app.add_typer(claims.app, name="claims")
app.add_typer(coordination.app, name="coordination")
app.command(
    hidden=True,
    help="""Put a candidate in the place of the release; `saruna model promote` by its old name.

    Example: saruna promote --by data-team""",
)(releases.promote)

TRAIN_PACKAGES = frozenset(
    {
        *("cleanlab", "datasketch", "matplotlib", "mlflow", "onnx", "scipy", "sklearn", "torch"),
        "transformers",
    }
)
"""What `saruna[train]` adds; without it the commands of a night still work."""
TEMPORARY = 75
"""EX_TEMPFAIL of sysexits.h: nothing to mend, the same command later goes on."""
MEMORY_HINT = (
    "Close other programs, lower `score.chunk` and `score.batch_tokens`, or raise the limit; then "
    "run the same command again: it goes on where it was."
)


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
