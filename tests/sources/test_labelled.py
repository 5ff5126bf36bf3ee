"""Labelled sets are read in the form in which they are published; every text here is invented."""

import gzip
from pathlib import Path

import pytest

from pipeline.core.errors import PipelineError
from pipeline.core.heads import ABUSE_LABELS, OUTPUTS, TEXT_LABELS
from pipeline.core.text import text_hash
from pipeline.sources.labelled import (
    ANNOTATED_SOURCES,
    LAWFUL,
    MEASURED_ONLY,
    PUBLIC_SETS,
    Labelled,
    own_truth,
    read_annotations,
    read_own,
    trains,
    unlabelled_texts,
)

ABUSE = {"abuse": True}
OKAY = dict(LAWFUL)
Case = tuple[str, dict[str, str], list[tuple[str, str, dict[str, bool], str]]]

# Name of the set -> files inside its path ("" for the path itself), and the rows wanted of them:
# text, language, truth, slice.
SETS: dict[str, tuple[dict[str, str], list[tuple[str, str, dict[str, bool], str]]]] = {
    "ru-okru-10pct": (
        {"": 'text,label\nхорошая горка,0\n"ты баран, и сын твой",1\n'},
        [("хорошая горка", "ru", OKAY, ""), ("ты баран, и сын твой", "ru", ABUSE, "")],
    ),
    "ru-2ch-pikabu": (
        {"": 'comment,labels\n"Снег убрали.\n",0\nВсе вы скоты,1.0\n'},
        [("Снег убрали.\n", "ru", OKAY, ""), ("Все вы скоты", "ru", ABUSE, "")],
    ),
    "ru-2ch-pikabu-val": (
        {"": "comment,labels\nЛёд посыпан,0.0\n"},
        [("Лёд посыпан", "ru", OKAY, "")],
    ),
    "ru-uk-bohdan1": (
        {"": "id,video_id,author,text,abusive\nU1,v,n,тупой ты,True\nU2,v,n,снег идёт,False\n"},
        [("тупой ты", "ru", ABUSE, ""), ("снег идёт", "ru", OKAY, "")],
    ),
    "ru-detox-parallel": (
        {
            "": "index\ttoxic_comment\tneutral_comment1\tneutral_comment2\tneutral_comment3\n"
            '0\tвы "идиоты" что ли\tвы ошибаетесь\t\t\n1\tзаткнись уже\t\t\t\n'
        },
        [
            ('вы "идиоты" что ли', "ru", ABUSE, ""),
            ("вы ошибаетесь", "ru", OKAY, ""),
            ("заткнись уже", "ru", ABUSE, ""),
        ],
    ),
    "pl-komentarze": (
        {
            "": "klasa,komentarz,nie,tak\nGroźby karalne,spalić ich dom,1,9\n"
            'Obraźliwe,"ty baranie, ty",2,8\nZłośliwe,no brawo geniusze,5,5\n'
            "Ostra krytyka,rada nic nie robi,9,1\nKrytyka,drogo,9,1\nPozostałe,dzień dobry,9,0\n"
        },
        [
            ("spalić ich dom", "pl", {"abuse": True, "threat": True}, "violation"),
            ("ty baranie, ty", "pl", ABUSE, "violation"),
            ("rada nic nie robi", "pl", OKAY, "criticism"),
            ("drogo", "pl", OKAY, "criticism"),
            ("dzień dobry", "pl", OKAY, ""),
        ],
    ),
    "de-germeval2018": (
        {
            "germeval2018.test.txt": "Guten Tag |LBR| Rat\tOTHER\tOTHER\n"
            "Ihr Esel\tOFFENSE\tINSULT\n",
            "germeval2018.training.txt": "So ein Mist\tOFFENSE\tPROFANITY\n"
            "Raus mit denen\tOFFENSE\tABUSE\n",
            "README.txt": "not a set\n",
        },
        [
            ("Guten Tag   Rat", "de", OKAY, ""),
            ("Ihr Esel", "de", {"abuse": True, "insult": True}, ""),
            ("So ein Mist", "de", {"abuse": True, "obscenity": True}, ""),
            ("Raus mit denen", "de", {"abuse": True, "hate": True}, ""),
        ],
    ),
    "hr-embeddia": (
        {
            "cro_val.tsv": 'label\ttext_a\trule\n0\t"Lijepo, hvala"\t0\n1\tgluposti\t8\n',
            "english_val.tsv": "label\ttext_a\trule\n0\tnot ours\t0\n",
        },
        [("Lijepo, hvala", "hr", OKAY, "")],
    ),
    "en-olid": (
        {
            "": "id\ttweet\tsubtask_a\tsubtask_b\tsubtask_c\n"
            '1\t@USER "go home" fool\tOFF\tTIN\tIND\n2\tnice park\tNOT\tNULL\tNULL\n'
        },
        [('@USER "go home" fool', "en", ABUSE, ""), ("nice park", "en", OKAY, "")],
    ),
    "en-edos-sexism": (
        {
            "": "rewire_id,text,label_sexist,label_category,label_vector,split\n"
            's-1,women cannot drive,sexist,"2. derogation",x,dev\n'
            's-2,"she should be beaten",sexist,"1. threats, plans to harm",x,dev\n'
            "s-3,nice bus,not sexist,none,none,dev\n"
        },
        [
            ("women cannot drive", "en", {"hate": True, "abuse": True}, ""),
            ("she should be beaten", "en", {"hate": True, "abuse": True, "threat": True}, ""),
            ("nice bus", "en", {"hate": False}, ""),
        ],
    ),
    "en-hatemoji": (
        {
            "": "entry_id,text,type,target,round.base,label_gold\n"
            "0,I would 🔪 them,threateninglanguage,x,5,1\n1,they are 🐷,derogation,x,5,1\n"
            "2,I like 🐷,none,,5,0\n"
        },
        [
            ("I would 🔪 them", "en", {"abuse": True, "hate": True, "threat": True}, ""),
            ("they are 🐷", "en", {"abuse": True, "hate": True}, ""),
            ("I like 🐷", "en", OKAY, ""),
        ],
    ),
    "ru-spam-monalenka": (
        {"": "text,label\nЗаработок от 100$ в день,spam\nДо завтра,ham\n\"[{'text': 1}]\",1\n"},
        [
            ("Заработок от 100$ в день", "ru", {"advertising": True}, ""),
            ("До завтра", "ru", {"advertising": False}, ""),
        ],
    ),
    "ru-spam-umputun": (
        {"spam-samples.txt": "Пиши плюс в личку\n", "ham-samples.txt": "Кто видел кота?\nНет\n"},
        [
            ("Пиши плюс в личку", "ru", {"advertising": True}, ""),
            ("Кто видел кота?", "ru", {"advertising": False}, ""),
            ("Нет", "ru", {"advertising": False}, ""),
        ],
    ),
    "ru-spam-talyguryn": (
        {"": "Набираем команду\nв две строки\n\n \nДоход без вложений\n"},
        [
            ("Набираем команду\nв две строки", "ru", {"advertising": True}, ""),
            ("Доход без вложений\n", "ru", {"advertising": True}, ""),
        ],
    ),
    "ru-vk-distorted": (
        {
            "": "comment_id\tsource\tcomments\tdistortion\ttoxicity\tcorrected\r\n"
            '1\tгород\t"ду-рак\tx\t1\tдурак\r\n2\tгород\tснег\t\t0\t\r\n'
        },
        [('"ду-рак', "ru", ABUSE, ""), ("снег", "ru", OKAY, "")],
    ),
    "lv-hate-speech-1k": (
        {"": 'text,label\n"Paldies, labi",0\nMuļķi tādi,1\nVisi tie svešie prom,2\n'},
        [
            ("Paldies, labi", "lv", OKAY, ""),
            ("Muļķi tādi", "lv", ABUSE, ""),
            ("Visi tie svešie prom", "lv", ABUSE, ""),
        ],
    ),
}


def write_set(path: Path, files: dict[str, str]) -> Path:
    for name, content in files.items():
        file = path / name if name else path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode("utf-8"))
    return path


def test_every_public_set_is_tried_here() -> None:
    assert {each.name for each in PUBLIC_SETS} == SETS.keys()


@pytest.mark.parametrize("public", PUBLIC_SETS, ids=lambda each: each.name)
def test_a_public_set_is_read_in_its_own_form(public: object, tmp_path: Path) -> None:
    files, wanted = SETS[public.name]  # type: ignore[attr-defined]
    path = write_set(tmp_path / public.path, files)  # type: ignore[attr-defined]
    found = list(public.read(path))  # type: ignore[attr-defined]
    assert [(row.text, row.lang, row.truth, row.slice) for row in found] == wanted
    assert all(label in OUTPUTS for row in found for label in row.truth)


def test_a_toxic_sentence_and_its_rewrite_share_a_group(tmp_path: Path) -> None:
    public = next(each for each in PUBLIC_SETS if each.name == "ru-detox-parallel")
    rows = list(public.read(write_set(tmp_path / "x.tsv", SETS[public.name][0])))
    assert rows[0].group == rows[1].group != ""
    assert rows[2].group != rows[0].group


def test_an_ordinary_message_says_nothing_of_abuse() -> None:
    for name, (_, rows) in SETS.items():
        if name.startswith("ru-spam"):
            assert all(truth.keys() == {"advertising"} for _, _, truth, _ in rows)


def test_sets_for_measuring_are_never_learned_from() -> None:
    assert not trains("lv-hate-speech-1k")
    assert not trains("ru-vk-distorted")
    assert trains("seed")
    assert trains("ru-okru-10pct")
    research_only = {each.name for each in PUBLIC_SETS if "research only" in each.licence}
    assert not any(trains(name) for name in research_only)
    assert not any(trains(name) for name in MEASURED_ONLY)


# The project's own comments


def test_seed_comments_have_every_label_known(tmp_path: Path) -> None:
    write_set(
        tmp_path,
        {
            "b.tsv": "lang\tlabels\tslice\tvoice\ttext\nru\t\tcriticism\tx\tГде снег, «мэр»?\n",
            "a.tsv": "lang\tlabels\tslice\tvoice\ttext\n"
            'lv\tinsult,threat\tviolation\tx\tTu "lops", gaidi\n'
            "mixed\tadvertising,personal_data\tviolation\tx\tкредит zvani\n",
        },
    )
    first, second, third = read_own(tmp_path)
    assert (first.text, first.lang, first.slice) == ('Tu "lops", gaidi', "lv", "violation")
    assert {name for name, value in first.truth.items() if value} == {"insult", "threat", "abuse"}
    assert {name for name, value in second.truth.items() if value} == {"advertising"}
    assert not any(third.truth.values())
    assert first.truth.keys() == second.truth.keys() == third.truth.keys() == set(OUTPUTS)


def test_an_unknown_label_is_named_with_its_place(tmp_path: Path) -> None:
    rows = (
        "lang\tlabels\tslice\tvoice\ttext\nlv\t\t\tx\tLabi\nlv\tinsult,rude\t\tx\tSlepens teksts\n"
    )
    write_set(tmp_path, {"a.tsv": rows})
    with pytest.raises(PipelineError, match=r"a\.tsv:3: unknown label rude\nUse insult") as caught:
        list(read_own(tmp_path))
    assert "Slepens" not in str(caught.value)


@pytest.mark.parametrize("label", TEXT_LABELS)
def test_abuse_is_any_of_its_labels(label: str) -> None:
    truth = own_truth(label, "here")
    assert truth[label]
    assert truth["abuse"] == (label in ABUSE_LABELS)


# Annotations: labels by hash, texts from outside

HEADER = "row_hash\tsource\tstratum\tlang\tannotator\tround\tlabels\tslice\tunsure\n"


def annotation(text: str, source: str, labels: str, kind: str = "", round_: str = "1") -> str:
    return f"{text_hash(text)}\t{source}\tall\tlv\tA\t{round_}\t{labels}\t{kind}\t\n"


def write_external(external: Path) -> None:
    tweets = "source\tlabel\ttext\nx\tneu\tDome  atkal guļ\nx\tneu\tStulbeņi visi\nx\tneu\tCits\n"
    write_set(external / ANNOTATED_SOURCES["lv-tweets-merged"][0], {"": tweets})
    comments = 'text,user_id_hashed,war\n"[id7|Anna], где снег?",u,0.1\n'
    place = external / ANNOTATED_SOURCES["vk-mkwm2022"][0]
    place.parent.mkdir(parents=True)
    with gzip.open(place, "wt", encoding="utf-8", newline="") as handle:
        handle.write(comments)


def test_annotations_find_their_texts_by_hash(tmp_path: Path) -> None:
    write_external(tmp_path / "external")
    lines = [
        HEADER,
        # The hash does not mind white space, mentions are taken out first.
        annotation("Dome atkal guļ", "lv-tweets-merged", "", "criticism"),
        annotation("Stulbeņi visi", "lv-tweets-merged", "insult"),
        annotation("Nav šeit", "lv-tweets-merged", "insult"),
        annotation(", где снег?", "vk-mkwm2022", "", "criticism", round_="3"),
        annotation("Cits", "lv-tweets-merged", "threat", round_="2"),
        annotation("Teksts", "lv-tweets-government-buls", ""),
    ]
    write_set(tmp_path / "annotations", {"first.tsv": "".join(lines)})
    found = list(read_annotations(tmp_path / "annotations", tmp_path / "external"))
    assert found == [
        ("lv-tweets-merged", Labelled("Dome  atkal guļ", "lv", own_truth("", ""), "", "criticism")),
        ("lv-tweets-merged", Labelled("Stulbeņi visi", "lv", own_truth("insult", ""))),
        ("vk-mkwm2022", Labelled(", где снег?", "ru", own_truth("", ""), "", "criticism")),
    ]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (annotation("Cits", "lv-forums", ""), r"first\.tsv: annotates .* 'lv-forums'\nKnown are"),
        (annotation("Cits", "lv-tweets-merged", "rude"), "unknown label rude"),
    ],
)
def test_an_annotation_that_cannot_be_used_is_named(
    line: str, message: str, tmp_path: Path
) -> None:
    write_external(tmp_path / "external")
    write_set(tmp_path / "annotations", {"first.tsv": HEADER + line})
    with pytest.raises(PipelineError, match=message) as caught:
        list(read_annotations(tmp_path / "annotations", tmp_path / "external"))
    assert "Cits" not in str(caught.value)


def test_texts_for_the_vocabulary_come_from_what_is_there(tmp_path: Path) -> None:
    assert list(unlabelled_texts(tmp_path)) == []
    write_external(tmp_path)
    buls = 'text,label\n"Valdība, kauns",-1\n'
    write_set(tmp_path / "text/lv-tweets-government-buls/lv_gov_tweets_open.csv", {"": buls})
    assert list(unlabelled_texts(tmp_path))[-1] == "Valdība, kauns"
    assert len(list(unlabelled_texts(tmp_path))) == 4
