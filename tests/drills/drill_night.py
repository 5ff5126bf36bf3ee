"""Nights that are disturbed: each a real process with a state folder of its own."""

import json
import os
import random
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tiny_release import SEED, Tiny, make_comment

CLOCK, LATER = "2026-03-02T03:00:00+00:00", "2026-03-02T09:30:00+00:00"
"""When a night begins, and when it is taken up again."""
VOLATILE = {"id", "case_id", "institution_id", "created_at", "updated_at"}
"""Columns that say when and as what a row was stored, not what it says."""
CASE = ("source", "comment_id", "model_version", "band", "rank_score", "status", "n_comments")
COMMENT = ("source", "comment_id", "position", "text", "author_key", "lang")
N_COMMENTS = 120


@dataclass
class Ended:
    """How a disturbed program ended."""

    code: int
    out: str
    err: str

    @property
    def told(self) -> dict[str, Any]:
        """The summary that it printed."""
        assert self.code == 0, self.err
        found: dict[str, Any] = json.loads(self.out)
        return found


class Night:
    """One state folder and one night in it; what the program says goes into `root`."""

    def __init__(
        self, zygote: "Zygote", root: Path, database: str = "", state: Path | None = None
    ) -> None:
        self.zygote, self.root, self.database = zygote, root, database
        root.mkdir(parents=True, exist_ok=True)
        self.state = state or root / "state"
        self.out = self.state / "nights" / "night"
        self.n_events = 0
        """Changes of files or database that its last run made; 0 when it was killed."""

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

    def start(self, **drill: Any) -> int:
        """Start the night beside us, and return its process."""
        (self.root / "events").unlink(missing_ok=True)
        pid: int = self.ask(wait=False, **drill)["pid"]
        return pid

    def reap(self, pid: int) -> Ended:
        """Wait for a night that was started, and tell how it ended."""
        return self.ended(self.zygote.ask({"reap": pid})["rc"])

    def ended(self, code: int) -> Ended:
        """Read what a process left."""
        out, err = ((self.root / n).read_text(encoding="utf-8") for n in ("out", "err"))
        events = self.root / "events"
        self.n_events = int(events.read_text()) if events.exists() else 0
        return Ended(code, out, err)

    def files(self) -> dict[str, bytes]:
        """Return every file of the night and of the state, but the database and the locks."""
        return {
            str(path.relative_to(self.state)): path.read_bytes()
            for path in sorted(self.state.rglob("*"))
            if path.is_file() and not path.name.endswith(".lock") and "sqlite3" not in path.name
        }

    def queue(self) -> dict[str, list[Any]]:
        """Return the rows of the queue, without when and as what they were stored."""
        if self.database:
            import psycopg

            opened: Any = psycopg.connect(self.database)
        else:
            opened = sqlite3.connect(self.state / "desk.sqlite3")
        found: dict[str, list[Any]] = {}
        with closing(opened) as connection:
            for table in ("desk_case", "desk_casecomment", "desk_institution"):
                rows = connection.execute(f"SELECT * FROM {table}")  # noqa: S608 a fixed name
                names = [column[0] for column in rows.description]
                kept = [dict(zip(names, row, strict=True)) for row in rows.fetchall()]
                found[table] = sorted((stripped(row) for row in kept), key=repr)
        return found

    def cases(self) -> list[tuple[Any, ...]]:
        """Return the queue's cases and comments by what every database writes alike."""
        told = self.queue()
        cases = [tuple(str(row[name]) for name in CASE) for row in told["desk_case"]]
        comments = [tuple(str(row[name]) for name in COMMENT) for row in told["desk_casecomment"]]
        return sorted([*cases, *comments])


def stripped(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row without when and as what it was stored."""
    return {name: value for name, value in row.items() if name not in VOLATILE}


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


def refused(ended: Ended, code: int, *words: str) -> None:
    """Assert that a night ended with this code and said so in these words, without a traceback."""
    assert ended.code == code, ended.err
    assert ended.out == ""
    assert "Traceback" not in ended.err
    for word in words:
        assert word in ended.err
    # Comments are personal data: no error repeats them.
    assert "idioti" not in ended.err
    assert "sadedzināt" not in ended.err


def same(one: Night, other: Night) -> None:
    """Assert that two nights left the same bytes in every file and the same rows in the queue."""
    ours, theirs = one.files(), other.files()
    assert ours.keys() == theirs.keys()
    assert [name for name, data in ours.items() if data != theirs[name]] == []
    assert one.queue() == other.queue()


def until_stopped(pid: int) -> None:
    """Wait until a process has stopped itself."""
    status = Path(f"/proc/{pid}/status")
    end = time.monotonic() + 120
    while "\nState:\tT" not in status.read_text(encoding="ascii"):
        assert time.monotonic() < end
        time.sleep(0.02)
