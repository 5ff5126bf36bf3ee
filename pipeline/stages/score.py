"""Score: what the model and the signals say of every comment, and what supports it.

Reads   validated comments.parquet, a release, the window of the nights before
Writes  scores.parquet, the window
"""

import datetime
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pyarrow as pa

from pipeline.core import paths
from pipeline.core.errors import PipelineError
from pipeline.core.heads import ABUSE_LABELS
from pipeline.core.language import detect_language
from pipeline.core.policy import Policy
from pipeline.core.settings import ScoreSettings
from pipeline.core.tables import COMMENT, iterate_table, score_schema, write_batches
from pipeline.engine.local import Progress, checkpointed, merge
from pipeline.model.release import Release, file_hash
from pipeline.model.scorer import Scorer, TextScore
from pipeline.model.thresholds import cut_for
from pipeline.signals.behaviour import LABEL as BEHAVIOUR
from pipeline.signals.behaviour_model import load_model
from pipeline.signals.behaviour_night import assess_night, in_order, merged, night_traces
from pipeline.signals.components import Found, Signals

UNKNOWN = "und"
Pair = tuple[str, str]
"""A text and its language: what is scored once."""


@dataclass(frozen=True)
class Summary:
    """How many comments were scored, and how many could not be, by reason."""

    n_comments: int
    n_scored: int
    n_unknown_language: int
    n_overlong: int
    n_failed: Mapping[str, int]
    """Comments that a detector could not assess, by its name."""
    model_version: str


def run(
    settings: ScoreSettings,
    policy: Policy,
    comments: Path,
    release: Release,
    out_dir: Path,
    progress: Progress | None = None,
    *,
    window: Path | None = None,
) -> Summary:
    """Write one score row per comment, in the order of the comments.

    A run that was killed goes on after its last whole chunk. `window` holds traces of the nights
    before, for behaviour; without it the night stands alone and leaves no trace.
    """
    check_labels(policy, release)
    scorer = Scorer(release, threads=settings.threads, batch_tokens=settings.batch_tokens)
    fingerprint = {
        "comments": file_hash(comments),
        "model_version": release.version,
        "policy": policy.version,
        "settings": settings.model_dump(mode="json"),
        "behaviour": file_hash(paths.BEHAVIOUR),
    }
    parts = out_dir / "scores.parts"
    chunks = iterate_table(comments, COMMENT, "saruna validate", n_rows=settings.chunk)
    score = partial(score_chunk, scorer, Signals(), policy, settings)
    files = list(checkpointed(chunks, score, parts, fingerprint, progress))
    scores = merge(files)
    if BEHAVIOUR in policy.labels:
        scores = merged(scores, behaviour_of(settings, comments, parts, window))
    write_batches(out_dir / "scores.parquet", score_schema(policy.labels), scores)
    return summarise(out_dir / "scores.parquet", policy, release)


def behaviour_of(
    settings: ScoreSettings, comments: Path, parts: Path, window: Path | None
) -> pa.Table:
    """Return what behaviour says of the comments: a probability and evidence per row."""
    now = datetime.datetime.now(datetime.UTC)
    chunks = iterate_table(comments, COMMENT, "saruna validate", n_rows=settings.chunk)
    return assess_night(
        night_traces(chunks, now),
        load_model(paths.BEHAVIOUR),
        parts / "behaviour.parquet",
        window=window,
        days=settings.window_days,
        now=now,
    )


def check_labels(policy: Policy, release: Release) -> None:
    """Raise PipelineError when the policy lacks a label that the release speaks of."""
    missing = [name for name in release.outputs if name not in (*policy.labels, "abuse")]
    if missing:
        raise PipelineError(
            f"policy {policy.id}: lacks the labels {', '.join(missing)}, which release "
            f"{release.version} predicts",
            "Add them to the policy file; without a clause a label cannot be acted upon.",
        )


def score_chunk(
    scorer: Scorer, signals: Signals, policy: Policy, settings: ScoreSettings, chunk: pa.Table
) -> pa.Table:
    """Return the scores of a chunk of comments; equal texts are scored once."""
    texts: list[str] = chunk.column("text").to_pylist()
    pairs = [(text, detect_language(text)) for text in texts]
    distinct = list(dict.fromkeys(pairs))
    found = dict(zip(distinct, signals.find(*zip(*distinct, strict=True)), strict=True))
    by_pair = score_texts(scorer, distinct)
    evidence = {
        pair: find_evidence(scorer, policy, pair, by_pair.get(pair), found[pair], settings)
        for pair in distinct
    }
    columns: dict[str, object] = {
        "comment_id": chunk.column("comment_id"),
        "source": chunk.column("source"),
        "model_version": [scorer.release.version] * len(pairs),
        "lang": [lang for _, lang in pairs],
        "evidence": [evidence[pair] for pair in pairs],
        "not_assessed": [list(found[pair].failed) for pair in pairs],
        "scored_at": [datetime.datetime.now(datetime.UTC)] * len(pairs),
    }
    # Signals over the whole table, or with vectors of the texts, join here: a probability per
    # comment for the label that they alone speak for, their findings among the evidence.
    from_signals = {pair: signals.probs(each) for pair, each in found.items()}
    outputs = scorer.release.outputs
    for name in (*policy.labels, "abuse"):
        at = outputs.index(name) if name in outputs else None
        rows = [by_pair.get(pair) for pair in pairs]
        columns[f"prob_{name}"] = [
            from_signals[pair].get(name) if at is None or row is None else float(row.probs[at])
            for pair, row in zip(pairs, rows, strict=True)
        ]
        columns[f"logit_{name}"] = [
            None if at is None or row is None else float(row.logits[at]) for row in rows
        ]
    return pa.table(columns, schema=score_schema(policy.labels))


def score_texts(scorer: Scorer, pairs: Sequence[Pair]) -> dict[Pair, TextScore]:
    """Return what the model says of the texts in a language that it knows."""
    known = [pair for pair in pairs if pair[1] != UNKNOWN]
    scored = scorer.score([text for text, _ in known], [lang for _, lang in known]) if known else []
    return dict(zip(known, scored, strict=True))


def find_evidence(
    scorer: Scorer,
    policy: Policy,
    pair: Pair,
    score: TextScore | None,
    found: Found,
    settings: ScoreSettings,
) -> list[dict[str, object]]:
    """Return the evidence on a comment: telling words and findings, the heaviest label first."""
    text, lang = pair
    rows: list[dict[str, object]] = [
        evidence_row(
            each.label, each.kind, each.start, each.end, detail=each.detail, weight=each.confidence
        )
        for each in found.findings
        if each.label in policy.labels
    ]
    if score is None:
        return in_order(rows)
    if score.is_overlong:
        rows.append(evidence_row("abuse", "overlong", detail=f"{len(text)} characters"))
    for output in shown_outputs(scorer, lang, score):
        label = output if output != "abuse" else most_likely_abuse(scorer, score)
        for word in scorer.words(text, score, output, settings.max_evidence_words):
            rows.append(evidence_row(label, "word", word.start, word.end, weight=word.weight))
    return in_order(rows)


def shown_outputs(scorer: Scorer, lang: str, score: TextScore) -> list[str]:
    """Return the outputs that reach their threshold, `abuse` only when none of its labels does."""
    reached = [
        output
        for output, prob in zip(scorer.release.outputs, score.probs, strict=True)
        if prob >= cut_for(scorer.release.thresholds, output, lang).clear
    ]
    if any(output in ABUSE_LABELS for output in reached):
        return [output for output in reached if output != "abuse"]
    return reached


def most_likely_abuse(scorer: Scorer, score: TextScore) -> str:
    """Return the abuse label with the highest probability."""
    outputs = scorer.release.outputs
    return max(ABUSE_LABELS, key=lambda label: float(score.probs[outputs.index(label)]))


def evidence_row(
    label: str,
    kind: str,
    start: int | None = None,
    end: int | None = None,
    *,
    detail: str | None = None,
    weight: float | None = None,
) -> dict[str, object]:
    """Return one piece of evidence; `start` and `end` are offsets into the original text."""
    return {
        "label": label,
        "kind": kind,
        "start": start,
        "end": end,
        "detail": detail,
        "weight": weight,
    }


def summarise(path: Path, policy: Policy, release: Release) -> Summary:
    """Count a file of scores."""
    n_rows = n_unknown = n_overlong = 0
    n_failed: Counter[str] = Counter()
    for table in iterate_table(path, score_schema(policy.labels), "saruna score"):
        n_rows += table.num_rows
        n_unknown += sum(lang == UNKNOWN for lang in table.column("lang").to_pylist())
        n_overlong += sum(
            any(each["kind"] == "overlong" for each in found)
            for found in table.column("evidence").to_pylist()
        )
        n_failed.update(
            name for names in table.column("not_assessed").to_pylist() for name in names
        )
    return Summary(
        n_rows, n_rows - n_unknown, n_unknown, n_overlong, dict(n_failed), release.version
    )
