"""The network: one encoder, attention pooling per label, and a vector for retrieval."""

from itertools import pairwise
from typing import Any

import torch
from torch import nn

FIRST_FOCUS = 0.3
"""How strongly an output attends to its strongest tokens before training; 0 is the plain mean."""
FAR = 1e4
"""What keeps padding out of the attention; finite, so that bfloat16 holds it."""
LEAST_REST = 1e-3
"""Keeps the effect of a token finite that has nearly all attention."""


class CommentClassifier(nn.Module):
    """Multi-label classifier over a shared encoder, with a vector for retrieval from the same pass.

    Every token has a logit of its own per output; an output attends to its strongest tokens, so
    that one insult at the end of long criticism is not averaged away (attention pooling as in
    multiple-instance learning: Ilse et al. 2018, arXiv 1802.04712). A text's logit is a weighted
    mean of its tokens' logits, so what it would be without a token is known exactly: that effect
    of every token is the evidence that people see.
    """

    def __init__(self, encoder: Any, n_outputs: int, dropout: float = 0.1) -> None:
        super().__init__()
        width = encoder.config.hidden_size
        self.encoder = encoder
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(width, n_outputs)
        self.focus = nn.Parameter(torch.full((n_outputs,), FIRST_FOCUS))
        self.retrieval = nn.Linear(width, width, bias=False)
        nn.init.eye_(self.retrieval.weight)

    def forward(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return logits (batch, outputs), token effects (batch, tokens, outputs), unit vectors.

        An effect says by how much the logit falls when attention passes over the token. Vectors
        have shape (batch, width).
        """
        hidden = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        token_logits = self.head(self.dropout(hidden)).float()
        mask = attention_mask.unsqueeze(-1).to(token_logits.dtype)
        attention = torch.softmax(token_logits * self.focus - (1 - mask) * FAR, dim=1)
        logits = (attention * token_logits).sum(dim=1)
        effects = attention * (token_logits - logits.unsqueeze(1)) / (1 - attention + LEAST_REST)
        mean = (hidden.float() * mask).sum(dim=1) / mask.sum(dim=1)
        vectors = nn.functional.normalize(self.retrieval(mean).float(), dim=-1)
        return logits, effects, vectors


def masked_loss(
    logits: torch.Tensor,
    targets: torch.Tensor,
    weights: torch.Tensor,
    *,
    smoothing: float = 0.0,
    gamma: float = 0.0,
) -> torch.Tensor:
    """Return the weighted mean binary cross-entropy over known targets.

    `targets` is (batch, outputs) with NaN where a data set does not have the label; those places
    carry no loss. `weights` is (batch,). Smoothing draws targets towards one half; `gamma` above 0
    makes it the focal loss (Lin et al. 2017, arXiv 1708.02002, without its class weights).
    """
    known = ~torch.isnan(targets)
    wanted = torch.where(known, targets, torch.zeros_like(targets))
    loss = nn.functional.binary_cross_entropy_with_logits(
        logits.float(), wanted * (1 - smoothing) + smoothing / 2, reduction="none"
    )
    if gamma:
        probs = torch.sigmoid(logits.float())
        loss = loss * (wanted - probs).abs() ** gamma
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
    """Return 0 for embeddings, 1 to `n_layers` for encoder layers, None for what is above them."""
    if not name.startswith("encoder."):
        return None
    parts = name.split(".")
    for part, follower in pairwise(parts):
        if part in {"layer", "layers"} and follower.isdigit():
            return int(follower) + 1
    return 0 if "embeddings" in name else n_layers
