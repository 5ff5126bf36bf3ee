"""Private life: what is said of a named person's health, debts, family, offences or work."""

import re
from collections.abc import Iterator, Sequence

from pipeline.signals.confidences import CONFIDENCE
from pipeline.signals.context import Context
from pipeline.signals.context_words import PRIVATE_LIFE
from pipeline.signals.finding import Finding
from pipeline.signals.masking import mask_words
from pipeline.signals.names import Person
from pipeline.signals.public_contacts import PublicContacts
from pipeline.signals.reading import Word
from pipeline.signals.spans import found

_SENTENCE_END = re.compile(r"[.!?…]+\s+[^\W\d_a-zа-яёāčēģīķļņšūž]|\n")
"""`3.b` and `2. klase` end none."""
REACH = 80
"""Characters between a name and what is said of its bearer; mostly one sentence."""


def find_circumstances(
    context: Context, persons: Sequence[Person], public: PublicContacts
) -> Iterator[Finding]:
    """Yield the named persons of whom private circumstances are told, and the words that tell."""
    for person in persons:
        told = _told_of(context, person)
        if told is None:
            continue
        tag, word = told
        kind = _kind_of_name(context, person, public, tag)
        if kind is None:
            continue
        confidence = CONFIDENCE[kind]
        shown = mask_words(context.reading.text[person.start : person.end])
        yield found(context.reading, "name", (person.start, person.end), confidence, shown)
        yield found(context.reading, f"private_{tag}", (word.start, word.end), confidence, tag)


def _told_of(context: Context, person: Person) -> tuple[str, Word] | None:
    text = context.reading.text
    for tag in PRIVATE_LIFE:
        for word in context.around(tag, person.start, person.end, before=REACH, after=REACH):
            between = (
                text[person.end : word.start]
                if word.start >= person.end
                else text[word.end : person.start]
            )
            if not _SENTENCE_END.search(between):
                return tag, word
    return None


def _kind_of_name(context: Context, person: Person, public: PublicContacts, tag: str) -> str | None:
    span = person.start, person.end
    if person.last and public.has_official(person.first, person.last):
        return None
    in_office = context.near("official", *span, before=60, after=60)
    private = context.near("person", *span, before=40, after=40) or context.near(
        "whereabouts", *span, before=10, after=30
    )
    if in_office and not (private and tag in ("health", "addiction")):
        return None
    if tag == "work" and not (private and person.kind == "full"):
        return "name.doubtful"
    if person.kind == "full":
        return "name.circumstance"
    return "name.first" if private and person.kind == "first" else "name.doubtful"
