"""Page: the report of a night as a web page of its own, and as plain text.

The page needs no other file: its plots are drawn as SVG, and nothing in it comes from a comment.
"""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from pipeline.routing.drift import MIN_NIGHTS
from pipeline.routing.plots import bars, curves, intervals

OUTCOMES = {
    "kept": "kept",
    "nothing_cleared": "kept: nothing is cleared, everything goes to people",
    "labels": "not proven: too few labels",
    "model": "not kept: the model is not good enough",
    "yields": "yields to an earlier sentence",
}
LIMITS = {"precision": "at least"}
STYLE = """
body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem;
color:#1a1a1a}
h1{font-size:1.6rem}h2{font-size:1.2rem;margin-top:2.2rem}
table{border-collapse:collapse;margin:.6rem 0}td,th{padding:.25rem .8rem .25rem 0;text-align:left;
border-bottom:1px solid #ddd;vertical-align:top}td.n,th.n{text-align:right}
.bad{color:#a40000;font-weight:600}.note{color:#555}svg{max-width:100%;height:auto}
figure{margin:.8rem 0}figcaption{color:#555}
"""
Rows = Iterable[Sequence[object]]
Section = tuple[str, str, tuple[str, ...], list[tuple[object, ...]]]
"""Title, a sentence, header and rows of a table."""


def sections(told: Mapping[str, Any]) -> list[Section]:
    """Return the tables of the report, in the order in which people ask for them."""
    return [
        alarmed(told),
        where(told),
        workload(told),
        promises(told),
        audited(told, "languages", "language"),
        audited(told, "clauses", "clause"),
        picked(told),
        over_time(told),
        drifted(told),
        failed(told),
    ]


def where(told: Mapping[str, Any]) -> Section:
    """Return how many comments went where."""
    header = ("language", "comments", "clear", "review", "priority", "audit", "proposed")
    rows = [
        (lang, *(each[name] for name in header[1:])) for lang, each in told["decisions"].items()
    ]
    return "Comments", "What routing decided, by language.", header, rows


def workload(told: Mapping[str, Any]) -> Section:
    """Return what each institution's people get, and what stays."""
    rows: list[tuple[object, ...]] = [
        (
            each["institution"] or "-",
            each["capacity"] or "no limit",
            each["n_cases"],
            each["n_proposed"],
            each["n_always"],
            each["n_filled"],
            each["n_audit"],
            each["order"],
            spread(*each["expected_left"]),
        )
        for each in told["workloads"]
    ]
    header = ("institution", "capacity", "cases", "proposed", "always", "moved up", "audit")
    said = (
        "Cases for people tonight. The last column is how many violations nobody is expected to "
        "look at, with a 95 % interval that holds as far as the scores mean what they say."
    )
    return "Workload", said, (*header, "order", "expected left"), rows


def promises(told: Mapping[str, Any]) -> Section:
    """Return which policy sentences hold."""
    rows: list[tuple[object, ...]] = [
        (
            each["lang"],
            each["sentence"],
            OUTCOMES[each["outcome"]],
            f"{each['k']} of {each['n']}",
            f"{LIMITS.get(each['kind'], 'at most')} {each['bound']:.1%}",
            each["labels_missing"] or "",
        )
        for each in told["promises"]
        if each["lang"] != "any"
    ]
    header = ("language", "sentence", "outcome", "against it", "proven", "labels missing")
    said = "What the thresholds of this release promise, judged by its calibration comments."
    if not rows:
        said = "This release was made before policy sentences: it promises nothing."
    return "Promises", said, header, rows


def audited(told: Mapping[str, Any], kind: str, name: str) -> Section:
    """Return what the audit says was missed."""
    rows: list[tuple[object, ...]] = [
        (
            each["name"],
            each["n_cleared"],
            f"{each['n_judged']} of {each['n_drawn']}",
            each["n_violations"],
            spread(*each["missed"].values()),
            each["n_found"],
            percent(each["miss_rate"]),
        )
        for each in told["audit"][kind]
    ]
    header = (name, "cleared", "audited", "violations", "missed in all", "found", "miss rate")
    said = (
        "Measured on the random sample of cleared comments of all nights, with 95 % intervals. "
        "Missed in all is what the violations in the sample stand for."
    )
    return f"Missed, by {name}", said, header, rows


def picked(told: Mapping[str, Any]) -> Section:
    """Return what people found among the comments that were picked to learn from."""
    rows: list[tuple[object, ...]] = [
        (
            each["reason"].replace("_", " "),
            each["n_picked"],
            each["n_judged"],
            each["n_violations"],
            shares(each["share"]),
        )
        for each in told["picks"]
    ]
    header = ("reason", "picked", "judged", "violations", "share of the judged")
    said = (
        "Cleared comments of all nights that were picked to learn from, with 95 % intervals. They "
        "are no random sample: the miss rates above take no account of them."
    )
    return "Picked", said if rows else "Nothing was picked.", header, rows


def over_time(told: Mapping[str, Any]) -> Section:
    """Return what the audit measured in each four weeks."""
    rows: list[tuple[object, ...]] = [
        (
            f"{each['since']} to {each['until']}",
            each["n_judged"],
            each["n_violations"],
            shares(each["share"]),
            percent(each["miss_rate"]),
        )
        for each in told["periods"]
    ]
    header = ("four weeks", "audited", "violations", "share", "miss rate")
    said = "The share of audited comments that break a rule, with 95 % intervals; the latest first."
    return "Missed, over time", said, header, rows


def shares(found: Sequence[float] | None) -> str:
    """Return a share with its interval, a dash where nothing is known."""
    return "-" if found is None else f"{found[0]:.1%} ({found[1]:.1%} to {found[2]:.1%})"


def drifted(told: Mapping[str, Any]) -> Section:
    """Return how far languages, lengths, scores and meanings moved."""
    rows: list[tuple[object, ...]] = [
        (
            each["what"],
            f"{each['index']:.3f}",
            "-" if each["limit"] is None else f"{each['usual']:.3f}, up to {each['limit']:.3f}",
            "notable" if each["is_notable"] else "-",
            each["n_tonight"],
            each["n_before"],
            each["change"],
        )
        for each in told["drift"]
    ]
    header = ("what", "distance", "usual", "shift", "tonight", "before", "change")
    said = f"Tonight against the first {told['n_baseline_wanted']} nights of this release."
    if told["n_baseline"] < told["n_baseline_wanted"]:
        said += (
            f" So far there are {told['n_baseline']}; from {MIN_NIGHTS} on a shift is called one."
        )
    return "Drift", said, header, rows


def alarmed(told: Mapping[str, Any]) -> Section:
    """Return what needs a look, and what to do about it."""
    rows: list[tuple[object, ...]] = [
        (each["what"], each["seen"], each["do"]) for each in told["alarms"]
    ]
    said = "What moved further than it does without a cause." if rows else "Nothing stands out."
    return "What to look into", said, ("what", "seen", "what to do"), rows


def failed(told: Mapping[str, Any]) -> Section:
    """Return which detectors failed."""
    rows: list[tuple[object, ...]] = list(told["failed_detectors"].items())
    said = "No detector failed." if not rows else "Comments that these could not assess."
    return "Failed detectors", said, ("detector", "comments"), rows


def spread(estimate: float, low: float, high: float) -> str:
    """Return an estimate with its interval."""
    return f"{estimate:.1f} ({low:.1f} to {high:.1f})"


def percent(total: Mapping[str, float] | None) -> str:
    """Return a rate with its interval, a dash where nothing is known."""
    if total is None:
        return "-"
    return f"{total['estimate']:.1%} ({total['low']:.1%} to {total['high']:.1%})"


def text(told: Mapping[str, Any]) -> str:
    """Return the report as plain text."""
    lines = [f"Night {told['night'] or 'without times'}, policy {told['policy']}"]
    for title, said, header, rows in sections(told):
        lines += ["", title, said]
        if rows:
            lines += ["", *aligned([header, *rows])]
    return "\n".join(lines) + "\n"


def aligned(rows: Sequence[Sequence[object]]) -> list[str]:
    """Return rows as lines with columns of equal width."""
    cells = [[str(cell) for cell in row] for row in rows]
    widths = [max(len(row[at]) for row in cells) for at in range(len(cells[0]))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    ]


def html(told: Mapping[str, Any]) -> str:
    """Return the report as a web page."""
    title = f"Night {told['night'] or 'without times'}"
    plots = {"Workload": catching(told), "Missed, by language": missed(told), "Drift": scores(told)}
    body = [f"<h1>{escape(title)}</h1>", f'<p class="note">Policy {escape(told["policy"])}</p>']
    for name, said, header, rows in sections(told):
        body += [f"<h2>{escape(name)}</h2>", f"<p>{escape(said)}</p>"]
        body += [table(header, rows)] if rows else []
        body += plots.get(name, [])
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}'
        f"</title><style>{STYLE}</style></head><body>\n" + "\n".join(body) + "\n</body></html>\n"
    )


def table(header: Sequence[str], rows: Rows) -> str:
    """Return a table as HTML; numbers stand on the right, what needs attention stands out."""
    head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in header)
    body = "".join(f"<tr>{''.join(map(cell_of, row))}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def cell_of(value: object) -> str:
    """Return a cell of a table."""
    shown = escape(str(value))
    if isinstance(value, int | float):
        return f'<td class="n">{shown}</td>'
    is_bad = shown == "notable" or shown.startswith(("not ", "yields"))
    return f'<td class="bad">{shown}</td>' if is_bad else f"<td>{shown}</td>"


def catching(told: Mapping[str, Any]) -> list[str]:
    """Return the error-catching curves of the institutions that have a capacity."""
    return [
        curves(
            f"{each['institution'] or '-'}: violations expected to be caught within a share of the "
            f"cases; {each['order']} is taken",
            {curve["order"]: curve["points"] for curve in each["curves"]},
        )
        for each in told["workloads"]
        if each["curves"]
    ]


def missed(told: Mapping[str, Any]) -> list[str]:
    """Return the measured miss rates with their intervals."""
    rates = {
        each["name"]: each["miss_rate"]
        for each in told["audit"]["languages"]
        if each["miss_rate"] and each["n_judged"]
    }
    shown = {name: (r["estimate"], r["low"], r["high"]) for name, r in rates.items()}
    return [intervals("Share of violations that was cleared, with 95 % intervals", shown)] * bool(
        shown
    )


def scores(told: Mapping[str, Any]) -> list[str]:
    """Return the histograms of tonight's scores."""
    return [
        bars(f"{lang}: comments by the chance that the model gives, 0 to 1", counts)
        for lang, counts in told["scores"].items()
        if sum(counts)
    ]
