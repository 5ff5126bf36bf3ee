"""Scoring with a release: tokens, graph, n-grams and calibration put together; no torch."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.core.text import reading, readings
from pipeline.model import calibration
from pipeline.model.ngrams import load_ngrams
from pipeline.model.release import GRAPH, NGRAMS, TOKENIZER, Release
from pipeline.model.runtime import open_runtime
from pipeline.model.tokens import (
    PREFIX,
    Window,
    bucket,
    load_tokenizer,
    pad,
    padding_id,
    windows,
)

OVERLONG_WINDOWS = 4
"""A text of more windows than this goes to a person: no label speaks for all of it."""

WINDOW_MARGIN = 2.0
"""A window whose logit is this far below the text's own has no part in it."""


@dataclass(frozen=True)
class Word:
    """A word that carries a label: offsets into the original text, and its share of the logit."""

    start: int
    end: int
    weight: float


@dataclass(frozen=True)
class Tokens:
    """One window of a text: character spans in the model input, logits, effects of its tokens.

    `logits` has shape (outputs,), `effects` (tokens, outputs): by how much the window's logit falls
    without the token.
    """

    spans: Sequence[tuple[int, int]]
    logits: npt.NDArray[np.float32]
    effects: npt.NDArray[np.float32]


@dataclass(frozen=True)
class TextScore:
    """What the model says of one text: `logits` and `probs` have shape (outputs,)."""

    logits: npt.NDArray[np.float32]
    probs: npt.NDArray[np.float64]
    windows: tuple[Tokens, ...]
    vector: npt.NDArray[np.float32] | None = None
    """Unit vector of the first window, for retrieval, shape (width,); None in older releases."""
    lang: str = "und"
    """The language that the text was read in."""

    @property
    def is_overlong(self) -> bool:
        """Tell whether the text is too long for the model to speak for all of it."""
        return len(self.windows) > OVERLONG_WINDOWS


class Scorer:
    """A release, compiled and ready; not shared between threads."""

    def __init__(
        self,
        release: Release,
        *,
        threads: int = 0,
        batch_tokens: int = 2048,
        precision: str = "",
        runtime: str = "auto",
    ) -> None:
        self.release = release
        self.tokenizer = load_tokenizer(release.folder / TOKENIZER)
        self.ngrams = load_ngrams(release.folder / NGRAMS, len(release.outputs))
        self.pad_id = padding_id(self.tokenizer)
        self.batch_tokens = batch_tokens
        self.runtime = open_runtime(
            release.folder / GRAPH, wanted=runtime, threads=threads, precision=precision
        )
        self.vector_width = self.runtime.vector_width
        self.has_vectors = self.vector_width > 0

    def score(self, texts: Sequence[str], langs: Sequence[str]) -> list[TextScore]:
        """Return logits and calibrated probabilities per text, in the order of `texts`.

        A long text takes, per output, the largest logit of its windows.
        """
        outputs = self.release.outputs
        read = readings(texts, langs)
        cut = windows(self.tokenizer, [PREFIX + text for text in read], self.release.max_tokens)
        logits = np.full((len(texts), len(outputs)), -np.inf, dtype=np.float32)
        tokens: list[Tokens | None] = [None] * len(cut)
        of_first: dict[int, npt.NDArray[np.float32]] = {}
        for chosen in bucket([len(window.ids) for window in cut], self.batch_tokens):
            out, effects, vectors = self.run([cut[number] for number in chosen])
            np.maximum.at(logits, [cut[number].text for number in chosen], out)
            for row, number in enumerate(chosen):
                window = cut[number]
                own = effects[row, : len(window.ids)].copy()
                tokens[number] = Tokens(window.spans, out[row].copy(), own)
                if vectors is not None and is_first(cut, number):
                    of_first[window.text] = vectors[row].copy()
        logits += self.release.blend * self.ngrams.logits(read)
        probs = calibration.apply(self.release.calibration, logits, langs, outputs)
        of_text: list[list[Tokens]] = [[] for _ in texts]
        for window, each in zip(cut, tokens, strict=True):
            if each is not None:
                of_text[window.text].append(each)
        return [
            TextScore(logits[at], probs[at], tuple(of_text[at]), of_first.get(at), lang)
            for at, lang in enumerate(langs)
        ]

    def vectors(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Return the unit vector of each text, as rows; only of a release that gives vectors."""
        scored = self.score(texts, ["und"] * len(texts))
        return np.array([each.vector for each in scored], dtype=np.float32)

    def run(
        self, batch: Sequence[Window]
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32], npt.NDArray[np.float32] | None]:
        """Return logits (windows, outputs), effects (windows, tokens, outputs), vectors.

        Vectors have shape (windows, width), None when the release gives none.
        """
        ids, mask = pad([window.ids for window in batch], self.pad_id)
        result = self.runtime.run(ids, mask)
        return result["logits"], result["token_effects"], result.get("vector")

    def words(self, text: str, score: TextScore, output: str, limit: int) -> list[Word]:
        """Return the words of `text` that speak most for `output`, the strongest first.

        A word's weight is the sum of its tokens' effects on the logit.
        """
        column = self.release.outputs.index(output)
        normal = reading(text, score.lang)
        spans = word_spans(normal.text)
        starts = np.array([start for start, _ in spans])
        weights = np.zeros(len(spans))
        strongest = max(window.logits[column] for window in score.windows)
        for window in score.windows:
            if window.logits[column] < strongest - WINDOW_MARGIN:
                continue
            own = np.zeros(len(spans))
            for (start, end), value in zip(window.spans, window.effects[:, column], strict=True):
                if end > max(start, len(PREFIX)) and len(starts):
                    # By its last character: a token's span may begin with the space before a word.
                    at = end - 1 - len(PREFIX)
                    own[max(int(np.searchsorted(starts, at, side="right")) - 1, 0)] += value
            weights = np.maximum(weights, own)
        shares = self.ngrams.word_shares([normal.text[start:end] for start, end in spans], column)
        weights += float(self.release.blend[column]) * shares
        order = np.argsort(-weights, kind="stable")[:limit]
        return [
            Word(*normal.original_span(*spans[index]), round(float(weights[index]), 4))
            for index in order
            if weights[index] > 0
        ]


def is_first(cut: Sequence[Window], number: int) -> bool:
    """Tell whether a window is the first of its text."""
    return number == 0 or cut[number - 1].text != cut[number].text


def word_spans(text: str) -> list[tuple[int, int]]:
    """Return the spans of whitespace-separated words."""
    spans, at = [], 0
    for word in text.split():
        start = text.index(word, at)
        at = start + len(word)
        spans.append((start, at))
    return spans
