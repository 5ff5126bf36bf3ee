"""False alarms of drift on nights without a shift, and the share found of shifts that are planted.

Russian comments of VK pages and Latvian tweets, all of them real, are scored once with the shipped
release and kept as numbers. A usual night is half of each. Nights without a shift are drawn at
random, or are the days of a VK page as they follow each other. In the others a part of the night
gives way to comments of another source, language, length or score.
Usage: scripts/measure-drift [--per-day N] [--runs N] [--planted N] [--sizes N ...]
"""

import argparse
import csv
import gzip
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path

import numpy as np

from pipeline.core import paths
from pipeline.core.language import detect_language
from pipeline.core.settings import ReportSettings, load_settings, state_dir
from pipeline.core.tables import atomic_path
from pipeline.model.release import open_release
from pipeline.model.scorer import Scorer
from pipeline.model.vector_cache import name_of
from pipeline.routing.drift import drifts
from pipeline.routing.watched import MOST_VECTORS, Watched, codes, narrowed, of_rows
from pipeline.sources.labelled import ANNOTATED_SOURCES, texts_of

VK = "bots/vk-mkwm2022/mkwm2022_available_media.csv.gz"
TWEETS, GOVERNMENT = "lv-tweets-merged", "lv-tweets-government-buls"
N_BASELINE = ReportSettings().baseline_nights
LEVEL = ReportSettings().false_alarms / 2
SIZES = (100, 300, 1000)
PARTS = (0.1, 0.2, 0.4)
"""How much of a night gives way to a planted shift."""
MOST_TWEETS = 4000
N_DAYS = 7
"""Days of a page that make its baseline: no page has many."""
MIN_DAY = 60
"""Comments without which a day is no night."""
LONG = 300
"""Characters from which a comment counts as long."""
LIKELY = 0.5
Rows = np.ndarray
Night = tuple[Watched, list[Watched]]
"""Tonight, and the nights that it is compared with."""


class Pool:
    """Scored comments to draw nights from; no text is kept."""

    def __init__(self, texts: list[str], origins: list[str], scorer: Scorer) -> None:
        self.origins = np.array(origins)
        """`page day` of a VK comment, or the name of a set of tweets."""
        name = name_of(scorer.release.version, texts)
        path = state_dir() / "drift" / f"{name}.npz"
        if not path.is_file():
            found = numbers(texts, scorer)
            with atomic_path(path) as partial_path, partial_path.open("wb") as handle:
                np.savez(handle, **found)
        with np.load(path) as kept:
            self.langs, self.probs = kept["langs"], kept["probs"]
            self.vectors, self.lengths = kept["vectors"], kept["lengths"]

    def night(self, rows: Rows) -> Watched:
        """Return these comments as a night."""
        known = rows[self.langs[rows] != "und"][:MOST_VECTORS]
        return of_rows(
            self.langs[rows].tolist(),
            self.lengths[rows],
            self.probs[rows],
            vectors=self.vectors[known],
            vector_langs=codes(self.langs[known].tolist()),
        )


def numbers(texts: list[str], scorer: Scorer) -> dict[str, np.ndarray]:
    """Return what is watched of every text, as arrays."""
    langs = np.array([detect_language(text) for text in texts])
    at = scorer.release.outputs.index("abuse")
    probs: list[float] = []
    vectors = []
    for first in range(0, len(texts), 512):
        some = slice(first, first + 512)
        scored = scorer.score(texts[some], langs[some].tolist())
        probs += [float(each.probs[at]) for each in scored]
        vectors.append(narrowed(np.stack([v for each in scored if (v := each.vector) is not None])))
    return {
        "langs": langs,
        "probs": np.where(langs == "und", np.nan, probs),
        "vectors": np.concatenate(vectors),
        "lengths": np.array([len(text) for text in texts]),
    }


def vk(path: Path, per_day: int, rng: np.random.Generator) -> tuple[list[str], list[str]]:
    """Return comments of VK pages with more than a week of full days, and the day of each."""
    days: dict[str, dict[str, list[str]]] = {}
    with gzip.open(path, "rt", encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            page = days.setdefault(row["media"], {})
            page.setdefault(row["datetime"][:10], []).append(row["text"])
    texts: list[str] = []
    names: list[str] = []
    for page, by_day in sorted(days.items()):
        full = {day: own for day, own in sorted(by_day.items()) if len(own) >= MIN_DAY}
        for day, own in full.items() if len(full) > N_DAYS else ():
            chosen = rng.permutation(len(own))[:per_day]
            texts += [own[at] for at in chosen]
            names += [f"{page} {day}"] * len(chosen)
    return texts, names


def tweets(name: str, external: Path, but: set[str], rng: np.random.Generator) -> list[str]:
    """Return tweets of a set, drawn at random, without those of another one."""
    relative, column, _ = ANNOTATED_SOURCES[name]
    own = sorted(set(texts_of(external / relative, column)) - but)
    return [own[at] for at in rng.permutation(len(own))[:MOST_TWEETS]]


def share_of(runs: int, night: Callable[[], Night]) -> tuple[float, str]:
    """Return how often any alarm is raised, and by what."""
    said: dict[str, int] = {}
    n_any = 0
    for _ in range(runs):
        tonight, before = night()
        found = [
            each.what for each in drifts(tonight, before, false_alarms=LEVEL) if each.is_notable
        ]
        n_any += bool(found)
        for what in found:
            said[what] = said.get(what, 0) + 1
    names = ", ".join(f"{what} {n / runs:.0%}" for what, n in sorted(said.items()))
    return n_any / max(1, runs), names or "-"


class Sources:
    """Rows of the pool by where they come from: what usual nights are made of, and what is new."""

    def __init__(self, pool: Pool) -> None:
        pages = np.array([name.rsplit(" ", 1)[0] for name in pool.origins])
        of_vk = ~np.isin(pages, [TWEETS, GOVERNMENT])
        names, counts = np.unique(pages[of_vk], return_counts=True)
        page = names[counts.argmax()]
        self.vk = np.flatnonzero(of_vk)
        self.russian = np.flatnonzero(of_vk & (pages != page))
        self.latvian = np.flatnonzero(pages == TWEETS)
        usual = np.concatenate([self.russian, self.latvian])
        self.planted: Mapping[str, Rows] = {
            "comments of another VK page": np.flatnonzero(pages == page),
            "tweets on the government": np.flatnonzero(pages == GOVERNMENT),
            "Latvian tweets in place of all": self.latvian,
            f"comments of {LONG} characters and more": usual[pool.lengths[usual] >= LONG],
            f"comments with a chance of abuse above {LIKELY}": usual[pool.probs[usual] > LIKELY],
        }

    def usual(self, n: int, rng: np.random.Generator) -> Rows:
        """Return the rows of a usual night: half Russian comments, half Latvian tweets."""
        n_latvian = int(rng.binomial(n, 0.5))
        halves = (self.latvian, n_latvian), (self.russian, n - n_latvian)
        return rng.permutation(np.concatenate([rng.choice(rows, k, False) for rows, k in halves]))

    def shifted(self, what: str, part: float, n: int, rng: np.random.Generator) -> Rows:
        """Return a night of which a part gives way to other comments."""
        kept = self.usual(n, rng)[: n - round(part * n)]
        return rng.permutation(
            np.concatenate([kept, rng.choice(self.planted[what], n - len(kept))])
        )


def following(pool: Pool, of_vk: Rows) -> Iterable[Night]:
    """Yield each day of a page after its first week with this week."""
    own = pool.origins[of_vk]
    names, counts = np.unique(own, return_counts=True)
    pages: dict[str, list[Watched]] = {}
    for day in names[counts >= MIN_DAY]:
        pages.setdefault(day.rsplit(" ", 1)[0], []).append(pool.night(of_vk[own == day]))
    for nights in pages.values():
        for tonight in nights[N_DAYS:]:
            yield tonight, nights[:N_DAYS]


def gathered(per_day: int, rng: np.random.Generator) -> Pool:
    """Return the comments of all sources, scored."""
    external = load_settings().prepare.external
    texts, origins = vk(external / VK, per_day, rng)
    government = tweets(GOVERNMENT, external, set(), rng)
    others = tweets(
        TWEETS, external, set(texts_of(external / ANNOTATED_SOURCES[GOVERNMENT][0], "text")), rng
    )
    return Pool(
        [*texts, *others, *government],
        [*origins, *[TWEETS] * len(others), *[GOVERNMENT] * len(government)],
        Scorer(open_release(paths.RELEASE)),
    )


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--per-day", type=int, default=80)
    parser.add_argument("--runs", type=int, default=400, help="nights without a shift, each size")
    parser.add_argument("--planted", type=int, default=50, help="nights of each planted shift")
    parser.add_argument("--sizes", type=int, nargs="*", default=SIZES)
    chosen = parser.parse_args()
    rng = np.random.default_rng(1)
    pool = gathered(chosen.per_day, rng)
    sources = Sources(pool)
    print(f"{len(pool.origins)} comments; alarms at most {LEVEL:.1%} of nights asked for")
    for what, rows in sources.planted.items():
        print(f"  {len(rows)} {what}")

    def night(n: int, make: Callable[[], Rows]) -> Night:
        return pool.night(make()), [pool.night(sources.usual(n, rng)) for _ in range(N_BASELINE)]

    print("\nno shift: nights drawn at random")
    for n in chosen.sizes:
        share, names = share_of(chosen.runs, partial(night, n, partial(sources.usual, n, rng)))
        print(f"  {n:5} comments: {share:.1%} of nights  ({names})", flush=True)
    pairs = list(following(pool, sources.vk))
    left = iter(pairs)
    share, names = share_of(len(pairs), lambda: next(left))
    print(f"\ndays of a VK page that follow each other: {len(pairs)}, {share:.1%}  ({names})")
    print("\nplanted: share of nights that raise an alarm")
    for what in sources.planted:
        for n in chosen.sizes:
            for part in PARTS:
                make = partial(sources.shifted, what, part, n, rng)
                share, names = share_of(chosen.planted, partial(night, n, make))
                print(f"  {what}, {part:.0%} of {n}: {share:.0%}  ({names})", flush=True)


if __name__ == "__main__":
    main()
