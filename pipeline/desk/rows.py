"""What goes through the door: cases from the stages to the desk, reviews from the desk to them."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

BandName: TypeAlias = Literal["priority", "review", "audit"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentRow:
    """A comment as the desk shows it; times carry a zone."""

    comment_id: str
    text: str
    lang: str = "und"
    channel: str | None = None
    thread_id: str | None = None
    parent_id: str | None = None
    author_key: str | None = None
    created_at: datetime | None = None
    permalink: str | None = None
    n_reactions: int | None = None
    n_replies: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceRow:
    """What speaks for a label; `start` and `end` are offsets into the first comment's text."""

    label: str
    kind: str
    start: int | None = None
    end: int | None = None
    detail: str | None = None
    weight: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRow:
    """A case for the queue: one comment, or near-identical ones of one source.

    The first comment stands for the group: scores, evidence and reasons are about it. `reasons`
    are codes of `pipeline.desk.reasons`, so that each reader gets them in their language; other
    words are shown as they are. `band` "audit" is for cleared comments of the audit sample.
    """

    source: str
    institution: str
    model_version: str
    band: BandName
    rank_score: float
    scored_at: datetime
    comments: tuple[CommentRow, ...]
    threshold_version: str = ""
    is_audit_sample: bool = False
    top_label: str | None = None
    clauses: tuple[str, ...] = ()
    suggested_actions: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    probs: dict[str, float] = field(default_factory=dict)
    evidence: tuple[EvidenceRow, ...] = ()


@dataclass(frozen=True, slots=True)
class Written:
    """How many cases were new, already there, and brought up to a newer model version."""

    n_new: int = 0
    n_unchanged: int = 0
    n_updated: int = 0

    def __add__(self, other: "Written") -> "Written":
        return Written(
            self.n_new + other.n_new,
            self.n_unchanged + other.n_unchanged,
            self.n_updated + other.n_updated,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubted:
    """How many verdicts go to a second person, had one before, and are on no case."""

    n_asked: int
    n_known: int
    n_unknown: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewRow:
    """A verdict that has taken effect, with the comment it is about."""

    review_id: int
    source: str
    comment_id: str
    institution: str
    channel: str
    thread_id: str
    author_key: str
    created_at: datetime | None
    text: str
    lang: str
    n_comments: int
    model_version: str
    threshold_version: str
    band: BandName
    is_audit_sample: bool
    top_label: str
    probs: dict[str, float]
    is_violation: bool
    labels: tuple[str, ...]
    clauses: tuple[str, ...]
    action: str
    seconds: int
    was_escalated: bool
    moderator_id: int
    second_reviewer_id: int | None
    settled_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OpinionRow:
    """What one person said of a settled case, in effect or not."""

    source: str
    comment_id: str
    person_id: int
    is_violation: bool
    labels: tuple[str, ...]
    is_blind: bool = False
    """Given without knowing what others had said."""
