"""Name training: makes the weights of the name model from Latvian text with marked names.

Reads   lv-ner-fullstack (CC BY-SA 4.0, LUMII AI Lab), in CoNLL-2003 columns
Writes  data/names/lv-names.npz

`scripts/train-names FOLDER` runs it and prints how well it does on paragraphs that it did not see.
"""

import json
import math
import random
import sys
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from pipeline.core.errors import PipelineError
from pipeline.signals.name_model import SIZE, WEIGHTS, features
from pipeline.signals.reading import Word, fold

FILE = "fullstack_ner_all.conll2003"
EPOCHS = 12
RATE = 0.3
PULL = 1e-5
"""Strength of the pull of weights towards zero."""
Example = tuple[list[int], bool]


@dataclass(frozen=True)
class Summary:
    """How well the model does on paragraphs that it did not see, word by word."""

    n_train: int
    n_test: int
    precision: float
    recall: float


def run(folder: Path, target: Path = WEIGHTS) -> Summary:
    """Train on nine tenths of the paragraphs, write the weights, measure on the last tenth."""
    path = folder / FILE
    if not path.is_file():
        raise PipelineError(f"{path}: not found", "Name the folder of lv-ner-fullstack.")
    train: list[Example] = []
    test: list[Example] = []
    for paragraph, sentence in read_sentences(path):
        # By paragraph: sentences of one text repeat its names.
        part = test if zlib.crc32(paragraph.encode("utf-8")) % 10 == 0 else train
        part += examples(sentence)
    weights, bias = fit(train)
    target.parent.mkdir(parents=True, exist_ok=True)
    scale = float(np.abs(weights).max()) / 127
    rounded = np.round(weights / scale).astype(np.int8)
    np.savez_compressed(target, weights=rounded, scale=scale, bias=bias)
    return measure(rounded * scale, bias, train, test)


def read_sentences(path: Path) -> Iterator[tuple[str, list[tuple[str, bool]]]]:
    """Yield the paragraph's name and the words of each sentence, with whether each is a name."""
    paragraph, sentence = "", []
    for line in [*path.read_text(encoding="utf-8").splitlines(), ""]:
        columns = line.split("\t")
        if line.startswith("# newpar"):
            paragraph = line
        elif len(columns) >= 7:
            sentence.append((columns[1], columns[6].endswith("person")))
        elif not line and sentence:
            yield paragraph, sentence
            sentence = []


def examples(sentence: Sequence[tuple[str, bool]]) -> Iterator[Example]:
    """Yield the features of each capitalised word of a sentence, and whether it is a name."""
    words: list[Word] = []
    marks: list[bool] = []
    place = 0
    for text, is_person in sentence:
        if text.isalpha():
            words.append(Word(place, place + len(text), text, fold(text)))
            marks.append(is_person)
        place += len(text) + 1
    for index, word in enumerate(words):
        if word.text[0].isupper():
            yield features(words, index), marks[index]


def fit(train: Sequence[Example]) -> tuple[np.ndarray, float]:
    """Return weights and bias of a logistic regression, by gradient steps of adapted size."""
    weights, steps = [0.0] * SIZE, [1e-6] * SIZE
    bias, order, draw = 0.0, list(train), random.Random(20240111)
    for _ in range(EPOCHS):
        draw.shuffle(order)
        for places, is_person in order:
            error = _prob(weights, bias, places) - is_person
            bias -= 0.01 * error
            for each in places:
                slope = error + PULL * weights[each]
                steps[each] += slope * slope
                weights[each] -= RATE * slope / math.sqrt(steps[each])
    return np.array(weights), bias


def measure(
    weights: np.ndarray, bias: float, train: Sequence[Example], test: Sequence[Example]
) -> Summary:
    """Return the quality of weights on the test words, from an even chance on."""
    listed = weights.tolist()
    said = [(_prob(listed, bias, places) >= 0.5, is_person) for places, is_person in test]
    hits = sum(one and other for one, other in said)
    return Summary(
        len(train),
        len(test),
        round(hits / max(sum(one for one, _ in said), 1), 4),
        round(hits / max(sum(other for _, other in said), 1), 4),
    )


def _prob(weights: Sequence[float], bias: float, places: Sequence[int]) -> float:
    score = bias + sum(weights[each] for each in places)
    return 1 / (1 + math.exp(-max(min(score, 30.0), -30.0)))


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asdict(run(Path(sys.argv[1])))) + "\n")
