"""Why a case is in the queue: codes from routing, worded for people.

A code is a word, alone or followed by a colon and one value: `unsure`, `copies:12`. Evidence about
an account's behaviour is worded as what was seen, never as a verdict about the person.
"""

import re

from django.utils.translation import gettext_lazy as _

from pipeline.desk.rules import label_title

LABEL_WITH_SCORE = re.compile(r"([a-z_]+) \d+(\.\d+)?")
"""How routing writes that a label spoke, `insult 0.78`: the score itself waits until asked for."""

REASONS = {
    "sure": _("The text model is almost certain"),
    "unsure": _("The text model is unsure"),
    "rule": _("A rule matched"),
    "lexicon": _("Contains a word from the list"),
    "claim": _("Resembles a refuted claim"),
    "personal_data": _("May contain personal data"),
    "promotion": _("Looks like advertising or agitation"),
    "behaviour": _("Posted in a pattern typical of automated posting"),
    "copies": _("Near-identical comments: %(value)s"),
    "language": _("Language not recognised: not assessed"),
    "not_assessed": _("Not assessed automatically"),
    "too_long": _("Longer than the model reads: assessed in part"),
    "audit": _("Random sample of cleared comments"),
    "capacity": _("Moved up to fill the day's capacity"),
    "reactions": _("Reactions: %(value)s"),
    "replies": _("Replies: %(value)s"),
    "thread": _("Comments in the thread: %(value)s"),
    "age_hours": _("Age in hours: %(value)s"),
}


def reason_text(reason: str) -> str:
    """Return a reason in the reader's language; words that are no code stay as they are."""
    scored = LABEL_WITH_SCORE.fullmatch(reason)
    if scored:
        return label_title(scored.group(1))
    code, _colon, value = reason.partition(":")
    template = REASONS.get(code)
    if template is None:
        return reason
    worded = str(template)
    return worded % {"value": value} if "%(value)s" in worded else worded
