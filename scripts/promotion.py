"""Advertising and agitation, measured on spam sets, on seeds, and on lawful government tweets.

Figures come from the test split and from tweets that no training read; cuts come from calib alone.
`--checkpoint` measures a checkpoint, `--release` a release that learned from the same split.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipeline.core import paths
from pipeline.core.heads import OUTPUTS
from pipeline.core.settings import load_settings
from pipeline.core.tables import PREPARED, read_table
from pipeline.core.text import text_hash
from pipeline.model.thresholds import cut_for
from pipeline.model.training import targets_of
from pipeline.sources.labelled import ANNOTATED_SOURCES, texts_of
from pipeline.stages import evaluate

Flags = npt.NDArray[np.bool_]
LABELS = ("advertising", "agitation")
TWEETS = ANNOTATED_SOURCES["lv-tweets-government-buls"]


def f1(truth: Flags, said: Flags) -> str:
    """Return precision, recall and F1 as one line."""
    hits = int((truth & said).sum())
    precision, recall = hits / max(1, int(said.sum())), hits / max(1, int(truth.sum()))
    score = 2 * hits / max(1, int(truth.sum() + said.sum()))
    return f"{len(truth):>7} {int(truth.sum()):>7} {precision:>7.3f} {recall:>7.3f} {score:>7.3f}"


def best_cut(probs: npt.NDArray[np.float64], truth: Flags) -> float:
    """Return the threshold of the best F1, the middle one of equals."""
    tried = np.unique(np.round(probs, 3))
    if not truth.any() or not len(tried):
        return 0.5
    scores = [
        2 * (truth & (probs >= cut)).sum() / (truth.sum() + (probs >= cut).sum()) for cut in tried
    ]
    best = np.flatnonzero(np.isclose(scores, max(scores)))
    return float(tried[best[len(best) // 2]])


def groups(table: pa.Table) -> Iterator[tuple[str, Flags]]:
    """Yield the slices that are asked about: the spam sets, and the seeds of each language."""
    sets = np.asarray(table.column("set").to_pylist())
    langs = np.asarray(table.column("lang").to_pylist())
    yield "spam sets", np.char.startswith(sets.astype(str), "ru-spam-")
    for lang in ("lv", "ru"):
        yield f"seeds {lang}", (sets == "seed") & (langs == lang)


def unseen_tweets(external: Path, prepared: Path, limit: int) -> list[str]:
    """Return government tweets that are in no split that anything was learned from."""
    known: set[str] = set()
    for split in ("train", "calib"):
        table = read_table(prepared / f"{split}.parquet", PREPARED, "saruna prepare")
        known |= set(table.column("row_hash").to_pylist())
    path = external / TWEETS[0]
    texts = [text for text in texts_of(path, TWEETS[1]) if text_hash(text) not in known]
    step = max(1, len(texts) // limit) if limit else 1
    return texts[::step]


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prepared", type=Path, default=paths.ROOT / "data" / "prepared")
    parser.add_argument("--checkpoint", type=Path, default=paths.ROOT / "models" / "checkpoint")
    parser.add_argument("--release", type=Path)
    parser.add_argument("--tweets", type=int, default=0, help="At most about so many; 0 means all.")
    given = parser.parse_args()
    settings = load_settings()
    if given.release:
        probabilities, cuts = evaluate.of_release(given.release, given.prepared)
    else:
        probabilities, cuts = evaluate.of_checkpoint(settings, given.checkpoint)
    splits = {
        name: read_table(given.prepared / f"{name}.parquet", PREPARED, "saruna prepare")
        for name in ("calib", "test")
    }
    rows = {name: [*groups(table)] for name, table in splits.items()}
    probs, truth = {}, {}
    for name, table in splits.items():
        chosen = np.flatnonzero(np.logical_or.reduce([flags for _, flags in rows[name]]))
        part = table.take(pa.array(chosen))
        whole = np.full((table.num_rows, len(OUTPUTS)), np.nan)
        whole[chosen] = probabilities(
            part.column("text").to_pylist(), part.column("lang").to_pylist()
        )
        probs[name], truth[name] = whole, targets_of(table)
    heads = ("n", "true", "prec", "rec", "F1")
    print(f"{'output':<12} {'slice':<12} {'cut':<14}" + "".join(f" {each:>7}" for each in heads))
    for label in LABELS:
        at = OUTPUTS.index(label)
        for (name, test), (_, calib) in zip(rows["test"], rows["calib"], strict=True):
            test = test & ~np.isnan(truth["test"][:, at])
            calib = calib & ~np.isnan(truth["calib"][:, at])
            if not (truth["test"][test, at] > 0.5).any():
                continue
            lang = "lv" if name.endswith("lv") else "ru"
            own = best_cut(probs["calib"][calib, at], truth["calib"][calib, at] > 0.5)
            clear = cut_for(cuts, label, lang).clear
            for kind, cut in (("clear", clear), ("calib's best", own), ("even", 0.5)):
                line = f1(truth["test"][test, at] > 0.5, probs["test"][test, at] >= cut)
                print(f"{label:<12} {name:<12} {kind:<14} {line}")
    tweets = unseen_tweets(settings.prepare.external, given.prepared, given.tweets)
    flagged = probabilities(tweets, ["lv"] * len(tweets))
    for label in LABELS:
        share = (flagged[:, OUTPUTS.index(label)] >= cut_for(cuts, label, "lv").clear).mean()
        print(f"{label:<12} government tweets flagged: {share:.2%} of {len(tweets)}")


if __name__ == "__main__":
    main()
