"""How an address is written in Latvian and Russian: street, house, flat; and what only looks so."""

import re

from pipeline.signals.patterns import one_of

_KIND_AFTER = one_of(
    r"""iela iel[ao]s ielā ielai ielu ielam iel\.? prosp(?:ekt\w*|\.) bulv(?:ār\w*|ar\w*|\.) gatve
    gatves gatvē laukum\w* [sš]osej\w* ceļ[sāa] cel[sa] aleja[s]? alejā līnija street str\. st\.
    road avenue ул\.? улиц\w* иел\w* проспект\w* пр\. бульвар\w* шоссе"""
)
_KIND_BEFORE = one_of(r"ул\.? улиц\w+ бульвар\w* проспект\w* пр-т ulic\w+ ul\.")
_FLAT_WORD = one_of(
    r"""dz\.? dzīv(?:ok\w*|\.)? dziv(?:ok\w*|\.)? dziivok\w* кв\.? квартир\w* kv\.? kvartir\w* flat
    apt\.? apartment k\."""
)
_CAPITAL = r"[A-ZĀČĒĢĪĶĻŅŠŪŽА-ЯЁ][^\W\d_.'’]*\.?"
_NAME = rf"(?:{_CAPITAL}(?: {_CAPITAL}){{0,2}}|[^\W\d_]{{3,}})"
_HOUSE = r"\d{1,3}(?: ?[a-hA-Hа-гА-Г](?![^\W\d_]))?(?:/\d{1,2})?(?![^\W_]|[.,:]\d)"
_FLAT = (
    rf"(?: ?- ?|/)(?P<flat>\d{{1,3}}[a-c]?)(?![\w%€]|[.,:/-]\d)"
    rf"|,? ?(?i:{_FLAT_WORD}) ?(?:nr\.? ?|№ ?)?(?P<named>\d{{1,3}})(?!\w)"
)
_DOOR = r"(?i:nr\.? ?|д\. ?|дом\w* ?|mājā |māja |maja )?"

STREET_BEFORE_KIND = re.compile(
    rf"(?<!\w)(?P<street>{_NAME}) (?i:{_KIND_AFTER}),? {_DOOR}(?P<house>{_HOUSE})(?:{_FLAT})?"
)
KIND_BEFORE_STREET = re.compile(
    rf"(?<!\w)(?i:{_KIND_BEFORE}) ?(?P<street>{_NAME}),? ?{_DOOR}(?P<house>{_HOUSE})(?:{_FLAT})?"
)
STREET_ALONE = re.compile(
    rf"(?<![\w-])(?P<street>[^\W\d_]{{3,}}),? {_DOOR}(?P<house>{_HOUSE})(?:{_FLAT})?"
)
FLAT_ALONE = re.compile(
    rf"(?<![\w-])\d{{1,3}}(?:\.|-?[а-я]{{1,2}})? {_FLAT_WORD}(?!\w)"
    rf"|(?<!\w){_FLAT_WORD} ?(?:nr\.? ?|№ ?)?\d{{1,3}}(?![\w]|[.,]\d)",
    re.IGNORECASE,
)
FARM = re.compile(
    rf"(?<!\w){one_of('mājās viensētā dzīvo dzivo saimniecībā хутор[ау]? хуторе no из')}[: ]+"
    r"[\"'«](?P<farm>[A-ZĀČĒĢĪĶĻŅŠŪŽА-Я][\w-]{3,}(?: [\w-]{3,})?)[\"'»]"
)
FLAT_AFTER_NAME = re.compile(r" (?:no )?\d{1,3}[a-c]?-\d{1,3}(?![\w%€]|[.,:/-]\d)")
NO_STREET = re.compile(
    one_of(
        """pirmdien otrdien tresdien ceturtdien piektdien sestdien svetdien janvar februar mart
        april maij junij julij august septembr oktobr novembr decembr laik lidz plkst gad klas nr
        lpp pant punkt uzvar zaudej spel rezultat ogre$ riga$ latvij saeim covid windows bus
        autobus vilcien понедельник вторник сред четверг пятниц суббот воскресен январ феврал март
        апрел ма[йя] июн июл август сентябр октябр ноябр декабр пункт стать класс стр автобус
        маршрут поезд monday tuesday wednesday thursday friday saturday sunday january february
        march april june july bus route page class"""
    )
)
"""What stands before two numbers and is no street: days, months, scores, buses."""
GENITIVE = re.compile(r"(?:as|es|u|aja|ja|na|isa|а|у|ас|ес|ю)$")
OWN_HOME = re.compile(
    r"\b"
    + one_of(
        r"""dzivoju dzivojam mana(?:s|ja)?\s(?:maj|dziv|adres) musu\s(?:maj|dziv|adres|nam) живу
        живем мо[йяюе]\s(?:дом|кварт|адрес) моей\sкварт наш\w*\s(?:дом|кварт|подъезд|адрес) i\slive
        we\slive my\s(?:home|flat|house|address)"""
    )
)
PUBLIC_BUILDING = re.compile(
    r"\b"
    + one_of(
        r"""skol gimnaz bernudarz bibliot muzej veikal aptiek slimnic poliklin dome\b domes\sek
        pasvald policij tirdz kafejn baznic stadion sporta kulturas centr biroj школ сад[ауик]
        библиотек музе магазин аптек больниц поликлин дум[аыеу]\b полици торгов кафе церк стадион
        центр офис school library shop office museum"""
    )
)
