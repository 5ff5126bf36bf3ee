"""Labelled comments: the project's own seeds and annotations, and public sets read from outside.

Every adapter yields `Labelled` rows. A set that is absent is skipped and reported by `prepare`.
What a set does not label stays unknown (None) and is masked out of the loss.
"""

import csv
import gzip
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.core.errors import PipelineError
from pipeline.core.heads import ABUSE_LABELS, TEXT_LABELS
from pipeline.core.text import text_hash

OWN_LABELS = (*TEXT_LABELS, "personal_data", "disinformation", "anti_state")
LAWFUL = dict.fromkeys((*ABUSE_LABELS, "abuse"), False)
csv.field_size_limit(1 << 24)


@dataclass(frozen=True)
class Labelled:
    """A text with what is known of it: True, False, or absent for unknown.

    Rows of one `group` (a thread, a pair, a video) never share two splits. `slice` names what kind
    of comment it is where the set says so: criticism, hard_negative, violation, ...
    """

    text: str
    lang: str
    truth: dict[str, bool]
    group: str = ""
    slice: str = ""


@dataclass(frozen=True)
class LabelledSet:
    """A set that can be trained on, measured on, or both."""

    name: str
    read: Callable[[Path], Iterator[Labelled]]
    path: str
    licence: str
    trains: bool = True
    """False: for measuring only, because of its licence or because it is kept as a stranger."""
    note: str = field(default="", compare=False)


def rows(path: Path, delimiter: str = ",", *, quoted: bool = True) -> Iterator[dict[str, str]]:
    """Yield the rows of a delimited file with a header."""
    with path.open(encoding="utf-8-sig", newline="") as handle:
        reader = csv.DictReader(
            handle,
            delimiter=delimiter,
            quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE,
            restval="",
        )
        for row in reader:
            yield {key: value or "" for key, value in row.items() if key is not None}


def abusive(flag: bool) -> dict[str, bool]:
    """Return what a plain toxic/not-toxic label says: lawful rules out every kind of abuse."""
    return {"abuse": True} if flag else dict(LAWFUL)


def binary(
    lang: str, text: str, label: str, *, delimiter: str = ",", positive: str = "1"
) -> Callable[[Path], Iterator[Labelled]]:
    """Return a reader for a file with a text and a toxic/not-toxic column."""

    def read(path: Path) -> Iterator[Labelled]:
        quoted = delimiter == ","
        for row in rows(path, delimiter, quoted=quoted):
            flag = row[label].strip().lower().removesuffix(".0") == positive
            yield Labelled(row[text] or "", lang, abusive(flag))

    return read


def read_own(path: Path) -> Iterator[Labelled]:
    """Read the project's seed comments, every label known."""
    for place, row in own_rows(path):
        truth = own_truth(row["labels"], place)
        yield Labelled(row["text"], row["lang"], truth, slice=row["slice"])


def own_rows(path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the project's seed comments as they are written, each with its file and line."""
    for file in sorted(path.glob("*.tsv")):
        for number, row in enumerate(rows(file, "\t", quoted=False), start=2):
            yield f"{file}:{number}", row


def own_truth(labels: str, place: str) -> dict[str, bool]:
    """Return what a row labelled by the project says: what is not named is ruled out."""
    named = {label for label in (labels or "").split(",") if label}
    unknown = named - set(OWN_LABELS)
    if unknown:
        raise PipelineError(
            f"{place}: unknown label {', '.join(sorted(unknown))}",
            f"Use {', '.join(OWN_LABELS)}.",
        )
    truth = {label: label in named for label in TEXT_LABELS}
    return {**truth, "abuse": any(label in named for label in ABUSE_LABELS)}


def read_polish(path: Path) -> Iterator[Labelled]:
    """Read Polish news comments; malicious ones, between insult and criticism, are left out."""
    kinds: dict[str, tuple[dict[str, bool], str]] = {
        "Groźby karalne": ({"abuse": True, "threat": True}, "violation"),
        "Obraźliwe": ({"abuse": True}, "violation"),
        "Ostra krytyka": (dict(LAWFUL), "criticism"),
        "Krytyka": (dict(LAWFUL), "criticism"),
        "Pozostałe": (dict(LAWFUL), ""),
    }
    for row in rows(path):
        if row["klasa"] in kinds:
            truth, kind = kinds[row["klasa"]]
            yield Labelled(row["komentarz"], "pl", truth, slice=kind)


def read_detox(path: Path) -> Iterator[Labelled]:
    """Read toxic Russian sentences and their first neutral rewrite; a pair is a group."""
    for row in rows(path, "\t"):
        group = text_hash(row["toxic_comment"])
        yield Labelled(row["toxic_comment"], "ru", abusive(True), group)
        if row["neutral_comment1"]:
            yield Labelled(row["neutral_comment1"], "ru", abusive(False), group)


def read_germeval(path: Path) -> Iterator[Labelled]:
    """Read German tweets with fine labels."""
    fine = {"PROFANITY": "obscenity", "INSULT": "insult", "ABUSE": "hate"}
    for file in sorted(path.glob("germeval2018.t*.txt")):
        for line in file.read_text(encoding="utf-8").splitlines():
            text, coarse, kind = line.split("\t")
            truth = abusive(coarse == "OFFENSE")
            if kind in fine:
                truth[fine[kind]] = True
            yield Labelled(text.replace("|LBR|", " "), "de", truth)


def read_croatian(path: Path) -> Iterator[Labelled]:
    """Read Croatian news comments that passed moderation; why others were blocked is not known."""
    for file in sorted(path.glob("cro_*.tsv")):
        for row in rows(file, "\t"):
            if row["label"] == "0":
                yield Labelled(row["text_a"], "hr", dict(LAWFUL))


def read_sexism(path: Path) -> Iterator[Labelled]:
    """Read English posts labelled for sexism; other abuse in the rest is unknown."""
    for row in rows(path):
        sexist = row["label_sexist"] == "sexist"
        truth = {"hate": sexist, **({"abuse": True} if sexist else {})}
        if row["label_category"].startswith("1. threats"):
            truth["threat"] = True
        yield Labelled(row["text"], "en", truth)


def read_hatemoji(path: Path) -> Iterator[Labelled]:
    """Read English posts whose hate is carried by emoji."""
    for row in rows(path):
        hateful = row["label_gold"] == "1"
        truth = {**abusive(hateful), "hate": hateful}
        if hateful and row["type"].startswith("threat"):
            truth["threat"] = True
        yield Labelled(row["text"], "en", truth)


def read_chat_spam(path: Path) -> Iterator[Labelled]:
    """Read Russian chat messages, spam or not; dumps of formatted messages are left out."""
    for row in rows(path):
        if not row["text"].startswith("["):
            yield Labelled(row["text"], "ru", {"advertising": row["label"] in {"1", "spam"}})


def read_spam_folder(path: Path) -> Iterator[Labelled]:
    """Read a folder of spam samples and ordinary messages, one a line."""
    for name, flag in (("spam-samples.txt", True), ("ham-samples.txt", False)):
        for line in (path / name).read_text(encoding="utf-8").splitlines():
            yield Labelled(line, "ru", {"advertising": flag})


def read_spam_paragraphs(path: Path) -> Iterator[Labelled]:
    """Read spam messages separated by blank lines."""
    for block in re.split(r"\n\s*\n", path.read_text(encoding="utf-8")):
        yield Labelled(block, "ru", {"advertising": True})


def read_latvian_news(path: Path) -> Iterator[Labelled]:
    """Read Latvian news comments: 0 neutral, 1 offensive, 2 hate."""
    for row in rows(path):
        yield Labelled(row["text"], "lv", abusive(row["label"] != "0"))


PUBLIC_SETS = (
    LabelledSet(
        "ru-okru-10pct",
        binary("ru", "text", "label"),
        "abuse/ru-okru-10pct/okru_open.csv",
        "terms of the contest not verified",
    ),
    LabelledSet(
        "ru-2ch-pikabu",
        binary("ru", "comment", "labels"),
        "abuse/ru-2ch-pikabu/train.csv",
        "see the set's README",
    ),
    LabelledSet(
        "ru-2ch-pikabu-val",
        binary("ru", "comment", "labels"),
        "abuse/ru-2ch-pikabu/val.csv",
        "see the set's README",
    ),
    LabelledSet(
        "ru-uk-bohdan1",
        binary("ru", "text", "abusive", positive="true"),
        "abuse/ru-uk-bohdan1/labled.csv",
        "none stated",
    ),
    LabelledSet(
        "ru-detox-parallel", read_detox, "abuse/ru-detox-parallel/russe2022_train.tsv", "not stated"
    ),
    LabelledSet("pl-komentarze", read_polish, "abuse/pl-komentarze/komentarze.csv", "CC BY 4.0"),
    LabelledSet("de-germeval2018", read_germeval, "abuse/de-germeval2018", "CC BY 4.0"),
    LabelledSet("hr-embeddia", read_croatian, "abuse/ml-embeddia-offensive", "MIT"),
    LabelledSet(
        "en-olid",
        binary("en", "tweet", "subtask_a", delimiter="\t", positive="off"),
        "abuse/en-olid/olid-training-v1.0.tsv",
        "not stated; research data of OffensEval 2019",
    ),
    LabelledSet(
        "en-edos-sexism",
        read_sexism,
        "abuse/en-edos-sexism/edos_labelled_aggregated.csv",
        "CC0 1.0",
    ),
    LabelledSet(
        "en-hatemoji", read_hatemoji, "abuse/en-hatemoji/HatemojiBuild_train.csv", "CC BY 4.0"
    ),
    LabelledSet(
        "ru-spam-monalenka", read_chat_spam, "bots/tg-spam-ru-monalenka/combined.csv", "MIT"
    ),
    LabelledSet("ru-spam-umputun", read_spam_folder, "bots/tg-spam-umputun", "MIT"),
    LabelledSet(
        "ru-spam-talyguryn",
        read_spam_paragraphs,
        "bots/tg-spam-ru-talyguryn/spam.txt",
        "none stated",
    ),
    LabelledSet(
        "ru-vk-distorted",
        binary("ru", "comments", "toxicity", delimiter="\t"),
        "abuse/ru-vk-distorted/russian_distorted_toxicity.tsv",
        "MIT",
        trains=False,
        note="kept as a stranger",
    ),
    LabelledSet(
        "lv-hate-speech-1k",
        read_latvian_news,
        "abuse/lv-hate-speech-1k/lv_hate_speech_open.csv",
        "research only",
        trains=False,
    ),
)


def unlabelled_texts(external: Path) -> Iterator[str]:
    """Yield Latvian, Russian and English texts without labels, for vocabulary and adaptation."""
    sources = (
        ("text/lv-tweets-merged/lv_tweets_merged_dedup.tsv", "text", "\t"),
        ("text/lv-tweets-government-buls/lv_gov_tweets_open.csv", "text", ","),
        ("text/ru-taiga-ud/taiga_sentences.tsv", "text", "\t"),
    )
    for relative, column, delimiter in sources:
        path = external / relative
        if path.is_file():
            for row in rows(path, delimiter, quoted=delimiter == ","):
                yield row[column] or ""


ANNOTATED_SOURCES = {
    "lv-tweets-merged": ("text/lv-tweets-merged/lv_tweets_merged_dedup.tsv", "text", "lv"),
    "lv-tweets-government-buls": (
        "text/lv-tweets-government-buls/lv_gov_tweets_open.csv",
        "text",
        "lv",
    ),
    "vk-mkwm2022": ("bots/vk-mkwm2022/mkwm2022_available_media.csv.gz", "text", "ru"),
    "lv-hate-speech-1k": ("abuse/lv-hate-speech-1k/lv_hate_speech_open.csv", "text", "lv"),
}
MEASURED_ONLY = frozenset({"lv-hate-speech-1k"})
"""Annotated texts that no shipped weight may learn from."""
FIRST_READINGS = frozenset({"1", "3"})
"""Rounds whose judgement of a text counts; the other rounds read texts a second time."""


def read_annotations(folder: Path, external: Path) -> Iterator[tuple[str, Labelled]]:
    """Yield (source, row) for every annotation whose text is at hand.

    Annotations are committed as hash and labels; the text stays where it came from and is found
    again by its hash.
    """
    wanted: dict[str, dict[str, dict[str, str]]] = {}
    for file in sorted(folder.glob("*.tsv")):
        for row in rows(file, "\t", quoted=False):
            if row["source"] not in ANNOTATED_SOURCES:
                raise PipelineError(
                    f"{file}: annotates the unknown source {row['source']!r}",
                    f"Known are {', '.join(ANNOTATED_SOURCES)}; add it to ANNOTATED_SOURCES.",
                )
            if row["round"] in FIRST_READINGS:
                wanted.setdefault(row["source"], {})[row["row_hash"]] = row
    for source, by_hash in wanted.items():
        relative, column, lang = ANNOTATED_SOURCES[source]
        if (external / relative).is_file():
            for text in texts_of(external / relative, column):
                found = by_hash.pop(text_hash(text), None)
                if found:
                    place = f"annotation {found['row_hash']}"
                    kind = found["slice"]
                    yield (
                        source,
                        Labelled(text, lang, own_truth(found["labels"], place), slice=kind),
                    )


def texts_of(path: Path, column: str) -> Iterator[str]:
    """Yield one column of a set, mentions of the form [id|Name] taken out."""
    delimiter = "\t" if path.suffix == ".tsv" else ","
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8", newline="") as text:
        reader = csv.DictReader(
            text,
            delimiter=delimiter,
            quoting=csv.QUOTE_NONE if delimiter == "\t" else csv.QUOTE_MINIMAL,
        )
        for row in reader:
            yield re.sub(r"\[id[^|\]]*\|[^\]]*\]", "", row[column] or "")


def check_set_names(names: Iterable[str], setting: str) -> None:
    """Raise PipelineError when a setting names a set that nobody knows."""
    annotated = [f"annotated-{source}" for source in ANNOTATED_SOURCES]
    known = ["seed", "feedback", *annotated, *(public.name for public in PUBLIC_SETS)]
    unknown = [name for name in names if name not in known]
    if unknown:
        raise PipelineError(
            f"{setting}: unknown set {', '.join(unknown)}", f"Known are {', '.join(known)}."
        )


def trains(name: str) -> bool:
    """Tell whether a set may be learned from."""
    measured = {each.name for each in PUBLIC_SETS if not each.trains}
    return name not in measured and name not in MEASURED_ONLY
