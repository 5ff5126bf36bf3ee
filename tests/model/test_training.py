"""Training learns, repeats with its seed, and keeps its best epoch."""

import random
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.train

from tiny_release import make_comment, make_encoder, make_tokenizer  # noqa: E402

from pipeline.core.errors import PipelineError  # noqa: E402
from pipeline.core.heads import OUTPUTS, TEXT_LABELS  # noqa: E402
from pipeline.core.settings import TrainSettings  # noqa: E402
from pipeline.core.tables import PREPARED  # noqa: E402
from pipeline.model import training  # noqa: E402
from pipeline.model.network import CommentClassifier, masked_loss  # noqa: E402
from pipeline.model.training import Examples, examples, fit, predict  # noqa: E402

TOKENIZER = make_tokenizer()
MAX_TOKENS = 24
SETTINGS = TrainSettings(
    epochs=30,
    learning_rate=1e-3,
    head_learning_rate=1e-1,
    batch_tokens=128,
    augment=0.0,
    threads=1,
    patience=30,
)


def make_model() -> CommentClassifier:
    torch.manual_seed(3)
    return CommentClassifier(make_encoder(TOKENIZER), len(OUTPUTS), dropout=0.1)


def make_examples(n: int, seed: int) -> Examples:
    rng = random.Random(seed)
    labels = [rng.choice(("", *TEXT_LABELS)) for _ in range(n)]
    targets = [
        [float(name == label or (name == "abuse" and label in OUTPUTS[:5])) for name in OUTPUTS]
        for label in labels
    ]
    return Examples(
        texts=tuple(make_comment("lv", label, rng) for label in labels),
        langs=("lv",) * n,
        targets=np.array(targets, dtype=np.float32),
        weights=np.ones(n, dtype=np.float32),
    )


def train(model: CommentClassifier, settings: TrainSettings, **changes: Any) -> training.Fitted:
    known = make_examples(40, 1)
    calib = changes.pop("calib", known)
    return fit(model, TOKENIZER, known, calib, settings, max_tokens=MAX_TOKENS, **changes)


def test_a_tiny_model_learns_forty_comments_by_heart() -> None:
    model, seen = make_model(), []
    fitted = train(model, SETTINGS, progress=lambda done, total: seen.append((done, total)))
    known = make_examples(40, 1)
    right = (predict(model, TOKENIZER, known.texts, MAX_TOKENS) > 0) == (known.targets > 0.5)
    assert right.mean() > 0.98
    assert fitted.calib_losses[fitted.best_epoch] < 0.1 < fitted.calib_losses[0]
    assert seen[-1] == (fitted.n_steps, fitted.n_steps)


def test_the_same_seed_gives_the_same_weights() -> None:
    settings = SETTINGS.model_copy(update={"epochs": 1, "augment": 0.5})
    states = []
    for seed in (5, 5, 6):
        model = make_model()
        train(model, settings.model_copy(update={"seed": seed}))
        states.append(torch.cat([value.flatten() for value in model.state_dict().values()]))
    assert torch.equal(states[0], states[1])
    assert not torch.equal(states[0], states[2])


def test_early_stopping_keeps_the_best_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    losses = iter([0.5, 0.3, 0.4, 0.45, 0.1])
    states = []

    def fake_loss(model: CommentClassifier, *_: object) -> float:
        states.append({key: value.clone() for key, value in model.state_dict().items()})
        return next(losses)

    monkeypatch.setattr(training, "evaluate_loss", fake_loss)
    model = make_model()
    fitted = train(model, SETTINGS.model_copy(update={"patience": 2}))
    assert fitted.calib_losses == (0.5, 0.3, 0.4, 0.45)
    assert fitted.best_epoch == 1
    assert all(torch.equal(states[1][key], value) for key, value in model.state_dict().items())


def test_a_loss_that_is_no_number_is_the_operators_to_mend(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(training, "evaluate_loss", lambda *_: float("nan"))
    with pytest.raises(PipelineError, match=r"loss on calib is nan after epoch 1\nLower"):
        train(make_model(), SETTINGS)


@pytest.mark.parametrize("frozen", [True, False])
def test_embeddings_move_only_when_they_are_not_frozen(frozen: bool) -> None:
    model = make_model()
    before = model.encoder.get_input_embeddings().weight.detach().clone()
    train(model, SETTINGS.model_copy(update={"epochs": 1, "freeze_embeddings": frozen}))
    after = model.encoder.get_input_embeddings().weight
    assert torch.equal(before, after) == frozen


def test_unknown_labels_do_not_move_a_head() -> None:
    known = make_examples(40, 1)
    known.targets[:, 0] = np.nan
    model = make_model()
    before = model.head.weight[0].detach().clone()
    settings = SETTINGS.model_copy(update={"epochs": 1, "weight_decay": 0.0})
    fit(model, TOKENIZER, known, known, settings, max_tokens=MAX_TOKENS)
    assert torch.equal(model.head.weight[0], before)
    assert not torch.equal(model.head.weight[1], before)


def test_weights_say_how_often_a_text_is_read() -> None:
    weights = np.array([0.5, 1.0, 3.0, 0.0], dtype=np.float32)
    rng = random.Random(0)
    drawn = [training.repeated(weights, rng) for _ in range(400)]
    assert all((each.count(1), each.count(2), each.count(3)) == (1, 3, 0) for each in drawn)
    assert 0.4 < sum(each.count(0) for each in drawn) / len(drawn) < 0.6


def test_the_rate_warms_up_and_ends_low() -> None:
    shares = [training.rate_share(step, 100, 0.1) for step in range(100)]
    assert shares[0] == pytest.approx(0.1)
    assert max(shares) == pytest.approx(1.0)
    assert shares[-1] < 0.06
    assert training.rate_share(500, 100, 0.1) == pytest.approx(0.05)


def test_a_long_text_takes_the_largest_of_its_windows() -> None:
    model = make_model().eval()
    parts = ["ielas sniegs " * 14, "idioti stulbeņi mūlāpi " * 9]
    whole = " ".join(parts)
    logits = predict(model, TOKENIZER, [whole, "ielas"], MAX_TOKENS, autocast=False)
    cut = training.windows(TOKENIZER, [training.model_input(whole)], MAX_TOKENS)
    assert len(cut) > 2
    with torch.inference_mode():
        each = [
            model(torch.tensor([list(w.ids)]), torch.ones(1, len(w.ids), dtype=torch.long))[0][0]
            for w in cut
        ]
    np.testing.assert_allclose(logits[0], torch.stack(each).amax(dim=0), atol=1e-5)


def test_predictions_keep_the_order_of_the_texts() -> None:
    model = make_model().eval()
    texts = ["ielas", "sniegs tīra kāpēc dome paldies", "idioti", "убить " * 30]
    forward = predict(model, TOKENIZER, texts, MAX_TOKENS, autocast=False)
    backward = predict(model, TOKENIZER, texts[::-1], MAX_TOKENS, autocast=False)
    np.testing.assert_allclose(forward, backward[::-1], atol=1e-5)


def test_examples_keep_unknown_labels_unknown() -> None:
    row: dict[str, Any] = dict.fromkeys(PREPARED.names) | {
        "row_hash": "0",
        "set": "seed",
        "lang": "lv",
        "slice": "",
        "text": "ielas",
        "is_insult": True,
        "is_abuse": False,
    }
    made = examples(pa.Table.from_pylist([row], schema=PREPARED), {"seed": 3.0})
    insult, abuse = OUTPUTS.index("insult"), OUTPUTS.index("abuse")
    assert (made.targets[0, insult], made.targets[0, abuse]) == (1.0, 0.0)
    assert np.isnan(np.delete(made.targets[0], [insult, abuse])).all()
    assert made.weights.tolist() == [3.0]
    empty = examples(PREPARED.empty_table(), {})
    assert empty.targets.shape == (0, len(OUTPUTS))


def test_smoothing_and_focus_change_the_loss_as_their_formulas_say() -> None:
    logits, targets = torch.tensor([[2.0, -1.0]]), torch.tensor([[1.0, torch.nan]])
    prob = torch.sigmoid(torch.tensor(2.0))
    plain = masked_loss(logits, targets, torch.ones(1))
    smoothed = masked_loss(logits, targets, torch.ones(1), smoothing=0.2)
    focal = masked_loss(logits, targets, torch.ones(1), gamma=2.0)
    assert plain == pytest.approx(float(-prob.log()), rel=1e-5)
    assert smoothed == pytest.approx(float(-0.9 * prob.log() - 0.1 * (1 - prob).log()), rel=1e-5)
    assert focal == pytest.approx(float(-((1 - prob) ** 2) * prob.log()), rel=1e-5)


def test_hidden_tokens_are_a_share_of_all_and_never_the_first() -> None:
    torch.manual_seed(0)
    mask = torch.ones((200, 50), dtype=torch.long)
    thin = training.thinned(mask, 0.2)
    assert bool((thin[:, 0] == 1).all())
    assert 0.17 < float((thin[:, 1:] == 0).float().mean()) < 0.23
    assert training.thinned(mask, 0.0) is mask


def test_the_running_mean_of_weights_is_kept_when_asked_for() -> None:
    last, mean = make_model(), make_model()
    start = make_model().head.weight.detach()
    train(last, SETTINGS.model_copy(update={"epochs": 1}))
    train(mean, SETTINGS.model_copy(update={"epochs": 1, "average": 0.9}))
    way = [float((each.head.weight.detach() - start).norm()) for each in (last, mean)]
    assert 0 < way[1] < way[0]


def test_dropout_of_the_encoder_is_set_in_every_layer() -> None:
    model = make_model()
    training.set_encoder_dropout(model, 0.25)
    shares = {each.p for each in model.encoder.modules() if isinstance(each, torch.nn.Dropout)}
    assert shares == {0.25}
