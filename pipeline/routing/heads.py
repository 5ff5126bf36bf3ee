"""Heads: one logistic regression per kind of violation on frozen vectors, fitted together."""

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

Vectors = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]
SCALE = 4.0
"""Unit vectors are stretched by this, so that the pull to zero leaves the heads free to be sure."""
ROUNDS = 25
"""Enough from the heads of the week before, which the next ones start from."""
LEAST = 3
"""A kind with fewer examples has no head yet."""
ASLEEP = -20.0
SUREST = 60.0
"""Log odds are cut off here: their exponential still fits."""


def fit(vectors: Vectors, targets: Vectors, weights: Vectors, start: Floats) -> Floats:
    """Return the heads of least weighted log loss, shape (width + 1, kinds), the last row a shift.

    `targets` has shape (rows, kinds).
    """
    scaled, shape = vectors * np.float32(SCALE), start.shape

    def loss(flat: Floats) -> tuple[float, Floats]:
        heads = flat.reshape(shape).astype(np.float32)
        logits = np.clip(scaled @ heads[:-1] + heads[-1], -SUREST, SUREST)
        off = weights[:, None] * (1 / (1 + np.exp(-logits)) - targets)
        own = weights[:, None] * (np.logaddexp(0, logits) - targets * logits)
        slope = np.vstack([scaled.T @ off + heads[:-1], off.sum(axis=0)])
        return float(own.sum() + (heads[:-1] ** 2).sum() / 2), slope.ravel().astype(np.float64)

    found = minimize(
        loss, start.ravel(), jac=True, method="L-BFGS-B", options={"maxiter": ROUNDS, "ftol": 1e-6}
    )
    heads: Floats = found.x.reshape(shape)
    # What nobody has seen is not spoken of.
    heads[:, targets.sum(axis=0) < LEAST] = 0
    heads[-1, targets.sum(axis=0) < LEAST] = ASLEEP
    return heads


def speak(vectors: Vectors, heads: Floats) -> Floats:
    """Return the largest log odds of any kind, per comment."""
    found = (SCALE * (vectors @ heads[:-1]) + heads[-1]).max(axis=1)
    return np.asarray(np.clip(found, -SUREST, SUREST), dtype=np.float64)
