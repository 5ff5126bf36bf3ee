"""Train: fine-tune the base encoder on the prepared comments.

Reads   train.parquet, calib.parquet (for early stopping), the texts for the vocabulary
Writes  models/checkpoint/: encoder/, head.pt, ngrams.npz, train.json, run.txt
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pyarrow as pa
from tokenizers import Tokenizer

from pipeline.core.errors import PipelineError
from pipeline.core.heads import OUTPUTS, SCORED
from pipeline.core.settings import EncoderSettings, Settings, TrainSettings
from pipeline.core.tables import PREPARED, read_table, write_text
from pipeline.core.text import normalise
from pipeline.model import tracking
from pipeline.model.base import load_encoder, save_encoder, trim
from pipeline.model.checkpoint import HEAD, load_checkpoint, save_head
from pipeline.model.distillation import Teacher
from pipeline.model.export import snap_to_codes
from pipeline.model.network import CommentClassifier
from pipeline.model.ngram_training import fit_ngrams
from pipeline.model.ngrams import NgramModel, save_ngrams
from pipeline.model.release import CALIBRATION, MANIFEST, NGRAMS, THRESHOLDS, file_hash
from pipeline.model.restore import EMBEDDINGS as PIECES
from pipeline.model.restore import load_release
from pipeline.model.softening import soften
from pipeline.model.training import Fitted, Progress, best_device, examples, fit, seed_everything
from pipeline.sources.labelled import check_set_names, unlabelled_texts


@dataclass(frozen=True)
class Summary:
    """What was learned from and how it went."""

    n_train: int
    n_vocabulary: int
    best_epoch: int
    calib_loss: float
    run_id: str


def run(
    settings: Settings,
    prepared: Path,
    base_dir: Path,
    out_dir: Path,
    progress: Progress | None = None,
) -> Summary:
    """Write the checkpoint with the best loss on calib."""
    for phase in phases(settings.train):
        check_set_names(phase.set_weights, "train.set_weights")
    train = read_table(prepared / "train.parquet", PREPARED, "saruna prepare")
    calib = read_table(prepared / "calib.parquet", PREPARED, "saruna prepare")
    model, tokenizer = build(settings.encoder, settings, prepared, base_dir)
    teacher = make_teacher(settings, base_dir) if settings.train.retrieval_every else None
    learned = ("train", "calib")
    hashes = {f"{name}_sha256": file_hash(prepared / f"{name}.parquet") for name in learned}
    run_id = tracking.start_run(settings, out_dir, hashes)
    fitted = join_phases(
        [
            fit(
                model,
                tokenizer,
                soften(examples(train, phase.set_weights), train, prepared),
                examples(calib, phase.set_weights),
                phase,
                max_tokens=settings.encoder.max_tokens,
                teacher=teacher,
                progress=progress,
            )
            for phase in phases(settings.train)
        ]
    )
    if settings.train.end_average_with:
        average(model.cpu(), load_start(settings.train.end_average_with)[0])
    for stale in (CALIBRATION, THRESHOLDS):
        # They belong to the model before: nothing may be exported with them.
        (out_dir / stale).unlink(missing_ok=True)
    snap_to_codes(model)
    save_encoder(model.encoder.cpu(), tokenizer, out_dir / "encoder")
    save_head(model, out_dir / HEAD)
    save_ngrams(learn_ngrams(train, settings.train.set_weights), out_dir / NGRAMS)
    write_text(out_dir / "train.json", json.dumps(asdict(fitted), indent=2))
    log_fit(settings, out_dir, fitted)
    return Summary(
        n_train=train.num_rows,
        n_vocabulary=tokenizer.get_vocab_size(),
        best_epoch=fitted.best_epoch,
        calib_loss=fitted.calib_losses[fitted.best_epoch],
        run_id=run_id,
    )


def phases(settings: TrainSettings) -> list[TrainSettings]:
    """Return the settings of the phases of training: all sets, then the focus."""
    if not settings.focus.epochs:
        return [settings]
    return [settings, settings.model_copy(update=dict(settings.focus))]


def join_phases(fitted: Sequence[Fitted]) -> Fitted:
    """Return the phases as one training; the epoch kept is that of the last phase."""
    before = sum(len(each.train_losses) for each in fitted[:-1])
    return Fitted(
        train_losses=tuple(loss for each in fitted for loss in each.train_losses),
        calib_losses=tuple(loss for each in fitted for loss in each.calib_losses),
        best_epoch=before + fitted[-1].best_epoch,
        n_steps=sum(each.n_steps for each in fitted),
    )


def learn_ngrams(train: pa.Table, set_weights: dict[str, float]) -> NgramModel:
    """Return the linear model, learned from the languages that are scored."""
    scored = [lang in SCORED for lang in train.column("lang").to_pylist()]
    known = examples(train.filter(pa.array(scored)), set_weights)
    return fit_ngrams(known.texts, known.targets, known.weights)


def build(
    encoder_settings: EncoderSettings, settings: Settings, prepared: Path, base_dir: Path
) -> tuple[CommentClassifier, Tokenizer]:
    """Return the checkpoint to go on from, or an untrained classifier over the trimmed encoder."""
    if settings.train.start_from:
        model, tokenizer = load_start(settings.train.start_from)
        if settings.train.average_with:
            average(model, load_start(settings.train.average_with)[0])
        return model, tokenizer
    encoder, tokenizer = load_encoder(encoder_settings.base, base_dir)
    texts = vocabulary_texts(prepared, settings.prepare.external)
    encoder, tokenizer = trim(encoder, tokenizer, texts, min_count=encoder_settings.min_count)
    seed_everything(settings.train.seed)
    return CommentClassifier(encoder, len(OUTPUTS), settings.train.dropout), tokenizer


def load_start(folder: str) -> tuple[CommentClassifier, Tokenizer]:
    """Return what a release or a checkpoint holds."""
    start = Path(folder)
    return load_release(start) if (start / MANIFEST).is_file() else load_checkpoint(start)


def average(model: CommentClassifier, other: CommentClassifier) -> None:
    """Move the weights of `model` to the mean of both; PipelineError when shapes differ.

    Each keeps its own table of pieces: vocabularies may differ, and the table is the base's.
    """
    own, theirs = model.state_dict(), other.state_dict()
    shared = [key for key, value in own.items() if key != PIECES and value.is_floating_point()]
    if any(key not in theirs or theirs[key].shape != own[key].shape for key in shared):
        raise PipelineError(
            "train: the network to average with has another shape than the one that is trained",
            "Average releases of as many layers and labels.",
        )
    model.load_state_dict(own | {key: (own[key] + theirs[key]) / 2 for key in shared})


def make_teacher(settings: Settings, base_dir: Path) -> Teacher:
    """Return the untouched base encoder, whose vectors the network's are to resemble."""
    encoder, tokenizer = load_encoder(settings.encoder.base, base_dir)
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return Teacher(encoder.to(best_device()).eval(), tokenizer, settings.encoder.max_tokens)


def vocabulary_texts(prepared: Path, external: Path) -> Iterator[str]:
    """Yield the Latvian, Russian and English texts that decide which pieces stay.

    Training comments and unlabelled texts only: what calib and test need is not looked at.
    """
    table = read_table(prepared / "train.parquet", PREPARED, "saruna prepare")
    for text, lang in zip(table["text"].to_pylist(), table["lang"].to_pylist(), strict=True):
        if lang in SCORED:
            yield normalise(text).text
    for text in unlabelled_texts(external):
        yield normalise(text).text


def log_fit(settings: Settings, checkpoint: Path, fitted: Fitted) -> None:
    """Write the losses of every epoch to the run."""
    pairs = zip(fitted.train_losses, fitted.calib_losses, strict=True)
    for epoch, (train_loss, calib_loss) in enumerate(pairs):
        metrics = {"train_loss": train_loss, "calib_loss": calib_loss}
        tracking.log(settings.register_, checkpoint, metrics, step=epoch)
