"""Work on the claim base: import, add, list, index, check, train."""

import csv
import datetime
import gzip
import io
import json
import random
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pipeline.core import paths
from pipeline.core.errors import PipelineError, UsageError
from pipeline.core.settings import Settings, state_dir
from pipeline.signals.claims import base as store
from pipeline.signals.claims.importing import Imported, read_sources
from pipeline.signals.claims.matching import Matcher
from pipeline.signals.claims.model import load_model
from pipeline.signals.claims.night import indexed, shipped_claims
from pipeline.signals.claims.pairs import read_pairs
from pipeline.signals.claims.records import USABLE, Claim, claim_of, missing_parts
from pipeline.signals.claims.report import Checked, check, is_shown
from pipeline.sources.labelled import own_rows

SHIPPED = paths.ROOT / "data" / "claims"
LANGS = ("lv", "ru", "en")
BASE_ENCODER = "base"
"""Name of the untrained base encoder in place of a release; it needs the train extra."""
PRECISION, MAX_NEUTRAL = 0.95, 0.003
"""What the cut must keep out of fold; stricter than what is promised, for new comments differ."""
DRAW = 20240111
"""Decides which comments of a file are drawn."""
Vectors = npt.NDArray[np.float32]
Encode = Callable[[Sequence[str]], Vectors]


def base_dir() -> Path:
    """Return the folder of the municipality's claim base."""
    return state_dir() / "claims"


@dataclass(frozen=True)
class ImportSummary:
    """What an import did."""

    n_rows: int
    n_added: int
    n_joined: int
    n_rejected: int
    n_claims: int
    n_unusable: int
    rejects: str
    skipped: tuple[str, ...]


def import_claims(source: Path, folder: Path) -> ImportSummary:
    """Add the claims of a file or folder to the base; a new base starts from the shipped claims."""
    found = read_sources(source)
    if not found.n_rows:
        passed = f" ({', '.join(found.skipped)})" if found.skipped else ""
        raise PipelineError(
            f"{source}: holds no claims in a form that is known{passed}",
            "docs/claims.md tells the columns; the plainest are claim, verdict and address.",
        )
    return save(folder, found)


def save(folder: Path, found: Imported) -> ImportSummary:
    """Merge what was read into the base, and write the rejects beside it."""
    merged = store.merge(claims_in(folder), found)
    store.save_claims(folder, merged.claims, found)
    return ImportSummary(
        n_rows=found.n_rows,
        n_added=merged.n_added,
        n_joined=merged.n_joined,
        n_rejected=len(found.rejects),
        n_claims=len(merged.claims),
        n_unusable=sum(claim.status != USABLE for claim in merged.claims),
        rejects=str(folder / store.REJECTS),
        skipped=tuple(found.skipped),
    )


def claims_in(folder: Path) -> list[Claim]:
    """Return the claims of a base, the shipped ones when there is none yet."""
    exists = (folder / store.CLAIMS).is_file()
    return store.load_claims(folder) if exists else shipped_claims(SHIPPED)


def add_claim(folder: Path, fields: dict[str, str]) -> ImportSummary:
    """Add one claim, such as the municipality's own correction."""
    reason = missing_parts(fields)
    if reason:
        raise PipelineError(
            f"claim: {reason}",
            "Give --verdict and --address: a claim that cannot be looked up is no evidence.",
        )
    if fields["lang"] not in LANGS:
        raise UsageError(f"--lang {fields['lang']!r}: is unknown", f"Write {', '.join(LANGS)}.")
    if fields["date"] and not is_date(fields["date"]):
        raise UsageError(
            f"--date {fields['date']!r}: is not a date", "Write 2026-02-02, 2026-02 or 2026."
        )
    return save(folder, Imported([claim_of(fields, origin="added")], [], [], [], 1))


def is_date(text: str) -> bool:
    """Tell whether a text is a day, a month or a year that there is."""
    if not re.fullmatch(r"\d{4}(-\d\d){0,2}", text):
        return False
    try:
        datetime.date.fromisoformat(f"{text}{'-01-01'[len(text) - 4 :]}")
    except ValueError:
        return False
    return True


def list_claims(folder: Path, search: str, limit: int) -> list[Claim]:
    """Return the claims whose wording or id holds `search`, at most `limit`."""
    wanted = search.casefold()
    found = (
        claim
        for claim in claims_in(folder)
        if wanted in claim.claim_id or any(wanted in view.casefold() for view in claim.views)
    )
    return [claim for claim, _ in zip(found, range(limit), strict=False)]


@dataclass(frozen=True)
class IndexSummary:
    """What an index was made of."""

    n_claims: int
    n_wordings: int
    encoder: str
    folder: str


def index_claims(settings: Settings, folder: Path, encoder: str) -> IndexSummary:
    """Make the vectors of all wordings anew with a release, or with the base encoder."""
    encode, version = encoder_of(settings, encoder)
    claims = claims_in(folder)
    store.save_claims(folder, claims)
    n_views = store.build_index(folder, claims, encode, version)
    return IndexSummary(len(claims), n_views, version, str(folder))


def encoder_of(settings: Settings, name: str) -> tuple[Encode, str]:
    """Return what gives vectors, and its version: a release folder or `base`."""
    if name == BASE_ENCODER:
        from pipeline.model.distillation import base_encoder

        return base_encoder(settings.encoder), f"base {settings.encoder.base}"
    from pipeline.model.release import open_release
    from pipeline.model.scorer import Scorer

    release = open_release(Path(name))
    scorer = Scorer(release, threads=settings.score.threads)
    if not scorer.has_vectors:
        raise PipelineError(
            f"{name}: this release gives no vectors of texts",
            "Use a newer release, or --encoder base, which needs `pip install 'saruna[train]'`.",
        )
    return scorer.vectors, release.version


def check_claims(settings: Settings, folder: Path, pairs: Path, encoder: str) -> Checked:
    """Measure the matcher on pairs, against the base as it stands."""
    given = read_pairs(pairs)
    encode, version = encoder_of(settings, encoder)
    vectors = encode([pair.comment for pair in given])
    return check(matcher_for(folder, encode, version), given, vectors)


def matcher_for(folder: Path, encode: Encode, version: str) -> Matcher:
    """Return a matcher over the base, over the shipped claims when there is none."""
    claims = claims_in(folder)
    if (folder / store.CLAIMS).is_file():
        vectors = store.load_vectors(folder, claims, version)
    else:
        vectors = encode([view for claim in claims for view in claim.views])
    model = load_model(SHIPPED)
    return Matcher(indexed(claims, vectors, model), model)


@dataclass(frozen=True)
class Routed:
    """How many comments of real traffic would wait for a person for this label alone."""

    n_comments: int
    n_shown: int
    share_shown: float
    n_claims: int
    n_wordings: int
    seconds_per_50000: float
    """Of matching alone: the vectors come from the pass that all labels share."""


def check_traffic(settings: Settings, folder: Path, file: Path, encoder: str, limit: int) -> Routed:
    """Match comments of a file with a column `text`, drawn at random, and count what is shown."""
    texts = list(dict.fromkeys(text for text in texts_of(file) if text.strip()))
    encode, version = encoder_of(settings, encoder)
    random.Random(DRAW).shuffle(texts)
    texts = texts[:limit]
    vectors = encode(texts)
    matcher = matcher_for(folder, encode, version)
    started = time.monotonic()
    matches = matcher.match(texts, vectors)
    seconds = time.monotonic() - started
    n_shown = sum(is_shown(match, matcher.model.cut) for match in matches)
    return Routed(
        n_comments=len(texts),
        n_shown=n_shown,
        share_shown=round(n_shown / max(len(texts), 1), 5),
        n_claims=len(matcher.index.claims),
        n_wordings=len(matcher.index.views),
        seconds_per_50000=round(seconds / max(len(texts), 1) * 50_000, 1),
    )


def texts_of(file: Path) -> list[str]:
    """Return the column `text` of a CSV file, which may be packed with gzip."""
    if not file.is_file():
        raise PipelineError(f"{file}: not found", "Name a CSV file with a column `text`.")
    try:
        content = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
        text = content.decode("utf-8-sig")
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise PipelineError(
            f"{file}: is not whole UTF-8 text", "Save it as CSV in UTF-8, or copy it again."
        ) from error
    with io.StringIO(text, newline="") as handle:
        rows = csv.DictReader(handle)
        if "text" not in (rows.fieldnames or ()):
            raise PipelineError(f"{file}: has no column `text`", "Name the column of comments so.")
        return [row["text"] or "" for row in rows]


@dataclass(frozen=True)
class TrainSummary:
    """What the matcher learned from, and where its cut lies."""

    n_pairs: int
    n_neutral: int
    cut: float
    precision_out_of_fold: float
    recall_out_of_fold: float


def train_matcher(settings: Settings, folder: Path, pairs: Path, encoder: str) -> TrainSummary:
    """Learn the matcher's numbers anew and write them beside the shipped claims."""
    from pipeline.signals.claims import learning

    given, neutral = read_pairs(pairs), neutral_comments()
    encode, version = encoder_of(settings, encoder)
    claims = claims_in(folder)
    vectors = store.load_vectors(folder, claims, version)
    texts = [pair.comment for pair in given]
    material = learning.Material(given, encode(texts), neutral, encode(neutral))
    learned = learning.learn(claims, vectors, material, SHIPPED)
    model = learning.calibrated(learned, precision=PRECISION, max_neutral=MAX_NEUTRAL)
    learning.save_model(SHIPPED, model)
    own = np.array([model.calibrated(float(prob)) for prob in learned.probs])
    shown = (own >= model.cut) & (learned.probs > 0)
    n_repeats = sum(pair.stance == "repeats" for pair in given)
    return TrainSummary(
        n_pairs=len(given),
        n_neutral=len(neutral),
        cut=model.cut,
        precision_out_of_fold=round(float(learned.right[shown].mean()), 4) if shown.any() else 0.0,
        recall_out_of_fold=round(float(learned.right[shown].sum()) / n_repeats, 4),
    )


def neutral_comments() -> list[str]:
    """Return the project's own comments that break no rule: they repeat no claim."""
    seeds = own_rows(paths.ROOT / "data" / "seed")
    return [row["text"] for _, row in seeds if not row["labels"]]


def render(checked: Checked | Routed) -> str:
    """Return the figures as lines for people."""
    lines = []
    for name, value in asdict(checked).items():
        shown = json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else value
        lines.append(f"{name:<26} {'-' if shown is None else shown}")
    return "\n".join(lines)
