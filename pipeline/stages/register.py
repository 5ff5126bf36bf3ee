"""Register: judge a candidate release, and put it into the MLflow registry.

Reads   models/candidate/, reports/metrics.json, data/prepared/, the shipped release
Writes  reports/gate.json, reports/gate.txt; in MLflow a model version: challenger, and champion
        when it passes
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa

from pipeline.core import paths
from pipeline.core.errors import PipelineError
from pipeline.core.heads import OUTPUTS
from pipeline.core.policy import load_policy
from pipeline.core.settings import RegisterSettings, Settings
from pipeline.core.tables import PREPARED, read_table, write_text
from pipeline.model import duel, registry, stacking, tracking
from pipeline.model.duel import Comparison, Floats, Probabilities, Rows
from pipeline.model.gates import LANGUAGES, judge, judge_promises, judge_rows, table
from pipeline.model.promotion import GATE, failed_checks, shipped_version
from pipeline.model.release import Release, file_hash, open_release
from pipeline.model.scorer import Scorer
from pipeline.signals.features import NAMES
from pipeline.signals.features import measure as measure_signals

TABLE = "gate.txt"
LATER = "the gate has judged and the release can be promoted; run `saruna register` again later"
Compare: TypeAlias = Callable[[RegisterSettings, Release, Release | None, Path], Comparison]


@dataclass(frozen=True)
class Summary:
    """What was registered and what the gate said."""

    version: str
    champion: str | None
    registered_as: str | None
    """Number of the version in the registry, None when the registry did not answer."""
    passed: bool
    n_checks: int
    failed: tuple[str, ...]
    registry: str | None = None
    """What kept the registry from being told."""


def compare(
    settings: RegisterSettings, challenger: Release, champion: Release | None, prepared: Path
) -> Comparison:
    """Score the same test comments with both, and time it; nothing is measured without them."""
    megabytes = duel.folder_megabytes(challenger.folder)
    if not (prepared / "test.parquet").is_file():
        return Comparison(None, None, megabytes, None, has_champion=champion is not None)
    test = read_table(prepared / "test.parquet", PREPARED, "saruna prepare")
    leaked, copied = leaks(challenger, test, prepared)
    rows = rows_of(test, settings.paired_rows)
    mine = scorer_of(challenger)
    alone = Comparison(leaked, copied, megabytes, duel.milliseconds(mine, rows))
    if champion is None:
        return alone
    theirs = scorer_of(champion)
    took = duel.milliseconds(theirs, rows)
    ours = mine(rows.texts, rows.langs.tolist())
    other = theirs(rows.texts, rows.langs.tolist())
    return Comparison(
        leaked,
        copied,
        megabytes,
        alone.milliseconds,
        has_champion=True,
        slowdown=round((alone.milliseconds or 0) / took, 3),
        auc_margins=duel.auc_margins(
            ours, other, rows, resamples=settings.resamples, seed=settings.seed
        ),
        label_margins=duel.label_margins(ours, other, rows),
        criticism_margins=duel.criticism_margins(challenger, ours, champion, other, rows),
    )


def run(
    settings: Settings,
    candidate: Path,
    checkpoint: Path,
    reports: Path,
    *,
    prepared: Path,
    shipped: Path = paths.RELEASE,
    comparing: Compare = compare,
) -> Summary:
    """Write the gate's table and register the release; `models/release` is not touched.

    A registry that does not answer is said, and keeps nobody from promoting. Raises PipelineError
    when the shipped release is damaged: there is nothing to compare with.
    """
    release = open_release(candidate)
    metrics = read_metrics(reports / "metrics.json", release)
    version = shipped_version(shipped)
    champion = open_release(shipped) if version else None
    limits = settings.register_
    compared = comparing(limits, release, champion, prepared)
    checks = (
        *judge(metrics, champion.manifest.get("metrics") if champion else None, limits),
        *judge_rows(compared, limits),
        *judge_promises(release.promises, champion.promises if champion else ()),
    )
    passed = all(row.passed for row in checks)
    verdict = {
        "version": release.version,
        "champion": version,
        "passed": passed,
        "checks": [asdict(row) for row in checks],
    }
    gate, shown = reports / GATE, reports / TABLE
    write_text(gate, json.dumps(verdict, indent=1, ensure_ascii=False) + "\n")
    write_text(shown, table(checks))
    labels = tuple(load_policy(paths.ROOT / settings.policy).labels)
    try:
        tracking.log(limits, checkpoint, {"gate/passed": float(passed)}, files=(gate, shown))
        number = registry.register(limits, checkpoint, candidate, labels, champion=passed)
        note = None
    except tracking.StoreSilentError as silent:
        number, note = None, f"{silent.message}; {LATER}"
    return Summary(
        *(release.version, version, number, passed, len(checks), failed_checks(verdict), note)
    )


def read_metrics(path: Path, release: Release) -> Mapping[str, Any]:
    """Read the metrics; raises PipelineError when they are not those the release was made with."""
    if not path.is_file():
        raise PipelineError(f"{path}: not found", "Run `saruna evaluate` first.")
    metrics: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    if release.manifest.get("metrics") != metrics:
        raise PipelineError(
            f"{path}: is not what release {release.version} was exported with",
            "Run `saruna export` again, so that the gate judges what would ship.",
        )
    return metrics


def leaks(
    challenger: Release, test: pa.Table, prepared: Path
) -> tuple[int, float] | tuple[None, None]:
    """Return how many test comments the challenger learned from, and the share of near copies.

    None when the file at hand is not the one that it says it learned from.
    """
    path = prepared / "train.parquet"
    if not path.is_file() or file_hash(path) != challenger.manifest.get("train_sha256"):
        return None, None
    train = read_table(path, PREPARED, "saruna prepare")
    return duel.overlaps(train.column("text").to_pylist(), test.column("text").to_pylist())


def rows_of(test: pa.Table, limit: int) -> Rows:
    """Return at most `limit` test comments of each language that is judged, drawn by their hash.

    All lawful criticism is among them.
    """
    kept: list[dict[str, Any]] = []
    for lang in LANGUAGES:
        own = [row for row in test.to_pylist() if row["lang"] == lang]
        own.sort(key=lambda row: (row["slice"] != "criticism", row["row_hash"]))
        kept += own[:limit]
    return Rows(
        texts=tuple(row["text"] for row in kept),
        langs=np.array([row["lang"] for row in kept]),
        truth=np.array(
            [
                [np.nan if row[f"is_{name}"] is None else row[f"is_{name}"] for name in OUTPUTS]
                for row in kept
            ],
            dtype=np.float64,
        ),
        is_criticism=np.array([row["slice"] == "criticism" for row in kept], dtype=bool),
    )


def scorer_of(release: Release) -> Probabilities:
    """Return how a release scores, its signals joined."""
    scorer = Scorer(release)

    def probabilities(texts: Sequence[str], langs: Sequence[str]) -> Floats:
        probs = np.array([each.probs for each in scorer.score(texts, langs)])
        signs = measure_signals(texts, langs)
        return stacking.apply(release.stack, probs, signs, NAMES, outputs=OUTPUTS, langs=langs)

    return probabilities
