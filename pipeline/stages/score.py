"""Score: what the model and the signals say of every comment, and what supports it.

Reads   validated comments.parquet, a release, the window of the nights before
Writes  scores.parquet, the window, claims.parquet (the debunked claims that comments repeat),
        emerging.parquet (what many comments say and no claim base knows)
"""

import datetime
import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.core import paths
from pipeline.core.clock import start_of, utc_now
from pipeline.core.errors import PipelineError
from pipeline.core.heads import ABUSE_LABELS, ODDS
from pipeline.core.language import detect_language
from pipeline.core.policy import Policy
from pipeline.core.settings import ScoreSettings, state_dir
from pipeline.core.tables import COMMENT, iterate_table, open_table, score_schema, write_batches
from pipeline.engine.backlog import WAITING
from pipeline.engine.cluster import Done, score_files
from pipeline.engine.deadline import sort_by, split_at
from pipeline.engine.local import Progress, merge
from pipeline.engine.plan import Plan, Work, carry_out
from pipeline.model import stacking
from pipeline.model.release import Release, file_hash
from pipeline.model.scorer import Scorer, TextScore
from pipeline.model.thresholds import cut_for
from pipeline.routing.watched import keep_sample
from pipeline.signals import campaign
from pipeline.signals.behaviour import LABEL as BEHAVIOUR
from pipeline.signals.behaviour_model import load_model
from pipeline.signals.behaviour_night import (
    VECTORS,
    assess_night,
    in_order,
    keep_vectors,
    merged,
    night_traces,
    with_vectors,
)
from pipeline.signals.claims.joining import speak, write_tables
from pipeline.signals.claims.matching import LABEL as DISINFORMATION
from pipeline.signals.claims.night import ClaimSignal, Encoder, open_signal
from pipeline.signals.components import Found, Signals
from pipeline.signals.features import NAMES, feature_table
from pipeline.signals.public_contacts import load_public_contacts

UNKNOWN = "und"
ORDERED = "ordered.parquet"
WAITED = 3.0
"""Logits by which a comment comes sooner that an earlier night had no time for."""
ONE_PROCESS = Plan()
STARTED = "started.json"
"""When the run in this folder began, and on what."""
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
    n_waiting: int = 0
    """Comments for which there was no time before the deadline."""
    n_emerging: int = 0
    """Groups of comments that say the same and that no claim base explains."""
    n_without: Mapping[str, int] = field(default_factory=dict)
    """Comments without an author or a time: behaviour that needs these was not assessed."""


def run(
    settings: ScoreSettings,
    policy: Policy,
    comments: Path,
    release: Release,
    out_dir: Path,
    progress: Progress | None = None,
    *,
    window: Path | None = None,
    plan: Plan = ONE_PROCESS,
    n_waited: int = 0,
) -> Summary:
    """Write one score row per comment, in the order of the comments.

    A run that was killed goes on after its last whole chunk. `window` holds traces of the nights
    before, for behaviour; without it the night stands alone and leaves no trace. With a deadline
    in `plan` the likeliest violations come first, the last `n_waited` comments somewhat sooner;
    comments.parquet in `out_dir` is then what was scored, waiting.parquet the rest.
    """
    check_labels(policy, release)
    check_features(release)
    scorer = open_scorer(settings, release)
    claims = open_claims(scorer, out_dir, state_dir() / "claims")
    public = paths.ROOT / settings.public_contacts
    ordered = out_dir / ORDERED
    is_cut = plan.seconds_left is not None or ordered.is_file()
    if is_cut:
        put_in_order(scorer, comments, ordered, n_waited)
        comments = ordered
    load_public_contacts(public)  # a mistake in it stops the run before any comment is read
    fingerprint = {
        "claims": claims.version,
        "comments": file_hash(comments),
        "model_version": release.version,
        "policy": policy.version,
        "settings": settings.model_dump(mode="json", exclude={"workers"}),
        "behaviour": file_hash(paths.BEHAVIOUR),
        "public_contacts": file_hash(public),
    }
    now = start_of(out_dir / STARTED, fingerprint)
    parts = out_dir / "scores.parts"
    build = Build(settings, policy, release, out_dir, state_dir() / "claims", plan.workers, now)
    score = late(build)
    if plan.workers == 1:
        score = partial(score_chunk, scorer, open_signals(settings), claims, policy, settings, now)
    # Where others score, this process needs no graph; where it scores, none after scoring.
    del scorer
    work = Work(comments, COMMENT, "saruna validate", settings.chunk, parts, fingerprint)
    files = carry_out(plan, work, score, build, progress)
    del score
    n_waiting = leave_waiting(comments, files, out_dir) if is_cut else 0
    if is_cut:
        comments = out_dir / "comments.parquet"
    scores = merge(files)
    if BEHAVIOUR in policy.labels:
        said = behaviour_of(settings, release.version, comments, parts, window, now)
        scores = merged(scores, said)
    write_batches(out_dir / "scores.parquet", score_schema(policy.labels), scores)
    n_emerging = write_tables(claims, out_dir / "scores.parquet", score_schema(policy.labels))
    summary = summarise(out_dir / "scores.parquet", policy, release)
    return replace(
        summary, n_emerging=n_emerging, n_waiting=n_waiting, n_without=count_without(comments)
    )


def archive(
    settings: ScoreSettings,
    policy: Policy,
    source: str,
    release: Release,
    target: str,
    plan: Plan,
) -> Done:
    """Score a large archive on a cluster, from and to paths or addresses that fsspec knows.

    The parts hold what a night's would, without behaviour and without groups of claims, which
    need all comments in one place.
    """
    check_labels(policy, release)
    check_features(release)
    fingerprint = {
        "model_version": release.version,
        "policy": policy.version,
        "settings": settings.model_dump(mode="json", exclude={"workers"}),
    }
    claims = state_dir() / "claims"
    build = Build(settings, policy, release, None, claims, plan.workers, utc_now())
    return score_files(
        source, target, COMMENT, build, plan, chunk=settings.chunk, fingerprint=fingerprint
    )


@dataclass(frozen=True)
class Build:
    """Makes, in another process, the function that scores a chunk as this process would."""

    settings: ScoreSettings
    policy: Policy
    release: Release
    out_dir: Path | None
    """Where comments that no claim explains are kept; None keeps none."""
    claims: Path
    """The municipality's own claim base, if there is one."""
    n_workers: int
    now: datetime.datetime
    """When the run began: every score of it carries this time."""

    def __call__(self) -> Callable[[pa.Table], pa.Table]:
        """Open the release, the signals and the claims."""
        cores = self.settings.threads or os.cpu_count() or 1
        settings = self.settings.model_copy(update={"threads": max(1, cores // self.n_workers)})
        scorer = open_scorer(settings, self.release)
        claims = open_claims(scorer, self.out_dir, self.claims)
        signals = open_signals(settings)
        return partial(score_chunk, scorer, signals, claims, self.policy, settings, self.now)


def late(build: Build) -> Callable[[pa.Table], pa.Table]:
    """Return what `build` makes, made when it is first called: the others may leave nothing."""
    made: list[Callable[[pa.Table], pa.Table]] = []

    def score(chunk: pa.Table) -> pa.Table:
        if not made:
            made.append(build())
        return made[0](chunk)

    return score


def open_scorer(settings: ScoreSettings, release: Release) -> Scorer:
    """Return a scorer as the settings want it."""
    return Scorer(
        release,
        threads=settings.threads,
        batch_tokens=settings.batch_tokens,
        runtime=settings.runtime,
    )


def open_signals(settings: ScoreSettings) -> Signals:
    """Return the detectors, told of the municipality's own contacts."""
    public = paths.ROOT / settings.public_contacts
    return Signals(config={"personal_data": {"public_contacts": str(public)}})


def put_in_order(scorer: Scorer, comments: Path, ordered: Path, n_waited: int) -> None:
    """Write the comments with those first that the n-grams alone speak most against.

    The last `n_waited` have waited before and come sooner, as if their odds were 20 times as high.
    """
    first_waited = open_table(comments, COMMENT, "saruna validate").metadata.num_rows - n_waited
    done = 0

    def prior(table: pa.Table) -> npt.NDArray[np.float32]:
        nonlocal done
        logits = scorer.release.blend * scorer.ngrams.logits(table.column("text").to_pylist())
        rows = np.arange(done, done + table.num_rows)
        done += table.num_rows
        result: npt.NDArray[np.float32] = logits.max(axis=1) + WAITED * (rows >= first_waited)
        return result.astype(np.float32)

    sort_by(comments, COMMENT, "saruna validate", prior, ordered)


def leave_waiting(ordered: Path, parts: Sequence[Path], out_dir: Path) -> int:
    """Part the comments into those with scores and those that wait; return how many wait."""
    n_rows = sum(pq.read_metadata(part).num_rows for part in parts)
    head, rest = out_dir / "comments.parquet", out_dir / WAITING
    return split_at(ordered, COMMENT, "saruna validate", n_rows, head, rest)


def open_claims(scorer: Scorer, out_dir: Path | None, base: Path) -> ClaimSignal:
    """Return the municipality's claims, or the shipped ones; they refuse another encoder's."""
    encoder = Encoder(scorer.vectors, scorer.vector_width, scorer.release.version)
    shipped = paths.ROOT / "data" / "claims"
    return open_signal(base, shipped, encoder if scorer.has_vectors else None, out_dir)


def behaviour_of(
    settings: ScoreSettings,
    version: str,
    comments: Path,
    parts: Path,
    window: Path | None,
    now: datetime.datetime,
) -> pa.Table:
    """Return what behaviour says of the comments: a probability and evidence per row."""
    chunks = iterate_table(comments, COMMENT, "saruna validate", n_rows=settings.chunk)
    night, model = night_traces(chunks, now), load_model(paths.BEHAVIOUR)
    if settings.same_meaning and model.knows_vectors_of(version):
        night = with_vectors(night, parts / VECTORS)
    return assess_night(
        night,
        model,
        parts / "behaviour.parquet",
        window=window,
        days=settings.window_days,
        now=now,
    )


def count_without(comments: Path) -> dict[str, int]:
    """Return how many comments lack an author, and how many a time, without zeros."""
    needed = {"author": "author_key", "time": "created_at"}
    table = pq.read_table(comments, columns=list(needed.values()))
    counts = {name: table.column(column).null_count for name, column in needed.items()}
    return {name: count for name, count in counts.items() if count}


def check_features(release: Release) -> None:
    """Raise PipelineError when the release was made with signals that this program lacks."""
    wanted = {name for each in release.stack.values() for name in each.weights}
    measured = {*NAMES, *(f"{ODDS}{output}" for output in release.outputs)}
    unknown = ", ".join(sorted(wanted - measured))
    if unknown:
        raise PipelineError(
            f"{release.folder}: was made with features that are not measured here: {unknown}",
            "Use a release that was built with this version of saruna.",
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
    scorer: Scorer,
    signals: Signals,
    claims: ClaimSignal,
    policy: Policy,
    settings: ScoreSettings,
    now: datetime.datetime,
    chunk: pa.Table,
    langs: Sequence[str | None] = (),
) -> pa.Table:
    """Return the scores of a chunk of comments, made at `now`; equal texts are scored once.

    `langs` are languages that the caller knows, None where the text has to tell.
    """
    texts: list[str] = chunk.column("text").to_pylist()
    given = langs or [None] * len(texts)
    pairs = [(text, lang or detect_language(text)) for text, lang in zip(texts, given, strict=True)]
    known = [pair for pair in dict.fromkeys(pairs) if pair[1] != UNKNOWN]
    found = dict(zip(known, signals.find(known), strict=True))
    by_pair = score_texts(scorer, found)
    said = speak(claims, chunk, pairs, {pair: each.vector for pair, each in by_pair.items()})
    if claims.out_dir is not None:
        own = [by_pair[pair].vector if pair in by_pair else None for pair in pairs]
        keep_vectors(claims.out_dir / "scores.parts" / VECTORS, chunk, own)
        keep_sample(claims.out_dir, chunk, [lang for _, lang in pairs], own)
    for pair, each in said.items():
        found[pair] = replace(found[pair], findings=(*found[pair].findings, *each.findings))
    evidence = {
        pair: find_evidence(scorer, policy, pair, score, found[pair], settings)
        for pair, score in by_pair.items()
    }
    columns: dict[str, list[Any]] = {
        "comment_id": chunk.column("comment_id").to_pylist(),
        "source": chunk.column("source").to_pylist(),
        "model_version": [scorer.release.version] * len(pairs),
        "lang": [lang for _, lang in pairs],
        "evidence": [evidence.get(pair, []) for pair in pairs],
        "not_assessed": [list(found[pair].failed) if pair in found else [] for pair in pairs],
        "scored_at": [now] * len(pairs),
    }
    # Signals over the whole table, or with vectors of the texts, join here: a probability per
    # comment for the label that they alone speak for, their findings among the evidence.
    from_signals = {
        pair: {**signals.probs(each), DISINFORMATION: said[pair].prob}
        for pair, each in found.items()
    }
    outputs = scorer.release.outputs
    for name in (*policy.labels, "abuse"):
        at = outputs.index(name) if name in outputs else None
        rows = [by_pair.get(pair) for pair in pairs]
        columns[f"prob_{name}"] = [
            from_signals.get(pair, {}).get(name)
            if at is None or row is None
            else float(row.probs[at])
            for pair, row in zip(pairs, rows, strict=True)
        ]
        columns[f"logit_{name}"] = [
            None if at is None or row is None else float(row.logits[at]) for row in rows
        ]
    heed_calendar(columns, chunk.column("created_at").to_pylist(), settings)
    return pa.table(columns, schema=score_schema(policy.labels))


def score_texts(scorer: Scorer, found: Mapping[Pair, Found]) -> dict[Pair, TextScore]:
    """Return what model and signals together say of each text."""
    if not found:
        return {}
    scored = scorer.score([text for text, _ in found], [lang for _, lang in found])
    probs = stacking.apply(
        scorer.release.stack,
        np.array([score.probs for score in scored]),
        feature_table(list(found.values())),
        NAMES,
        outputs=scorer.release.outputs,
        langs=[lang for _, lang in found],
    )
    joined = (replace(score, probs=own) for score, own in zip(scored, probs, strict=True))
    return dict(zip(found, joined, strict=True))


def heed_calendar(
    columns: Mapping[str, list[Any]],
    times: Sequence[datetime.datetime | None],
    settings: ScoreSettings,
) -> None:
    """Lower the odds of agitation outside campaigns, and name the campaign where one is on."""
    probs = columns.get(f"prob_{campaign.LABEL}", [])
    for row, (prob, created_at) in enumerate(zip(probs, times, strict=False)):
        if prob is None or created_at is None:
            continue
        name = campaign.campaign_at(created_at, settings.campaigns)
        if name is None:
            probs[row] = campaign.off_season(prob, settings.off_season_odds)
        elif any(each["label"] == campaign.LABEL for each in columns["evidence"][row]):
            mark = evidence_row(campaign.LABEL, "campaign", detail=name)
            columns["evidence"][row] = [*columns["evidence"][row], mark]


def find_evidence(
    scorer: Scorer,
    policy: Policy,
    pair: Pair,
    score: TextScore,
    found: Found,
    settings: ScoreSettings,
) -> list[dict[str, object]]:
    """Return the evidence on a comment: telling words and findings, the heaviest label first."""
    text, lang = pair
    shown = shown_outputs(scorer, lang, score)
    wanted = labels_to_support(scorer, policy, shown)
    rows = [
        evidence_row(
            each.label, each.kind, each.start, each.end, detail=each.detail, weight=each.confidence
        )
        for each in found.findings
        if each.label in wanted
    ]
    if score.is_overlong:
        rows.append(evidence_row("abuse", "overlong", detail=f"{len(text)} characters"))
    for output in shown:
        label = output if output != "abuse" else most_likely_abuse(scorer, score)
        for word in scorer.words(text, score, output, settings.max_evidence_words):
            rows.append(evidence_row(label, "word", word.start, word.end, weight=word.weight))
    return in_order(rows)


def labels_to_support(scorer: Scorer, policy: Policy, shown: Sequence[str]) -> set[str]:
    """Return the labels whose findings are evidence: those shown, and those of signals alone.

    Where any abuse is shown, every kind of abuse is: a listed word may be of another kind.
    """
    wanted = {*shown, *(label for label in policy.labels if label not in scorer.release.outputs)}
    return wanted | set(ABUSE_LABELS) if wanted & {*ABUSE_LABELS, "abuse"} else wanted


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
