"""Baseline: the nights that later ones are compared with, kept in a file beside them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.core.settings import ReportSettings
from pipeline.routing.watched import Watched, load, save

FILE = "drift-baseline.npz"
Watch = Callable[[Path], Watched]


@dataclass(frozen=True)
class Baseline:
    """Nights by the name of their folder; `wanted` of them make it complete."""

    nights: dict[str, Watched]
    wanted: int

    def without(self, name: str) -> list[Watched]:
        """Return the nights but for the one that is compared with them."""
        return [each for own, each in self.nights.items() if own != name]


def baseline_of(
    settings: ReportSettings,
    version: str,
    nights_dir: Path,
    others: Iterable[tuple[Path, dict[str, Any]]],
    watch: Watch,
) -> Baseline:
    """Return the first nights of this release, and keep them on file once there are enough.

    Another release scores otherwise: it gets a baseline of its own. So does a later
    `report.baseline_from`, by which people say that what they see is the new usual.
    """
    since = settings.baseline_from.isoformat() if settings.baseline_from else ""
    wanted = settings.baseline_nights
    about = {"version": version, "since": since, "wanted": str(wanted)}
    path = nights_dir / FILE
    kept = load(path, about)
    if kept is not None:
        return Baseline(kept, wanted)
    chosen = [
        place
        for place, told in others
        if told.get("model_version") == version and (told["night"] or "") >= since
        # Retention may have taken the comments of a night and left its account.
        if (place / "comments.parquet").is_file() and (place / "scores.parquet").is_file()
    ][:wanted]
    nights = {place.name: watch(place) for place in chosen}
    if len(nights) == wanted:
        save(path, nights, about)
    return Baseline(nights, wanted)
