"""Listed words are found in every form and through disguises, and never inside other words."""

import pytest

from pipeline.core.errors import PipelineError
from pipeline.signals.lexicon import (
    FEATURES,
    FOLDER,
    LABELS,
    LANGUAGES,
    features_of,
    find_listed,
    lexicon,
    matches,
    read_entries,
)
from pipeline.signals.paradigms import forms, palatalised

INNOCENT = {
    "lv": """
        sūdzība sūdzības sūdzēties sūdzos apsūdzība apsūdzības sūdzībai pidžama pidžamas pidžamu
        pīrāgs pīrādziņš pīle pīlādzis pipars piparkūkas pistole pistācija pistācijas apustulis
        kapist direktors direktore direkcija dirigents dirižablis diriģents mauks maukts mazauka
        kauks laukums laukumā Mauči pakaļ pakaļdzīt miza mizas mizu mizot kuņģis kuņģa kucēns kucēni
        kucēnam lopkopība lopkopis lopbarība lopiņš idille idioma stulpiņi stulpiņš muļķot muļāt
        debitors debatēt debija dekorācija lāpsta lāpstas labus labi labdien Krievija krievu
        krieviski krievs okupācija okupācijas žids židrs zīds zīda zīdainis zīdaiņi žīdzēt ķīdzis
        pedikīrs pedagogs pedagogi pedālis pediatrs pediatre gejzers gejzeri hohmas čuhas čukstēt
        čurāt čurkste gnozis rasists rasisti rasisms resna resni resns slinka slinks slinki tupi
        tupēt stūpas sapis sapnis sapņi pupas pupiņas pupa cicina cīņa cielava nosaukt nosaukums
        nosūtīt nošķirt nošķirot nosaukta šautuve šaut izšaut kaut kauties durt durvis durvju žņaugs
        kārt kārta kārtība kārtībā pakārtot pakārtota indeksēt indes slepkavība likvidēt linčs
        sprāgst sprāgstviela spridzeklis porcija portāls sekstets sekss sekunde penicilīns pensija
        penss orķestris orkāns orhideja vagons vagoni minēt minētais minerāls minūte erots erozija
        erozijas perversija izvirtība izvārīt izvārīts izvārīja strīpa strīpas kliņģeris kliņģeri
        analīzes analīze kanāls banāls anālais
    """,
    "ru": """
        корабля кораблям застрахуйте страхуй подстрахуй бляшка бляшки рубля рублях сабля саблей
        дубляж оскорблять употреблять корабль грабля граблями хулиган хулиганы хулиганство художник
        худой похудеть хутор хурма Херсон херувим сосед соседи сосиска мандарин мандат команда
        командир мандолина педагог педагоги педаль велосипедист колебать колебания учебник требовать
        хлеба хлебать погреба себя тебя ребёнок небо мебель стебель жеребец гребля перегреб сукно
        присука рисунка рисунок барсук посуда суконный дебилитация мудрый мудрость мудрец говор
        говорить заговор сговор серьга серый серебро срок сразу сроки рассрочка ссылка ссылки ссора
        бассейн касса пассажир масса гондола гондольер идиома идиллия дурнушка дурман дуршлаг
        природа природы народ город огород пригород родина урожай тварьский творить творог утварь
        утвари падать падали выпадать гадать угадать загадка угадали награда гадалка паразитология
        казна казначейство казни страх страхование страховка страховая пострадать анализ анализы
        канал каналы банальный канальизация оркестр орхидея порок ведьма убийственно убыль убыток
        убытки убрать уборка убирать клоунада балбесить шутка шутить шутник хамелеон хамам хвост
        чурчхела чурек чурило хачапури хохот хохотать хохлома хохлатка жидкость жидкий жидкого
        педикюр минетка монета комета порножка порог тупик тупика тупиковый ступор ступени ступенька
        баранина барабан козлёнок скотч скотоводство псина психолог психология психиатр лохматый
        лоханка плохо плохой сполохи крыса kaut-kas
    """,
}
"""Lawful words that hold a listed word, or differ from a form of one by a mark or a letter."""
POSITIONS = ("{} un vēl kas", "Vakar {} bija te", "Kas tas ir, {}?", "«{}»")
WORDS = [word for text in INNOCENT.values() for word in text.split()]


def categories(text: str) -> set[str]:
    return {entry.category for entry, _, _ in matches(text)}


def test_there_are_more_than_600_entries_in_two_languages_and_150_innocent_words() -> None:
    sizes = {lang: len(read_entries(FOLDER / f"{lang}.tsv", lang)) for lang in LANGUAGES}
    assert sum(sizes.values()) >= 600
    assert min(sizes.values()) >= 250
    assert len(set(WORDS)) >= 156


def test_no_entry_is_listed_twice_and_every_paradigm_is_known() -> None:
    for lang in LANGUAGES:
        entries = read_entries(FOLDER / f"{lang}.tsv", lang)
        keys = [(entry.lemma, entry.category) for entry in entries]
        assert sorted(key for key in keys if keys.count(key) > 1) == []
        assert all(entry.lemma in entry.forms or entry.spared for entry in entries)


@pytest.mark.parametrize("position", POSITIONS)
def test_innocent_words_are_not_found_wherever_they_stand(position: str) -> None:
    found = {word for word in WORDS if find_listed(position.format(word))}
    assert found == set()
    assert {word for word in WORDS if find_listed(position.format(word.upper()))} == set()


@pytest.mark.parametrize("position", POSITIONS)
@pytest.mark.parametrize(
    ("word", "category"),
    [
        ("idioti", "insult"),
        ("stulbeņiem", "insult"),
        ("stulbenji", "insult"),
        ("dirsā", "obscene"),
        ("nošaušu", "threat"),
        ("jānošauj", "threat"),
        ("krieveļus", "slur"),
        ("biomasu", "dehumanising"),
        ("pornogrāfijas", "sexual"),
        ("ублюдками", "insult"),
        ("ЗАСТРЕЛЮ", "threat"),
        ("чурок", "slur"),
        ("нелюдей", "dehumanising"),
        ("порнухой", "sexual"),
        ("ёбаный", "obscene"),
        ("blyad", "obscene"),
    ],
)
def test_listed_words_are_found_in_their_forms(position: str, word: str, category: str) -> None:
    text = position.format(word)
    assert [text[each.start : each.end] for each in find_listed(text)] == [word]
    assert categories(text) == {category}


@pytest.mark.parametrize(
    "disguised",
    [
        *("п*здец", "п***ец", "п и з д е ц", "пи\u200bздец", "п.и.з.д.е.ц"),
        *("p*zdec", "pizdeeeeec", "сууууука", "сука-блядь", "idi\u043ets", "i-d-i-o-t-s"),
    ],
)
def test_disguises_do_not_hide_a_word(disguised: str) -> None:
    text = f"Nu {disguised} un viss"
    found = find_listed(text)
    assert found
    assert found[0].start == 3
    assert found[-1].end == 3 + len(disguised)


def test_a_phrase_counts_once_and_as_a_whole() -> None:
    text = "Ej dirst, lodi pierē tev"
    assert [(entry.lemma, text[a:b]) for entry, a, b in matches(text)] == [
        ("ej dirst", "Ej dirst"),
        ("lodi pierē", "lodi pierē"),
    ]
    assert matches("lodi ieliek pierē") == []


def test_a_finding_names_category_and_label_and_never_the_word() -> None:
    (found,) = find_listed("Tu esi kretīns")
    assert (found.label, found.kind, found.detail) == ("insult", "lexicon", "insult")
    assert 0 < found.confidence < 1


@pytest.mark.parametrize("text", ["", "!!!", "👍🏽", "Kad tīrīs sniegu?", "*", "* * *", "12345"])
def test_nothing_is_found_in_nothing(text: str) -> None:
    assert find_listed(text) == []


def test_features_sum_severities_up_to_a_limit() -> None:
    assert features_of([]) == dict.fromkeys(FEATURES, 0.0)
    one = features_of(matches("stulbs"))
    many = features_of(matches("kretīns, kretīns, kretīns, kretīns"))
    assert one["listed_insult"] == 1.0
    assert many["listed_insult"] == 3.0
    assert set(LABELS) == {name.removeprefix("listed_") for name in one}


def test_reports_of_what_happened_are_no_threats() -> None:
    for text in ("Upes ielā nošāva suni", "Вчера убили человека", "Viņu nogalināja 1941. gadā"):
        assert "threat" not in categories(text)


@pytest.mark.parametrize(
    ("lang", "lemma", "paradigm", "stems", "some", "none"),
    [
        ("lv", "brālis", "n2", "", "brāļa brālim brāļu brāļiem brālī", "brāla brālu"),
        ("lv", "lācis", "n2", "", "lāča lāčiem", "lāca"),
        ("lv", "upe", "n5", "", "upes upju upei upēm", "upju!"),
        ("lv", "māsa", "n4", "", "māsas māsai māsu māsām", "māsim"),
        ("lv", "galds", "n1", "", "galda galdam galdi galdiem galdos", "galdis"),
        ("lv", "labs", "adj", "", "laba labajiem labākais labās", "labis"),
        ("lv", "celt", "v1t", "ceļ cēl", "celšu celsim ceļu jāceļ celt", "cēla"),
        ("lv", "mazgāt", "v2t", "", "mazgāju mazgāšu jāmazgā mazgā", "mazgājis"),
        ("lv", "dzīvot", "v2", "", "dzīvoju dzīvošu dzīvojis", ""),
        ("ru", "стол", "n_m", "", "стола столы столов столами", "столь"),
        ("ru", "отец", "n_ets", "", "отца отцов отцу", "отеца"),
        ("ru", "мышка", "n_ka", "", "мышки мышек мышку", "мышок!"),
        ("ru", "новый", "adj", "", "новая новым новых", "новь"),
        ("ru", "купить", "v2t", "куп", "купить купит купим", "купил"),
    ],
)
def test_paradigms_make_the_forms_of_the_grammar(
    lang: str, lemma: str, paradigm: str, stems: str, some: str, none: str
) -> None:
    made = forms(lang, lemma, paradigm, stems.split())
    assert set(some.split()) <= made
    assert made.isdisjoint(none.split())


@pytest.mark.parametrize(
    ("stem", "soft"),
    [("brāl", "brāļ"), ("lāc", "lāč"), ("up", "upj"), ("zutn", "zutņ"), ("a", "a")],
)
def test_stems_are_palatalised(stem: str, soft: str) -> None:
    assert palatalised(stem) == soft


def test_an_unknown_paradigm_or_stem_is_an_error() -> None:
    with pytest.raises(PipelineError, match="has no paradigm 'n99'"):
        forms("lv", "galds", "n99")
    with pytest.raises(PipelineError, match="cannot be made"):
        forms("lv", "celt", "v1")


def test_a_form_of_an_innocent_word_is_spared_everywhere() -> None:
    known = lexicon()
    for word in ("pakaļ", "казни", "тупо"):
        assert word not in known.written
        assert word not in known.folded
