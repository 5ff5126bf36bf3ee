"""Filters that turn stored values into words for the reader."""

from datetime import datetime
from urllib.parse import urlsplit

from django import template
from django.utils import timezone
from django.utils.translation import gettext

from pipeline.desk import listing, reasons, rules, shown_text
from pipeline.desk.models import Band, User

ACTION_KEYS = {"none": "a", "delete": "d", "restrict": "r", "block": "b", "report": "p"}

register = template.Library()

register.filter("label_title", rules.label_title)
register.filter("action_title", rules.action_title)
register.filter("reason_text", reasons.reason_text)
register.filter("excerpt", shown_text.excerpt)


@register.filter
def channel_title(channel: str) -> str:
    """Return the name of a channel, as it is written when it is not a known one."""
    for name, written in listing.CHANNELS.items():
        if channel.lower() in written:
            return str(listing.CHANNEL_NAMES[name])
    return channel


@register.filter
def lang_title(lang: str) -> str:
    """Return the name of a language in the reader's."""
    return str(listing.LANGUAGES.get(lang, listing.LANGUAGES["und"]))


@register.filter
def band_name(band: int) -> str:
    """Return the word by which the style sheet knows a band."""
    return Band(band).name.lower()


@register.filter
def label_explanation(label_id: str) -> str:
    """Return what a label means and what not, empty when the policy does not know it."""
    label = rules.find_label(label_id)
    return label.explanation.in_language(rules.language()) if label else ""


@register.filter
def label_clauses(label_id: str) -> str:
    """Return the clauses of a label, separated by commas."""
    label = rules.find_label(label_id)
    return ", ".join(label.clauses) if label else ""


@register.filter
def in_language(text: object) -> str:
    """Return a text of the policy in the reader's language."""
    choose = getattr(text, "in_language", None)
    return str(choose(rules.language())) if choose else ""


@register.filter
def age(time: datetime | None) -> str:
    """Return how long ago something was, in its largest unit."""
    if time is None:
        return "–"
    minutes = max(0, int((timezone.now() - time).total_seconds() // 60))
    if minutes < 60:
        return gettext("%(n)s min") % {"n": minutes}
    if minutes < 48 * 60:
        return gettext("%(n)s h") % {"n": minutes // 60}
    return gettext("%(n)s d") % {"n": minutes // (24 * 60)}


@register.filter
def percent(prob: float | None) -> str:
    """Return a probability as a whole percentage, a dash when it was not assessed."""
    return "–" if prob is None else f"{round(prob * 100)} %"


@register.filter
def web_address(url: str) -> str:
    """Return an address only if it leads to the web: an export may hold anything."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return url if parts.scheme in ("http", "https") and parts.netloc else ""


@register.filter
def person(user: User | None) -> str:
    """Return a person's name, or what they sign in with."""
    return (user.get_full_name() or user.get_username()) if user else "–"


@register.filter
def action_key(action: str) -> str:
    """Return the key that chooses an action."""
    return ACTION_KEYS.get(action, "")
