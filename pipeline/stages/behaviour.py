"""Behaviour: fit what tells coordinated and automated comments from those of ordinary people.

Reads   public sets with authors and times under `prepare.external`, data/campaigns
Writes  the behaviour model (models/behaviour.json)
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pipeline.core import paths
from pipeline.core.errors import PipelineError
from pipeline.core.settings import PrepareSettings
from pipeline.model.behaviour_fitting import Fitted, fit
from pipeline.signals.behaviour_model import BehaviourModel, Logistic, load_model, save_model
from pipeline.signals.bursts import bursts
from pipeline.signals.meaning_sample import real_groups, sample, strictest
from pipeline.signals.near_duplicates import same_text_groups
from pipeline.signals.planted import LEVELS, Plan, plans
from pipeline.signals.planted_traces import (
    Encode,
    Ground,
    bare_traces,
    ground_of,
    halves,
    planted_traces,
)
from pipeline.signals.same_meaning import MEANING_FEATURES
from pipeline.signals.shared_text import SHARED_FEATURES, shared_features
from pipeline.signals.timing import MIN_TIMED, RHYTHM_FEATURES, rhythm_features
from pipeline.signals.traces import Traces
from pipeline.sources.behaviour_sets import CHALLENGES, VK, bot_or_not, vk_comments

ROUNDS = 4
"""Times that campaigns are planted anew in the comments."""
AUTOMATED_RATE = 0.01
"""Share of automated accounts among those who comment here: an assumption, on the careful side."""
MEANING_ROUNDS = 3
MEANING_ON = f"dev paraphrases planted {MEANING_ROUNDS} times in half the pages of vk-mkwm2022"
MARGIN = 1.0
"""Logits taken off besides: a subject that fills all pages has more profiles than on half."""
EVEN = 0.5
MAX_INNOCENTS, MAX_INNOCENTS_BY_MEANING = 1e-4, 1.5e-4
"""Policy: at most so many ordinary comments get an even chance by a shared text, and by a shared
meaning."""


@dataclass(frozen=True)
class Summary:
    """What the behaviour model was fitted on."""

    n_grouped: int
    """Comments that share a text with others, planted ones included."""
    n_planted: int
    n_accounts: int
    sets: Mapping[str, int]


def run(
    settings: PrepareSettings, out: Path, encode: Encode | None = None, vectors_of: str = ""
) -> Summary:
    """Fit the detectors on the sets that may be learned from, and write the model.

    `same_meaning` needs `encode`, the vectors of the release `vectors_of`; without it, it stays
    as it was.
    """
    comments = vk_comments(settings.external)
    if comments is None:
        raise PipelineError(
            f"{settings.external / VK}: not found",
            "Set prepare.external to the folder of the public sets.",
        )
    ground = halves(ground_of(comments, encode))[0]
    table, truth, weights = planted_rows(ground, settings.seed, LEVELS[:3])
    _, innocent, shared = grouped(bare_traces(ground))
    same_text = careful(
        logistic(SHARED_FEATURES, fit(table, truth, weights=weights)),
        innocent[shared],
        int(MAX_INNOCENTS * len(ground)),
    )
    rhythms, automated = account_rows(settings.external)
    kept = load_model(paths.BEHAVIOUR)
    detectors = {
        "same_meaning": (
            kept.detectors["same_meaning"] if encode is None else meaning(ground, settings.seed)
        ),
        "same_text": same_text,
        "rhythm": logistic(RHYTHM_FEATURES, fit(rhythms, automated, base_rate=AUTOMATED_RATE)),
    }
    sets = {"vk-mkwm2022": len(ground), "bot-or-not-challenge": len(automated)}
    fitted_on = {
        "same_meaning": kept.fitted_on["same_meaning"] if encode is None else MEANING_ON,
        "same_text": f"campaigns planted {ROUNDS} times in half the pages of vk-mkwm2022",
        "rhythm": f"bot-or-not-challenge {', '.join(CHALLENGES)}",
    }
    known = kept.vectors_of if encode is None else vectors_of
    save_model(BehaviourModel(detectors, fitted_on, known), out)
    return Summary(len(truth), int(truth.sum()), len(automated), sets)


def logistic(features: Sequence[str], fitted: Fitted) -> Logistic:
    """Return a fitted regression as the model file holds it."""
    return Logistic(features=tuple(features), **asdict(fitted))


def planted_rows(
    ground: Ground, seed: int, levels: Sequence[str]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_], npt.NDArray[np.float64]]:
    """Return features, truth and weights of the grouped comments with campaigns planted in them.

    A campaign of 200 weighs as much as one of 12: the small ones are what is hard to see.
    """
    tables, truths, weights = [], [], []
    for round_ in range(ROUNDS):
        generator = np.random.default_rng([seed, round_])
        campaigns = plans(generator, levels)
        traces, numbers = planted_traces(ground, campaigns, [], generator)
        rows, table, _ = grouped(traces)
        tables.append(table)
        truths.append(rows >= len(ground))
        weights.append(row_weights(rows - len(ground), campaigns, numbers))
    return np.concatenate(tables), np.concatenate(truths), np.concatenate(weights)


def grouped(
    traces: Traces,
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """Return rows and features of comments that share a text, and which share it with others."""
    groups = same_text_groups(traces.prints)
    around = bursts(traces, groups)
    rows, table = shared_features(traces, groups, around)
    return rows, table, around.profiles[rows] > 1


def meaning(ground: Ground, seed: int) -> Logistic:
    """Return the detector of groups of one meaning, as careful as the policy sentence asks."""
    learned = sample(ground, MEANING_ROUNDS, seed)
    detector = logistic(
        MEANING_FEATURES, fit(learned.table, learned.planted, weights=learned.weights)
    )
    groups = real_groups(ground)
    scores = detector.probs(np.array([features for features, _ in groups]))
    most = int(MAX_INNOCENTS_BY_MEANING * len(ground))
    found = stricter(detector, strictest(scores, [rows for _, rows in groups], most))
    return replace(found, intercept=round(found.intercept - MARGIN, 6))


def careful(detector: Logistic, table: npt.NDArray[np.float64], most: int) -> Logistic:
    """Return a detector that gives an even chance to at most `most` of these innocent rows.

    The share of campaigns in the planted sample is ours, not the world's: the policy sentence
    about innocent comments decides, and a detector is never made less careful by it.
    """
    probs = np.sort(detector.probs(table))[::-1]
    if len(probs) <= most or probs[most] < EVEN:
        return detector
    return stricter(detector, float(probs[most]))


def stricter(detector: Logistic, least: float) -> Logistic:
    """Return a detector whose even chance lies just above what had probability `least`."""
    least = float(np.clip(least, EVEN, 1 - 1e-9))
    shift = np.log(least / (1 - least)) + 1e-6
    return replace(detector, intercept=round(detector.intercept - shift, 6))


def row_weights(
    places: npt.NDArray[np.int64], campaigns: Sequence[Plan], numbers: npt.NDArray[np.int64]
) -> npt.NDArray[np.float64]:
    """Return a weight per row: 1 for real comments, equal sums for all campaigns."""
    mean = np.mean([plan.size for plan in campaigns])
    own = np.array([mean / campaigns[number].size for number in numbers])
    return np.where(places >= 0, own[np.maximum(places, 0)], 1.0)


def account_rows(external: Path) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """Return rhythm features and truth of all labelled accounts with enough posts."""
    rows, truth = [], []
    for challenge in CHALLENGES:
        for account in bot_or_not(external, challenge) or ():
            if len(account.seconds) >= MIN_TIMED:
                rows.append(rhythm_features(np.array(account.seconds)))
                truth.append(account.is_bot)
    if not rows:
        raise PipelineError(
            f"{external}: holds no labelled accounts with times",
            "Set prepare.external to a folder with bots/bot-or-not-challenge.",
        )
    return np.array(rows), np.array(truth)
