"""Decisions: cleared, reviewed or sure, for many comments at once.

A comment is cleared only when every output of the release has a probability below its cut and
nothing about the comment was left unassessed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.core.errors import PipelineError
from pipeline.core.heads import ABUSE_LABELS
from pipeline.core.policy import RESERVED, Policy
from pipeline.model.thresholds import ANY_LANGUAGE, Thresholds, cut_for

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int64]
CLEAR, REVIEW, PRIORITY = 0, 1, 2
NAMES = ("clear", "review", "priority")
DOUBTS = ("language", "too_long", "not_assessed")
"""Why nobody can speak for all of a comment: reasons, in the order of their bits."""


@dataclass(frozen=True)
class Rules:
    """Policy and thresholds as arrays; columns are the policy's labels in order, then `abuse`."""

    policy: Policy
    columns: tuple[str, ...]
    scored: Flags
    """Columns that the release speaks for: none may be missing."""
    severity: Floats
    may_be_sure: Flags
    kinds: tuple[int, ...]
    """Columns of the kinds of abuse."""
    cuts: Mapping[str, Floats]
    """Language or "any" -> clear and priority cut of every column, shape (columns, 2)."""


def rules_of(policy: Policy, outputs: Sequence[str], thresholds: Thresholds) -> Rules:
    """Return what decides on a comment."""
    columns = (*policy.labels, RESERVED)
    langs = {ANY_LANGUAGE, *(lang for cuts in thresholds.values() for lang in cuts)}

    def cuts(lang: str) -> Floats:
        found = [cut_for(thresholds, column, lang) for column in columns]
        return np.array([[cut.clear, cut.priority] for cut in found])

    return Rules(
        policy=policy,
        columns=columns,
        scored=np.isin(columns, outputs),
        severity=np.array([label.severity for label in policy.label_rules] + [0.0]),
        may_be_sure=np.array([column not in policy.never_priority for column in columns]),
        kinds=tuple(columns.index(label) for label in ABUSE_LABELS),
        cuts={lang: cuts(lang) for lang in langs},
    )


@dataclass(frozen=True)
class Decided:
    """What was decided on each comment; all arrays have one row per comment."""

    decision: Codes
    doubts: Codes
    """Bits in the order of DOUBTS."""
    named: Flags
    """Labels that the comment may have, shape (comments, labels)."""
    strength: Floats
    """Probability that speaks for each label, 0 where there is none."""
    harm: Floats
    """Severity times probability of the label that weighs most; of all labels when cleared."""
    prob: Floats
    """Chance that the comment breaks a rule, as calibrated; NaN where nothing is known."""
    margin: Floats
    """How far the nearest output is from its clear cut."""

    def top(self, severity: Floats) -> Codes:
        """Return the label that weighs most, -1 where none is named."""
        weight = np.where(self.named, self.strength * severity[:-1], -1.0)
        top: Codes = np.where(self.named.any(axis=1), weight.argmax(axis=1), -1)
        return top


def joined(parts: Sequence[Decided]) -> Decided:
    """Return the decisions of all parts, in order."""
    values = {
        each.name: np.concatenate([getattr(part, each.name) for part in parts])
        for each in fields(Decided)
    }
    return Decided(**values)


def decide(rules: Rules, scores: pa.Table) -> Decided:
    """Return the decisions on scored comments.

    Raises PipelineError when a probability of the release is missing, or not one.
    """
    probs = probabilities(rules, scores)
    is_scored = ~np.isnan(probs[:, -1])
    check(rules, scores, probs, is_scored)
    clear, priority = cuts_of(rules, scores.column("lang"))
    # A comparison with NaN is False: a label without a probability reaches nothing.
    reached = probs >= clear
    known = np.nan_to_num(probs)
    likeliest = np.take(rules.kinds, known[:, rules.kinds].argmax(axis=1))
    rows = np.arange(len(known))
    strength = known[:, :-1].copy()
    # The likeliest kind of abuse stands for abuse at large too.
    strength[rows, likeliest] = np.maximum(strength[rows, likeliest], known[:, -1])
    named = reached[:, :-1].copy()
    named[rows, likeliest] |= reached[:, -1]
    sure = ((probs >= priority) & reached & rules.may_be_sure).any(axis=1)
    doubts = doubts_of(scores, is_scored)
    flagged: Flags = np.asarray(reached.any(axis=1))
    weight = strength * rules.severity[:-1]
    return Decided(
        decision=np.where(flagged, np.where(sure, PRIORITY, REVIEW), np.minimum(doubts, REVIEW)),
        doubts=doubts,
        named=named,
        strength=strength,
        harm=np.where(flagged[:, None] & ~named, 0.0, weight).max(axis=1),
        prob=np.where(np.isnan(probs).all(axis=1), np.nan, known.max(axis=1)),
        margin=np.abs(np.where(rules.scored, known - clear, np.inf)).min(axis=1),
    )


def probabilities(rules: Rules, scores: pa.Table) -> Floats:
    """Return the probabilities of a table of scores, NaN where there is none."""
    return np.stack(
        [scores.column(f"prob_{name}").to_numpy().astype(np.float64) for name in rules.columns],
        axis=1,
    )


def check(rules: Rules, scores: pa.Table, probs: Floats, is_scored: Flags) -> None:
    """Raise PipelineError for a probability that is missing, or outside 0 to 1."""
    # Not a number would compare as "below every threshold" and clear the comment.
    missing = np.isnan(probs) & is_scored[:, None] & rules.scored
    bad = missing | not_numbers(rules, scores) | (probs < 0) | (probs > 1)
    if not bad.any():
        return
    row, column = (int(each) for each in np.argwhere(bad)[0])
    is_null = scores.column(f"prob_{rules.columns[column]}")[row].as_py() is None
    raise PipelineError(
        f"scores: prob_{rules.columns[column]} is {'missing' if is_null else probs[row, column]} "
        f"for comment {scores.column('comment_id')[row].as_py()!r}, which was scored",
        "Run `saruna score` again: nothing is cleared on half a score.",
    )


def not_numbers(rules: Rules, scores: pa.Table) -> Flags:
    """Return which probabilities are written as "not a number", which is not the same as null."""
    columns = (pc.is_nan(scores.column(f"prob_{name}")) for name in rules.columns)
    return np.stack([pc.fill_null(each, False).to_numpy() for each in columns], axis=1)


def cuts_of(rules: Rules, langs: pa.ChunkedArray) -> tuple[Floats, Floats]:
    """Return the clear and priority cuts of every comment, each of shape (comments, columns)."""
    encoded = langs.combine_chunks().dictionary_encode()
    names = encoded.dictionary.to_pylist()
    shared = rules.cuts[ANY_LANGUAGE]
    table = np.array([rules.cuts.get(name, shared) for name in names]).reshape(-1, *shared.shape)
    own = table[encoded.indices.to_numpy()]
    return own[:, :, 0], own[:, :, 1]


def doubts_of(scores: pa.Table, is_scored: Flags) -> Codes:
    """Return the bits of what could not be assessed."""
    n_failed = pc.fill_null(pc.list_value_length(scores.column("not_assessed")), 0)
    bits: Codes = 1 * ~is_scored + 2 * overlong(scores) + 4 * (n_failed.to_numpy() > 0)
    return bits


def overlong(scores: pa.Table) -> Flags:
    """Return which comments the model could not read to their end."""
    found = np.zeros(scores.num_rows, dtype=bool)
    evidence = scores.column("evidence").combine_chunks()
    kinds = pc.struct_field(pc.list_flatten(evidence), "kind")
    parents = pc.list_parent_indices(evidence)
    found[parents.filter(pc.equal(kinds, "overlong")).to_numpy()] = True
    return found


def described(rules: Rules, decided: Decided, at: int) -> dict[str, Any]:
    """Return the labels, clauses, actions and reasons of one comment that a person looks at."""
    policy, strength = rules.policy, decided.strength[at]
    doubts = [name for bit, name in enumerate(DOUBTS) if decided.doubts[at] >> bit & 1]
    named = np.flatnonzero(decided.named[at])
    if not len(named):
        return {"top_label": None, "clauses": [], "suggested_actions": [], "reasons": doubts}
    # The label that weighs most stands first; labels of equal weight keep the policy's order.
    order = sorted(named, key=lambda column: -strength[column] * rules.severity[column])
    labels = [rules.columns[column] for column in order]
    shown = [f"{rules.columns[column]} {strength[column]:.2f}" for column in order]
    in_policy = [rules.columns[column] for column in named]
    return {
        "top_label": labels[0],
        "clauses": sorted({clause for label in labels for clause in policy.clauses_of(label)}),
        "suggested_actions": list(
            dict.fromkeys(policy.label(label).suggested_action for label in in_policy)
        ),
        "reasons": ["sure" if decided.decision[at] == PRIORITY else "unsure", *shown, *doubts],
    }
