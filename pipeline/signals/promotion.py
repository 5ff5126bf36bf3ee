"""Promotion: what in a comment speaks for advertising or for election agitation (clause 8.4).

Links, contacts, prices and calls to act; calls to vote, parties and numbers of lists; and what
speaks against: lost and found, questions about an election, other votes. All of it is evidence and
a feature for the calibrated probability, none of it a verdict.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from pipeline.core import paths
from pipeline.signals.cues import Cues, read_cues
from pipeline.signals.documents import Doc, Language
from pipeline.signals.finding import Finding
from pipeline.signals.words import Words, read_words

COMPONENT = "saruna_promotion"
CUES = paths.ROOT / "data" / "lexicon" / "cues.tsv"
PARTIES = paths.ROOT / "data" / "lexicon" / "parties.tsv"

FORMS = {
    "shortener": re.compile(
        r"\b(?:bit\.ly|tinyurl\.com|clck\.ru|t\.co|goo\.gl|cutt\.ly|is\.gd|ow\.ly|vk\.cc|u\.to"
        r"|rb\.gy|shorturl\.at|tiny\.cc)/\S+",
        re.IGNORECASE,
    ),
    "messenger": re.compile(
        r"\b(?:t\.me|telegram\.me|wa\.me|chat\.whatsapp\.com|viber\.click|discord\.gg)/\S+"
        r"|\btg://\S+",
        re.IGNORECASE,
    ),
    "link": re.compile(
        r"\b(?:https?://|www\.)\S+|(?<![\w@.])[\w-]{2,63}(?:\.[\w-]{2,63})*\.(?:lv|lt|ee|ru|com|net"
        r"|org|eu|info|shop|store|online|site|top|click|bet|example|test|me|io|xyz|pro|club)\b"
        r"(?:/\S*)?",
        re.IGNORECASE,
    ),
    "email": re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}"),
    "handle": re.compile(r"(?<![\w@.])@[A-Za-z]\w[\w.]{2,}"),
    "phone": re.compile(
        r"(?<![\d€.,])(?:(?:\+|00)\s?371[\s-]?)?2\d(?:[\s-]?\d){6}(?![\d€])"
        r"|(?<!\d)\+\d(?:[\s()-]{0,2}\d){8,13}(?!\d)|(?<!\d)8[\s(-]{0,2}9\d{2}(?:[\s)-]{0,2}\d){7}(?!\d)"
    ),
    "price": re.compile(
        r"\d[\d .,]{0,9}\s?(?:€|eur\b|eiro\b|euro\b|euros\b|евро\b|руб\w*|₽|\$|usd\b|р\.|долл\w*)"
        r"|[€$]\s?\d+",
        re.IGNORECASE,
    ),
    "percent": re.compile(r"(?<!\d)-?\d{1,3}(?:[.,]\d+)?\s?%"),
    "list_number": re.compile(
        r"(?:\b(?:nr\b|numur\w*|номер\w*|nomer)\s?\.?|№|(?<!\w)#)\s?\d{1,2}(?!\d|[:/])"
        r"|\b\d{1,2}\.\s?(?:numur\w*|sarakst\w*)"
        r"|\b(?:sarakst\w*|списо?к\w*)\s(?:nr\.?\s?|№\s?)?\d{1,2}(?!\d)",
        re.IGNORECASE,
    ),
    "quoted": re.compile(r'["„“][A-ZĀČĒĢĪĶĻŅŠŪŽА-ЯЁ][^"„“”\n]{1,40}["”]'),
    "hashtag": re.compile(r"(?<!\w)#[^\W\d_]\w+"),
}
"""Signs with a form of their own, searched in the normalised text."""
NEEDS = {
    **dict.fromkeys(("shortener", "messenger", "link"), re.compile(r"\w\.\w|://")),
    **dict.fromkeys(("phone", "price", "percent", "list_number"), re.compile(r"\d")),
    **dict.fromkeys(("email", "handle"), re.compile("@")),
    "quoted": re.compile('["„“”]'),
    "hashtag": re.compile("#"),
}
"""What a text must hold before the search for a form is worth its time."""

EVIDENCE = {
    "advertising": {
        **{"shortener": 0.9, "messenger": 0.8, "money": 0.7, "offer": 0.6, "phone": 0.6},
        **{"link": 0.5, "email": 0.5, "handle": 0.5, "contact": 0.5, "call": 0.5},
        **{"price": 0.4, "percent": 0.4, "repetition": 0.5},
    },
    "agitation": {
        **{"vote": 0.8, "vote_against": 0.8, "party": 0.6, "list_number": 0.6, "candidate": 0.5},
        "quoted": 0.3,
    },
}
"""Which kinds are shown for which label, and how sure each is that it is what its kind says."""
MOST = 3.0
"""A fourth sign of a kind adds nothing to the first three."""
MIN_REPEATED = 6
"""Words from which a repetition is counted."""


@dataclass(frozen=True)
class Sign:
    """A sign of a kind, with its place in the original text; `name` is the party it names."""

    kind: str
    start: int
    end: int
    name: str | None = None


@dataclass(frozen=True)
class Promotion:
    """The evidence in a comment and the features for its probability."""

    findings: tuple[Finding, ...]
    features: Mapping[str, float]


@cache
def cues() -> Cues:
    """Return the cues of offers, calls, elections and of what speaks against."""
    return read_cues(CUES)


@cache
def parties() -> Cues:
    """Return the names of parties and lists, in the forms that people use."""
    return read_cues(PARTIES)


@cache
def abbreviations() -> Mapping[str, str]:
    """Return the parties by their abbreviations, which count in capitals alone."""
    known = parties()
    rows = [
        cue.row for index in (known.whole, known.stems) for each in index.values() for cue in each
    ]
    return {row["short"].lower(): row["party"] for row in rows if row["short"]}


def find_promotion(text: str) -> list[Finding]:
    """Return the signs of advertising and of agitation in a comment."""
    return list(read_promotion(text).findings)


def read_promotion(text: str) -> Promotion:
    """Return the signs of advertising and of agitation in a comment, and the features."""
    words = read_words(text)
    signs = [*signs_of_form(words), *signs_of_words(words)]
    findings = tuple(
        Finding(label, sign.kind, sign.start, sign.end, kinds[sign.kind], sign.name)
        for label, kinds in EVIDENCE.items()
        for sign in signs
        if sign.kind in kinds
    )
    return Promotion(findings, features_of(words, signs))


def signs_of_form(words: Words) -> Iterator[Sign]:
    """Yield links, contacts, prices and other signs with a form of their own."""
    taken: set[int] = set()
    text = words.text
    present = {need: bool(need.search(text)) for need in set(NEEDS.values())}
    for kind, form in FORMS.items():
        for match in form.finditer(text) if present[NEEDS[kind]] else ():
            place = set(range(*match.span()))
            # A short link is a link, and an e-mail address holds one: the first kind has it.
            if not (kind == "link" and place & taken):
                yield Sign(kind, *words.original_span(*match.span()))
            if kind in {"shortener", "messenger", "email"}:
                taken |= place


def signs_of_words(words: Words) -> Iterator[Sign]:
    """Yield the cues, the parties and their abbreviations."""
    folded = [word.folded for word in words.words]
    for cue, first, last in cues().find(folded):
        yield Sign(cue.row["kind"], words.words[first].start, words.words[last - 1].end)
    for cue, first, last in parties().find(folded):
        place = words.words[first].start, words.words[last - 1].end
        yield Sign("party", *place, cue.row["party"])
    for word in words.words:
        if word.is_upper and word.lower in abbreviations():
            yield Sign("party", word.start, word.end, abbreviations()[word.lower])


def features_of(words: Words, signs: list[Sign]) -> dict[str, float]:
    """Return the features: signs of each kind, and what is made of them together."""
    counts = Counter(sign.kind for sign in signs)
    of_kind = {f"n_{kind}": min(float(counts[kind]), MOST) for kind in COUNTED}
    text = words.text
    reach = any(counts[kind] for kind in ("link", "shortener", "messenger", "email", "handle"))
    reach = reach or bool(counts["phone"])
    naming = ("party", "list_number", "quoted", "candidate")
    voting = bool(counts["vote"] or counts["vote_against"])
    return {
        **of_kind,
        "reachable_offer": float(reach and bool(counts["offer"] or counts["money"])),
        "priced_offer": float(bool(counts["price"] and counts["offer"])),
        "called_contact": float(bool(counts["call"]) and (reach or bool(counts["contact"]))),
        "vote_named": float(voting and any(counts[kind] for kind in naming)),
        "vote_at_election": float(voting and bool(counts["election"])),
        "election_question": float("?" in text and bool(counts["election"] or counts["vote_info"])),
        "question": float("?" in text),
        "repetition": repetition(words),
        "n_marks": min(text.count("!") / 2, MOST),
        "capitals": capitals(text),
    }


COUNTED = (
    *("shortener", "messenger", "link", "email", "handle", "phone", "price", "percent"),
    *("offer", "call", "contact", "money", "lawful", "civic", "hashtag"),
    *("vote", "vote_against", "candidate", "election", "party", "list_number", "quoted"),
    *("vote_info", "other_vote"),
)


def repetition(words: Words) -> float:
    """Return the share of words that were there before, 0 in a short comment."""
    n_words = len(words.words)
    if n_words < MIN_REPEATED:
        return 0.0
    return 1 - len({word.lower for word in words.words}) / n_words


def capitals(text: str) -> float:
    """Return the share of capitals among the letters."""
    letters = [sign for sign in text if sign.isalpha()]
    return sum(sign.isupper() for sign in letters) / len(letters) if letters else 0.0


@Language.component(COMPONENT)
def find_in_document(doc: Doc) -> Doc:
    """Add the signs of promotion in a document, and their features."""
    read = read_promotion(doc.text)
    doc._.saruna_findings.extend(read.findings)
    doc._.saruna_features.update(read.features)
    return doc
