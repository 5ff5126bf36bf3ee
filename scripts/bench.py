"""Speed and memory of the released model beside XLM-RoBERTa base, on the same comments.

The baseline is a randomly initialised XLM-RoBERTa base in float32 torch, the architecture behind
Detoxify multilingual, run the plain way: batches of 32 in the given order, padded to the longest.
The same with our length-bucketed batches is shown too, so that nobody takes sorting for speed.
"""

import argparse
import csv
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from tokenizers import Tokenizer
from transformers import XLMRobertaConfig, XLMRobertaModel

from pipeline.core import paths
from pipeline.core.language import detect_language
from pipeline.core.settings import load_settings
from pipeline.model.base import package_file
from pipeline.model.release import open_release
from pipeline.model.scorer import Scorer
from pipeline.model.tokens import bucket, model_input, pad
from pipeline.signals.components import Signals

MAX_TOKENS = 512
RELEASE, SIGNALS = "saruna release", "all signals of a text alone"
REPORT_PEAK = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, capture_output=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def seed_texts(n_texts: int) -> list[str]:
    """Return seed comments, evenly spread over the files, as many as asked for."""
    texts: list[str] = []
    for file in sorted((paths.ROOT / "data" / "seed").glob("*.tsv")):
        with file.open(encoding="utf-8", newline="") as handle:
            rows = csv.DictReader(handle, delimiter="\t", quoting=csv.QUOTE_NONE)
            texts += [row["text"] for row in rows]
    step = len(texts) / n_texts
    return [texts[int(index * step)] for index in range(n_texts)]


def timed(work: Callable[[], object]) -> float:
    """Return the seconds that a call takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def baseline(rows: Sequence[Sequence[int]], batches: Sequence[Sequence[int]]) -> Callable[[], None]:
    """Return a call that runs XLM-RoBERTa base in float32 over batches of token rows."""
    config = XLMRobertaConfig(
        vocab_size=250002,
        hidden_size=768,
        num_hidden_layers=12,
        num_attention_heads=12,
        intermediate_size=3072,
        max_position_embeddings=514,
    )
    model = XLMRobertaModel(config).eval()

    def work() -> None:
        with torch.inference_mode():
            for batch in batches:
                ids, mask = pad([rows[index] for index in batch], 1)
                model(input_ids=torch.from_numpy(ids), attention_mask=torch.from_numpy(mask))

    return work


def run_baselines(texts: Sequence[str]) -> dict[str, float]:
    """Return the seconds of the baseline in the given order and with bucketed batches."""
    file = package_file(
        "semantra_multilingual", "assets", "multilingual-e5-small", "tokenizer.json"
    )
    tokenizer = Tokenizer.from_file(str(file))
    rows = [encoding.ids[:MAX_TOKENS] for encoding in tokenizer.encode_batch(list(texts))]
    plain = [range(at, min(at + 32, len(rows))) for at in range(0, len(rows), 32)]
    sorted_batches = list(bucket([len(row) for row in rows], 2048))
    return {
        "XLM-R base, float32 torch, batches of 32": timed(baseline(rows, plain)),
        "the same, length-bucketed": timed(baseline(rows, sorted_batches)),
    }


def run_release(texts: Sequence[str], threads: int) -> dict[str, float]:
    """Return the seconds of the release: scoring alone, and with language and normalising."""
    settings = load_settings().score
    scorer = Scorer(
        open_release(paths.RELEASE), threads=threads, batch_tokens=settings.batch_tokens
    )
    langs = [detect_language(text) for text in texts]
    scorer.score(texts[:200], langs[:200])
    signals = Signals()
    # Lists and pipelines are read on the first comment, once a night.
    signals.find(zip(texts[:200], langs[:200], strict=True))
    return {
        RELEASE: timed(lambda: scorer.score(texts, langs)),
        "saruna release, language detection too": timed(
            lambda: scorer.score(texts, [detect_language(text) for text in texts])
        ),
        "tokenising and normalising alone": timed(lambda: [model_input(text) for text in texts]),
        SIGNALS: timed(lambda: signals.find(zip(texts, langs, strict=True))),
    }


def peak_memory(n_comments: int) -> tuple[float, float]:
    """Return seconds and peak memory in MB of `saruna score` on a file of this many comments."""
    texts = seed_texts(min(n_comments, 3000))
    with tempfile.TemporaryDirectory(prefix="saruna-bench-") as folder:
        source = Path(folder) / "comments.csv"
        with source.open("w", encoding="utf-8", newline="") as handle:
            writer = csv.writer(handle)
            writer.writerow(["comment_id", "text"])
            for index in range(n_comments):
                writer.writerow([index, texts[index % len(texts)]])
        saruna = Path(sys.executable).with_name("saruna")
        command = [saruna, "score", source, "--out", f"{folder}/out", "--json"]
        environment = {**os.environ, "SARUNA_STATE": f"{folder}/state"}
        started = time.perf_counter()
        # Through a small process: a child forked from this one would inherit its peak.
        done = subprocess.run(
            [sys.executable, "-c", REPORT_PEAK, *map(str, command)],
            check=True,
            capture_output=True,
            env=environment,
            text=True,
        )
        seconds = time.perf_counter() - started
    return seconds, int(done.stdout) / 1024


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--comments", type=int, default=2000)
    parser.add_argument("--memory-comments", type=int, default=100_000)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    texts = seed_texts(given.comments)
    saruna = str(Path(sys.executable).with_name("saruna"))
    start_up = min(
        timed(lambda: subprocess.run([saruna, "--help"], check=True, capture_output=True))
        for _ in range(5)
    )
    seconds = {**run_release(texts, given.threads), **run_baselines(texts)}
    base = seconds["XLM-R base, float32 torch, batches of 32"]
    print(f"{given.comments} seed comments, {given.threads} threads, {torch.__version__} torch")
    print(f"{'what':<44} {'comments/s':>11} {'times base':>11}")
    for name, value in seconds.items():
        print(f"{name:<44} {given.comments / value:>11.0f} {base / value:>11.1f}")
    print(f"signals on top of the encoder: {seconds[SIGNALS] / seconds[RELEASE]:.1%} of its time")
    took, peak = peak_memory(given.memory_comments)
    print(f"saruna --help: {start_up:.2f} s (best of 5)")
    print(
        f"saruna score on {given.memory_comments} comments (3000 distinct texts): "
        f"{took:.0f} s, peak memory {peak:.0f} MB"
    )


if __name__ == "__main__":
    main()
