"""Feedback: settled reviews become labelled rows for the next training.

Reads   the reviews of the desk, decisions.parquet of the nights (chances of the audit sample)
Writes  data/feedback/reviews.parquet, data/feedback/erased.json; data/feedback/rejects.json has the
        verdicts that teach nothing, each with its reason
"""

import hashlib
import hmac
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.core.clock import utc_now
from pipeline.core.heads import ABUSE_LABELS, OUTPUTS, TEXT_LABELS
from pipeline.core.settings import Settings
from pipeline.core.tables import FEEDBACK, read_table, write_table, write_text
from pipeline.desk.queue import OpinionRow, ReviewRow, migrate, read_opinions, read_reviews
from pipeline.signals.behaviour_window import forget_authors
from pipeline.signals.unnamed import masked
from pipeline.sources.reviewed import FILE as REVIEWS
from pipeline.sources.reviewed import PICKED

ERASED, REJECTS = "erased.json", "rejects.json"
UNKNOWN = "the desk does not have this comment: it was erased, or was never put there"
CHANCE = "inclusion_probability"
Key: TypeAlias = tuple[str, str]
"""Source and comment_id."""


@dataclass(frozen=True)
class Summary:
    """What the table holds now, and what this run changed in it."""

    n_rows: int
    n_new: int
    n_changed: int
    n_expired: int
    n_erased: int
    n_disputed: int
    """Rows on which people differ."""
    n_unknown: int
    """Judged cases whose comment the desk does not have any more: they teach nothing, and are
    listed in rejects.json."""
    n_masked: int
    """Rows in which personal data was starred out."""
    shown: dict[str, int]
    n_traces_erased: int = 0
    """Traces of erased authors that the window of behaviour held."""


def run(
    settings: Settings,
    out_dir: Path,
    *,
    secret: bytes,
    nights: Path | None = None,
    erase: Sequence[str] = (),
    window: Path | None = None,
    now: datetime | None = None,
) -> Summary:
    """Bring the table up to date with the desk; running it again changes nothing.

    `erase` adds author keys to those whose rows are taken out now and kept out for good; what
    `window`, the traces of earlier nights, has of them goes too.
    """
    migrate()
    judged: dict[Key, dict[int, OpinionRow]] = defaultdict(dict)
    for each in read_opinions():
        # Whoever judges anew has changed their mind.
        judged[each.source, each.comment_id][each.person_id] = each
    chances = chances_of(nights)
    before = known_rows(out_dir / REVIEWS)
    erased = tombstones(out_dir / ERASED, erase, secret)
    fresh: dict[Key, dict[str, Any]] = {}
    for review in read_reviews():
        key = review.source, review.comment_id
        chance = chances.get(key, settings.route.audit_share)
        fresh[key] = row_of(review, [*judged[key].values()], chance, secret)
    oldest = (now or utc_now()) - timedelta(days=settings.feedback.keep_days)
    merged = {**before, **fresh}
    kept = {key: row for key, row in merged.items() if mark(row, secret) not in erased}
    rows = {key: row for key, row in kept.items() if row["settled_at"] >= oldest}
    ordered = [rows[key] for key in sorted(rows)]
    write_table(out_dir / REVIEWS, pa.Table.from_pylist(ordered, schema=FEEDBACK))
    unknown = sorted(judged.keys() - merged.keys())
    write_text(out_dir / REJECTS, rejected(unknown))
    return Summary(
        n_rows=len(rows),
        n_new=sum(key not in before for key in rows),
        n_changed=sum(key in before and before[key] != stored(rows[key]) for key in rows),
        n_expired=len(kept) - len(rows),
        n_erased=sum(mark(row, secret) in erased for row in before.values()),
        n_disputed=sum(is_disputed(row) for row in ordered),
        n_unknown=len(unknown),
        n_masked=sum(row["n_masked"] > 0 for row in ordered),
        shown=counts(ordered),
        n_traces_erased=forget_authors(window, erase) if window else 0,
    )


def rejected(keys: Sequence[Key]) -> str:
    """Return the verdicts on comments that nobody knows, with the reason, as JSON."""
    rows = [{"source": own, "comment_id": name, "reason": UNKNOWN} for own, name in keys]
    return json.dumps(rows, indent=1, ensure_ascii=False) + "\n"


def row_of(
    review: ReviewRow, opinions: Sequence[OpinionRow], chance: float, secret: bytes
) -> dict[str, Any]:
    """Return a review as a row: masked, with pseudonyms, weight and soft labels."""
    text, n_masked = masked(review.text, review.lang)
    people = {each.person_id for each in opinions} or {review.moderator_id}
    thread = f"{review.source}\0{review.thread_id}"
    soft = soft_labels(opinions or [own_opinion(review)])
    return {
        "source": review.source,
        "comment_id": review.comment_id,
        "author_key": review.author_key or None,
        "thread": pseudonym(thread, secret) if review.thread_id else None,
        "created_at": review.created_at,
        "settled_at": review.settled_at,
        "institution": review.institution,
        "lang": review.lang,
        "text": text,
        "n_masked": n_masked,
        "model_version": review.model_version,
        "threshold_version": review.threshold_version,
        "shown": lane_of(review),
        "people": sorted(pseudonym(f"person\0{each}", secret) for each in people),
        "n_blind": sum(each.is_blind for each in opinions),
        "was_escalated": review.was_escalated,
        "is_violation": review.is_violation,
        "labels": sorted(review.labels),
        "action": review.action,
        "seconds": review.seconds,
        "prob_abuse": review.probs.get("abuse"),
        # Horvitz and Thompson (1952): a row drawn with chance p stands for 1 / p of its kind.
        "inclusion_weight": 1 / chance if review.is_audit_sample and chance > 0 else 1.0,
        **{f"soft_{output}": soft[output] for output in OUTPUTS},
    }


def lane_of(review: ReviewRow) -> str:
    """Return how a comment came before a person; picked ones are cleared, and no random draw."""
    if review.band == "audit":
        return "audit" if review.is_audit_sample else PICKED
    return review.band


def own_opinion(review: ReviewRow) -> OpinionRow:
    """Return the verdict in effect as the opinion of the person who gave it."""
    return OpinionRow(
        source=review.source,
        comment_id=review.comment_id,
        person_id=review.moderator_id,
        is_violation=review.is_violation,
        labels=review.labels,
    )


def soft_labels(opinions: Iterable[OpinionRow]) -> dict[str, float | None]:
    """Return the share of people who saw each label; None when a violation was left unnamed."""
    given = list(opinions)
    if any(each.is_violation and not each.labels for each in given):
        return dict.fromkeys(OUTPUTS)
    found: dict[str, float | None] = {
        label: share(label in each.labels for each in given) for label in TEXT_LABELS
    }
    found["abuse"] = share(any(label in each.labels for label in ABUSE_LABELS) for each in given)
    return found


def share(flags: Iterable[bool]) -> float:
    """Return the share of true flags, rounded so that a stored row equals a fresh one."""
    given = list(flags)
    return round(sum(given) / len(given), 4)


def is_disputed(row: Mapping[str, Any]) -> bool:
    """Tell whether people differ on any label of a row."""
    return any(0 < (row[f"soft_{output}"] or 0) < 1 for output in OUTPUTS)


def pseudonym(name: str, secret: bytes) -> str:
    """Return what stands for a person or thread: nobody without the key can find them."""
    return hmac.digest(secret, name.encode("utf-8", "surrogatepass"), "sha256").hex()[:16]


def mark(row: Mapping[str, Any], secret: bytes) -> str:
    """Return the tombstone of a row's author."""
    return tombstone(str(row["author_key"] or ""), secret)


def tombstone(author_key: str, secret: bytes) -> str:
    """Return what stands for an erased author in the list; an empty key stands for nobody."""
    return hashlib.blake2b(author_key.encode(), key=secret[:64], digest_size=16).hexdigest()


def tombstones(path: Path, erase: Sequence[str], secret: bytes) -> set[str]:
    """Return the tombstones on file, the new ones added to it."""
    before = set(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else set()
    found = before | {tombstone(key, secret) for key in erase if key}
    if found != before:
        write_text(path, json.dumps(sorted(found), indent=1) + "\n")
    return found


def known_rows(path: Path) -> dict[Key, dict[str, Any]]:
    """Return the rows on file by their key."""
    if not path.is_file():
        return {}
    table = read_table(path, FEEDBACK, "saruna feedback")
    return {(row["source"], row["comment_id"]): row for row in table.to_pylist()}


def stored(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row as it comes back from the file."""
    found: dict[str, Any] = pa.Table.from_pylist([dict(row)], schema=FEEDBACK).to_pylist()[0]
    return found


def chances_of(nights: Path | None) -> dict[Key, float]:
    """Return the chance with which each comment of the nights' audit samples was drawn."""
    found: dict[Key, float] = {}
    for path in sorted(nights.glob("*/decisions.parquet")) if nights else ():
        found.update(audit_chances(path))
    return found


def audit_chances(path: Path) -> Iterator[tuple[Key, float]]:
    """Yield the chances of a night; nights before chances were kept have none."""
    if CHANCE not in pq.read_schema(path).names:
        return
    columns = ["source", "comment_id", CHANCE]
    table = pq.read_table(path, columns=columns, filters=[("is_audit_sample", "=", True)])
    for row in table.to_pylist():
        if row[CHANCE]:
            yield (row["source"], row["comment_id"]), row[CHANCE]


def counts(rows: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Return how many rows each lane of the queue brought."""
    found: dict[str, int] = defaultdict(int)
    for row in rows:
        found[row["shown"]] += 1
    return dict(sorted(found.items()))
