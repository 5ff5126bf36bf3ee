"""Evidence of every kind as a moderator reads it: quotes, figures of behaviour, claims."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from pipeline.desk.reasons import kind_text, verdict_text
from pipeline.desk.shown_text import usable_spans

MOST_QUOTES = 12
PERSONAL = "personal_data"
FIGURE = re.compile(r"([a-z_]+)=(-?\d+(?:\.\d+)?)")
"""How behaviour writes what it counted: `comments=12 profiles=9 seconds=540`."""


@dataclass(frozen=True)
class Claim:
    """A claim that somebody checked, with who, when and where; nothing here says "false" for us."""

    text: str
    verdict: str = ""
    publisher: str = ""
    date: str = ""
    address: str = ""


@dataclass(frozen=True)
class Shown:
    """Evidence of one kind for one label."""

    number: int
    label: str
    title: str
    quotes: tuple[str, ...] = ()
    masked: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    claims: tuple[Claim, ...] = ()
    pieces: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)

    @property
    def name(self) -> str:
        """What the verdict form calls it."""
        return str(self.number)


def shown_evidence(text: str, pieces: Iterable[Mapping[str, Any]]) -> list[Shown]:
    """Return the evidence in its order, all of one label and kind together."""
    groups: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for piece in pieces:
        key = str(piece.get("label", "")), str(piece.get("kind", ""))
        groups.setdefault(key, []).append(piece)
    return [
        shown_group(number, label, kind, tuple(group), text)
        for number, ((label, kind), group) in enumerate(groups.items())
    ]


def shown_group(
    number: int, label: str, kind: str, pieces: tuple[Mapping[str, Any], ...], text: str
) -> Shown:
    """Return evidence of one kind, worded."""
    details = list(dict.fromkeys(str(piece["detail"]) for piece in pieces if piece.get("detail")))
    claims = tuple(claim for claim in map(claim_of, details) if claim)
    figures = [detail for detail in details if FIGURE.search(detail) and not claim_of(detail)]
    others = [each for each in details if each not in figures and not claim_of(each)]
    others = [words for words in (worded_code(kind, each) for each in others) if words]
    # What is masked is marked in the comment; said once more it would not be masked.
    quoted = () if others and label == PERSONAL else quotes(text, pieces)
    return Shown(
        number=number,
        label=label,
        title=kind_text(kind),
        quotes=tuple(dict.fromkeys(quoted))[:MOST_QUOTES],
        masked=tuple(others[:MOST_QUOTES]),
        facts=tuple(fact for detail in figures for fact in facts_of(detail)),
        claims=claims,
        pieces=pieces,
    )


def worded_code(kind: str, code: str) -> str:
    """Return a signal's own code in words, nothing where the title has said it already."""
    if kind == "lexicon":
        return str(CATEGORIES.get(code, ""))
    return "" if kind.startswith("private_") else code


def quotes(text: str, pieces: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the words that evidence points at."""
    for start, end, _label in usable_spans(text, pieces):
        yield text[start:end]


def claim_of(detail: str) -> Claim | None:
    """Return the claim that a detail holds as JSON, None when it is something else."""
    if not detail.startswith("{"):
        return None
    try:
        held = json.loads(detail)
    except ValueError:
        return None
    if not isinstance(held, dict) or not held.get("claim"):
        return None
    return Claim(
        text=str(held["claim"]),
        verdict=verdict_text(str(held.get("verdict") or "")),
        publisher=str(held.get("publisher") or ""),
        date=str(held.get("date") or ""),
        address=str(held.get("address") or ""),
    )


def facts_of(detail: str) -> Iterator[str]:
    """Yield the figures of behaviour in words; figures that nobody knows stay as they are."""
    for name, value in FIGURE.findall(detail):
        if name == "group":
            continue
        number = float(value)
        worded = FIGURES.get(name)
        yield worded(number) if worded else f"{name} {value}"


def n_comments(n: float) -> str:
    """Return a number of comments in words."""
    return ngettext("%(n)s comment", "%(n)s comments", int(n)) % {"n": int(n)}


def n_profiles(n: float) -> str:
    """Return a number of profiles in words."""
    return ngettext("%(n)s profile", "%(n)s profiles", int(n)) % {"n": int(n)}


def within(seconds: float) -> str:
    """Return from the first to the last, in words."""
    return str(_("within %(time)s")) % {"time": span(seconds)}


def every(seconds: float) -> str:
    """Return the gap between two, in words."""
    return str(_("every %(time)s")) % {"time": span(seconds)}


def n_hours(n: float) -> str:
    """Return in how many hours of the day there was a comment."""
    return ngettext("in %(n)s hour of the day", "in %(n)s hours of the day", int(n)) % {"n": int(n)}


def n_shared(n: float) -> str:
    """Return how many texts and links profiles share, in words."""
    return ngettext("%(n)s shared text or link", "%(n)s shared texts or links", int(n)) % {
        "n": int(n)
    }


def n_at_once(n: float) -> str:
    """Return how many pairs of profiles post other comments together, in words."""
    return ngettext(
        "%(n)s pair of profiles also within a minute elsewhere",
        "%(n)s pairs of profiles also within a minute elsewhere",
        int(n),
    ) % {"n": int(n)}


def by_chance(share: float) -> str:
    """Return how often as close in time by chance, in words."""
    return str(_("as close in time by chance: %(n)s in 1,000")) % {
        "n": max(1, round(share * 1_000))
    }


def span(seconds: float) -> str:
    """Return a time span in its largest unit."""
    if seconds < 120:
        return str(_("%(n)s s")) % {"n": round(seconds)}
    if seconds < 7200:
        return str(_("%(n)s min")) % {"n": round(seconds / 60)}
    if seconds < 48 * 3600:
        return str(_("%(n)s h")) % {"n": round(seconds / 3600)}
    return str(_("%(n)s d")) % {"n": round(seconds / 86400)}


CATEGORIES = {
    "slur": _("contempt for a group of people"),
    "dehumanising": _("people called animals or things"),
}
"""What a list of words says beyond the label."""
FIGURES = {
    "comments": n_comments,
    "profiles": n_profiles,
    "seconds": within,
    "every": every,
    "hours": n_hours,
    "shared": n_shared,
    "at_once": n_at_once,
    "chance": by_chance,
}
