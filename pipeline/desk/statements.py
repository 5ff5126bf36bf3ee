"""Statement of reasons to the author of a comment (DSA, Art. 17): one object, two renderings.

The text is for the author, in Latvian and Russian; the record is for the Commission's
Transparency Database, schema v2 (since 1 July 2025).
"""

import re
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.utils import timezone
from pydantic import BaseModel, ConfigDict, ValidationError

from pipeline.core.errors import PipelineError
from pipeline.core.settings import describe_problem, read_mapping
from pipeline.desk import rules
from pipeline.desk.models import Action, Review, Verdict

LANGUAGES: Final = ("lv", "ru")
STATED: Final = (Action.DELETE, Action.RESTRICT, Action.BLOCK)
"""A report to the police is a referral and no restriction: nothing is stated about it."""
HIDDEN_ON: Final = ("facebook", "instagram")
"""Where 9.1 hides a comment, which can be taken back, and does not delete it."""


class Words(BaseModel):
    """One text in the two languages of those who write comments."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    lv: str
    ru: str

    def in_language(self, lang: str) -> str:
        """Return the text in a language, in Latvian when there is no other."""
        return self.ru if lang == "ru" else self.lv


class Texts(BaseModel):
    """The municipality's texts for statements of reasons."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    is_voluntary: bool
    restriction_days: int
    frame: Words
    found: dict[str, Words]
    actions: dict[str, Words]
    clauses: dict[str, Words]
    categories: dict[str, str]


@lru_cache(maxsize=4)
def load_texts(path: Path) -> Texts:
    """Return the texts of a file; PipelineError names every mistake at once."""
    try:
        return Texts.model_validate(
            read_mapping(path, "Put the statement texts beside the policy.")
        )
    except ValidationError as error:
        raise PipelineError(
            "\n".join(describe_problem(path, problem, Texts) for problem in error.errors()),
            "data/policy/ogre-4-2024-statements.yaml is a whole example.",
        ) from error


def texts() -> Texts:
    """Return the texts that the desk works with."""
    return load_texts(settings.STATEMENTS_PATH)


def is_stated(review: Review) -> bool:
    """Say whether the author is owed a statement: a violation in effect that restricts them."""
    return (
        review.verdict == Verdict.VIOLATION
        and review.settled_at is not None
        and review.action in STATED
    )


def author_language(review: Review) -> str:
    """Return the language in which the author wrote, Latvian when it is another one."""
    return review.case.lang if review.case.lang in LANGUAGES else "lv"


def statement_text(review: Review, lang: str) -> str:
    """Return what the author is told, in one language."""
    case, said = review.case, texts()
    clause = review.clauses[0]
    link = case.comments.order_by("position").values_list("permalink", flat=True).first() or ""
    until = f"{end_of_restriction(review):%d.%m.%Y}"
    return said.frame.in_language(lang).format(
        date=f"{timezone.localtime(case.commented_at or case.created_at):%d.%m.%Y}",
        channel=case.channel or case.source,
        where=f", {link}" if link.startswith(("https://", "http://")) else "",
        action=said.actions[review.action].in_language(lang).format(until=until),
        facts=facts(review, lang),
        clause=", ".join(review.clauses),
        rules=rules.rules().title.in_language(lang),
        ground=said.clauses[clause].in_language(lang) if clause in said.clauses else "",
        found=said.found[how_found(review)].in_language(lang),
    )


def how_found(review: Review) -> str:
    """Return who picked the comment out: the program, or a draw without regard to its score."""
    return "person" if review.case.is_audit_sample else "automatic"


def facts(review: Review, lang: str) -> str:
    """Return what was found, in the policy's words for authors: no word of the comment itself."""
    known = [label for label in map(rules.find_label, review.labels) if label]
    return " ".join(label.to_author.in_language(lang) for label in known if label.to_author)


def end_of_restriction(review: Review) -> date:
    """Return the day until which commenting stays closed."""
    settled = timezone.localtime(review.settled_at or review.reviewed_at)
    return (settled + timedelta(days=texts().restriction_days)).date()


def statement_record(review: Review) -> dict[str, Any]:
    """Return the record for the Transparency Database; `record_problems` says that it is whole."""
    case = review.case
    settled = timezone.localtime(review.settled_at or review.reviewed_at)
    clauses = ", ".join(review.clauses)
    grounds = (rules.find_clause(clause) for clause in review.clauses)
    explained = " ".join(clause.summary.lv for clause in grounds if clause)
    return {
        "puid": re.sub(r"[^a-zA-Z0-9-_]", "-", f"saruna-{case.institution.code}-{review.pk}"),
        **restriction(review),
        "decision_ground": "DECISION_GROUND_INCOMPATIBLE_CONTENT",
        "incompatible_content_ground": f"{rules.rules().title.lv}, {clauses}. punkts"[:500],
        "incompatible_content_explanation": f"{explained} {facts(review, 'lv')}".strip()[:2000],
        # Whether it is unlawful too is for the police and the courts to say.
        "incompatible_content_illegal": "No",
        "content_type": ["CONTENT_TYPE_TEXT"],
        "category": f"STATEMENT_CATEGORY_{category(review)}",
        "territorial_scope": ["LV"],
        "content_language": author_language(review).upper(),
        "content_date": f"{timezone.localtime(case.commented_at or case.created_at):%Y-%m-%d}",
        "application_date": f"{settled:%Y-%m-%d}",
        "decision_facts": facts(review, "lv")[:5000],
        "source_type": "SOURCE_VOLUNTARY",
        "automated_detection": "Yes" if how_found(review) == "automatic" else "No",
        "automated_decision": "AUTOMATED_DECISION_NOT_AUTOMATED",
    }


def restriction(review: Review) -> dict[str, Any]:
    """Return the part of the record that says what was done."""
    if review.action == Action.DELETE:
        is_hidden = review.case.channel.lower() in HIDDEN_ON
        what = "CONTENT_DISABLED" if is_hidden else "CONTENT_REMOVED"
        return {"decision_visibility": [f"DECISION_VISIBILITY_{what}"]}
    if review.action == Action.RESTRICT:
        return {
            "decision_provision": "DECISION_PROVISION_PARTIAL_SUSPENSION",
            "end_date_service_restriction": f"{end_of_restriction(review):%Y-%m-%d}",
        }
    return {"decision_provision": "DECISION_PROVISION_TOTAL_SUSPENSION"}


def category(review: Review) -> str:
    """Return the category of the gravest kind."""
    known = [label for label in map(rules.find_label, review.labels) if label]
    gravest = max(known, key=lambda label: label.severity, default=None)
    default = "OTHER_VIOLATION_TC"
    return texts().categories.get(gravest.id, default) if gravest else default
