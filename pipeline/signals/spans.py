"""Findings of personal data: made from places in a reading, and kept apart from each other."""

from collections.abc import Iterable

from pipeline.signals.finding import Finding
from pipeline.signals.reading import Reading

LABEL = "personal_data"


def found(
    reading: Reading, kind: str, span: tuple[int, int], confidence: float, detail: str
) -> Finding:
    """Return a finding whose span lies in the original text."""
    start, end = reading.original_span(*span)
    return Finding(LABEL, kind, start, end, confidence, detail)


def strongest_apart(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings in order of place; of two that overlap, only the surer one stays."""
    kept: list[Finding] = []
    for finding in sorted(findings, key=lambda each: (-each.confidence, -_length(each))):
        if not any(_overlap(finding, other) for other in kept):
            kept.append(finding)
    return sorted(kept, key=lambda each: each.start or 0)


def _length(finding: Finding) -> int:
    return (finding.end or 0) - (finding.start or 0)


def _overlap(one: Finding, other: Finding) -> bool:
    return (one.start or 0) < (other.end or 0) and (other.start or 0) < (one.end or 0)
