"""The network says where its logits come from, and learns only from what is known."""

import math

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.train

from tiny_release import make_encoder, make_tokenizer  # noqa: E402

from pipeline.core.heads import OUTPUTS  # noqa: E402
from pipeline.model.network import (  # noqa: E402
    CommentClassifier,
    layer_depth,
    masked_loss,
    parameter_groups,
)


@pytest.fixture(scope="module")
def model() -> CommentClassifier:
    return CommentClassifier(make_encoder(make_tokenizer()), len(OUTPUTS)).eval()


IDS = torch.tensor([[0, 40, 41, 42, 2], [0, 50, 2, 1, 1]])


def token_logits(model: CommentClassifier, ids: torch.Tensor) -> torch.Tensor:
    out = model.encoder(input_ids=ids, attention_mask=torch.ones_like(ids))
    return model.head(out.last_hidden_state)


def test_padding_is_not_read(model: CommentClassifier) -> None:
    mask = (IDS != 1).long()
    with torch.inference_mode():
        together = model(IDS, mask)
        alone = model(IDS[1:, :3], mask[1:, :3])
    assert together[1].shape == (2, 5, len(OUTPUTS))
    np.testing.assert_allclose(together[0][1], alone[0][0], atol=1e-5)
    np.testing.assert_allclose(together[1][1, :3], alone[1][0], atol=1e-5)
    np.testing.assert_allclose(together[1][1, 3:], 0, atol=1e-6)
    np.testing.assert_allclose(together[2][1], alone[2][0], atol=1e-5)
    np.testing.assert_allclose(together[2].norm(dim=1), 1, atol=1e-5)


def test_an_effect_is_what_the_logit_loses_without_the_token(model: CommentClassifier) -> None:
    ids = IDS[:1]
    with torch.inference_mode():
        model.focus.fill_(2.0)
        logits, effects, _ = model(ids, torch.ones_like(ids))
        own = token_logits(model, ids)[0]
        model.focus.fill_(0.3)
    for left_out in range(5):
        rest = torch.cat([own[:left_out], own[left_out + 1 :]])
        without = (torch.softmax(2.0 * rest, dim=0) * rest).sum(dim=0)
        np.testing.assert_allclose(logits[0] - without, effects[0, left_out], rtol=1e-2, atol=1e-4)


def test_focus_lets_the_strongest_token_speak_for_the_text(model: CommentClassifier) -> None:
    ids = IDS[:1]
    with torch.inference_mode():
        own = token_logits(model, ids)
        model.focus.fill_(0.0)
        mean = model(ids, torch.ones_like(ids))[0]
        model.focus.fill_(500.0)
        sharp = model(ids, torch.ones_like(ids))[0]
        model.focus.fill_(0.3)
    np.testing.assert_allclose(mean, own.mean(dim=1), atol=1e-5)
    np.testing.assert_allclose(sharp, own.amax(dim=1), atol=2e-2)


def test_unknown_labels_carry_no_loss_and_no_gradient() -> None:
    logits = torch.tensor([[0.3, -1.0], [2.0, 5.0]], requires_grad=True)
    targets = torch.tensor([[1.0, float("nan")], [float("nan"), 0.0]])
    loss = masked_loss(logits, targets, torch.ones(2))
    by_hand = (math.log1p(math.exp(-0.3)) + math.log1p(math.exp(5.0))) / 2
    assert float(loss.detach()) == pytest.approx(by_hand)
    loss.backward()
    assert logits.grad is not None
    assert (logits.grad == 0).tolist() == [[False, True], [True, False]]


def test_weights_scale_rows_and_nothing_known_is_no_loss() -> None:
    logits, targets = torch.tensor([[0.0], [3.0]]), torch.tensor([[1.0], [0.0]])
    only_first = masked_loss(logits, targets, torch.tensor([1.0, 0.0]))
    assert float(only_first) == pytest.approx(math.log(2))
    unknown = torch.full((2, 1), float("nan"))
    assert float(masked_loss(logits, unknown, torch.ones(2))) == 0.0


@pytest.mark.parametrize(
    ("name", "depth"),
    [
        ("head.weight", None),
        ("encoder.embeddings.word_embeddings.weight", 0),
        ("encoder.encoder.layer.0.output.dense.weight", 1),
        ("encoder.layers.11.mlp.weight", 12),
        ("encoder.final_norm.weight", 12),
    ],
)
def test_depth_is_read_from_the_name_of_a_weight(name: str, depth: int | None) -> None:
    assert layer_depth(name, 12) == depth


def test_lower_layers_learn_slower_and_biases_do_not_decay(model: CommentClassifier) -> None:
    for parameter in model.encoder.get_input_embeddings().parameters():
        parameter.requires_grad = False
    groups = parameter_groups(model, rate=1.0, head_rate=9.0, decay=0.5, weight_decay=0.1)
    rates = {group["lr"] for group in groups}
    assert rates == {9.0, 1.0, 0.5, 0.25}
    for group in groups:
        decays = group["weight_decay"] > 0
        assert all((parameter.ndim >= 2) == decays for parameter in group["params"])
    listed = sum(len(group["params"]) for group in groups)
    assert listed == sum(parameter.requires_grad for parameter in model.parameters())
