"""Vehicle plates: two letters and one to four digits, in the company of a vehicle."""

import re
from collections.abc import Iterator

from pipeline.signals.confidences import CONFIDENCE
from pipeline.signals.context import Context
from pipeline.signals.finding import Finding
from pipeline.signals.masking import mask_digits
from pipeline.signals.patterns import one_of
from pipeline.signals.spans import found

_PLATE = re.compile(
    r"(?<![\w-])([A-ZА-Я]{2})([ -]?)(\d{1,4})(?![\w%€]|[-.,:/]\d|[ ]?(?:€|eur|km|kw|m\b))"
)
_LOWER = re.compile(r"(?<![\w-])([a-zа-я]{2})(-?)(\d{3,4})(?![\w%€]|[-.,:/]\d)")
_FOREIGN = re.compile(
    r"(?<![\w-])(?:[A-Z]{3}[ -]?\d{3}|\d{3}[ -]?[A-Z]{3}"
    r"|[АВЕКМНОРСТУХ]\d{3}[АВЕКМНОРСТУХ]{2} ?\d{2,3})(?![\w-])"
)
_LATIN = str.maketrans("АВЕКМНОРСТУХ", "ABEKMHOPCTYX")
_MODELS = re.compile(
    one_of("XC CX RX NX LX UX GX GS IS GL ML SX MX EX GT EV CT RS HR CR QX TT DS GV ZT")
)
"""Letters of models: `XC 90` is a car, `XC-9012` a plate."""
_NO_PLATE = re.compile(
    one_of(
        """EU ES LR AI NR KM ST PM TV EN CO LV RU US UK WC ID PK IP DZ NO PL AS LZ LS LP BR IV VI
        XI XX НР КМ СТ ТВ РФ ЕС НА НЕ ПО ОТ ДО ЗА ИЗ КВ УЛ"""
    )
)
"""Words and units of two letters."""


def find_plates(context: Context) -> Iterator[Finding]:
    """Yield the plates of vehicles that a text speaks of."""
    if not context.reading.n_digits or "vehicle" not in context.by_tag:
        return
    text = context.reading.text
    for pattern in (_PLATE, _LOWER):
        for match in pattern.finditer(text):
            kind = _kind_of_plate(context, match)
            if kind:
                yield _plate(context, match, kind)
    for match in _FOREIGN.finditer(text):
        called = context.near("plate", *match.span(), before=20, after=0)
        if called and context.near("vehicle", *match.span(), before=80, after=60):
            yield _plate(context, match, "plate.vehicle")


def _plate(context: Context, match: re.Match[str], kind: str) -> Finding:
    shown = mask_digits(match.group(), keep=1)
    return found(context.reading, "vehicle_plate", match.span(), CONFIDENCE[kind], shown)


def _kind_of_plate(context: Context, match: re.Match[str]) -> str | None:
    letters, gap, digits = match.groups()
    letters = letters.upper().translate(_LATIN)
    span = match.span()
    called = context.near("plate", *span, before=22, after=12)
    near = context.near("vehicle", *span, before=70, after=60)
    dashed = gap == "-" and len(digits) > 2
    is_word = _NO_PLATE.fullmatch(letters) or _NO_PLATE.fullmatch(match.group(1).upper())
    if not near or (is_word and not dashed):
        return None
    is_model = _MODELS.fullmatch(letters) and not (len(digits) > 3 and (gap == "-" or called))
    if is_model:
        return None
    if len(digits) <= 2:
        return "plate.short" if called and gap == "-" else None
    if gap == " " and not called and len(digits) < 4:
        return None
    return "plate.called" if called else "plate.vehicle"
