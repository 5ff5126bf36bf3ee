"""Names: who is named in a text, in Latvian and Russian, in every case.

A first name is known by list, a surname by what stands beside it or by its ending. Words that are
no person (`Jāņa iela`, `улица Гагарина`) are left out.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.signals.context import tags_of
from pipeline.signals.given_names import doubtful_forms, latin_forms, name_forms
from pipeline.signals.name_model import person_prob
from pipeline.signals.patterns import one_of
from pipeline.signals.reading import Reading, Word, fold

_SURNAME = re.compile(
    one_of(
        """in[sšaiu] iņš iņa ina[sm] inai inu nieks nieka[m]? niece[s]? ietis iete[s]? sons
        sona[m]? sone[s]? ans ane[s]? ovs ova[sm]? ovai ovu evs eva[sm]? evai evu skis skim ska[s]?
        skai ckis cka[s]? enko cuks juks ics ica[s]? ulis ule[s]? itis ite[s]? ens ena[s]? bergs
        berga[sm]? manis mane[s]? mana kalns kalna[s]? lejs leja[s]? ов ова ову овым овой ове ев
        ева еву евым евой ёв ёва ин ина ину иным иной ын ына ский ского скому ским ская ской скую
        цкий цкого цкая цкой цкую ко енко ук юк чук ян дзе швили иньш иня иню ине улис айтис ич ича
        ичу ис енс сонс"""
    )
    + "$"
)
_PATRONYMIC = re.compile(
    r"(?:(?:ов|ев|ёв)(?:ич(?:а|у|ем|е)?|н(?:а|ы|е|у|ой))|(?:ьич|ич)(?:а|у|ем|е)?"
    r"|ичн(?:а|ы|е|у|ой)|иничн(?:а|ы|е|у|ой))$"
)
_NO_PERSON_AFTER = re.compile(
    one_of(
        """iel bulv prosp laukum gatv skol gimnaz muzej park fond balv kap tilt stacij pils baznic
        katedr diena vakar улиц ул$ бульвар проспект площад школ гимнази музе парк фонд преми церк
        мост иел street st$ school park"""
    )
)
_NO_PERSON_BEFORE = re.compile(
    r"(?:ул|улиц\w*|имени|им|sv|святой|svet\w*|piemin\w*|памятник\w*|saint|st)$"
)
_NO_SURNAME = frozenset(
    fold(
        """Latvija Latvijas Latvijā Rīga Rīgas Rīgā Ogre Ogres Ogrē Saeima Saeimas Saeimā Dome
        Domes Eiropa Eiropas Krievija Krievijas Ukraina Ukrainas Nato Kāpēc Kas Kur Kad Kā Vai Un
        Bet Jo Tas Tā Es Jūs Mēs Tu Viņš Viņa Nu Lai Ja Paldies Lūdzu Labdien Sveiki Sveika
        Facebook Lv Diena Dienas Ziņas Tv Ltv Sia Спасибо Почему Кто Где Когда Как Что Это И Но А Я
        Вы Мы Ты Он Она Ну Да Нет Рига Латвия Огре Дума Сейм Tel Tālr Mob Adrese Dzīvo Тел Адрес
        Живет Звоните Zvaniet Raksti No The And He She In At Lives viņas viņa viņam viņai viņu mana
        mani manu manas mūsu jūsu tava viena vienas visas Iela Ielā Ielas Улица Street"""
    ).split()
)

_LIKELY = 0.6
_LIKELY_FIRST = 0.9
"""The first word of a sentence has its capital anyway."""


@dataclass(frozen=True, slots=True)
class Person:
    """A person named in a text."""

    start: int
    end: int
    kind: str
    """`full` (two names, or a name and an initial), `first`, `surname`."""
    first: str | None
    last: str | None


def find_persons(reading: Reading, lang: str) -> list[Person]:
    """Return the persons that a text names, in order."""
    words = reading.words
    # Small letters name a person only where the author writes no capitals at all.
    n_capitals = sum(word.text[0].isupper() for word in words)
    careless = n_capitals <= 1 + len(words) // 15
    persons: list[Person] = []
    place = 0
    while place < len(words):
        person, used = _person_at(reading, words, place, lang, careless=careless)
        if person is not None:
            persons.append(person)
        place += used
    return persons


def _person_at(
    reading: Reading, words: Sequence[Word], place: int, lang: str, *, careless: bool
) -> tuple[Person | None, int]:
    """Return the person that begins with a word, and how many words are done with."""
    word = words[place]
    first = _first_name(word, lang)
    capital = word.text[:1].isupper()
    if not (capital or careless):
        return None, 1
    if len(word.text) == 1 and capital:
        return _initial_first(reading, words, place)
    if first is None:
        return _surname_first(reading, words, place, lang) if capital else (None, 1)
    if _is_place(words, place):
        return None, 2
    nexts = _joined(reading, words, place)
    if nexts and _PATRONYMIC.search(nexts[0].folded) and len(nexts[0].text) > 5:
        with_surname = len(nexts) > 1 and _may_be_surname(nexts[1], capital=capital)
        last = nexts[1] if with_surname else nexts[0]
        return Person(word.start, last.end, "full", word.text, last.text), 2 + with_surname
    if nexts and capital and _is_initial(reading, nexts[0]):
        return Person(word.start, nexts[0].end, "full", word.text, None), 2
    if word.text.lower() in doubtful_forms() and not capital:
        return None, 1
    if nexts and _may_be_surname(nexts[0], capital=capital) and _first_name(nexts[0], lang) is None:
        return Person(word.start, nexts[0].end, "full", word.text, nexts[0].text), 2
    if word.text.lower() in doubtful_forms():
        return None, 1
    return Person(word.start, word.end, "first", word.text, None), 1


def _initial_first(
    reading: Reading, words: Sequence[Word], place: int
) -> tuple[Person | None, int]:
    """Return a person written with an initial before the surname: `A. Bērziņš`."""
    if place + 1 == len(words):
        return None, 1
    word, last = words[place], words[place + 1]
    joined = reading.text[word.end : last.start] in (".", ". ")
    if not joined or not last.text[0].isupper() or last.folded in _NO_SURNAME:
        return None, 1
    if len(last.text) < 4 or tags_of(last.folded, "lv"):
        return None, 1
    if _is_place(words, place + 1):
        return None, 2
    return Person(word.start, last.end, "full", None, last.text), 2


def _surname_first(
    reading: Reading, words: Sequence[Word], place: int, lang: str
) -> tuple[Person | None, int]:
    """Return a person whose surname comes first, or whom the list of first names does not know."""
    word = words[place]
    if len(word.text) < 3 or word.folded in _NO_SURNAME or _is_place(words, place):
        return None, 1
    likely = _is_likely(words, place)
    if not likely and not _SURNAME.search(word.folded):
        return None, 1
    nexts = _joined(reading, words, place)
    if nexts and (_first_name(nexts[0], lang) and nexts[0].text[0].isupper()):
        more = len(nexts) > 1 and _PATRONYMIC.search(nexts[1].folded) is not None
        last = nexts[1] if more else nexts[0]
        return Person(word.start, last.end, "full", nexts[0].text, word.text), 2 + more
    if nexts and _is_initial(reading, nexts[0]):
        return Person(word.start, nexts[0].end, "full", None, word.text), 2
    if not likely:
        return None, 1
    if nexts and _may_be_surname(nexts[0], capital=True) and _is_likely(words, place + 1):
        return Person(word.start, nexts[0].end, "full", word.text, nexts[0].text), 2
    return Person(word.start, word.end, "surname", None, word.text), 1


def _is_likely(words: Sequence[Word], place: int) -> bool:
    """Whether a capitalised word is likely a name: by the model, in Cyrillic by its ending."""
    word = words[place]
    if word.text.isupper():
        return False
    if word.folded[0] >= "а":
        inside = place > 0 and word.start - words[place - 1].end == 1
        return inside and len(word.text) > 4 and _SURNAME.search(word.folded) is not None
    if tags_of(word.folded, "lv"):
        return False
    first = place == 0 or word.start - words[place - 1].end > 1
    return person_prob(words, place) >= (_LIKELY_FIRST if first else _LIKELY)


def _first_name(word: Word, lang: str) -> str | None:
    """Return the stem of the first name that a word is a form of."""
    stem = name_forms().get(word.text.lower())
    if stem is None and lang == "ru":
        stem = latin_forms().get(word.folded)
    return stem


def _joined(reading: Reading, words: Sequence[Word], place: int) -> list[Word]:
    """Return the next two words as far as nothing but a space or an initial's dot parts them."""
    joined: list[Word] = []
    end = words[place].end
    for word in words[place + 1 : place + 3]:
        if reading.text[end : word.start] not in (" ", ". ", ".") or (
            "." in reading.text[end : word.start] and word.start - end > 0 and not joined
        ):
            break
        joined.append(word)
        end = word.end
    return joined


def _may_be_surname(word: Word, *, capital: bool) -> bool:
    if len(word.text) < 3 or word.folded in _NO_SURNAME:
        return False
    if word.text[0].isupper():
        return True
    return not capital and len(word.text) > 4 and _SURNAME.search(word.folded) is not None


def _is_initial(reading: Reading, word: Word) -> bool:
    after = reading.text[word.end : word.end + 1]
    return len(word.text) == 1 and word.text.isupper() and (after in (".", ",", "") or after == ";")


def _is_place(words: Sequence[Word], place: int) -> bool:
    """Whether a street, school or holiday bears the name."""
    if place and _NO_PERSON_BEFORE.match(words[place - 1].folded):
        return True
    end = words[place].end
    for word in words[place + 1 : place + 3]:
        if word.start != end + 1:
            break
        if _NO_PERSON_AFTER.match(word.folded):
            return True
        if not word.text[0].isupper():
            break
        end = word.end
    return False


def persons_near(
    persons: Iterator[Person] | Sequence[Person], start: int, end: int, *, reach: int
) -> Iterator[Person]:
    """Yield the persons named within so many characters of a span, the nearest first."""
    near = [
        (max(person.start - end, start - person.end, 0), person)
        for person in persons
        if person.start - end <= reach and start - person.end <= reach
    ]
    yield from (person for _, person in sorted(near, key=lambda each: each[0]))
