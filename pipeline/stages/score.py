"""Score: what the model says of every comment, and the words that carry it.

Reads   validated comments.parquet, a release
Writes  scores.parquet
"""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pyarrow as pa

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

UNKNOWN = "und"


@dataclass(frozen=True)
class Summary:
    """How many comments were scored, and how many could not be, by reason."""

    n_comments: int
    n_scored: int
    n_unknown_language: int
    n_overlong: int
    model_version: str


def run(
    settings: ScoreSettings,
    policy: Policy,
    comments: Path,
    release: Release,
    out_dir: Path,
    progress: Progress | None = None,
) -> Summary:
    """Write one score row per comment, in the order of the comments.

    A run that was killed goes on after its last whole chunk.
    """
    check_labels(policy, release)
    scorer = Scorer(release, threads=settings.threads, batch_tokens=settings.batch_tokens)
    fingerprint = {
        "comments": file_hash(comments),
        "model_version": release.version,
        "policy": policy.version,
        "settings": settings.model_dump(mode="json"),
    }
    parts = out_dir / "scores.parts"
    chunks = iterate_table(comments, COMMENT, "saruna validate", n_rows=settings.chunk)
    score = partial(score_chunk, scorer, policy.labels, settings)
    files = list(checkpointed(chunks, score, parts, fingerprint, progress))
    write_batches(out_dir / "scores.parquet", score_schema(policy.labels), merge(files))
    return summarise(out_dir / "scores.parquet", policy, release)


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
    scorer: Scorer, labels: Sequence[str], settings: ScoreSettings, chunk: pa.Table
) -> pa.Table:
    """Return the scores of a chunk of comments; equal texts are scored once."""
    texts: list[str] = chunk.column("text").to_pylist()
    langs = [detect_language(text) for text in texts]
    distinct = list(dict.fromkeys(pair for pair in zip(texts, langs, strict=True)))
    known = [pair for pair in distinct if pair[1] != UNKNOWN]
    scored = scorer.score([text for text, _ in known], [lang for _, lang in known]) if known else []
    by_pair = dict(zip(known, scored, strict=True))
    evidence = {
        pair: find_evidence(scorer, pair[0], pair[1], score, settings.max_evidence_words)
        for pair, score in by_pair.items()
    }
    pairs = list(zip(texts, langs, strict=True))
    rows = [by_pair.get(pair) for pair in pairs]
    columns: dict[str, object] = {
        "comment_id": chunk.column("comment_id"),
        "source": chunk.column("source"),
        "model_version": [scorer.release.version] * len(texts),
        "lang": langs,
        "evidence": [evidence.get(pair, []) for pair in pairs],
        "scored_at": [datetime.datetime.now(datetime.UTC)] * len(texts),
    }
    outputs = scorer.release.outputs
    for name in (*labels, "abuse"):
        at = outputs.index(name) if name in outputs else None
        for kind in ("prob", "logit"):
            columns[f"{kind}_{name}"] = [
                None if row is None or at is None else float(getattr(row, f"{kind}s")[at])
                for row in rows
            ]
    return pa.table(columns, schema=score_schema(labels))


def find_evidence(
    scorer: Scorer, text: str, lang: str, score: TextScore, limit: int
) -> list[dict[str, object]]:
    """Return the evidence for a comment that a person will see: telling words per label, length."""
    found: list[dict[str, object]] = []
    if score.is_overlong:
        found.append(evidence_row("abuse", "overlong", detail=f"{len(text)} characters"))
    for output in shown_outputs(scorer, lang, score):
        label = output if output != "abuse" else most_likely_abuse(scorer, score)
        for word in scorer.words(text, score, output, limit):
            found.append(evidence_row(label, "word", word.start, word.end, weight=word.weight))
    return found


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
    for table in iterate_table(path, score_schema(policy.labels), "saruna score"):
        n_rows += table.num_rows
        n_unknown += sum(lang == UNKNOWN for lang in table.column("lang").to_pylist())
        n_overlong += sum(
            any(each["kind"] == "overlong" for each in found)
            for found in table.column("evidence").to_pylist()
        )
    return Summary(n_rows, n_rows - n_unknown, n_unknown, n_overlong, release.version)
