"""Cases for the desk's tests."""

from datetime import UTC, datetime
from typing import Any

from pipeline.desk.queue import CaseRow, CommentRow, EvidenceRow

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
PASSWORD = "garš teikums par sniegu"


def make_row(comment_id: str = "c1", text: str = "Kur ir sāls?", **changes: Any) -> CaseRow:
    """Return a case of one comment; `comment` overrides its fields, `copies` adds copies."""
    comment = {"lang": "lv", "channel": "facebook", "created_at": NOON} | changes.pop("comment", {})
    copies = changes.pop("copies", ())
    values: dict[str, Any] = {
        "source": "facebook",
        "institution": "ogre",
        "model_version": "v1",
        "band": "review",
        "rank_score": 0.5,
        "scored_at": NOON,
        "top_label": "insult",
        "clauses": ("8.1", "8.3"),
        "reasons": ("unsure",),
        "probs": {"insult": 0.52, "threat": 0.03},
    }
    comments = [CommentRow(comment_id=comment_id, text=text, **comment)]
    comments += [CommentRow(comment_id=other, text=f"{text} ", **comment) for other in copies]
    return CaseRow(comments=tuple(comments), **(values | changes))


def word(text: str, part: str, label: str = "insult") -> EvidenceRow:
    """Return evidence for the first place where `part` stands in `text`."""
    start = text.index(part)
    return EvidenceRow(label=label, kind="words", start=start, end=start + len(part), weight=0.7)
