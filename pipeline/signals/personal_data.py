"""Personal data of others (clause 8.2): who a private person is, where, or how they live.

`find` is a pure function over one text; `saruna_personal_data` is the same as a spaCy component.
"""

import re
from pathlib import Path

from pipeline.signals.addresses import find_addresses
from pipeline.signals.confidences import CONFIDENCE, SHOWN
from pipeline.signals.contacts import find_contacts
from pipeline.signals.context import Context
from pipeline.signals.documents import Doc, Language
from pipeline.signals.finding import Finding
from pipeline.signals.identifiers import find_identifiers
from pipeline.signals.masking import mask_words
from pipeline.signals.names import Person, find_persons
from pipeline.signals.plates import find_plates
from pipeline.signals.private_life import find_circumstances
from pipeline.signals.public_contacts import PublicContacts, load_public_contacts, shipped_contacts
from pipeline.signals.reading import read
from pipeline.signals.spans import found, strongest_apart

COMPONENT = "saruna_personal_data"
_MAY_HOLD = re.compile(r"\d|@|/|[^\W\d_]")
_LINK = re.compile(r"(?:https?://|www\.)\S+|\b[\w.-]+\.[a-z]{2,4}/\S*", re.IGNORECASE)
"""Links are full of numbers that are nobody's."""
_TIED_REACH = 80
"""Characters between an identifier and the name that it belongs to."""


def find(text: str, lang: str, public: PublicContacts | None = None) -> list[Finding]:
    """Return what `text` shows of private persons, in order of place; spans of one kind stay apart.

    `public` holds what may be shown, by default the list that the project ships.
    """
    if not _MAY_HOLD.search(text):
        return []
    public = public if public is not None else shipped_contacts()
    context = Context(read(text), lang)
    links = [match.span() for match in _LINK.finditer(context.reading.text)]
    persons = [
        person
        for person in find_persons(context.reading, lang)
        if not any(start <= person.start < end for start, end in links)
    ]
    exact = [*find_identifiers(context, persons), *find_plates(context)]
    exact += find_addresses(context, persons, public)
    links = [context.reading.original_span(*link) for link in links]
    exact = [each for each in exact if not any(_within(each, *span) for span in links)]
    exact = strongest_apart([*exact, *find_contacts(context, persons, public)])
    tied = [
        finding
        for finding in _tie_names(context, persons, exact)
        if not any(_same_place(finding, other) for other in exact)
    ]
    told = [
        finding
        for finding in find_circumstances(context, persons, public)
        if not any(_same_place(finding, other) for other in [*exact, *tied])
    ]
    return strongest_apart([*exact, *tied, *told])


def _tie_names(context: Context, persons: list[Person], exact: list[Finding]) -> list[Finding]:
    """Return the names that stand near an identifier, as sure as that, at most `name.tied`."""
    reading = context.reading
    tied: list[Finding] = []
    for person in persons:
        start, end = reading.original_span(person.start, person.end)
        near = [
            finding.confidence
            for finding in exact
            if max((finding.start or 0) - end, start - (finding.end or 0)) <= _TIED_REACH
        ]
        if near and max(near) >= SHOWN:
            confidence = min(max(near), CONFIDENCE["name.tied"])
            shown = mask_words(reading.text[person.start : person.end])
            tied.append(found(reading, "name", (person.start, person.end), confidence, shown))
    return tied


def _same_place(one: Finding, other: Finding) -> bool:
    return (one.start or 0) < (other.end or 0) and (other.start or 0) < (one.end or 0)


def _within(finding: Finding, start: int, end: int) -> bool:
    return start <= (finding.start or 0) < end


class PersonalData:
    """The spaCy component: adds findings to `doc._.saruna_findings`."""

    def __init__(self, public: PublicContacts) -> None:
        self.public = public

    def __call__(self, doc: Doc) -> Doc:
        """Return the document with its findings."""
        doc._.saruna_findings = [*doc._.saruna_findings, *find(doc.text, doc.lang_, self.public)]
        return doc


@Language.factory(COMPONENT, default_config={"public_contacts": None})
def make_component(nlp: Language, name: str, public_contacts: str | None) -> PersonalData:  # noqa: ARG001  # spaCy passes both by name
    """Return the component; `public_contacts` names an allow list, None takes the shipped one."""
    if not Doc.has_extension("saruna_findings"):
        Doc.set_extension("saruna_findings", default=[])
    given = load_public_contacts(Path(public_contacts)) if public_contacts else shipped_contacts()
    return PersonalData(given)
