"""Report: what a night came to, what was promised and held, and what the audit says was missed.

Reads   decisions.parquet, scores.parquet, comments.parquet, picks.parquet, route.json, earlier
        nights, the reviews of the desk
Writes  report.json, report.html, report.txt; beside the nights drift-baseline.npz, when it is made
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow.compute as pc

from pipeline.core.errors import PipelineError
from pipeline.core.policy import Policy
from pipeline.core.settings import ReportSettings
from pipeline.core.tables import DECISION, iterate_table, read_table, score_schema, write_text
from pipeline.desk.queue import ReviewRow, migrate, read_reviews
from pipeline.routing import audit, drift
from pipeline.routing.audit import Judged, Missed
from pipeline.routing.baseline import Baseline, baseline_of
from pipeline.routing.drift import Drift
from pipeline.routing.page import html, text
from pipeline.routing.periods import AUDIT_ADVICE, Period, blocks, is_worse, period
from pipeline.routing.picks import PICKS, Key, Outcome, among, outcomes, read_picks
from pipeline.routing.watched import watch

ROUTED, DECISIONS = "route.json", "decisions.parquet"
ALL = "all"


@dataclass(frozen=True)
class Summary:
    """What the report says first."""

    n_comments: int
    n_proposed: int
    expected_left: float
    promises_kept: int
    promises_broken: int
    n_failed: dict[str, int]
    n_audited: int
    """Audited comments that people have judged, over all nights."""
    miss_rate: tuple[float, float, float] | None
    """Measured share of violations that was cleared, with its 95 % interval."""
    drifted: tuple[str, ...]
    n_picked: int
    """Cleared comments that were picked to learn from, over all nights."""
    found_by_picks: tuple[int, int] | None
    """Violations that people found among the picks they judged, and how many they judged."""


def run(
    settings: ReportSettings,
    policy: Policy,
    folder: Path,
    nights: Path | None = None,
    reviews: Iterable[ReviewRow] = (),
) -> Summary:
    """Write the report on a night's folder; `nights` holds the folders of other nights.

    There the nights are kept, as numbers, that later ones are compared with. Raises PipelineError
    when the folder was not routed yet.
    """
    routed = read_routed(folder / ROUTED)
    others = earlier(folder, routed, nights)
    failed = failures(policy, folder)
    given = list(reviews)
    folders = [folder, *(path for path, _ in others)]
    measured = audits(folders, given)
    picked = picked_in(folders, given)
    over_time = by_period(folder, routed, others, given)
    usual = usual_nights(settings, policy, nights, routed, others)
    level = settings.false_alarms / 2
    shifts = drift.drifts(
        watch(folder, policy.labels), usual.without(folder.name), false_alarms=level
    )
    told: dict[str, Any] = {
        **routed,
        "n_nights_before": len(others),
        "n_baseline": len(usual.nights),
        "n_baseline_wanted": usual.wanted,
        "alarms": alarms(shifts, over_time, level),
        "periods": [asdict(each) for each in over_time],
        "failed_detectors": failed,
        "audit": {kind: [asdict(each) for each in rows] for kind, rows in measured.items()},
        "picks": [asdict(each) for each in picked],
        "drift": [asdict(each) for each in shifts],
    }
    write_text(folder / "report.json", json.dumps(told, indent=1, ensure_ascii=False) + "\n")
    write_text(folder / "report.html", html(told))
    write_text(folder / "report.txt", text(told))
    return summarise(told, measured, picked)


def usual_nights(
    settings: ReportSettings,
    policy: Policy,
    nights: Path | None,
    routed: Mapping[str, Any],
    others: Iterable[tuple[Path, dict[str, Any]]],
) -> Baseline:
    """Return the nights that tonight is compared with, none for a night that stands alone."""
    if nights is None:
        return Baseline({}, settings.baseline_nights)
    version = str(routed.get("model_version", ""))
    return baseline_of(settings, version, nights, others, lambda each: watch(each, policy.labels))


def by_period(
    folder: Path,
    routed: Mapping[str, Any],
    others: Iterable[tuple[Path, dict[str, Any]]],
    reviews: Sequence[ReviewRow],
) -> list[Period]:
    """Return what the audit measured in each four weeks, the latest first."""
    if not routed["night"]:
        return []
    nights = {str(path): each["night"] for path, each in others if each["night"]}
    found = blocks({**nights, str(folder): routed["night"]}, routed["night"])
    measured = [(audits(map(Path, names), reviews), since, until) for since, until, names in found]
    return [
        period(since, until, each["languages"][0])
        for each, since, until in measured
        if each["languages"]
    ]


def alarms(
    shifts: Iterable[Drift], over_time: Sequence[Period], level: float
) -> list[dict[str, str]]:
    """Return what needs a look, with what was seen and what to do."""
    found = [
        {"what": each.what, "seen": each.change, "do": drift.advice(each.what)}
        for each in shifts
        if each.is_notable
    ]
    if is_worse(over_time, level):
        latest = over_time[0]
        seen = f"{latest.n_violations} of {latest.n_judged} audited comments break a rule"
        found.append({"what": "audit", "seen": seen, "do": AUDIT_ADVICE})
    return found


def read_routed(path: Path) -> dict[str, Any]:
    """Read a night's account of its routing."""
    if not path.is_file():
        raise PipelineError(
            f"{path}: not found", "Run `saruna route` on this folder first: it writes this file."
        )
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def earlier(
    folder: Path, routed: Mapping[str, Any], nights: Path | None
) -> list[tuple[Path, dict[str, Any]]]:
    """Return the folders of nights before this one, with their accounts, in order."""
    if nights is None:
        return []
    found = [
        (path.parent, read_routed(path))
        for path in sorted(nights.glob(f"*/{ROUTED}"))
        if path.parent.resolve() != folder.resolve()
    ]
    now = routed["night"] or ""
    return sorted(
        ((path, each) for path, each in found if (each["night"] or "") < now or not now),
        key=lambda pair: (pair[1]["night"] or "", pair[0].name),
    )


def failures(policy: Policy, folder: Path) -> dict[str, int]:
    """Return how many comments each detector failed on."""
    counts: Counter[str] = Counter()
    schema = score_schema(policy.labels)
    for table in iterate_table(folder / "scores.parquet", schema, "saruna score", n_rows=65_536):
        found = pc.value_counts(pc.list_flatten(table.column("not_assessed"))).to_pylist()
        counts.update({each["values"]: each["counts"] for each in found})
    return dict(sorted(counts.items()))


def audits(folders: Iterable[Path], reviews: Iterable[ReviewRow]) -> dict[str, list[Missed]]:
    """Return what the audit samples of all nights say, by language and by clause."""
    verdicts = {(review.source, review.comment_id): review for review in reviews}
    rows: dict[tuple[str, str], Judged] = {}
    cleared: Counter[str] = Counter()
    rarest: dict[str, float] = {}
    for folder in folders:
        collect(folder, verdicts, rows, cleared, rarest)
    langs = sorted(lang for lang in cleared if lang != ALL)
    found = list(rows.values())
    clauses = sorted({clause for row in found for clause in row.clauses})

    def of(name: str, lang: str | None = None, clause: str | None = None) -> Missed:
        chosen = [row for row in found if lang is None or row.lang == lang]
        return audit.measure(name, chosen, cleared[lang or ALL], rarest.get(lang or ALL, 0), clause)

    return {
        "languages": [of(ALL), *(of(lang, lang=lang) for lang in langs)] if cleared else [],
        "clauses": [of(clause, clause=clause) for clause in clauses],
    }


def collect(
    folder: Path,
    verdicts: Mapping[tuple[str, str], ReviewRow],
    rows: dict[tuple[str, str], Judged],
    cleared: Counter[str],
    rarest: dict[str, float],
) -> None:
    """Add a night's proposals, with the verdicts on them, and count what was in its lottery."""
    table = read_table(folder / DECISIONS, DECISION, "saruna route")
    lottery = table.filter(pc.is_valid(table.column("inclusion_probability")))
    sums = lottery.group_by("lang").aggregate(
        [("inclusion_probability", "count"), ("inclusion_probability", "min")]
    )
    for each in sums.to_pylist():
        for name in (each["lang"], ALL):
            cleared[name] += each["inclusion_probability_count"]
            # A night in which nobody could be drawn says nothing about the chance of the others.
            least = each["inclusion_probability_min"] or 1.0
            rarest[name] = min(rarest.get(name, 1.0), least)
    for row in table.filter(table.column("is_proposed")).to_pylist():
        key = row["source"], row["comment_id"]
        review = verdicts.get(key)
        rows[key] = Judged(
            lang=row["lang"],
            is_audit=row["is_audit_sample"],
            inclusion=row["inclusion_probability"] or 0.0,
            is_judged=review is not None,
            violates=review is not None and review.is_violation,
            clauses=review.clauses if review else (),
            n_comments=review.n_comments if review else 1,
        )


def picked_in(folders: Iterable[Path], reviews: Iterable[ReviewRow]) -> list[Outcome]:
    """Return what people found among the picks of all nights.

    A pick that routing has moved up or drawn since then is counted there.
    """
    found: dict[Key, str] = {}
    for folder in folders:
        picked = read_picks(folder / PICKS)
        if not picked:
            continue
        table = read_table(folder / DECISIONS, DECISION, "saruna route")
        sent = pc.or_(table.column("is_proposed"), table.column("is_audit_sample"))
        own = table.filter(pc.and_(among(table, picked), pc.invert(sent)))
        keys = zip(
            *(own.column(name).to_pylist() for name in ("source", "comment_id")), strict=True
        )
        found.update({key: picked[key] for key in keys})
    verdicts = {(review.source, review.comment_id): review.is_violation for review in reviews}
    return outcomes(found, verdicts)


def summarise(
    told: Mapping[str, Any], measured: Mapping[str, list[Missed]], picked: Sequence[Outcome]
) -> Summary:
    """Return what is printed."""
    promises = [each for each in told["promises"] if each["lang"] != "any"]
    overall = measured["languages"][0] if measured["languages"] else None
    found = overall.miss_rate if overall and overall.n_judged else None
    return Summary(
        n_comments=sum(each["comments"] for each in told["decisions"].values()),
        n_proposed=sum(each["n_proposed"] for each in told["workloads"]),
        expected_left=round(sum(each["expected_left"][0] for each in told["workloads"]), 1),
        promises_kept=sum(each["is_kept"] for each in promises),
        promises_broken=sum(not each["is_kept"] for each in promises),
        n_failed=dict(told["failed_detectors"]),
        n_audited=overall.n_judged if overall else 0,
        miss_rate=(found.estimate, found.low, found.high) if found else None,
        drifted=tuple(each["what"] for each in told["alarms"]),
        n_picked=picked[0].n_picked if picked else 0,
        found_by_picks=(
            (picked[0].n_violations, picked[0].n_judged) if picked and picked[0].n_judged else None
        ),
    )


def all_reviews() -> list[ReviewRow]:
    """Return the verdicts in effect at the desk."""
    migrate()
    return list(read_reviews())
