"""Slices of test comments that an average would hide: spelling, length, whom they speak of."""

import re
from collections.abc import Callable, Mapping

LATVIAN_MARKS = re.compile("[āčēģīķļņšūž]", re.IGNORECASE)
CYRILLIC = re.compile("[а-яё]", re.IGNORECASE)
IDENTITY = re.compile(
    r"\b(latvie|krievi?|krievu|ukrai|ebrej|čigān|čigan|romu?\b|migrant|imigrant|bēgļ|begl|musul|"
    r"islam|gej|lesb|homo|siev|invalīd|invalid|pensionār|pensionar|латыш|русск|украин|евре|жид|"
    r"цыган|мигрант|беженц|мусульм|ислам|гей|гомо|женщин|баб[аыу]|инвалид|пенсионер)",
    re.IGNORECASE,
)
OFFICIALS = re.compile(
    r"\b(dom[eesi]\b|domei|domes|deputāt|deputat|mērs|mēra|mēram|mers\b|priekšsēdētāj|ministr|"
    r"valdīb|valdib|saeim|pašvaldīb|pasvaldib|ierēd|ierēdn|dum|дум[аеуы]\b|депутат|мэр|министр|"
    r"правительств|сейм|самоуправлени|чиновник|власт)",
    re.IGNORECASE,
)
SHORT, LONG = 6, 40

SLICES: Mapping[str, Callable[[str, str], bool]] = {
    "short": lambda text, _lang: len(text.split()) <= SHORT,
    "long": lambda text, _lang: len(text.split()) >= LONG,
    "latvian_without_diacritics": lambda text, lang: (
        lang == "lv" and not LATVIAN_MARKS.search(text) and not CYRILLIC.search(text)
    ),
    "russian_in_latin_letters": lambda text, lang: lang == "ru" and not CYRILLIC.search(text),
    "identity_terms": lambda text, _lang: bool(IDENTITY.search(text)),
    "officials": lambda text, _lang: bool(OFFICIALS.search(text)),
}
"""Name -> whether a comment, by its text and language, belongs to the slice."""
