"""The ranked review list as text, for a terminal."""

from dataclasses import dataclass
from pathlib import Path

from pipeline.core.tables import COMMENT, DECISION, read_table

BANDS = {"priority": 0, "review": 1}
WIDTH, WHY = 70, 34


@dataclass(frozen=True)
class Ranked:
    """One line of the list."""

    rank: int
    decision: str
    label: str
    reasons: str
    channel: str
    text: str


def top_rows(folder: Path, limit: int) -> list[Ranked]:
    """Return the first `limit` comments that a person should look at, the most urgent first."""
    made_by = "saruna nightly"
    decisions = read_table(folder / "decisions.parquet", DECISION, made_by)
    comments = read_table(folder / "comments.parquet", COMMENT, made_by)
    rows = [
        (BANDS[decision["decision"]], -decision["rank_score"], index, decision)
        for index, decision in enumerate(decisions.to_pylist())
        if decision["decision"] in BANDS
    ]
    chosen = sorted(rows, key=lambda row: row[:3])[:limit]
    return [
        Ranked(
            rank=number,
            decision=decision["decision"],
            label=decision["top_label"] or "-",
            reasons=", ".join(decision["reasons"][1:]) or decision["reasons"][0],
            channel=comments["channel"][index].as_py() or comments["source"][index].as_py(),
            text=one_line(comments["text"][index].as_py()),
        )
        for number, (_, _, index, decision) in enumerate(chosen, start=1)
    ]


def one_line(text: str) -> str:
    """Return a text without line breaks and without codes that a terminal would obey."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def render(rows: list[Ranked], *, show_text: bool) -> str:
    """Return the list as aligned lines."""
    if not rows:
        return "No comment needs a person."
    lines = [f"{'#':>3}  {'decision':<9} {'label':<13} {'why':<{WHY}} {'channel':<10} comment"]
    if not show_text:
        lines = [lines[0].removesuffix(" comment").rstrip()]
    for row in rows:
        text = cut(row.text, WIDTH) if show_text else ""
        line = (
            f"{row.rank:>3}  {row.decision:<9} {row.label:<13} {first_reasons(row.reasons):<{WHY}} "
            f"{row.channel[:10]:<10} {text}"
        )
        lines.append(line.rstrip())
    return "\n".join(lines)


def cut(text: str, width: int) -> str:
    """Return a text, or its beginning with a mark that there is more."""
    return text if len(text) <= width else f"{text[: width - 1]}…"


def first_reasons(reasons: str) -> str:
    """Return as many whole reasons as the column holds."""
    whole, comma, _ = reasons[: WHY - 1].rpartition(", ")
    return f"{whole} …" if comma and len(reasons) > WHY else cut(reasons, WHY)
