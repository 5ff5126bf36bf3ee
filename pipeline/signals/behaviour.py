"""Behaviour: evidence of coordination and automation between comments, for the label `bot`.

It speaks of comments, never of persons: what an author did inside the window is looked at in
memory, becomes evidence about the comments, and is forgotten. What needs an author or a time is
left out where these are unknown, and the rest still works.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from pipeline.signals.behaviour_model import BehaviourModel
from pipeline.signals.bursts import bursts, members_of
from pipeline.signals.finding import Finding
from pipeline.signals.near_duplicates import NO_GROUP, Groups, same_link_groups, same_text_groups
from pipeline.signals.network import network
from pipeline.signals.same_meaning import same_meaning_groups
from pipeline.signals.shared_text import SHARED_FEATURES, shared_features
from pipeline.signals.timing import (
    RHYTHM_FEATURES,
    even_runs,
    fast_replies,
    rhythm,
    same_second,
)
from pipeline.signals.traces import NOBODY, Traces

LABEL = "bot"
SHOWN = 0.2
"""Probability from which evidence is worth a moderator's look."""
PATTERN = 0.9
"""Probability of a pattern that chance and people's habits do not make: even gaps, one second.

None of the open sets labels comments by it, so it is set, not fitted: above the cuts of all
releases so far, so that a person looks at it.
"""
REPEATED = 0.3
"""Probability of one profile posting the same again and again: a nuisance, rarely a robot."""
MIN_REPEATS = 5
FAST_REPLIES = 3
Floats = npt.NDArray[np.float64]


@dataclass
class Assessment:
    """What behaviour says of a night's comments, the first `n` traces."""

    probs: Floats
    """Probability per comment, NaN where there is no sign; shape (n,)."""
    findings: dict[int, list[Finding]] = field(default_factory=dict)
    """Evidence by row of the night."""
    n_without_author: int = 0
    n_without_time: int = 0

    def add(self, row: int, prob: float, finding: Finding) -> None:
        """Note evidence on a comment of the night; traces of the window before are passed over."""
        if row < len(self.probs):
            self.findings.setdefault(row, []).append(finding)
            self.probs[row] = np.fmax(self.probs[row], prob)


def assess(traces: Traces, n_night: int, model: BehaviourModel) -> Assessment:
    """Return what behaviour says of the first `n_night` traces in the light of all of them."""
    found = Assessment(
        probs=np.full(n_night, np.nan),
        n_without_author=int((traces.authors[:n_night] == NOBODY).sum()),
        n_without_time=int(np.isnan(traces.seconds[:n_night]).sum()),
    )
    texts, links = same_text_groups(traces.prints), same_link_groups(traces.prints.links)
    add_shared(found, traces, texts, model, "same_text")
    add_shared(found, traces, links, model, "same_link")
    add_network(found, traces, [texts, links])
    add_meaning(found, traces, model)
    add_patterns(found, traces)
    add_rhythm(found, traces, model)
    for row in found.findings:
        found.findings[row].sort(key=lambda each: -each.confidence)
    return found


def add_shared(
    found: Assessment, traces: Traces, groups: Groups, model: BehaviourModel, kind: str
) -> None:
    """Note comments that share a text or a link with those of other profiles."""
    around = bursts(traces, groups)
    rows, features = shared_features(traces, groups, around)
    if not len(rows):
        return
    # Links have no labelled set of their own: they are judged as texts are.
    detector = "same_text" if kind == "same_link" else kind
    probs = model.probs(detector, SHARED_FEATURES, features)
    shown = rows[(probs >= SHOWN) & (around.profiles[rows] > 1)]
    prob_of = dict(zip(rows.tolist(), probs.tolist(), strict=True))
    for own in members_of(only(groups, shown)):
        detail = shared_detail(traces, own)
        for row in own.tolist():
            prob = prob_of[row]
            found.add(row, prob, Finding(LABEL, kind, confidence=round(prob, 3), detail=detail))
    if kind == "same_text":
        add_repeats(found, traces, groups)


def add_meaning(found: Assessment, traces: Traces, model: BehaviourModel) -> None:
    """Note comments that say the same as those of other profiles, in other words."""
    for group in same_meaning_groups(traces, model):
        add_all(found, group.rows, group.score, "same_meaning", shared_detail(traces, group.rows))


def add_network(found: Assessment, traces: Traces, kinds: list[Groups]) -> None:
    """Note comments that join profiles into a cluster which chance does not explain.

    It adds the chance to what is shown; how probable a campaign is, the shared text itself says.
    """
    for cluster in network(traces, kinds):
        figures = f"profiles={cluster.n_profiles} shared={cluster.n_shared}"
        if cluster.n_at_once:
            figures += f" at_once={cluster.n_at_once}"
        detail = f"{figures}{spread(traces, cluster.rows)} chance={cluster.p_value:.3f}"
        add_all(found, cluster.rows, SHOWN, "network", detail)


def only(groups: Groups, rows: npt.NDArray[np.int64]) -> Groups:
    """Return the groups with these rows alone in them."""
    out = np.full(len(groups), NO_GROUP, dtype=np.int64)
    out[rows] = groups[rows]
    return out


def shared_detail(traces: Traces, rows: npt.NDArray[np.int64]) -> str:
    """Return the figures of a burst as codes: comments, profiles when known, seconds when known.

    The group is named by the smallest hash of its texts, the same on every night.
    """
    parts = [f"comments={len(rows)}"]
    authors = traces.authors[rows]
    if (authors != NOBODY).all():
        parts.append(f"profiles={len(np.unique(authors))}")
    name = f"{int(traces.prints.keys[rows].min()):016x}"[:12]
    return f"{' '.join(parts)}{spread(traces, rows)} group={name}"


def add_repeats(found: Assessment, traces: Traces, groups: Groups) -> None:
    """Note profiles that post the same text again and again."""
    for members in members_of(groups):
        authors = traces.authors[members]
        for author in repeated(authors):
            own = members[authors == author]
            add_all(found, own, REPEATED, "repeats", f"comments={len(own)}{spread(traces, own)}")


def repeated(authors: npt.NDArray[np.int64]) -> list[int]:
    """Return the known authors with enough of a group's comments."""
    names, counts = np.unique(authors[authors != NOBODY], return_counts=True)
    often: list[int] = names[counts >= MIN_REPEATS].tolist()
    return often


def add_patterns(found: Assessment, traces: Traces) -> None:
    """Note even gaps, the same second across profiles, and answers faster than reading."""
    for run in even_runs(traces):
        detail = f"every={round(run.gap)} comments={len(run.rows)}{spread(traces, run.rows)}"
        add_all(found, run.rows, PATTERN, "even_gaps", detail)
    for rows in same_second(traces):
        n_profiles = len(np.unique(traces.authors[rows]))
        add_all(found, rows, PATTERN, "same_second", f"profiles={n_profiles}")
    fast = fast_replies(traces)
    for author in np.unique(traces.authors[fast]):
        own = fast[traces.authors[fast] == author]
        if author != NOBODY and len(own) >= FAST_REPLIES:
            add_all(found, own, PATTERN, "fast_replies", f"comments={len(own)}")


def add_rhythm(found: Assessment, traces: Traces, model: BehaviourModel) -> None:
    """Note comments in a row that keeps machine-like hours, as a whole."""
    found_rhythm = rhythm(traces)
    if not found_rhythm.rows:
        return
    probs = model.probs("rhythm", RHYTHM_FEATURES, found_rhythm.features)
    hours = RHYTHM_FEATURES.index("hours")
    for at in np.flatnonzero(probs >= SHOWN).tolist():
        own = found_rhythm.rows[at]
        n_hours = round(found_rhythm.features[at, hours] * min(len(own), 24))
        detail = f"comments={len(own)} hours={n_hours}{spread(traces, own)}"
        add_all(found, own, float(probs[at]), "rhythm", detail)


def spread(traces: Traces, rows: npt.NDArray[np.int64]) -> str:
    """Return the time from the first to the last comment as a code, nothing when unknown."""
    seconds = traces.seconds[rows]
    if np.isnan(seconds).all():
        return ""
    return f" seconds={round(float(np.nanmax(seconds) - np.nanmin(seconds)))}"


def add_all(found: Assessment, rows: Iterable[int], prob: float, kind: str, detail: str) -> None:
    """Note the same evidence on several comments."""
    finding = Finding(LABEL, kind, confidence=round(prob, 3), detail=detail)
    for row in rows:
        found.add(int(row), prob, finding)
