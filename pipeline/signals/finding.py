"""What a signal found in a comment: the span or behaviour that speaks for a label."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One piece of evidence beside the text model.

    `start` and `end` are character offsets into the original text, end exclusive; None where the
    evidence is no span. `confidence` (0 to 1) is how sure the detector is that the evidence is what
    `kind` says, not that the comment breaks a rule. `detail` is shown to moderators and written to
    files: a code, a number or a masked form, never a value that identifies anybody.
    """

    label: str
    kind: str
    start: int | None = None
    end: int | None = None
    confidence: float = 1.0
    detail: str | None = None
