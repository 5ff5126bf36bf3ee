"""Evaluate: measure a checkpoint on test, on sets it never saw, and on the behaviour suites.

Reads   models/checkpoint/, calib.parquet (for thresholds per set), test.parquet, stranger.parquet,
        tests/behaviour/, reports/baselines.json where `saruna baseline` has written it
Writes  reports/metrics.json, reports/pr.png, reports/reliability.png, reports/card.md
"""

import csv
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipeline.core.errors import PipelineError
from pipeline.core.heads import ABUSE_LABELS, OUTPUTS
from pipeline.core.settings import Settings
from pipeline.core.tables import PREPARED, read_table, write_text
from pipeline.core.text import readings
from pipeline.model import calibration, stacking, tracking
from pipeline.model.card import TrainingSet, render_card
from pipeline.model.checkpoint import load_checkpoint
from pipeline.model.faithfulness import measure_faithfulness
from pipeline.model.metrics import best_f1_threshold, measure, precision_at_rate, rounded
from pipeline.model.ngrams import load_ngrams
from pipeline.model.plots import plot_precision_recall, plot_reliability
from pipeline.model.release import (
    CALIBRATION,
    NGRAMS,
    THRESHOLDS,
    blend_from_json,
    file_hash,
    open_release,
)
from pipeline.model.robustness import measure_robustness
from pipeline.model.scorer import Scorer
from pipeline.model.slices import SLICES
from pipeline.model.thresholds import Thresholds, cut_for
from pipeline.model.thresholds import from_json as thresholds_from_json
from pipeline.model.training import predict, targets_of
from pipeline.signals.features import NAMES
from pipeline.signals.features import measure as measure_signals
from pipeline.sources.labelled import PUBLIC_SETS, trains

Floats = npt.NDArray[np.float64]
Probabilities = Callable[[Sequence[str], Sequence[str]], Floats]
"""Texts and languages -> probabilities of shape (texts, outputs)."""
BASELINES = "baselines.json"
MIN_PER_CLASS = 25
"""Figures of fewer comments say nothing."""
MAX_EXPLAINED = 400
"""Flagged comments per language whose evidence is tested; each is scored five times."""
SUITES = {"lv": "latvian.tsv", "ru": "russian.tsv"}


@dataclass(frozen=True)
class Summary:
    """The figures that decide whether a model may be looked at further."""

    n_test: int
    abuse_auc: float | None
    suite_accuracy: dict[str, float]
    criticism_flagged: dict[str, float]
    criticism_priority: dict[str, float]


def run(
    settings: Settings,
    prepared: Path,
    checkpoint: Path,
    suites: Path,
    out_dir: Path,
    *,
    release: Path | None = None,
) -> Summary:
    """Write metrics, plots and card of a checkpoint and add them to its MLflow run.

    With `release` a released folder is measured instead, as it scores, and no run is touched.
    """
    if release:
        probabilities, cuts = of_release(release, prepared)
    else:
        probabilities, cuts = of_checkpoint(settings, checkpoint)
    test = read_table(prepared / "test.parquet", PREPARED, "saruna prepare")
    stranger = read_table(prepared / "stranger.parquet", PREPARED, "saruna prepare")
    calib = read_table(prepared / "calib.parquet", PREPARED, "saruna prepare")
    metrics, probs = measure_all(
        settings, probabilities, cuts, test=test, stranger=stranger, calib=calib, suites=suites
    )
    if (out_dir / BASELINES).is_file():
        metrics["baselines"] = read_json(out_dir / BASELINES, "saruna baseline")
    if release:
        metrics["faithfulness"] = faithfulness(settings, release, test)
    files = write_reports(settings, metrics, probs, test, prepared, out_dir)
    if not release:
        tracking.log(settings.register_, checkpoint, numbers(metrics), files=files)
    return summarise(metrics, test.num_rows)


def of_checkpoint(settings: Settings, checkpoint: Path) -> tuple[Probabilities, Thresholds]:
    """Return how a checkpoint scores, and its thresholds."""
    model, tokenizer = load_checkpoint(checkpoint)
    described = read_json(checkpoint / CALIBRATION, "saruna calibrate")
    curves = calibration.from_json(described["curves"])
    stack = stacking.from_json(described.get("stack", {}))
    blend = blend_from_json(described["blend"])
    ngrams = load_ngrams(checkpoint / NGRAMS, len(OUTPUTS))
    cuts = thresholds_from_json(read_json(checkpoint / THRESHOLDS, "saruna calibrate"))
    max_tokens = settings.encoder.max_tokens

    def probabilities(texts: Sequence[str], langs: Sequence[str]) -> Floats:
        read = readings(texts, langs)
        logits = predict(model, tokenizer, read, max_tokens) + blend * ngrams.logits(read)
        probs = calibration.apply(curves, logits, langs, OUTPUTS)
        signs = measure_signals(texts, langs)
        return stacking.apply(stack, probs, signs, NAMES, outputs=OUTPUTS, langs=langs)

    return probabilities, cuts


def of_release(folder: Path, prepared: Path) -> tuple[Probabilities, Thresholds]:
    """Return how a release scores, and its thresholds.

    Raises PipelineError when it learned from another split: its figures would be flattered.
    """
    release = open_release(folder)
    train = prepared / "train.parquet"
    if not train.is_file() or file_hash(train) != release.manifest.get("train_sha256"):
        raise PipelineError(
            f"{train}: is not the split that release {release.version} learned from",
            "Run `saruna prepare` with the settings and sets of the release.",
        )
    scorer = Scorer(release)

    def probabilities(texts: Sequence[str], langs: Sequence[str]) -> Floats:
        probs = np.array([score.probs for score in scorer.score(texts, langs)])
        signs = measure_signals(texts, langs)
        return stacking.apply(release.stack, probs, signs, NAMES, outputs=OUTPUTS, langs=langs)

    return probabilities, release.thresholds


def write_reports(
    settings: Settings,
    metrics: Mapping[str, Any],
    probs: Floats,
    test: pa.Table,
    prepared: Path,
    out_dir: Path,
) -> tuple[Path, ...]:
    """Write metrics, card and plots, and return their files."""
    truth = targets_of(test)
    langs = test.column("lang").to_pylist()
    names = ("metrics.json", "card.md", "pr.png", "reliability.png")
    files = tuple(out_dir / name for name in names)
    write_text(files[0], json.dumps(metrics, indent=1, ensure_ascii=False))
    prepare = read_json(prepared / "prepare.json", "saruna prepare")
    write_text(files[1], render_card(metrics, met_sets(prepare["n_rows"]), settings))
    plot_precision_recall(probs, truth, OUTPUTS, files[2])
    plot_reliability(probs, truth, langs, OUTPUTS, files[3])
    return files


def met_sets(n_rows: Mapping[str, int]) -> list[TrainingSet]:
    """Return what the card says of every set that was read."""
    public = {each.name: each for each in PUBLIC_SETS}
    own = "labels by this project; texts stay in their set"
    return [
        TrainingSet(name, count, public[name].licence if name in public else own, trains(name))
        for name, count in n_rows.items()
    ]


def read_json(path: Path, made_by: str) -> Any:
    """Read a JSON file that an earlier stage wrote."""
    if not path.is_file():
        raise PipelineError(f"{path}: not found", f"Run `{made_by}` first: it writes this file.")
    return json.loads(path.read_text(encoding="utf-8"))


def measure_all(
    settings: Settings,
    probabilities: Probabilities,
    cuts: Thresholds,
    *,
    test: pa.Table,
    stranger: pa.Table,
    calib: pa.Table,
    suites: Path,
) -> tuple[dict[str, Any], Floats]:
    """Return all metrics as plain JSON values, and the probabilities on test."""
    probs = probabilities(test.column("text").to_pylist(), test.column("lang").to_pylist())
    on_calib = probabilities(calib.column("text").to_pylist(), calib.column("lang").to_pylist())
    chosen = set_thresholds(calib, on_calib)
    metrics: dict[str, Any] = {
        "outputs": per_output(settings, test, probs, cuts),
        "sets": per_set(settings, test, probs, cuts, chosen),
        "criticism": criticism(test, probs, cuts),
        "slices": per_slice(test, probs, cuts),
        "robustness": robustness(settings, probabilities, cuts, test),
    }
    if stranger.num_rows:
        langs = stranger.column("lang").to_pylist()
        strange = probabilities(stranger.column("text").to_pylist(), langs)
        metrics["strangers"] = per_set(settings, stranger, strange, cuts, chosen)
    metrics["suites"] = {
        lang: run_suite(suites / file, lang, probabilities, cuts)
        for lang, file in SUITES.items()
        if (suites / file).is_file()
    }
    return metrics, probs


def per_output(
    settings: Settings, test: pa.Table, probs: Floats, cuts: Thresholds
) -> dict[str, Any]:
    """Return the figures of every output, over all comments and per language."""
    targets = targets_of(test)
    langs = np.asarray(test.column("lang").to_pylist())
    chosen = settings.evaluate
    result: dict[str, Any] = {}
    for column, output in enumerate(OUTPUTS):
        known = ~np.isnan(targets[:, column])
        result[output] = {}
        for lang in ("all", *sorted(set(langs))):
            rows = known & ((langs == lang) | (lang == "all"))
            if rows.sum() < 30:
                continue
            cut = cut_for(cuts, output, lang)
            found = measure(
                probs[rows, column],
                targets[rows, column] > 0.5,
                cut.clear,
                bootstrap=chosen.bootstrap if output == "abuse" else 0,
                seed=chosen.seed,
            )
            at_rate = precision_at_rate(
                found.recall, found.flagged_lawful, settings.calibrate.base_rate
            )
            result[output][lang] = {**found.as_dict(), "precision_at_rate": rounded(at_rate)}
    return result


def set_thresholds(calib: pa.Table, probs: Floats) -> dict[str, float]:
    """Return the threshold on `abuse` that is best for F1 on calib, per set and per language."""
    column = OUTPUTS.index("abuse")
    known = ~np.isnan(targets_of(calib)[:, column])
    truth = targets_of(calib)[:, column] > 0.5
    found: dict[str, float] = {}
    for kind in ("lang", "set"):
        names = np.asarray(calib.column(kind).to_pylist())
        for name in sorted(set(names)):
            rows = known & (names == name)
            if min(truth[rows].sum(), (~truth[rows]).sum()) >= MIN_PER_CLASS:
                found[str(name)] = best_f1_threshold(probs[rows, column], truth[rows])
    return found


def per_slice(test: pa.Table, probs: Floats, cuts: Thresholds) -> dict[str, Any]:
    """Return the figures of `abuse` on slices of the scored languages, at the clear threshold."""
    column = OUTPUTS.index("abuse")
    targets = targets_of(test)[:, column]
    texts, langs = test.column("text").to_pylist(), test.column("lang").to_pylist()
    result: dict[str, Any] = {}
    for name, belongs in SLICES.items():
        for lang in ("lv", "ru"):
            rows = np.array(
                [own == lang and belongs(text, own) for text, own in zip(texts, langs, strict=True)]
            ) & ~np.isnan(targets)
            if rows.sum() >= MIN_PER_CLASS:
                cut = cut_for(cuts, "abuse", lang).clear
                own_figures = measure(probs[rows, column], targets[rows] > 0.5, cut)
                result.setdefault(name, {})[lang] = own_figures.as_dict()
    return result


def robustness(
    settings: Settings, probabilities: Probabilities, cuts: Thresholds, test: pa.Table
) -> dict[str, Any]:
    """Return what respelling costs, on the violations of the project's own sets in test."""
    own = [name == "seed" or name.startswith("annotated-") for name in test["set"].to_pylist()]
    abusive = targets_of(test)[:, OUTPUTS.index("abuse")] == 1
    langs = test.column("lang").to_pylist()
    texts = test.column("text").to_pylist()
    violations = {
        lang: [
            text
            for text, each, mine, bad in zip(texts, langs, own, abusive, strict=True)
            if each == lang and mine and bad
        ]
        for lang in ("lv", "ru")
    }

    def flagged(texts: Sequence[str], langs: Sequence[str]) -> npt.NDArray[np.bool_]:
        return flags(probabilities(texts, langs), langs, cuts)[0]

    return measure_robustness(flagged, violations, settings.evaluate.seed)


def faithfulness(settings: Settings, release: Path, test: pa.Table) -> dict[str, Any]:
    """Return, per language, how faithful the words are that flagged comments show for `abuse`."""
    scorer = Scorer(open_release(release))
    column = OUTPUTS.index("abuse")
    texts, langs = test.column("text").to_pylist(), test.column("lang").to_pylist()
    result: dict[str, Any] = {}
    for lang in ("lv", "ru"):
        own = [text for text, each in zip(texts, langs, strict=True) if each == lang]
        probs = [score.probs[column] for score in scorer.score(own, [lang] * len(own))]
        cut = cut_for(scorer.release.thresholds, "abuse", lang).clear
        flagged = [text for text, prob in zip(own, probs, strict=True) if prob >= cut]
        found = measure_faithfulness(
            scorer,
            flagged[:MAX_EXPLAINED],
            [lang] * len(flagged[:MAX_EXPLAINED]),
            output="abuse",
            shown=settings.score.max_evidence_words,
            seed=settings.evaluate.seed,
        )
        if found:
            result[lang] = found.as_dict()
    return result


def per_set(
    settings: Settings,
    table: pa.Table,
    probs: Floats,
    cuts: Thresholds,
    best: Mapping[str, float],
) -> dict[str, Any]:
    """Return the figures of `abuse` on every set: at 0.5, at `clear`, and at calib's best.

    `best` holds thresholds found on calib; a set without its own takes that of its language.
    """
    targets = targets_of(table)[:, OUTPUTS.index("abuse")]
    names = np.asarray(table.column("set").to_pylist())
    langs = table.column("lang").to_pylist()
    own = probs[:, OUTPUTS.index("abuse")]
    result: dict[str, Any] = {}
    for name in sorted(set(names)):
        rows = (names == name) & ~np.isnan(targets)
        if rows.sum() < 30:
            continue
        lang = langs[int(np.flatnonzero(rows)[0])]
        truth = targets[rows] > 0.5
        chosen = settings.evaluate
        result[name] = {
            "at_half": measure(
                own[rows], truth, 0.5, bootstrap=chosen.bootstrap, seed=chosen.seed
            ).as_dict(),
            "at_clear": measure(own[rows], truth, cut_for(cuts, "abuse", lang).clear).as_dict(),
            "at_calib": measure(
                own[rows],
                truth,
                best.get(name, best.get(lang, 0.5)),
                bootstrap=chosen.bootstrap,
                seed=chosen.seed,
            ).as_dict(),
        }
    return result


def flags(
    probs: Floats, langs: Sequence[str], cuts: Thresholds
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Return which comments any abuse output sends to review, and which to priority."""
    review = np.zeros(len(probs), dtype=bool)
    priority = np.zeros(len(probs), dtype=bool)
    for output in (*ABUSE_LABELS, "abuse"):
        column = OUTPUTS.index(output)
        for lang in set(langs):
            rows = np.asarray(langs) == lang
            cut = cut_for(cuts, output, lang)
            review |= rows & (probs[:, column] >= cut.clear)
            priority |= rows & (probs[:, column] >= cut.priority)
    return review, priority


def criticism(test: pa.Table, probs: Floats, cuts: Thresholds) -> dict[str, Any]:
    """Return, per language, how much of lawful criticism would be flagged."""
    langs = test.column("lang").to_pylist()
    kinds = np.asarray(test.column("slice").to_pylist())
    abuse = targets_of(test)[:, OUTPUTS.index("abuse")]
    review, priority = flags(probs, langs, cuts)
    result: dict[str, Any] = {}
    for lang in ("lv", "ru", "en", "pl"):
        rows = (np.asarray(langs) == lang) & (kinds == "criticism") & (abuse == 0)
        if rows.any():
            result[lang] = {
                "n": int(rows.sum()),
                "flagged": round(float(review[rows].mean()), 4),
                "priority": round(float(priority[rows].mean()), 4),
            }
    return result


def run_suite(
    path: Path, lang: str, probabilities: Probabilities, cuts: Thresholds
) -> dict[str, Any]:
    """Return accuracy of a behaviour suite, overall and per functionality."""
    with path.open(encoding="utf-8", newline="") as handle:
        cases = list(csv.DictReader(handle, delimiter="\t", quoting=csv.QUOTE_NONE))
    langs = [lang] * len(cases)
    review, priority = flags(probabilities([case["text"] for case in cases], langs), langs, cuts)
    expected = np.array([case["expected"] == "violation" for case in cases])
    right = review == expected
    functions = np.array([case["functionality"] for case in cases])
    return {
        "n": len(cases),
        "accuracy": round(float(right.mean()), 4),
        "recall": round(float(review[expected].mean()), 4),
        "flagged_lawful": round(float(review[~expected].mean()), 4),
        "priority_lawful": round(float(priority[~expected].mean()), 4),
        "functionalities": {
            name: round(float(right[functions == name].mean()), 4)
            for name in dict.fromkeys(functions.tolist())
        },
    }


def numbers(nested: Mapping[str, Any], prefix: str = "") -> dict[str, float]:
    """Return the numbers of a nested mapping under names that MLflow allows."""
    result: dict[str, float] = {}
    for key, value in nested.items():
        if isinstance(value, Mapping):
            result.update(numbers(value, f"{prefix}{key}/"))
        elif isinstance(value, int | float) and not isinstance(value, bool):
            result[f"{prefix}{key}"] = float(value)
    return result


def summarise(metrics: Mapping[str, Any], n_test: int) -> Summary:
    """Return the figures that people ask for first."""
    return Summary(
        n_test=n_test,
        abuse_auc=metrics["outputs"]["abuse"].get("all", {}).get("auc"),
        suite_accuracy={lang: suite["accuracy"] for lang, suite in metrics["suites"].items()},
        criticism_flagged={lang: each["flagged"] for lang, each in metrics["criticism"].items()},
        criticism_priority={lang: each["priority"] for lang, each in metrics["criticism"].items()},
    )
