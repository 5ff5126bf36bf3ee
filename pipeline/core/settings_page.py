"""The page docs/settings.md, made from the settings' own names, defaults and docstrings.

`scripts/settings-doc` writes it; a test fails when it is out of date.
"""

import ast
import inspect
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from pipeline.core.openid import OpenIdSettings
from pipeline.core.settings import VARIABLES, Settings, section_in

HEAD = """\
# Settings

`params.yaml` has one section per stage. A key that is missing takes the default below; a key that
is unknown, or a value that is not allowed, stops every command with the place and the next step.
Another file is read with `--params FILE`.

This page is made by `scripts/settings-doc` from `pipeline/core/settings.py` and `openid.py`.
"""
ENVIRONMENT = """\
## Environment

Secrets and places that differ between machines are no settings: they come from the environment,
and only `pipeline/core/settings.py` reads it. A variable that is empty counts as unset.
"""
FOR_TESTS = """\
The tests read one more: with `SARUNA_TEST_POSTGRES` set to the URL of an empty PostgreSQL database,
`scripts/test` runs the desk's tests on it too.
"""
PARTS_OF_OPENID = "[The desk](desk.md) has an example for two kinds of providers."
SIGNS = {"gt": ">", "ge": ">=", "lt": "<", "le": "<="}


def page() -> str:
    """Return the whole page as Markdown."""
    parts = [HEAD, "## Top level", table(key_rows(Settings))]
    for name, field in Settings.model_fields.items():
        section = section_in(field.annotation)
        if section is not None:
            parts += [f"## {field.alias or name}", inspect.getdoc(section) or ""]
            parts += [table(key_rows(section))]
    parts += ["## OpenID Connect", inspect.getdoc(OpenIdSettings) or ""]
    parts += [table(key_rows(OpenIdSettings)), PARTS_OF_OPENID]
    variables = [(f"`{name}`", meaning) for name, meaning in VARIABLES.items()]
    parts += [ENVIRONMENT, table([("variable", "meaning"), *variables]), FOR_TESTS]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def key_rows(section: type[BaseModel]) -> Iterator[tuple[str, ...]]:
    """Yield the header and a row for every key of a section that is no section itself."""
    meanings = docstrings(section)
    yield "key", "default", "allowed", "meaning"
    for name, field in section.model_fields.items():
        if not is_section(field.annotation):
            shown = "needed" if field.is_required() else f"`{shown_value(field.default)}`"
            yield f"`{field.alias or name}`", shown, allowed(field), meanings.get(name, "")


def is_section(annotation: object) -> bool:
    """Say whether a field is a section of its own; a table of named parts is a key."""
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def docstrings(section: type[BaseModel]) -> dict[str, str]:
    """Return the string below each field of a section, on one line."""
    source = inspect.getsourcefile(section) or ""
    tree = ast.parse(Path(source).read_text(encoding="utf-8"))
    body = next(
        node.body
        for node in tree.body
        if isinstance(node, ast.ClassDef) and node.name == section.__name__
    )
    found: dict[str, str] = {}
    for field, below in pairwise(body):
        if (
            isinstance(field, ast.AnnAssign)
            and isinstance(below, ast.Expr)
            and isinstance(below.value, ast.Constant)
        ):
            found[ast.unparse(field.target)] = " ".join(str(below.value.value).split())
    return found


def shown_value(value: Any) -> str:
    """Return a default as it would stand in YAML."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return f"[{', '.join(map(str, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key}: {shown_value(each)}' for key, each in value.items())}}}"
    if isinstance(value, float):
        return f"{value:g}"
    if value is None:
        return "none"
    return '""' if value == "" else str(value)


def allowed(field: FieldInfo) -> str:
    """Return the limits of a number or the choices of a key, empty when anything goes."""
    if get_origin(field.annotation) is Literal:
        return ", ".join(f"`{choice}`" for choice in get_args(field.annotation))
    limits = [
        f"{sign} {getattr(rule, name):g}"
        for rule in field.metadata
        for name, sign in SIGNS.items()
        if getattr(rule, name, None) is not None
    ]
    return ", ".join(limits)


def table(rows: Iterator[tuple[str, ...]] | list[tuple[str, ...]]) -> str:
    """Return rows, the first one the header, as a Markdown table."""
    header, *body = rows
    lines = [header, tuple("---" for _ in header), *body]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    sys.stdout.write(page())
