"""Addresses of homes: a street with a house and a flat, or a house where somebody lives."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from pipeline.core.translit import transliterate_old
from pipeline.signals.confidences import CONFIDENCE
from pipeline.signals.contacts import is_own
from pipeline.signals.context import Context
from pipeline.signals.finding import Finding
from pipeline.signals.masking import mask_words
from pipeline.signals.names import Person, persons_near
from pipeline.signals.public_contacts import PublicContacts
from pipeline.signals.reading import fold
from pipeline.signals.spans import found
from pipeline.signals.street_names import STREETS_LATVIAN, STREETS_RUSSIAN
from pipeline.signals.street_patterns import (
    FARM,
    FLAT_AFTER_NAME,
    FLAT_ALONE,
    GENITIVE,
    KIND_BEFORE_STREET,
    NO_STREET,
    OWN_HOME,
    PUBLIC_BUILDING,
    STREET_ALONE,
    STREET_BEFORE_KIND,
)


@dataclass(frozen=True, slots=True)
class Place:
    """A street, a house and perhaps a flat."""

    span: tuple[int, int]
    street: str
    house: str
    has_flat: bool
    is_named: bool
    """Whether it is called a street."""


def find_addresses(
    context: Context, persons: Sequence[Person], public: PublicContacts
) -> Iterator[Finding]:
    """Yield the homes that a text names: those of a person, or where somebody lives."""
    if not context.reading.n_digits:
        yield from _find_farms(context, persons)
        return
    for place in find_places(context):
        if public.has_address(place.street, place.house):
            continue
        kind = _kind_of_address(context, place, persons)
        if kind:
            shown = mask_words(context.reading.text[slice(*place.span)])
            yield found(context.reading, "address", place.span, CONFIDENCE[kind], shown)
    for match in FLAT_ALONE.finditer(context.reading.text):
        if _is_somebodys(context, persons, match.span()):
            shown = re.sub(r"\d", "*", match.group())
            confidence = CONFIDENCE["flat.person"]
            yield found(context.reading, "flat", match.span(), confidence, shown)
    for person in persons:
        after = FLAT_AFTER_NAME.match(context.reading.text, person.end)
        if after and context.near("debt", *after.span()):
            shown = mask_words(after.group().strip())
            confidence = CONFIDENCE["flat.person"]
            yield found(context.reading, "flat", after.span(), confidence, shown)
    yield from _find_farms(context, persons)


def _find_farms(context: Context, persons: Sequence[Person]) -> Iterator[Finding]:
    for match in FARM.finditer(context.reading.text):
        start, end = match.span("farm")
        official = context.near("official", start, end, before=100, after=60)
        named = [each for each in persons if each.kind != "surname"]
        if next(persons_near(named, start, end, reach=40), None) is not None and not official:
            shown = mask_words(match.group("farm"))
            yield found(
                context.reading, "address", (start, end), CONFIDENCE["address.house"], shown
            )


def _is_somebodys(context: Context, persons: Sequence[Person], span: tuple[int, int]) -> bool:
    """Whether a flat is said to be a named person's, or a sick neighbour's."""
    if next(persons_near(persons, *span, reach=60), None) is not None:
        return True
    if is_own(context, span) or context.near("own", *span, before=25, after=25):
        return False
    ill = context.near("health", *span, before=60, after=60)
    return ill and context.near("person", *span, before=60, after=60)


def find_places(context: Context) -> list[Place]:
    """Return the streets with a house that a text names, in order."""
    text = context.reading.text
    places: list[Place] = []
    for pattern in (STREET_BEFORE_KIND, KIND_BEFORE_STREET):
        for match in pattern.finditer(text):
            street = match.group("street").split(" ")[-1]
            flat = bool(match.group("flat") or match.group("named"))
            places.append(Place(match.span(), street, match.group("house").strip(), flat, True))
    for match in STREET_ALONE.finditer(text):
        if any(place.span[0] < match.end() and match.start() < place.span[1] for place in places):
            continue
        street, flat = match.group("street"), bool(match.group("flat") or match.group("named"))
        if _is_street(street) and not _is_count(match):
            places.append(Place(match.span(), street, match.group("house"), flat, False))
    return sorted(places, key=lambda place: place.span)


def _is_count(match: re.Match[str]) -> bool:
    """Whether a street's name and two numbers are a score or a span of time."""
    house, flat = match.group("house"), match.group("flat")
    return flat is not None and house.isdigit() and house.startswith("0")


def _is_street(word: str) -> bool:
    folded = fold(word)
    return folded in _streets() or (
        word[0].isupper() and GENITIVE.search(folded) is not None and not NO_STREET.match(folded)
    )


@cache
def _streets() -> frozenset[str]:
    names = f"{STREETS_LATVIAN} {STREETS_RUSSIAN}".split()
    return frozenset(
        spelling for name in names for spelling in (fold(name), transliterate_old(name.lower()))
    )


def _kind_of_address(context: Context, place: Place, persons: Sequence[Person]) -> str | None:
    start, end = place.span
    folded = context.reading.folded
    around = f"{folded[max(start - 70, 0) : start]} | {folded[end : end + 50]}"
    known = place.is_named or fold(place.street) in _streets()
    person = next(persons_near(persons, start, end, reach=70), None)
    third = person is not None or context.near("person", start, end, before=70, after=50)
    living = context.near("living", start, end, before=50, after=30)
    if OWN_HOME.search(around) or is_own(context, place.span):
        return "address.own" if known and place.has_flat and person is None else None
    if PUBLIC_BUILDING.search(around) and not (living and third):
        return None
    if place.has_flat:
        if third and (living or known):
            return "address.person"
        if living:
            return "address.living"
        return "address.flat" if known else None
    return _kind_of_house(known=known, person=person, third=third, living=living, place=place)


def _kind_of_house(
    *, known: bool, person: Person | None, third: bool, living: bool, place: Place
) -> str | None:
    if living and third and known:
        return "address.house"
    if person is not None and known and (living or not place.is_named):
        return "address.house"
    if person is not None and known and place.span[0] - person.end in range(1, 8):
        return "address.house"  # `Egils no Dārzu ielas 14`
    return None
