"""Ablations: one short training per row, which differs from the first row in one choice.

Every row starts from the same release and reads the same comments once: the project's own, and a
part of the Russian sets. Figures are of the project's own comments in calib; test is not read.
"""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipeline.core import paths
from pipeline.core.heads import OUTPUTS
from pipeline.core.settings import Settings, load_settings
from pipeline.core.tables import PREPARED, read_table
from pipeline.model import tracking
from pipeline.model.metrics import auc
from pipeline.model.promises import PROTECTED
from pipeline.model.restore import load_release
from pipeline.model.training import examples, fit, predict, targets_of
from pipeline.stages.train import make_teacher

OWN = ("seed", "annotated-")
LANGS = ("lv", "ru")
READ = {
    "seed": 2.0,
    "ru-2ch-pikabu": 0.2,
    "ru-okru-10pct": 0.1,
    "annotated-lv-tweets-merged": 1.0,
    "annotated-lv-tweets-government-buls": 1.0,
    "annotated-vk-mkwm2022": 1.0,
}
"""How often a row of a set is read; sets that are not named are left out."""
CRITICISM_FLAGGED = 0.03

VARIANTS: dict[str, dict[str, Any]] = {
    "plain": {},
    "no respelling": {"augment": 0.0},
    "encoder dropout 0.2": {"encoder_dropout": 0.2},
    "token dropout 0.1": {"token_dropout": 0.1},
    "label smoothing 0.1": {"label_smoothing": 0.1},
    "focal loss, gamma 2": {"focal_gamma": 2.0},
    "running mean 0.995": {"average": 0.995},
    "embeddings learn": {"freeze_embeddings": False},
    "layers learn alike": {"layer_decay": 1.0},
    "own comments alone": {"set_weights": {"ru-2ch-pikabu": 0.0, "ru-okru-10pct": 0.0}},
    "with Polish": {"set_weights": {"pl-komentarze": 0.5}},
}


def variant(settings: Settings, changes: Mapping[str, Any]) -> Settings:
    """Return the settings of one row: one epoch, no focus."""
    weights = {**READ, **changes.get("set_weights", {})}
    plain = {"epochs": 1, "learning_rate": 1e-4, "augment": 0.45, "batch_tokens": 2048}
    train = {**plain, **changes, "set_weights": weights}
    return settings.model_copy(update={"train": settings.train.model_copy(update=train)})


def own(table: pa.Table) -> pa.Table:
    """Return the project's own comments in the languages that are judged."""
    pairs = zip(table["set"].to_pylist(), table["lang"].to_pylist(), strict=True)
    return table.filter(pa.array([name.startswith(OWN) and lang in LANGS for name, lang in pairs]))


def figures(table: pa.Table, logits: npt.NDArray[np.float32]) -> dict[str, float]:
    """Return, per language, AUC of abuse and recall where 3 % of lawful criticism is flagged."""
    at = OUTPUTS.index("abuse")
    langs = np.array(table["lang"].to_pylist())
    protected = np.isin(table["slice"].to_pylist(), PROTECTED)
    truth = targets_of(table)[:, at]
    known = ~np.isnan(truth)
    result: dict[str, float] = {}
    for lang in LANGS:
        here = known & (langs == lang)
        positive = here & (truth > 0.5)
        cut = np.quantile(logits[here & protected & ~positive, at], 1 - CRITICISM_FLAGGED)
        result[f"auc_{lang}"] = auc(logits[here, at], truth[here] > 0.5)
        result[f"recall_{lang}"] = float((logits[positive, at] > cut).mean())
    return result


def train(settings: Settings, prepared: Path, start: Path) -> dict[str, float]:
    """Train once from a release and return the figures."""
    table = read_table(prepared / "train.parquet", PREPARED, "saruna prepare")
    weights = settings.train.set_weights
    table = table.filter(pa.array([weights.get(name, 0) > 0 for name in table["set"].to_pylist()]))
    calib = own(read_table(prepared / "calib.parquet", PREPARED, "saruna prepare"))
    model, tokenizer = load_release(start)
    seen = examples(calib, {})
    fitted = fit(
        model,
        tokenizer,
        examples(table, weights),
        seen,
        settings.train,
        max_tokens=settings.encoder.max_tokens,
        teacher=make_teacher(settings, paths.ROOT / "models" / "base"),
    )
    logits = predict(model, tokenizer, seen.texts, settings.encoder.max_tokens)
    return {"calib_loss": fitted.calib_losses[fitted.best_epoch], **figures(calib, logits)}


def main() -> None:
    """Print one row per variant as it ends."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prepared", type=Path, default=paths.ROOT / "data" / "prepared")
    parser.add_argument("--start", type=Path, default=paths.ROOT / "models" / "release")
    parser.add_argument("--only", nargs="*", choices=tuple(VARIANTS), default=list(VARIANTS))
    args = parser.parse_args()
    settings = load_settings()
    print("| variant | loss on calib | lv AUC | lv recall | ru AUC | ru recall |")
    print("|---|---|---|---|---|---|")
    for name in args.only:
        asked = variant(settings, VARIANTS[name])
        found = train(asked, args.prepared, args.start)
        tracking.note_trial(asked, name, tracking.flat(asked.train.model_dump(mode="json")), found)
        cells = [found[key] for key in ("calib_loss", "auc_lv", "recall_lv", "auc_ru", "recall_ru")]
        print(f"| {name} | " + " | ".join(f"{cell:.3f}" for cell in cells) + " |", flush=True)


if __name__ == "__main__":
    main()
