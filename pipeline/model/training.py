"""Fine-tuning: token-budget batches, masked loss, bf16 autocast, early stopping, fixed seeds."""

import math
import os
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import torch
from tokenizers import Tokenizer
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from pipeline.core.errors import PipelineError
from pipeline.core.heads import OUTPUTS
from pipeline.core.settings import TrainSettings
from pipeline.core.text import readings
from pipeline.model.augmentation import augment
from pipeline.model.distillation import Teacher, retrieval_loss
from pipeline.model.network import CommentClassifier, masked_loss, parameter_groups
from pipeline.model.tokens import bucket, model_input, pad, padding_id, windows

Progress = Callable[[int, int], None]
"""Called with (steps done, steps in all)."""


@dataclass(frozen=True)
class Examples:
    """Training texts, as the model reads them, with what is known of them.

    `targets` has shape (texts, outputs), NaN where unknown; `weights` has shape (texts,).
    """

    texts: tuple[str, ...]
    langs: tuple[str, ...]
    targets: npt.NDArray[np.float32]
    weights: npt.NDArray[np.float32]


@dataclass(frozen=True)
class Fitted:
    """How training went: one entry per epoch, and which epoch was kept (from 0)."""

    train_losses: tuple[float, ...]
    calib_losses: tuple[float, ...]
    best_epoch: int
    n_steps: int


def examples(table: pa.Table, set_weights: dict[str, float]) -> Examples:
    """Return a PREPARED table as examples."""
    langs = table.column("lang").to_pylist()
    weights = [set_weights.get(name, 1.0) for name in table.column("set").to_pylist()]
    return Examples(
        texts=tuple(readings(table.column("text").to_pylist(), langs)),
        langs=tuple(langs),
        targets=targets_of(table),
        weights=np.array(weights, dtype=np.float32),
    )


def targets_of(table: pa.Table) -> npt.NDArray[np.float32]:
    """Return what a PREPARED table knows: shape (rows, outputs), NaN where unknown."""
    columns = [table.column(f"is_{name}").to_pylist() for name in OUTPUTS]
    return np.array(
        [[np.nan if value is None else float(value) for value in column] for column in columns],
        dtype=np.float32,
    ).T.reshape(table.num_rows, len(OUTPUTS))


def best_device() -> torch.device:
    """Return the GPU when there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def fit(
    model: CommentClassifier,
    tokenizer: Tokenizer,
    train: Examples,
    calib: Examples,
    settings: TrainSettings,
    *,
    max_tokens: int,
    teacher: Teacher | None = None,
    progress: Progress | None = None,
) -> Fitted:
    """Fine-tune `model` in place and leave it at its best epoch by the loss on calib.

    With a teacher every `settings.retrieval_every`th step also draws the vectors towards its own.
    """
    seed_everything(settings.seed)
    torch.set_num_threads(settings.threads or os.cpu_count() or 1)
    device = best_device()
    model.to(device)
    for parameter in model.encoder.get_input_embeddings().parameters():
        parameter.requires_grad = not settings.freeze_embeddings
    set_encoder_dropout(model, settings.encoder_dropout)
    averaged = running_mean(model, settings.average)
    kept = averaged.module if averaged else model
    rng = random.Random(settings.seed)
    epochs = [list(batches(tokenizer, train, settings, max_tokens, rng))]
    n_steps = len(epochs[0]) * settings.epochs
    optimiser = torch.optim.AdamW(
        parameter_groups(
            model,
            rate=settings.learning_rate,
            head_rate=settings.head_learning_rate,
            decay=settings.layer_decay,
            weight_decay=settings.weight_decay,
        )
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: rate_share(step, n_steps, settings.warmup_share)
    )
    losses: list[float] = []
    calib_losses: list[float] = []
    best_state: dict[str, torch.Tensor] = {}
    best_epoch, done = 0, 0
    for epoch in range(settings.epochs):
        plan = epochs.pop() if epochs else batches(tokenizer, train, settings, max_tokens, rng)
        model.train()
        total, n_batches = 0.0, 0
        for batch in plan:
            taught = teacher if n_batches % max(1, settings.retrieval_every) == 0 else None
            total += step(model, batch, optimiser, schedule, settings, taught)
            if averaged:
                averaged.update_parameters(model)
            n_batches += 1
            done += 1
            if progress:
                progress(min(done, n_steps), n_steps)
        losses.append(total / max(1, n_batches))
        calib_losses.append(evaluate_loss(kept, tokenizer, calib, max_tokens))
        if not math.isfinite(calib_losses[-1]):
            raise PipelineError(
                f"train: the loss on calib is {calib_losses[-1]} after epoch {epoch + 1}",
                "Lower train.learning_rate in params.yaml, or look for a set without labels.",
            )
        if calib_losses[-1] <= min(calib_losses):
            best_epoch = epoch
            best_state = {key: value.clone() for key, value in kept.state_dict().items()}
        elif epoch - best_epoch >= settings.patience:
            break
    model.load_state_dict(best_state)
    model.eval()
    return Fitted(tuple(losses), tuple(calib_losses), best_epoch, done)


def set_encoder_dropout(model: CommentClassifier, share: float) -> None:
    """Set the dropout of every layer of the encoder, and of its attention."""
    for module in model.encoder.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = share


def running_mean(model: CommentClassifier, decay: float) -> AveragedModel | None:
    """Return the running mean of a model's weights, None when none is asked for."""
    if not decay:
        return None
    return AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(decay))


def seed_everything(seed: int) -> None:
    """Fix the random state of torch and of numpy."""
    torch.manual_seed(seed)
    np.random.seed(seed)


def repeated(weights: npt.NDArray[np.float32], rng: random.Random) -> list[int]:
    """Return the indices of one epoch: of weight 3 three times, of weight 0.3 in 3 of 10 epochs.

    Reading again, respelled anew, beats a larger loss: every copy differs.
    """
    return [
        index
        for index, weight in enumerate(weights)
        for _ in range(int(weight) + (rng.random() < weight % 1))
    ]


@dataclass(frozen=True)
class Batch:
    """One training step: ids and mask (rows, tokens), targets (rows, outputs), plain texts."""

    ids: npt.NDArray[np.int64]
    mask: npt.NDArray[np.int64]
    targets: npt.NDArray[np.float32]
    texts: tuple[str, ...]


def batches(
    tokenizer: Tokenizer,
    train: Examples,
    settings: TrainSettings,
    max_tokens: int,
    rng: random.Random,
) -> Iterator[Batch]:
    """Yield one epoch of shuffled, length-bucketed batches, some texts respelled."""
    indices = repeated(train.weights, rng)
    texts = [
        augment(train.texts[index], train.langs[index], rng)
        if rng.random() < settings.augment
        else train.texts[index]
        for index in indices
    ]
    # A text longer than the window is learned from its first window only.
    first: dict[int, Sequence[int]] = {}
    langs = [train.langs[index] for index in indices]
    inputs = [model_input(text, lang) for text, lang in zip(texts, langs, strict=True)]
    for window in windows(tokenizer, inputs, max_tokens):
        first.setdefault(window.text, window.ids)
    rows = [first[number] for number in range(len(texts))]
    pad_id = padding_id(tokenizer)
    for chosen in bucket([len(row) for row in rows], settings.batch_tokens, shuffle=rng):
        ids, mask = pad([rows[number] for number in chosen], pad_id)
        places = [indices[number] for number in chosen]
        yield Batch(ids, mask, train.targets[places], tuple(train.texts[at] for at in places))


def rate_share(step: int, n_steps: int, warmup_share: float) -> float:
    """Return the share of the learning rate: linear warm-up, then a cosine down to 5 %."""
    n_warm = max(1, int(n_steps * warmup_share))
    if step < n_warm:
        return (step + 1) / n_warm
    rest = min(1.0, (step - n_warm) / max(1, n_steps - n_warm))
    return 0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * rest))


def thinned(mask: torch.Tensor, share: float) -> torch.Tensor:
    """Return a mask (rows, tokens) without a random share of the tokens, never of the first."""
    if not share:
        return mask
    hidden = torch.rand(mask.shape, device=mask.device) < share
    hidden[:, 0] = False
    return mask.masked_fill(hidden, 0)


def step(
    model: CommentClassifier,
    batch: Batch,
    optimiser: Any,
    schedule: Any,
    settings: TrainSettings,
    teacher: Teacher | None,
) -> float:
    """Take one optimiser step and return the loss of the labels."""
    device = next(model.parameters()).device
    mask = thinned(torch.from_numpy(batch.mask).to(device), settings.token_dropout)
    with torch.autocast(device.type, dtype=torch.bfloat16):
        logits, _, vectors = model(torch.from_numpy(batch.ids).to(device), mask)
    loss = masked_loss(
        logits,
        torch.from_numpy(batch.targets).to(device),
        torch.ones(len(batch.targets), device=device),
        smoothing=settings.label_smoothing,
        gamma=settings.focal_gamma,
    )
    whole = loss + retrieval_loss(vectors, teacher.vectors(batch.texts)) if teacher else loss
    optimiser.zero_grad(set_to_none=True)
    whole.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimiser.step()
    schedule.step()
    return float(loss.detach())


def predict(
    model: CommentClassifier,
    tokenizer: Tokenizer,
    texts: Sequence[str],
    max_tokens: int,
    *,
    autocast: bool = True,
    batch_tokens: int = 8192,
) -> npt.NDArray[np.float32]:
    """Return logits of shape (texts, outputs); a long text takes the largest of its windows."""
    model.eval()
    device = next(model.parameters()).device
    cut = windows(tokenizer, [model_input(text) for text in texts], max_tokens)
    logits = np.full((len(texts), len(OUTPUTS)), -np.inf, dtype=np.float32)
    pad_id = padding_id(tokenizer)
    with torch.inference_mode():
        for chosen in bucket([len(window.ids) for window in cut], batch_tokens):
            ids, mask = pad([cut[number].ids for number in chosen], pad_id)
            with torch.autocast(device.type, dtype=torch.bfloat16, enabled=autocast):
                out, _, _ = model(
                    torch.from_numpy(ids).to(device), torch.from_numpy(mask).to(device)
                )
            owners = [cut[number].text for number in chosen]
            np.maximum.at(logits, owners, out.float().cpu().numpy())
    return logits


def evaluate_loss(
    model: CommentClassifier, tokenizer: Tokenizer, calib: Examples, max_tokens: int
) -> float:
    """Return the masked loss on calib, sets with a higher weight counting more."""
    logits = predict(model, tokenizer, calib.texts, max_tokens)
    loss = masked_loss(
        torch.from_numpy(logits), torch.from_numpy(calib.targets), torch.from_numpy(calib.weights)
    )
    return float(loss)
