"""Prepare never lets two splits share a text, a twin, a pair or a case of the suites."""

import json
import os
import random
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("datasketch")
pytestmark = pytest.mark.train

from tiny_release import Tiny, make_comment, write_data, write_lines  # noqa: E402

from pipeline.core.errors import PipelineError  # noqa: E402
from pipeline.core.heads import OUTPUTS  # noqa: E402
from pipeline.core.settings import PrepareSettings  # noqa: E402
from pipeline.core.tables import FEEDBACK, PREPARED, SOFT, write_table  # noqa: E402
from pipeline.sources.labelled import PUBLIC_SETS, Labelled  # noqa: E402
from pipeline.stages import prepare  # noqa: E402
from pipeline.stages.prepare import (  # noqa: E402
    Row,
    grams_of,
    group_rows,
    similarity,
    split_groups,
    without_conflicts,
)

SPLITS = ("train", "calib", "test", "stranger")


def write_seeds(data: Path, rows: list[tuple[str, str, str]]) -> None:
    lines = ["lang\tlabels\tslice\tvoice\ttext"]
    lines += [f"{lang}\t{labels}\t\tx\t{text}" for lang, labels, text in rows]
    write_lines(data / "seed" / "own.tsv", lines)


def random_rows(n: int, seed: int = 0) -> list[tuple[str, str, str]]:
    rng = random.Random(seed)
    return [("lv", label, make_comment("lv", label, rng)) for label in ["", "insult"] * (n // 2)]


def run(tmp_path: Path, **changes: object) -> tuple[prepare.Summary, dict[str, list[dict]]]:
    values = {"external": tmp_path / "external", **changes}
    chosen = PrepareSettings.model_validate(values)
    if not (tmp_path / "suites").exists():
        write_lines(tmp_path / "suites" / "latvian.tsv", ["text"])
    summary = prepare.run(chosen, tmp_path / "data", tmp_path / "suites", tmp_path / "out")
    tables = {name: pq.read_table(tmp_path / "out" / f"{name}.parquet") for name in SPLITS}
    assert all(table.schema.equals(PREPARED) for table in tables.values())
    return summary, {name: table.to_pylist() for name, table in tables.items()}


def texts_of(rows: list[dict]) -> set[str]:
    return {row["text"] for row in rows}


def test_every_split_gets_about_its_share(tiny: Tiny) -> None:
    told = json.loads((tiny.prepared / "prepare.json").read_text(encoding="utf-8"))
    total = told["n_train"] + told["n_calib"] + told["n_test"]
    assert total == told["n_rows"]["seed"] - told["n_conflicts"] - told["n_suite_twins"]
    assert told["n_calib"] / total == pytest.approx(0.25, abs=0.08)
    assert told["n_test"] / total == pytest.approx(0.15, abs=0.08)
    assert pq.read_table(tiny.prepared / "calib.parquet").num_rows == told["n_calib"]


def test_near_duplicates_stay_together(tmp_path: Path) -> None:
    rows = random_rows(160)
    twins = [(lang, labels, f"{text}!!") for lang, labels, text in rows]
    louder = [(lang, labels, text.upper() + " 😀") for lang, labels, text in rows[:40]]
    write_seeds(tmp_path / "data", [*rows, *twins, *louder])
    _, splits = run(tmp_path)
    place = {text: name for name, found in splits.items() for text in texts_of(found)}
    assert len(splits["test"]) > 20
    for (_, _, text), (_, _, twin) in zip(rows, twins, strict=True):
        assert place[text] == place[twin]
    for (_, _, text), (_, _, loud) in zip(rows[:40], louder, strict=True):
        assert place[text] == place[loud]


def test_hardly_any_pair_above_the_limit_is_overlooked() -> None:
    rng = random.Random(8)
    pairs = []
    while len(pairs) < 200:
        text = f"{make_comment('ru', '', rng)} {make_comment('ru', '', rng)}"
        words = text.split()
        words[rng.randrange(len(words))] = "иначе"
        other = " ".join(words)
        if similarity(grams_of(text), grams_of(other)) >= 0.8:
            pairs.append((text, other))
    rows = [Row("seed", Labelled(text, "ru", {})) for pair in pairs for text in pair]
    groups = group_rows(rows, 0.8)
    together = sum(groups[at] == groups[at + 1] for at in range(0, len(rows), 2))
    assert together >= 199
    assert len(set(groups)) >= 195


def test_pairs_of_a_set_stay_together(tmp_path: Path) -> None:
    rng = random.Random(4)
    pairs = [(make_comment("ru", "insult", rng), make_comment("ru", "", rng)) for _ in range(120)]
    lines = ["index\ttoxic_comment\tneutral_comment1\tneutral_comment2\tneutral_comment3"]
    lines += [f"{number}\t{toxic}\t{neutral}\t\t" for number, (toxic, neutral) in enumerate(pairs)]
    write_lines(tmp_path / "external/abuse/ru-detox-parallel/russe2022_train.tsv", lines)
    summary, splits = run(tmp_path)
    place = {text: name for name, found in splits.items() for text in texts_of(found)}
    assert summary.n_test > 10
    assert all(place[toxic] == place[neutral] for toxic, neutral in pairs)


@settings(max_examples=25)
@given(st.data())
def test_no_group_is_in_two_splits(data: st.DataObject) -> None:
    n = data.draw(st.integers(20, 80))
    groups = data.draw(st.lists(st.integers(0, 15), min_size=n, max_size=n))
    rows = [Row("seed", Labelled(f"text {number}", "lv", {})) for number in range(n)]
    splits = split_groups(rows, groups, PrepareSettings(seed=data.draw(st.integers(0, 99))))
    where = {row.labelled.text: name for name, found in splits.items() for row in found}
    assert len(where) == n
    for group in set(groups):
        names = {where[f"text {at}"] for at, own in enumerate(groups) if own == group}
        assert len(names) == 1


@settings(max_examples=25)
@given(st.integers(0, 99), st.integers(1, 60), st.randoms())
def test_data_that_come_later_move_no_comment_between_splits(
    seed: int, n_later: int, order: random.Random
) -> None:
    def where(numbers: list[int]) -> dict[str, str]:
        rows = [Row("seed", Labelled(f"text {number}", "lv", {})) for number in numbers]
        splits = split_groups(rows, list(range(len(rows))), PrepareSettings(seed=seed))
        return {row.labelled.text: name for name, found in splits.items() for row in found}

    first = where(list(range(40)))
    more = list(range(40 + n_later))
    order.shuffle(more)
    assert first.items() <= where(more).items()


SPLIT = """
import sys, random
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from tiny_release import make_comment
from pipeline.core.settings import PrepareSettings
from pipeline.sources.labelled import Labelled
from pipeline.stages.prepare import Row, group_rows, split_groups
rng = random.Random(0)
texts = [make_comment("lv", "", rng) for _ in range(60)]
texts = [text + tail for text in texts for tail in ("", "!", " 😀", "?!")]
rows = [Row("seed", Labelled(text, "lv", {})) for text in texts]
splits = split_groups(rows, group_rows(rows, 0.8), PrepareSettings())
print([row.labelled.text for row in splits["test"]])
"""


def test_splits_are_the_same_in_every_process() -> None:
    # The order of a set of strings differs between processes unless it is pinned.
    printed = {
        subprocess.run(
            [sys.executable, "-c", SPLIT, str(Path(__file__).parents[1])],
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }
    assert len(printed) == 1


def test_twins_of_the_suites_are_left_out(tmp_path: Path) -> None:
    rows = random_rows(60)
    write_seeds(tmp_path / "data", rows)
    cases = ["case_id\tfunctionality\texpected\tlabels\ttext"]
    cases += [f"lv-{number}\tf\tlawful\t\t{rows[number][2].upper()}!" for number in range(5)]
    write_lines(tmp_path / "suites" / "latvian.tsv", cases)
    summary, splits = run(tmp_path)
    assert summary.n_suite_twins == 5
    left = set().union(*(texts_of(found) for found in splits.values()))
    assert left == {text for _, _, text in rows[5:]}


def test_texts_that_two_sets_judge_differently_are_dropped(tmp_path: Path) -> None:
    rows = random_rows(40)
    write_seeds(tmp_path / "data", rows)
    others = ["text,label", f"{rows[0][2].upper()},1", f"{rows[1][2]},1", "jauns teksts par upi,0"]
    write_lines(tmp_path / "external/abuse/ru-okru-10pct/okru_open.csv", others)
    summary, splits = run(tmp_path)
    left = set().union(*(texts_of(found) for found in splits.values()))
    assert summary.n_conflicts == 1  # row 0 is lawful among the seeds, row 1 is an insult in both
    assert rows[0][2] not in left
    assert rows[0][2].upper() not in left
    assert {rows[1][2], "jauns teksts par upi"} <= left


def test_a_repeated_text_is_kept_once_and_unknown_labels_are_no_conflict() -> None:
    first = Row("a", Labelled("Kur sniegs", "lv", {"abuse": False}))
    again = Row("b", Labelled("KUR SNIEGS", "lv", {"advertising": True, "abuse": False}))
    other = Row("b", Labelled("Kur ledus", "lv", {"abuse": True}))
    assert without_conflicts([first, again, other]) == ([first, other], 0)


def test_strangers_share_nothing_with_what_is_learned(tmp_path: Path) -> None:
    rows = random_rows(40)
    write_seeds(tmp_path / "data", rows)
    known, unknown = f"{rows[2][2]}!", "pavisam cits teksts par slidotavu un kakao"
    file = tmp_path / "external/abuse/lv-hate-speech-1k/lv_hate_speech_open.csv"
    write_lines(file, ["text,label", f"{known},0", f"{unknown},0"])
    summary, splits = run(tmp_path, sets=["seed"])
    assert texts_of(splits["stranger"]) == {unknown}
    assert summary.n_stranger == 1
    assert all(known not in texts_of(splits[name]) for name in SPLITS)


def test_absent_sets_are_reported_as_skipped(tmp_path: Path) -> None:
    write_seeds(tmp_path / "data", random_rows(20))
    file = tmp_path / "external/abuse/ru-okru-10pct/okru_open.csv"
    write_lines(file, ["text,label", "снег убрали,0"])
    summary, _ = run(tmp_path)
    public = {each.name for each in PUBLIC_SETS} - {"ru-okru-10pct"}
    assert public < set(summary.skipped_sets)
    assert "annotated-lv-tweets-merged" in summary.skipped_sets
    assert summary.n_rows == {"seed": 20, "ru-okru-10pct": 1}


def test_only_the_chosen_sets_are_learned_from(tmp_path: Path) -> None:
    write_data(tmp_path / "data", tmp_path / "external", tmp_path / "suites", 30)
    file = tmp_path / "external/abuse/ru-okru-10pct/okru_open.csv"
    write_lines(file, ["text,label", *(f"{text},0" for _, _, text in random_rows(20, seed=9))])
    summary, _ = run(tmp_path, sets=["ru-okru-10pct"], max_rows_per_set=7)
    assert summary.n_rows == {"ru-okru-10pct": 7}


def test_an_unknown_set_is_named_with_the_known_ones(tmp_path: Path) -> None:
    write_seeds(tmp_path / "data", random_rows(20))
    with pytest.raises(
        PipelineError, match=r"unknown set ru-okru\nKnown are seed, feedback, annotated-"
    ):
        run(tmp_path, sets=["seed", "ru-okru"])


def test_nothing_to_learn_from_is_an_error_with_the_next_step(tmp_path: Path) -> None:
    with pytest.raises(PipelineError, match=r"no labelled comment .*\nSet prepare\.external"):
        run(tmp_path)


def test_an_unknown_label_among_the_seeds_stops_with_its_place(tmp_path: Path) -> None:
    write_seeds(tmp_path / "data", [("lv", "insullt", "Slepens teksts par domi")])
    with pytest.raises(PipelineError, match=r"own\.tsv:2: unknown label insullt") as caught:
        run(tmp_path)
    assert "Slepens" not in str(caught.value)
    assert not (tmp_path / "out" / "train.parquet").exists()


def test_texts_without_letters_are_left_out(tmp_path: Path) -> None:
    write_seeds(
        tmp_path / "data", [*random_rows(20), ("lv", "", "😀😀"), ("lv", "", "!"), ("lv", "", "ok")]
    )
    summary, _ = run(tmp_path)
    assert summary.n_rows == {"seed": 21}


def test_unknown_labels_stay_unknown_in_the_tables(tmp_path: Path) -> None:
    file = tmp_path / "external/bots/tg-spam-ru-monalenka/combined.csv"
    write_lines(file, ["text,label", "Заработок каждый день,spam"])
    _, splits = run(tmp_path)
    row = next(iter(row for found in splits.values() for row in found))
    assert row["is_advertising"] is True
    assert all(row[f"is_{name}"] is None for name in OUTPUTS if name != "advertising")


def test_groups_are_named_by_their_first_row() -> None:
    texts = [
        "dome lemj par jauno tiltu pār upi",
        "citi vārdi pavisam",
        "Dome lemj par jauno tiltu pār upi!",
    ]
    rows = [
        Row("seed", Labelled(text, "lv", {}, group))
        for text, group in zip(texts, "xyy", strict=True)
    ]
    assert group_rows(rows, 0.8) == [0, 0, 0]
    apart = [Row("seed", Labelled(text, "lv", {})) for text in texts]
    assert group_rows(apart, 0.8) == [0, 1, 0]
    other_set = Row("other", Labelled("vēl kas", "lv", {}, "y"))
    assert group_rows([*rows, other_set], 0.8)[3] == 3


def reviewed(number: int, share: float, **changes: object) -> dict[str, object]:
    now = datetime(2026, 3, 1, tzinfo=UTC)
    row: dict[str, object] = {
        "source": "facebook",
        "comment_id": f"c{number}",
        "thread": f"t{number // 2}",
        "settled_at": now,
        "lang": "lv",
        "text": f"komentārs numur {number} par domi un {number * 7}. ielu",
        "n_masked": 0,
        "model_version": "v1",
        "threshold_version": "t1",
        "shown": "review",
        "people": ["p"],
        "n_blind": 0,
        "was_escalated": False,
        "is_violation": share > 0.5,
        "labels": [],
        "action": "none",
        "seconds": 5,
        "inclusion_weight": 1.0,
        **{f"soft_{name}": share for name in OUTPUTS},
    }
    return {**row, **changes}


def test_reviews_are_learned_from_with_their_shares_and_weights(tmp_path: Path) -> None:
    write_seeds(tmp_path / "data", random_rows(20))
    rows = [reviewed(number, (0.0, 0.5, 1.0)[number % 3]) for number in range(60)]
    rows[0] |= {"shown": "audit", "inclusion_weight": 100.0}
    table = pa.Table.from_pylist(rows, schema=FEEDBACK)
    write_table(tmp_path / "data" / "feedback" / "reviews.parquet", table)
    summary, splits = run(tmp_path)
    assert summary.n_rows["feedback"] == 60
    place = {row["text"]: name for name, found in splits.items() for row in found}
    found = {row["text"]: row for each in splits.values() for row in each}
    for row in rows:
        lawful = {0.0: False, 0.5: None, 1.0: True}
        assert found[row["text"]]["is_abuse"] is lawful[row["soft_abuse"]]
    # Two comments of a thread share a split.
    for one, other in zip(rows[::2], rows[1::2], strict=True):
        assert place[one["text"]] == place[other["text"]]
    soft = pq.read_table(tmp_path / "out" / "soft.parquet")
    assert soft.schema.equals(SOFT)
    assert soft.column("weight").to_pylist()[:2] == [10.0, 1.0]


def test_training_reads_shares_and_weights_of_reviewed_rows_alone(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    from pipeline.model.softening import soften
    from pipeline.model.training import examples

    write_seeds(tmp_path / "data", random_rows(40))
    rows = [reviewed(number, 0.5, inclusion_weight=4.0) for number in range(30)]
    table = pa.Table.from_pylist(rows, schema=FEEDBACK)
    write_table(tmp_path / "data" / "feedback" / "reviews.parquet", table)
    run(tmp_path)
    train = pq.read_table(tmp_path / "out" / "train.parquet")
    plain = examples(train, {"seed": 2, "feedback": 3})
    softened = soften(plain, train, tmp_path / "out")
    ours = [name == "feedback" for name in train.column("set").to_pylist()]
    assert 10 < sum(ours) < len(ours)
    assert set(softened.targets[ours].ravel()) == {0.5}
    assert set(softened.weights[ours]) == {12.0}
    rest = [not each for each in ours]
    assert (softened.weights[rest] == 2).all()
    assert np.array_equal(softened.targets[rest], plain.targets[rest], equal_nan=True)
    (tmp_path / "out" / "soft.parquet").unlink()
    assert soften(plain, train, tmp_path / "out") is plain
