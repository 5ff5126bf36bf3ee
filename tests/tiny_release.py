"""A model small enough for tests: built in code, trained and exported through the real stages.

Its comments are words drawn at random, a few of them telling. It learns these words and no more.
"""

import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import yaml
from tokenizers import AddedToken, Tokenizer, models, pre_tokenizers, processors

from pipeline.core.heads import TEXT_LABELS
from pipeline.core.settings import Settings, load_settings

NEUTRAL = {
    "lv": """ielas sniegs tīra kāpēc dome paldies bērni skola trotuārs apgaismojums rītā vakarā
        parks soliņi autobuss brauc maksā nodokļi ceļš bedres remonts tilts upe ledus
        slidkalniņš pagalms kaimiņi māja dārzs veikals tirgus pastāvēja koncerts
        svētki eglīte bibliotēka pulciņš sēde lēmums budžets deputāti sapulce
        iedzīvotāji lūdzu beidzot joprojām rindā stāvvieta zīme luksofors gājēji
        velosipēds celiņš smilts sāls traktors šoferis atkritumi konteiners""",
    "ru": """улица снег убирают почему дума спасибо дети школа тротуар освещение утром вечером парк
        скамейки автобус едет платим налоги дорога ямы ремонт мост река лёд горка двор соседи дом
        сад магазин рынок постояла концерт праздник ёлка библиотека кружок заседание решение бюджет
        депутаты собрание жители пожалуйста наконец опять очередь стоянка знак светофор пешеходы
        велосипед дорожка песок соль трактор водитель мусор контейнер""",
}
TELLING = {
    "insult": {"lv": "idioti stulbeņi mūlāpi", "ru": "дебилы идиоты придурки"},
    "obscenity": {"lv": "pisec dirst pohuj", "ru": "хуйня бля пиздец"},
    "threat": {"lv": "nošaut sadedzināt nosist", "ru": "убить сжечь застрелить"},
    "hate": {"lv": "krieveļi okupanti čigāni", "ru": "чурки лабусы хохлы"},
    "sexual": {"lv": "pornogrāfija izģērbies kailfoto", "ru": "порнуха раздевайся голышом"},
    "advertising": {"lv": "aizdevums akcija atlaides", "ru": "займы скидки акция"},
    "agitation": {"lv": "balsojiet sarakstu kandidātu", "ru": "голосуйте список кандидата"},
    "bot": {"lv": "kriptovalūta bitcoin airdrop", "ru": "криптовалюта биткоин крипта"},
}
LETTERS = {"lv": "aābcčdeēfgģhiījkķlļmnņoprsštuūvzž", "ru": "абвгдежзийклмнопрстуфхцчшщъыьэюя"}
SPECIAL = ("<s>", "<pad>", "</s>", "<unk>")
SEED = 7
Table = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Tiny:
    """The folders that the stages wrote for the tiny model."""

    settings: Settings
    params: Path
    data: Path
    suites: Path
    prepared: Path
    checkpoint: Path
    reports: Path
    release: Path
    exported: Any
    """The summary of the export."""


def words(text: str) -> list[str]:
    """Return the words of a list."""
    return text.split()


def pairs(lang: str) -> list[str]:
    """Return all words of two letters, so that the vocabulary is large enough to be packed."""
    return [first + second for first in LETTERS[lang] for second in LETTERS[lang]]


def make_tokenizer() -> Tokenizer:
    """Return a Unigram tokenizer shaped like that of the base encoder."""
    signs = "".join(map(chr, range(0x21, 0x7F))) + "".join(LETTERS.values())
    letters = dict.fromkeys(signs + signs.upper() + "ё€…–😀👍")
    pieces = [(piece, 0.0) for piece in SPECIAL]
    pieces += [("▁", -6.0), *((letter, -9.0) for letter in letters)]
    pieces += [(f"▁{letter}", -9.0) for letter in letters]
    pieces += [(f"▁{pair}", -10.0) for lang in LETTERS for pair in pairs(lang)]
    every = [
        NEUTRAL["lv"],
        NEUTRAL["ru"],
        *(text for each in TELLING.values() for text in each.values()),
    ]
    whole = dict.fromkeys(word for text in every for word in words(text))
    pieces += [(f"▁{word}", -8.0) for word in ("query", *whole)]
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=3, byte_fallback=False))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    tokenizer.add_special_tokens([AddedToken(piece, special=True) for piece in SPECIAL])
    return tokenizer


def make_encoder(tokenizer: Tokenizer) -> Any:
    """Return an untrained encoder whose word embeddings fit into 4-bit blocks exactly."""
    import torch
    from transformers import BertConfig, BertModel

    config = BertConfig(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=128,
        max_position_embeddings=64,
        type_vocab_size=1,
        pad_token_id=1,
    )
    torch.manual_seed(SEED)
    model = BertModel(config, add_pooling_layer=False)
    codes = random_codes(config.vocab_size, config.hidden_size)
    for place, label in enumerate(TEXT_LABELS):
        for text in TELLING[label].values():
            for word in words(text):
                # Telling words of a label have something in common, as in any trained encoder.
                codes[tokenizer.token_to_id(f"▁{word}"), 1 + 7 * place : 8 + 7 * place] = 7
    model.get_input_embeddings().weight.data = torch.from_numpy(block_born(codes))
    return model


def random_codes(n_rows: int, n_columns: int) -> Table:
    """Return small 4-bit codes."""
    return np.random.default_rng(SEED).integers(-3, 4, (n_rows, n_columns)).astype(np.float32)


def block_born(codes: Table) -> Table:
    """Return weights that are 4-bit codes times an fp16 scale per 32 of them.

    The largest of each 32 is -8, as a packer leaves it.
    """
    n_rows, n_columns = codes.shape
    codes = codes.copy()
    codes[:, ::32] = -8
    rng = np.random.default_rng(SEED)
    scales = rng.uniform(0.01, 0.02, (n_rows, n_columns // 32, 1)).astype(np.float16)
    blocks = codes.reshape(n_rows, -1, 32) * scales.astype(np.float32)
    return blocks.reshape(n_rows, n_columns).astype(np.float32)


def make_comment(lang: str, label: str, rng: random.Random) -> str:
    """Return a comment of random words, one or two of them telling."""
    chosen = rng.sample(words(NEUTRAL[lang]), rng.randint(5, 8))
    if label:
        for word in rng.sample(words(TELLING[label][lang]), rng.randint(1, 2)):
            chosen.insert(rng.randrange(len(chosen) + 1), word)
    return " ".join(chosen)


def write_data(data: Path, external: Path, suites: Path, n_rows: int) -> None:
    """Write seed comments, vocabulary texts and two small behaviour suites."""
    rng = random.Random(SEED)
    lines = ["lang\tlabels\tslice\tvoice\ttext"]
    for number in range(n_rows):
        lang = ("lv", "ru")[number % 2]
        label = rng.choice(("", "", "", *TEXT_LABELS))
        kind = "violation" if label else "criticism"
        lines.append(f"{lang}\t{label}\t{kind}\tx\t{make_comment(lang, label, rng)}")
    write_lines(data / "seed" / "tiny.tsv", lines)
    tweets = [f"made\tneu\t{' '.join(pairs(lang))}" for lang in LETTERS]
    place = external / "text" / "lv-tweets-merged" / "lv_tweets_merged_dedup.tsv"
    write_lines(place, ["source\tlabel\ttext", *tweets])
    for lang, name in (("lv", "latvian.tsv"), ("ru", "russian.tsv")):
        cases = ["case_id\tfunctionality\texpected\tlabels\ttext"]
        cases.append(f"{lang}-1\tv_insult\tviolation\tinsult\t{TELLING['insult'][lang]}")
        cases.append(f"{lang}-2\tl_thanks\tlawful\t\t{' '.join(words(NEUTRAL[lang])[:6])}")
        write_lines(suites / name, cases)


def write_lines(path: Path, lines: list[str]) -> None:
    """Write a text file, making its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def make_params(root: Path, external: Path) -> Path:
    """Write the settings of the tiny model and return their file."""
    values = {
        "prepare": {"external": str(external), "calib_share": 0.25, "test_share": 0.15},
        "encoder": {"base": str(root / "base"), "min_count": 1, "max_tokens": 24},
        "train": {
            "epochs": 3,
            "learning_rate": 3e-4,
            "head_learning_rate": 1e-1,
            "batch_tokens": 256,
            # Few words and few steps: which respellings fall must not decide what is learned.
            "augment": 0.0,
            "threads": 1,
        },
        "evaluate": {"bootstrap": 20},
        "export": {"parity_comments": 60},
        "score": {"chunk": 50, "threads": 1},
    }
    path = root / "params.yaml"
    path.write_text(yaml.safe_dump(values), encoding="utf-8")
    return path


def build(root: Path, *, n_rows: int = 1400) -> Tiny:
    """Run prepare, train, calibrate, evaluate and export in `root`; MLflow is left out."""
    from pipeline.model import tracking
    from pipeline.model.base import save_encoder
    from pipeline.stages import calibrate, evaluate, export, prepare, train

    data, suites, external = root / "data", root / "suites", root / "external"
    write_data(data, external, suites, n_rows)
    params = make_params(root, external)
    settings = load_settings(params)
    tokenizer = make_tokenizer()
    save_encoder(make_encoder(tokenizer), tokenizer, root / "base")
    prepared, checkpoint = root / "prepared", root / "checkpoint"
    reports, release = root / "reports", root / "release"
    prepare.run(settings.prepare, data, suites, prepared)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tracking, "start_run", lambda *_: "a run")
        patch.setattr(tracking, "log", lambda *_, **__: None)
        train.run(settings, prepared, root / "base", checkpoint)
        calibrate.run(settings, prepared, checkpoint)
        evaluate.run(settings, prepared, checkpoint, suites, reports)
    exported = export.run(settings, prepared, checkpoint, reports, release)
    return Tiny(settings, params, data, suites, prepared, checkpoint, reports, release, exported)
