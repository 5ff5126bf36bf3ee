"""The policy file: what it says, and how its mistakes are reported."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.core import paths
from pipeline.core.errors import PipelineError
from pipeline.core.policy import Policy, load_policy

LABELS = (
    "insult",
    "obscenity",
    "threat",
    "hate",
    "sexual",
    "disinformation",
    "advertising",
    "agitation",
    "bot",
    "personal_data",
    "anti_state",
)


@pytest.fixture(scope="module")
def policy() -> Policy:
    return load_policy()


@pytest.fixture
def write(tmp_path: Path) -> Callable[[Callable[[dict[str, Any]], None]], Path]:
    """Return a function that writes a changed copy of the shipped policy."""

    def write_changed(change: Callable[[dict[str, Any]], None]) -> Path:
        raw = yaml.safe_load(paths.POLICY.read_text(encoding="utf-8"))
        change(raw)
        path = tmp_path / "policy.yaml"
        path.write_text(yaml.safe_dump(raw, allow_unicode=True, sort_keys=False), encoding="utf-8")
        return path

    return write_changed


def test_labels_come_in_the_fixed_order(policy: Policy) -> None:
    assert policy.labels == LABELS
    assert policy.abuse_labels == LABELS[:5]


def test_every_clause_of_the_rules_is_there(policy: Policy) -> None:
    expected = ["7", "7.1", "8.1", "8.2", "8.3", "8.4", "9.1", "9.2", "9.3", "9.4", "10"]
    assert [clause.id for clause in policy.clauses] == expected


@pytest.mark.parametrize(
    ("label", "clauses"),
    [
        ("insult", ("8.1", "8.3")),
        ("obscenity", ("8.1", "8.3")),
        ("threat", ("8.3",)),
        ("personal_data", ("8.2",)),
        ("advertising", ("8.4",)),
        ("anti_state", ("8.1",)),
    ],
)
def test_labels_name_the_clauses_they_break(
    policy: Policy, label: str, clauses: tuple[str, ...]
) -> None:
    assert policy.clauses_of(label) == clauses


@pytest.mark.parametrize(
    ("action", "clause", "second_person"),
    [
        ("delete", "9.1", False),
        ("restrict", "9.2", True),
        ("block", "9.3", True),
        ("report", "9.4", True),
        ("escalate", "10", False),
    ],
)
def test_hard_actions_need_a_second_person(
    policy: Policy, action: str, clause: str, second_person: bool
) -> None:
    assert policy.action(action).clause == clause
    assert policy.action(action).needs_second_person is second_person
    assert policy.clause(clause).action == action


def test_threats_weigh_most_and_obscenity_least(policy: Policy) -> None:
    by_severity = sorted(policy.label_rules, key=lambda label: label.severity)
    assert by_severity[-1].id == "threat"
    assert {label.id for label in by_severity[-4:-1]} == {"hate", "personal_data", "sexual"}
    assert by_severity[0].id == "obscenity"


def test_what_text_alone_cannot_prove_is_never_priority(policy: Policy) -> None:
    never = {label.id for label in policy.label_rules if label.never_priority}
    assert never == {"disinformation", "bot", "anti_state"}


def test_every_label_can_be_escalated_and_none_suggests_a_hard_action(policy: Policy) -> None:
    for label in policy.label_rules:
        assert "escalate" in label.actions
        assert not policy.action(label.suggested_action).needs_second_person


def test_texts_are_given_in_the_language_asked_for(policy: Policy) -> None:
    title = policy.label("threat").title
    assert [title.in_language(lang) for lang in ("lv", "ru", "en")] == [
        "Draudi",
        "Угроза",
        "Threat",
    ]
    assert title.in_language("und") == "Draudi"


def test_every_label_explains_itself_to_the_author(policy: Policy) -> None:
    assert all(label.to_author is not None for label in policy.label_rules)


def test_version_changes_with_the_content_and_not_with_the_layout(
    policy: Policy, write: Callable[..., Path]
) -> None:
    def rearrange(raw: dict[str, Any]) -> None:
        raw["labels"] = [dict(reversed(label.items())) for label in raw["labels"]]

    def reword(raw: dict[str, Any]) -> None:
        raw["labels"][0]["title"]["en"] = "Insulting words"

    assert load_policy(write(rearrange)).version == policy.version
    assert load_policy(write(reword)).version != policy.version
    assert policy.version.startswith("ogre-4-2024@")


def test_unknown_label_is_reported_with_the_known_ones(policy: Policy) -> None:
    with pytest.raises(PipelineError, match=r"label `spam` is not defined\nDefined: insult"):
        policy.label("spam")


def change_title(raw: dict[str, Any]) -> None:
    raw["labels"][1]["title"].pop("ru")


def empty_title(raw: dict[str, Any]) -> None:
    raw["labels"][1]["title"]["lv"] = "  "


def change_severity(raw: dict[str, Any]) -> None:
    raw["labels"][2]["severity"] = 1.5


def change_kind(raw: dict[str, Any]) -> None:
    raw["clauses"][0]["kind"] = "wish"


def misspell_key(raw: dict[str, Any]) -> None:
    raw["labels"][3]["severty"] = 0.5


def name_number(raw: dict[str, Any]) -> None:
    raw["labels"][0]["clauses"] = [8.1, "8.3"]


def name_unknown_clause(raw: dict[str, Any]) -> None:
    raw["labels"][0]["clauses"].append("8.9")


def name_unlisting_clause(raw: dict[str, Any]) -> None:
    raw["labels"][0]["clauses"].append("8.2")


def list_unknown_label(raw: dict[str, Any]) -> None:
    raw["clauses"][3]["labels"].append("spam")


def list_unnamed_label(raw: dict[str, Any]) -> None:
    raw["clauses"][3]["labels"].append("threat")


def empty_clause(raw: dict[str, Any]) -> None:
    raw["clauses"][3]["labels"] = []


def name_unknown_action(raw: dict[str, Any]) -> None:
    raw["labels"][0]["actions"].append("mute")


def drop_action(raw: dict[str, Any]) -> None:
    raw["actions"] = [action for action in raw["actions"] if action["id"] != "report"]


def suggest_forbidden(raw: dict[str, Any]) -> None:
    raw["labels"][0]["suggested_action"] = "report"


def move_action(raw: dict[str, Any]) -> None:
    raw["actions"][0]["clause"] = "9.3"


def repeat_label(raw: dict[str, Any]) -> None:
    raw["labels"].append(raw["labels"][0])


def take_reserved_name(raw: dict[str, Any]) -> None:
    raw["labels"][10]["id"] = "abuse"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (change_title, "`labels.obscenity.title.ru` is missing"),
        (empty_title, "`labels.obscenity.title.lv` is '  ': string should have at least 1 char"),
        (change_severity, "`labels.threat.severity` is 1.5: input should be less than or equal"),
        (change_kind, "`clauses.7.kind` is 'wish': input should be 'duty', 'content' or 'action'"),
        (misspell_key, "`labels.hate.severty`; did you mean `severity`?"),
        (name_number, "`labels.insult.clauses.0` is 8.1: input should be a valid string"),
        (name_unknown_clause, "`labels.insult.clauses` names `8.9`; allowed: 8.1, 8.2, 8.3, 8.4"),
        (name_unlisting_clause, "`labels.insult.clauses` names `8.2`, but that clause does not"),
        (list_unknown_label, "`clauses.8.2.labels` names `spam`; allowed: insult, obscenity"),
        (list_unnamed_label, "`clauses.8.2.labels` names `threat`, but that label does not"),
        (empty_clause, "`clauses.8.2.labels`: a clause has labels exactly when"),
        (name_unknown_action, "`labels.insult.actions` names `mute`; allowed: delete, restrict"),
        (drop_action, "`clauses.9.4.action` names `report`; allowed: delete, restrict"),
        (suggest_forbidden, "`labels.insult.suggested_action` names `report`; allowed: delete"),
        (move_action, "`actions.delete.clause` names `9.3`; allowed: 9.1"),
        (repeat_label, "`labels` defines `insult` 2 times"),
        (take_reserved_name, "`labels.abuse.id` is reserved"),
    ],
)
def test_a_mistake_names_file_place_value_and_what_is_allowed(
    write: Callable[..., Path], change: Callable[[dict[str, Any]], None], message: str
) -> None:
    path = write(change)
    with pytest.raises(PipelineError) as caught:
        load_policy(path)
    assert f"{path}: " in caught.value.message
    assert message in caught.value.message


def test_all_mistakes_are_reported_together(write: Callable[..., Path]) -> None:
    def spoil(raw: dict[str, Any]) -> None:
        change_severity(raw)
        name_unknown_clause(raw)
        raw["unknown"] = 1

    with pytest.raises(PipelineError) as caught:
        load_policy(write(spoil))
    assert len(caught.value.message.splitlines()) == 3


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "`labels` is missing"),
        (b"- a\n- b\n", "is not a mapping"),
        (b"id: [\n", "is not valid YAML"),
        (b"adopted: 2024-13-45\n", "is not valid YAML"),
        (b"id: \xff\xfe\n", "is not UTF-8"),
        (b"labels: 5\nclauses: [1, {id: [2]}]\n", "`labels` is 5"),
    ],
)
def test_a_damaged_file_is_an_error_of_the_operator(
    tmp_path: Path, content: bytes, message: str
) -> None:
    path = tmp_path / "policy.yaml"
    path.write_bytes(content)
    with pytest.raises(PipelineError, match=message):
        load_policy(path)


def test_a_missing_file_names_the_setting(tmp_path: Path) -> None:
    with pytest.raises(PipelineError, match=r"not found\nName a policy file under `policy`"):
        load_policy(tmp_path / "none.yaml")
