"""Plots: small SVG drawings for the report, with their numbers in words for who cannot see them."""

from collections.abc import Mapping, Sequence
from html import escape
from math import log10

WIDTH, HEIGHT, LEFT, BOTTOM = 640, 220, 60, 30
COLOURS = ("#0b5fa5", "#c05a00", "#2a7d2a", "#7a3fa0", "#555555")


def figure(caption: str, inner: str, said: str, height: int = HEIGHT) -> str:
    """Return a drawing with its caption; `said` is what a screen reader says of it."""
    return (
        f'<figure><svg viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" role="img" '
        f'aria-label="{escape(said)}" font-family="system-ui,sans-serif" font-size="12">'
        f"{inner}</svg><figcaption>{escape(caption)}</figcaption></figure>"
    )


def label(x: float, y: float, words: str, *, anchor: str = "start", colour: str = "#333") -> str:
    """Return a piece of text."""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}">'
        f"{escape(words)}</text>"
    )


def axes(most: float) -> str:
    """Return the two axes: shares below, counts on the left."""
    base = HEIGHT - BOTTOM
    lines = f'<path d="M{LEFT} 10V{base}H{WIDTH - 120}" fill="none" stroke="#999"/>'
    marks = [
        label(LEFT + (WIDTH - 120 - LEFT) * at / 100, base + 18, f"{at} %", anchor="middle")
        for at in (0, 50, 100)
    ]
    return lines + "".join(marks) + label(LEFT - 6, 16, f"{most:.3g}", anchor="end")


def curves(caption: str, series: Mapping[str, Sequence[float]]) -> str:
    """Return one line per series over equal steps from 0 to 100 %."""
    most = max((max(points) for points in series.values()), default=0.0) or 1.0
    across, base = WIDTH - 120 - LEFT, HEIGHT - BOTTOM
    drawn, said = [axes(most)], []
    for number, (name, points) in enumerate(series.items()):
        colour = COLOURS[number % len(COLOURS)]
        steps = [
            f"{LEFT + across * at / (len(points) - 1):.1f},{base - (base - 10) * y / most:.1f}"
            for at, y in enumerate(points)
        ]
        drawn.append(
            f'<polyline points="{" ".join(steps)}" fill="none" stroke="{colour}" '
            f'stroke-width="2"/>' + label(WIDTH - 112, 24 + 18 * number, name, colour=colour)
        )
        said.append(f"{name}: half-way {points[len(points) // 2]:.3g}, in all {points[-1]:.3g}")
    return figure(caption, "".join(drawn), f"{caption}. {'; '.join(said)}")


def bars(caption: str, counts: Sequence[int]) -> str:
    """Return a histogram; heights are logarithmic, because nearly all scores are low."""
    across, base = (WIDTH - 120 - LEFT) / len(counts), HEIGHT - BOTTOM
    most = log10(1 + max(counts))
    drawn = [axes(max(counts))]
    for at, count in enumerate(counts):
        height = (base - 10) * log10(1 + count) / most if most else 0
        drawn.append(
            f'<rect x="{LEFT + across * at + 1:.1f}" y="{base - height:.1f}" '
            f'width="{across - 2:.1f}" height="{height:.1f}" fill="{COLOURS[0]}"/>'
        )
    said = ", ".join(map(str, counts))
    return figure(caption + " (logarithmic)", "".join(drawn), f"{caption}: {said}")


def intervals(caption: str, rows: Mapping[str, tuple[float, float, float]]) -> str:
    """Return one line per row from the low to the high end, with a dot at the estimate."""
    across = WIDTH - 120 - LEFT

    def x(share: float) -> float:
        return LEFT + across * share

    drawn, said = [], []
    for number, (name, (estimate, low, high)) in enumerate(rows.items()):
        y = 24 + 26 * number
        drawn.append(
            label(LEFT - 8, y + 4, name, anchor="end")
            + f'<path d="M{x(low):.1f} {y}H{x(high):.1f}" stroke="{COLOURS[0]}" stroke-width="3"/>'
            f'<circle cx="{x(estimate):.1f}" cy="{y}" r="5" fill="{COLOURS[0]}"/>'
            + label(WIDTH - 112, y + 4, f"{estimate:.1%}")
        )
        said.append(f"{name} {estimate:.1%} ({low:.1%} to {high:.1%})")
    base = 24 + 26 * len(rows)
    drawn.append(f'<path d="M{LEFT} {base}H{LEFT + across}" stroke="#999"/>')
    drawn += [label(x(at / 100), base + 16, f"{at} %", anchor="middle") for at in (0, 50, 100)]
    return figure(caption, "".join(drawn), f"{caption}: {'; '.join(said)}", base + 24)
