"""Calibrate: turn logits into probabilities, and policy sentences into thresholds.

Reads   models/checkpoint/, calib.parquet
Writes  models/checkpoint/calibration.json, models/checkpoint/thresholds.json
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from pipeline.core.heads import OUTPUTS, SCORED
from pipeline.core.settings import Settings
from pipeline.core.tables import PREPARED, read_table, write_text
from pipeline.model import calibration, thresholds
from pipeline.model.checkpoint import load_checkpoint
from pipeline.model.ngram_training import fit_blend
from pipeline.model.ngrams import load_ngrams
from pipeline.model.release import CALIBRATION, NGRAMS, THRESHOLDS
from pipeline.model.training import examples, predict


@dataclass(frozen=True)
class Summary:
    """How many comments the numbers rest on."""

    n_calib: int
    n_curves: int
    n_cuts: int


def run(settings: Settings, prepared: Path, checkpoint: Path) -> Summary:
    """Write calibration and thresholds, both from calib alone."""
    table = scored_rows(read_table(prepared / "calib.parquet", PREPARED, "saruna prepare"))
    model, tokenizer = load_checkpoint(checkpoint)
    calib = examples(table, {})
    network = predict(model, tokenizer, calib.texts, settings.encoder.max_tokens)
    ngrams = load_ngrams(checkpoint / NGRAMS, len(OUTPUTS)).logits(calib.texts)
    blend = fit_blend(network, ngrams, calib.targets)
    logits = network + blend * ngrams
    weights = np.ones(len(calib.texts))
    curves = calibration.fit(logits, calib.targets, calib.langs, weights, OUTPUTS)
    probs = calibration.apply(curves, logits, calib.langs, OUTPUTS)
    chosen = settings.calibrate
    cuts = thresholds.fit(
        probs,
        calib.targets,
        calib.langs,
        table.column("slice").to_pylist(),
        OUTPUTS,
        thresholds.Targets(
            clear_miss=chosen.clear_miss,
            clear_criticism=chosen.clear_criticism,
            priority_precision=chosen.priority_precision,
            base_rate=chosen.base_rate,
        ),
    )
    described = {
        "blend": {name: round(float(each), 4) for name, each in zip(OUTPUTS, blend, strict=True)},
        "curves": calibration.to_json(curves),
    }
    write_text(checkpoint / CALIBRATION, json.dumps(described, indent=1))
    write_text(checkpoint / THRESHOLDS, json.dumps(thresholds.to_json(cuts), indent=1))
    return Summary(
        n_calib=table.num_rows,
        n_curves=sum(len(each) for each in curves.values()),
        n_cuts=sum(len(each) for each in cuts.values()),
    )


def scored_rows(table: pa.Table) -> pa.Table:
    """Return the rows in languages that are scored: others taught, but no cut may rest on them."""
    return table.filter(pa.array([lang in SCORED for lang in table.column("lang").to_pylist()]))
