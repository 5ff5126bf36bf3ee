"""Gates: measured values of a challenger against limits and against the champion, as a table.

What was not measured does not pass.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pipeline.core.settings import RegisterSettings
from pipeline.model.duel import Comparison
from pipeline.model.thresholds import Promise

LANGUAGES = ("lv", "ru")
"""A release is judged in each of them: a good average must not hide a bad language."""
ABOUT_CRITICISM = ("flagged", "priority")
"""Kinds of sentences that protect lawful criticism."""


@dataclass(frozen=True)
class Check:
    """One row of the gate: a measured value against a limit; a value of None was not measured."""

    check: str
    value: float | None
    bound: Literal["at most", "at least"]
    limit: float
    passed: bool


def judge(
    metrics: Mapping[str, Any], champion: Mapping[str, Any] | None, limits: RegisterSettings
) -> Iterator[Check]:
    """Yield the rows that the metrics decide."""
    for lang in LANGUAGES:
        flagged = figure(metrics, "criticism", lang, "flagged")
        priority = figure(metrics, "criticism", lang, "priority")
        right = figure(metrics, "suites", lang, "accuracy")
        ece = figure(metrics, "outputs", "abuse", lang, "ece")
        yield at_most(f"criticism_flagged_{lang}", flagged, limits.max_criticism_flagged)
        yield at_most(f"criticism_priority_{lang}", priority, limits.max_criticism_priority)
        yield at_least(f"suite_accuracy_{lang}", right, limits.min_suite_accuracy)
        yield at_most(f"abuse_ece_{lang}", ece, limits.max_ece)
    for lang in ("all", *LANGUAGES):
        before = figure(champion or {}, "outputs", "abuse", lang, "auc")
        if before is not None:
            auc = figure(metrics, "outputs", "abuse", lang, "auc")
            limit = round(before - limits.max_auc_loss, 4)
            yield at_least(f"abuse_auc_{lang}_against_champion", auc, limit)


def judge_rows(found: Comparison, limits: RegisterSettings) -> Iterator[Check]:
    """Yield the rows that the same comments decide, scored by challenger and champion."""
    yield at_most("leaked_test_rows", found.n_leaked, 0)
    yield at_most("copied_test_share", found.copied_share, limits.max_copied_share)
    yield at_most("megabytes", found.megabytes, limits.max_megabytes)
    yield at_most("milliseconds_per_comment", found.milliseconds, limits.max_milliseconds)
    if not found.has_champion:
        return
    yield at_most("slowdown_against_champion", found.slowdown, limits.max_slowdown)
    for lang in LANGUAGES:
        margin = found.auc_margins.get(lang)
        yield at_least(f"paired_auc_{lang}", margin, -limits.max_auc_loss)
        more = found.criticism_margins.get(lang)
        yield at_most(f"paired_criticism_{lang}", more, limits.max_criticism_rise)
    for label, margin in found.label_margins.items():
        yield at_least(f"paired_auc_{label}", margin, -limits.max_label_auc_loss)


def judge_promises(promises: Sequence[Promise], champion: Sequence[Promise]) -> Iterator[Check]:
    """Yield a row for each guarantee of routing that must hold, 1 for a kept one.

    What the champion keeps, the challenger keeps. Without a champion that promises anything, what
    protects criticism is kept.
    """
    now = {(each.sentence, each.lang): each for each in promises}
    before = {(each.sentence, each.lang) for each in champion if each.is_kept}
    always = {key for key, each in now.items() if each.kind in ABOUT_CRITICISM and not champion}
    for sentence, lang in sorted(before | always):
        if lang not in LANGUAGES:
            continue
        own = now.get((sentence, lang))
        value = None if own is None else float(own.is_kept)
        yield at_least(f"promise_{lang}: {sentence}", value, 1.0)


def figure(metrics: Mapping[str, Any], *keys: str) -> float | None:
    """Return a number from nested metrics, None where there is none."""
    found: Any = metrics
    for key in keys:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found if isinstance(found, int | float) else None


def at_most(name: str, value: float | None, limit: float) -> Check:
    """Return the check of a value that is better when small."""
    return Check(name, value, "at most", limit, value is not None and value <= limit)


def at_least(name: str, value: float | None, limit: float) -> Check:
    """Return the check of a value that is better when large."""
    return Check(name, value, "at least", limit, value is not None and value >= limit)


def table(checks: Sequence[Check]) -> str:
    """Return the gate as lines to read: what failed first."""
    rows = [("check", "value", "limit", "")]
    for each in sorted(checks, key=lambda row: row.passed):
        value = "not measured" if each.value is None else f"{each.value:.4g}"
        sign = "<=" if each.bound == "at most" else ">="
        rows.append((each.check, value, f"{sign} {each.limit:g}", "" if each.passed else "FAILED"))
    widths = [max(len(row[at]) for row in rows) for at in range(3)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, (*widths, 0), strict=True)).rstrip()
        for row in rows
    ]
    return "\n".join(lines) + "\n"
