"""Thresholds: cuts on prob, made from policy sentences on the labelled comments of calib.

A comment is flagged when any output reaches its cut. All outputs of a language share one cut, as
probabilities mean the same everywhere; a sentence about one label may lower the cut of its output.
How a sentence becomes a cut, and what is said when it cannot: `pipeline/model/promises.py`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

NEVER = 1.01
"""A threshold that no probability reaches."""
ANY_LANGUAGE = "any"
FORMAT = 2
"""Format 1 held the cuts alone."""


@dataclass(frozen=True)
class Cut:
    """`prob >= clear` needs a person; `prob >= priority` is sure."""

    clear: float
    priority: float


# Without labels nothing can be promised: a person looks from an even chance on.
UNKNOWN = Cut(0.5, NEVER)
Thresholds = Mapping[str, Mapping[str, Cut]]
"""Output -> language or "any" -> cut."""


@dataclass(frozen=True)
class Promise:
    """What became of a policy sentence in a language.

    `n` comments bear on it, `k` of them against it: violations missed, criticism flagged, or
    comments called sure that are lawful. `bound` is what these counts prove with `confidence`: at
    most this share is missed or flagged, at least this share is right. `outcome` is "kept",
    "nothing_cleared" (everything goes to people), "labels" (too few to prove it), "model" (it is
    not good enough for it) or "yields" (an earlier sentence forbids it). `labels_missing` more of
    the same kind would prove it, if they turn out as these did; None when they do, or never would.
    """

    sentence: str
    kind: str
    subject: str
    lang: str
    outcome: str
    n: int
    k: int
    share: float
    bound: float
    confidence: float
    labels_missing: int | None = None

    @property
    def is_kept(self) -> bool:
        """Whether the sentence holds in this language."""
        return self.outcome in ("kept", "nothing_cleared")


def cut_for(thresholds: Thresholds, output: str, lang: str) -> Cut:
    """Return the cut of an output in a language; of an output without one, an even chance."""
    cuts = thresholds.get(output)
    if cuts is None:
        return UNKNOWN
    return cuts.get(lang, cuts[ANY_LANGUAGE])


def to_json(
    thresholds: Thresholds,
    promises: Iterable[Promise] = (),
    calib: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return thresholds, what they promise and what they were judged by, as plain JSON values."""
    written: dict[str, Any] = {"calib": calib} if calib else {}
    return {
        "format": FORMAT,
        "cuts": {
            output: {name: [cut.clear, cut.priority] for name, cut in cuts.items()}
            for output, cuts in thresholds.items()
        },
        "promises": [asdict(promise) for promise in promises],
        **written,
    }


def from_json(raw: Mapping[str, Any]) -> dict[str, dict[str, Cut]]:
    """Return the thresholds that `to_json` wrote, in this format or the first one."""
    written: Mapping[str, Mapping[str, Sequence[float]]] = raw.get("cuts", raw)
    return {
        output: {name: Cut(*values) for name, values in cuts.items()}
        for output, cuts in written.items()
    }


def promises_from_json(raw: Mapping[str, Any]) -> tuple[Promise, ...]:
    """Return the promises that `to_json` wrote; the first format has none."""
    return tuple(Promise(**each) for each in raw.get("promises", ()))
