"""Simulate: a year of the loop on real texts, with and without what looks beyond the ranking.

Reads   the prepared splits, data/claims, data/campaigns, data/annotations, a release
Writes  simulation.json, simulation.html; the vectors of the texts, once, in the state folder
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.core import paths
from pipeline.core.heads import TEXT_LABELS
from pipeline.core.settings import SimulateSettings
from pipeline.core.tables import PREPARED, atomic_path, read_table, write_text
from pipeline.model.release import Release
from pipeline.model.scorer import Scorer
from pipeline.routing.picking import centred
from pipeline.routing.plots import curves
from pipeline.routing.world import KNOWN, LAWFUL, PANEL, Plot, Texts, draw, topics_of
from pipeline.routing.year import Arm, Desk, Log, play
from pipeline.sources.labelled import rows as read_rows

KINDS = (*(label for label in TEXT_LABELS if label != "bot"), "disinformation", "abuse")
PUBLIC: tuple[str, ...] = ("ru-okru-10pct", "ru-2ch-pikabu", "ru-uk-bohdan1", "ru-spam-monalenka")
PUBLIC += ("ru-spam-umputun", "ru-spam-talyguryn")
"""Public sets in a language of the pages; the project's own rows are all taken."""
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
UNMEASURED = 0.05, 0.005
"""Overlooked and imagined where annotators have met a kind too rarely to measure: assumed."""
RARE = 5


@dataclass(frozen=True)
class Summary:
    """The end of the year (its last 8 weeks), mean over worlds with its 95 % interval."""

    n_texts: int
    n_worlds: int
    capacity: int
    miss_rate: Mapping[str, str]
    false_alarms: Mapping[str, str]
    year_miss_rate: Mapping[str, str]
    ratio: str
    """Miss rate with audit and picks over that of the ranking alone, world by world."""


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


def arms(settings: SimulateSettings) -> dict[str, Arm]:
    """Return the ways to spend the capacity that are compared."""
    n_audit, n_picks = settings.n_audit, settings.n_picks
    return {
        "ranking": Arm(),
        "audit": Arm(n_audit=n_audit),
        "audit and picks": Arm(n_audit=n_audit, n_picks=n_picks),
        "picks": Arm(n_picks=n_audit + n_picks),
        "one head": Arm(n_audit=n_audit, n_picks=n_picks, one_head=True),
        # No way to spend the capacity: what is left when every label is known.
        "all labels": Arm(all_labels=True),
    }


def play_world(
    texts: Texts, settings: SimulateSettings, desk: Desk, number: int
) -> dict[str, dict[str, Any]]:
    """Return what came of one world in every arm, week by week."""
    plot = Plot(DAYS, settings.comments, settings.known, settings.wave, settings.wave_weeks, WAVES)
    world = draw(texts, plot, settings.seed + number)
    return {
        name: account(play(world, arm, desk, settings.seed + 1000 + number))
        for name, arm in arms(settings).items()
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


def n_of(log: Log, reason: str) -> int:
    """Return how many picks a reason had."""
    return sum(of == reason for of, _ in log.picks)


def share(some: npt.NDArray[np.int64], of: npt.NDArray[np.int64]) -> float:
    """Return a share, 0 of nothing."""
    return round(float(some.sum() / max(1, of.sum())), 4)


def summarise(
    settings: SimulateSettings, n_texts: int, worlds: Sequence[Mapping[str, Mapping[str, Any]]]
) -> Summary:
    """Return means over worlds with their intervals."""

    def of(key: str) -> dict[str, str]:
        return {name: spread([world[name][key] for world in worlds]) for name in arms(settings)}

    ratios = [
        world["audit and picks"]["miss_rate"] / max(world["ranking"]["miss_rate"], 1e-9)
        for world in worlds
    ]
    return Summary(
        n_texts=n_texts,
        n_worlds=len(worlds),
        capacity=settings.capacity,
        miss_rate=of("miss_rate"),
        false_alarms=of("false_alarms"),
        year_miss_rate=of("year_miss_rate"),
        ratio=spread(ratios),
    )


STUDENT = {2: 12.71, 3: 4.30, 4: 3.18, 5: 2.78, 6: 2.57, 7: 2.45, 8: 2.36, 9: 2.31, 10: 2.26}
"""Two-sided 95 % points of Student's t by number of worlds."""


def spread(values: Sequence[float]) -> str:
    """Return a mean with its 95 % interval over worlds, by Student's t."""
    n, mean = len(values), float(np.mean(values))
    if n < 2:
        return f"{mean:.3f}"
    half = STUDENT.get(n, 2.26) * float(np.std(values, ddof=1)) / np.sqrt(n)
    return f"{mean:.3f} ({mean - half:.3f} to {mean + half:.3f})"


def page(worlds: Sequence[Mapping[str, Mapping[str, Any]]]) -> str:
    """Return the plots of the year: means over worlds, by week."""
    plots = {
        "Share of violations that nobody looked at, by week of the year": "weekly_miss_rate",
        "Lawful criticism that would stand among the ranked cases, by week": "weekly_false_alarms",
        "Cases a week": "weekly_cases",
    }
    drawn = [
        curves(
            caption,
            {
                name: np.mean([world[name][key] for world in worlds], axis=0).tolist()
                for name in worlds[0]
            },
        )
        for caption, key in plots.items()
    ]
    head = '<!doctype html><html lang="en"><meta charset="utf-8"><title>A year of the loop</title>'
    return head + "<h1>A year of the loop</h1>" + "".join(drawn) + "</html>\n"


Row = tuple[str, str, frozenset[str]]
"""A text, where it comes from, and its labels; KNOWN violations without a kind say `abuse`."""


def gathered(prepared: Path, max_public: int) -> Iterable[Row]:
    """Yield the texts of the year: the project's own, and a part of public sets, by their hash."""
    own: list[dict[str, Any]] = []
    public: list[dict[str, Any]] = []
    for name in ("train", "calib", "test"):
        for row in read_table(prepared / f"{name}.parquet", PREPARED, "saruna prepare").to_pylist():
            if row["set"] == "seed" or row["set"].startswith("annotated-"):
                own.append(row)
            elif row["set"] in PUBLIC:
                public.append(row)
    public.sort(
        key=lambda row: ("spam" not in row["set"] or not row["is_advertising"], row["row_hash"])
    )
    for row in [*sorted(own, key=lambda row: str(row["row_hash"])), *public[:max_public]]:
        labels = {kind for kind in KINDS if row.get(f"is_{kind}")}
        if not labels and row["is_bot"]:
            continue
        source = "criticism" if row["slice"] == "criticism" and not labels else row["set"]
        yield row["text"], source, frozenset(labels)
    for file in ("pairs-train.tsv", "pairs-test.tsv"):
        for row in read_rows(paths.ROOT / "data" / "claims" / file, "\t", quoted=False):
            if row["stance"] in {"repeats", "unrelated"}:
                said = {"disinformation"} if row["stance"] == "repeats" else set()
                yield row["comment"], "claims", frozenset(said)
    campaigns = paths.ROOT / "data" / "campaigns" / "paraphrases.tsv"
    for row in read_rows(campaigns, "\t", quoted=False):
        yield row["text"], "campaign", frozenset({"disinformation"})


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


def first_kind(source: str, said: frozenset[str]) -> str:
    """Return which wave a text belongs to, KNOWN or LAWFUL."""
    if source == "campaign":
        return source
    for wave in ("threat", "hate", "advertising", "agitation", "disinformation"):
        if wave in said:
            return wave
    return KNOWN if said else LAWFUL


def moderator_errors(folder: Path) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return how often a person overlooks and imagines each kind, from texts that two people read.

    Where two differ, either may be wrong: half of the differences is one person's. `abuse` is
    overlooked like an insult.
    """
    said: dict[tuple[str, str], dict[str, set[str]]] = {}
    for file in sorted(folder.glob("*.tsv")):
        for row in read_rows(file, "\t", quoted=False):
            own = set(filter(None, row["labels"].split(",")))
            said.setdefault((row["source"], row["row_hash"]), {})[row["annotator"]] = own
    pairs = [[*each.values()][:2] for each in said.values() if len(each) > 1]
    found = [errors_of(pairs, "insult" if kind == "abuse" else kind) for kind in KINDS]
    overlooks, imagines = (np.array(each) for each in zip(*found, strict=True))
    # Whether anything is abuse at all follows from the kinds.
    imagines[KINDS.index("abuse")] = 0
    return overlooks, imagines


def errors_of(pairs: Sequence[Sequence[set[str]]], kind: str) -> tuple[float, float]:
    """Return one person's share of overlooked and imagined comments of a kind."""
    both = sum(kind in one and kind in two for one, two in pairs)
    differ = sum((kind in one) != (kind in two) for one, two in pairs)
    if both + differ < RARE:
        return UNMEASURED
    neither = len(pairs) - both - differ
    return differ / 2 / (both + differ / 2), differ / 2 / (neither + differ / 2)
