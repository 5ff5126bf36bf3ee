"""The desk's tables: people, cases, what moderators decided, the log, and what measures them.

All times are UTC.
"""

from pipeline.desk.models.cases import Band, Case, CaseComment, Status
from pipeline.desk.models.log import LogEntry, LogHead
from pipeline.desk.models.people import DECIDING_ROLES, ApiToken, Identity, Institution, Role, User
from pipeline.desk.models.quality import BlindReview, DoubleCheck, GoldenItem, Purpose
from pipeline.desk.models.reviews import TWO_PERSON_ACTIONS, Action, Outcome, Review, Verdict

__all__ = [
    "DECIDING_ROLES",
    "TWO_PERSON_ACTIONS",
    "Action",
    "ApiToken",
    "Band",
    "BlindReview",
    "Case",
    "CaseComment",
    "DoubleCheck",
    "GoldenItem",
    "Identity",
    "Institution",
    "LogEntry",
    "LogHead",
    "Outcome",
    "Purpose",
    "Review",
    "Role",
    "Status",
    "User",
    "Verdict",
]
