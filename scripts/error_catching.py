"""Errors caught by people at 5 % and 10 % capacity, by order of review, on open Russian sets.

A small model learns one set and routes its own test comments (in domain) and other sets (under
shift). The first third of each set plays the nights before: its reviews and audit sample are what
the desk would know. The rest is tonight. Two kinds of errors are counted: violations left standing,
and calls of the model that are wrong.

    .venv/bin/python scripts/error_catching.py [DATA]

Needs the train extra and the public sets under DATA (default ../shared/data).
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.linear_model import SGDClassifier

from pipeline.core.text import normalise
from pipeline.model.calibration import fit_curve
from pipeline.routing import capacity
from pipeline.routing.chances import Reviewed, chances, corrected, in_tonights_odds
from pipeline.sources.labelled import PUBLIC_SETS

SETS = ("ru-okru-10pct", "ru-2ch-pikabu", "ru-uk-bohdan1", "ru-vk-distorted")
CAPACITIES = (0.05, 0.1)
BASE_RATE = 0.1
"""Share of violations in the simulated traffic."""
EARLIER = 0.5
AUDIT = 0.05
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
words = HashingVectorizer(
    analyzer="char_wb", ngram_range=(2, 4), n_features=2**18, alternate_sign=False
)


def read(name: str, data: Path) -> tuple[list[str], Flags]:
    """Return the texts and labels of a public set, in an order drawn once."""
    found = next(each for each in PUBLIC_SETS if each.name == name)
    rows = [row for row in found.read(data / found.path) if "abuse" in row.truth]
    order = np.random.default_rng(0).permutation(len(rows))
    texts = [normalise(rows[at].text).text for at in order]
    return texts, np.array([rows[at].truth["abuse"] for at in order])


def traffic(truth: Flags, seed: int) -> npt.NDArray[np.int64]:
    """Return comments among which violations have the base rate, in random order."""
    rng = np.random.default_rng(seed)
    lawful, violating = np.flatnonzero(~truth), np.flatnonzero(truth)
    n_violating = min(len(violating), int(len(lawful) * BASE_RATE / (1 - BASE_RATE)))
    n_lawful = min(len(lawful), int(n_violating * (1 - BASE_RATE) / BASE_RATE))
    chosen = [rng.choice(lawful, n_lawful, False), rng.choice(violating, n_violating, False)]
    return rng.permutation(np.concatenate(chosen))


def orders_caught(
    prob: Floats, truth: Flags, rate: float, cut: float, limit: float
) -> Iterator[tuple[str, dict[str, int]]]:
    """Yield, for each kind of error, how many each order catches tonight."""
    n = len(prob)
    n_before = int(EARLIER * n)
    before, tonight = slice(0, n_before), slice(n_before, n)
    seen = np.argsort(-prob[before])[: int(limit * n_before)]
    drawn = np.random.default_rng(1).random(n_before) < AUDIT
    drawn[seen] = True
    langs = np.full(n, "ru")
    reviewed = Reviewed(prob[before][drawn], langs[before][drawn], truth[before][drawn])
    found = chances(prob[tonight], langs[tonight], {"any": rate})
    chance = corrected(found.prob, in_tonights_odds(reviewed, {"any": rate}, found.shares))
    own, real = prob[tonight], truth[tonight]
    n_may = int(limit * len(own))
    flagged = own >= cut
    everything = np.ones(len(own), dtype=bool)
    candidates = capacity.orders(own, np.abs(own - cut), everything)
    for kind, expected, error in (
        ("violations", chance, real),
        ("wrong calls", np.where(flagged, 1 - chance, chance), flagged != real),
    ):
        order, name, _ = capacity.choose(candidates, expected, n_may)
        yield (
            kind,
            {
                "score": int(error[candidates["harm"][:n_may]].sum()),
                "uncertainty": int(error[candidates["uncertainty"][:n_may]].sum()),
                f"chosen ({name})": int(error[order[:n_may]].sum()),
                "of": int(error.sum()),
            },
        )


def main(data: Path) -> None:
    """Print one line per training set, target, capacity and kind of error."""
    sets = {name: read(name, data) for name in SETS}
    vectors = {name: words.transform(texts) for name, (texts, _) in sets.items()}
    print(f"{'learned':<16}{'routed':<16}{'capacity':<9}{'errors':<12}score  uncert.  chosen  of")
    for source in SETS[:2]:
        _, truth = sets[source]
        n = len(truth)
        learn, judge = slice(0, int(0.6 * n)), slice(int(0.6 * n), int(0.75 * n))
        model = SGDClassifier(loss="log_loss", alpha=2e-6, max_iter=15, random_state=0)
        model.fit(vectors[source][learn], truth[learn])
        logits = model.decision_function(vectors[source][judge])
        curve = fit_curve(logits, truth[judge], np.ones(len(logits)))
        for target in SETS:
            rest = slice(int(0.75 * n), n) if target == source else slice(0, None)
            labels = sets[target][1][rest]
            prob = curve.apply(model.decision_function(vectors[target][rest]))
            chosen = traffic(labels, 0)
            for limit in CAPACITIES:
                rate = float(truth[judge].mean())
                for kind, caught in orders_caught(prob[chosen], labels[chosen], rate, 0.5, limit):
                    score, uncertain, (name, own), of = (
                        caught["score"],
                        caught["uncertainty"],
                        next((k, v) for k, v in caught.items() if k.startswith("chosen")),
                        caught["of"],
                    )
                    verdict = "" if own >= max(score, uncertain) else "  BELOW"
                    print(
                        f"{source:<16}{target:<16}{limit:<9.0%}{kind:<12}"
                        f"{score:>5}{uncertain:>9}{own:>8}{of:>6}  {name}{verdict}"
                    )


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("../shared/data"))
