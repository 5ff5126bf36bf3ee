"""Measure routing: 1,000,000 scored comments, seconds and peak memory.

.venv/bin/python scripts/bench_route.py [N]
"""

import resource
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa

from pipeline.core import paths
from pipeline.core.policy import load_policy
from pipeline.core.settings import Capacity, RouteSettings
from pipeline.core.tables import COMMENT, score_schema, write_batches
from pipeline.model.release import open_release
from pipeline.stages import route

NIGHT = datetime(2026, 3, 1, 3, tzinfo=UTC)
PIECE = 50_000
N = 1_000_000


def comments(n: int, first: int, rng: np.random.Generator) -> pa.Table:
    """Return invented comments: words drawn at random, a tenth of them copies."""
    words = rng.integers(0, 400, (n, 12)).astype(str)
    texts = [" ".join(row) for row in words.tolist()]
    for at in range(0, n, 10):
        texts[at] = f"pērc kredītu {at % 500}"
    columns = {name: pa.nulls(n, COMMENT.field(name).type) for name in COMMENT.names}
    columns |= {
        "comment_id": pa.array([str(first + at) for at in range(n)]),
        "source": pa.repeat("facebook", n),
        "institution": pa.array(rng.choice(["ogre", "ikskile", "lielvarde"], n)),
        "thread_id": pa.array(rng.integers(0, 20_000, n).astype(str)),
        "created_at": pa.array(
            [NIGHT - timedelta(seconds=int(s)) for s in rng.integers(0, 9e5, n)]
        ),
        "text": pa.array(texts),
        "n_reactions": pa.array(rng.poisson(3, n)),
        "n_replies": pa.array(rng.poisson(0.5, n)),
    }
    return pa.table(columns, schema=COMMENT)


def scores(
    table: pa.Table, labels: tuple[str, ...], version: str, rng: np.random.Generator
) -> pa.Table:
    """Return invented scores: most are low, as on a real page."""
    n, schema = table.num_rows, score_schema(labels)
    columns = {name: pa.nulls(n, schema.field(name).type) for name in schema.names}
    columns |= {name: table.column(name) for name in ("comment_id", "source")}
    columns["model_version"] = pa.repeat(version, n)
    columns["lang"] = pa.array(rng.choice(["lv", "ru", "en"], n, p=[0.6, 0.35, 0.05]))
    for label in (*labels, "abuse"):
        columns[f"prob_{label}"] = pa.array(rng.beta(0.15, 2.0, n).astype(np.float32))
    return pa.table(columns, schema=schema)


def main(n: int) -> None:
    """Write an invented night, route it, and print what it took."""
    policy, release = load_policy(), open_release(paths.RELEASE)
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        tables = [comments(min(PIECE, n - at), at, rng) for at in range(0, n, PIECE)]
        write_batches(out / "comments.parquet", COMMENT, tables)
        made = (scores(table, policy.labels, release.version, rng) for table in tables)
        write_batches(out / "scores.parquet", score_schema(policy.labels), made)
        del tables
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        limits = {"any": Capacity(moderators=4, items_per_day=300)}
        for name, settings in (
            ("no limit", RouteSettings()),
            ("1,200 a day", RouteSettings(capacity=limits)),
        ):
            start, cpu = time.monotonic(), time.process_time()
            files = out / "comments.parquet", out / "scores.parquet"
            summary = route.run(settings, policy, *files, release, out)
            seconds, busy = time.monotonic() - start, time.process_time() - cpu
            print(
                f"{name}: {n} comments in {seconds:.1f} s ({busy:.1f} s of one core), "
                f"{summary.n_review + summary.n_priority} for people, "
                f"{summary.n_proposed} proposed"
            )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"peak memory {peak / 1e6:.2f} GB (before routing {before / 1e6:.2f} GB)")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else N)
