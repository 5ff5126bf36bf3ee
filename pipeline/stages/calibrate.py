"""Calibrate: turn logits into probabilities, and policy sentences into thresholds.

Reads   models/checkpoint/, calib.parquet
Writes  models/checkpoint/calibration.json, models/checkpoint/thresholds.json; calibrate.json beside
        them has the figures by which experiments are compared
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipeline.core import paths
from pipeline.core.heads import OUTPUTS, SCORED
from pipeline.core.policy import load_policy
from pipeline.core.sentences import parse_sentences
from pipeline.core.settings import CalibrateSettings, Settings
from pipeline.core.tables import PREPARED, read_table, write_text
from pipeline.model import calibration, stacking, thresholds
from pipeline.model import promises as learned
from pipeline.model.calibration import Floats
from pipeline.model.checkpoint import load_checkpoint
from pipeline.model.cuts import Labelled
from pipeline.model.ngram_training import fit_blend
from pipeline.model.ngrams import load_ngrams
from pipeline.model.recut import pack
from pipeline.model.release import CALIBRATION, NGRAMS, THRESHOLDS
from pipeline.model.thresholds import Promise, Thresholds
from pipeline.model.training import examples, predict
from pipeline.signals.features import NAMES, SIGNS, measure
from pipeline.sources.labelled import check_set_names

FIGURES = "calibrate.json"
JUDGED = ("lv", "ru")


@dataclass(frozen=True)
class Summary:
    """How many comments the numbers rest on."""

    n_calib: int
    n_curves: int
    n_cuts: int
    n_stacked: int
    """Outputs whose probability signals have a share in."""
    promises: dict[str, str]
    """What became of each policy sentence in each language."""


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
    plain = calibration.apply(curves, logits, calib.langs, OUTPUTS)
    features = measure(table.column("text").to_pylist(), calib.langs)
    stack = stacking.fit(
        plain, features, NAMES, calib.targets, outputs=OUTPUTS, langs=calib.langs, signs=SIGNS
    )
    probs = stacking.apply(stack, plain, features, NAMES, outputs=OUTPUTS, langs=calib.langs)
    comments = labelled(settings.calibrate, table, probs, calib.targets)
    policy = load_policy(paths.ROOT / settings.policy)
    cuts, promises = learned.fit(
        comments,
        calib.langs,
        OUTPUTS,
        parse_sentences(settings.calibrate.sentences, policy.labels, "calibrate.sentences"),
        base_rate=settings.calibrate.base_rate,
        never_sure=policy.never_priority,
    )
    written = thresholds.to_json(cuts, promises, pack(comments, calib.langs))
    described = {
        "blend": {name: round(float(each), 4) for name, each in zip(OUTPUTS, blend, strict=True)},
        "curves": calibration.to_json(curves),
        "stack": stacking.to_json(stack),
    }
    write_text(checkpoint / CALIBRATION, json.dumps(described, indent=1))
    write_text(checkpoint / THRESHOLDS, json.dumps(written, indent=1))
    write_text(checkpoint / FIGURES, json.dumps(figures(cuts, promises), indent=1) + "\n")
    return Summary(
        n_calib=table.num_rows,
        n_curves=sum(len(each) for each in curves.values()),
        n_cuts=sum(len(each) for each in cuts.values()),
        n_stacked=len(stack),
        promises={f"{each.lang}: {each.sentence}": each.outcome for each in promises},
    )


def figures(cuts: Thresholds, promises: Sequence[Promise]) -> dict[str, dict[str, float]]:
    """Return where `abuse` is cut, and how many sentences are kept, in each language."""
    found: dict[str, dict[str, float]] = {}
    for lang in JUDGED:
        cut = thresholds.cut_for(cuts, "abuse", lang)
        kept = sum(each.is_kept for each in promises if each.lang == lang)
        found[lang] = {"clear": cut.clear, "priority": cut.priority, "sentences_kept": kept}
    return found


def labelled(
    settings: CalibrateSettings, table: pa.Table, probs: Floats, known: npt.NDArray[np.float32]
) -> Labelled:
    """Return the comments of calib as the policy sentences are judged by them."""
    check_set_names(settings.set_weights, "calibrate.set_weights")
    sets = table.column("set").to_pylist()
    weights = np.array([settings.set_weights.get(name, 1.0) for name in sets])
    lawful = np.isin(table.column("slice").to_pylist(), learned.PROTECTED)
    return Labelled(
        # As the release carries them: other sentences are later judged by the same numbers.
        probs=probs.astype(np.float32).astype(np.float64),
        known=known,
        protected=lawful & ~(known > 0.5).any(axis=1),
        drawn=learned.uniform(weights, settings.seed),
    )


def scored_rows(table: pa.Table) -> pa.Table:
    """Return the rows in languages that are scored: others taught, but no cut may rest on them."""
    return table.filter(pa.array([lang in SCORED for lang in table.column("lang").to_pylist()]))
