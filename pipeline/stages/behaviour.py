"""Behaviour: fit what tells coordinated and automated comments from those of ordinary people.

Reads   public sets with authors and times under `prepare.external`, data/campaigns
Writes  the behaviour model (models/behaviour.json)
"""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipeline.core import paths
from pipeline.core.errors import PipelineError
from pipeline.core.settings import PrepareSettings
from pipeline.model.behaviour_fitting import Fitted, fit
from pipeline.signals.behaviour_model import BehaviourModel, Logistic, load_model, save_model
from pipeline.signals.bursts import bursts
from pipeline.signals.near_duplicates import same_text_groups
from pipeline.signals.planted import LEVELS, Plan, plans, plant
from pipeline.signals.shared_text import SHARED_FEATURES, shared_features
from pipeline.signals.timing import MIN_TIMED, RHYTHM_FEATURES, rhythm_features
from pipeline.signals.traces import read_traces, trace_table
from pipeline.sources.behaviour_sets import CHALLENGES, VK, bot_or_not, vk_comments

ROUNDS = 4
"""Times that campaigns are planted anew in the comments."""
AUTOMATED_RATE = 0.01
"""Share of automated accounts among those who comment here: an assumption, on the careful side."""
LATER = datetime.timedelta(days=1)


@dataclass(frozen=True)
class Summary:
    """What the behaviour model was fitted on."""

    n_grouped: int
    """Comments that share a text with others, planted ones included."""
    n_planted: int
    n_accounts: int
    sets: Mapping[str, int]


def run(settings: PrepareSettings, out: Path) -> Summary:
    """Fit all detectors on the sets that may be learned from, and write the model."""
    comments = vk_comments(settings.external)
    if comments is None:
        raise PipelineError(
            f"{settings.external / VK}: not found",
            "Set prepare.external to the folder of the public sets.",
        )
    table, truth, weights = planted_rows(comments, settings.seed, LEVELS[:3])
    rhythms, automated = account_rows(settings.external)
    # Fitted by scripts/meaning.py, which needs the vectors of a release.
    kept = load_model(paths.BEHAVIOUR)
    detectors = {
        "same_meaning": kept.detectors["same_meaning"],
        "same_text": logistic(SHARED_FEATURES, fit(table, truth, weights=weights)),
        "rhythm": logistic(RHYTHM_FEATURES, fit(rhythms, automated, base_rate=AUTOMATED_RATE)),
    }
    sets = {"vk-mkwm2022": comments.num_rows, "bot-or-not-challenge": len(automated)}
    fitted_on = {
        "same_meaning": kept.fitted_on["same_meaning"],
        "same_text": f"campaigns planted {ROUNDS} times in vk-mkwm2022",
        "rhythm": f"bot-or-not-challenge {', '.join(CHALLENGES)}",
    }
    save_model(BehaviourModel(detectors, fitted_on), out)
    return Summary(len(truth), int(truth.sum()), len(automated), sets)


def logistic(features: Sequence[str], fitted: Fitted) -> Logistic:
    """Return a fitted regression as the model file holds it."""
    return Logistic(features=tuple(features), **asdict(fitted))


def planted_rows(
    comments: pa.Table, seed: int, levels: Sequence[str]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_], npt.NDArray[np.float64]]:
    """Return features, truth and weights of the grouped comments with campaigns planted in them.

    A campaign of 200 weighs as much as one of 12: the small ones are what is hard to see.
    """
    now = newest(comments) + LATER
    base = trace_table(comments, now)
    tables, truths, weights = [], [], []
    for round_ in range(ROUNDS):
        generator = np.random.default_rng([seed, round_])
        campaigns = plans(generator, levels)
        mixed, numbers = plant(comments, campaigns, [], generator)
        added = trace_table(mixed.slice(comments.num_rows), now)
        traces = read_traces(pa.concat_tables([base, added]), now)
        groups = same_text_groups(traces.prints)
        rows, table = shared_features(traces, groups, bursts(traces, groups))
        tables.append(table)
        truths.append(rows >= comments.num_rows)
        weights.append(row_weights(rows - comments.num_rows, campaigns, numbers))
    return np.concatenate(tables), np.concatenate(truths), np.concatenate(weights)


def row_weights(
    places: npt.NDArray[np.int64], campaigns: Sequence[Plan], numbers: Sequence[int]
) -> npt.NDArray[np.float64]:
    """Return a weight per row: 1 for real comments, equal sums for all campaigns."""
    mean = np.mean([plan.size for plan in campaigns])
    own = np.array([mean / campaigns[number].size for number in numbers])
    return np.where(places >= 0, own[np.maximum(places, 0)], 1.0)


def newest(comments: pa.Table) -> datetime.datetime:
    """Return the time of the last comment."""
    times: list[datetime.datetime] = comments.column("created_at").drop_null().to_pylist()
    return max(times)


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
