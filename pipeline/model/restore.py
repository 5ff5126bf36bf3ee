"""A release as a network that training can go on from: its graph holds all trained weights."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import torch
from onnx import numpy_helper
from tokenizers import Tokenizer
from transformers import BertConfig, BertModel

from pipeline.core.heads import OUTPUTS
from pipeline.model.export import BLOCK, WEIGHT_BLOCK
from pipeline.model.network import CommentClassifier
from pipeline.model.release import GRAPH, TOKENIZER, open_release
from pipeline.model.tokens import load_tokenizer, padding_id

Arrays = dict[str, npt.NDArray[Any]]
EMBEDDINGS = "encoder.embeddings.word_embeddings.weight"
HEADS_WIDE = 32
"""Width of an attention head of the MiniLM family, which multilingual-e5-small belongs to."""


def load_release(folder: Path) -> tuple[CommentClassifier, Tokenizer]:
    """Return the network and tokenizer of a release, ready to be trained further.

    What an older release lacks (attention per output, the vector) starts as in an untrained one.
    Raises PipelineError when the release is not whole or not of this program's labels.
    """
    open_release(folder)
    tokenizer = load_tokenizer(folder / TOKENIZER)
    weights = read_weights(folder / GRAPH)
    model = CommentClassifier(
        BertModel(config_of(weights, padding_id(tokenizer)), add_pooling_layer=False), len(OUTPUTS)
    )
    state = {name: torch.from_numpy(np.array(value)) for name, value in weights.items()}
    lacking = set(model.load_state_dict(state, strict=False).missing_keys)
    if not lacking <= {"focus", "retrieval.weight"}:
        raise ValueError(f"{folder / GRAPH}: no weights for {', '.join(sorted(lacking))}")
    return model.eval(), tokenizer


def config_of(weights: Mapping[str, npt.NDArray[Any]], pad_id: int) -> BertConfig:
    """Return the shape of the encoder that these weights belong to."""
    n_pieces, width = weights[EMBEDDINGS].shape
    layers = {name.split(".")[3] for name in weights if name.startswith("encoder.encoder.layer.")}
    inner = weights["encoder.encoder.layer.0.intermediate.dense.weight"].shape[0]
    return BertConfig(
        vocab_size=n_pieces,
        hidden_size=width,
        num_hidden_layers=len(layers),
        num_attention_heads=max(1, width // HEADS_WIDE),
        intermediate_size=inner,
        max_position_embeddings=weights["encoder.embeddings.position_embeddings.weight"].shape[0],
        type_vocab_size=weights["encoder.embeddings.token_type_embeddings.weight"].shape[0],
        pad_token_id=pad_id,
    )


def read_weights(path: Path) -> Arrays:
    """Return the weights of a graph under the network's own names.

    Names of matrices are lost in the graph; the bias that is added to their product tells them.
    """
    graph = onnx.load(str(path)).graph
    tensors = {each.name: numpy_helper.to_array(each) for each in graph.initializer}
    weights = {name: value for name, value in tensors.items() if "." in name and ":" not in name}
    products = {node.output[0]: node.input[1] for node in graph.node if node.op_type == "MatMul"}
    for node in graph.node:
        if node.op_type == "Add":
            for bias, product in (node.input, reversed(node.input)):
                if str(bias).endswith(".bias") and product in products:
                    name = str(bias).removesuffix("bias") + "weight"
                    weights[name] = unpacked(tensors, products[product]).T
        elif node.op_type == "Mul" and "focus" in node.input:
            weights["focus"] = tensors["focus"]
        elif node.op_type == "MatMul" and node.output[0].startswith("/retrieval/"):
            weights["retrieval.weight"] = unpacked(tensors, node.input[1]).T
    weights[EMBEDDINGS] = embeddings(tensors)
    return {name: value for name, value in weights.items() if not name.startswith("emb.")}


def unpacked(tensors: Arrays, name: str) -> npt.NDArray[np.float32]:
    """Return a weight matrix (inputs, outputs), from its 8-bit codes where it has them."""
    if name in tensors:
        return tensors[name].astype(np.float32)
    scale = np.repeat(tensors[f"{name}.scale"], WEIGHT_BLOCK, axis=0)
    result: npt.NDArray[np.float32] = (tensors[f"{name}.codes"] * scale).astype(np.float32)
    return result


def embeddings(tensors: Arrays) -> npt.NDArray[np.float32]:
    """Return the table of word embeddings, from its 4-bit blocks where it has them."""
    if EMBEDDINGS in tensors:
        return tensors[EMBEDDINGS].astype(np.float32)
    codes, scale = tensors["emb.codes"], tensors["emb.scale"].astype(np.float32)
    n_pieces, n_blocks = scale.shape
    packed = codes.reshape(n_pieces, n_blocks, BLOCK // 2)
    signed = np.concatenate([packed & 15, packed >> 4], axis=2).astype(np.float32) - 8
    result: npt.NDArray[np.float32] = (signed * scale[..., None]).reshape(n_pieces, -1)
    return result
