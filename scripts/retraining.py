"""How long a round of retraining takes, from verdicts at the desk to a registered candidate.

Labelled VK comments that no release has learned from (ru-vk-distorted) go into the queue of an
empty desk; two people give the verdicts that the set has, and `saruna feedback` takes them from
there. Then come the commands of `dvc repro`, as a round that starts from the shipped release and
reads everything once. Nothing of the checkout is touched.
Usage: scripts/measure-retraining [--reviews N] [--work DIR] [--only COMMAND ...]
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import yaml

from pipeline.core import paths
from pipeline.core.errors import PipelineError
from pipeline.core.settings import load_settings
from pipeline.desk.queue import CaseRow, CommentRow
from pipeline.sources.labelled import PUBLIC_SETS, Labelled

NAME = "ru-vk-distorted"
NIGHT = datetime(2026, 3, 1, 3, tzinfo=UTC)
SECONDS = 8
PEOPLE = ("anna", "berta")
ROUND = {
    "start_from": str(paths.RELEASE),
    "epochs": 1,
    "focus": {"epochs": 0},
    "learning_rate": 1.0e-4,
    # Own comments and verdicts whole, of the public sets enough to keep them in mind.
    "set_weights": {
        "feedback": 2,
        "seed": 2,
        "annotated-lv-tweets-merged": 1.3,
        "annotated-lv-tweets-government-buls": 1.3,
        "annotated-vk-mkwm2022": 1.3,
        "ru-okru-10pct": 0.12,
        "ru-2ch-pikabu": 0.25,
        "ru-2ch-pikabu-val": 0.25,
        "ru-uk-bohdan1": 0.3,
        "ru-detox-parallel": 0.05,
        "pl-komentarze": 0.1,
        "de-germeval2018": 0,
        "en-hatemoji": 0.05,
        "ru-spam-monalenka": 0.1,
        "ru-spam-umputun": 0.2,
        "ru-spam-talyguryn": 0.1,
    },
}
"""The settings of a round in docs/training.md, with the verdicts of the desk."""
COMMANDS = {
    "feedback": (),
    "prepare": ("--prepared={work}/prepared",),
    "train": (
        *("--prepared={work}/prepared", "--checkpoint={work}/checkpoint"),
        "--base-dir={work}/base",
    ),
    "calibrate": ("--prepared={work}/prepared", "--checkpoint={work}/checkpoint"),
    "evaluate": (
        *("--prepared={work}/prepared", "--checkpoint={work}/checkpoint"),
        "--reports={work}/reports",
    ),
    "export": (
        *("--prepared={work}/prepared", "--checkpoint={work}/checkpoint"),
        *("--reports={work}/reports", "--out={work}/candidate"),
    ),
    "register": (
        *("--prepared={work}/prepared", "--checkpoint={work}/checkpoint"),
        *("--reports={work}/reports", "--candidate={work}/candidate"),
    ),
}


def labelled(n: int) -> list[Labelled]:
    """Return labelled comments that no release has learned from."""
    (chosen,) = [each for each in PUBLIC_SETS if each.name == NAME]
    place = load_settings().prepare.external / chosen.path
    if not place.is_file():
        raise PipelineError(f"{place}: not found", "Name the public sets in prepare.external.")
    found = {each.text: each for each in chosen.read(place) if len(each.text) > 1}
    return [*islice(found.values(), n)]


def judge(rows: list[Labelled]) -> None:
    """Put the comments into the queue and give every case the verdict that its label is."""
    from pipeline.desk import commands
    from pipeline.desk.queue import write_cases

    for name in PEOPLE:
        commands.init(name)
    write_cases(cases(rows))
    from pipeline.desk.models import Action, Case, Review, User, Verdict
    from pipeline.desk.verdicts import UNDO_FOR, Decision, take_verdict

    people = [User.objects.get(username=name) for name in PEOPLE]
    for at, case in enumerate(Case.objects.order_by("pk")):
        violates = rows[int(case.comment_id)].truth["abuse"]
        decision = Decision(
            verdict=Verdict.VIOLATION if violates else Verdict.NO_VIOLATION,
            labels=("insult",) if violates else (),
            action=Action.DELETE if violates else Action.NONE,
            seconds=SECONDS,
        )
        review = take_verdict(case.pk, people[at % len(people)], decision)
        # As if the minutes had passed in which a verdict can be taken back.
        early = review.reviewed_at - UNDO_FOR
        Review.objects.filter(pk=review.pk).update(settled_at=early)


def cases(rows: list[Labelled]) -> Iterator[CaseRow]:
    """Yield a case per comment."""
    for number, row in enumerate(rows):
        comment = CommentRow(
            comment_id=str(number), text=row.text, lang=row.lang, channel="vk", created_at=NIGHT
        )
        yield CaseRow(
            source="vk",
            institution="ogre",
            model_version="before",
            band="review",
            rank_score=1 / (1 + number),
            scored_at=NIGHT,
            top_label="insult",
            clauses=("8.3",),
            reasons=("unsure",),
            probs={"insult": 0.5},
            comments=(comment,),
        )


def write_params(path: Path, work: Path) -> None:
    """Write the settings of the checkout, as a round, with the runs kept in the work folder."""
    given = yaml.safe_load(paths.PARAMS.read_text(encoding="utf-8"))
    given["train"] = {**given["train"], **ROUND}
    given["prepare"]["external"] = str(load_settings().prepare.external)
    given["register"] = {
        **(given.get("register") or {}),
        "tracking_uri": f"sqlite:///{work / 'mlflow.db'}",
    }
    path.write_text(yaml.safe_dump(given), encoding="utf-8")


def main() -> None:
    """Print how long each command took, as it ends."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reviews", type=int, default=2000)
    parser.add_argument("--work", type=Path, help="folder to keep; without it all is thrown away")
    parser.add_argument("--only", nargs="*", default=[*COMMANDS], choices=[*COMMANDS])
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        work = (asked.work or Path(folder)).resolve()
        work.mkdir(parents=True, exist_ok=True)
        os.environ["SARUNA_STATE"] = str(work / "state")
        os.environ.pop("SARUNA_DATABASE_URL", None)
        write_params(work / "params.yaml", work)
        if "feedback" in asked.only:
            judge(labelled(asked.reviews))
        timed(work, asked.only)


def timed(work: Path, names: Sequence[str]) -> None:
    """Run the commands of a round and print what each took."""
    total = 0.0
    print("| command | minutes |\n|---|---|")
    for name in names:
        options = [each.format(work=work) for each in COMMANDS[name]]
        started = time.perf_counter()
        command = [sys.executable, "-m", "pipeline.cli", name, *options]
        ended = subprocess.run(
            [*command, "--params", str(work / "params.yaml")],
            cwd=paths.ROOT,
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        minutes = (time.perf_counter() - started) / 60
        total += minutes
        (work / f"{name}.txt").write_text(ended.stdout, encoding="utf-8")
        print(f"| {name} | {minutes:.1f} |", flush=True)
        # A gate that refuses is a result: the round has ended all the same.
        if ended.returncode and name != "register":
            raise SystemExit(f"saruna {name} ended with {ended.returncode}")
    print(f"| together | {total:.1f} |")
    told = json.loads((work / "prepared" / "prepare.json").read_text(encoding="utf-8"))
    print(f"\n{told['n_rows'].get('feedback', 0)} verdicts among {told['n_train']} rows to learn")


if __name__ == "__main__":
    main()
