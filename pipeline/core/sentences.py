"""Policy sentences: what routing promises, in words that a lawyer can read and a program keeps.

    miss at most 10 % of violations with 95 % confidence
    miss at most 5 % of threats with 95 % confidence
    priority: precision >= 0.95 with 90 % confidence
    criticism flagged <= 3 %
    criticism in priority <= 0

A sentence without a confidence is kept on the labelled comments themselves, one with a confidence
on all comments like them. Where two cannot both be kept, the one that stands first wins.
"""

import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from pipeline.core.errors import PipelineError

Kind = Literal["miss", "precision", "flagged", "priority"]
VIOLATIONS = "violations"
"""What "any label" is called in a sentence."""
FORMS: dict[Kind, str] = {
    "miss": "miss at most {share} of {subject} [with {share} confidence]",
    "precision": "priority: precision >= {share} [with {share} confidence]",
    "flagged": "criticism flagged <= {share} [with {share} confidence]",
    "priority": "criticism in priority <= {share} [with {share} confidence]",
}
HINT = "Sentences have one of these forms:\n" + "\n".join(
    "    " + form.format(share="5 %", subject="threats") for form in FORMS.values()
)
TOKEN = re.compile(r"[0-9]+(?:[.,][0-9]+)?(?:\s*%)?|[a-z_]+|<=|>=|≤|≥|:|\S", re.IGNORECASE)
SIGNS = {"≤": "<=", "≥": ">="}


@dataclass(frozen=True)
class Sentence:
    """One promise; shares and confidence from 0 to 1."""

    kind: Kind
    share: float
    confidence: float | None
    text: str
    subject: str = VIOLATIONS


@dataclass(frozen=True)
class Token:
    """A word, number or sign, and where it begins."""

    word: str
    start: int


class MistakeError(Exception):
    """A mistake in a sentence: what is wrong, from where, and how wide."""

    def __init__(self, message: str, token: Token) -> None:
        super().__init__(message)
        self.token = token


def parse_sentences(
    texts: Sequence[str], labels: Sequence[str], place: str
) -> tuple[Sentence, ...]:
    """Return the sentences of a policy, in their order.

    Raises PipelineError that shows every mistake with its place, a caret and what was meant.
    """
    found: list[Sentence] = []
    problems: list[str] = []
    for number, text in enumerate(texts, start=1):
        try:
            found.append(parse(text, labels))
        except MistakeError as mistake:
            at = mistake.token
            carets = " " * at.start + "^" * max(1, len(at.word))
            problems.append(f"{place}, sentence {number}: {mistake}\n    {text}\n    {carets}")
    problems += [f"{place}: {problem}" for problem in repeated(found)]
    if problems:
        raise PipelineError("\n".join(problems), HINT)
    return tuple(found)


def repeated(sentences: Sequence[Sentence]) -> Iterator[str]:
    """Yield a problem for every promise that is made twice."""
    first: dict[tuple[str, str], Sentence] = {}
    for sentence in sentences:
        before = first.setdefault((sentence.kind, sentence.subject), sentence)
        if before is not sentence:
            yield f"`{before.text}` and `{sentence.text}` promise the same: keep one of them"


def parse(text: str, labels: Sequence[str]) -> Sentence:
    """Return the sentence that a text says; MistakeError when it is none."""
    reader = Reader(text)
    kind = kind_of(reader)
    subject = VIOLATIONS
    place = reader.ahead()
    share = reader.share()
    if kind == "miss":
        reader.expect("of")
        subject = subject_of(reader, labels)
    confidence = confidence_of(reader)
    reader.end()
    check_possible(kind, share, confidence, place)
    return Sentence(kind, share, confidence, " ".join(text.split()), subject)


class Reader:
    """The tokens of a sentence, read from left to right."""

    def __init__(self, text: str) -> None:
        self.tokens = [Token(found[0], found.start()) for found in TOKEN.finditer(text)]
        self.at = 0
        self.after = Token("", len(text.rstrip()) + 1)

    def ahead(self) -> Token:
        """Return the next token, an empty one at the end."""
        return self.tokens[self.at] if self.at < len(self.tokens) else self.after

    def meets(self, *words: str) -> bool:
        """Step over the words when they come next; tell whether they did."""
        came = [each.word.casefold() for each in self.tokens[self.at : self.at + len(words)]]
        if [SIGNS.get(word, word) for word in came] != list(words):
            return False
        self.at += len(words)
        return True

    def expect(self, word: str) -> None:
        """Step over a word that has to come next."""
        token = self.ahead()
        if not self.meets(word):
            raise MistakeError(f"expected `{word}`{but_found(token)}", token)

    def share(self) -> float:
        """Read a share: `5 %` or `0.05`."""
        token = self.ahead()
        number = token.word.removesuffix("%").strip().replace(",", ".")
        if not number[:1].isdigit():
            raise MistakeError(f"expected a share such as 5 % or 0.05{but_found(token)}", token)
        value = float(number) / (100 if token.word.endswith("%") else 1)
        if value > 1:
            raise MistakeError(f"`{token.word}` is more than everything; write 5 % or 0.05", token)
        self.at += 1
        return value

    def end(self) -> None:
        """Make sure that nothing is left."""
        if self.at < len(self.tokens):
            raise MistakeError("expected the end of the sentence", self.ahead())


def but_found(token: Token) -> str:
    """Return what stands there instead."""
    return f", found `{token.word}`" if token.word else ", found the end"


def kind_of(reader: Reader) -> Kind:
    """Read the beginning of a sentence up to its share."""
    if reader.meets("miss"):
        reader.expect("at")
        reader.expect("most")
        return "miss"
    if reader.meets("priority"):
        reader.meets(":")
        reader.expect("precision")
        reader.expect(">=")
        return "precision"
    token = reader.ahead()
    if not reader.meets("criticism"):
        starts = ("miss", "priority", "criticism")
        raise MistakeError(f"starts with none of {', '.join(starts)}{near(token, starts)}", token)
    kind: Kind = "priority" if reader.meets("in", "priority") else "flagged"
    if kind == "flagged":
        reader.expect("flagged")
    reader.expect("<=")
    return kind


def subject_of(reader: Reader, labels: Sequence[str]) -> str:
    """Read what must not be missed: violations, or a label in the singular or plural."""
    token = reader.ahead()
    if reader.meets("personal", "data"):
        return "personal_data"
    word = token.word.casefold()
    known = {VIOLATIONS: VIOLATIONS, **{f"{label}s": label for label in labels}}
    known |= {label: label for label in labels}
    if word not in known:
        listed = f"; known: {VIOLATIONS}, {', '.join(labels)}"
        raise MistakeError(f"unknown label `{token.word}`{near(token, known) or listed}", token)
    reader.at += 1
    return known[word]


def near(token: Token, known: Sequence[str] | dict[str, str]) -> str:
    """Return a suggestion when a word is nearly a known one."""
    close = difflib.get_close_matches(token.word.casefold(), list(known), n=1)
    return f"; did you mean `{close[0]}`?" if close else ""


def confidence_of(reader: Reader) -> float | None:
    """Read `with 95 % confidence`, None when the sentence ends before."""
    if not reader.meets("with"):
        return None
    token = reader.ahead()
    value = reader.share()
    reader.expect("confidence")
    if not 0.5 <= value < 1:
        raise MistakeError("a confidence lies from 50 % to below 100 %; 95 % is usual", token)
    return value


def check_possible(kind: Kind, share: float, confidence: float | None, place: Token) -> None:
    """Raise MistakeError for a target that nothing can meet, or that everything meets."""
    proven = "" if confidence is None else ", least of all with a confidence"
    if kind == "miss" and share == 0:
        raise MistakeError(f"no number of labels proves that nothing is missed{proven}", place)
    if kind == "precision" and share == 1 and confidence is not None:
        raise MistakeError("no number of labels proves that every one is right", place)
    if kind in ("flagged", "priority") and share == 0 and confidence is not None:
        raise MistakeError("no number of labels proves that none is ever flagged", place)
    if share == 0 if kind == "precision" else share == 1:
        raise MistakeError("promises nothing: everything keeps to it", place)
