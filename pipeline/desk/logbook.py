"""The decision log: every entry carries the hash of the one before, so that no change hides."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from pipeline.core.errors import PipelineError
from pipeline.desk.models import LogEntry, LogHead, Review, User

START = "0" * 64
"""What the first entry follows."""


@dataclass(frozen=True)
class Verified:
    """A chain that holds: its length, the hash at its end, and the verdicts compared with it."""

    n_entries: int
    digest: str
    n_reviews: int


def append(
    kind: str, actor: User | None, body: Mapping[str, Any], *, case: int | None = None
) -> LogEntry:
    """Add an entry in the running transaction; others wait at the end of the chain meanwhile."""
    with transaction.atomic():
        head = LogHead.objects.select_for_update().get_or_create(pk=1)[0]
        entry = LogEntry(
            number=head.number + 1,
            # Whole microseconds survive both databases.
            at=timezone.now(),
            kind=kind,
            actor=actor.pk if actor else None,
            case=case,
            body=dict(body),
            previous=head.digest or START,
        )
        entry.digest = digest_of(entry)
        entry.save()
        LogHead.objects.filter(pk=1).update(number=entry.number, digest=entry.digest)
    return entry


def digest_of(entry: LogEntry) -> str:
    """Return the SHA-256 of an entry's content and of the hash before it."""
    content = {
        "number": entry.number,
        "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "kind": entry.kind,
        "actor": entry.actor,
        "case": entry.case,
        "body": entry.body,
        "previous": entry.previous,
    }
    written = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(written.encode("utf-8", "surrogatepass")).hexdigest()


def body_of(review: Review) -> dict[str, Any]:
    """Return what the log keeps of a verdict: codes and numbers; of words only their hash."""
    return {
        "review": review.pk,
        "verdict": str(review.verdict),
        "labels": list(review.labels),
        "clauses": list(review.clauses),
        "action": str(review.action),
        "evidence": len(review.evidence),
        "note": words_digest(review.note),
        "seconds": review.seconds,
        "moderator": review.moderator_id,
        "second": review.second_reviewer_id,
        "outcome": str(review.second_outcome),
        "second_note": words_digest(review.second_note),
        "settled": moment(review.settled_at),
        "undone": moment(review.undone_at),
    }


def words_digest(words: str) -> str:
    """Return the hash of a note, nothing when there is none."""
    data = words.encode("utf-8", "surrogatepass")
    return hashlib.sha256(data).hexdigest() if words else ""


def moment(time: datetime | None) -> str | None:
    """Return a time as the log writes it."""
    return time.astimezone(UTC).isoformat(timespec="microseconds") if time else None


def verify() -> Verified:
    """Check the whole chain and every verdict against it.

    Raises PipelineError that names the first entry which does not hold, or every verdict that is
    not as the log says.
    """
    previous, n_entries = START, 0
    latest: dict[int, dict[str, Any]] = {}
    for entry in LogEntry.objects.order_by("number").iterator(chunk_size=2000):
        problem = entry_problem(entry, n_entries + 1, previous)
        if problem:
            raise PipelineError(
                f"decision log, entry {entry.number}: {problem}",
                "Compare with a backup: everything from here on may have been changed.",
            )
        if "review" in entry.body:
            latest[entry.body["review"]] = entry.body
        previous, n_entries = entry.digest, entry.number
    check_end(n_entries, previous)
    problems = list(review_problems(latest))
    if problems:
        raise PipelineError(
            "\n".join(problems), "Compare these verdicts with a backup: the log is whole."
        )
    return Verified(n_entries, previous, len(latest))


def entry_problem(entry: LogEntry, expected: int, previous: str) -> str | None:
    """Return what is wrong with an entry at its place, None when it holds."""
    if entry.number != expected:
        return f"entry {expected} is missing before it"
    if entry.previous != previous:
        return "does not follow the entry before it"
    if entry.digest != digest_of(entry):
        return "its content is not what was written"
    return None


def check_end(n_entries: int, digest: str) -> None:
    """Raise PipelineError when entries are missing at the end of the chain."""
    head = LogHead.objects.filter(pk=1).first()
    if (head.number, head.digest or START) != (n_entries, digest) if head else n_entries:
        raise PipelineError(
            f"decision log: ends at entry {n_entries}, but {head.number if head else 0} were made",
            "Compare with a backup: entries at the end are missing.",
        )


def review_problems(latest: Mapping[int, dict[str, Any]]) -> Iterator[str]:
    """Yield each verdict that is not as the log has it, and each that has gone.

    Verdicts from before the log are passed over: no entry speaks of them.
    """
    seen = 0
    for review in Review.objects.order_by("pk").iterator(chunk_size=2000):
        logged = latest.get(review.pk)
        if logged is None:
            continue
        seen += 1
        if logged != body_of(review):
            yield f"verdict {review.pk}: is not as the log has it"
    if seen != len(latest):
        yield f"verdicts: {len(latest) - seen} that the log names are gone"
