"""The runtime is chosen by what the machine has, and all give the same numbers."""

import errno
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")
pytestmark = pytest.mark.train

from tiny_release import Tiny  # noqa: E402

from pipeline.core.errors import PipelineError  # noqa: E402
from pipeline.model import runtime  # noqa: E402
from pipeline.model.release import open_release  # noqa: E402
from pipeline.model.runtime import CUDA, choose, open_runtime, refusal  # noqa: E402
from pipeline.model.scorer import Scorer  # noqa: E402

CPU = "CPUExecutionProvider"


@pytest.mark.parametrize(
    ("wanted", "found", "chosen"),
    [
        ("auto", [], "openvino"),
        ("auto", [CPU], "openvino"),
        ("auto", [CUDA, CPU], "cuda"),
        ("openvino", [CUDA, CPU], "openvino"),
        ("onnxruntime", [CPU], "onnxruntime"),
        ("cuda", [CUDA, CPU], "cuda"),
    ],
)
def test_a_card_comes_before_the_processor_and_a_setting_before_both(
    wanted: str, found: list[str], chosen: str
) -> None:
    assert choose(wanted, found) == chosen


@pytest.mark.parametrize(
    ("wanted", "found", "package"),
    [("onnxruntime", [], "onnxruntime"), ("cuda", [CPU], "onnxruntime-gpu")],
)
def test_a_runtime_that_is_not_installed_is_named(
    wanted: str, found: list[str], package: str
) -> None:
    with pytest.raises(PipelineError, match=f"but {package} is not installed"):
        choose(wanted, found)


def test_onnxruntime_gives_the_same_numbers(tiny: Tiny) -> None:
    pytest.importorskip("onnxruntime")
    release = open_release(tiny.release)
    texts = ["Kad tīrīs sniegu mūsu ielā?", "ielas sniegs nošaut nosist kāpēc", "Paldies!"]
    langs = ["lv"] * len(texts)
    plain = Scorer(release, threads=1, precision="f32", runtime="openvino").score(texts, langs)
    other = Scorer(release, threads=1, runtime="onnxruntime").score(texts, langs)
    for one, two in zip(plain, other, strict=True):
        np.testing.assert_allclose(one.probs, two.probs, atol=1e-3)
        np.testing.assert_allclose(one.vector, two.vector, atol=1e-3)
        np.testing.assert_allclose(one.windows[0].effects, two.windows[0].effects, atol=1e-2)


def test_cuda_without_a_card_falls_back_or_says_so(
    tiny: Tiny, monkeypatch: pytest.MonkeyPatch
) -> None:
    class NoCard:
        providers = [CPU]

        def __init__(self, *_: object) -> None:
            pass

    monkeypatch.setattr(runtime, "providers", lambda: [CUDA, CPU])
    monkeypatch.setattr(runtime, "OnnxSession", NoCard)
    graph = tiny.release / "model.onnx"
    found = open_runtime(graph, wanted="auto", threads=1, precision="")
    assert found.name == "openvino"
    with pytest.raises(PipelineError, match="finds no card"):
        open_runtime(graph, wanted="cuda", threads=1, precision="")


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (RuntimeError("Exception from src/plugin.cpp:59:\nstd::bad_alloc"), MemoryError),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), MemoryError),
        (RuntimeError("Unsupported operation of type: Erf"), PipelineError),
    ],
)
def test_want_of_memory_is_not_blamed_on_the_graph(
    error: Exception, expected: type[Exception]
) -> None:
    assert type(refusal(Path("model.onnx"), "openvino", error)) is expected
