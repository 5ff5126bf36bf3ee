"""The network: one encoder, mean pooling, one linear head for all labels."""

from itertools import pairwise
from typing import Any

import torch
from torch import nn


class CommentClassifier(nn.Module):
    """Multi-label classifier over a shared encoder.

    Because the head is linear and follows mean pooling, each logit is the mean over tokens of a
    token's own logit: that exact split is the second output, and the evidence that people see.
    """

    def __init__(self, encoder: Any, n_outputs: int, dropout: float = 0.1) -> None:
        super().__init__()
        self.encoder = encoder
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(encoder.config.hidden_size, n_outputs)

    def forward(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return logits (batch, outputs) and token logits (batch, tokens, outputs)."""
        hidden = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        token_logits = self.head(self.dropout(hidden))
        weight = attention_mask.unsqueeze(-1).to(token_logits.dtype)
        logits = (token_logits * weight).sum(dim=1) / weight.sum(dim=1)
        return logits, token_logits


def masked_loss(logits: torch.Tensor, targets: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """Return the weighted mean binary cross-entropy over known targets.

    `targets` is (batch, outputs) with NaN where a data set does not have the label; those places
    carry no loss. `weights` is (batch,).
    """
    known = ~torch.isnan(targets)
    loss = nn.functional.binary_cross_entropy_with_logits(
        logits.float(), torch.where(known, targets, torch.zeros_like(targets)), reduction="none"
    )
    weight = known * weights.unsqueeze(1)
    return (loss * weight).sum() / weight.sum().clamp(min=1e-6)


def parameter_groups(
    model: CommentClassifier, *, rate: float, head_rate: float, decay: float, weight_decay: float
) -> list[dict[str, Any]]:
    """Return optimiser groups: lower layers learn slower, biases and norms do not decay."""
    n_layers = model.encoder.config.num_hidden_layers
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        if not parameter.requires_grad:
            continue
        depth = layer_depth(name, n_layers)
        own_rate = head_rate if depth is None else rate * decay ** (n_layers - depth)
        own_decay = 0.0 if parameter.ndim < 2 else weight_decay
        groups.setdefault((own_rate, own_decay), []).append(parameter)
    return [
        {"params": parameters, "lr": own_rate, "weight_decay": own_decay}
        for (own_rate, own_decay), parameters in groups.items()
    ]


def layer_depth(name: str, n_layers: int) -> int | None:
    """Return 0 for embeddings, 1 to `n_layers` for encoder layers, None for the head."""
    if name.startswith("head."):
        return None
    parts = name.split(".")
    for part, follower in pairwise(parts):
        if part in {"layer", "layers"} and follower.isdigit():
            return int(follower) + 1
    return 0 if "embeddings" in name else n_layers
