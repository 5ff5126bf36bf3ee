"""Masks: what of a value may be shown beside its place, so that the value itself is never kept."""

import re

_HIDE = "*"


def mask_digits(value: str, *, keep: int) -> str:
    """Return `value` with all letters and digits starred but the last `keep`."""
    places = [place for place, letter in enumerate(value) if letter.isalnum()]
    shown = set(places[len(places) - keep :]) if keep and len(places) > 2 * keep else set()
    return "".join(
        letter if not letter.isalnum() or place in shown else _HIDE
        for place, letter in enumerate(value)
    )


def mask_phone(value: str) -> str:
    """Return a phone number with its country code and last two digits: `+371 ******12`."""
    digits = re.sub(r"\D", "", value)
    national = digits.removeprefix("00").removeprefix("371") if len(digits) > 8 else digits
    country = "+371 " if len(digits) > 8 and len(national) == 8 else ""
    return f"{country}{_HIDE * (len(national) - 2)}{national[-2:]}"


def mask_email(value: str) -> str:
    """Return an address with its first letter and the end of its domain: `j***@***.lv`."""
    name, _, domain = value.partition("@")
    return f"{name[:1]}{_HIDE * 3}@{_HIDE * 3}.{domain.rpartition('.')[2]}"


def mask_words(value: str) -> str:
    """Return words with the first letter of each, digits starred: `J**** B*******`."""
    return re.sub(
        r"[^\W_]+",
        lambda match: (
            _HIDE * len(match.group())
            if match.group()[0].isdigit()
            else match.group()[0] + _HIDE * (len(match.group()) - 1)
        ),
        value,
    )
