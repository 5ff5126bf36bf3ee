"""A release gives back the network that it was made from."""

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.train

from tiny_release import make_encoder, make_tokenizer  # noqa: E402

from pipeline.core import paths  # noqa: E402
from pipeline.core.heads import OUTPUTS  # noqa: E402
from pipeline.model.export import compress, snap_to_codes, to_onnx, write_graph  # noqa: E402
from pipeline.model.network import CommentClassifier  # noqa: E402
from pipeline.model.restore import load_release, read_weights  # noqa: E402
from pipeline.model.training import predict  # noqa: E402


def test_the_weights_of_a_compressed_graph_are_those_of_the_network(tmp_path: Path) -> None:
    torch.manual_seed(3)
    model = CommentClassifier(make_encoder(make_tokenizer()), len(OUTPUTS)).eval()
    # Equal values would share one tensor in the graph; trained weights are never equal.
    for parameter in model.parameters():
        parameter.data += 0.01 * torch.randn_like(parameter)
    snap_to_codes(model)
    write_graph(compress(to_onnx(model)), tmp_path / "model.onnx")
    weights = read_weights(tmp_path / "model.onnx")
    state = {name: value.numpy() for name, value in model.state_dict().items()}
    assert weights.keys() == state.keys()
    for name, value in state.items():
        # Word embeddings are kept in 4 bits.
        rough = 0.02 if "word_embeddings" in name else 1e-5
        np.testing.assert_allclose(weights[name], value, atol=rough, err_msg=name)


def test_training_can_go_on_from_the_shipped_release() -> None:
    model, tokenizer = load_release(paths.RELEASE)
    logits = predict(model, tokenizer, ["Paldies par darbu!", "Ты идиот"], 128, autocast=False)
    abuse = logits[:, OUTPUTS.index("abuse")]
    assert abuse[1] > abuse[0]
