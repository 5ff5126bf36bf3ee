"""A night that was cut by its deadline is a ranked list, and the next night has the rest."""

import datetime
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

pytest.importorskip("torch")
pytestmark = pytest.mark.train

from tiny_release import Tiny  # noqa: E402

from pipeline.core.policy import load_policy  # noqa: E402
from pipeline.core.settings import ScoreSettings  # noqa: E402
from pipeline.core.tables import COMMENT, write_table  # noqa: E402
from pipeline.engine import backlog  # noqa: E402
from pipeline.engine.plan import Plan  # noqa: E402
from pipeline.model.release import open_release  # noqa: E402
from pipeline.stages import score  # noqa: E402

THREAT = "ielas sniegs nošaut nosist kāpēc {}"
PLAIN = "Kad beidzot salabos bedres {}. ielā?"
TEXTS = [PLAIN.format(at) if at % 4 else THREAT.format(at) for at in range(12)]
ONE_CHUNK = """
from pipeline.engine import plan
def first(chunks, *_):
    for chunk in chunks:
        yield chunk
        return
plan.in_time = first
"""
MAIN = "from pipeline.cli import main; main()"


def comments(path: Path, texts: list[str], first: int = 0) -> Path:
    empty: dict[str, Any] = dict.fromkeys(COMMENT.names)
    rows = [
        {**empty, "comment_id": str(number), "source": "site", "text": text}
        for number, text in enumerate(texts, start=first)
    ]
    write_table(path, pa.Table.from_pylist(rows, schema=COMMENT))
    return path


def ids(path: Path) -> list[str]:
    found: list[str] = pq.read_table(path).column("comment_id").to_pylist()
    return found


@pytest.fixture(scope="module")
def settings() -> ScoreSettings:
    return ScoreSettings(threads=1, chunk=3)


def scored(
    tiny: Tiny, settings: ScoreSettings, folder: Path, plan: Plan, texts: list[str] = TEXTS
) -> tuple[score.Summary, list[dict[str, Any]]]:
    source = comments(folder / "comments.parquet", texts)
    release = open_release(tiny.release)
    summary = score.run(settings, load_policy(), source, release, folder, plan=plan)
    rows = pq.read_table(folder / "scores.parquet").to_pylist()
    for row in rows:
        del row["scored_at"]
    return summary, rows


def test_two_workers_write_what_one_writes(
    tiny: Tiny, settings: ScoreSettings, tmp_path: Path
) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    _, alone = scored(tiny, settings, one, Plan())
    _, shared = scored(tiny, settings, two, Plan(workers=2))
    assert shared == alone
    kept = [sorted(path.name for path in folder.rglob("*.parquet")) for folder in (one, two)]
    assert kept[0] == kept[1]


def test_a_cut_run_scores_the_likeliest_first_and_the_same_command_ends_it(
    tiny: Tiny, settings: ScoreSettings, tmp_path: Path
) -> None:
    summary, rows = scored(tiny, settings, tmp_path, Plan(seconds_left=lambda: -1.0))
    assert (summary.n_comments, summary.n_waiting) == (3, 9)
    assert {row["comment_id"] for row in rows} == {"0", "4", "8"}, "the threats"
    assert ids(tmp_path / "comments.parquet") == [row["comment_id"] for row in rows]
    assert len(ids(tmp_path / backlog.WAITING)) == 9
    part = tmp_path / "scores.parts" / "000000.parquet"
    before = part.stat().st_mtime_ns
    summary, all_rows = scored(tiny, settings, tmp_path, Plan())
    assert (summary.n_comments, summary.n_waiting) == (12, 0)
    assert all_rows[:3] == rows
    assert part.stat().st_mtime_ns == before, "nothing was scored twice"
    assert not (tmp_path / backlog.WAITING).exists()


def test_with_time_enough_nothing_waits(
    tiny: Tiny, settings: ScoreSettings, tmp_path: Path
) -> None:
    summary, rows = scored(tiny, settings, tmp_path, Plan(seconds_left=lambda: 3600.0))
    assert (summary.n_comments, summary.n_waiting) == (12, 0)
    assert sorted(int(row["comment_id"]) for row in rows) == list(range(12))


def test_comments_that_waited_come_sooner(
    tiny: Tiny, settings: ScoreSettings, tmp_path: Path
) -> None:
    source = comments(tmp_path / "comments.parquet", [PLAIN.format(1), PLAIN.format(1)])
    scorer = score.open_scorer(settings, open_release(tiny.release))
    for n_waited, order in ((0, ["0", "1"]), (1, ["1", "0"])):
        score.put_in_order(scorer, source, tmp_path / "ordered.parquet", n_waited)
        assert ids(tmp_path / "ordered.parquet") == order


def test_waiting_comments_move_to_one_night_and_count_once(tmp_path: Path) -> None:
    for night, first in (("monday", 0), ("tuesday", 2), ("wednesday", 4)):
        comments(tmp_path / night / backlog.WAITING, TEXTS[:3], first)
    own = tmp_path / "wednesday"
    taken = backlog.take(tmp_path, own)
    assert [path.name for path in taken] == ["monday.parquet", "tuesday.parquet"]
    assert not (tmp_path / "monday" / backlog.WAITING).exists()
    assert (own / backlog.WAITING).exists(), "its own is not taken"
    assert backlog.take(tmp_path, own) == taken, "a run that goes on has them still"
    comments(tmp_path / "monday" / backlog.WAITING, TEXTS[:1], 9)
    assert len(backlog.take(tmp_path, own)) == 3
    night = comments(own / "comments.parquet", TEXTS[:2], 3)
    assert backlog.add(night, COMMENT, backlog.take(tmp_path, own)) == 4
    assert sorted(ids(night)) == ["0", "1", "2", "3", "4", "9"]


@pytest.fixture
def nightly(tiny: Tiny, tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """Runs `saruna nightly` with chunks of 3 comments and returns its summary."""
    raw = yaml.safe_load(tiny.params.read_text(encoding="utf-8"))
    raw["score"] = {**raw.get("score", {}), "chunk": 3, "threads": 1}
    params = tmp_path / "params.yaml"
    params.write_text(yaml.safe_dump(raw), encoding="utf-8")
    environment = {**os.environ, "SARUNA_STATE": str(tmp_path / "state")}

    def run(source: Path, out: Path, *more: str, code: str = "") -> dict[str, Any]:
        given = ["nightly", source, "--out", out, "--release", tiny.release, "--params", params]
        done = subprocess.run(
            [sys.executable, "-c", code + MAIN, *map(str, given), "--json", *more],
            capture_output=True,
            text=True,
            env=environment,
        )
        assert done.returncode == 0, done.stderr
        told: dict[str, Any] = json.loads(done.stdout)
        return told

    return run


def test_the_next_night_takes_in_what_waits(
    nightly: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    def source(name: str, first: int, texts: list[str]) -> Path:
        path = tmp_path / f"{name}.csv"
        lines = [f'{first + at},u{at},2026-03-01 10:00,"{text}"' for at, text in enumerate(texts)]
        path.write_text("\n".join(["id,author,date,comment", *lines]) + "\n", encoding="utf-8")
        return path

    monday, tuesday = tmp_path / "nights" / "monday", tmp_path / "nights" / "tuesday"
    first = source("all", 0, TEXTS)
    told = nightly(first, monday, "--until", "06:00", code=ONE_CHUNK)
    assert (told["n_read"], told["n_comments"], told["n_waiting"]) == (12, 3, 9)
    told = nightly(source("all", 50, TEXTS[:2]), tuesday)
    assert (told["n_read"], told["n_taken"], told["n_comments"]) == (2, 9, 11)
    assert told["n_waiting"] == 0
    both = [*ids(monday / "comments.parquet"), *ids(tuesday / "comments.parquet")]
    assert sorted(map(int, both)) == [*range(12), 50, 51]
    again = nightly(source("all", 50, TEXTS[:2]), tuesday)
    assert (again["n_taken"], again["n_comments"], again["n_new_cases"]) == (9, 11, 0)


def test_the_deadline_is_read_from_the_clock() -> None:
    from pipeline.cli.nights import How
    from pipeline.core.settings import Settings

    now = datetime.datetime.now(datetime.UTC)
    settings = Settings.model_validate({"ingest": {"timezone": "UTC"}})
    wanted = (now + datetime.timedelta(hours=2)).strftime("%H:%M")
    left = How(None, wanted, "local", None).plan(settings).seconds_left
    assert left is not None
    assert 7100 - 60 < left() <= 7200
