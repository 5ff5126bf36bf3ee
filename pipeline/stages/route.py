"""Route: decide who looks at what, and in which order.

Reads   comments.parquet, scores.parquet, picks.parquet, the release's thresholds, the policy
Writes  decisions.parquet, route.json, and the cases of the queue
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.core.policy import Policy
from pipeline.core.settings import RouteSettings
from pipeline.core.tables import DECISION, iterate_table, write_batches, write_text
from pipeline.desk.queue import (
    CaseRow,
    CommentRow,
    EvidenceRow,
    ReviewRow,
    Written,
    migrate,
    read_reviews,
    write_cases,
)
from pipeline.model.recut import rates_in
from pipeline.model.release import THRESHOLDS, Release
from pipeline.routing import ranking
from pipeline.routing.chances import Reviewed
from pipeline.routing.comparing import final_decisions
from pipeline.routing.decisions import CLEAR, NAMES, PRIORITY, REVIEW, Rules, described, rules_of
from pipeline.routing.picks import PICKS, among, read_picks
from pipeline.routing.plan import Night, Plan, plan
from pipeline.routing.reading import PIECE, case_key, pieces, read_night
from pipeline.routing.summing import account

MAX_GROUP = 200
"""Copies shown in one case; more of them make another case."""
LISTS = ("clauses", "suggested_actions", "reasons")


@dataclass(frozen=True)
class Summary:
    """How many comments went where."""

    n_comments: int
    n_clear: int
    n_review: int
    n_priority: int
    n_audit: int
    n_proposed: int
    """Comments that go before a person tonight, the audit among them."""
    expected_left: float
    """Violations that nobody is expected to look at."""
    labels: Mapping[str, int]
    """Comments sent to a person, by top label."""


def run(
    settings: RouteSettings,
    policy: Policy,
    comments: Path,
    scores: Path,
    release: Release,
    out_dir: Path,
    *,
    reviews: Iterable[ReviewRow] = (),
    n_kept_free: int = 0,
) -> Summary:
    """Write one decision per comment, in the order of the comments.

    `reviews` are verdicts on earlier comments: the expected violations follow them. `n_kept_free`
    places of each capacity are left for what is picked to learn from.
    """
    rules = rules_of(policy, release.outputs, release.thresholds)
    night = read_night(rules, comments, scores, seed=settings.seed, version=release.version)
    rates = rates_in(release.folder / THRESHOLDS)
    now = ranking.night_time(night.circumstances.created_at)
    judged = before(reviews, now)
    tonight = plan(settings, rules, night, rates, judged, n_kept_free=n_kept_free)
    labels: Counter[str] = Counter()

    def decided() -> Iterator[pa.Table]:
        start = 0
        for comment, score in pieces(policy, comments, scores):
            rows = slice(start, start + comment.num_rows)
            table = decision_table(rules, night, tonight, rows, comment, score, release)
            labels.update(filter(None, table.column("top_label").to_pylist()))
            start = rows.stop
            yield table

    n_comments = write_batches(out_dir / "decisions.parquet", DECISION, decided())
    told = account(settings, rules, night, tonight, release.promises)
    told["model_version"] = release.version
    write_text(out_dir / "route.json", json.dumps(told, indent=1, ensure_ascii=False))
    final = final_decisions(night, tonight)
    return Summary(
        n_comments=n_comments,
        n_clear=int((final == CLEAR).sum()),
        n_review=int((final == REVIEW).sum()),
        n_priority=int((final == PRIORITY).sum()),
        n_audit=int(tonight.audited.sum()),
        n_proposed=int((tonight.proposed | tonight.audited).sum()),
        expected_left=round(sum(each.expected_left[0] for each in tonight.workloads), 1),
        labels=dict(labels.most_common()),
    )


def before(reviews: Iterable[ReviewRow], now: int) -> Reviewed:
    """Return the verdicts from before the night's time: a run on another day is the same run."""
    rows = [
        (max(review.probs.values()), review.lang, review.is_violation)
        for review in reviews
        if review.probs and review.settled_at.timestamp() * 1e6 < now
    ]
    if not rows:
        return Reviewed.none()
    prob, langs, violates = zip(*rows, strict=True)
    return Reviewed(np.array(prob), np.array(langs), np.array(violates))


def past_reviews() -> list[ReviewRow]:
    """Return all verdicts in effect at the desk."""
    migrate()
    return list(read_reviews())


def decision_table(
    rules: Rules,
    night: Night,
    tonight: Plan,
    rows: slice,
    comments: pa.Table,
    scores: pa.Table,
    release: Release,
) -> pa.Table:
    """Return the decisions on a piece of the night."""
    final = final_decisions(night, tonight)[rows]
    nothing: dict[str, Any] = {"top_label": None, **{name: [] for name in LISTS}}
    audited = {**nothing, "reasons": ["audit"]}
    said = [
        worded(rules, night, tonight, rows.start + at)
        if final[at] != CLEAR
        else (audited if tonight.audited[rows.start + at] else nothing)
        for at in range(len(final))
    ]
    prob, inclusion = night.decided.prob[rows], tonight.inclusion[rows]
    columns = {
        "comment_id": scores.column("comment_id"),
        "source": scores.column("source"),
        "model_version": scores.column("model_version"),
        "decision": pa.array(np.array(NAMES)[final]),
        "top_label": pa.array([each["top_label"] for each in said], pa.string()),
        **{name: [each[name] for each in said] for name in LISTS},
        "rank_score": np.where(final != CLEAR, tonight.rank[rows].round(6), 0.0),
        "is_audit_sample": tonight.audited[rows],
        "threshold_version": pa.repeat(release.threshold_version, len(final)),
        "lang": scores.column("lang"),
        "institution": comments.column("institution"),
        "prob": pa.array(prob, pa.float32(), mask=np.isnan(prob)),
        "is_proposed": (tonight.proposed | tonight.audited)[rows],
        "inclusion_probability": pa.array(inclusion, mask=np.isnan(inclusion)),
    }
    return pa.table(columns, schema=DECISION)


def worded(rules: Rules, night: Night, tonight: Plan, at: int) -> dict[str, Any]:
    """Return label, clauses, actions and reasons of a comment that a person looks at."""
    found = described(rules, night.decided, at)
    seen = ranking.explained(
        int(tonight.reactions[at]),
        int(tonight.replies[at]),
        int(tonight.threads[at]),
        float(tonight.hours[at]),
    )
    moved = ["capacity"] if tonight.filled[at] else []
    # Attention orders what something speaks against; the rest stands at one fixed rank.
    told = list(seen) if found["top_label"] else []
    return {**found, "reasons": [*moved, *found["reasons"], *told]}


def enqueue(policy: Policy, comments: Path, scores: Path, decisions: Path) -> Written:
    """Put everything that is proposed tonight, the audit sample and the picks, into the queue.

    Copies of one text within an institution and source make one case, slightly edited ones too.
    Running it again changes nothing: cases are keyed by source, comment and model version.
    """
    migrate()
    return write_cases(cases(policy, comments, scores, decisions))


def cases(policy: Policy, comments: Path, scores: Path, decisions: Path) -> Iterator[CaseRow]:
    """Yield tonight's cases; only copies of one another are held back until the end."""
    counts: Counter[int] = Counter()
    for comment, score, _ in proposed(policy, comments, scores, decisions):
        counts[key_of(comment, score)] += 1
    groups: dict[int, list[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]]] = {}
    for comment, score, decision in proposed(policy, comments, scores, decisions):
        key = key_of(comment, score)
        if counts[key] == 1 or is_blind(decision):
            yield case_row(policy, [comment], score, decision)
        else:
            groups.setdefault(key, []).append((comment, score, decision))
    for group in groups.values():
        # Spelling in capitals may score higher: the case shows what its worst copy got.
        group.sort(key=lambda row: (row[2]["decision"] != "priority", -row[2]["rank_score"]))
        for at in range(0, len(group), MAX_GROUP):
            some = group[at : at + MAX_GROUP]
            members = [comment for comment, _, _ in some]
            yield case_row(policy, members, some[0][1], some[0][2])


def proposed(
    policy: Policy, comments: Path, scores: Path, decisions: Path
) -> Iterator[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]]:
    """Yield comment, score and decision of everything that goes before a person tonight.

    A cleared comment that is picked to learn from carries the reason of its pick.
    """
    picked = read_picks(decisions.with_name(PICKS))
    tables = zip(
        pieces(policy, comments, scores),
        iterate_table(decisions, DECISION, "saruna route", n_rows=PIECE),
        strict=True,
    )
    for (comment, score), decision in tables:
        chosen = pc.or_(decision.column("is_proposed"), among(decision, picked))
        rows = (table.filter(chosen).to_pylist() for table in (comment, score, decision))
        for of_comment, of_score, decided in zip(*rows, strict=True):
            reason = picked.get((decided["source"], decided["comment_id"]))
            told = [f"picked_{reason}"]
            yield of_comment, of_score, {**decided, "reasons": told} if reason else decided


def is_blind(decision: Mapping[str, Any]) -> bool:
    """Tell whether a person judges without score: what was cleared, and is looked at all the same.

    Whoever judges a drawn or picked comment is told neither score nor evidence, only why it is
    there.
    """
    return bool(decision["decision"] == NAMES[CLEAR])


def key_of(comment: Mapping[str, Any], score: Mapping[str, Any]) -> int:
    """Return what copies of one text within a source and institution share, edited ones too."""
    named = (comment["source"], comment["institution"], comment["text"])
    return case_key(*named, score["evidence"])


def case_row(
    policy: Policy,
    comments: Sequence[Mapping[str, Any]],
    score: Mapping[str, Any],
    decision: Mapping[str, Any],
) -> CaseRow:
    """Return the case of a comment or of copies of it, as the queue takes it."""
    first, blind = comments[0], is_blind(decision)
    probs = {} if blind else {name: score[f"prob_{name}"] for name in (*policy.labels, "abuse")}
    reasons = list(decision["reasons"])
    if len(comments) > 1:
        reasons.append(f"copies:{len(comments)}")
    return CaseRow(
        source=first["source"],
        institution=first["institution"] or "",
        model_version=decision["model_version"],
        threshold_version=decision["threshold_version"],
        band="audit" if blind else decision["decision"],
        rank_score=decision["rank_score"],
        scored_at=score["scored_at"],
        is_audit_sample=decision["is_audit_sample"],
        top_label=decision["top_label"],
        clauses=tuple(decision["clauses"]),
        suggested_actions=tuple(decision["suggested_actions"]),
        reasons=tuple(reasons),
        probs={name: round(prob, 4) for name, prob in probs.items() if prob is not None},
        evidence=tuple(
            EvidenceRow(**each)
            for each in score["evidence"] or ()
            if each["kind"] != "overlong" and not blind
        ),
        comments=tuple(comment_row(comment, score["lang"]) for comment in comments),
    )


def comment_row(comment: Mapping[str, Any], lang: str) -> CommentRow:
    """Return a comment as the desk shows it."""
    names = (
        "comment_id",
        "text",
        "channel",
        "thread_id",
        "parent_id",
        "author_key",
        "created_at",
        "permalink",
        "n_reactions",
        "n_replies",
    )
    return CommentRow(lang=lang, **{name: comment[name] for name in names})
