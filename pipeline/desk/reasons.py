"""Why a case is in the queue: codes from routing, worded for people.

A code is a word, alone or followed by a colon and one value: `unsure`, `copies:12`. Evidence about
an account's behaviour is worded as what was seen, never as a verdict about the person.
"""

import re

from django.utils.translation import gettext, pgettext_lazy
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
    "picked_near_miss": _("To learn from: resembles a violation that was missed"),
    "picked_emerging": _("To learn from: more is said about this than before"),
    "picked_disagreement": _("To learn from: the rules and the text model disagree"),
    "picked_uncertain": _("To learn from: the text model was nearly unsure"),
    "picked_diverse": _("To learn from: unlike anything seen lately"),
    "capacity": _("Moved up to fill the day's capacity"),
    "reactions": _("Reactions: %(value)s"),
    "replies": _("Replies: %(value)s"),
    "thread": _("Comments in the thread: %(value)s"),
    "age_hours": _("Hours old when ranked: %(value)s"),
}

KINDS = {
    # The text model and the lists.
    "word": _("Words that weighed most"),
    "words": _("Words that weighed most"),
    "lexicon": _("Word from the list"),
    # Personal data (clause 8.2); what is shown beside it is masked.
    "personal_code": _("Personal code"),
    "iban": _("Bank account"),
    "bank_card": _("Bank card"),
    "identity_document": _("Identity document"),
    "phone": _("Phone number"),
    "email": _("E-mail address"),
    "profile": _("Link to a person's page"),
    "vehicle_plate": _("Vehicle number plate"),
    "address": _("Address"),
    "flat": _("Flat"),
    "farm": _("Homestead"),
    "name": _("A person's name"),
    "circumstance": _("A person's private life"),
    "health": _("A person's health"),
    "private_health": _("A person's health"),
    "private_addiction": _("A person's addiction"),
    "private_debt": _("A person's debts"),
    "private_family": _("A person's family"),
    "private_offence": _("A person's offences"),
    "private_work": _("A person's work"),
    # Advertising and agitation (clause 8.4).
    "shortener": _("Shortened link"),
    "messenger": _("Link to a messenger"),
    "link": _("Link"),
    "handle": _("Account name"),
    "contact": _("Invitation to get in touch"),
    "call": _("Call to act"),
    "offer": _("Offer"),
    "money": _("Money or earnings"),
    "price": _("Price"),
    "percent": _("Percentage"),
    "repetition": _("Repeated text"),
    "vote": _("Call to vote for"),
    "vote_against": _("Call to vote against"),
    "party": _("Name of a party or list"),
    "list_number": _("Number of a list"),
    "candidate": _("Candidate"),
    "quoted": _("Name in quotation marks"),
    # Behaviour: what was seen of comments, never what a person is.
    "same_text": _("The same text from several profiles"),
    "same_meaning": _("The same in other words from several profiles"),
    "same_link": _("The same link from several profiles"),
    "network": _("Profiles that share texts or links at the same time"),
    "repeats": _("The same text again and again from one profile"),
    "even_gaps": _("Comments at even intervals"),
    "same_second": _("Comments of several profiles in the same second"),
    "fast_replies": _("Answers faster than the post can be read"),
    "rhythm": _("Comments around the clock without a pause"),
    # Claims (clause 8.3): what was checked elsewhere.
    "claim": _("Resembles a claim that was checked"),
    "claim_link": _("Link to an article that was refuted"),
    "whole": _("The whole comment"),
    "quote": _("Chosen passage"),
}
"""Kinds of evidence, as headings."""

CLAIM_VERDICTS = {
    "false": pgettext_lazy("claim", "found false"),
    "mostly_false": pgettext_lazy("claim", "found mostly false"),
    "misleading": pgettext_lazy("claim", "found misleading"),
    "no_evidence": pgettext_lazy("claim", "found without evidence"),
    "disinformation": pgettext_lazy("claim", "found to be disinformation"),
    "manipulated": pgettext_lazy("claim", "found manipulated"),
    "satire": pgettext_lazy("claim", "satire"),
    "true": pgettext_lazy("claim", "found true"),
}
"""What a fact-checker said; the publisher stands beside it."""


def kind_text(kind: str) -> str:
    """Return a kind of evidence in the reader's language.

    `address.house` falls back to `address`; an unknown kind is shown readably.
    """
    known = KINDS.get(kind) or KINDS.get(kind.partition(".")[0])
    if known is not None:
        return str(known)
    return gettext("Sign: %(kind)s") % {"kind": re.sub(r"[._-]+", " ", kind) or "–"}


def verdict_text(verdict: str) -> str:
    """Return a fact-checker's verdict in the reader's language, as written when unknown."""
    return str(CLAIM_VERDICTS.get(verdict.strip().lower().replace(" ", "_"), verdict))


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
