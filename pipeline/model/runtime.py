"""Runtimes: what runs a release's graph on this machine, chosen by probing it.

`openvino` on the CPU, in bfloat16 where the processor has it (AMX or AVX-512 BF16) and float32
elsewhere; `cuda` where onnxruntime was built for CUDA and finds a card; `onnxruntime` in float32
on the CPU as the plain reference. None of them needs torch.
"""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

from pipeline.core.errors import PipelineError, is_want_of_memory

Name = Literal["openvino", "onnxruntime", "cuda"]
Outputs = Mapping[str, npt.NDArray[np.float32]]
CUDA = "CUDAExecutionProvider"


class Runtime(Protocol):
    """A compiled graph; not shared between threads."""

    name: Name
    vector_width: int
    """Width of the retrieval vector, 0 in releases that give none."""

    def run(self, ids: npt.NDArray[np.int64], mask: npt.NDArray[np.int64]) -> Outputs:
        """Return all outputs by name for ids and mask of shape (windows, tokens)."""


def open_runtime(graph: Path, *, wanted: str, threads: int, precision: str) -> Runtime:
    """Compile a graph for the runtime that was wanted, or for the best one that is here.

    `threads` 0 means all cores. `precision` is `bf16`, `f32`, or empty for the machine's own;
    OpenVINO alone heeds it. Raises PipelineError when the runtime or the graph cannot be used.
    """
    n_threads = threads or os.cpu_count() or 1
    name = choose(wanted, providers())
    if name == "openvino":
        return OpenVino(graph, n_threads, precision)
    session = OnnxSession(graph, n_threads, name)
    if name == "cuda" and CUDA not in session.providers:
        # Built for CUDA, but there is no card or driver.
        if wanted == "auto":
            return OpenVino(graph, n_threads, precision)
        raise PipelineError(
            "score.runtime: `cuda` is wanted, but onnxruntime finds no card that it can use",
            "Check `nvidia-smi`, or set `score.runtime` to auto.",
        )
    return session


def choose(wanted: str, found: Sequence[str]) -> Name:
    """Return the runtime to open: what was wanted, or with `auto` a card before the processor.

    `found` are the providers of onnxruntime, empty when it is not installed. Raises PipelineError
    when the wanted runtime needs a package that is not there.
    """
    if wanted == "auto":
        return "cuda" if CUDA in found else "openvino"
    if wanted == "openvino":
        return "openvino"
    if wanted == "onnxruntime" and found:
        return "onnxruntime"
    if wanted == "cuda" and CUDA in found:
        return "cuda"
    package = "onnxruntime-gpu" if wanted == "cuda" else "onnxruntime"
    raise PipelineError(
        f"score.runtime: `{wanted}` is wanted, but {package} is not installed",
        f"Run `pip install {package}`, or set `score.runtime` to auto.",
    )


def providers() -> list[str]:
    """Return what onnxruntime can run on, nothing when it is not installed."""
    try:
        import onnxruntime
    except ModuleNotFoundError:
        return []
    return list(onnxruntime.get_available_providers())


class OpenVino:
    """The graph compiled by OpenVINO for the CPU."""

    name: Name = "openvino"

    def __init__(self, graph: Path, threads: int, precision: str) -> None:
        import openvino

        core = openvino.Core()
        capable = core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
        self.precision = precision or ("bf16" if "BF16" in capable else "f32")
        options: dict[str, object] = {
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_NUM_THREADS": threads,
            "INFERENCE_PRECISION_HINT": self.precision,
            # Activations stay in full width: rounding them to 8 bits moves probabilities by 0.1.
            "DYNAMIC_QUANTIZATION_GROUP_SIZE": 0,
            # Nearly every batch has a shape of its own: what is kept of the last 5,000 takes 100 MB
            # and more, and saves no time.
            "CPU_RUNTIME_CACHE_CAPACITY": 0,
        }
        try:
            compiled = core.compile_model(str(graph), "CPU", options)
        except RuntimeError as error:
            raise refusal(graph, "openvino", error) from error
        self.request = compiled.create_infer_request()
        shapes = {port.any_name: port.partial_shape for port in compiled.outputs}
        self.vector_width = int(shapes["vector"][-1].get_max_length()) if "vector" in shapes else 0

    def run(self, ids: npt.NDArray[np.int64], mask: npt.NDArray[np.int64]) -> Outputs:
        """Return all outputs by name; they are overwritten by the next call."""
        found: Outputs = self.request.infer({"input_ids": ids, "attention_mask": mask})
        return found


class OnnxSession:
    """The graph in onnxruntime, on the CPU or on a card."""

    def __init__(self, graph: Path, threads: int, name: Name) -> None:
        import onnxruntime

        self.name: Name = name
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        # The 8-bit weights are unpacked once, when the session is opened, not in every batch.
        options.add_session_config_entry("session.disable_quant_qdq", "1")
        on = [CUDA, "CPUExecutionProvider"] if name == "cuda" else ["CPUExecutionProvider"]
        try:
            self.session: Any = onnxruntime.InferenceSession(str(graph), options, providers=on)
        except Exception as error:  # its exceptions have no common class of their own
            raise refusal(graph, name, error) from error
        self.providers: list[str] = self.session.get_providers()
        shapes = {output.name: output.shape for output in self.session.get_outputs()}
        self.names = list(shapes)
        self.vector_width = int(shapes["vector"][-1]) if "vector" in shapes else 0

    def run(self, ids: npt.NDArray[np.int64], mask: npt.NDArray[np.int64]) -> Outputs:
        """Return all outputs by name."""
        given = {"input_ids": ids, "attention_mask": mask}
        return dict(zip(self.names, self.session.run(self.names, given), strict=True))


def refusal(graph: Path, runtime: str, error: Exception) -> Exception:
    """Return the error for a graph that a runtime refuses: want of memory is no fault of it."""
    if is_want_of_memory(error):
        return MemoryError(str(graph))
    return PipelineError(
        f"{graph}: the graph cannot be compiled on this machine",
        f"Install the version of {runtime} that constraints.txt names.",
    )
