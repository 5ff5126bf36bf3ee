"""Writing cases in bulk, so that any night can be run twice."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import TypeAlias, TypeVar, overload

from django.db import transaction
from django.utils import timezone

from pipeline.core.errors import PipelineError
from pipeline.desk.models import Band, Case, CaseComment, Institution, Status
from pipeline.desk.rows import CaseRow, CommentRow, Written
from pipeline.desk.turns import again_when_lost, take_turn

Key: TypeAlias = tuple[str, str]
"""Source and comment_id."""

BANDS = {"priority": Band.PRIORITY, "review": Band.REVIEW, "audit": Band.AUDIT}
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
KEYS_PER_QUERY = 500
Item = TypeVar("Item")

UPDATED_FIELDS = (
    "model_version",
    "threshold_version",
    "band",
    "rank_score",
    "is_audit_sample",
    "top_label",
    "clauses",
    "suggested_actions",
    "reasons",
    "probs",
    "evidence",
    "lang",
    "scored_at",
    "n_comments",
    "updated_at",
)
"""What may change in an open case: its scores, and the number of copies in it."""


@dataclass
class Change:
    """What happens to one open case: newer scores, copies that came late, or both."""

    case: Case
    scores: CaseRow | None = None
    copies: list[CommentRow] = field(default_factory=list)


@dataclass
class Plan:
    """What one chunk does to the queue."""

    new: list[tuple[CaseRow, list[CommentRow]]] = field(default_factory=list)
    changes: dict[int, Change] = field(default_factory=dict)
    n_unchanged: int = 0


def write_all(rows: Iterable[CaseRow], chunk: int) -> Written:
    """Write the rows chunk by chunk, each whole or not at all."""
    written = Written()
    for batch in chunks(rows, chunk):
        check_rows(batch)
        written += again_when_lost(partial(write_chunk, batch))
    return written


def chunks(rows: Iterable[CaseRow], size: int) -> Iterator[list[CaseRow]]:
    """Yield the rows in lists that hold about `size` comments."""
    batch: list[CaseRow] = []
    n_comments = 0
    for row in rows:
        batch.append(row)
        n_comments += len(row.comments)
        if n_comments >= size:
            yield batch
            batch, n_comments = [], 0
    if batch:
        yield batch


def check_rows(rows: list[CaseRow]) -> None:
    """Raise PipelineError that names every row which cannot become a case."""
    problems = [
        f"{row.source}/{row.comments[0].comment_id if row.comments else '?'}: {problem}"
        for row in rows
        for problem in row_problems(row)
    ]
    if problems:
        raise PipelineError("\n".join(problems), "Run `saruna route` again: it makes these rows.")


def row_problems(row: CaseRow) -> Iterator[str]:
    """Yield what keeps a row from becoming a case."""
    if not row.comments:
        yield "a case holds no comment"
    keys = (row.source, *(comment.comment_id for comment in row.comments))
    if not all(keys) or any(UNSTORABLE.search(key) for key in keys):
        yield "source or comment_id is empty or holds characters that no database keeps"
    if row.band not in BANDS:
        yield f'band "{row.band}" is none of {", ".join(BANDS)}'
    if not (row.institution and row.model_version):
        yield "institution and model_version must be filled"
    times = [row.scored_at, *(comment.created_at for comment in row.comments)]
    if any(time is not None and timezone.is_naive(time) for time in times):
        yield "a time carries no zone"
    # Not a number, or infinite: such a case would stand in front of everything, or nowhere.
    if not abs(row.rank_score) < float("inf"):
        yield f"rank_score is {row.rank_score}"


def write_chunk(rows: list[CaseRow]) -> Written:
    """Write some rows in one transaction."""
    with transaction.atomic():
        take_turn()
        institutions = lock_institutions({row.institution for row in rows})
        plan = make_plan(rows, known_cases(rows))
        change_cases(list(plan.changes.values()))
        insert_cases(plan.new, institutions)
    return Written(len(plan.new), plan.n_unchanged, len(plan.changes))


def lock_institutions(codes: set[str]) -> dict[str, int]:
    """Return the keys of these institutions, made where missing, locked against other writers."""
    Institution.objects.bulk_create(
        [Institution(code=code, name=code) for code in sorted(codes)], ignore_conflicts=True
    )
    found = Institution.objects.select_for_update().filter(code__in=codes).order_by("pk")
    return {institution.code: institution.pk for institution in found}


def known_cases(rows: list[CaseRow]) -> dict[Key, Case]:
    """Return the case of each comment that the queue already knows, locked until the end."""
    keys = {(row.source, comment.comment_id) for row in rows for comment in row.comments}
    case_of: dict[Key, int] = {}
    for ids in slices(sorted({comment_id for _, comment_id in keys})):
        found = CaseComment.objects.filter(comment_id__in=ids)
        for source, comment_id, pk in found.values_list("source", "comment_id", "case_id"):
            if (source, comment_id) in keys:
                case_of[source, comment_id] = pk
    cases: dict[int, Case] = {}
    for pks in slices(sorted(set(case_of.values()))):
        # A verdict being saved now makes us wait, and sees our change or we see it.
        wanted = Case.objects.select_for_update().filter(pk__in=pks).order_by("pk")
        cases.update((case.pk, case) for case in wanted)
    return {key: cases[pk] for key, pk in case_of.items() if pk in cases}


def slices(values: list[Item]) -> Iterator[list[Item]]:
    """Yield the values in lists that fit into one query."""
    for start in range(0, len(values), KEYS_PER_QUERY):
        yield values[start : start + KEYS_PER_QUERY]


def make_plan(rows: list[CaseRow], known: dict[Key, Case]) -> Plan:
    """Decide for each row whether it is new, changes an open case, or is no news at all."""
    plan = Plan()
    seen = set(known)
    for row in rows:
        keys = [(row.source, comment.comment_id) for comment in row.comments]
        fresh = {
            key: comment for key, comment in zip(keys, row.comments, strict=True) if key not in seen
        }
        seen.update(keys)
        standing = [known[key] for key in keys if key in known]
        case = next((case for case in standing if case.status == Status.OPEN), None)
        if case is not None and (fresh or is_newer(row, case)):
            note_change(plan, case, row, list(fresh.values()))
        elif case is None and fresh:
            plan.new.append((row, list(fresh.values())))
        else:
            plan.n_unchanged += 1
    return plan


def is_newer(row: CaseRow, case: Case) -> bool:
    """Say whether a row carries scores of another model version, made later.

    A case scored in the future was scored by a clock that ran ahead: anything is later than that.
    """
    later = row.scored_at > case.scored_at or case.scored_at > timezone.now() >= row.scored_at
    return row.model_version != case.model_version and later


def note_change(plan: Plan, case: Case, row: CaseRow, copies: list[CommentRow]) -> None:
    """Add a change of an open case to the plan; of two rows with newer scores the first wins."""
    change = plan.changes.setdefault(case.pk, Change(case))
    change.copies.extend(copies)
    if change.scores is None and is_newer(row, case):
        change.scores = row


def change_cases(changes: list[Change]) -> None:
    """Save new scores and late copies of open cases."""
    comments: list[CaseComment] = []
    for change in changes:
        case = change.case
        for position, copy in enumerate(change.copies, start=case.n_comments):
            comments.append(as_comment(copy, case, position))
        case.n_comments += len(change.copies)
        case.updated_at = timezone.now()
        if change.scores is not None:
            set_scores(case, change.scores)
    # An upsert by primary key: far quicker than Django's bulk_update.
    Case.objects.bulk_create(
        [change.case for change in changes],
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=list(UPDATED_FIELDS),
    )
    CaseComment.objects.bulk_create(comments)


def insert_cases(new: list[tuple[CaseRow, list[CommentRow]]], institutions: dict[str, int]) -> None:
    """Add cases with their comments."""
    cases = [new_case(row, comments, institutions[row.institution]) for row, comments in new]
    Case.objects.bulk_create(cases)
    CaseComment.objects.bulk_create(
        as_comment(comment, case, position)
        for case, (_, comments) in zip(cases, new, strict=True)
        for position, comment in enumerate(comments)
    )


def new_case(row: CaseRow, comments: list[CommentRow], institution: int) -> Case:
    """Return an unsaved case that the first of `comments` stands for."""
    first = comments[0]
    case = Case(
        institution_id=institution,
        source=row.source,
        comment_id=storable(first.comment_id),
        channel=storable(first.channel or ""),
        commented_at=in_utc(first.created_at),
        n_comments=len(comments),
    )
    set_scores(case, row)
    return case


def set_scores(case: Case, row: CaseRow) -> None:
    """Take over what a model version says about a case."""
    # Offsets belong to the row's first comment; a copy of it may be longer or shorter.
    same_text = row.comments[0].comment_id == case.comment_id
    evidence = [asdict(piece) for piece in row.evidence]
    for piece in evidence:
        if not same_text:
            piece.update(start=None, end=None)
    case.model_version = storable(row.model_version)
    case.threshold_version = storable(row.threshold_version)
    case.band = BANDS[row.band]
    case.rank_score = row.rank_score
    case.is_audit_sample = row.is_audit_sample
    case.top_label = storable(row.top_label or "")
    case.clauses = [storable(clause) for clause in row.clauses]
    case.suggested_actions = [storable(action) for action in row.suggested_actions]
    case.reasons = [storable(reason) for reason in row.reasons]
    case.probs = {storable(label): prob for label, prob in row.probs.items()}
    case.evidence = [
        {key: storable(value) if isinstance(value, str) else value for key, value in piece.items()}
        for piece in evidence
    ]
    case.lang = storable(row.comments[0].lang)
    case.scored_at = in_utc(row.scored_at)


def as_comment(comment: CommentRow, case: Case, position: int) -> CaseComment:
    """Return an unsaved comment of a saved case."""
    values = {key: value for key, value in asdict(comment).items() if value is not None}
    if comment.created_at is not None:
        values["created_at"] = in_utc(comment.created_at)
    return CaseComment(
        case=case,
        position=position,
        source=case.source,
        **{key: storable(v) if isinstance(v, str) else v for key, v in values.items()},
    )


@overload
def in_utc(time: datetime) -> datetime: ...
@overload
def in_utc(time: None) -> None: ...
def in_utc(time: datetime | None) -> datetime | None:
    """Return a time in UTC: PostgreSQL takes no zone more than 16 hours away.

    At the very ends of the calendar the hours stay as they are.
    """
    if time is None:
        return None
    try:
        return time.astimezone(UTC)
    except OverflowError:
        return time.replace(tzinfo=UTC)


def storable(text: str) -> str:
    """Return text with what PostgreSQL and UTF-8 cannot hold replaced, offsets kept."""
    return UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", text)
