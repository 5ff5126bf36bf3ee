"""Disagreement: how far the rules moved what the text model says, in log odds."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq

from pipeline.core.heads import ODDS
from pipeline.model import calibration, stacking
from pipeline.model.release import Release

Floats = npt.NDArray[np.float64]
PIECE = 65_536


def disagreement(scores: Path, release: Release, leave_out: Iterable[str] = ()) -> Floats:
    """Return for each comment the largest move of any output; 0 where nothing was scored.

    The logits say what the model thinks alone. Joined with rules that found nothing, they give the
    probability that would stand there without any finding; the rest is the rules' doing.
    """
    outputs = [name for name in release.outputs if name not in set(leave_out)]
    kinds = [[f"{kind}_{name}" for name in release.outputs] for kind in ("logit", "prob")]
    pieces = [np.zeros(0)]
    with pq.ParquetFile(scores) as file:
        for batch in file.iter_batches(batch_size=PIECE, columns=["lang", *kinds[0], *kinds[1]]):
            logits, probs = (
                np.column_stack([batch.column(name).to_numpy(zero_copy_only=False) for name in own])
                for own in kinds
            )
            alone = unfound(release, logits, batch.column("lang").to_pylist())
            moved = np.abs(stacking.log_odds(probs) - stacking.log_odds(alone))
            kept = [release.outputs.index(name) for name in outputs]
            pieces.append(np.nan_to_num(moved[:, kept]).max(axis=1, initial=0.0))
    return np.concatenate(pieces)


def unfound(release: Release, logits: Floats, langs: list[str]) -> Floats:
    """Return the probabilities of comments in which no rule would find anything."""
    own = calibration.apply(
        release.calibration, np.nan_to_num(logits).astype(np.float32), langs, release.outputs
    )
    names = sorted(
        {
            name
            for each in release.stack.values()
            for one in (each, *each.langs.values())
            for name in one.weights
            if not name.startswith(ODDS)
        }
    )
    nothing = np.zeros((len(own), len(names)))
    return stacking.apply(release.stack, own, nothing, names, outputs=release.outputs, langs=langs)
