"""The command line explains itself, and its errors say where, what and what next, and no text."""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest
import typer

from pipeline.cli import app, main, training
from pipeline.cli.options import mapping_of
from pipeline.cli.output import progress_bar
from pipeline.core import paths
from pipeline.core.errors import UsageError

SECRET = "Slepens komentārs par kaimiņu Jāni"
Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def call(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Call:
    """Runs `saruna ...` in this process: exit code, stdout, stderr."""
    monkeypatch.setenv("SARUNA_STATE", str(tmp_path / "state"))

    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["saruna", *map(str, arguments)])
        code: object = 0
        try:
            main()
        except SystemExit as end:
            code = end.code or 0
        shown = capsys.readouterr()
        assert isinstance(code, int)
        return code, shown.out, shown.err

    return run


def commands() -> Iterator[tuple[str, click.Command]]:
    """Yield every command with the words that call it."""
    open_groups = [("saruna", typer.main.get_command(app))]
    while open_groups:
        name, command = open_groups.pop()
        if isinstance(command, click.Group) or hasattr(command, "commands"):
            open_groups += [(f"{name} {sub}", each) for sub, each in command.commands.items()]
        else:
            yield name, command


COMMANDS = dict(commands())


def test_there_is_a_command_for_every_stage() -> None:
    stages = (paths.ROOT / "pipeline" / "stages").glob("[!_]*.py")
    assert {f"saruna {stage.stem}" for stage in stages} <= COMMANDS.keys()


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_says_what_it_does_and_shows_a_real_example(name: str) -> None:
    help_text = COMMANDS[name].help or ""
    first, *_, last = help_text.strip().splitlines()
    assert first.endswith(".")
    assert last.strip().startswith(f"Example: {name}")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_and_example_can_be_used(name: str) -> None:
    command = COMMANDS[name]
    for parameter in command.params:
        if parameter.name != "help" and parameter.param_type_name == "option":
            assert getattr(parameter, "help", None), f"{name}: {parameter.name}"
    last = (command.help or "").strip().splitlines()[-1]
    options = {option for parameter in command.params for option in parameter.opts}
    used = {word for word in last.split() if word.startswith("--")}
    assert used <= options


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_a_command_is_printed(name: str, call: Call) -> None:
    code, out, err = call(*name.split()[1:], "--help")
    assert (code, err) == (0, "")
    assert "Example: " in out


@pytest.mark.parametrize(
    "arguments",
    [
        ("no-such-command",),
        ("score",),
        ("score", "x.csv"),
        ("score", "x.csv", "--out", "o", "--no-such-option"),
        ("list", "folder", "--limit", "0"),
        ("score", "x.csv", "--out", "o", "--map", "text"),
        ("score", "x.csv", "--out", "o", "--map", "=body"),
    ],
)
def test_a_wrong_call_exits_with_two(arguments: tuple[str, ...], call: Call) -> None:
    code, out, err = call(*arguments)
    assert (code, out) == (2, "")
    assert err
    assert "Traceback" not in err


def test_what_the_operator_can_mend_exits_with_one_and_names_the_next_step(
    call: Call, tmp_path: Path
) -> None:
    code, out, err = call("ingest", tmp_path / "absent.csv", "--out", tmp_path / "out")
    assert (code, out) == (1, "")
    assert "absent.csv" in err
    assert len(err.strip().splitlines()) >= 2
    assert "Traceback" not in err


def test_a_missing_release_is_named(call: Call, tmp_path: Path) -> None:
    (tmp_path / "site.csv").write_text(f"id,comment\n1,{SECRET}\n", encoding="utf-8")
    for command in ("score", "nightly"):
        code, _, err = call(
            *(command, tmp_path / "site.csv", "--out", tmp_path / "out"),
            *("--release", tmp_path / "no-release"),
        )
        assert code == 1
        assert "manifest.json: not found" in err
    assert not (tmp_path / "out").exists()


def test_unknown_settings_are_all_named_with_what_was_meant(call: Call, tmp_path: Path) -> None:
    params = tmp_path / "params.yaml"
    params.write_text("score:\n  chunks: 3\nroute:\n  audit_share: 7\n", encoding="utf-8")
    code, _, err = call("prepare", "--params", params)
    assert code == 1
    assert "did you mean `chunk`?" in err
    assert "`route.audit_share` is 7" in err


def test_a_bug_keeps_its_traceback(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(training, "settings_of", broken)
    with pytest.raises(ZeroDivisionError):
        call("prepare")


def test_a_module_that_is_not_of_the_extra_keeps_its_traceback(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: object) -> None:
        raise ModuleNotFoundError("No module named 'pipeline.typo'", name="pipeline.typo")

    monkeypatch.setattr(training, "settings_of", broken)
    with pytest.raises(ModuleNotFoundError):
        call("prepare")


BAD_INPUTS = {
    "no_text.csv": f"id,datums\n1,{SECRET}\n",
    "dates.csv": f"id,comment,created_at\n1,{SECRET},13.45.2026\n",
    "cut.json": '{"data": [{"id": "1", "message": "' + SECRET,
    "other.json": '{"rows": ["' + SECRET + '"]}',
    "lines.jsonl": '{"id": 1, "text": "' + SECRET + '"\n{"id": 2\n',
    "empty.csv": "",
    "header.csv": "id,comment\n",
    "nameless": SECRET,
}


@pytest.mark.parametrize("name", BAD_INPUTS)
def test_errors_never_hold_the_text_of_a_comment(name: str, call: Call, tmp_path: Path) -> None:
    (tmp_path / name).write_text(BAD_INPUTS[name], encoding="utf-8")
    code, out, err = call("ingest", tmp_path / name, "--out", tmp_path / "out")
    assert code == 1, out
    for word in ("Slepens", "kaimiņu", "Jāni"):
        assert word not in err + out


def test_ingest_and_validate_print_lines_or_one_json(call: Call, tmp_path: Path) -> None:
    out = tmp_path / "ingested"
    code, told, err = call("ingest", paths.SAMPLE_NIGHT, "--out", out, "--json")
    assert (code, err) == (0, "")
    figures = json.loads(told)
    assert figures["n_read"] == figures["n_comments"] + figures["n_rejects"]
    code, told, _ = call("validate", out, "--out", tmp_path / "kept")
    assert code == 0
    lines = dict(line.split(maxsplit=1) for line in told.splitlines())
    assert int(lines["n_kept"]) + int(lines["n_rejected"]) == int(lines["n_read"])


@pytest.mark.parametrize(
    ("pairs", "mapping"),
    [
        (None, {}),
        ([], {}),
        (["text=body"], {"text": "body"}),
        (["text=body,author_id = user"], {"text": "body", "author_id": "user"}),
        (["text=body", "created_at=a=b"], {"text": "body", "created_at": "a=b"}),
    ],
)
def test_columns_are_mapped(pairs: list[str] | None, mapping: dict[str, str]) -> None:
    assert mapping_of(pairs) == mapping


def test_a_mapping_without_a_column_is_refused() -> None:
    with pytest.raises(UsageError, match="text=body"):
        mapping_of(["text"])


def test_a_bar_is_drawn_once_per_stage_and_only_on_a_terminal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from rich.progress import Progress

    added: list[str] = []
    plain = Progress.add_task
    monkeypatch.setattr(
        Progress, "add_task", lambda self, name, **kw: added.append(name) or plain(self, name, **kw)
    )
    with progress_bar() as advance:
        assert advance is None
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with progress_bar() as advance:
        assert advance is not None
        for done in (1, 2, 3):
            advance("score", done, 3)
        advance("train", 1, 1)
    assert added == ["score", "train"]
