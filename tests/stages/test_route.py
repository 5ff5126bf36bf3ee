"""Route clears what is safe, sends the rest to people, and never says more than the scores do."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.errors import PipelineError
from pipeline.core.heads import OUTPUTS
from pipeline.core.policy import Policy, load_policy
from pipeline.core.settings import RouteSettings
from pipeline.core.tables import COMMENT, DECISION, score_schema, write_table
from pipeline.model.release import Release
from pipeline.model.thresholds import Cut
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


def decide(row: Mapping[str, Any], settings: RouteSettings = SETTINGS) -> dict[str, Any]:
    return route.decide(settings, POLICY, RELEASE, row)


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
    assert (found["model_version"], found["threshold_version"]) == ("v1", "t1")
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
    below = all(prob < CUTS[name]["any"].clear for name, prob in probs.items())
    assert (found["decision"] == "clear") == below
    assert 0 <= found["rank_score"] <= 1
    assert found["reasons"] or found["decision"] == "clear"


# The audit sample


def test_the_audit_sample_is_about_its_share_and_the_same_on_every_run() -> None:
    settings = RouteSettings(audit_share=0.05)
    rows = [scored(f"c{number}") for number in range(4000)]
    drawn = [decide(row, settings)["is_audit_sample"] for row in rows]
    assert 150 < sum(drawn) < 250
    assert drawn == [decide(row, settings)["is_audit_sample"] for row in rows]
    other = RouteSettings(audit_share=0.05, seed=1)
    assert drawn != [decide(row, other)["is_audit_sample"] for row in rows]


def test_a_larger_audit_share_keeps_the_comments_of_a_smaller_one() -> None:
    shares = [RouteSettings(audit_share=share) for share in (0.0, 0.1, 0.3, 1.0)]
    drawn = [
        {n for n in range(300) if decide(scored(f"c{n}"), settings)["is_audit_sample"]}
        for settings in shares
    ]
    assert drawn[0] == set()
    assert drawn[1] < drawn[2] < drawn[3] == set(range(300))


def test_only_cleared_comments_are_audited() -> None:
    settings = RouteSettings(audit_share=1.0)
    cleared = decide(scored(), settings)
    assert (cleared["decision"], cleared["reasons"]) == ("clear", ["audit"])
    for row in (scored(insult=0.6), scored(lang="und"), scored(evidence=[OVERLONG])):
        assert not decide(row, settings)["is_audit_sample"]


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


def test_copies_of_a_text_in_one_place_make_one_case(tmp_path: Path) -> None:
    by_ids = {tuple(each.comment_id for each in case.comments): case for case in cases_of(tmp_path)}
    # The copy with the highest score stands for both.
    assert by_ids.keys() == {("3", "2"), ("4",), ("5",), ("6",), ("7",)}
    case = by_ids["3", "2"]
    assert (case.band, case.rank_score) == ("priority", pytest.approx(0.93 * 0.6))
    assert case.reasons[-1] == "copies:2"
    assert by_ids["6",].top_label is None
    assert by_ids["4",].institution == "ikskile"


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
