"""Capacity: which cases are proposed when people can look at so many a day, and in which order.

Three orders compete each night: by expected harm, by uncertainty, and mixtures of both. The one
that is expected to catch most errors within today's capacity is taken. Threats and personal data
are proposed in any case.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
MIXTURES = {"harm": 1.0, "mixed_75": 0.75, "mixed_50": 0.5, "mixed_25": 0.25, "uncertainty": 0.0}
"""Order -> weight of harm against uncertainty; on equal estimates the first wins."""
POINTS = 21
"""Points of a curve: 0, 5, ... 100 % of the cases."""


@dataclass(frozen=True)
class Curve:
    """How many errors an order is expected to catch within a capacity."""

    order: str
    caught: float
    """Within today's capacity."""
    points: tuple[float, ...]
    """Caught within 0, 5, ... 100 % of the cases."""


def place(values: Floats) -> Floats:
    """Return each value's place from 0 to 1, the highest last; equal values share one."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    after = np.cumsum(counts)
    found: Floats = ((after - (counts - 1) / 2) / max(len(values), 1))[inverse]
    return found


def orders(harm: Floats, margin: Floats, first: Flags) -> dict[str, Codes]:
    """Return the cases in each order, the first to be reviewed first; ties by position.

    `margin` is how far the nearest cut is: the smaller, the less certain. Cases in `first` stand
    before all others in every order.
    """
    harm_place, doubt_place = place(harm), place(-margin)
    return {
        name: np.lexsort((-(weight * harm_place + (1 - weight) * doubt_place), ~first))
        for name, weight in MIXTURES.items()
    }


def curve(name: str, order: Codes, error: Floats, capacity: int) -> Curve:
    """Return the error-catching curve of an order; `error` is each case's chance of one."""
    caught = np.concatenate([[0.0], np.cumsum(np.nan_to_num(error)[order])])
    at = np.linspace(0, len(order), POINTS).astype(int)
    return Curve(
        name,
        round(float(caught[min(capacity, len(order))]), 3),
        tuple(round(float(each), 3) for each in caught[at]),
    )


def best(curves: Sequence[Curve]) -> Curve:
    """Return the curve that catches most within today's capacity; the first of equal ones."""
    return max(curves, key=lambda each: each.caught)


def choose(
    found: dict[str, Codes], error: Floats, capacity: int, wanted: str = "auto"
) -> tuple[Codes, str, tuple[Curve, ...]]:
    """Return the cases in tonight's order, its name, and the curves of all orders."""
    curves = tuple(curve(name, order, error, capacity) for name, order in found.items())
    name = best(curves).order if wanted == "auto" else wanted
    return found[name], name, curves


def sample_size(n: int, share: float, most: float, lot: float) -> tuple[int, float]:
    """Return how many of n are drawn tonight, and how many in the mean of all nights.

    `lot`, from 0 to 1, decides about the part of a comment, so that a small institution is not
    passed over every night.
    """
    target = min(share * n, most, float(n))
    return min(n, int(target + lot)), target


def drawn(keys: Floats, among: Flags, n: int) -> Flags:
    """Return the n comments with the smallest keys."""
    rows = np.flatnonzero(among)
    chosen = np.zeros(len(keys), dtype=bool)
    chosen[rows[np.argsort(keys[rows], kind="stable")[:n]]] = True
    return chosen
