"""Features of comments that share a text, a link or a meaning with others: one row per comment."""

import numpy as np
import numpy.typing as npt

from pipeline.signals.bursts import Bursts, members_of
from pipeline.signals.near_duplicates import NO_GROUP, Groups
from pipeline.signals.traces import Traces

SHARED_FEATURES = (
    "log_near",
    "log_profiles",
    "log_letters",
    "verbatim",
    "log_pace",
    "surprise",
    "near_by_letters",
    "beyond_phrase",
    "surprise_by_phrase",
)
PHRASE, MESSAGE = 20, 80
"""Letters of a phrase that many people write by themselves, and of a message that nobody else
writes: between them a burst of few profiles becomes evidence."""
ENOUGH = 6.0
"""A surprise beyond this adds nothing there: small campaigns are told from phrases below it."""
SLOWEST = 6.0
"""-log10 of profiles per second where no time is known: as slow as one in twelve days."""
Floats = npt.NDArray[np.float64]


def shared_features(
    traces: Traces, groups: Groups, bursts: Bursts
) -> tuple[npt.NDArray[np.int64], Floats]:
    """Return the rows of grouped comments and their features, in the order of SHARED_FEATURES."""
    rows = np.flatnonzero(groups != NO_GROUP)
    near = np.log2(np.maximum(bursts.near[rows], 1.0))
    letters = np.log2(np.clip(traces.prints.n_letters[rows], 1, 400).astype(np.float64))
    beyond = np.clip(letters - np.log2(PHRASE), 0, np.log2(MESSAGE / PHRASE))
    pace = bursts.near[rows] / np.maximum(np.nan_to_num(bursts.span[rows], nan=1e9), 60.0)
    table = np.stack(
        [
            near,
            np.log2(np.maximum(bursts.profiles[rows], 1.0)),
            letters,
            verbatim_shares(traces, groups)[rows],
            np.maximum(np.log10(pace), -SLOWEST),
            bursts.surprise[rows],
            near * letters,
            beyond,
            np.minimum(bursts.surprise[rows], ENOUGH) * beyond,
        ],
        axis=1,
    )
    return rows, table


def verbatim_shares(traces: Traces, groups: Groups) -> Floats:
    """Return, per comment, the share of its group that has the group's commonest wording."""
    shares = np.zeros(len(traces))
    for members in members_of(groups):
        counts = np.unique(traces.prints.keys[members], return_counts=True)[1]
        shares[members] = counts.max() / len(members)
    return shares
