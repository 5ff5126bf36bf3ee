"""Numbers of the posts of one labelled account, for the open sets, never for a night.

Only posts and times: profile fields differ between platforms and are often withheld.
"""

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from pipeline.signals.timing import rhythm_features

MARKS = {
    "link": re.compile("https?://"),
    "tag": re.compile("#"),
    "mention": re.compile("@"),
    "shared": re.compile("^RT"),
    "exclamation": re.compile("!"),
    "question": re.compile(r"\?"),
    "ellipsis": re.compile(r"\.\.\.|…"),
    "break": re.compile("\n"),
    "small_start": re.compile("^[a-zà-ÿ]"),
    "closed": re.compile(r"[.!?…]\s*$"),
    "emoji": re.compile("[\U0001f300-\U0001faff\u2600-\u27bf]"),
    "comma": re.compile(","),
    "apostrophe": re.compile("['’]"),
    "quote": re.compile('["“«]'),
    "dash": re.compile("[-–—]"),
    "digit": re.compile(r"\d"),
    "capitals": re.compile(r"\b[A-Z]{3,}\b"),
}
FEWEST = 3
"""Fewer posts have no gaps to compare: their rhythm is all zeros."""
N_RHYTHM = 8
Floats = npt.NDArray[np.float64]


def post_features(seconds: Sequence[float], texts: Sequence[str]) -> Floats:
    """Return rhythm, lengths, variety and punctuation of an account's posts in order of time."""
    if not texts:
        return np.zeros(N_RHYTHM + 8 + 2 * len(MARKS))
    times = np.array(seconds)
    rhythm = rhythm_features(times) if len(times) >= FEWEST else [0.0] * N_RHYTHM
    lengths = np.array([len(text) for text in texts], dtype=np.float64)
    words = [word for text in texts for word in re.findall(r"\w+", text.lower())]
    n_words = max(1, len(words))
    variety = [
        float(len(texts)),
        lengths.mean(),
        lengths.std() / max(lengths.mean(), 1.0),
        lengths.min(),
        lengths.max(),
        1 - len(set(texts)) / len(texts),
        len(set(words)) / np.sqrt(n_words),
        sum(map(len, words)) / n_words,
    ]
    counts = np.array([[len(mark.findall(text)) for text in texts] for mark in MARKS.values()])
    return np.concatenate([rhythm, variety, (counts > 0).mean(axis=1), counts.mean(axis=1)])
