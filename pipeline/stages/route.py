"""Route: decide who looks at what, and in which order.

Reads   comments.parquet, scores.parquet, the release's thresholds, the policy
Writes  decisions.parquet, and the cases of the queue
"""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline.core.errors import PipelineError
from pipeline.core.heads import ABUSE_LABELS
from pipeline.core.policy import Policy
from pipeline.core.settings import RouteSettings
from pipeline.core.tables import COMMENT, DECISION, iterate_table, score_schema, write_batches
from pipeline.core.text import normalise
from pipeline.desk.queue import CaseRow, CommentRow, EvidenceRow, Written, migrate, write_cases
from pipeline.model.release import Release
from pipeline.model.thresholds import UNKNOWN, Cut, cut_for

MADE_BY = "saruna score"
UNASSESSED_RANK = 0.01
"""Rank of a comment that the model cannot speak for: below all that it can."""
MAX_GROUP = 200
"""Copies shown in one case; more of them make another case."""


@dataclass(frozen=True)
class Summary:
    """How many comments went where."""

    n_comments: int
    n_clear: int
    n_review: int
    n_priority: int
    n_audit: int
    labels: Mapping[str, int]
    """Comments sent to a person, by top label."""


def run(
    settings: RouteSettings,
    policy: Policy,
    comments: Path,
    scores: Path,
    release: Release,
    out_dir: Path,
) -> Summary:
    """Write one decision per comment, in the order of the comments."""
    bands: Counter[str] = Counter()
    labels: Counter[str] = Counter()
    n_audit = 0

    def decided() -> Iterator[pa.Table]:
        nonlocal n_audit
        for _, table in joined(policy, comments, scores):
            decisions = [decide(settings, policy, release, score) for score in table.to_pylist()]
            bands.update(str(row["decision"]) for row in decisions)
            labels.update(str(row["top_label"]) for row in decisions if row["top_label"])
            n_audit += sum(bool(row["is_audit_sample"]) for row in decisions)
            yield pa.Table.from_pylist(decisions, schema=DECISION)

    n_comments = write_batches(out_dir / "decisions.parquet", DECISION, decided())
    return Summary(
        n_comments=n_comments,
        n_clear=bands["clear"],
        n_review=bands["review"],
        n_priority=bands["priority"],
        n_audit=n_audit,
        labels=dict(labels.most_common()),
    )


def joined(policy: Policy, comments: Path, scores: Path) -> Iterator[tuple[pa.Table, pa.Table]]:
    """Yield comments with their scores, piece by piece; both files have the same order.

    Raises PipelineError when they do not belong together.
    """
    pieces = zip(
        iterate_table(comments, COMMENT, "saruna validate"),
        iterate_table(scores, score_schema(policy.labels), MADE_BY),
        strict=True,
    )
    try:
        for comment, score in pieces:
            if not comment.column("comment_id").equals(score.column("comment_id")):
                raise ValueError
            yield comment, score
    except ValueError as error:
        raise PipelineError(
            f"{scores}: does not belong to {comments}: the comments differ",
            f"Run `{MADE_BY}` again: no decision is made on another file's scores.",
        ) from error


def decide(
    settings: RouteSettings, policy: Policy, release: Release, score: Mapping[str, Any]
) -> dict[str, object]:
    """Return the decision on one scored comment."""
    decision: dict[str, object] = {
        "comment_id": score["comment_id"],
        "source": score["source"],
        "model_version": score["model_version"],
        "threshold_version": release.threshold_version,
        "is_audit_sample": False,
        "top_label": None,
        "clauses": [],
        "suggested_actions": [],
    }
    if score["prob_abuse"] is None:
        return {
            **decision,
            "decision": "review",
            "rank_score": UNASSESSED_RANK,
            "reasons": ["language"],
        }
    reached = reached_outputs(release, score)
    if not reached:
        return {**decision, **cleared(settings, score)}
    return {**decision, **flagged(policy, release, score, reached)}


def reached_outputs(release: Release, score: Mapping[str, Any]) -> list[str]:
    """Return the labels at or above their clear threshold; a missing probability is an error.

    Labels that signals alone speak for may be missing: no detector, or one that failed.
    """
    assessed = assessed_labels(release, score)
    for output in assessed:
        prob = score[f"prob_{output}"]
        # Not a number, too: it would compare as "below every threshold" and clear the comment.
        if prob is None or not 0 <= prob <= 1:
            raise PipelineError(
                f"scores: prob_{output} is {'missing' if prob is None else prob} for comment "
                f"{score['comment_id']!r}, which was scored",
                f"Run `{MADE_BY}` again: nothing is cleared on half a score.",
            )
    return [
        output
        for output in assessed
        if score[f"prob_{output}"] >= cut_of(release, output, score["lang"]).clear
    ]


def assessed_labels(release: Release, score: Mapping[str, Any]) -> list[str]:
    """Return the outputs of the release and the labels that a signal spoke of."""
    probs = (key.removeprefix("prob_") for key in score if key.startswith("prob_"))
    signals = (name for name in probs if name not in release.outputs)
    return [*release.outputs, *(name for name in signals if score[f"prob_{name}"] is not None)]


def cut_of(release: Release, label: str, lang: str) -> Cut:
    """Return the cut of a label; one that has none waits for a person from an even chance on."""
    known = label in release.thresholds
    return cut_for(release.thresholds, label, lang) if known else UNKNOWN


def cleared(settings: RouteSettings, score: Mapping[str, Any]) -> dict[str, object]:
    """Return the rest of a decision to clear, or to review what was assessed only in part."""
    doubts = unspoken(score)
    if doubts:
        return {"decision": "review", "rank_score": UNASSESSED_RANK, "reasons": doubts}
    is_audit = drawn(settings, str(score["source"]), str(score["comment_id"]))
    return {
        "decision": "clear",
        "rank_score": 0.0,
        "reasons": ["audit"] if is_audit else [],
        "is_audit_sample": is_audit,
    }


def unspoken(score: Mapping[str, Any]) -> list[str]:
    """Return why nobody can speak for all of the comment: too long, or a detector failed."""
    reasons = {
        "too_long": any(each["kind"] == "overlong" for each in score["evidence"] or ()),
        "not_assessed": bool(score.get("not_assessed")),
    }
    return [reason for reason, holds in reasons.items() if holds]


def drawn(settings: RouteSettings, source: str, comment_id: str) -> bool:
    """Tell whether a cleared comment is in the audit sample: the same one on every run."""
    key = f"{settings.seed}\0{source}\0{comment_id}".encode("utf-8", "surrogatepass")
    share = int.from_bytes(hashlib.blake2b(key, digest_size=8).digest(), "big") / 2**64
    return share < settings.audit_share


def flagged(
    policy: Policy, release: Release, score: Mapping[str, Any], reached: Sequence[str]
) -> dict[str, object]:
    """Return the rest of a decision that a person looks at."""
    labels = [output for output in reached if output != "abuse"]
    if "abuse" in reached and likeliest_abuse(score) not in labels:
        # Abuse of a kind that no single label is sure of: name the likeliest one.
        labels.append(likeliest_abuse(score))
    harm = {label: policy.label(label).severity * strength(score, label) for label in labels}
    top = max(harm, key=lambda label: harm[label])
    is_sure = any(
        score[f"prob_{output}"] >= cut_of(release, output, score["lang"]).priority
        and (output == "abuse" or not policy.label(output).never_priority)
        for output in reached
    )
    clauses = dict.fromkeys(clause for label in labels for clause in policy.clauses_of(label))
    shown = [
        f"{label} {strength(score, label):.2f}" for label in sorted(labels, key=harm.__getitem__)
    ]
    reasons = ["sure" if is_sure else "unsure", *reversed(shown)]
    return {
        "decision": "priority" if is_sure else "review",
        "top_label": top,
        "clauses": sorted(clauses),
        "suggested_actions": list(
            dict.fromkeys(policy.label(each).suggested_action for each in labels)
        ),
        "rank_score": round(harm[top], 6),
        "reasons": [*reasons, *unspoken(score)],
    }


def strength(score: Mapping[str, Any], label: str) -> float:
    """Return the probability that speaks for a label.

    Its own; the likeliest kind of abuse stands for abuse at large too.
    """
    own = float(score[f"prob_{label}"])
    return max(own, float(score["prob_abuse"])) if label == likeliest_abuse(score) else own


def likeliest_abuse(score: Mapping[str, Any]) -> str:
    """Return the abuse label with the highest probability."""
    return max(ABUSE_LABELS, key=lambda label: float(score[f"prob_{label}"]))


def enqueue(policy: Policy, comments: Path, scores: Path, decisions: Path) -> Written:
    """Put everything that is not cleared, and the audit sample, into the queue.

    Copies of one text within an institution and source make one case. Running it again changes
    nothing: cases are keyed by source, comment and model version.
    """
    migrate()
    return write_cases(cases(policy, comments, scores, decisions))


def cases(policy: Policy, comments: Path, scores: Path, decisions: Path) -> Iterator[CaseRow]:
    """Yield the cases of a night; only copies of one another are held back until the end."""
    copies = copy_counts(comments)
    groups: dict[int, list[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]]] = {}
    pieces = zip(
        joined(policy, comments, scores),
        iterate_table(decisions, DECISION, "saruna route"),
        strict=True,
    )
    for (comment_table, score_table), decision_table in pieces:
        rows = zip(
            comment_table.to_pylist(),
            score_table.to_pylist(),
            decision_table.to_pylist(),
            strict=True,
        )
        for comment, score, decision in rows:
            if decision["decision"] == "clear" and not decision["is_audit_sample"]:
                continue
            key = copy_key(comment)
            if copies[key] == 1 or decision["is_audit_sample"]:
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


def copy_counts(comments: Path) -> Counter[int]:
    """Count the copies of every text; 64 bits stand for a text."""
    counts: Counter[int] = Counter()
    for comment_table in iterate_table(comments, COMMENT, "saruna validate"):
        columns = comment_table.select(["source", "institution", "text"]).to_pylist()
        counts.update(copy_key(comment) for comment in columns)
    return counts


def copy_key(comment: Mapping[str, Any]) -> int:
    """Return what copies of one text within a source and institution share."""
    text = normalise(comment["text"]).text.casefold()
    key = f"{comment['source']}\0{comment['institution']}\0{text}"
    digest = hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big")


def case_row(
    policy: Policy,
    comments: Sequence[Mapping[str, Any]],
    score: Mapping[str, Any],
    decision: Mapping[str, Any],
) -> CaseRow:
    """Return the case of a comment or of copies of it, as the queue takes it."""
    first = comments[0]
    probs = {name: score[f"prob_{name}"] for name in (*policy.labels, "abuse")}
    reasons = list(decision["reasons"])
    if len(comments) > 1:
        reasons.append(f"copies:{len(comments)}")
    return CaseRow(
        source=first["source"],
        institution=first["institution"] or "",
        model_version=decision["model_version"],
        threshold_version=decision["threshold_version"],
        band="audit" if decision["is_audit_sample"] else decision["decision"],
        rank_score=decision["rank_score"],
        scored_at=score["scored_at"],
        is_audit_sample=decision["is_audit_sample"],
        top_label=decision["top_label"],
        clauses=tuple(decision["clauses"]),
        suggested_actions=tuple(decision["suggested_actions"]),
        reasons=tuple(reasons),
        probs={name: round(prob, 4) for name, prob in probs.items() if prob is not None},
        evidence=tuple(
            EvidenceRow(**each) for each in score["evidence"] or () if each["kind"] != "overlong"
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
