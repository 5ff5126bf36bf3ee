"""Keeping the base encoder's retrieval space while the encoder learns to classify.

Claims and paraphrases are found by vectors, and one pass must serve heads and retrieval alike. So
the network's vectors are drawn, batch by batch, towards those of the untouched base encoder: each
vector towards its own (cosine), and every text's ranking of the others towards the base's ranking
(relational distillation: Park et al. 2019, arXiv 1904.05068; here as a Kullback-Leibler term).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from tokenizers import Tokenizer
from torch.nn import functional

from pipeline.core import paths
from pipeline.core.settings import EncoderSettings
from pipeline.model.base import load_encoder
from pipeline.model.tokens import model_input, pad, padding_id, windows

SHARPNESS = 20.0
"""Turns cosines, which lie close together in this encoder, into rankings."""
LEAST = 4
"""A ranking of fewer texts says nothing."""
BATCH = 64


@dataclass(frozen=True)
class Teacher:
    """The base encoder as it came, and its tokenizer."""

    encoder: Any
    tokenizer: Tokenizer
    max_tokens: int

    def vectors(self, texts: Sequence[str]) -> torch.Tensor:
        """Return unit vectors of shape (texts, width): the mean over the first window's tokens."""
        cut = windows(self.tokenizer, [model_input(text) for text in texts], self.max_tokens)
        first = {window.text: window.ids for window in reversed(cut)}
        rows = [first[number] for number in range(len(texts))]
        ids, mask = (torch.from_numpy(each) for each in pad(rows, padding_id(self.tokenizer)))
        device = next(self.encoder.parameters()).device
        with torch.inference_mode(), torch.autocast(device.type, dtype=torch.bfloat16):
            out = self.encoder(input_ids=ids.to(device), attention_mask=mask.to(device))
        weight = mask.to(device).unsqueeze(-1)
        mean = (out.last_hidden_state.float() * weight).sum(dim=1) / weight.sum(dim=1)
        return functional.normalize(mean, dim=-1).clone()


def retrieval_loss(own: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """Return how far vectors are from the teacher's; both of shape (texts, width), unit length."""
    loss = (1 - (own * wanted).sum(dim=1)).mean()
    if len(own) < LEAST:
        return loss
    itself = torch.eye(len(own), dtype=torch.bool, device=own.device)
    far = torch.finfo(torch.float32).min
    target = (SHARPNESS * wanted @ wanted.T).masked_fill(itself, far).softmax(dim=1)
    ranking = (SHARPNESS * own @ own.T).masked_fill(itself, far).log_softmax(dim=1)
    return loss + functional.kl_div(ranking, target, reduction="batchmean")


def base_encoder(settings: EncoderSettings) -> Callable[[Sequence[str]], npt.NDArray[np.float32]]:
    """Return what gives the untrained base encoder's unit vector of each text, as rows."""
    encoder, tokenizer = load_encoder(settings.base, paths.ROOT / "models" / "base")
    teacher = Teacher(encoder.eval(), tokenizer, settings.max_tokens)

    def encode(texts: Sequence[str]) -> npt.NDArray[np.float32]:
        rows = np.zeros((len(texts), encoder.config.hidden_size), np.float32)
        # Texts of like length together: padding costs as much as words.
        order = sorted(range(len(texts)), key=lambda at: len(texts[at]))
        for start in range(0, len(order), BATCH):
            chosen = order[start : start + BATCH]
            rows[chosen] = teacher.vectors([texts[at] for at in chosen]).numpy()
        return rows

    return encode
