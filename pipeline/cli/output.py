"""What commands print: a summary on stdout, a bar on stderr."""

import dataclasses
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import typer


def say(summary: Any, as_json: bool) -> None:
    """Print a stage's summary on stdout: one line per figure, or JSON."""
    values = dataclasses.asdict(summary)
    if as_json:
        typer.echo(json.dumps(values, ensure_ascii=False))
        return
    for name, value in values.items():
        if value is None or value == {} or value == ():
            continue
        typer.echo(f"{name:<20} {shown(value)}")


def shown(value: Any) -> Any:
    """Return a figure as a line shows it: mappings and lists with commas between."""
    if isinstance(value, dict):
        return ", ".join(f"{key} {each}" for key, each in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else value


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
