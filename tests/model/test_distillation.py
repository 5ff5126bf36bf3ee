"""The vectors stay where the base encoder had them while labels are learned."""

import pytest

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.train

from tiny_release import make_encoder, make_tokenizer  # noqa: E402

from pipeline.model.distillation import LEAST, Teacher, retrieval_loss  # noqa: E402
from pipeline.model.network import CommentClassifier  # noqa: E402

TEXTS = ("kauns domei", "paldies par darbu", "спасибо за работу", "atkal bedres", "снова ямы")


def unit(rows: int, seed: int) -> torch.Tensor:
    torch.manual_seed(seed)
    return torch.nn.functional.normalize(torch.randn(rows, 8), dim=1)


def test_equal_vectors_cost_nothing_and_others_do() -> None:
    own = unit(6, 1)
    assert float(retrieval_loss(own, own)) == pytest.approx(0, abs=1e-5)
    assert float(retrieval_loss(own, unit(6, 2))) > 0.5


def test_a_wrong_order_of_neighbours_costs_beyond_the_distance() -> None:
    wanted = unit(6, 1)
    few = slice(0, LEAST - 1)
    distance = float((1 - (unit(6, 2)[few] * wanted[few]).sum(dim=1)).mean())
    assert float(retrieval_loss(unit(6, 2)[few], wanted[few])) == pytest.approx(distance, abs=1e-5)
    assert float(retrieval_loss(unit(6, 2), wanted)) > distance


def test_an_untrained_network_has_its_teachers_vectors() -> None:
    tokenizer = make_tokenizer()
    encoder = make_encoder(tokenizer).eval()
    teacher = Teacher(encoder, tokenizer, max_tokens=64)
    wanted = teacher.vectors(TEXTS)
    model = CommentClassifier(encoder, 3).eval()
    for text, vector in zip(TEXTS, wanted, strict=True):
        ids = torch.tensor([tokenizer.encode(f"query: {text}").ids])
        with torch.inference_mode():
            own = model(ids, torch.ones_like(ids))[2][0]
        # The teacher reads in bfloat16.
        assert float((own * vector).sum()) == pytest.approx(1, abs=5e-3)


def test_the_loss_moves_vectors_towards_the_teachers() -> None:
    wanted = unit(8, 3)
    own = unit(8, 4).requires_grad_()
    before = retrieval_loss(torch.nn.functional.normalize(own, dim=1), wanted)
    before.backward()
    with torch.no_grad():
        moved = torch.nn.functional.normalize(own - 0.1 * own.grad, dim=1)
    assert float(retrieval_loss(moved, wanted)) < float(before.detach())
