"""Simulate: years of the loop on real texts, with and without what looks beyond the ranking.

In one year kinds of violation arrive that the first model never met, in the other it was taught
that kinds which nobody looked for are lawful.

Reads   the prepared splits, data/claims, data/campaigns, data/annotations, a release
Writes  simulation.json, simulation.html; the vectors of the texts, once, in the state folder
"""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from functools import partial
from itertools import chain
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import t as student

from pipeline.core import paths
from pipeline.core.settings import SimulateSettings
from pipeline.core.tables import atomic_path, write_text
from pipeline.model.release import Release
from pipeline.model.scorer import Scorer
from pipeline.routing.picking import centred
from pipeline.routing.plots import curves
from pipeline.routing.world import KNOWN, LAWFUL, OVERLOOKED, PANEL, Plot, Texts, draw, topics_of
from pipeline.routing.year import Arm, Desk, Log, play
from pipeline.sources.played import KINDS, Row, gathered, moderator_errors

DAYS, LAST_DAYS, WEEKS = 364, 56, 52
WAVES = {
    "advertising 1": 3,
    "threat": 8,
    "disinformation 1": 13,
    "hate": 18,
    "advertising 2": 23,
    "agitation": 28,
    "disinformation 2": 33,
    "advertising 3": 38,
    "campaign": 43,
}
"""Kinds that the first model never saw, and the week in which each arrives."""
PASSED = ("advertising 1", "advertising 2", "advertising 3", "agitation")
"""What nobody complains of, so that past moderation let it stand."""
NAMED = ("threat", "hate")
"""What past moderation found, like insults and obscenities."""
ELSEWHERE = "elsewhere"
"""What other parts find, by claims and by who repeats whom: no text alone shows it."""
N_NAMED, N_STOOD = 1_600, 4_000
"""Violations and lawful comments that the first model learns from there."""


@dataclass(frozen=True)
class Summary:
    """The end of the year (its last 8 weeks), mean over worlds with its 95 % interval."""

    n_texts: int
    n_worlds: int
    capacity: int
    miss_rate: Mapping[str, str]
    false_alarms: Mapping[str, str]
    year_miss_rate: Mapping[str, str]
    ratio: Mapping[str, str]
    """Miss rate with audit and picks over that of the ranking alone, world by world."""


@dataclass(frozen=True)
class Year:
    """A kind of year, and the ways to work through it that are compared."""

    texts: Texts
    plot: Plot
    arms: Mapping[str, Arm]


def run(
    settings: SimulateSettings, prepared: Path, release: Release, state: Path, out_dir: Path
) -> Summary:
    """Play the year in every arm and world, and write figures and plots.

    The same settings, texts and release give the same figures.
    """
    rows = [*gathered(prepared, settings.max_public)]
    vectors = embedded([text for text, _, _ in rows], release, state)
    texts = as_texts(rows, vectors)
    overlooks, imagines = moderator_errors(paths.ROOT / "data" / "annotations")
    desk = Desk(settings.capacity, overlooks, imagines)
    work = partial(play_world, texts, settings, desk)
    with ProcessPoolExecutor(settings.workers, mp_context=get_context("spawn")) as pool:
        worlds = [*pool.map(work, range(settings.worlds))]
    told = summarise(settings, len(rows), worlds)
    write_text(
        out_dir / "simulation.json",
        json.dumps({"summary": asdict(told), "worlds": worlds}, indent=1) + "\n",
    )
    write_text(out_dir / "simulation.html", page(worlds))
    return told


def years(settings: SimulateSettings, texts: Texts) -> dict[str, Year]:
    """Return the years that are played."""
    n_audit, n_picks = settings.n_audit, settings.n_picks
    both = Arm(n_audit=n_audit, n_picks=n_picks)
    waves = {
        "ranking": Arm(),
        "audit": Arm(n_audit=n_audit),
        "audit and picks": both,
        "picks": Arm(n_picks=n_audit + n_picks),
        "one head": replace(both, one_head=True),
        # No way to spend the capacity: what is left when every label is known.
        "all labels": Arm(all_labels=True),
    }
    overlooked = {
        name: replace(waves[name], doubts=True)
        for name in ("ranking", "audit", "audit and picks", "all labels")
    }
    plot = Plot(DAYS, settings.comments, settings.known, settings.wave, settings.wave_weeks, WAVES)
    passed = replace(
        plot,
        waves={},
        overlooked_rate=settings.overlooked,
        n_violations=N_NAMED,
        n_lawful=N_STOOD,
        stands_for=settings.stands_for,
    )
    return {
        "waves": Year(texts, plot, waves),
        "overlooked": Year(
            passed_over(texts),
            passed,
            {**overlooked, "no doubts": both, "ranking, no doubts": Arm()},
        ),
    }


def play_world(
    texts: Texts, settings: SimulateSettings, desk: Desk, number: int
) -> dict[str, dict[str, dict[str, Any]]]:
    """Return what came of one world of each year in every arm, week by week."""
    return {
        name: {
            arm: account(play(world, year.arms[arm], desk, settings.seed + 1000 + number))
            for arm in year.arms
        }
        for name, year in years(settings, texts).items()
        if name in settings.years
        for world in [draw(year.texts, year.plot, settings.seed + number)]
    }


def account(log: Log) -> dict[str, Any]:
    """Return a log by weeks, and its last weeks as shares."""
    missed, violations = np.array(log.missed), np.array(log.violations)
    alarms = np.array(log.false_alarms)
    reasons = sorted({reason for reason, _ in log.picks})
    return {
        "miss_rate": share(missed[-LAST_DAYS:], violations[-LAST_DAYS:]),
        "year_miss_rate": share(missed, violations),
        "false_alarms": float(alarms[-LAST_DAYS:].mean()),
        "violation_share": [int(violations.sum()), int(violations[-LAST_DAYS:].sum())],
        "missed_of": by_kind(log),
        "found_by_audit": sum(log.found_by_audit),
        "picks": {
            reason: [sum(hit for of, hit in log.picks if of == reason), n_of(log, reason)]
            for reason in reasons
        },
        "weekly_miss_rate": [
            share(missed[7 * at : 7 * at + 7], violations[7 * at : 7 * at + 7])
            for at in range(WEEKS)
        ],
        "weekly_false_alarms": alarms.reshape(WEEKS, 7).mean(axis=1).round(4).tolist(),
        "weekly_cases": np.array(log.cases).reshape(WEEKS, 7).sum(axis=1).tolist(),
    }


def by_kind(log: Log) -> dict[str, list[int]]:
    """Return how many of each kind were missed in the last weeks, and how many there were."""
    missed, met = (
        Counter(chain.from_iterable(days[-LAST_DAYS:])) for days in (log.missed_kinds, log.kinds)
    )
    return {kind: [missed[kind], met[kind]] for kind in sorted(met)}


def n_of(log: Log, reason: str) -> int:
    """Return how many picks a reason had."""
    return sum(of == reason for of, _ in log.picks)


def share(some: npt.NDArray[np.int64], of: npt.NDArray[np.int64]) -> float:
    """Return a share, 0 of nothing."""
    return round(float(some.sum() / max(1, of.sum())), 4)


World = Mapping[str, Mapping[str, Mapping[str, Any]]]
"""Figures of one world by year and arm."""


def summarise(settings: SimulateSettings, n_texts: int, worlds: Sequence[World]) -> Summary:
    """Return means over worlds with their intervals."""

    def of(key: str) -> dict[str, str]:
        return {
            f"{year}: {arm}": spread([world[year][arm][key] for world in worlds])
            for year, arms in worlds[0].items()
            for arm in arms
        }

    return Summary(
        n_texts=n_texts,
        n_worlds=len(worlds),
        capacity=settings.capacity,
        miss_rate=of("miss_rate"),
        false_alarms=of("false_alarms"),
        year_miss_rate=of("year_miss_rate"),
        ratio={year: spread([ratio(world[year]) for world in worlds]) for year in worlds[0]},
    )


def ratio(arms: Mapping[str, Mapping[str, Any]]) -> float:
    """Return the miss rate with audit and picks over that of the ranking alone."""
    both, alone = (float(arms[name]["miss_rate"]) for name in ("audit and picks", "ranking"))
    return both / max(alone, 1e-9)


def spread(values: Sequence[float]) -> str:
    """Return a mean with its 95 % interval over worlds, by Student's t."""
    n, mean = len(values), float(np.mean(values))
    if n < 2:
        return f"{mean:.3f}"
    half = float(student.ppf(0.975, n - 1)) * float(np.std(values, ddof=1)) / np.sqrt(n)
    return f"{mean:.3f} ({mean - half:.3f} to {mean + half:.3f})"


def page(worlds: Sequence[World]) -> str:
    """Return the plots of the years: means over worlds, by week."""
    plots = {
        "Share of violations that nobody looked at, by week of the year": "weekly_miss_rate",
        "Lawful criticism that would stand among the ranked cases, by week": "weekly_false_alarms",
        "Cases a week": "weekly_cases",
    }
    drawn = [
        curves(
            f"{year}: {caption}",
            {
                name: np.mean([world[year][name][key] for world in worlds], axis=0).tolist()
                for name in worlds[0][year]
            },
        )
        for year in worlds[0]
        for caption, key in plots.items()
    ]
    head = '<!doctype html><html lang="en"><meta charset="utf-8"><title>A year of the loop</title>'
    return head + "<h1>A year of the loop</h1>" + "".join(drawn) + "</html>\n"


def embedded(texts: Sequence[str], release: Release, state: Path) -> npt.NDArray[np.float32]:
    """Return the release's vectors of texts, computed once and kept in the state folder."""
    digest = hashlib.sha256("\0".join(texts).encode("utf-8", "surrogatepass")).hexdigest()[:16]
    path = state / "simulate" / f"{release.version}-{digest}.npy"
    if not path.is_file():
        scorer = Scorer(release)
        pieces = [scorer.vectors(texts[at : at + 512]) for at in range(0, len(texts), 512)]
        with atomic_path(path) as partial_path, partial_path.open("wb") as handle:
            np.save(handle, np.concatenate(pieces).astype(np.float16))
    found: npt.NDArray[np.float32] = np.load(path).astype(np.float32)
    return found


def as_texts(rows: Sequence[Row], vectors: npt.NDArray[np.float32]) -> Texts:
    """Return texts as numbers: centred vectors, labels, and the wave that each is part of."""
    own = centred(vectors, vectors.mean(axis=0))
    labels = np.array([[kind in said for kind in KINDS] for _, _, said in rows])
    rng = np.random.default_rng(0)
    kind = np.array([first_kind(source, said) for _, source, said in rows], dtype="<U20")
    for name, parts in (("advertising", 3), ("disinformation", 2)):
        at = np.flatnonzero(kind == name)
        # Parts of one meaning: another campaign is another topic.
        groups = topics_of(own[at], rng) % parts
        kind[at] = [f"{name} {group + 1}" for group in groups]
    criticism = np.array([source == "criticism" for _, source, _ in rows])
    kind[criticism & (rng.random(len(rows)) < 0.5)] = PANEL
    return Texts(own, labels, kind)


def passed_over(texts: Texts) -> Texts:
    """Return the texts by what past moderation did with them."""
    told = dict.fromkeys(WAVES, ELSEWHERE)
    told |= dict.fromkeys(NAMED, KNOWN) | dict.fromkeys(PASSED, OVERLOOKED)
    return replace(texts, kind=np.array([told.get(kind, kind) for kind in texts.kind.tolist()]))


def first_kind(source: str, said: frozenset[str]) -> str:
    """Return which wave a text belongs to, KNOWN or LAWFUL."""
    if source == "campaign":
        return source
    for wave in ("threat", "hate", "advertising", "agitation", "disinformation"):
        if wave in said:
            return wave
    return KNOWN if said else LAWFUL
