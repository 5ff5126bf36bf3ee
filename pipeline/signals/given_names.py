"""First names that people in Latvia bear, and their case forms.

Latvian names stand with their marks, Russian ones in Cyrillic. A name that is also an everyday word
stands in the list of doubtful ones: it counts only beside a surname or an initial.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache

from pipeline.core.translit import RUSSIAN_STYLES, russian_to_latin, transliterate_old
from pipeline.signals.reading import fold

LATVIAN = """
Jānis Andris Juris Edgars Aivars Mārtiņš Pēteris Aleksandrs Andrejs Vladimirs Sergejs Ivars Valdis
Guntis Normunds Raimonds Artūrs Kaspars Māris Gints Uldis Ainārs Aigars Dainis Imants Viktors
Dmitrijs Nikolajs Jurijs Arvis Roberts Ēriks Rihards Kristaps Artis Ilmārs Gatis Modris Toms Mareks
Oskars Ansis Krišjānis Kārlis Aldis Vilnis Zigmunds Haralds Egils Egīls Arnis Agris Armands Arvīds
Arturs Reinis Rolands Renārs Ronalds Raivis Rūdolfs Sandis Sandris Sigvards Staņislavs Vitālijs
Vitauts Voldemārs Viesturs Vents Valters Vairis Valentīns Viktors Zintis Ziedonis Zigurds Žanis
Ādams Ādolfs Alberts Alfrēds Alvis Andžejs Antons Anatolijs Artjoms Aleksejs Boriss Bruno Denis
Deniss Dāvids Dāvis Dzintars Edijs Edmunds Eduards Edvīns Einārs Eižens Elmārs Elvis Emīls Ernests
Ervīns Fēlikss Filips Francis Fricis Georgs Gundars Guntars Gunārs Gustavs Gvido Genādijs Hardijs
Harijs Henriks Herberts Hugo Igors Igo Ilgvars Indriķis Indulis Ingus Ints Ivans Ivo Jānītis Jēkabs
Jevgēņijs Jāzeps Jaroslavs Kalvis Kirils Konstantīns Krists Kristians Kristers Kristiāns Laimonis
Lauris Leonīds Leons Linards Ludvigs Lūkass Maksims Markuss Marks Matīss Matvejs Mihails Mikus Miks
Miervaldis Mikhails Nauris Niks Niklāvs Oļegs Olegs Oļģerts Olafs Osvalds Otto Pāvels Pāvils Patriks
Raitis Ralfs Raimonds Raivo Reinholds Ričards Ritvars Romāns Roberto Rodrigo Ruslans Sandijs Semjons
Silvestrs Stefans Svens Tālis Tālivaldis Teodors Tomass Timurs Timofejs Ainis Vasilijs Vadims
Vjačeslavs Vladislavs Vilis Vilhelms Zigismunds Ojārs Oto Aksels Augusts Aleksis Aivis Anna Kristīne
Inese Inga Ilze Līga Anita Elīna Ieva Sandra Dace Iveta Aija Evita Agnese Solvita Jeļena Natālija
Svetlana Tatjana Irina Olga Marina Gaļina Valentīna Ludmila Ļudmila Ņina Jūlija Anastasija
Aleksandra Viktorija Diāna Laura Zane Santa Linda Sanita Kristīna Madara Baiba Gunta Daina Ināra
Ilona Inta Ingrīda Inguna Maija Mārīte Marija Mirdza Monta Monika Mudīte Nora Oksana Paula Regīna
Renāte Ritma Ruta Rūta Rudīte Samanta Sabīne Sarmīte Signe Sigita Silva Silvija Sintija Skaidrīte
Sņežana Staņislava Tamāra Terēze Una Undīne Valda Vallija Vanda Vēra Velga Velta Veneranda Veronika
Vija Vilma Vineta Violeta Viviāna Vizma Zaiga Zenta Zigrīda Žanete Žanna Zinaīda Zoja Evija Evelīna
Eva Emīlija Elza Elīza Elizabete Elvīra Elga Edīte Dzintra Dzidra Dainuvīte Dagnija Dagmāra Biruta
Benita Beāte Austra Astra Asnate Astrīda Arta Arita Antra Antonija Anželika Annija Anete Amanda
Alise Alīna Alīda Alda Aldona Aina Ailita Agnija Agita Agate Adele Irēna Iraīda Ira Iluta Ilva
Ilvita Indra Ineta Inna Irma Ērika Guna Gundega Guntra Helēna Harija Hilda Jana Jadviga Jekaterina
Jevgēņija Jūle Jolanta Judīte Karīna Karolīna Katrīna Keita Kitija Klinta Kristiāna Krista Ksenija
Lāsma Lauma Lelde Leontīne Lidija Liene Lienīte Liāna Lilita Lilija Līna Līva Lija Lolita Lūcija
Luīze Lonija Luda Larisa Marta Margarita Margita Mairita Marika Marianna Margrieta Megija Melānija
Milda Milāna Miranda Nadežda Nadīna Natalja Nellija Nikola Nikolina Ņikita Olita Patrīcija Raimonda
Raisa Ramona Rasma Rebeka Rota Rozālija Sofija Stefānija Svetla Tekla Tīna Daiga Daira Daila Dina
Dita Dzelde Dārta Enija Estere Ance Anda Andžela Anija Aiga Inita Ināra Ineta Ingūna Jausma Ligita
Malda Mārīte Marute Mētra
"""
LATVIAN_MORE = """
Ģirts Jurģis Zanda Laila Ginta Voldis Aelita Alvīne Antoņina Arnita Arnolds Asja Baņuta Broņislava
Broņislavs Daumants Dairis Dzintris Edvards Egija Eleonora Elita Erna Evalds Felicita Frīda Gita
Gintars Gunita Hermīne Ilgonis Inārs Ingmārs Ingars Ivanda Ivita Jogita Justīne Jutta Kaija Kaiva
Kate Katrina Kintija Laine Leontīna Leonora Liliāna Livija Loreta Luīza Lukass Madars Magdalēna
Maira Mairis Mārcis Matilde Meldra Mihaels Nameda Namejs Ofēlija Oļesja Pārsla Pauls Rainis Raita
Rinalds Rolanda Sallija Santis Simona Solveiga Spodris Stella Šarlote Terēza Ulvis Uģis Ulrika
Urzula Valērijs Valērija Verners Vitolds Vivita Zita Žaklīna Jeļizaveta Rainers Kristofers Olivers
Dominiks Adrians Bernards Vija Skaidris Agris Alfons Aloizs Andžela Anrijs Artūra Bertolds Dace
Dainis Donats Elvijs Ģertrūde Guntis Henrijs Hermanis Ikars Indars Ingrida Jāzeps Jolanta Kazimirs
Klāvs Laura Lienīte Lonija Mečislavs Melita Modrīte Ņikita Nikita Odrija Pjotrs Poļina Rimma Ritma
Roma Rostislavs Saiva Sanda Sarma Staņislavs Taiga Taņa Tatjana Timurs Ulla Valija Vasīlijs Velta
Viktors Vineta Vita Zoja Žans
"""
DOUBTFUL_LATVIAN = """
Rita Vita Ilga Laima Ausma Rasa Rota Gaida Skaidra Māra Mare Saule Liesma Ziedīte Maiga Arta Roze
Vera Ruta Alma Emma Ella Ada Aiva Spodra Selga Mirta Tija Zelma Līga Ints Miks Aldis Austris Edvards
Marks Daina Santa Francis Alda Vents Dita Ance Jana Nora Una Linda
"""
RUSSIAN = """
Александр Алексей Анатолий Андрей Антон Аркадий Артём Артур Богдан Борис Вадим Валентин Валерий
Василий Виктор Виталий Владимир Владислав Всеволод Вячеслав Геннадий Георгий Герман Глеб Григорий
Даниил Данила Денис Дмитрий Евгений Егор Иван Игнат Игорь Илья Кирилл Константин Леонид Макар Максим
Марат Марк Матвей Михаил Никита Николай Олег Остап Павел Пётр Ренат Родион Роман Руслан Савелий
Семён Сергей Станислав Степан Тимофей Тимур Фёдор Филипп Юрий Яков Ян Ярослав Эдуард Эмиль Эдгар
Айвар Янис Марис Гунтис Валдис Марек Ивар Раймонд Роберт Рихард Каспарс Каспар Андрис Юрис Петерис
Артис Гатис Улдис Эрик Альберт Альфред Лаврентий Саша Лёша Толик Толя Боря Вася Витя Витя Вова
Володя Влад Гена Гоша Гриша Данил Дима Женя Жора Егорка Ваня Костя Кирюша Лёня Макс Миша Коля Паша
Петя Рома Рустам Сеня Серёга Серёжа Стас Стёпа Тёма Федя Юра Яша Александра Алёна Алина Алиса Алла
Анастасия Ангелина Анжела Анна Антонина Анфиса Валентина Валерия Варвара Василиса Вероника Виктория
Галина Дарья Диана Ева Евгения Екатерина Елена Елизавета Жанна Зинаида Зоя Инга Инесе Инна Ирина
Карина Кира Клавдия Кристина Ксения Лариса Лидия Лилия Людмила Маргарита Марина Мария Марта Милана
Мирослава Надежда Наталья Наталия Нина Оксана Олеся Ольга Полина Раиса Регина Римма Светлана София
Софья Таисия Тамара Татьяна Ульяна Фаина Эвелина Элина Эльвира Эмилия Эмма Юлия Яна Ярослава Анита
Илзе Лига Дайна Байба Санита Сандра Марите Ингрида Ивета Агнесе Даце Айя Лаура Мадара Моника Рута
Вия Велта Аня Аська Валя Варя Вика Галя Даша Дуня Женя Зина Ира Катя Клава Ксюша Лара Лена Лида Лиза
Люба Люда Люся Маша Маня Мила Надя Настя Наташа Оля Поля Рита Соня Тома Тоня Таня Тася Юля Ася Ника
"""
DOUBTFUL_RUSSIAN = (
    "Вера Любовь Слава Света Роза Лев Майя Жора Мила Поля Тома Кира Марк Ян Макс Ева Надежда Роман"
)
ENGLISH = """
John James Robert Michael William David Richard Thomas Charles Daniel Matthew Anthony Steven Paul
Andrew Peter Alex Sergey Sergei Andrey Andrei Dmitry Dmitri Oleg Igor Ivan Alexander Alexey Yuri
Yury Vladimir Victor Viktor Mary Elizabeth Jennifer Susan Jessica Sarah Karen Helen Kate Catherine
Olga Irina Elena Tatiana Natalia Natalya Svetlana Marina Galina Ludmila Anastasia Julia Yulia
Ekaterina Anna Maria Christine Nina Tamara Larisa Janis Peteris Juris Martins Edgars Andris Karlis
Maris
"""

_LATVIAN_ENDINGS = {
    "is": ("is", "a", "im", "i"),
    "us": ("us", "um", "u"),
    "s": ("s", "a", "am", "u", "ā"),
    "š": ("š", "a", "am", "u", "ā"),
    "o": ("o",),
    "a": ("a", "as", "ai", "u", "ā"),
    "e": ("e", "es", "ei", "i", "ē"),
}
_LABIAL = "bmpv"
_PALATAL = {"n": "ņ", "l": "ļ"}
_RUSSIAN_ENDINGS = {
    "ий": ("ий", "ия", "ию", "ием", "ии"),
    "й": ("й", "я", "ю", "ем", "е"),
    "ия": ("ия", "ии", "ию", "ией"),
    "ья": ("ья", "ьи", "ье", "ью", "ьей"),
    "я": ("я", "и", "е", "ю", "ей"),
    "а": ("а", "ы", "и", "е", "у", "ой"),
    "ь": ("ь", "я", "ю", "ем", "и", "е", "ью"),
    "": ("", "а", "у", "ом", "е"),
}
_IRREGULAR = {
    "павел": ("павла", "павлу", "павлом", "павле"),
    "лев": ("льва", "льву"),
    "петр": ("петра", "петру", "петром"),
}


@cache
def name_forms() -> Mapping[str, str]:
    """Return each case form, in lower case, of every name, with the name's stem without marks.

    Latvian forms stand there with and without their marks.
    """
    return dict(_forms(f"{LATVIAN} {LATVIAN_MORE} {RUSSIAN} {_in_cyrillic()} {ENGLISH}"))


@cache
def latin_forms() -> Mapping[str, str]:
    """Return the case forms of Russian names as they are written in Latin letters."""
    return {
        spelling: stem
        for form, stem in _forms(RUSSIAN)
        for style in RUSSIAN_STYLES
        if len(spelling := fold(russian_to_latin(form, style))) > 3 and spelling.isalpha()
    }


@cache
def doubtful_forms() -> frozenset[str]:
    """Return the case forms of names that are also everyday words."""
    return frozenset(form for form, _ in _forms(f"{DOUBTFUL_LATVIAN} {DOUBTFUL_RUSSIAN}"))


def _forms(names: str) -> Iterator[tuple[str, str]]:
    for name in dict.fromkeys(names.lower().split()):
        cyrillic = name[0] >= "а"
        base, endings = _paradigm(name, _RUSSIAN_ENDINGS if cyrillic else _LATVIAN_ENDINGS)
        stem = fold(base)
        for ending in endings:
            yield from ((spelling, stem) for spelling in _spell(base, ending))
        for form in _IRREGULAR.get(fold(name), ()):
            yield form, stem


def _in_cyrillic() -> str:
    """Return the Latvian names as Russian texts write them, with and without the ending -s."""
    names = []
    for name in f"{LATVIAN} {LATVIAN_MORE}".split():
        written = _PAIRS.sub(lambda match: _PAIR[match.group()], name.lower())
        written = written.translate(_TO_CYRILLIC)
        names.append(f"э{written[1:]}" if written[0] == "е" else written)
    return " ".join([*names, *(name[:-1] for name in names if name.endswith("с"))])


_PAIR = {
    **{"ja": "я", "jā": "я", "ju": "ю", "jū": "ю", "je": "е", "jē": "е", "jo": "ё"},
    **{"ņa": "ня", "ļa": "ля", "ļu": "лю", "ie": "ие"},
}
_PAIRS = re.compile("|".join(_PAIR))
_TO_CYRILLIC = str.maketrans(
    "aābcčdeēfgģhiījkķlļmnņoprsštuūvzž", "аабцчдеефггхиийккллмннопрсштуувзж"
)


def _paradigm(name: str, table: Mapping[str, tuple[str, ...]]) -> tuple[str, tuple[str, ...]]:
    for ending, forms in table.items():
        if name.endswith(ending) and len(name) - len(ending) >= 2:
            return name.removesuffix(ending), forms
    return name, ("",)


def _spell(base: str, ending: str) -> Iterator[str]:
    form = base + ending
    yield form
    yield fold(form)
    yield transliterate_old(form)
    if base[-1:] in _LABIAL and ending == "a":
        yield f"{base}ja"
    if base[-1:] in _PALATAL and ending == "a":
        yield base[:-1] + _PALATAL[base[-1]] + ending
