"""What the API takes and gives."""

from datetime import datetime
from typing import Annotated, Literal

from ninja import Path, Schema
from pydantic import AwareDatetime, ConfigDict, Field, StringConstraints

Name = Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=r"^[^\u0000]+$")]
"""What a comment is found by again: no database keeps the character zero."""
Number = Annotated[int, Path(ge=1, lt=2**63)]
"""A case's number in an address."""
Key = Annotated[str, StringConstraints(min_length=1, max_length=500)]
Words = Annotated[str, StringConstraints(max_length=200_000)]
Prob = Annotated[float, Field(ge=0, le=1)]


class In(Schema):
    """What comes in: unknown keys are errors."""

    model_config = ConfigDict(extra="forbid")


class CommentIn(In):
    """A comment of a case."""

    comment_id: Name
    text: Words
    lang: Annotated[str, StringConstraints(max_length=16)] = "und"
    channel: Key | None = None
    thread_id: Key | None = None
    parent_id: Key | None = None
    author_key: Key | None = None
    created_at: AwareDatetime | None = None
    permalink: Annotated[str, StringConstraints(max_length=2000)] | None = None
    n_reactions: Annotated[int, Field(ge=0, lt=2**62)] | None = None
    n_replies: Annotated[int, Field(ge=0, lt=2**62)] | None = None


class EvidenceIn(In):
    """What speaks for a label; offsets are into the first comment's text."""

    label: Key
    kind: Key
    start: Annotated[int, Field(ge=0, lt=2**31)] | None = None
    end: Annotated[int, Field(ge=0, lt=2**31)] | None = None
    detail: Annotated[str, StringConstraints(max_length=5000)] | None = None
    weight: Annotated[float, Field(ge=-1e6, le=1e6)] | None = None


class CaseIn(In):
    """A case for the queue: one comment, or near-identical ones of one source."""

    source: Name
    institution: Annotated[str, StringConstraints(pattern=r"^[-a-zA-Z0-9_]{1,64}$")]
    model_version: Key
    band: Literal["priority", "review", "audit"]
    rank_score: Annotated[float, Field(ge=-1e9, le=1e9)]
    scored_at: AwareDatetime
    comments: Annotated[list[CommentIn], Field(min_length=1, max_length=200)]
    threshold_version: Annotated[str, StringConstraints(max_length=500)] = ""
    is_audit_sample: bool = False
    top_label: Key | None = None
    clauses: Annotated[list[Key], Field(max_length=20)] = []
    suggested_actions: Annotated[list[Key], Field(max_length=20)] = []
    reasons: Annotated[list[Key], Field(max_length=50)] = []
    probs: Annotated[dict[Key, Prob], Field(max_length=50)] = {}
    evidence: Annotated[list[EvidenceIn], Field(max_length=200)] = []


class CasesIn(In):
    """Cases to take in, together or not at all."""

    cases: Annotated[list[CaseIn], Field(min_length=1, max_length=500)]


class FilterIn(Schema):
    """The part of the queue that is asked for; what nobody knows is passed over."""

    view: str = "open"
    institution: str = ""
    label: str = ""
    clause: str = ""
    lang: str = ""
    channel: str = ""
    age: str = ""


class Taken(Schema):
    """How many cases were new, already there, and brought up to a newer model version."""

    n_new: int
    n_unchanged: int
    n_updated: int


class CaseLine(Schema):
    """A case in the list."""

    id: int
    institution: str
    band: str
    status: str
    top_label: str
    lang: str
    channel: str
    n_comments: int
    commented_at: datetime | None
    is_held: bool


class CasePage(Schema):
    """A page of the ranked list."""

    n_cases: int
    page: int
    n_pages: int
    cases: list[CaseLine]


class CaseOut(CaseLine):
    """A case with its words and evidence; probabilities are there for programs."""

    text: str
    clauses: list[str]
    reasons: list[str]
    probs: dict[str, float]
    evidence: list[dict[str, object]]


class VerdictIn(In):
    """A verdict, by the same rules as the form's."""

    verdict: Literal["no_violation", "violation", "escalate"]
    labels: Annotated[list[Key], Field(max_length=50)] = []
    clause: Annotated[str, StringConstraints(max_length=20)] = ""
    evidence: Annotated[list[Key], Field(max_length=200)] = []
    quote: Annotated[str, StringConstraints(max_length=4000)] = ""
    action: Annotated[str, StringConstraints(max_length=16)] = ""
    note: Annotated[str, StringConstraints(max_length=4000)] = ""


class VerdictOut(Schema):
    """Where the case stands after a verdict."""

    review_id: int
    case_id: int
    status: str


class Problem(Schema):
    """What went wrong."""

    detail: str | dict[str, list[str]]
