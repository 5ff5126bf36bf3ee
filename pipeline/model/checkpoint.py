"""A checkpoint: the fine-tuned encoder folder and the head beside it."""

from pathlib import Path

import torch
from tokenizers import Tokenizer

from pipeline.core.errors import PipelineError
from pipeline.core.heads import OUTPUTS
from pipeline.core.tables import atomic_path
from pipeline.model.base import load_encoder
from pipeline.model.network import CommentClassifier
from pipeline.model.training import best_device

HEAD = "head.pt"


def save_head(model: CommentClassifier, path: Path) -> None:
    """Write the weights above the encoder and the names of the outputs."""
    state = {key: value.cpu() for key, value in above_encoder(model).items()}
    with atomic_path(path) as partial:
        torch.save({"outputs": list(OUTPUTS), "state": state}, partial)


def above_encoder(model: CommentClassifier) -> dict[str, torch.Tensor]:
    """Return the weights of everything but the encoder."""
    named = model.state_dict().items()
    return {name: value for name, value in named if not name.startswith("encoder.")}


def load_checkpoint(folder: Path) -> tuple[CommentClassifier, Tokenizer]:
    """Return the fine-tuned classifier, ready to predict, and its tokenizer.

    Raises PipelineError when there is none, or when its labels are not this program's.
    """
    if not (folder / HEAD).is_file():
        raise PipelineError(f"{folder / HEAD}: not found", "Run `saruna train` first.")
    saved = torch.load(folder / HEAD, weights_only=True)
    if tuple(saved["outputs"]) != OUTPUTS:
        raise PipelineError(
            f"{folder / HEAD}: labels are {', '.join(saved['outputs'])}, "
            f"this program knows {', '.join(OUTPUTS)}",
            "Run `saruna train` again.",
        )
    encoder, tokenizer = load_encoder(str(folder / "encoder"), folder / "encoder")
    tokenizer.no_truncation()
    tokenizer.no_padding()
    model = CommentClassifier(encoder, len(OUTPUTS))
    if saved["state"].keys() != above_encoder(model).keys():
        raise PipelineError(
            f"{folder / HEAD}: was written by another version of this program",
            "Run `saruna train` again.",
        )
    model.load_state_dict(saved["state"], strict=False)
    return model.to(best_device()).eval(), tokenizer
