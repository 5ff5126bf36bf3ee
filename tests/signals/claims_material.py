"""Small claim bases with made-up vectors: what a test says of matching must not need an encoder."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from pipeline.core import paths
from pipeline.signals.claims.base import Vectors, merge
from pipeline.signals.claims.importing import read_sources
from pipeline.signals.claims.index import Projection
from pipeline.signals.claims.matching import Matcher
from pipeline.signals.claims.model import load_model
from pipeline.signals.claims.night import indexed
from pipeline.signals.claims.records import Claim
from pipeline.signals.claims.terms import load_glossary, terms_of

SHIPPED = paths.ROOT / "data" / "claims"
WIDTH = 384
HEADER = "claim\tlang\tverdict\tpublisher\tdate\taddress\n"
GLOSSARY = load_glossary(SHIPPED / "concepts.tsv")


def encode(texts: Sequence[str]) -> Vectors:
    """Return unit vectors in which texts with common terms lie close, as an encoder's would."""
    rows = np.full((len(texts), WIDTH), 0.05, np.float32)
    for row, text in zip(rows, texts, strict=True):
        for term in sorted(terms_of(text, GLOSSARY).all()):
            seed = int.from_bytes(hashlib.sha256(term.encode()).digest()[:4], "big")
            row += np.random.default_rng(seed).normal(size=WIDTH).astype(np.float32) * 0.05
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def claims_file(folder: Path, *rows: str) -> Path:
    path = folder / "claims.tsv"
    path.write_text(HEADER + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    return path


def read_claims(path: Path) -> list[Claim]:
    return merge([], read_sources(path)).claims


def matcher_of(claims: Sequence[Claim]) -> Matcher:
    """Return a matcher with the shipped numbers and made-up vectors."""
    model = load_model(SHIPPED)
    vectors = encode([view for claim in claims for view in claim.views])
    return Matcher(indexed(claims, vectors, model), model)


def plain_projection() -> Projection:
    still = np.zeros(WIDTH, np.float32)
    return Projection(still, still, np.eye(WIDTH, dtype=np.float32))
