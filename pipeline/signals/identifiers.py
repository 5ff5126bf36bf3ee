"""Identifiers: personal codes, accounts, bank cards and documents, by their forms and checksums.

Sources: the rule for codes since 2017 (first digit 3, second 2 to 9, the rest random, no check
digit), ISO 13616 (IBAN), ISO 7812 (cards). A checksum that agrees makes a finding surer; a code
whose checksum does not agree is still a code.
"""

import re
from collections.abc import Iterator, Sequence

from stdnum import iban, luhn
from stdnum.lv import pvn

from pipeline.signals.confidences import CONFIDENCE
from pipeline.signals.context import Context
from pipeline.signals.finding import Finding
from pipeline.signals.masking import mask_digits
from pipeline.signals.names import Person, persons_near
from pipeline.signals.spans import found

_CODE = re.compile(r"(?<![\w.,/+-])(\d{6})( ?- ?| )?(\d{5})(?![\w/-]|[.,]\d)")
_CODE_NAMED = re.compile(
    r"pers(?:onas|onala|ons|\.)? ?kod\w*|\bp\. ?k\b|\bpk\b|\bident\w* kod\w*"
    r"|перс(?:ональн\w+|он|\.)? ?код\w*|личн\w+ код\w*|\bп\. ?к\b|\bкод\b"
    r"|personal (?:code|id|identity|number)|identity (?:code|number)|\bpers[. ]+kod"
    r"|personaln\w+ kod|perskod\w*"
)
_IBAN = re.compile(
    r"(?<![^\W_])[A-Za-z]{2}[ -]?\d{2}(?:[ -]?[A-Za-z0-9]{4}){2,7}(?:[ -]?[A-Za-z0-9]{1,3})?"
    r"(?![^\W_])"
)
_LATVIAN_IBAN = re.compile(r"LV\d{2}[A-Z]{4}[A-Z0-9]{13}")
_TREASURY = "TREL"
"""The bank code of the Treasury: an account there belongs to a public institution."""
_CARD = re.compile(
    r"(?<![\w.,+/-])(\d{4}([ -]?)\d{4}\2\d{4}\2\d{4}(?:\2\d{1,3})?)(?![\w/-]|[.,]\d)"
)
_ISSUER = re.compile(r"4|5[1-5]|2[2-7]|6[037]|5[068]|3[4-7]|35")
_AMEX = re.compile(r"(?<![\w.,+/-])(3[47]\d{2}([ -]?)\d{6}\2\d{5})(?![\w/-]|[.,]\d)")
_DOCUMENT = re.compile(r"(?<![^\W_])([A-Z]{2})[ -]?(\d{7})(?![\w-]|[.,]\d)")
_LICENCE = re.compile(r"(?<![^\W_])[A-Z]{2,3}[ -]?\d{6}(?![\w-])")
_FOREIGN_PASSPORT = re.compile(r"(?<![\w-])\d{4} ?(?:№|N|Nr\.?|nr\.?)? ?\d{6}(?![\w-])")
_DOCUMENT_SERIES = frozenset({"LV", "LN", "LR", "LZ", "PA", "PB", "PN"})
"""Series of Latvian passports and identity cards."""


def find_identifiers(context: Context, persons: Sequence[Person]) -> Iterator[Finding]:
    """Yield the codes, accounts, cards and documents of a text."""
    if context.reading.n_digits < 6:
        return
    yield from _find_codes(context)
    yield from _find_ibans(context, persons)
    yield from _find_cards(context)
    yield from _find_documents(context)


def _find_codes(context: Context) -> Iterator[Finding]:
    for match in _CODE.finditer(context.reading.text):
        kind = _kind_of_code(context, match)
        if kind:
            yield found(
                context.reading,
                "personal_code",
                match.span(),
                CONFIDENCE[kind],
                mask_digits(match.group(), keep=1),
            )


def _kind_of_code(context: Context, match: re.Match[str]) -> str | None:
    first, dash, last = match.groups()
    start, end = match.span()
    named = _CODE_NAMED.search(context.reading.folded[max(start - 60, 0) : end + 25]) is not None
    dashed = dash is not None and "-" in dash
    new = first[0] == "3" and first[1] in "23456789"
    if not (new or _is_date(first)):
        return "code.wrong_form" if named and dashed else None
    if named:
        return "code.named"
    checked = pvn.is_valid(first + last)
    if context.near("document", start, end, before=30, after=5):
        return "code.document" if dashed else None
    if dashed:
        return "code.checked" if checked else "code.form"
    # Eleven digits in a row are also a phone with its country code, a plot of land, a bill.
    phone = first.startswith("371") and first[3] in "2689"
    person = context.near("person", start, end) and not context.near("phone", start, end)
    if phone or not (checked or (person and dash)):
        return None
    return "code.form" if person or not new else None


def _is_date(digits: str) -> bool:
    """Whether six digits can be a day, a month and a year."""
    day, month = int(digits[:2]), int(digits[2:4])
    return 1 <= month <= 12 and 1 <= day <= (29 if month == 2 else 30 + (month in _LONG_MONTHS))


_LONG_MONTHS = frozenset({1, 3, 5, 7, 8, 10, 12})


def _find_ibans(context: Context, persons: Sequence[Person]) -> Iterator[Finding]:
    for match in _IBAN.finditer(context.reading.text):
        number = re.sub(r"[ -]", "", match.group()).upper()
        start, end = match.span()
        checked = iban.is_valid(number)
        while not checked and len(number) > 21 and " " in match.group()[: end - start]:
            # Words that follow in capitals are no part of the account.
            cut = context.reading.text.rfind(" ", start, end)
            end = cut
            number = re.sub(r"[ -]", "", context.reading.text[start:end]).upper()
            checked = iban.is_valid(number)
        if not checked and not _LATVIAN_IBAN.fullmatch(number):
            continue
        if number[:2] == "LV" and number[4:8] == _TREASURY:
            continue
        kind = "iban.checked" if checked else "iban.form"
        org = context.near("org", start, end, before=60, after=30)
        third = any(person.kind == "full" for person in persons_near(persons, start, end, reach=60))
        tags = ("person", "grievance")
        third = third or any(context.near(tag, start, end, before=60, after=30) for tag in tags)
        if org and not third:
            kind = "iban.organisation"
        shown = f"{number[:2]}{'*' * (len(number) - 6)}{number[-4:]}"
        yield found(context.reading, "iban", (start, end), CONFIDENCE[kind], shown)


def _find_cards(context: Context) -> Iterator[Finding]:
    for pattern in (_CARD, _AMEX):
        for match in pattern.finditer(context.reading.text):
            number = re.sub(r"\D", "", match.group())
            if not _ISSUER.match(number) or not luhn.is_valid(number) or len(set(number)) < 3:
                continue
            start, end = match.span()
            named = context.near("bank_card", start, end, before=50, after=30)
            if not named and context.near("document", start, end, before=40, after=10):
                continue
            kind = "card.named" if named else "card.grouped" if match.group(2) else "card.bare"
            shown = mask_digits(match.group(), keep=4)
            yield found(context.reading, "bank_card", match.span(), CONFIDENCE[kind], shown)


def _find_documents(context: Context) -> Iterator[Finding]:
    reading = context.reading
    for match in _DOCUMENT.finditer(reading.text):
        kind = _kind_of_document(context, match)
        if kind:
            shown = mask_digits(match.group(), keep=1)
            yield found(reading, "identity_document", match.span(), CONFIDENCE[kind], shown)
    for pattern in (_LICENCE, _FOREIGN_PASSPORT):
        for match in pattern.finditer(reading.text):
            if match.group()[:2] in _DOCUMENT_SERIES:
                continue
            if context.near("identity", *match.span(), before=40, after=25):
                shown = mask_digits(match.group(), keep=1)
                confidence = CONFIDENCE["document.named"]
                yield found(reading, "identity_document", match.span(), confidence, shown)


def _kind_of_document(context: Context, match: re.Match[str]) -> str | None:
    if context.near("identity", *match.span(), before=50, after=30):
        return "document.named"
    if match.group(1) not in _DOCUMENT_SERIES:
        return None
    if context.near("document", *match.span(), before=40, after=10):
        return None
    return "document.form"
