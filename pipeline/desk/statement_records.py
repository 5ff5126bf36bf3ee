"""What a record of the Transparency Database must be: schema v2, since 1 July 2025."""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Final

VISIBILITY: Final = {
    f"DECISION_VISIBILITY_{name}"
    for name in (
        "CONTENT_REMOVED", "CONTENT_DISABLED", "CONTENT_DEMOTED", "CONTENT_AGE_RESTRICTED",
        "CONTENT_INTERACTION_RESTRICTED", "CONTENT_LABELLED", "OTHER",
    )
}  # fmt: skip
PROVISION: Final = {
    f"DECISION_PROVISION_{extent}_{kind}"
    for extent in ("PARTIAL", "TOTAL")
    for kind in ("SUSPENSION", "TERMINATION")
}
ACCOUNT: Final = {"DECISION_ACCOUNT_SUSPENDED", "DECISION_ACCOUNT_TERMINATED"}
CATEGORIES: Final = {
    f"STATEMENT_CATEGORY_{name}"
    for name in (
        "ANIMAL_WELFARE", "CONSUMER_INFORMATION", "CYBER_VIOLENCE", "CYBER_VIOLENCE_AGAINST_WOMEN",
        "DATA_PROTECTION_AND_PRIVACY_VIOLATIONS", "ILLEGAL_OR_HARMFUL_SPEECH",
        "INTELLECTUAL_PROPERTY_INFRINGEMENTS",
        "NEGATIVE_EFFECTS_ON_CIVIC_DISCOURSE_OR_ELECTIONS", "NOT_SPECIFIED_NOTICE",
        "OTHER_VIOLATION_TC", "PROTECTION_OF_MINORS", "RISK_FOR_PUBLIC_SECURITY",
        "SCAMS_AND_FRAUD", "SELF_HARM", "UNSAFE_AND_PROHIBITED_PRODUCTS", "VIOLENCE",
    )
}  # fmt: skip
GROUNDS: Final = {
    "DECISION_GROUND_ILLEGAL_CONTENT": (
        "illegal_content_legal_ground",
        "illegal_content_explanation",
    ),
    "DECISION_GROUND_INCOMPATIBLE_CONTENT": (
        "incompatible_content_ground",
        "incompatible_content_explanation",
    ),
}
CHOICES: Final = {
    "decision_provision": PROVISION,
    "decision_account": ACCOUNT,
    "decision_ground": set(GROUNDS),
    "category": CATEGORIES,
    "automated_detection": {"Yes", "No"},
    "automated_decision": {
        f"AUTOMATED_DECISION_{how}" for how in ("FULLY", "PARTIALLY", "NOT_AUTOMATED")
    },
    "source_type": {
        "SOURCE_ARTICLE_16", "SOURCE_TRUSTED_FLAGGER", "SOURCE_TYPE_OTHER_NOTIFICATION",
        "SOURCE_VOLUNTARY",
    },
}  # fmt: skip
REQUIRED: Final = (
    "puid", "decision_ground", "content_type", "category", "content_language", "content_date",
    "application_date", "decision_facts", "source_type", "automated_detection",
    "automated_decision",
)  # fmt: skip
LONGEST: Final = {
    "puid": 500,
    "decision_facts": 5000,
    **{pair[0]: 500 for pair in GROUNDS.values()},
    **{pair[1]: 2000 for pair in GROUNDS.values()},
}
DECISIONS: Final = (
    "decision_visibility", "decision_monetary", "decision_provision", "decision_account"
)  # fmt: skip


def record_problems(record: Mapping[str, Any]) -> list[str]:
    """Return all that keeps a record from being accepted, nothing when it is whole."""
    return [
        *field_problems(record),
        *decision_problems(record),
        *ground_problems(record),
        *date_problems(record),
    ]


def field_problems(record: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is missing, too long or not one of the known words."""
    for name in REQUIRED:
        if not record.get(name):
            yield f"{name}: is missing"
    for name, most in LONGEST.items():
        if len(str(record.get(name) or "")) > most:
            yield f"{name}: is longer than {most} characters"
    for name, known in CHOICES.items():
        if record.get(name) is not None and record[name] not in known:
            yield f"{name}: is {record[name]!r}"
    if not re.fullmatch(r"[a-zA-Z0-9_-]+", str(record.get("puid") or "")):
        yield "puid: holds other characters than letters, digits, - and _"
    if record.get("source_type") == "SOURCE_VOLUNTARY" and record.get("source_identity"):
        yield "source_identity: does not go with SOURCE_VOLUNTARY"


def decision_problems(record: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with what was done."""
    if not any(record.get(name) for name in DECISIONS):
        yield f"one of {', '.join(DECISIONS)} must be given"
    unknown = set(record.get("decision_visibility") or ()) - VISIBILITY
    if unknown:
        yield f"decision_visibility: is {sorted(unknown)}"
    is_other = "DECISION_VISIBILITY_OTHER" in (record.get("decision_visibility") or ())
    if is_other != bool(record.get("decision_visibility_other")):
        yield "decision_visibility_other: goes with OTHER, and only with it"


def ground_problems(record: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with the ground: exactly one pair, the one that the ground asks for."""
    for ground, pair in GROUNDS.items():
        is_ground = record.get("decision_ground") == ground
        for name in pair:
            if is_ground != bool(record.get(name)):
                yield f"{name}: goes with {ground}, and only with it"
    is_incompatible = record.get("decision_ground") == "DECISION_GROUND_INCOMPATIBLE_CONTENT"
    if record.get("incompatible_content_illegal") is not None and not is_incompatible:
        yield "incompatible_content_illegal: goes with INCOMPATIBLE_CONTENT alone"


def date_problems(record: Mapping[str, Any]) -> Iterator[str]:
    """Yield the dates that are none."""
    for name, value in record.items():
        if name.endswith("_date") or name.startswith("end_date_"):
            try:
                date.fromisoformat(str(value))
            except ValueError:
                yield f"{name}: is no date"
