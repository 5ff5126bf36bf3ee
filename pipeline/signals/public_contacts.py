"""Public contacts: what the municipality publishes, and who acts in office; never findings."""

import re
from functools import cache, cached_property
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from pipeline.core import paths
from pipeline.core.errors import PipelineError
from pipeline.core.settings import describe_problem, read_mapping
from pipeline.signals.patterns import one_of
from pipeline.signals.reading import fold


class PublicContacts(BaseModel):
    """The allow list of a municipality."""

    model_config = ConfigDict(frozen=True, extra="forbid", ignored_types=(cached_property,))

    phones: tuple[str, ...] = ()
    """Numbers in any spelling; `6507*` allows all that begin so."""
    emails: tuple[str, ...] = ()
    """Addresses, or `@domain` for a whole domain and what is below it."""
    pages: tuple[str, ...] = ()
    """Pages and profiles, without `https://www.`."""
    addresses: tuple[str, ...] = ()
    """`Street house` of public buildings."""
    officials: tuple[str, ...] = ()
    """`First Last` or `Last` of people who act in public; case endings are understood."""

    @cached_property
    def _phones(self) -> tuple[tuple[str, bool], ...]:
        return tuple((_national(phone), phone.strip().endswith("*")) for phone in self.phones)

    @cached_property
    def _officials(self) -> frozenset[tuple[str, str]]:
        pairs = set()
        for name in self.officials:
            *first, last = name.split()
            pairs.add((stem(first[0]) if first else "", stem(last)))
        return frozenset(pairs)

    @cached_property
    def _surnames(self) -> frozenset[str]:
        return frozenset(last for _, last in self._officials)

    @cached_property
    def _addresses(self) -> frozenset[tuple[str, str]]:
        return frozenset(_address_key(address) for address in self.addresses)

    def has_phone(self, digits: str) -> bool:
        """Whether these digits are a public number, with or without 371."""
        national = _national(digits)
        return any(
            national.startswith(known) if prefix else national == known
            for known, prefix in self._phones
        )

    def has_email(self, address: str) -> bool:
        """Whether this address, in lower case, or its domain is public."""
        domain = address.partition("@")[2]
        return any(
            domain == known[1:] or domain.endswith(f".{known[1:]}")
            if known.startswith("@")
            else address == known
            for known in map(str.lower, self.emails)
        )

    def has_page(self, link: str) -> bool:
        """Whether this link leads to a public page."""
        plain = re.sub(r"^(?:https?://)?(?:www\.|m\.)?", "", link.lower())
        return any(plain.startswith(page.lower()) for page in self.pages)

    def has_address(self, street: str, house: str) -> bool:
        """Whether a public building stands there."""
        return (stem(street), house.lower()) in self._addresses

    def has_official(self, first: str | None, last: str) -> bool:
        """Whether the name is that of somebody who acts in public; a surname alone suffices."""
        if first is None:
            return stem(last) in self._surnames
        return (stem(first), stem(last)) in self._officials or ("", stem(last)) in self._officials


def load_public_contacts(path: Path = paths.PUBLIC_CONTACTS) -> PublicContacts:
    """Return the allow list in `path`; PipelineError names every mistake at once."""
    raw = read_mapping(path, "Name the file under `score.public_contacts` in params.yaml.")
    try:
        return PublicContacts.model_validate(raw)
    except ValidationError as error:
        raise PipelineError(
            "\n".join(describe_problem(path, each, PublicContacts) for each in error.errors()),
            "data/policy/ogre-public-contacts.yaml is a whole example.",
        ) from error


@cache
def shipped_contacts() -> PublicContacts:
    """Return the allow list that the project ships."""
    return load_public_contacts()


_ENDINGS = re.compile(
    one_of(
        """iem ajam ajai am im um ai ei as es is us os u a e i s ого ому ой ым ом ем ами ах ов а у
        е ы и я ю й ь"""
    )
    + "$"
)


def stem(name: str) -> str:
    """Return a name folded and without its case ending: `Bērziņam` becomes `berzin`."""
    folded = fold(name)
    for _ in range(2):
        shorter = _ENDINGS.sub("", folded)
        if len(shorter) < 3:
            break
        folded = shorter
    return folded


def _national(phone: str) -> str:
    digits = re.sub(r"\D", "", phone).removeprefix("00")
    return digits.removeprefix("371") if len(digits) > 8 else digits


def _address_key(address: str) -> tuple[str, str]:
    street, _, house = address.rpartition(" ")
    return stem(street.split()[0]), house.lower()
