"""Export: turn a checkpoint into a release folder, and prove that it says the same.

Reads   models/checkpoint/, reports/card.md, reports/metrics.json, data/prepared/
Writes  the release folder: model.onnx, tokenizer.json, calibration, thresholds, card, manifest
"""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipeline.core.errors import PipelineError
from pipeline.core.heads import OUTPUTS
from pipeline.core.settings import Settings
from pipeline.core.tables import PREPARED, read_table
from pipeline.core.text import readings
from pipeline.model import release as releases
from pipeline.model.checkpoint import load_checkpoint
from pipeline.model.export import compress, to_onnx, write_graph
from pipeline.model.ngrams import load_ngrams
from pipeline.model.scorer import Scorer
from pipeline.model.training import predict


@dataclass(frozen=True)
class Summary:
    """The release and how far its probabilities are from the checkpoint's."""

    version: str
    megabytes: float
    parity_float32: float
    parity_released: float


FLOAT32_TOLERANCE = 1e-3
RELEASED_TOLERANCE = 0.025


def run(
    settings: Settings, prepared: Path, checkpoint: Path, reports: Path, out_dir: Path
) -> Summary:
    """Write the release whole or not at all.

    Raises PipelineError when a graph disagrees with the checkpoint or the folder is too large.
    """
    check_inputs(prepared, checkpoint, reports)
    calib = read_table(prepared / "calib.parquet", PREPARED, "saruna prepare")
    sample = pick(calib, settings.export.parity_comments)
    with TemporaryDirectory(prefix="saruna-export-") as scratch:
        plain, released = Path(scratch) / "float32", Path(scratch) / "released"
        reference = write_graphs(settings, checkpoint, reports, sample, plain, released)
        parity = {
            name: distance(folder, sample, reference, settings.encoder.max_tokens, precision)
            for name, folder, precision in (
                ("float32", plain, "f32"),
                ("released", released, ""),
            )
        }
        check_parity(parity)
        about = {
            "parity": {**parity, "n_comments": sample.num_rows},
            "data": json.loads((prepared / "prepare.json").read_text(encoding="utf-8")),
            "train_sha256": releases.file_hash(prepared / "train.parquet"),
            "metrics": json.loads((reports / "metrics.json").read_text(encoding="utf-8")),
        }
        version = releases.seal(released, about, settings.encoder.max_tokens)
        megabytes = folder_megabytes(released)
        if megabytes > settings.export.max_megabytes:
            raise PipelineError(
                f"export: the release has {megabytes:.1f} MB, more than export.max_megabytes "
                f"{settings.export.max_megabytes:g}",
                "Raise encoder.min_count, which trims the vocabulary, or the limit.",
            )
        releases.replace_folder(released, out_dir)
    return Summary(version, round(megabytes, 2), parity["float32"], parity["released"])


def check_inputs(prepared: Path, checkpoint: Path, reports: Path) -> None:
    """Raise PipelineError that names every file which an earlier stage has not written yet."""
    made_by = {
        prepared / "prepare.json": "prepare",
        prepared / "train.parquet": "prepare",
        checkpoint / releases.CALIBRATION: "calibrate",
        checkpoint / releases.THRESHOLDS: "calibrate",
        reports / "metrics.json": "evaluate",
        reports / releases.CARD: "evaluate",
    }
    missing = {path: stage for path, stage in made_by.items() if not path.is_file()}
    if missing:
        stages = " and ".join(f"`saruna {stage}`" for stage in dict.fromkeys(missing.values()))
        raise PipelineError(
            "\n".join(f"{path}: not found" for path in missing), f"Run {stages} first."
        )


def pick(calib: pa.Table, n_rows: int) -> pa.Table:
    """Return evenly spaced comments of the languages that are scored."""
    known = [lang in {"lv", "ru", "en"} for lang in calib.column("lang").to_pylist()]
    scored = calib.filter(pa.array(known))
    places = np.unique(np.linspace(0, scored.num_rows - 1, min(n_rows, scored.num_rows), dtype=int))
    return scored.take(pa.array(places))


def write_graphs(
    settings: Settings,
    checkpoint: Path,
    reports: Path,
    sample: pa.Table,
    plain: Path,
    released: Path,
) -> npt.NDArray[np.float32]:
    """Write the float32 and the released folder; return the checkpoint's own logits."""
    model, tokenizer = load_checkpoint(checkpoint)
    texts = readings(sample["text"].to_pylist(), sample["lang"].to_pylist())
    described = json.loads((checkpoint / releases.CALIBRATION).read_text(encoding="utf-8"))
    blend = releases.blend_from_json(described["blend"])
    ngrams = load_ngrams(checkpoint / releases.NGRAMS, len(OUTPUTS))
    network = predict(model, tokenizer, texts, settings.encoder.max_tokens, autocast=False)
    reference = network + blend * ngrams.logits(texts)
    graph = to_onnx(model)
    small = compress(graph) if settings.export.weight_bits == 8 else graph
    for folder, chosen in ((plain, graph), (released, small)):
        folder.mkdir(parents=True)
        write_graph(chosen, folder / releases.GRAPH)
        tokenizer.save(str(folder / releases.TOKENIZER), pretty=False)
        for name in (releases.NGRAMS, releases.CALIBRATION, releases.THRESHOLDS):
            shutil.copy(checkpoint / name, folder / name)
        shutil.copy(reports / releases.CARD, folder / releases.CARD)
    return reference


def distance(
    folder: Path,
    sample: pa.Table,
    reference: npt.NDArray[np.float32],
    max_tokens: int,
    precision: str,
) -> float:
    """Return the largest difference of a calibrated probability between folder and checkpoint."""
    from pipeline.model import calibration

    if not (folder / releases.MANIFEST).is_file():
        releases.seal(folder, {}, max_tokens)
    release = releases.open_release(folder)
    texts, langs = sample.column("text").to_pylist(), sample.column("lang").to_pylist()
    scored = Scorer(release, precision=precision).score(texts, langs)
    expected = calibration.apply(release.calibration, reference, langs, release.outputs)
    return float(np.abs(np.array([each.probs for each in scored]) - expected).max())


def check_parity(parity: dict[str, float]) -> None:
    """Raise PipelineError when a graph is further from the checkpoint than it may be."""
    limits = {"float32": FLOAT32_TOLERANCE, "released": RELEASED_TOLERANCE}
    for name, limit in limits.items():
        if parity[name] > limit:
            raise PipelineError(
                f"export: the {name} graph differs from the checkpoint by {parity[name]:.4f} in a "
                f"probability, more than {limit:g}",
                "Set export.weight_bits to 32 to see whether compression is the cause.",
            )


def folder_megabytes(folder: Path) -> float:
    """Return the size of a folder in MB (10^6 bytes)."""
    return sum(file.stat().st_size for file in folder.iterdir()) / 1e6
