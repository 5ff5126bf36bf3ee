"""Contacts: phones, e-mail addresses and links to a person's page, and whose they seem to be."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

import phonenumbers

from pipeline.signals.confidences import CONFIDENCE
from pipeline.signals.context import Context
from pipeline.signals.context_words import INTIMATE
from pipeline.signals.finding import Finding
from pipeline.signals.given_names import name_forms
from pipeline.signals.masking import mask_email, mask_phone
from pipeline.signals.names import Person, persons_near
from pipeline.signals.public_contacts import PublicContacts
from pipeline.signals.spans import found

_GAP = r"[ .\-]{0,2}"
_PHONE = re.compile(
    rf"(?<![\w+])(?<!\d[.,:/-])(?:(?:\+|00){_GAP}\(?371\)?{_GAP}|\(?371\)?{_GAP})?"
    rf"(?:\(?[2689] ?\d\)?(?:{_GAP}\d){{6}})(?![\w]|[.,:/-]\d|[ ]?[%€$]|[ ]\d{{3}}\b)"
)
_FOREIGN = re.compile(
    r"(?<![\w+])(?:\+|00)[ (]{0,2}[1-9]\d{0,3}[ )]{0,2}(?:[ .()\-/]{0,2}\d){6,11}(?![\w])"
)
_RUSSIAN_MOBILE = re.compile(
    r"(?<![\w+])8[ (-]{0,2}9\d{2}[ )-]{0,2}\d{3}[ -]?\d{2}[ -]?\d{2}(?![\w])"
)
_FREE = re.compile(r"(?:371)?(?:80|81|90)\d{6}")
"""Free, shared-cost and premium numbers: nobody's home."""
_MOBILE = re.compile(r"(?:371)?2\d{7}")
_OWN_PHONE = re.compile(
    r"\b(?:man[asuim]?|manam|manai|musu|mumaj\w*) (?:\w+ )?(?:tel|num|nr|mob|kontakt|e-?past|talr)"
    r"|\b(?:zvan\w*|rakst\w*|sazin\w*|pieteic\w*|sazvan\w*)(?: \w+)? (?:man|mani|mums)\b"
    r"|\b(?:мо[йеияю]|моего|моему|наш\w?) (?:\w+ )?(?:тел|ном|моб|почт|емейл|контакт|адрес)"
    r"|\b(?:звон\w*|пиш\w*|напиш\w*|позвон\w*|обраща\w*)(?: \w+)? (?:мне|нам)\b"
    r"|\bмне (?:можно|на)\b|\bman var\b|\bmani var\b|\bmy (?:\w+ )?(?:phone|number|mail|email)"
    r"|\b(?:call|text|write|contact|email) (?:me|us)\b"
)
_THIRD = re.compile(
    r"\b(?:zvan\w*|rakst\w*|звон\w*|пиш\w*|напиш\w*|call|text|write to) "
    r"(?:vin(?:am|ai|iem|u|am)|ему|ей|им|him|her|them)\b|\bvin(?:a|as) (?:\w+ )?(?:nr|num|tel|talr)"
)
_EMAIL = re.compile(
    r"(?<![\w.+@-])[\w.+-]{1,64}(?:@| ?[(\[{] ?(?:at|et|собака) ?[)\]}] ?| собака )"
    r"[\w-]{1,63}(?:(?:\.| ?[(\[{] ?(?:dot|punkts|точка) ?[)\]}] ?)[\w-]{1,63}){0,3}"
    r"(?:\.| ?[(\[{] ?(?:dot|punkts|точка) ?[)\]}] ?)[^\W\d_]{2,12}(?![\w@])",
    re.IGNORECASE,
)
_DATE = re.compile(
    r"[0-3]?\d[. -][01]?\d[. -](?:19|20)\d\d|(?:19|20)\d\d[ -][01]?\d[ -][0-3]?\d"
    r"|(?:19|20)\d\d\.? ?- ?(?:19|20)\d\d"
)
_FREE_MAIL = re.compile(
    r"(?:gmail|googlemail|inbox|mail|yahoo|hotmail|outlook|live|icloud|me|apollo|tvnet|e-?pasts|one|delfi|yandex"
    r"|ya|rambler|bk|list|proton|protonmail|gmx|aol|msn|latnet|navigator|mailbox)\.[a-z.]{2,6}"
)
_ROLE = re.compile(
    r"(?:info|legal|birojs|office|pasts|dome|ogredome|novads|kontakt\w*|contact\w*|admin\w*|support|sales|help\w*"
    r"|veikals|shop|reklama|prese|press|skola|sekretar\w*|kanceleja|lietvediba|policija|bibl\w*|muzejs"
    r"|pasutijum\w*|orders?|rezerv\w*|booking|hello|mail|news|redakcija|editor|serviss?|service|noma"
    r"|dispe[cč]er\w*|buvvalde|kase|tic|turisms|kultura|sports?|vakances|job[s]?|cv|gramatvediba|rekini"
    r"|client\w*|klient\w*|webmaster|noreply|no-reply|abonent\w*|piedavajum\w*|pieteik\w*)"
    r"(?:[._-].*|\d*)",
    re.IGNORECASE,
)
_PROFILE = re.compile(
    r"(?:https?://)?(?:www\.|m\.|web\.)?(?:"
    r"(?:facebook|fb)\.com/(?:profile\.php\?id=\d+|people/[\w.%-]+(?:/\d+)?|(?!groups|events|watch|share"
    r"|photo|story|permalink|sharer|marketplace|hashtag|reel|pages|login|help|ads|business|policies)[\w.]{5,})"
    r"|instagram\.com/(?!p/|reel|explore|stories|tv/)[\w.]{3,}"
    r"|(?:vk|vkontakte)\.(?:com|ru)/(?!wall|video|photo|club|public|feed|away|topic|album|doc)[\w.]{3,}"
    r"|ok\.ru/profile/\d+|draugiem\.lv/(?!say|group|news|lapas)[\w.]{3,}|t\.me/(?!joinchat|\+|s/)[A-Za-z]\w{4,}"
    r"|tiktok\.com/@[\w.]{3,}|linkedin\.com/in/[\w%-]{3,}|(?:x|twitter)\.com/(?!i/|search|hashtag|home)\w{3,15}(?![\w/])"
    r"|snapchat\.com/add/[\w.-]{3,})",
    re.IGNORECASE,
)


def find_contacts(
    context: Context, persons: Sequence[Person], public: PublicContacts
) -> Iterator[Finding]:
    """Yield the phones, addresses and links of a text that are not the municipality's own."""
    text = context.reading.text
    if context.reading.n_digits >= 8:
        yield from _find_phones(context, persons, public)
    if "@" in text or _AT_IN_WORDS.search(text):
        yield from _find_emails(context, public)
    if "." in text and "/" in text:
        yield from _find_profiles(context, persons, public)


_AT_IN_WORDS = re.compile(r"[(\[{] ?(?:at|et|собака) ?[)\]}]| собака \w+\.", re.IGNORECASE)


def _find_phones(
    context: Context, persons: Sequence[Person], public: PublicContacts
) -> Iterator[Finding]:
    taken: list[tuple[int, int]] = []
    for pattern in (_FOREIGN, _PHONE, _RUSSIAN_MOBILE):
        for match in pattern.finditer(context.reading.text):
            span = match.span()
            if any(start < span[1] and span[0] < end for start, end in taken):
                continue
            digits = re.sub(r"\D", "", match.group()).removeprefix("00")
            abroad = pattern is not _PHONE and not digits.startswith("371")
            if _DATE.search(match.group()):
                continue
            if public.has_phone(digits) or (abroad and not _is_phone(digits)):
                continue
            international = abroad or match.group().startswith(("+", "00")) or len(digits) == 11
            kind = _kind_of_phone(
                context, persons, span, digits, abroad=abroad, international=international
            )
            if kind:
                taken.append(span)
                shown = mask_phone(match.group())
                yield found(context.reading, "phone", span, CONFIDENCE[kind], shown)


def _kind_of_phone(
    context: Context,
    persons: Sequence[Person],
    span: tuple[int, int],
    digits: str,
    *,
    abroad: bool,
    international: bool,
) -> str | None:
    if _FREE.fullmatch(digits):
        return None
    named = any(person.kind == "full" for person in persons_near(persons, *span, reach=60))
    called = context.near("phone", *span, before=50, after=25)
    if not (international or called):
        if context.near("document", *span, before=35, after=0):
            return None
        if context.near("money", *span, before=12, after=12):
            return None
        if not context.near("number", *span, before=25, after=10):
            return _kind_of_bare_phone(context, span, digits, named=named)
    return _whose_phone(context, persons, span, digits, named=named, abroad=abroad)


def _kind_of_bare_phone(
    context: Context, span: tuple[int, int], digits: str, *, named: bool
) -> str | None:
    """A mobile number that nothing calls a phone counts only beside a person."""
    third = named or context.near("person", *span, before=60, after=30)
    institutional = context.near("org", *span) or context.near("money", *span)
    told = third or any(context.near(tag, *span) for tag in INTIMATE)
    return "phone.named" if told and _MOBILE.fullmatch(digits) and not institutional else None


def _whose_phone(
    context: Context,
    persons: Sequence[Person],
    span: tuple[int, int],
    digits: str,
    *,
    named: bool,
    abroad: bool,
) -> str:
    if is_own(context, span):
        return "phone.own"
    if any(context.near(tag, *span, before=70, after=50) for tag in ("person", "grievance")):
        return "phone.person"
    if context.near("org", *span, before=70, after=40):
        return "phone.organisation"
    if named or any(context.near(tag, *span) for tag in INTIMATE):
        return "phone.person"
    if any(persons_near(persons, *span, reach=60)):
        return "phone.first_name"
    return "phone.called" if abroad or _MOBILE.fullmatch(digits) else "phone.fixed"


def is_own(context: Context, span: tuple[int, int]) -> bool:
    """Whether the words before a span say that it is the author's own: `call me`."""
    start, end = span
    around = context.reading.folded[max(start - 50, 0) : end + 25]
    return _OWN_PHONE.search(around) is not None and _THIRD.search(around) is None


@lru_cache(maxsize=4096)
def _is_phone(digits: str) -> bool:
    russian = digits[0] == "8" and len(digits) == 11
    try:
        number = phonenumbers.parse(f"+{'7' + digits[1:] if russian else digits}")
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.is_valid_number(number)


def _find_emails(context: Context, public: PublicContacts) -> Iterator[Finding]:
    for match in _EMAIL.finditer(context.reading.text):
        address = _plain_email(match.group())
        name, _, _domain = address.partition("@")
        if public.has_email(address) or _ROLE.fullmatch(name):
            continue
        kind = _kind_of_email(context, match.span(), address)
        yield found(context.reading, "email", match.span(), CONFIDENCE[kind], mask_email(address))


def _kind_of_email(context: Context, span: tuple[int, int], address: str) -> str:
    name, _, domain = address.partition("@")
    person = context.near("person", *span, before=70, after=50)
    if is_own(context, span) or (context.near("org", *span) and not person):
        return "email.own"
    named = any(part in name_forms() for part in re.split(r"[._\-\d]+", name) if len(part) > 2)
    return "email" if person or named or _FREE_MAIL.fullmatch(domain) else "email.unknown"


def _plain_email(written: str) -> str:
    plain = re.sub(r" ?[(\[{] ?(?:at|et|собака) ?[)\]}] ?| собака ", "@", written, flags=re.I)
    return re.sub(r" ?[(\[{] ?(?:dot|punkts|точка) ?[)\]}] ?", ".", plain, flags=re.I).lower()


def _find_profiles(
    context: Context, persons: Sequence[Person], public: PublicContacts
) -> Iterator[Finding]:
    for match in _PROFILE.finditer(context.reading.text):
        if public.has_page(match.group()):
            continue
        near = persons_near(persons, *match.span(), reach=60)
        named = any(person.kind == "full" for person in near)
        named = named and not context.near("official", *match.span(), before=150, after=60)
        pointed = named or any(
            context.near(tag, *match.span(), after=60) for tag in ("person", "share", "grievance")
        )
        kind = "profile" if pointed and not is_own(context, match.span()) else "profile.bare"
        site = match.group().lower().split("://")[-1].removeprefix("www.").partition("/")[0]
        yield found(context.reading, "profile", match.span(), CONFIDENCE[kind], f"{site}/***")
