"""Export: the network as one compact ONNX graph that needs no torch.

Weights of the encoder are kept in 8 bits with a scale per 32 inputs (DequantizeLinear). Word
embeddings are kept as the 4-bit blocks that they came in and unpacked inside the graph, with
standard operators only, so that any ONNX runtime reads the file.
"""

import io
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper, version_converter

from pipeline.core.tables import atomic_path
from pipeline.model.network import CommentClassifier

BLOCK = 32
WEIGHT_BLOCK = 32
MIN_COMPRESSED = 64
"""Smaller matrices stay as they are: they cost nothing and are the head."""
OPSET = 18
BLOCKED_OPSET = 21
"""The first in which DequantizeLinear takes a scale per block."""


def to_onnx(model: CommentClassifier) -> onnx.ModelProto:
    """Return the float32 graph: input_ids, attention_mask -> logits, token_effects, vector."""
    model = model.float().cpu().eval()
    ids = torch.tensor([[0, 5, 6, 2], [0, 7, 2, 1]])
    mask = torch.tensor([[1, 1, 1, 1], [1, 1, 1, 0]])
    buffer = io.BytesIO()
    rows = {0: "batch", 1: "tokens"}
    torch.onnx.export(
        model,
        (ids, mask),
        buffer,
        input_names=["input_ids", "attention_mask"],
        output_names=["logits", "token_effects", "vector"],
        dynamic_axes={
            "input_ids": rows,
            "attention_mask": rows,
            "logits": {0: "batch"},
            "token_effects": rows,
            "vector": {0: "batch"},
        },
        opset_version=OPSET,
        dynamo=False,
    )
    return onnx.load_from_string(buffer.getvalue())


def compress(graph: onnx.ModelProto) -> onnx.ModelProto:
    """Return the graph with 8-bit weights and 4-bit word embeddings."""
    compressed = version_converter.convert_version(graph, BLOCKED_OPSET)
    tensors = {tensor.name: tensor for tensor in compressed.graph.initializer}
    for node in list(compressed.graph.node):
        if node.op_type == "MatMul" and is_large(tensors.get(node.input[1])):
            quantise_weight(compressed.graph, tensors[node.input[1]])
        if node.op_type == "Gather" and is_vocabulary(tensors.get(node.input[0])):
            pack_embeddings(compressed.graph, node, tensors[node.input[0]])
    onnx.checker.check_model(compressed)
    return compressed


def is_large(tensor: Any) -> bool:
    """Tell whether a tensor is a weight matrix worth compressing."""
    return tensor is not None and len(tensor.dims) == 2 and min(tensor.dims) >= MIN_COMPRESSED


def is_vocabulary(tensor: Any) -> bool:
    """Tell whether a tensor is the table of word embeddings."""
    return is_large(tensor) and tensor.dims[0] > 2000 and tensor.dims[1] % BLOCK == 0


def quantise_weight(graph: Any, tensor: Any) -> None:
    """Replace a weight matrix (inputs, outputs) by 8-bit codes and a scale per block of inputs."""
    codes, scales = to_codes(numpy_helper.to_array(tensor))
    name = tensor.name
    graph.initializer.remove(tensor)
    graph.initializer.append(numpy_helper.from_array(codes, f"{name}.codes"))
    graph.initializer.append(numpy_helper.from_array(scales, f"{name}.scale"))
    node = helper.make_node(
        "DequantizeLinear",
        [f"{name}.codes", f"{name}.scale"],
        [name],
        f"{name}.dequantize",
        axis=0,
        block_size=WEIGHT_BLOCK,
    )
    graph.node.insert(0, node)


def to_codes(
    weight: npt.NDArray[np.float32],
) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float32]]:
    """Return 8-bit codes (inputs, outputs) and scales (blocks of inputs, outputs) of a weight."""
    blocks = weight.reshape(-1, WEIGHT_BLOCK, weight.shape[1])
    scales = (np.maximum(np.abs(blocks).max(axis=1), 1e-12) / 127).astype(np.float32)
    codes = np.clip(np.round(blocks / scales[:, None, :]), -127, 127).astype(np.int8)
    return codes.reshape(weight.shape), scales


def snap_to_codes(model: CommentClassifier) -> None:
    """Round the network's matrices, in place, to the values that the compressed graph can hold.

    Done once after training, so that calibration and evaluation measure what will be released.
    """
    for module in (*model.encoder.modules(), model.retrieval):
        if isinstance(module, torch.nn.Linear) and min(module.weight.shape) >= MIN_COMPRESSED:
            weight = module.weight.detach().float().cpu().numpy().T
            codes, scales = to_codes(weight)
            snapped = codes * np.repeat(scales, WEIGHT_BLOCK, axis=0)
            module.weight.data = torch.from_numpy(snapped.T.copy()).to(module.weight.device)


def to_blocks(
    weight: npt.NDArray[np.float32],
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float16]]:
    """Return 4-bit codes (rows, blocks, 16) and scales (rows, blocks, 1).

    The layout of the packed base encoder: low nibbles are weights 0 to 15 of a block of 32, high
    nibbles 16 to 31, each minus 8, times the scale. Weights that came from such blocks come back
    exactly.
    """
    blocks = weight.reshape(len(weight), -1, BLOCK)
    at = np.abs(blocks).argmax(axis=2, keepdims=True)
    scale = (np.take_along_axis(blocks, at, axis=2) / -8).astype(np.float16)
    safe = np.where(scale == 0, 1, scale).astype(np.float32)
    codes = np.clip(np.round(blocks / safe) + 8, 0, 15).astype(np.uint8)
    return codes[..., :16] | (codes[..., 16:] << 4), scale


def pack_embeddings(graph: Any, gather: Any, tensor: Any) -> None:
    """Replace a lookup in float32 embeddings by one in 4-bit blocks, unpacked after the lookup."""
    weight = numpy_helper.to_array(tensor)
    codes, scale = to_blocks(weight)
    n_blocks = codes.shape[1]
    ids, out = gather.input[1], gather.output[0]
    constants = {
        "emb.codes": codes.reshape(len(weight), -1),
        "emb.scale": scale.reshape(len(weight), -1),
        "emb.sixteenth": np.array(1 / 16, dtype=np.float32),
        "emb.sixteen": np.array(16, dtype=np.float32),
        "emb.eight": np.array(8, dtype=np.float32),
        "emb.halves": np.array([0, 0, n_blocks, BLOCK // 2], dtype=np.int64),
        "emb.blocks": np.array([0, 0, n_blocks, 1], dtype=np.int64),
        "emb.flat": np.array([0, 0, weight.shape[1]], dtype=np.int64),
    }
    for name, value in constants.items():
        graph.initializer.append(numpy_helper.from_array(value, name))
    make = helper.make_node
    nodes = [
        make("Gather", ["emb.codes", ids], ["emb.packed"], axis=0),
        # In floats, and exact: OpenVINO rounds an integer shift instead of cutting it.
        make("Cast", ["emb.packed"], ["emb.bytes"], to=TensorProto.FLOAT),
        make("Mul", ["emb.bytes", "emb.sixteenth"], ["emb.sixteenths"]),
        make("Floor", ["emb.sixteenths"], ["emb.highs"]),
        make("Mul", ["emb.highs", "emb.sixteen"], ["emb.rest"]),
        make("Sub", ["emb.bytes", "emb.rest"], ["emb.lows"]),
        make("Reshape", ["emb.lows", "emb.halves"], ["emb.lows4"]),
        make("Reshape", ["emb.highs", "emb.halves"], ["emb.highs4"]),
        make("Concat", ["emb.lows4", "emb.highs4"], ["emb.nibbles"], axis=3),
        make("Sub", ["emb.nibbles", "emb.eight"], ["emb.signed"]),
        make("Gather", ["emb.scale", ids], ["emb.scale16"], axis=0),
        make("Cast", ["emb.scale16"], ["emb.scale32"], to=TensorProto.FLOAT),
        make("Reshape", ["emb.scale32", "emb.blocks"], ["emb.scale4"]),
        make("Mul", ["emb.signed", "emb.scale4"], ["emb.product"]),
        make("Reshape", ["emb.product", "emb.flat"], [out]),
    ]
    place = list(graph.node).index(gather)
    graph.node.remove(gather)
    for offset, node in enumerate(nodes):
        graph.node.insert(place + offset, node)
    graph.initializer.remove(tensor)


def write_graph(graph: onnx.ModelProto, path: Path) -> None:
    """Write a graph so that the file is whole or absent."""
    with atomic_path(path) as partial:
        partial.write_bytes(graph.SerializeToString())
