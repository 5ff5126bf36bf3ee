"""Promises: what each policy sentence came to in each language, with the cuts that keep it."""

from collections.abc import Collection, Iterator, Sequence

import numpy as np

from pipeline.core.sentences import VIOLATIONS, Sentence
from pipeline.model.bounds import allowed, labels_needed, proves_share, upper
from pipeline.model.cuts import (
    STARTS,
    Flags,
    Floats,
    Labelled,
    choose_clear,
    choose_priority,
    is_lawful,
    lawful_share,
)
from pipeline.model.thresholds import ANY_LANGUAGE, NEVER, Cut, Promise

USUAL = 0.95
"""Confidence of the bounds that are told of a sentence that names none."""
PROTECTED = ("criticism", "hard_negative")
"""Slices of lawful comments that the ceilings protect."""


def uniform(weights: Floats, seed: int) -> Flags:
    """Return a sample in which no comment's chance depends on how its set was sampled.

    A comment of weight 0.2 is kept once in five times. What is kept are draws from the weighted
    population, so that exact binomial bounds stay exact.
    """
    kept: Flags = np.random.default_rng(seed).random(len(weights)) < weights
    return kept


def fit(
    comments: Labelled,
    langs: Sequence[str],
    outputs: Sequence[str],
    sentences: Sequence[Sentence],
    *,
    base_rate: float,
    never_sure: Collection[str] = (),
) -> tuple[dict[str, dict[str, Cut]], list[Promise]]:
    """Return a cut per output for each language and for any, and what became of each sentence."""
    language = np.asarray(langs)
    sure = np.array([output not in never_sure for output in outputs])
    thresholds: dict[str, dict[str, Cut]] = {output: {} for output in outputs}
    promises: list[Promise] = []
    shared = (0.0, 0.0)
    for name in (ANY_LANGUAGE, *sorted(set(langs))):
        own = comments.rows((language == name) | (name == ANY_LANGUAGE))
        clear = choose_clear(own, outputs, sentences, shared[0])
        priority = choose_priority(
            own, sure, sentences, base_rate, shared[1], clear=float(clear.max())
        )
        if name == ANY_LANGUAGE:
            shared = float(clear.max()), priority
        for at, output in enumerate(outputs):
            thresholds[output][name] = Cut(
                rounded(clear[at]), rounded(priority if sure[at] else NEVER)
            )
        cuts = [thresholds[output][name] for output in outputs]
        promises += told(own, cuts, outputs, sentences, name, base_rate)
    return thresholds, promises


def rounded(cut: float) -> float:
    """Return a cut as it is written down."""
    return round(min(float(cut), NEVER), 6)


def told(
    own: Labelled,
    cuts: Sequence[Cut],
    outputs: Sequence[str],
    sentences: Sequence[Sentence],
    lang: str,
    base_rate: float,
) -> Iterator[Promise]:
    """Yield what each sentence came to with the cuts that were taken."""
    flagged = reached(own.probs, [cut.clear for cut in cuts])
    sure = reached(own.probs, [cut.priority for cut in cuts])
    judged = own.violates() & own.drawn | is_lawful(own)
    for sentence in sentences:
        if sentence.kind == "precision":
            yield told_precision(sentence, lang, sure[judged], own.violates()[judged], base_rate)
        elif sentence.kind == "miss":
            known_output = sentence.subject in outputs
            column = outputs.index(sentence.subject) if known_output else None
            of = (
                own.violates(column) & own.drawn & (known_output | (sentence.subject == VIOLATIONS))
            )
            outcome = "nothing_cleared" if flagged.all() else "yields"
            yield told_share(sentence, lang, of, ~flagged, outcome)
        else:
            against = flagged if sentence.kind == "flagged" else sure
            yield told_share(sentence, lang, own.protected, against, "yields")


def reached(probs: Floats, cuts: Sequence[float]) -> Flags:
    """Return which comments any output brings to its cut."""
    return np.asarray((probs >= np.array(cuts)).any(axis=1))


def violations(own: Labelled, subject: str, outputs: Sequence[str]) -> Flags:
    """Return which comments a sentence is about; none for a label that the model does not know."""
    if subject == VIOLATIONS:
        return own.violates()
    if subject in outputs:
        return own.violates(outputs.index(subject))
    return np.zeros(len(own.known), dtype=bool)


def told_share(sentence: Sentence, lang: str, of: Flags, against: Flags, otherwise: str) -> Promise:
    """Return what became of "at most this share of these comments"."""
    n, k = int(of.sum()), int((of & against).sum())
    confidence = sentence.confidence or USUAL
    most = allowed(n, sentence.share, sentence.confidence)
    needed = labels_needed(k / n if n else 0.0, sentence.share, confidence) or 0
    outcome = "kept" if k <= most else otherwise
    if most < 0 and outcome == "yields":
        outcome = "labels"
    is_proven = outcome == "kept" and sentence.confidence is not None
    return Promise(
        sentence=sentence.text,
        kind=sentence.kind,
        subject=sentence.subject,
        lang=lang,
        outcome=outcome,
        n=n,
        k=k,
        share=sentence.share,
        bound=round(upper(k, n, confidence), 4),
        confidence=confidence,
        labels_missing=needed - n if needed > n and not is_proven else None,
    )


def told_precision(
    sentence: Sentence, lang: str, sure: Flags, truth: Flags, base_rate: float
) -> Promise:
    """Return what became of "of what is called sure, at least this share breaks a rule"."""
    n, k = int(sure.sum()), int((sure & ~truth).sum())
    confidence = sentence.confidence or USUAL
    may = lawful_share(1 - sentence.share, truth, base_rate)
    each = 1 - (1 - confidence) / STARTS
    needed = labels_needed(0.0, may, each) if may else None
    proves = k <= may * n if sentence.confidence is None else proves_share(k, n, may, each)
    missing = needed - int(truth.sum()) if needed and needed > truth.sum() else None
    lawful = lawful_share(upper(k, n, confidence), truth, base_rate, back=True)
    return Promise(
        sentence=sentence.text,
        kind=sentence.kind,
        subject=sentence.subject,
        lang=lang,
        outcome="kept" if n and proves else "labels" if missing or not truth.any() else "model",
        n=n,
        k=k,
        share=sentence.share,
        bound=round(1 - lawful, 4),
        confidence=confidence,
        labels_missing=missing,
    )
