"""Policy: the rules of a municipality as data, with every label and action defined once."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from pipeline.core import paths
from pipeline.core.errors import PipelineError
from pipeline.core.settings import describe_problem, read_mapping

ActionId = Literal["delete", "restrict", "block", "report", "escalate"]
LabelId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]*$")]
ClauseId = Annotated[str, StringConstraints(pattern=r"^[0-9]+(\.[0-9]+)*$")]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]

HINT = "data/policy/ogre-4-2024.yaml is a whole example; its comments say what each key means."
RESERVED = "abuse"
"""Scores carry a column `prob_abuse` beside the labels, so no label may take that name."""


class Part(BaseModel):
    """A part of the policy: frozen, and unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Text(Part):
    """One text in the three languages of the desk."""

    lv: Words
    ru: Words
    en: Words

    def in_language(self, lang: str) -> str:
        """Return the text in `lang`, in Latvian when there is none."""
        return {"ru": self.ru, "en": self.en}.get(lang, self.lv)


class Clause(Part):
    """A clause of the rules: a duty of the municipality, a limit on content, or an action."""

    id: ClauseId
    kind: Literal["duty", "content", "action"]
    labels: tuple[LabelId, ...] = ()
    action: ActionId | None = None
    title: Text
    summary: Text


class Action(Part):
    """What the municipality may do about a comment, and who may decide it."""

    id: ActionId
    clause: ClauseId
    decided_by: Literal["moderator", "second_person"]
    """`second_person`: a senior colleague confirms each one; never in bulk."""
    title: Text
    explanation: Text

    @property
    def needs_second_person(self) -> bool:
        """Whether a second person has to confirm this action."""
        return self.decided_by == "second_person"


class Label(Part):
    """A kind of violation."""

    id: LabelId
    severity: float = Field(ge=0, le=1, strict=True)
    """Expected harm of one such comment left standing; orders the queue."""
    clauses: tuple[ClauseId, ...] = Field(min_length=1)
    actions: tuple[ActionId, ...] = Field(min_length=1)
    suggested_action: ActionId
    never_priority: bool = Field(default=False, strict=True)
    """Nobody can be sure from the text alone: routing sends it to review at most."""
    abuse: bool = Field(default=False, strict=True)
    """One of the outputs of the model's abuse head."""
    title: Text
    explanation: Text
    """For moderators: what is meant, and what is not."""
    to_author: Text | None = None
    """For the author of the comment, in a statement of reasons."""


Row = TypeVar("Row", Clause, Action, Label)


class Policy(Part):
    """The rules that a municipality moderates by."""

    id: Words
    adopted: date
    title: Text
    clauses: tuple[Clause, ...] = Field(min_length=1)
    actions: tuple[Action, ...] = Field(min_length=1)
    label_rules: tuple[Label, ...] = Field(min_length=1, alias="labels")

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """The ids of all labels, in the order of columns and model outputs."""
        return tuple(label.id for label in self.label_rules)

    @cached_property
    def abuse_labels(self) -> tuple[str, ...]:
        """The ids of the labels that the model's abuse head predicts, in order."""
        return tuple(label.id for label in self.label_rules if label.abuse)

    @cached_property
    def never_priority(self) -> frozenset[str]:
        """The ids of the labels that nobody can be sure of from the text alone."""
        return frozenset(label.id for label in self.label_rules if label.never_priority)

    @cached_property
    def version(self) -> str:
        """The policy's id and a hash of its content; comments and layout do not change it."""
        content = self.model_dump_json(by_alias=True).encode("utf-8")
        return f"{self.id}@{hashlib.sha256(content).hexdigest()[:12]}"

    def label(self, label_id: str) -> Label:
        """Return the label with this id; PipelineError names the known ones."""
        return _pick(self.label_rules, label_id, f"policy {self.id}: label")

    def clause(self, clause_id: str) -> Clause:
        """Return the clause with this id; PipelineError names the known ones."""
        return _pick(self.clauses, clause_id, f"policy {self.id}: clause")

    def action(self, action_id: str) -> Action:
        """Return the action with this id; PipelineError names the known ones."""
        return _pick(self.actions, action_id, f"policy {self.id}: action")

    def clauses_of(self, label_id: str) -> tuple[str, ...]:
        """Return the ids of the clauses that a comment with this label breaks."""
        return self.label(label_id).clauses


def load_policy(path: Path = paths.POLICY) -> Policy:
    """Return the policy written in `path`.

    Raises PipelineError that names every mistake at once: place, value, and what is allowed.
    """
    raw = read_mapping(path, "Name a policy file under `policy` in params.yaml.")
    problems: list[str] = []
    policy = None
    try:
        policy = Policy.model_validate(raw)
    except ValidationError as error:
        problems = [_describe(path, problem, raw) for problem in error.errors()]
    problems += [f"{path}: {problem}" for problem in cross_problems(raw)]
    if policy is None or problems:
        raise PipelineError("\n".join(problems), HINT)
    return policy


def cross_problems(raw: dict[str, object]) -> list[str]:
    """Return what does not agree between clauses, actions and labels of an unchecked policy."""
    return [
        *_repeated_ids(raw),
        *_label_problems(raw),
        *_clause_problems(raw),
        *_action_problems(raw),
    ]


def _repeated_ids(raw: dict[str, object]) -> Iterator[str]:
    for section in ("clauses", "actions", "labels"):
        for entry_id, count in Counter(
            str(entry.get("id")) for entry in _rows(raw, section)
        ).items():
            if count > 1:
                yield f"`{section}` defines `{entry_id}` {count} times; every id is defined once"


def _label_problems(raw: dict[str, object]) -> Iterator[str]:
    clauses = {str(row.get("id")): row for row in _rows(raw, "clauses")}
    content = [name for name, row in clauses.items() if row.get("kind") == "content"]
    defined = [str(row.get("id")) for row in _rows(raw, "actions")]
    for label in _rows(raw, "labels"):
        key = f"labels.{label.get('id')}"
        if label.get("id") == RESERVED:
            yield f"`{key}.id` is reserved for the sum of the abuse labels; choose another"
        for clause in _strings(label, "clauses"):
            if clause not in content:
                yield _not_allowed(f"{key}.clauses", clause, content)
            elif label.get("id") not in _strings(clauses[clause], "labels"):
                yield f"`{key}.clauses` names `{clause}`, but that clause does not list the label"
        for action in _strings(label, "actions"):
            if action not in defined:
                yield _not_allowed(f"{key}.actions", action, defined)
        suggested = label.get("suggested_action")
        if isinstance(suggested, str) and suggested not in _strings(label, "actions"):
            yield _not_allowed(f"{key}.suggested_action", suggested, _strings(label, "actions"))


def _clause_problems(raw: dict[str, object]) -> Iterator[str]:
    labels = {str(row.get("id")): row for row in _rows(raw, "labels")}
    actions = {str(row.get("id")): row for row in _rows(raw, "actions")}
    for clause in _rows(raw, "clauses"):
        key, kind, action = f"clauses.{clause.get('id')}", clause.get("kind"), clause.get("action")
        names = _strings(clause, "labels")
        if (kind == "content") != bool(names):
            yield f"`{key}.labels`: a clause has labels exactly when its kind is `content`"
        if (kind == "action") != (action is not None):
            yield f"`{key}.action`: a clause has an action exactly when its kind is `action`"
        for name in names:
            if name not in labels:
                yield _not_allowed(f"{key}.labels", name, list(labels))
            elif clause.get("id") not in _strings(labels[name], "clauses"):
                yield f"`{key}.labels` names `{name}`, but that label does not name the clause"
        if isinstance(action, str) and action not in actions:
            yield _not_allowed(f"{key}.action", action, list(actions))


def _action_problems(raw: dict[str, object]) -> Iterator[str]:
    clause_actions = {str(row.get("id")): row.get("action") for row in _rows(raw, "clauses")}
    for action in _rows(raw, "actions"):
        clause = action.get("clause")
        allowed = [name for name, of in clause_actions.items() if of == action.get("id")]
        if isinstance(clause, str) and clause not in allowed:
            yield _not_allowed(f"actions.{action.get('id')}.clause", clause, allowed)


def _not_allowed(key: str, value: str, allowed: list[str]) -> str:
    return f"`{key}` names `{value}`; allowed: {', '.join(allowed) or 'none defined'}"


def _rows(raw: dict[str, object], section: str) -> list[dict[str, object]]:
    rows = raw.get(section)
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _strings(row: dict[str, object], key: str) -> list[str]:
    values = row.get(key)
    return [value for value in values if isinstance(value, str)] if isinstance(values, list) else []


def _describe(path: Path, problem: Mapping[str, object], raw: dict[str, object]) -> str:
    """Return a line for a pydantic problem that names list entries by their id."""
    location = problem["loc"]
    if isinstance(location, tuple) and len(location) > 1:
        rows = raw.get(str(location[0]))
        row = rows[location[1]] if isinstance(rows, list) and isinstance(location[1], int) else None
        if isinstance(row, dict) and row.get("id"):
            problem = {**problem, "loc": (location[0], str(row["id"]), *location[2:])}
    return describe_problem(path, problem, Policy)


def _pick(rows: tuple[Row, ...], row_id: str, what: str) -> Row:
    for row in rows:
        if row.id == row_id:
            return row
    known = ", ".join(row.id for row in rows)
    raise PipelineError(f"{what} `{row_id}` is not defined", f"Defined: {known}.")
