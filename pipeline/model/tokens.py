"""From comments to token windows and length-bucketed batches; shared by training and scoring."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

from pipeline.core.errors import PipelineError
from pipeline.core.text import reading

PREFIX = "query: "
"""multilingual-e5 was trained with this prefix (Wang et al. 2024, arXiv 2402.05672)."""


@dataclass(frozen=True)
class Window:
    """A run of tokens of one text: `text` is the index of the text it was cut from.

    `spans` has the character span of each token in the prefixed, normalised text; tokens of the
    prefix and special tokens have empty spans.
    """

    text: int
    ids: Sequence[int]
    spans: Sequence[tuple[int, int]]


def load_tokenizer(path: Path) -> Tokenizer:
    """Load a `tokenizer.json` with truncation and padding off: windows do both here."""
    if not path.is_file():
        raise PipelineError(f"{path}: not found", "The release is not whole; fetch it again.")
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def padding_id(tokenizer: Tokenizer) -> int:
    """Return the id of the padding token; raises PipelineError when the tokenizer has none."""
    found = tokenizer.token_to_id("<pad>")
    if found is None:
        raise PipelineError(
            "tokenizer.json: has no <pad> token",
            "Use a tokenizer of the XLM-R family, as encoder.base names by default.",
        )
    return int(found)


def model_input(text: str, lang: str = "und") -> str:
    """Return the text as the model reads it (`reading`), behind the encoder's prefix."""
    return PREFIX + reading(text, lang).text


def windows(tokenizer: Tokenizer, inputs: Sequence[str], max_tokens: int) -> list[Window]:
    """Cut every model input into windows of at most `max_tokens` tokens, special ones included.

    Each window repeats the prefix. Windows overlap by a quarter, so that no phrase is cut in all
    of them.
    """
    cut: list[Window] = []
    for index, encoding in enumerate(tokenizer.encode_batch(list(inputs))):
        ids, spans = encoding.ids, encoding.offsets
        if len(ids) <= max_tokens:
            cut.append(Window(index, ids, spans))
            continue
        n_head = 1 + sum(1 for span in spans[1:-1] if span[1] <= len(PREFIX) and span[1] > 0)
        body = max_tokens - n_head - 1
        for start in range(n_head, len(ids) - 1, max(1, body - body // 4)):
            stop = min(start + body, len(ids) - 1)
            cut.append(
                Window(
                    index,
                    [*ids[:n_head], *ids[start:stop], ids[-1]],
                    [*spans[:n_head], *spans[start:stop], spans[-1]],
                )
            )
            if stop == len(ids) - 1:
                break
    return cut


def bucket(
    lengths: Sequence[int], batch_tokens: int, shuffle: random.Random | None = None
) -> Iterator[list[int]]:
    """Yield batches of indices of similar length, each at most `batch_tokens` with padding.

    With `shuffle`, ties and the order of batches are random; without, the longest come first,
    so that the peak of memory is met at once.
    """
    order = sorted(
        range(len(lengths)),
        key=lambda index: (-lengths[index], shuffle.random() if shuffle else index),
    )
    batches: list[list[int]] = []
    batch: list[int] = []
    for index in order:
        if batch and lengths[batch[0]] * (len(batch) + 1) > batch_tokens:
            batches.append(batch)
            batch = []
        batch.append(index)
    if batch:
        batches.append(batch)
    if shuffle:
        shuffle.shuffle(batches)
    yield from batches


def pad(
    rows: Sequence[Sequence[int]], pad_id: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return ids and attention mask, each of shape (rows, longest row)."""
    width = max(len(row) for row in rows)
    ids = np.full((len(rows), width), pad_id, dtype=np.int64)
    mask = np.zeros((len(rows), width), dtype=np.int64)
    for index, row in enumerate(rows):
        ids[index, : len(row)] = row
        mask[index, : len(row)] = 1
    return ids, mask
