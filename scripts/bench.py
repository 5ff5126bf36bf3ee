"""Speed and memory beside XLM-RoBERTa base on the same comments; writes docs/performance.md.

Contenders take turns on the same comments in one run, each on one thread, and are compared by
processor time: on a shared machine that moves far less than time on the clock. The baselines have
random weights of the right sizes: speed does not depend on their values.
"""

import argparse
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from bench_night import Size, comments, night, with_ray
from bench_page import write_page
from tokenizers import Tokenizer
from transformers import BertConfig, BertModel, XLMRobertaConfig, XLMRobertaModel

from pipeline.core import paths
from pipeline.core.language import detect_language
from pipeline.model.base import package_file
from pipeline.model.release import open_release
from pipeline.model.scorer import Scorer
from pipeline.model.tokens import pad

MAX_TOKENS = 512
PLAIN_BATCH = 32
SIDE = 2048
"""Of the square matrices whose product tells the machine's peak."""
SHORT = 32
"""Tokens of a short comment, for the share of the peak that the encoder reaches."""
ROWS = 32_000
"""Of the word embeddings in the baselines: looking one up costs the same in a smaller table, and
the baselines then need 1 GB less."""
LAYERS, WIDTH, INNER = 12, 384, 1536
XLMR, E5 = "XLM-R base, float32 torch", "multilingual-e5-small, float32 torch"


def cpu_seconds(work: Callable[[], object]) -> float:
    """Return the processor time that a call takes in all threads of this process."""
    started = time.process_time()
    work()
    return time.process_time() - started


def tokenizer() -> Tokenizer:
    """Return the tokenizer of XLM-RoBERTa, which both baselines share."""
    parts = "assets", "multilingual-e5-small", "tokenizer.json"
    return Tokenizer.from_file(str(package_file("semantra_multilingual", *parts)))


def xlmr_base() -> Any:
    """Return an encoder of the size of XLM-RoBERTa base, the architecture behind Detoxify."""
    return XLMRobertaModel(
        XLMRobertaConfig(
            vocab_size=ROWS,
            hidden_size=768,
            num_hidden_layers=12,
            num_attention_heads=12,
            intermediate_size=3072,
            max_position_embeddings=514,
        )
    ).eval()


def e5_small() -> Any:
    """Return an encoder of the size of multilingual-e5-small, from which the release comes."""
    return BertModel(
        BertConfig(
            vocab_size=ROWS,
            hidden_size=WIDTH,
            num_hidden_layers=LAYERS,
            num_attention_heads=12,
            intermediate_size=INNER,
        )
    ).eval()


def plain(model: Any, reader: Tokenizer, texts: Sequence[str]) -> None:
    """Run a baseline the plain way: batches of 32 in the given order, padded to the longest."""
    for at in range(0, len(texts), PLAIN_BATCH):
        encoded = reader.encode_batch(list(texts[at : at + PLAIN_BATCH]))
        ids, mask = pad([each.ids[:MAX_TOKENS] for each in encoded], 1)
        with torch.inference_mode():
            model(input_ids=torch.from_numpy(ids % ROWS), attention_mask=torch.from_numpy(mask))


def contenders() -> dict[str, Callable[[Sequence[str]], object]]:
    """Return what is compared, by name: a call that takes texts to the end of the encoder."""
    reader, large, small = tokenizer(), xlmr_base(), e5_small()
    release = open_release(paths.RELEASE)

    def ours(runtime: str, precision: str) -> Callable[[Sequence[str]], object]:
        scorer = Scorer(release, threads=1, runtime=runtime, precision=precision)
        return lambda texts: scorer.score(texts, [detect_language(text) for text in texts])

    found: dict[str, Callable[[Sequence[str]], object]] = {
        XLMR: lambda texts: plain(large, reader, texts),
        E5: lambda texts: plain(small, reader, texts),
        "release, openvino, its own choice": ours("openvino", ""),
        "release, openvino, float32": ours("openvino", "f32"),
    }
    try:
        found["release, onnxruntime, float32"] = ours("onnxruntime", "f32")
    except Exception as error:  # not installed: the row says so
        print(f"onnxruntime: left out ({error})")
    return found


def compare(texts: Sequence[str], rounds: int) -> dict[str, list[float]]:
    """Return for each contender the milliseconds of processor time per comment, a figure a round.

    Each round has texts of its own, the same for all, and begins with another contender.
    """
    found = contenders()
    per_round = len(texts) // rounds
    for work in found.values():
        work(texts[:PLAIN_BATCH])
    measured: dict[str, list[float]] = {name: [] for name in found}
    names = list(found)
    for number in range(rounds):
        own = texts[number * per_round : (number + 1) * per_round]
        for name in [*names[number % len(names) :], *names[: number % len(names)]]:
            seconds = cpu_seconds(lambda name=name, own=own: found[name](own))  # type: ignore[misc]
            measured[name].append(1000 * seconds / len(own))
    return measured


def share_of_peak(rounds: int) -> dict[str, tuple[float, float]]:
    """Return for bfloat16 and float32 the peak of a matrix product and the encoder's, in GFLOP/s.

    On one thread, in turns; the encoder reads 64 comments of 32 tokens at a time.
    """
    release = open_release(paths.RELEASE)
    ids = np.random.default_rng(1).integers(10, 20_000, (64, SHORT))
    mask = np.ones_like(ids)
    per_token = 2 * LAYERS * (4 * WIDTH**2 + 2 * WIDTH * INNER + 2 * SHORT * WIDTH)
    found = {}
    for name, kind in (("bf16", torch.bfloat16), ("f32", torch.float32)):
        left, right = torch.randn(SIDE, SIDE).to(kind), torch.randn(SIDE, SIDE).to(kind)
        runtime = Scorer(release, threads=1, runtime="openvino", precision=name).runtime
        peak, reached = 0.0, 0.0
        for number in range(rounds + 1):
            seconds = cpu_seconds(lambda a=left, b=right: [a @ b for _ in range(4)])  # type: ignore[misc]
            own = cpu_seconds(lambda run=runtime.run: [run(ids, mask) for _ in range(8)])  # type: ignore[misc]
            if number:  # the first warms up
                peak = max(peak, 4 * 2 * SIDE**3 / seconds / 1e9)
                reached = max(reached, 8 * ids.size * per_token / own / 1e9)
        found[name] = (peak, reached)
    return found


def main() -> None:
    """Measure, print and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small samples, at most 6 minutes")
    parser.add_argument("--compared", type=int, help="comments that contenders take turns on")
    parser.add_argument("--sizes", help="comments of whole nights, as 10000,91303")
    parser.add_argument("--ray", action="store_true", help="also a local Ray cluster of 2 workers")
    parser.add_argument("--out", type=Path, default=paths.ROOT / "docs" / "performance.md")
    given = parser.parse_args()
    torch.set_num_threads(1)
    load_before, started = os.getloadavg()[0], time.time()
    n_compared = given.compared or (192 if given.quick else 960)
    sizes = [
        int(each)
        for each in (given.sizes or ("2000,8000" if given.quick else "10000,100000")).split(",")
    ]
    texts, source = comments(n_compared)
    rounds = 3 if given.quick else 5
    measured = compare(texts, rounds)
    peaks = share_of_peak(rounds)
    nights: list[Size] = [night(n_rows, workers=1) for n_rows in sizes]
    nights.append(night(sizes[0], workers=2))
    same = with_ray(min(sizes[0], 2000)) if given.ray else None
    write_page(
        given.out,
        quick=given.quick,
        source=source,
        n_compared=n_compared,
        measured=measured,
        peaks=peaks,
        nights=nights,
        ray=same,
        load=(load_before, os.getloadavg()[0]),
        minutes=(time.time() - started) / 60,
    )
    print(given.out.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
