"""Fit and measure groups of one meaning on campaigns of paraphrases planted in real VK comments.

Cuts are chosen on the `dev` messages of data/campaigns and measured on the `test` messages. Every
round plants one campaign of each size. Vectors are those of the release; they are kept in a file.
"""

import argparse
import datetime
import json
from collections import defaultdict
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipeline.core import paths
from pipeline.core.settings import load_settings
from pipeline.model.behaviour_fitting import fit
from pipeline.model.release import open_release
from pipeline.model.scorer import Scorer
from pipeline.signals.behaviour_model import BehaviourModel, Logistic, load_model, save_model
from pipeline.signals.planted import SIZES, Plan, plans, plant, read_themes
from pipeline.signals.same_meaning import (
    BLOCK,
    MEANING_FEATURES,
    MIN_LETTERS,
    block_groups,
    same_meaning_groups,
    usable,
)
from pipeline.signals.traces import Traces, read_traces, trace_table
from pipeline.sources.behaviour_sets import vk_comments

ROUNDS = 5


def vectors_of(
    scorer: Scorer, texts: list[str], wanted: npt.NDArray[np.bool_], kept: Path | None
) -> npt.NDArray[np.int8]:
    """Return vectors in 8-bit steps, zeros where none is wanted; read from `kept` where it is."""
    if kept is not None and kept.is_file():
        return np.asarray(np.load(kept))
    out = np.zeros((len(texts), scorer.vector_width), dtype=np.int8)
    rows = np.flatnonzero(wanted)
    for at in range(0, len(rows), 2_000):
        some = rows[at : at + 2_000]
        raw = scorer.vectors([texts[row] for row in some])
        out[some] = np.rint(np.clip(raw, -1, 1) * 127).astype(np.int8)
    if kept is not None:
        np.save(kept, out)
    return out


def planted_round(
    comments: pa.Table, base: pa.Table, vectors: npt.NDArray[np.int8], use: str, seed: int
) -> tuple[Traces, list[Plan], npt.NDArray[np.int64]]:
    """Return traces with one campaign of each size planted, the plans, a number per planted row."""
    generator = np.random.default_rng([seed, len(use)])
    campaigns = plans(generator, ("paraphrased",))
    themes = read_themes(use=use)
    generator.shuffle(themes)
    mixed, numbers = plant(comments, campaigns, themes, generator)
    added = mixed.slice(comments.num_rows)
    now = max(comments.column("created_at").to_pylist()) + datetime.timedelta(days=3)
    traces = read_traces(pa.concat_tables([base, trace_table(added, now)]), now)
    own = vectors_of(SCORER, added.column("text").to_pylist(), np.ones(added.num_rows, bool), None)
    joined = Traces(**{**vars(traces), "vectors": np.concatenate([vectors, own])})
    return joined, campaigns, np.array(numbers)


def group_rows(traces: Traces, n_real: int) -> tuple[list[list[float]], list[bool]]:
    """Return the features of all candidate groups that are clearly planted or clearly real."""
    timed = usable(traces)
    table, truth = [], []
    for start in range(0, 0 if timed is None else len(timed.rows), BLOCK):
        for features, places, _ in block_groups(timed, start):
            share = (timed.rows[places] >= n_real).mean()
            if share < 0.2 or share > 0.6:
                table.append(features)
                truth.append(bool(share > 0.6))
    return table, truth


def measure(traces: Traces, model: BehaviourModel) -> npt.NDArray[np.bool_]:
    """Return which comments are flagged."""
    flagged = np.zeros(len(traces), dtype=bool)
    for group in same_meaning_groups(traces, model):
        flagged[group.rows] = True
    return flagged


def main() -> None:
    """Fit on dev with --fit, then print what is found of the test campaigns."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fit", action="store_true", help="Fit the detector and keep it.")
    parser.add_argument("--shift", type=float, default=5.0, help="Logits to take off when fitting.")
    parser.add_argument("--vectors", type=Path, help="File that keeps the vectors of the comments.")
    given = parser.parse_args()
    comments = vk_comments(load_settings().prepare.external)
    if comments is None:
        parser.exit(0, "vk-mkwm2022 is not here: skipped\n")
    now = max(comments.column("created_at").to_pylist()) + datetime.timedelta(days=3)
    base = trace_table(comments, now)
    long = base.column("n_letters").to_numpy() >= MIN_LETTERS
    vectors = vectors_of(SCORER, comments.column("text").to_pylist(), long, given.vectors)
    n_real, n_seen = comments.num_rows, int(vectors.any(axis=1).sum())
    model = load_model(paths.BEHAVIOUR)
    if given.fit:
        table: list[list[float]] = []
        truth: list[bool] = []
        for seed in range(ROUNDS):
            traces, _, _ = planted_round(comments, base, vectors, "dev", seed)
            some, are = group_rows(traces, n_real)
            table, truth = table + some, truth + are
        fitted = vars(fit(np.array(table), np.array(truth)))
        fitted["intercept"] -= given.shift
        detector = Logistic(features=MEANING_FEATURES, **fitted)
        model = BehaviourModel(
            {**model.detectors, "same_meaning": detector},
            {**model.fitted_on, "same_meaning": f"dev paraphrases planted {ROUNDS} times in VK"},
        )
        save_model(model, paths.BEHAVIOUR)
    for use in ("dev", "test"):
        by_size: dict[int, list[float]] = defaultdict(list)
        hits = total = false = 0
        for seed in range(ROUNDS):
            traces, campaigns, numbers = planted_round(comments, base, vectors, use, seed)
            flagged = measure(traces, model)
            false += int(flagged[:n_real].sum())
            hits, total = hits + int(flagged[n_real:].sum()), total + len(numbers)
            for number, plan in enumerate(campaigns):
                by_size[plan.size].append(float(flagged[n_real:][numbers == number].mean()))
        told = {
            "messages": use,
            "comments": n_real,
            "with_vector": n_seen,
            "recall_of_comments": round(hits / total, 3),
            "recall_by_size": {size: round(float(np.mean(by_size[size])), 2) for size in SIZES},
            "innocents_per_10_000": round(false / ROUNDS / n_real * 1e4, 2),
        }
        print(json.dumps(told))


SCORER = Scorer(open_release(paths.RELEASE), threads=2)

if __name__ == "__main__":
    main()
