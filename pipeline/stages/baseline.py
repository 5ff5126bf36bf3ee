"""Baseline: what simpler models reach on the same rows, and what more labels would bring.

Reads   train.parquet, test.parquet, stranger.parquet, the base encoder
Writes  reports/baselines.json
"""

import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipeline.core.heads import SCORED
from pipeline.core.settings import Settings
from pipeline.core.tables import PREPARED, read_table, write_text
from pipeline.model.base import load_encoder
from pipeline.model.baselines import Floats, Predict, fit_tfidf, fit_vectors
from pipeline.model.distillation import Teacher
from pipeline.model.metrics import measure

SHARES = (0.25, 0.5, 1.0)
"""Points of the learning curve: parts of the project's own labels."""
LEAST = 25
BATCH = 64


@dataclass(frozen=True)
class Rows:
    """Comments whose `abuse` is known: arrays of shape (comments,)."""

    texts: tuple[str, ...]
    langs: npt.NDArray[np.str_]
    sets: npt.NDArray[np.str_]
    truth: npt.NDArray[np.bool_]

    def take(self, chosen: npt.NDArray[np.bool_]) -> "Rows":
        """Return the chosen comments."""
        texts = tuple(text for text, each in zip(self.texts, chosen, strict=True) if each)
        return Rows(texts, self.langs[chosen], self.sets[chosen], self.truth[chosen])

    @property
    def is_own(self) -> npt.NDArray[np.bool_]:
        """Which comments the project itself wrote or annotated."""
        return np.array([name == "seed" or name.startswith("annotated-") for name in self.sets])


@dataclass(frozen=True)
class Summary:
    """How many comments the simpler models learned from and were measured on."""

    n_train: int
    n_test: int
    n_sets: int


def run(settings: Settings, prepared: Path, base_dir: Path, out_dir: Path) -> Summary:
    """Write the figures of the simpler models, of sets as strangers, and the learning curve."""
    train, test, stranger = (
        known_rows(read_table(prepared / f"{name}.parquet", PREPARED, "saruna prepare"))
        for name in ("train", "test", "stranger")
    )
    some = train.take(sampled(train, settings.baseline.max_encoded, settings.baseline.seed))
    encode = encoder_of(settings, base_dir)
    vectors = {id(rows): encode(rows.texts) for rows in (some, test, stranger)}
    of_vectors = fit_vectors(vectors[id(some)], some.truth)
    tfidf = fit_tfidf(train.texts, train.truth)
    models: Mapping[str, Callable[[Rows], Floats]] = {
        "tfidf": lambda rows: tfidf(rows.texts),
        "frozen_encoder": lambda rows: of_vectors(vectors[id(rows)]),
    }
    found = {
        "models": {
            name: {
                set_name: figures
                for rows in (test, stranger)
                if rows.texts
                for set_name, figures in per_set(model(rows), rows).items()
            }
            for name, model in models.items()
        },
        "strangers": strangers(train, test),
        "curve": curve(some, vectors[id(some)], test, vectors[id(test)], settings.baseline.seed),
        "n_encoded": len(some.texts),
    }
    write_text(out_dir / "baselines.json", json.dumps(found, indent=1, ensure_ascii=False))
    return Summary(len(train.texts), len(test.texts), len(set(train.sets)))


def known_rows(table: pa.Table) -> Rows:
    """Return the comments of scored languages whose `abuse` is known."""
    rows = [
        row
        for row in table.select(["text", "lang", "set", "is_abuse"]).to_pylist()
        if row["is_abuse"] is not None and row["lang"] in SCORED
    ]
    return Rows(
        tuple(row["text"] for row in rows),
        np.array([row["lang"] for row in rows], dtype=np.str_),
        np.array([row["set"] for row in rows], dtype=np.str_),
        np.array([row["is_abuse"] for row in rows], dtype=bool),
    )


def sampled(rows: Rows, limit: int, seed: int) -> npt.NDArray[np.bool_]:
    """Return which comments are encoded: all of the project's own, and others up to the limit."""
    own = rows.is_own
    others = np.flatnonzero(~own).tolist()
    room = max(0, limit - int(own.sum()))
    own[random.Random(seed).sample(others, min(room, len(others)))] = True
    return own


def encoder_of(settings: Settings, base_dir: Path) -> Callable[[Sequence[str]], Any]:
    """Return a function from texts to the untouched base encoder's vectors (texts, width)."""
    encoder, tokenizer = load_encoder(settings.encoder.base, base_dir)
    tokenizer.no_truncation()
    tokenizer.no_padding()
    teacher = Teacher(encoder.eval(), tokenizer, settings.encoder.max_tokens)

    def encode(texts: Sequence[str]) -> npt.NDArray[np.float32]:
        order = sorted(range(len(texts)), key=lambda at: len(texts[at]))
        pieces = [order[at : at + BATCH] for at in range(0, len(order), BATCH)]
        vectors = [teacher.vectors([texts[at] for at in piece]).numpy() for piece in pieces]
        result = np.empty((len(texts), encoder.config.hidden_size), dtype=np.float32)
        for piece, found in zip(pieces, vectors, strict=True):
            result[piece] = found
        return result

    return encode


def per_set(probs: Floats, rows: Rows) -> dict[str, Any]:
    """Return F1 and AUC of `abuse` at 0.5 on every set and language with enough comments."""
    result: dict[str, Any] = {}
    for name in sorted(set(rows.sets)):
        chosen = rows.sets == name
        if chosen.sum() >= LEAST:
            result[str(name)] = measure(probs[chosen], rows.truth[chosen], 0.5).as_dict()
    return result


def strangers(train: Rows, test: Rows) -> dict[str, Any]:
    """Return the figures of every set as a stranger: TF-IDF that learned from all the others."""
    result: dict[str, Any] = {}
    for name in sorted(set(test.sets)):
        chosen = test.sets == name
        others = train.take(train.sets != name)
        if chosen.sum() >= LEAST and has_both(test.truth[chosen]) and has_both(others.truth):
            predict: Predict = fit_tfidf(others.texts, others.truth)
            found = predict(test.take(chosen).texts)
            result[str(name)] = measure(found, test.truth[chosen], 0.5).as_dict()
    return result


def has_both(truth: npt.NDArray[np.bool_]) -> bool:
    """Tell whether both classes occur."""
    return bool(truth.any() and not truth.all())


def curve(
    train: Rows,
    vectors: npt.NDArray[np.float32],
    test: Rows,
    test_vectors: npt.NDArray[np.float32],
    seed: int,
) -> dict[str, Any]:
    """Return AUC on the project's own test comments against parts of its own labels.

    Measured on the frozen encoder with a linear head, since training the network for every point
    would take hours; the other half of the own labels, and all public ones, stay in.
    """
    rng = np.random.default_rng(seed)
    draws = rng.random(len(train.texts))
    result: dict[str, Any] = {}
    for part in ("seed", "annotated"):
        mine = np.char.startswith(train.sets, part)
        for share in SHARES:
            kept = ~mine | (draws < share)
            predict = fit_vectors(vectors[kept], train.truth[kept])
            for lang in ("lv", "ru"):
                chosen = test.is_own & (test.langs == lang)
                if chosen.sum() >= LEAST:
                    found = measure(predict(test_vectors[chosen]), test.truth[chosen], 0.5)
                    place = result.setdefault(part, {}).setdefault(lang, {})
                    place[f"{share:g}"] = {
                        "n_own": int((mine & kept).sum()),
                        "auc": round(found.auc, 4) if found.auc is not None else None,
                    }
    return result
