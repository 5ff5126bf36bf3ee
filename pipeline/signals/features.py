"""Features: the numbers of the detectors that the probability of an output is made with."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from pipeline.core.errors import PipelineError
from pipeline.core.heads import ABUSE_LABELS, ODDS
from pipeline.signals import lexicon
from pipeline.signals.components import DETECTORS, Found, Signals

FOR, AGAINST = 1, -1

SIGNS: dict[str, dict[str, int]] = {
    "insult": dict.fromkeys(("listed_insult", "listed_dehumanising", "listed_slur"), FOR),
    "obscenity": {"listed_obscene": FOR},
    "threat": {"listed_threat": FOR},
    "hate": dict.fromkeys(("listed_slur", "listed_dehumanising"), FOR),
    "sexual": {"listed_sexual": FOR},
    "abuse": dict.fromkeys((*lexicon.FEATURES, *(f"{ODDS}{label}" for label in ABUSE_LABELS)), FOR),
    "advertising": {
        **dict.fromkeys(
            (
                *("n_shortener", "n_messenger", "n_link", "n_email", "n_handle", "n_phone"),
                *("n_price", "n_percent", "n_offer", "n_call", "n_contact", "n_money"),
                *("reachable_offer", "priced_offer", "called_contact", "repetition", "n_marks"),
                "capitals",
            ),
            FOR,
        ),
        **dict.fromkeys(("n_lawful", "n_civic", "question", "n_election"), AGAINST),
    },
    "agitation": {
        **dict.fromkeys(
            (
                *("n_vote", "n_vote_against", "n_party", "n_list_number", "n_candidate"),
                *("n_quoted", "n_hashtag", "vote_named", "vote_at_election", "n_marks"),
            ),
            FOR,
        ),
        **dict.fromkeys(
            ("n_vote_info", "n_other_vote", "question", "election_question", "n_lawful"), AGAINST
        ),
    },
}
"""Output -> feature -> whether it speaks for the output or against it."""
NAMES: tuple[str, ...] = tuple(
    sorted({name for each in SIGNS.values() for name in each if not name.startswith(ODDS)})
)
"""The features that the detectors measure, in the order of columns; the rest the model knows."""


def feature_table(found: Sequence[Found]) -> npt.NDArray[np.float64]:
    """Return the features of texts, shape (texts, NAMES); NaN where their detector failed."""
    rows = [[each.features.get(name, np.nan) for name in NAMES] for each in found]
    return np.array(rows, dtype=np.float64).reshape(len(found), len(NAMES))


def measure(texts: Sequence[str], langs: Sequence[str]) -> npt.NDArray[np.float64]:
    """Return the features of texts, all of them; PipelineError when a detector fails."""
    # A detector that alone speaks for its label has no features.
    found = Signals([each for each in DETECTORS if not each.serves]).find(
        zip(texts, langs, strict=True)
    )
    failed = Counter(name for each in found for name in each.failed)
    if failed:
        shown = ", ".join(f"{name} on {count}" for name, count in sorted(failed.items()))
        raise PipelineError(
            f"signals: detectors failed on labelled texts: {shown}",
            "Numbers are only fitted and measured on whole features; run the tests of the signals.",
        )
    return feature_table(found)
