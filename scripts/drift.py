"""False alarms of drift on nights without a shift, and alarms on nights with a planted one.

Russian comments from VK and the project's Latvian seeds are scored once with the shipped release.
Nights are drawn from them in two ways: at random (no shift at all), and as days that follow each
other on VK (topics change, as they do). Usage: scripts/measure-drift [--per-day N] [--runs N]
"""

import argparse
import csv
import gzip
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from pipeline.core import paths
from pipeline.core.language import detect_language
from pipeline.core.settings import ReportSettings, load_settings
from pipeline.model.release import open_release
from pipeline.model.scorer import Scorer
from pipeline.routing.drift import drifts
from pipeline.routing.watched import MOST_VECTORS, Watched, codes, narrowed, of_rows
from pipeline.sources.labelled import own_rows

VK = "bots/vk-mkwm2022/mkwm2022_available_media.csv.gz"
N_BASELINE = ReportSettings().baseline_nights
LEVEL = ReportSettings().false_alarms / 2
SIZES = (100, 300, 1000)
MOST_SEEDS = 3000
N_DAYS = 7
"""Days of a page that make its baseline: no page has many."""
MIN_DAY = 60
"""Comments without which a day is no night."""


class Pool:
    """Scored comments to draw nights from; no text is kept."""

    def __init__(self, texts: list[str], days: list[str], scorer: Scorer) -> None:
        self.langs = np.array([detect_language(text) for text in texts])
        scored = scorer.score(texts, self.langs.tolist())
        at = scorer.release.outputs.index("abuse")
        self.probs = np.array([float(each.probs[at]) for each in scored])
        self.probs[self.langs == "und"] = np.nan
        self.vectors = narrowed(
            np.stack([each.vector for each in scored if each.vector is not None])
        )
        self.lengths = np.array([len(text) for text in texts])
        self.days = np.array(days)

    def night(self, rows: np.ndarray, lengths: np.ndarray | None = None) -> Watched:
        """Return these comments as a night."""
        known = rows[self.langs[rows] != "und"][:MOST_VECTORS]
        return of_rows(
            self.langs[rows].tolist(),
            self.lengths[rows] if lengths is None else lengths,
            self.probs[rows],
            vectors=self.vectors[known],
            vector_langs=codes(self.langs[known].tolist()),
        )


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


def seeds(most: int, rng: np.random.Generator) -> tuple[list[str], list[str]]:
    """Return Latvian seed comments, drawn at random, `lawful` or `violation` as their day."""
    texts, kinds = [], []
    for _, row in own_rows(paths.ROOT / "data" / "seed"):
        if row["lang"] == "lv":
            texts.append(row["text"])
            kinds.append("violation" if row["labels"] else "lawful")
    chosen = rng.permutation(len(texts))[:most]
    return [texts[at] for at in chosen], [kinds[at] for at in chosen]


def share_of(runs: int, night: Callable[[], tuple[Watched, list[Watched]]]) -> tuple[float, str]:
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
    return n_any / runs, names or "-"


def drawn(pool: Pool, rows: np.ndarray, n: int, rng: np.random.Generator) -> Watched:
    """Return a night of n of these comments."""
    return pool.night(rng.choice(rows, n, replace=len(rows) < n))


def planted(
    pool: Pool, lawful: np.ndarray, bad: np.ndarray, n: int, rng: np.random.Generator
) -> dict[str, Callable[[], Watched]]:
    """Return nights with a shift, by its name."""
    russian = np.flatnonzero(pool.langs == "ru")
    latvian = lawful[pool.langs[lawful] == "lv"]
    topic = russian[
        np.argsort(pool.vectors[russian] @ pool.vectors[russian[0]])[-len(russian) // 10 :]
    ]

    def mixed(*parts: tuple[np.ndarray, float]) -> np.ndarray:
        return np.concatenate([rng.choice(rows, round(n * share)) for rows, share in parts])

    def longer() -> Watched:
        rows = mixed((russian, 0.5), (latvian, 0.5))
        return pool.night(rows, pool.lengths[rows] * 2)

    return {
        "Latvian 50 to 25 %": lambda: pool.night(mixed((russian, 0.75), (latvian, 0.25))),
        "comments twice as long": longer,
        "one in ten a violation more": lambda: pool.night(
            mixed((russian, 0.5), (latvian, 0.4), (bad, 0.1))
        ),
        "a third on one topic": lambda: pool.night(
            mixed((russian, 0.17), (topic, 0.33), (latvian, 0.5))
        ),
    }


def following(pool: Pool, of_vk: np.ndarray) -> Iterable[tuple[Watched, list[Watched]]]:
    """Yield each day of a page after its first week with this week."""
    own = pool.days[of_vk]
    names, counts = np.unique(own, return_counts=True)
    pages: dict[str, list[Watched]] = {}
    for day in names[counts >= MIN_DAY]:
        pages.setdefault(day.rsplit(" ", 1)[0], []).append(pool.night(of_vk[own == day]))
    for nights in pages.values():
        for tonight in nights[N_DAYS:]:
            yield tonight, nights[:N_DAYS]


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--per-day", type=int, default=80)
    parser.add_argument("--runs", type=int, default=300)
    chosen = parser.parse_args()
    rng = np.random.default_rng(1)
    scorer = Scorer(open_release(paths.RELEASE))
    texts, days = vk(load_settings().prepare.external / VK, chosen.per_day, rng)
    own, kinds = seeds(MOST_SEEDS, rng)
    pool = Pool([*texts, *own], [*days, *kinds], scorer)
    of_vk = np.arange(len(texts))
    lawful = np.flatnonzero(pool.days == "lawful")
    bad = np.flatnonzero((pool.days == "violation") & (pool.langs == "lv"))
    both = np.concatenate([rng.choice(of_vk, 4000), rng.choice(lawful, 4000)])
    print(f"{len(pool.days)} comments; alarms at most {LEVEL:.1%} of nights asked for")
    print("\nno shift: nights drawn at random")
    for n in SIZES:

        def undrifted(n: int = n) -> tuple[Watched, list[Watched]]:
            nights = [drawn(pool, both, n, rng) for _ in range(N_BASELINE + 1)]
            return nights[0], nights[1:]

        share, names = share_of(chosen.runs, undrifted)
        print(f"  {n:5} comments: {share:.1%} of nights  ({names})")
    pairs = list(following(pool, of_vk))
    left = iter(pairs)
    share, names = share_of(len(pairs), lambda: next(left))
    print(f"\ndays of a VK page that follow each other: {len(pairs)}, {share:.1%}  ({names})")
    print("\nplanted shifts")
    for n in SIZES:
        for name, make in planted(pool, lawful, bad, n, rng).items():

            def shifted(
                n: int = n, make: Callable[[], Watched] = make
            ) -> tuple[Watched, list[Watched]]:
                return make(), [drawn(pool, both, n, rng) for _ in range(N_BASELINE)]

            share, names = share_of(max(20, chosen.runs // 6), shifted)
            print(f"  {n:5} comments, {name}: {share:.0%}  ({names})")


if __name__ == "__main__":
    main()
