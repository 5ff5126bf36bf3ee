"""Campaigns in many words are found as groups; talk about one subject is none."""

import datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest
from invented import NOW, ordinary, row, table

from pipeline.core import paths
from pipeline.signals.behaviour import assess
from pipeline.signals.behaviour_model import load_model
from pipeline.signals.behaviour_night import keep_vectors, night_traces, with_vectors
from pipeline.signals.same_meaning import Candidate, apart, same_meaning_groups, usable
from pipeline.signals.traces import Traces, pack, read_traces, trace_table

MODEL = load_model(paths.BEHAVIOUR)
WIDTH = 256
N_REAL, N_CAMPAIGN = 600, 30


def vectors(n: int, seed: int, towards: npt.NDArray[np.float32] | None = None) -> Any:
    """Unit vectors around a common direction, as an encoder's are; `towards` is their meaning."""
    rng = np.random.default_rng(seed)
    drawn = rng.normal(size=(n, WIDTH)).astype(np.float32)
    if towards is not None:
        drawn += 1.6 * np.sqrt(WIDTH) * towards
    drawn[:, 0] += 20
    return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


def meaning(seed: int = 3) -> npt.NDArray[np.float32]:
    drawn = np.random.default_rng(seed).normal(size=WIDTH).astype(np.float32)
    drawn[0] = 0
    unit: npt.NDArray[np.float32] = drawn / np.linalg.norm(drawn)
    return unit


def planted(
    hours: float, *, n: int = N_CAMPAIGN, profiles: int = 15, **change: Any
) -> tuple[list[Any], Any]:
    """A campaign of other words each time, first, then ordinary comments; and all vectors."""
    rng = np.random.default_rng(9)
    rows = [
        row(9_000 + k, f"{each['text']} pavisam cits teikums", f"profile-{k % profiles}", None)
        for k, each in enumerate(ordinary(n, seed=8))
    ]
    start = ordinary(N_REAL)[N_REAL // 3]["created_at"]
    for each in rows:
        each["created_at"] = start + datetime.timedelta(hours=float(rng.uniform(0, hours)))
        each.update(change)
    own = np.concatenate([vectors(n, 1, meaning()), vectors(N_REAL, 2)])
    return [*rows, *ordinary(N_REAL)], own


def traces_with(rows: list[Any], own: Any) -> Traces:
    return read_traces(trace_table(table(rows), NOW, list(own)), NOW)


def test_a_campaign_in_many_words_is_a_group_and_others_are_not() -> None:
    traces = traces_with(*planted(1.0))
    found = assess(traces, len(traces), MODEL)
    flagged = np.nan_to_num(found.probs) >= 0.5
    assert flagged[:N_CAMPAIGN].mean() >= 0.9
    assert flagged[N_CAMPAIGN:].mean() <= 0.01
    kinds = {each.kind for at in np.flatnonzero(flagged) for each in found.findings[int(at)]}
    assert kinds == {"same_meaning"}
    detail = found.findings[int(np.flatnonzero(flagged)[0])][0].detail or ""
    assert detail.startswith("comments=")
    assert "profiles=" in detail
    assert " group=" in detail


def test_what_one_person_says_again_and_again_is_no_group() -> None:
    assert same_meaning_groups(traces_with(*planted(1.0, profiles=1)), MODEL) == []


@pytest.mark.parametrize("missing", ["author_key", "created_at"])
def test_comments_without_author_or_time_are_not_assessed(missing: str) -> None:
    assert same_meaning_groups(traces_with(*planted(1.0, **{missing: None})), MODEL) == []


def test_without_vectors_nothing_is_said() -> None:
    rows, _ = planted(1.0)
    assert same_meaning_groups(read_traces(trace_table(table(rows), NOW), NOW), MODEL) == []
    assert same_meaning_groups(traces_with(rows[:2], vectors(2, 1)), MODEL) == []


def test_one_author_of_half_of_all_comments_and_clocks_that_jump_break_nothing() -> None:
    rows, own = planted(1.0)
    for at, each in enumerate(rows[N_CAMPAIGN:]):
        if at % 2:
            each["author_key"] = "busy"
        if at % 7 == 0:
            each["created_at"] -= datetime.timedelta(hours=1)
        if at % 11 == 0:
            each["created_at"] = datetime.datetime(2099, 1, 1, tzinfo=datetime.UTC)
    groups = same_meaning_groups(traces_with(rows, own), MODEL)
    assert groups
    assert all((group.rows < N_CAMPAIGN).mean() > 0.8 for group in groups)


def test_vectors_of_a_night_are_kept_by_id_and_come_back_in_any_order(tmp_path: Path) -> None:
    rows, own = planted(1.0)
    comments = table(rows)
    own = [*own[:-1], None]
    for start in range(0, len(rows), 200):
        keep_vectors(tmp_path, comments.slice(start, 200), own[start : start + 200])
    turned = comments.take(pa.array(range(len(rows))[::-1]))
    found = with_vectors(night_traces([turned], NOW), tmp_path).column("vector").to_pylist()
    direct = trace_table(comments, NOW, own).column("vector").to_pylist()
    long = [len(each["text"]) >= 30 for each in rows]
    assert found[::-1] == [each if kept else None for each, kept in zip(direct, long, strict=True)]
    assert with_vectors(night_traces([comments], NOW), tmp_path / "none").column(
        "vector"
    ).null_count == len(rows)


@pytest.mark.parametrize("piece", [1, 7, 1 << 16])
def test_stored_vectors_come_back_row_by_row_and_those_without_are_zeros(
    piece: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.signals.traces.PIECE", piece)
    rows = ordinary(20)
    own = [None if at % 3 == 1 else each for at, each in enumerate(vectors(20, 1))]
    own[18] = own[18][: WIDTH // 2]
    found = traces_with(rows, own).vectors
    assert found is not None
    for kept, wanted in zip(found[:18], own[:18], strict=True):
        assert kept.tobytes() == (bytes(WIDTH) if wanted is None else pack(wanted))
    assert not found[18].any()


def test_what_a_better_group_leaves_is_judged_by_itself() -> None:
    timed = usable(traces_with(*planted(1.0)))
    assert timed is not None
    campaign = np.flatnonzero(timed.rows < N_CAMPAIGN)
    others = np.flatnonzero(timed.rows >= N_CAMPAIGN)
    half, people = campaign[:15], others[:8]

    def candidate(places: npt.NDArray[np.int64]) -> Candidate:
        return Candidate(np.sort(places), 3_600.0, n_then=40, n_all=len(places), n_around=600)

    best = (0.99, candidate(half))
    mixed = (0.9, candidate(np.concatenate([half, people])))
    same = (0.9, candidate(campaign))
    assert [len(each.rows) for each in apart(timed, [best, mixed], MODEL, 0.5)] == [15]
    assert [len(each.rows) for each in apart(timed, [best, same], MODEL, 0.5)] == [15, 15]
