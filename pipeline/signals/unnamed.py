"""Texts without the personal data that the detectors find in them."""

from pipeline.signals.confidences import SHOWN
from pipeline.signals.personal_data import find

MASK = "***"


def masked(text: str, lang: str) -> tuple[str, int]:
    """Return the text with every shown find of personal data starred out, and how many there were.

    Doubtful finds are masked too when they are spans: a needless star costs training nothing.
    """
    spans = sorted(
        (each.start, each.end)
        for each in find(text, lang)
        if each.start is not None and each.end is not None and each.confidence >= SHOWN / 2
    )
    parts: list[str] = []
    at = 0
    for start, end in spans:
        if start >= at:
            parts += [text[at:start], MASK]
        at = max(at, end)
    return "".join([*parts, text[at:]]), len(spans)
