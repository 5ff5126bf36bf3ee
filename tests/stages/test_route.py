"""Route clears what is safe, sends the rest to people, and never says more than the scores do."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core import paths as paths_
from pipeline.core.errors import PipelineError
from pipeline.core.heads import OUTPUTS
from pipeline.core.policy import Policy, load_policy
from pipeline.core.settings import CalibrateSettings, Capacity, RouteSettings, Settings
from pipeline.core.tables import COMMENT, DECISION, score_schema, write_table
from pipeline.model import recut, thresholds
from pipeline.model.cuts import Labelled
from pipeline.model.release import Release
from pipeline.model.thresholds import Cut
from pipeline.routing import decisions
from pipeline.routing.comparing import what_if
from pipeline.routing.decisions import NAMES, rules_of
from pipeline.stages import route

POLICY = load_policy()
NIGHT = datetime(2026, 3, 1, 3, tzinfo=UTC)
SETTINGS = RouteSettings(audit_share=0.0)
CUTS = {output: {"any": Cut(0.5, 0.9), "ru": Cut(0.7, 0.95)} for output in OUTPUTS}
RELEASE = Release(
    folder=Path("release"),
    version="v1",
    outputs=OUTPUTS,
    max_tokens=64,
    blend=np.zeros(len(OUTPUTS), dtype=np.float32),
    calibration={},
    thresholds=CUTS,
    threshold_version="t1",
    manifest={},
)
OVERLONG = {"label": "abuse", "kind": "overlong", "detail": "9000 characters"}


def scored(comment_id: str = "c1", lang: str = "lv", **probs: float | None) -> dict[str, Any]:
    """Return a score row; outputs that are not named are far below every threshold."""
    evidence = probs.pop("evidence", [])
    low = dict.fromkeys(OUTPUTS, 0.02)
    row: dict[str, Any] = {
        "comment_id": comment_id,
        "source": "site",
        "model_version": "v1",
        "lang": lang,
        "evidence": evidence,
        "scored_at": NIGHT,
    }
    for name in (*POLICY.labels, "abuse"):
        row[f"prob_{name}"] = {**low, **probs}.get(name) if lang != "und" else None
    return row


def decide(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the decision on one comment, before anything is drawn or moved up."""
    rules = rules_of(POLICY, RELEASE.outputs, RELEASE.thresholds)
    table = pa.Table.from_pylist([row], schema=score_schema(POLICY.labels))
    decided = decisions.decide(rules, table)
    found = decisions.described(rules, decided, 0)
    return {**found, "decision": NAMES[decided.decision[0]], "rank_score": decided.harm[0]}


def routed(
    folder: Path, rows: list[dict[str, Any]], settings: RouteSettings, **fields: Any
) -> list[dict[str, Any]]:
    """Return the decisions on scored comments, as they are written."""
    comments = [
        comment(row["comment_id"], f"Kur ir {row['comment_id']}?", **fields) for row in rows
    ]
    paths = write_night(folder, comments, rows)
    route.run(settings, POLICY, *paths, RELEASE, folder)
    return pq.read_table(folder / "decisions.parquet").to_pylist()


@pytest.mark.parametrize(
    ("row", "decision", "top_label", "reasons"),
    [
        (scored(), "clear", None, []),
        (scored(insult=0.49, abuse=0.49), "clear", None, []),
        (scored(insult=0.5), "review", "insult", ["unsure", "insult 0.50"]),
        (scored(insult=0.91), "priority", "insult", ["sure", "insult 0.91"]),
        # Russian has cuts of its own.
        (scored(lang="ru", insult=0.69), "clear", None, []),
        (scored(lang="ru", insult=0.91), "review", "insult", ["unsure", "insult 0.91"]),
        # English has none and uses the shared ones.
        (scored(lang="en", threat=0.6), "review", "threat", ["unsure", "threat 0.60"]),
        # Unknown language: nothing is known, a person looks.
        (scored(lang="und"), "review", None, ["language"]),
        # Abuse of no kind that is sure: the likeliest one is named and stands for abuse at large.
        (scored(abuse=0.8, hate=0.4), "review", "hate", ["unsure", "hate 0.80"]),
        (scored(abuse=0.95, hate=0.4), "priority", "hate", ["sure", "hate 0.95"]),
        (
            scored(abuse=0.8, hate=0.3, bot=0.6),
            "review",
            "hate",
            ["unsure", "hate 0.80", "bot 0.60"],
        ),
        # Harm orders the labels: a likely insult stands behind a threat.
        (
            scored(insult=0.8, threat=0.6),
            "review",
            "threat",
            ["unsure", "threat 0.60", "insult 0.80"],
        ),
        # Too long to speak for: never cleared.
        (scored(evidence=[OVERLONG]), "review", None, ["too_long"]),
        (
            scored(evidence=[OVERLONG], insult=0.6),
            "review",
            "insult",
            ["unsure", "insult 0.60", "too_long"],
        ),
        # Nobody can be sure of these from the text alone.
        (scored(bot=1.0), "review", "bot", ["unsure", "bot 1.00"]),
        (scored(bot=1.0, insult=0.6), "review", "insult", ["unsure", "insult 0.60", "bot 1.00"]),
        (scored(bot=1.0, insult=0.95), "priority", "insult", None),
    ],
)
def test_route_decides(
    row: dict[str, Any], decision: str, top_label: str | None, reasons: list[str] | None
) -> None:
    found = decide(row)
    assert (found["decision"], found["top_label"]) == (decision, top_label)
    if reasons is not None:
        assert found["reasons"] == reasons


def test_labels_that_nobody_can_be_sure_of_are_those_of_the_policy() -> None:
    never = {label.id for label in POLICY.label_rules if label.never_priority}
    for label in never & set(OUTPUTS):
        assert decide(scored(**{label: 1.0}))["decision"] == "review"
    assert never == {"disinformation", "bot", "anti_state"}


def test_a_decision_names_clauses_actions_and_versions() -> None:
    found = decide(scored(threat=0.95, obscenity=0.6))
    assert found["clauses"] == ["8.1", "8.3"]
    assert found["suggested_actions"] == ["delete"]
    assert found["rank_score"] == pytest.approx(0.95)


@pytest.mark.parametrize("value", [None, float("nan"), -0.1, 1.5])
@pytest.mark.parametrize("output", ["insult", "bot"])
def test_half_a_score_clears_nothing(output: str, value: float | None) -> None:
    with pytest.raises(PipelineError, match=rf"prob_{output} is .* for comment 'c7'.*\nRun") as bad:
        decide(scored("c7", **{output: value}))
    assert "nothing is cleared" in bad.value.hint


@pytest.mark.parametrize(
    ("prob", "decision", "top_label"),
    [
        (None, "clear", None),
        (0.2, "clear", None),
        (0.5, "review", "personal_data"),
        (1.0, "review", "personal_data"),
    ],
)
def test_a_label_that_a_signal_speaks_for_waits_for_a_person_from_an_even_chance(
    prob: float | None, decision: str, top_label: str | None
) -> None:
    found = decide(scored(personal_data=prob))
    assert (found["decision"], found["top_label"]) == (decision, top_label)


def test_an_impossible_probability_of_a_signal_clears_nothing() -> None:
    with pytest.raises(PipelineError, match="prob_personal_data is nan"):
        decide(scored(personal_data=float("nan")))


def test_a_comment_that_a_detector_failed_on_is_never_cleared() -> None:
    found = decide({**scored(), "not_assessed": ["personal_data"]})
    assert (found["decision"], found["reasons"]) == ("review", ["not_assessed"])
    assert found["top_label"] is None
    found = decide({**scored(insult=0.95), "not_assessed": ["personal_data"]})
    assert (found["decision"], found["reasons"][-1]) == ("priority", "not_assessed")
    assert found["top_label"] == "insult"


probabilities = st.fixed_dictionaries({name: st.floats(0, 1) for name in OUTPUTS})
ORDER = {"clear": 0, "review": 1, "priority": 2}


@given(probabilities, st.sampled_from(OUTPUTS), st.floats(0, 1), st.sampled_from(["lv", "ru"]))
def test_a_higher_probability_never_lowers_a_decision(
    probs: dict[str, float], output: str, other: float, lang: str
) -> None:
    low = decide(scored(lang=lang, **{**probs, output: min(probs[output], other)}))
    high = decide(scored(lang=lang, **{**probs, output: max(probs[output], other)}))
    assert ORDER[high["decision"]] >= ORDER[low["decision"]]


@given(probabilities)
def test_only_what_is_below_every_threshold_is_cleared(probs: dict[str, float]) -> None:
    found = decide(scored(**probs))
    # Probabilities are stored as float32.
    below = all(np.float32(prob) < CUTS[name]["any"].clear for name, prob in probs.items())
    assert (found["decision"] == "clear") == below
    assert 0 <= found["rank_score"] <= 1
    assert found["reasons"] or found["decision"] == "clear"


# The audit sample


def test_the_audit_sample_has_its_share_and_is_the_same_on_every_run(tmp_path: Path) -> None:
    settings = RouteSettings(audit_share=0.05)
    rows = [scored(f"c{number}") for number in range(2000)]
    found = routed(tmp_path, rows, settings)
    drawn = [row["is_audit_sample"] for row in found]
    assert sum(drawn) == 100
    assert {row["inclusion_probability"] for row in found} == {0.05}
    assert drawn == [row["is_audit_sample"] for row in routed(tmp_path, rows, settings)]
    other = routed(tmp_path, rows, RouteSettings(audit_share=0.05, seed=1))
    assert drawn != [row["is_audit_sample"] for row in other]


def test_a_larger_audit_share_keeps_the_comments_of_a_smaller_one(tmp_path: Path) -> None:
    rows = [scored(f"c{number}") for number in range(300)]
    drawn = [
        {
            row["comment_id"]
            for row in routed(tmp_path, rows, RouteSettings(audit_share=share))
            if row["is_audit_sample"]
        }
        for share in (0.0, 0.1, 0.3, 1.0)
    ]
    assert drawn[0] == set()
    assert drawn[1] < drawn[2] < drawn[3]
    assert len(drawn[3]) == 300


def test_a_small_institution_is_not_passed_over_every_night(tmp_path: Path) -> None:
    settings = RouteSettings(audit_share=0.1)
    n_drawn = 0
    for night in range(30):
        found = routed(tmp_path, [scored(f"{night}-{at}") for at in range(3)], settings)
        n_drawn += sum(row["is_audit_sample"] for row in found)
        assert all(row["inclusion_probability"] == pytest.approx(0.1) for row in found)
    assert 3 <= n_drawn <= 18


def test_only_cleared_comments_are_audited(tmp_path: Path) -> None:
    rows = [
        scored("clear"),
        scored("insult", insult=0.6),
        scored("und", lang="und"),
        scored("long", evidence=[OVERLONG]),
    ]
    cleared, *others = routed(tmp_path, rows, RouteSettings(audit_share=1.0))
    assert (cleared["decision"], cleared["reasons"]) == ("clear", ["audit"])
    assert (cleared["is_audit_sample"], cleared["inclusion_probability"]) == (True, 1.0)
    assert (cleared["model_version"], cleared["threshold_version"]) == ("v1", "t1")
    for row in others:
        assert (row["is_audit_sample"], row["inclusion_probability"]) == (False, None)


# Files and the queue


def comment(comment_id: str, text: str, **fields: Any) -> dict[str, Any]:
    empty = dict.fromkeys(COMMENT.names)
    own = {"comment_id": comment_id, "text": text, "source": "site", "institution": "ogre"}
    return {**empty, **own, "channel": "site", **fields}


def write_night(
    folder: Path, comments: list[dict[str, Any]], scores: list[dict[str, Any]]
) -> tuple[Path, Path]:
    paths = folder / "comments.parquet", folder / "scores.parquet"
    write_table(paths[0], pa.Table.from_pylist(comments, schema=COMMENT))
    write_table(paths[1], pa.Table.from_pylist(scores, schema=score_schema(POLICY.labels)))
    return paths


def small_night(folder: Path) -> tuple[Path, Path]:
    comments = [
        comment("1", "Kur ir sāls?"),
        comment("2", "Idioti tādi"),
        comment("3", "IDIOTI  tādi"),
        comment("4", "Idioti tādi", institution="ikskile"),
        comment("5", "Idioti tādi", source="youtube"),
        comment("6", "Tere hommikust"),
        comment("7", "Es tevi atradīšu"),
    ]
    high = [{"label": "insult", "kind": "word", "start": 0, "end": 6, "weight": 0.5}]
    scores = [
        scored("1"),
        scored("2", insult=0.6, evidence=[*high, OVERLONG]),
        scored("3", insult=0.93),
        scored("4", insult=0.6),
        {**scored("5", insult=0.6), "source": "youtube"},
        scored("6", lang="und"),
        scored("7", threat=0.99),
    ]
    return write_night(folder, comments, scores)


def test_run_writes_one_decision_per_comment_and_counts_them(tmp_path: Path) -> None:
    comments, scores = small_night(tmp_path)
    summary = route.run(SETTINGS, POLICY, comments, scores, RELEASE, tmp_path)
    table = pq.read_table(tmp_path / "decisions.parquet")
    assert table.schema.equals(DECISION)
    assert table.column("comment_id").to_pylist() == list("1234567")
    counts = (summary.n_comments, summary.n_clear, summary.n_review, summary.n_priority)
    assert counts == (7, 1, 4, 2)
    assert summary.labels == {"insult": 4, "threat": 1}
    assert summary.n_audit == 0


@pytest.mark.parametrize("change", ["order", "missing", "other"])
def test_scores_of_other_comments_are_refused(change: str, tmp_path: Path) -> None:
    rows = [comment(name, "Kur ir sāls?") for name in "abc"]
    scores = [scored(name) for name in {"order": "acb", "missing": "ab", "other": "abx"}[change]]
    paths = write_night(tmp_path, rows, scores)
    with pytest.raises(PipelineError, match=r"scores\.parquet: does not belong to .*\nRun `saruna"):
        route.run(SETTINGS, POLICY, *paths, RELEASE, tmp_path)
    assert not (tmp_path / "decisions.parquet").exists()


def test_scores_of_another_release_are_refused(tmp_path: Path) -> None:
    rows = [
        {**scored(name), "model_version": version} for name, version in (("a", "v1"), ("b", "v0"))
    ]
    files = write_night(tmp_path, [comment(name, "Kur?") for name in "ab"], rows)
    with pytest.raises(PipelineError, match=r"was scored by release .*v0.*\nRun `saruna score`"):
        route.run(SETTINGS, POLICY, *files, RELEASE, tmp_path)
    assert not (tmp_path / "decisions.parquet").exists()


def test_tables_in_pieces_of_other_sizes_still_belong_together(tmp_path: Path) -> None:
    n = 9000
    paths = write_night(
        tmp_path,
        [comment(str(number), "Kur ir sāls?") for number in range(n)],
        [scored(str(number)) for number in range(n)],
    )
    for path, size in zip(paths, (1000, 2500), strict=True):
        pq.write_table(pq.read_table(path), path, row_group_size=size)
    assert route.run(SETTINGS, POLICY, *paths, RELEASE, tmp_path).n_comments == n


def cases_of(folder: Path, audit_share: float = 0.0) -> list[route.CaseRow]:
    comments, scores = small_night(folder)
    settings = RouteSettings(audit_share=audit_share)
    route.run(settings, POLICY, comments, scores, RELEASE, folder)
    return list(route.cases(POLICY, comments, scores, folder / "decisions.parquet"))


EVIDENCE_PLACE = {"start": None, "end": None}


def test_copies_of_a_text_in_one_place_make_one_case(tmp_path: Path) -> None:
    by_ids = {tuple(each.comment_id for each in case.comments): case for case in cases_of(tmp_path)}
    # The copy with the highest score stands for both.
    assert by_ids.keys() == {("3", "2"), ("4",), ("5",), ("6",), ("7",)}
    case = by_ids["3", "2"]
    assert (case.band, case.rank_score) == ("priority", pytest.approx(0.93 * 0.6))
    assert case.reasons[-1] == "copies:2"
    assert by_ids["6",].top_label is None
    assert by_ids["4",].institution == "ikskile"


@pytest.mark.parametrize(
    ("kinds", "weights", "groups", "expected"),
    [
        (("same_text", "same_text"), (0.9, 0.6), ("ab12", "ab12"), {("2", "3")}),
        (("same_text", "same_text"), (0.9, 0.9), ("ab12", "cd34"), {("2",), ("3",)}),
        (("same_text", "same_text"), (0.9, 0.3), ("ab12", "ab12"), {("2",), ("3",)}),
        (("same_meaning", "same_meaning"), (0.9, 0.9), ("ab12", "ab12"), {("2",), ("3",)}),
    ],
)
def test_edited_copies_of_one_campaign_are_decided_as_one_case_and_other_words_are_read(
    tmp_path: Path,
    kinds: tuple[str, str],
    weights: tuple[float, float],
    groups: tuple[str, str],
    expected: set[tuple[str, ...]],
) -> None:
    rows = [comment("2", "Dome mūs atkal krāpj, cilvēki!"), comment("3", "Dome mus atkal krapj 😡")]
    said = [
        {"label": "bot", "kind": kind, "weight": weight, "detail": f"comments=2 group={group}"}
        for kind, weight, group in zip(kinds, weights, groups, strict=True)
    ]
    scores = [
        scored("2", bot=0.95, evidence=[EVIDENCE_PLACE | said[0]]),
        scored("3", bot=0.94, evidence=[EVIDENCE_PLACE | said[1]]),
    ]
    paths = write_night(tmp_path, rows, scores)
    route.run(SETTINGS, POLICY, *paths, RELEASE, tmp_path)
    found = list(route.cases(POLICY, *paths, tmp_path / "decisions.parquet"))
    assert {tuple(each.comment_id for each in case.comments) for case in found} == expected


def test_only_words_are_shown_as_evidence(tmp_path: Path) -> None:
    rows = [comment("2", "Idioti tādi")]
    high = {"label": "insult", "kind": "word", "start": 0, "end": 6, "weight": 0.5}
    paths = write_night(tmp_path, rows, [scored("2", insult=0.6, evidence=[high, OVERLONG])])
    route.run(SETTINGS, POLICY, *paths, RELEASE, tmp_path)
    (case,) = route.cases(POLICY, *paths, tmp_path / "decisions.parquet")
    assert [(piece.kind, piece.start, piece.end) for piece in case.evidence] == [("word", 0, 6)]
    assert "disinformation" not in case.probs
    assert case.probs["insult"] == 0.6


def test_an_audited_comment_is_a_case_of_its_own(tmp_path: Path) -> None:
    audited = [case for case in cases_of(tmp_path, 1.0) if case.is_audit_sample]
    assert [(case.band, case.comments[0].comment_id) for case in audited] == [("audit", "1")]


def test_very_many_copies_are_split_over_cases(tmp_path: Path) -> None:
    names = [str(number) for number in range(route.MAX_GROUP + 5)]
    paths = write_night(
        tmp_path,
        [comment(name, "Pērc kredītu") for name in names],
        [scored(name, advertising=0.8) for name in names],
    )
    route.run(SETTINGS, POLICY, *paths, RELEASE, tmp_path)
    cases = list(route.cases(POLICY, *paths, tmp_path / "decisions.parquet"))
    assert [len(case.comments) for case in cases] == [route.MAX_GROUP, 5]


# Rank, capacity and order


def test_the_rank_follows_attention_and_says_why(tmp_path: Path) -> None:
    rows = [scored("calm", insult=0.6), scored("seen", insult=0.6), scored("old", insult=0.6)]
    comments = [
        comment("calm", "Idioti", created_at=NIGHT),
        comment("seen", "Stulbeņi", created_at=NIGHT, n_reactions=41, n_replies=3),
        comment("old", "Mūļi", created_at=NIGHT - timedelta(hours=48)),
    ]
    route.run(SETTINGS, POLICY, *write_night(tmp_path, comments, rows), RELEASE, tmp_path)
    found = {row["comment_id"]: row for row in decisions_in(tmp_path)}
    ranks = {name: row["rank_score"] for name, row in found.items()}
    assert ranks["seen"] > ranks["calm"] > ranks["old"] > 0
    assert ranks["calm"] == pytest.approx(0.36)
    assert found["seen"]["reasons"] == [
        "unsure",
        "insult 0.60",
        "reactions:41",
        "replies:3",
        "age_hours:0",
    ]
    assert found["old"]["reasons"][-1] == "age_hours:48"


def decisions_in(folder: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pq.read_table(folder / "decisions.parquet").to_pylist()
    return rows


def busy_night(folder: Path) -> tuple[Path, Path]:
    """Sixty comments: 20 insults, 2 threats, 1 with personal data, 2 not assessed, 35 lawful."""
    rng = np.random.default_rng(0)
    rows = [scored(f"i{at}", insult=float(rng.uniform(0.5, 1))) for at in range(20)]
    rows += [scored(f"t{at}", threat=0.55) for at in range(2)]
    rows += [scored("p0", personal_data=0.6), scored("u0", lang="und"), scored("u1", lang="und")]
    rows += [scored(f"c{at}", insult=float(rng.uniform(0, 0.45))) for at in range(35)]
    comments = [comment(row["comment_id"], f"Teksts {row['comment_id']}") for row in rows]
    return write_night(folder, comments, rows)


@pytest.mark.parametrize("n_cases", [3, 5, 12, 24, 40, 60, 100])
def test_exactly_as_many_cases_are_proposed_as_people_can_look_at(
    n_cases: int, tmp_path: Path
) -> None:
    limits = {"any": Capacity(moderators=1, items_per_day=n_cases)}
    settings = RouteSettings(capacity=limits, audit_share=0.1)
    summary = route.run(settings, POLICY, *busy_night(tmp_path), RELEASE, tmp_path)
    found = {row["comment_id"]: row for row in decisions_in(tmp_path)}
    proposed = {name for name, row in found.items() if row["is_proposed"]}
    assert len(proposed) == summary.n_proposed == min(n_cases, 60)
    assert {"t0", "t1", "p0"} <= proposed
    told = json.loads((tmp_path / "route.json").read_text(encoding="utf-8"))
    (workload,) = told["workloads"]
    assert workload["n_proposed"] == len(proposed)
    low, high = workload["expected_left"][1:]
    assert low <= workload["expected_left"][0] <= high
    moved = [row for row in found.values() if row["reasons"][:1] == ["capacity"]]
    assert len(moved) == workload["n_filled"]
    # What was not cleared goes before what was.
    assert not moved or all(row["is_proposed"] for name, row in found.items() if name[0] in "itpu")
    assert all(row["decision"] == "review" and row["is_proposed"] for row in moved)


def test_threats_and_personal_data_are_proposed_beyond_the_capacity(tmp_path: Path) -> None:
    limits = {"ogre": Capacity(moderators=1, items_per_day=1)}
    settings = RouteSettings(capacity=limits, audit_share=0.5)
    route.run(settings, POLICY, *busy_night(tmp_path), RELEASE, tmp_path)
    proposed = {row["comment_id"] for row in decisions_in(tmp_path) if row["is_proposed"]}
    assert proposed == {"t0", "t1", "p0"}


def test_without_a_capacity_all_that_is_not_cleared_is_proposed(tmp_path: Path) -> None:
    summary = route.run(SETTINGS, POLICY, *busy_night(tmp_path), RELEASE, tmp_path)
    assert summary.n_proposed == summary.n_review + summary.n_priority == 25
    told = json.loads((tmp_path / "route.json").read_text(encoding="utf-8"))
    assert told["workloads"][0]["curves"] == []


def test_routing_again_changes_nothing(tmp_path: Path) -> None:
    limits = {"any": Capacity(moderators=2, items_per_day=7)}
    settings = RouteSettings(capacity=limits, audit_share=0.1)
    paths = busy_night(tmp_path)
    written = []
    for _ in range(2):
        route.run(settings, POLICY, *paths, RELEASE, tmp_path)
        files = ("decisions.parquet", "route.json")
        written.append([(tmp_path / name).read_bytes() for name in files])
    assert written[0] == written[1]


def test_the_audit_never_takes_more_than_its_part_of_the_day(tmp_path: Path) -> None:
    limits = {"any": Capacity(moderators=1, items_per_day=30)}
    settings = RouteSettings(capacity=limits, audit_share=1.0, audit_part=0.1)
    route.run(settings, POLICY, *busy_night(tmp_path), RELEASE, tmp_path)
    found = decisions_in(tmp_path)
    assert sum(row["is_audit_sample"] for row in found) == 3
    among = {row["inclusion_probability"] for row in found if row["decision"] == "clear"}
    n_clear = sum(row["decision"] == "clear" for row in found)
    assert among == {3 / n_clear}


def test_an_audited_case_is_blind(tmp_path: Path) -> None:
    (case,) = (case for case in cases_of(tmp_path, 1.0) if case.is_audit_sample)
    assert (case.probs, case.evidence, case.reasons) == ({}, (), ("audit",))
    assert (case.top_label, case.rank_score) == (None, 0.0)


def test_a_capacity_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="greater than 0"):
        Capacity(moderators=0, items_per_day=10)


# What if


def test_two_settings_are_compared_on_the_same_scores(tmp_path: Path) -> None:
    paths = busy_night(tmp_path)
    now = Settings(route=SETTINGS)
    limits = {"any": Capacity(moderators=1, items_per_day=10)}
    other = Settings(route=RouteSettings(capacity=limits, audit_share=0.0))
    found = what_if(now, other, *paths, RELEASE)
    assert (found.n_comments, found.moved, found.examples) == (60, {}, ())
    assert (found.now.n_proposed, found.other.n_proposed) == (25, 10)
    assert found.other.expected_left[0] > found.now.expected_left[0]
    assert found.now.expected_missed == found.other.expected_missed
    assert not (tmp_path / "decisions.parquet").exists()


def test_other_sentences_are_judged_by_the_comments_of_the_release(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    known = np.zeros((300, len(OUTPUTS)), dtype=np.float32)
    known[:100, [0, -1]] = 1
    probs = np.where(known > 0, rng.uniform(0.3, 1, known.shape), rng.uniform(0, 0.5, known.shape))
    calib = Labelled(probs, known, known[:, -1] == 0, np.ones(300, dtype=bool))
    written = thresholds.to_json(CUTS, (), recut.pack(calib, ["lv"] * 300))
    (tmp_path / "thresholds.json").write_text(json.dumps(written), encoding="utf-8")
    release = replace(RELEASE, folder=tmp_path)
    strict = Settings(
        route=SETTINGS, calibrate=CalibrateSettings(sentences=("miss at most 1 % of violations",))
    )
    found = what_if(Settings(route=SETTINGS), strict, *busy_night(tmp_path), release)
    assert found.other.n_clear < found.now.n_clear
    # Without a sentence about precision nobody is sure any more.
    assert found.other.n_priority == 0
    assert found.moved == {
        "lv: clear to review": found.now.n_clear - found.other.n_clear,
        "lv: priority to review": found.now.n_priority,
    }
    assert found.other.expected_missed[0] < found.now.expected_missed[0]
    assert found.other.promises["lv: miss at most 1 % of violations"] == "kept"
    assert len(found.examples) == sum(found.moved.values())


def test_a_policy_with_other_labels_cannot_be_compared(tmp_path: Path) -> None:
    text = paths_.POLICY.read_text(encoding="utf-8")
    (tmp_path / "other.yaml").write_text(text.replace("agitation", "canvassing"), encoding="utf-8")
    other = Settings(policy=tmp_path / "other.yaml")
    with pytest.raises(PipelineError, match="has other labels than"):
        what_if(Settings(), other, *busy_night(tmp_path), RELEASE)


ENQUEUE = """
import json, sys
from pathlib import Path
from pipeline.core.policy import load_policy
from pipeline.stages import route
folder = Path(sys.argv[1])
files = [folder / f"{name}.parquet" for name in ("comments", "scores", "decisions")]
for _ in range(2):
    written = route.enqueue(load_policy(), *files)
    print(json.dumps([written.n_new, written.n_unchanged, written.n_updated]))
"""


def test_enqueuing_twice_adds_nothing(tmp_path: Path) -> None:
    n_cases = len(cases_of(tmp_path))
    environment = {**os.environ, "SARUNA_STATE": str(tmp_path / "state")}
    environment.pop("SARUNA_DATABASE_URL", None)
    done = subprocess.run(
        [sys.executable, "-c", ENQUEUE, str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
        env=environment,
    )
    first, second = (json.loads(line) for line in done.stdout.splitlines())
    assert first == [n_cases, 0, 0]
    assert second == [0, n_cases, 0]
    assert (tmp_path / "state" / "desk.sqlite3").is_file()


def test_policy_and_network_agree_on_labels() -> None:
    policy: Policy = POLICY
    assert set(OUTPUTS) - {"abuse"} <= set(policy.labels)
