"""The municipality's policy in the reader's language."""

from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.utils.translation import get_language, gettext

from pipeline.core.policy import RESERVED, Action, Clause, Label, Policy, load_policy


@lru_cache(maxsize=4)
def load_once(path: Path) -> Policy:
    """Return the policy of a file, read on the first call."""
    return load_policy(path)


def rules() -> Policy:
    """Return the policy that the desk works by."""
    return load_once(settings.POLICY_PATH)


def language() -> str:
    """Return the reader's language as the policy writes it."""
    return (get_language() or "lv")[:2]


def find_label(label_id: str) -> Label | None:
    """Return a label of the policy, None when an older policy wrote it."""
    return next((label for label in rules().label_rules if label.id == label_id), None)


def find_clause(clause_id: str) -> Clause | None:
    """Return a clause of the policy, None when it has no such clause."""
    return next((clause for clause in rules().clauses if clause.id == clause_id), None)


def label_title(label_id: str) -> str:
    """Return the name of a label for people, its id when the policy does not know it."""
    if label_id == RESERVED:
        return gettext("Abuse of any kind")
    label = find_label(label_id)
    return label.title.in_language(language()) if label else label_id


def action_title(action_id: str) -> str:
    """Return the name of an action for people, its id when the policy does not know it."""
    action = next((action for action in rules().actions if action.id == action_id), None)
    return action.title.in_language(language()) if action else action_id


def violation_actions() -> tuple[Action, ...]:
    """Return what a moderator may choose for a violation; escalating is a verdict of its own."""
    return tuple(action for action in rules().actions if action.id != "escalate")


def content_clauses() -> tuple[Clause, ...]:
    """Return the clauses that a comment can break."""
    return tuple(clause for clause in rules().clauses if clause.kind == "content")
