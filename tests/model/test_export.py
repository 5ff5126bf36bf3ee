"""The released graph is small, close to the network, and keeps its 4-bit embeddings exactly."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch")
onnx = pytest.importorskip("onnx")
pytestmark = pytest.mark.train

from tiny_release import (  # noqa: E402
    Tiny,
    block_born,
    make_encoder,
    make_tokenizer,
    random_codes,
)

from pipeline.model import export  # noqa: E402
from pipeline.model.checkpoint import load_checkpoint  # noqa: E402
from pipeline.model.export import (  # noqa: E402
    BLOCK,
    compress,
    snap_to_codes,
    to_blocks,
    to_codes,
    to_onnx,
    write_graph,
)
from pipeline.model.network import CommentClassifier  # noqa: E402


def from_blocks(codes: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Undo `to_blocks` the way the packed base encoder is read."""
    nibbles = np.concatenate([codes & 15, codes >> 4], axis=2).astype(np.float32) - 8
    return (nibbles * scale.astype(np.float32)).reshape(len(codes), -1)


@given(st.integers(1, 40), st.sampled_from([32, 64, 96]), st.integers(0, 99))
def test_weights_that_came_from_blocks_come_back_exactly(
    n_rows: int, n_columns: int, seed: int
) -> None:
    codes = np.random.default_rng(seed).integers(-8, 8, (n_rows, n_columns)).astype(np.float32)
    weights = block_born(codes)
    np.testing.assert_array_equal(from_blocks(*to_blocks(weights)), weights)


def test_blocks_of_zeros_and_negative_scales_come_back_exactly() -> None:
    weights = np.zeros((2, 64), dtype=np.float32)
    weights[1] = -block_born(random_codes(1, 64))[0]
    np.testing.assert_array_equal(from_blocks(*to_blocks(weights)), weights)


@settings(max_examples=30)
@given(st.integers(0, 99))
def test_other_weights_lose_at_most_a_step(seed: int) -> None:
    weights = np.random.default_rng(seed).normal(0, 0.05, (8, 64)).astype(np.float32)
    codes, scale = to_blocks(weights)
    error = np.abs(from_blocks(codes, scale) - weights).reshape(8, 2, BLOCK)
    assert (error <= np.abs(scale.astype(np.float32)) * 1.01).all()


@pytest.fixture(scope="module")
def network(tiny: Tiny) -> CommentClassifier:
    return load_checkpoint(tiny.checkpoint)[0]


@pytest.fixture(scope="module")
def graph(network: CommentClassifier) -> Any:
    return to_onnx(network)


def run(graph: Any, path: Path, ids: np.ndarray, mask: np.ndarray) -> Any:
    import openvino

    write_graph(graph, path)
    options = {"INFERENCE_PRECISION_HINT": "f32", "DYNAMIC_QUANTIZATION_GROUP_SIZE": 0}
    compiled = openvino.Core().compile_model(str(path), "CPU", options)
    result = compiled.create_infer_request().infer({"input_ids": ids, "attention_mask": mask})
    return tuple(result[name].copy() for name in ("logits", "token_effects", "vector"))


def test_the_compressed_graph_stays_close_to_the_network(
    network: CommentClassifier, graph: Any, tmp_path: Path
) -> None:
    rng = np.random.default_rng(0)
    ids = rng.integers(4, network.encoder.config.vocab_size, (5, 17))
    mask = np.ones_like(ids)
    ids[3, 9:], mask[3, 9:] = 1, 0
    with torch.inference_mode():
        wanted = [each.numpy() for each in network(torch.from_numpy(ids), torch.from_numpy(mask))]
    plain = run(graph, tmp_path / "plain.onnx", ids, mask)
    small = run(compress(graph), tmp_path / "small.onnx", ids, mask)
    for exact, compressed, expected in zip(plain, small, wanted, strict=True):
        np.testing.assert_allclose(exact, expected, atol=1e-4)
        # Training left the weights on the grid of the codes.
        np.testing.assert_allclose(compressed, expected, atol=1e-3)


@settings(max_examples=30)
@given(st.integers(1, 4), st.integers(1, 70), st.integers(0, 99))
def test_codes_lose_at_most_half_a_step_and_nothing_the_second_time(
    n_blocks: int, n_outputs: int, seed: int
) -> None:
    shape = (n_blocks * export.WEIGHT_BLOCK, n_outputs)
    weights = np.random.default_rng(seed).normal(0, 0.05, shape).astype(np.float32)
    codes, scales = to_codes(weights)
    steps = np.repeat(scales, export.WEIGHT_BLOCK, axis=0)
    snapped = (codes * steps).astype(np.float32)
    assert (np.abs(snapped - weights) <= 0.501 * steps).all()
    np.testing.assert_array_equal(to_codes(snapped)[0], codes)
    np.testing.assert_allclose(to_codes(snapped)[1], scales, rtol=1e-6)


def test_snapping_leaves_the_head_alone_and_moves_the_encoder_onto_the_grid() -> None:
    model = CommentClassifier(make_encoder(make_tokenizer()), 9)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    snap_to_codes(model)
    after = model.state_dict()
    changed = {name for name in after if not torch.equal(before[name], after[name])}
    assert len(changed) == 2 * 6
    assert all(
        name.endswith(("query.weight", "key.weight", "value.weight", "dense.weight"))
        for name in changed
    )
    assert max(float((before[name] - after[name]).abs().max()) for name in changed) < 0.001
    snap_to_codes(model)
    assert all(torch.allclose(after[name], value) for name, value in model.state_dict().items())


def test_compressing_packs_the_vocabulary_and_every_large_matrix(graph: Any) -> None:
    small = compress(graph)
    names = {tensor.name: tensor for tensor in small.graph.initializer}
    assert names["emb.codes"].dims[0] > 2000
    assert sum(name.endswith(".codes") for name in names) == 1 + 2 * 6 + 1
    assert len(small.SerializeToString()) < 0.3 * len(graph.SerializeToString())
    assert not any(export.is_large(names.get(node.input[1])) for node in matrices(small))


def matrices(graph: Any) -> list[Any]:
    return [node for node in graph.graph.node if node.op_type == "MatMul"]


def test_embeddings_in_the_graph_are_those_of_the_network_exactly(
    network: CommentClassifier, graph: Any
) -> None:
    names = {tensor.name: tensor for tensor in compress(graph).graph.initializer}
    codes = onnx.numpy_helper.to_array(names["emb.codes"])
    scale = onnx.numpy_helper.to_array(names["emb.scale"])
    weight = network.encoder.get_input_embeddings().weight.detach().numpy()
    n_blocks = scale.shape[1]
    unpacked = from_blocks(codes.reshape(len(codes), n_blocks, 16), scale[..., None])
    np.testing.assert_array_equal(unpacked, weight)


def test_the_export_measured_its_own_distance(tiny: Tiny) -> None:
    assert tiny.exported.parity_float32 < 1e-4
    assert tiny.exported.parity_released < 0.02
    assert tiny.exported.megabytes < 2
