"""Plots of the model card: precision against recall, and reliability."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import numpy.typing as npt
from sklearn.metrics import precision_recall_curve

from pipeline.core.tables import atomic_path

Floats = npt.NDArray[np.float64]


def figure(title: str) -> tuple[Any, Any]:
    """Return a figure drawn without a screen, and its axes."""
    matplotlib.use("Agg")
    from matplotlib.figure import Figure

    drawn = Figure(figsize=(6, 5), layout="constrained")
    axes = drawn.subplots()
    axes.set_title(title)
    axes.grid(visible=True, alpha=0.3)
    return drawn, axes


def plot_precision_recall(
    probs: Floats, targets: npt.NDArray[np.float32], outputs: Sequence[str], path: Path
) -> None:
    """Draw precision against recall for every output that has both classes."""
    drawn, axes = figure("Precision and recall on test")
    for column, output in enumerate(outputs):
        known = ~np.isnan(targets[:, column])
        truth = targets[known, column] > 0.5
        if 0 < truth.sum() < len(truth):
            precision, recall, _ = precision_recall_curve(truth, probs[known, column])
            axes.plot(recall, precision, label=f"{output} ({int(truth.sum())})")
    axes.set_xlabel("recall")
    axes.set_ylabel("precision")
    axes.legend(fontsize=8)
    save(drawn, path)


def plot_reliability(
    probs: Floats,
    targets: npt.NDArray[np.float32],
    langs: Sequence[str],
    outputs: Sequence[str],
    path: Path,
) -> None:
    """Draw the observed share of abuse against its probability, per language."""
    drawn, axes = figure("Reliability of `abuse` on test")
    column = list(outputs).index("abuse")
    known = ~np.isnan(targets[:, column])
    axes.plot([0, 1], [0, 1], color="grey", linewidth=1)
    for lang in sorted(set(langs)):
        rows = known & (np.asarray(langs) == lang)
        if rows.sum() < 100:
            continue
        order = np.argsort(probs[rows, column], kind="stable")
        own, truth = probs[rows, column][order], targets[rows, column][order]
        bins = np.array_split(np.arange(len(own)), 10)
        axes.plot([own[b].mean() for b in bins], [truth[b].mean() for b in bins], "o-", label=lang)
    axes.set_xlabel("probability")
    axes.set_ylabel("observed share")
    axes.legend(fontsize=8)
    save(drawn, path)


def save(drawn: Any, path: Path) -> None:
    """Write a figure as PNG so that the file is whole or absent."""
    with atomic_path(path) as partial:
        drawn.savefig(partial, format="png", dpi=110)
