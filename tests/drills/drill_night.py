"""Nights that are disturbed: each a real process with a state folder of its own."""

import json
import os
import random
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tiny_release import SEED, Tiny, make_comment

CLOCK, LATER = "2026-03-02T03:00:00+00:00", "2026-03-02T09:30:00+00:00"
"""When a night begins, and when it is taken up again."""
VOLATILE = {"id", "case_id", "institution_id", "created_at", "updated_at"}
"""Columns that say when and as what a row was stored, not what it says."""
N_COMMENTS = 120


@dataclass
class Ended:
    """How a disturbed program ended."""

    code: int
    out: str
    err: str
    n_events: int

    @property
    def told(self) -> dict[str, Any]:
        """The summary that it printed."""
        assert self.code == 0, self.err
        found: dict[str, Any] = json.loads(self.out)
        return found


class Night:
    """One state folder and one night in it."""

    def __init__(self, zygote: "Zygote", root: Path, database: str = "") -> None:
        self.zygote, self.root, self.database = zygote, root, database
        root.mkdir(parents=True, exist_ok=True)
        self.state = root / "state"
        self.out = self.state / "nights" / "night"

    def ask(self, **drill: Any) -> dict[str, Any]:
        """Send one drill to the zygote and return its answer."""
        tiny, source = self.zygote.tiny, drill.pop("source", self.zygote.comments)
        argv = ["nightly", source, "--out", drill.pop("folder", self.out), "--json"]
        argv += ["--release", tiny.release, "--params", tiny.params]
        env = {
            "SARUNA_STATE": str(self.state),
            "SARUNA_DATABASE_URL": self.database,
            "SARUNA_AUTHOR_KEY": "drills",
        }
        drill = {"clock": CLOCK, "argv": [*map(str, argv)], "env": env, **drill}
        drill |= {name: str(self.root / name) for name in ("out", "err", "events")}
        return self.zygote.ask(drill)

    def run(self, **drill: Any) -> Ended:
        """Run the night to its end, whatever that is."""
        (self.root / "events").unlink(missing_ok=True)
        code = self.ask(**drill)["rc"]
        return self.ended(code)

    def ended(self, code: int) -> Ended:
        """Read what a process left."""
        out, err = ((self.root / n).read_text(encoding="utf-8") for n in ("out", "err"))
        events = self.root / "events"
        return Ended(code, out, err, int(events.read_text()) if events.exists() else 0)

    def files(self) -> dict[str, bytes]:
        """Return every file of the night and of the state, but the database and the locks."""
        return {
            str(path.relative_to(self.state)): path.read_bytes()
            for path in sorted(self.state.rglob("*"))
            if path.is_file() and not path.name.endswith(".lock") and "sqlite3" not in path.name
        }

    def queue(self) -> dict[str, list[Any]]:
        """Return the rows of the queue in SQLite, without when and as what they were stored."""
        path = self.state / "desk.sqlite3"
        found: dict[str, list[Any]] = {}
        with closing(sqlite3.connect(path)) as connection:
            connection.row_factory = sqlite3.Row
            for table in ("desk_case", "desk_casecomment", "desk_institution"):
                rows = connection.execute(f"SELECT * FROM {table}")  # noqa: S608 a fixed name
                kept = [{k: row[k] for k in row.keys() if k not in VOLATILE} for row in rows]  # noqa: SIM118 sqlite3.Row
                found[table] = sorted(kept, key=repr)
        return found


class Zygote:
    """The program that forks."""

    def __init__(self, tiny: Tiny, comments: Path, state: Path) -> None:
        self.tiny, self.comments = tiny, comments
        tests = Path(__file__).parent
        environment = os.environ | {"OMP_NUM_THREADS": "1", "SARUNA_STATE": str(state)}
        environment.pop("SARUNA_DATABASE_URL", None)
        self.process = subprocess.Popen(
            [sys.executable, str(tests / "zygote.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        assert self.line() == "ready"

    def line(self) -> str:
        """Return the next answer."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def ask(self, drill: dict[str, Any]) -> dict[str, Any]:
        """Send a drill and return the answer."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(drill) + "\n")
        self.process.stdin.flush()
        answer: dict[str, Any] = json.loads(self.line())
        return answer


def write_comments(path: Path, n_rows: int = N_COMMENTS) -> Path:
    """Write invented comments, some of them violations, copies, rejects and in other languages."""
    rng = random.Random(SEED)
    lines = ["id,author,date,comment"]
    for number in range(n_rows):
        label = rng.choice(("", "", "", "insult", "threat", "hate"))
        text = make_comment(("lv", "ru")[number % 2], label, rng)
        text = "" if number % 29 == 7 else text
        text = "Tere päevast ja kes selle eest vastutab?" if number % 31 == 9 else text
        text = "visi idioti nošaut sadedzināt" if number % 13 == 5 else text
        lines.append(
            f"{number},u{number % 17},2026-03-01 {number // 60:02d}:{number % 60:02d},{text}"
        )
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def same(one: Night, other: Night) -> None:
    """Assert that two nights left the same bytes in every file and the same rows in the queue."""
    ours, theirs = one.files(), other.files()
    assert ours.keys() == theirs.keys()
    assert [name for name, data in ours.items() if data != theirs[name]] == []
    assert one.queue() == other.queue()
