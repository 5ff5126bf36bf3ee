"""The stages of a night in their order, as one safe, repeatable job."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.core import paths
from pipeline.core.clock import check_clock
from pipeline.core.errors import PipelineError, TemporaryError
from pipeline.core.locks import try_lock
from pipeline.core.policy import Policy, load_policy
from pipeline.core.settings import Settings, author_secret, feedback_dir, state_dir
from pipeline.core.tables import COMMENT, remove_partials
from pipeline.desk.rows import ReviewRow, Written
from pipeline.engine import backlog
from pipeline.engine.plan import Plan
from pipeline.model import registry
from pipeline.model.release import Release, open_release
from pipeline.stages import feedback, ingest, pick, report, route, score, validate

WINDOW = Path("behaviour") / "window.parquet"
"""Traces of the nights before, in the state folder."""
MEMORY = Path("picking") / "memory.parquet"
"""What picks are compared with, in the state folder."""
SCORED = (
    *("n_comments", "n_scored", "n_unknown_language", "n_overlong", "n_failed", "n_emerging"),
    *("n_waiting", "n_without"),
)
"""Figures of scoring that a night repeats."""
ROUTED = ("n_clear", "n_review", "n_priority", "n_audit", "n_proposed", "expected_left", "labels")
"""Figures of routing that a night repeats."""
StageProgress = Callable[[str, int, int], None]
"""Called with (stage, comments done, comments in all)."""


@dataclass(frozen=True)
class Night:
    """What a night did: read + taken = scored + not assessed + rejected + waiting."""

    n_read: int
    n_rejected: int
    n_comments: int
    n_scored: int
    n_unknown_language: int
    n_overlong: int
    n_failed: Mapping[str, int]
    """Comments that a detector could not assess, by its name."""
    n_emerging: int
    """Groups of comments that say the same and that no claim base explains."""
    n_clear: int
    n_review: int
    n_priority: int
    n_audit: int
    n_proposed: int
    expected_left: float
    """Violations that nobody is expected to look at."""
    miss_rate: tuple[float, float, float] | None
    """Share of violations that was cleared, measured by the audit so far, with its interval."""
    drifted: tuple[str, ...]
    labels: Mapping[str, int]
    reject_reasons: Mapping[str, int]
    model_version: str
    seconds: float
    n_new_cases: int | None = None
    n_unchanged_cases: int | None = None
    n_updated_cases: int | None = None
    n_waiting: int = 0
    """Comments for which there was no time; the next night takes them in."""
    n_taken: int = 0
    """Comments of earlier nights that had no time for them."""
    n_feedback: int | None = None
    """Reviewed comments that wait for the next training."""
    n_without: Mapping[str, int] = field(default_factory=dict)
    """Comments without an author or a time: behaviour that needs these was not assessed."""
    picked: Mapping[str, int] = field(default_factory=dict)
    """Cleared comments that were picked to learn from, by reason."""
    registry: str | None = None
    """What is amiss with a registry on a server: it does not answer, or names another champion."""


@dataclass(frozen=True)
class Input:
    """Where comments come from and how their columns are named."""

    path: Path
    mapping: Mapping[str, str]
    date_format: str | None = None


def run(
    settings: Settings,
    given: Input,
    release_dir: Path,
    out_dir: Path,
    *,
    queue: bool,
    progress: StageProgress | None = None,
    plan: Plan = score.ONE_PROCESS,
) -> Night:
    """Run ingest, validate, score, route and report, with `queue` also into the queue.

    With `queue` it also takes in what earlier nights beside `out_dir` had no time for. Running it
    again on the same input repeats nothing that is done and adds no case twice. Only
    one run at a time may use a folder. Raises PipelineError when the numbers do not add up.
    """
    started = time.monotonic()
    # The release first: a broken one must stop the night before any work is done.
    release = open_release(release_dir)
    policy = load_policy(paths.ROOT / settings.policy)
    with only_run(out_dir):
        read = ingest.run(
            settings.ingest,
            given.path,
            out_dir / "ingested",
            mapping=given.mapping,
            date_format=given.date_format,
            secret=author_secret(),
        )
        kept = validate.run(settings.validation, out_dir / "ingested", out_dir)
        comments = out_dir / "comments.parquet"
        n_taken = take_in(comments, out_dir) if queue else 0
        scored = score.run(
            settings.score,
            policy,
            comments,
            release,
            out_dir,
            counter(progress, kept.n_kept + n_taken),
            # Only a night that reaches the desk is remembered.
            window=state_dir() / WINDOW if queue else None,
            plan=plan,
            n_waited=n_taken,
        )
        reviews = route.past_reviews() if queue else []
        learned = collect(settings, out_dir) if queue else None
        routed = route.run(
            settings.route,
            policy,
            comments,
            out_dir / "scores.parquet",
            release,
            out_dir,
            reviews=reviews,
            n_kept_free=places(settings, out_dir) if queue else 0,
        )
        picked = pick_next(settings, release, out_dir) if queue else None
        n_settled = kept.n_rejected + scored.n_waiting
        check_sum(read.n_read + n_taken, n_settled, scored.n_comments, routed.n_comments)
        written = enqueue(policy, out_dir) if queue else None
        told = tell(settings, policy, out_dir, reviews, alone=not queue)
    return Night(
        n_read=read.n_read,
        n_rejected=kept.n_rejected,
        miss_rate=told.miss_rate,
        drifted=told.drifted,
        reject_reasons=kept.reasons,
        model_version=release.version,
        seconds=round(time.monotonic() - started, 2),
        n_taken=n_taken,
        n_feedback=learned.n_rows if learned else None,
        picked=picked.reasons if picked else {},
        registry=registry.registry_note(settings.register_, release.version) if queue else None,
        **figures(scored, SCORED),
        **figures(routed, ROUTED),
        **case_counts(written),
    )


def tell(
    settings: Settings, policy: Policy, out_dir: Path, reviews: list[ReviewRow], *, alone: bool
) -> report.Summary:
    """Write the report; a night that reaches the desk is compared with those beside it."""
    nights = None if alone else out_dir.parent
    return report.run(settings.report, policy, out_dir, nights, reviews)


def figures(summary: object, names: Sequence[str]) -> dict[str, Any]:
    """Return the figures of a stage that a night repeats."""
    return {name: getattr(summary, name) for name in names}


def take_in(comments: Path, out_dir: Path) -> int:
    """Append what earlier nights had no time for to the comments; return how many these are."""
    return backlog.add(comments, COMMENT, backlog.take(out_dir.parent, out_dir))


def counter(progress: StageProgress | None, total: int) -> Callable[[int], None] | None:
    """Return a callback that adds up comments for the progress bar of `score`."""
    if progress is None:
        return None
    done = 0

    def count(n_rows: int) -> None:
        nonlocal done
        done += n_rows
        progress("score", done, total)

    return count


def enqueue(policy: Policy, out_dir: Path) -> Written:
    """Put the cases of a night into the queue."""
    names = ("comments.parquet", "scores.parquet", "decisions.parquet")
    return route.enqueue(policy, *(out_dir / name for name in names))


def collect(settings: Settings, out_dir: Path) -> feedback.Summary:
    """Bring the rows made of reviews up to date with the desk."""
    return feedback.run(settings, feedback_dir(), secret=author_secret(), nights=out_dir.parent)


def places(settings: Settings, out_dir: Path) -> int:
    """Return how many places of each capacity the picks of a night need."""
    return pick.n_places(settings.pick, out_dir, feedback_dir(), out_dir.parent)


def pick_next(settings: Settings, release: Release, out_dir: Path) -> pick.Summary:
    """Pick the comments of a night that are worth a label."""
    return pick.run(
        settings.pick,
        out_dir,
        release,
        feedback=feedback_dir(),
        nights=out_dir.parent,
        memory=state_dir() / MEMORY,
        fill=bool(settings.route.capacity),
    )


def case_counts(written: Written | None) -> dict[str, Any]:
    """Return the counts of cases, nothing when no queue was written."""
    if written is None:
        return {}
    return {
        "n_new_cases": written.n_new,
        "n_unchanged_cases": written.n_unchanged,
        "n_updated_cases": written.n_updated,
    }


def check_sum(n_read: int, n_settled: int, n_scored: int, n_routed: int) -> None:
    """Raise PipelineError unless every record was scored and routed, or rejected or waits."""
    if n_read != n_settled + n_scored or n_scored != n_routed:
        raise PipelineError(
            f"nightly: {n_read} records were read, but {n_settled} rejected or left "
            f"waiting, {n_scored} scored and {n_routed} routed",
            "Nothing may be lost: run it again into an empty folder, and report this.",
        )


@contextmanager
def only_run(out_dir: Path) -> Iterator[None]:
    """Hold the folder's lock, and clear away what a killed run left half written.

    Raises TemporaryError when another run holds it, PipelineError for a clock that lost its time.
    """
    check_clock()
    try:
        out_dir.mkdir(parents=True, exist_ok=True)
        lock = (out_dir / ".lock").open("w")
    except OSError as error:
        raise PipelineError(
            f"{out_dir}: cannot be written ({error.strerror})",
            "Name a folder that can be written with --out, or set SARUNA_STATE to one.",
        ) from error
    with lock as handle:
        if not try_lock(handle.fileno()):
            raise TemporaryError(
                f"{out_dir}: another run is at work in this folder",
                "Wait until it has ended, or name another folder with --out.",
            )
        remove_partials(out_dir)
        yield
