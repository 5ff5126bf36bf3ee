"""The demonstration: the sample night from export files to the desk, on a throw-away state."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from pipeline.core import paths
from pipeline.core.settings import load_settings, state_dir
from pipeline.ranked import render, top_rows

ADMIN = "demo"


def run(release: Path, *, once: bool, port: int, echo: Callable[[str], None]) -> None:
    """Run the sample night, print the ranked list and the desk's address, and serve the desk.

    The demo keeps its own state folder and starts it afresh, so that it never touches a real
    queue.
    """
    state = state_dir() / "demo"
    shutil.rmtree(state, ignore_errors=True)
    os.environ["SARUNA_STATE"] = str(state)
    os.environ.pop("SARUNA_DATABASE_URL", None)
    from pipeline import nightly
    from pipeline.desk import commands

    folder = state / "nights" / "sample"
    given = nightly.Input(paths.SAMPLE_NIGHT, {})
    settings = load_settings(paths.PARAMS)
    night = nightly.run(settings, given, release, folder, queue=True)
    made = commands.init(ADMIN)
    echo(
        f"Read {night.n_read} comments: {night.n_comments} scored or sent on, "
        f"{night.n_rejected} rejected, in {night.seconds:.1f} s with release {night.model_version}."
    )
    echo(
        f"{night.n_clear} clear, {night.n_review} to review, {night.n_priority} priority; "
        f"{night.n_new_cases} cases in the queue."
    )
    echo("")
    echo(render(top_rows(folder, 20), show_text=True))
    echo("")
    echo(f"The desk: http://127.0.0.1:{port}/  name {ADMIN}, password {made.password}")
    if once:
        echo(
            f"It is not running; serve it with SARUNA_STATE={state} saruna desk serve --port {port}"
        )
        return
    commands.serve(port=port)
