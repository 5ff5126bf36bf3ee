"""Colours that everybody can read."""

import re
from pathlib import Path

import pytest

import pipeline.desk

CSS = (Path(pipeline.desk.__file__).parent / "static/desk/desk.css").read_text(encoding="utf-8")
GROUNDS = re.findall(r":root \{(.*?)\n\s*\}", CSS, flags=re.DOTALL)
TEXT_ON_GROUND = [
    ("ink", "paper"), ("ink", "surface"), ("ink", "accent-wash"), ("ink", "mark"), ("ink", "line"),
    ("ink", "error-wash"), ("ink", "good-wash"), ("ink", "warning-wash"),
    ("soft", "paper"), ("soft", "surface"), ("soft", "accent-wash"),
    ("accent", "paper"), ("accent", "surface"), ("accent-ink", "accent"),
    ("priority", "surface"), ("review", "surface"), ("audit", "surface"),
    ("priority", "accent-wash"), ("review", "accent-wash"), ("audit", "accent-wash"),
]  # fmt: skip


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("ground", [0, 1], ids=["light", "dark"])
def test_text_meets_wcag_aa(ground: int) -> None:
    colours = dict(re.findall(r"--([\w-]+): (#\w{6});", GROUNDS[ground]))
    too_weak = [
        (text, behind)
        for text, behind in TEXT_ON_GROUND
        if contrast(colours[text], colours[behind]) < 4.5
    ]
    assert too_weak == []
    for edge in ("line-strong", "accent"):
        assert contrast(colours[edge], colours["surface"]) >= 3
