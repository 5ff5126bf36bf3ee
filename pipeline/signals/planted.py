"""Planted campaigns: invented coordination in real comments, to learn from and to measure with.

A campaign has a size, a level of stealth and a length in time. Its messages are comments drawn from
the table itself (copied, edited), or our own sentences in many wordings (paraphrased).
"""

import csv
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.core import paths
from pipeline.core.tables import COMMENT, UTC_TIME

LEVELS = ("verbatim", "light", "heavy", "paraphrased")
SIZES = (5, 12, 30, 80, 200)
LENGTHS = (300.0, 3_600.0, 21_600.0, 172_800.0)
"""Seconds that a campaign takes: five minutes to two days."""
PER_PROFILE = 2.0
"""Comments of one planted profile, on average."""
MIN_LETTERS, MAX_LETTERS = 40, 300
EMOJI = ("👍", "😡", "🙏", "❗", "😂", "🔥", "💯")
GREETINGS = ("Люди, ", "Ребята, ", "Друзья! ", "Ну что, ", "Короче, ", "Ļaudis, ", "Draugi, ")
ENDINGS = (" Делайте выводы.", " Вот так.", " Подумайте.", " Tā lūk.", " Padomājiet.")
SWAPS = {"а": "a", "о": "o", "е": "e", "с": "c", "р": "p", "х": "x", "a": "а", "o": "о"}
ID = "planted-"
THEMES = paths.ROOT / "data" / "campaigns" / "paraphrases.tsv"
"""Our own paraphrases, each a whole comment written by hand."""


@dataclass(frozen=True)
class Plan:
    """What one campaign is like."""

    level: str
    size: int
    seconds: float


@dataclass(frozen=True)
class Theme:
    """One message in many wordings: `texts` are pairs of language and whole comment."""

    name: str
    use: str
    """`dev` for choosing cuts, `test` for measuring: no wording serves both."""
    texts: tuple[tuple[str, str], ...]


def plans(generator: np.random.Generator, levels: Sequence[str] = LEVELS) -> list[Plan]:
    """Return one campaign per level and size, each with a length drawn at random."""
    return [
        Plan(level, size, float(generator.choice(LENGTHS)))
        for level, size in itertools.product(levels, SIZES)
    ]


def read_themes(path: Path = THEMES, use: str | None = None) -> list[Theme]:
    """Return the themes of a file with the columns theme, use, lang, text; of one use or all."""
    with path.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle, delimiter="\t", quoting=csv.QUOTE_NONE))
    themes: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for row in rows:
        themes.setdefault((row["theme"], row["use"]), []).append((row["lang"], row["text"]))
    return [
        Theme(name, of, tuple(texts))
        for (name, of), texts in themes.items()
        if use is None or of == use
    ]


def plant(
    comments: pa.Table,
    campaigns: Sequence[Plan],
    themes: Sequence[Theme],
    generator: np.random.Generator,
) -> tuple[pa.Table, list[int]]:
    """Return the comments with campaigns added at the end, and a campaign number per added row.

    Themes are used in turn; times are drawn from those of the table, so that nights stay nights.
    """
    sources = usable_texts(comments)
    times = pc.cast(comments.column("created_at").drop_null(), pa.int64()).to_numpy() / 1e6
    turn = itertools.cycle(themes)
    rows: list[dict[str, object]] = []
    numbers: list[int] = []
    for number, plan in enumerate(campaigns):
        texts = (
            paraphrases(next(turn), plan.size, generator)
            if plan.level == "paraphrased"
            else copies(str(generator.choice(sources)), plan, generator)
        )
        start = float(generator.choice(times))
        offsets = np.sort(generator.uniform(0, plan.seconds, plan.size))
        n_profiles = max(4, round(plan.size / PER_PROFILE))
        profiles = np.arange(plan.size) % n_profiles
        generator.shuffle(profiles)
        for at, text in enumerate(texts):
            rows.append(
                {
                    **dict.fromkeys(COMMENT.names),
                    "comment_id": f"{ID}{number}-{at}",
                    "source": comments.column("source")[0].as_py(),
                    "author_key": f"{ID}{number}-{profiles[at]}",
                    "created_at": int((start + offsets[at]) * 1e6),
                    "text": text,
                }
            )
            numbers.append(number)
    for row in rows:
        row["created_at"] = pa.scalar(row["created_at"], pa.int64()).cast(UTC_TIME).as_py()
    added = pa.Table.from_pylist(rows, schema=COMMENT)
    return pa.concat_tables([comments, added]), numbers


def usable_texts(comments: pa.Table) -> list[str]:
    """Return the texts that can be a campaign's message: a sentence or a few."""
    texts = comments.column("text")
    lengths = pc.utf8_length(texts)
    kept = pc.and_(pc.greater_equal(lengths, MIN_LETTERS + 10), pc.less_equal(lengths, MAX_LETTERS))
    # An answer to a named person is no message for many.
    found: list[str] = [
        text for text in texts.filter(kept).to_pylist() if "[" not in text and "http" not in text
    ]
    return found


def copies(message: str, plan: Plan, generator: np.random.Generator) -> list[str]:
    """Return the copies of a message, edited as much as the level says."""
    out = []
    for _ in range(plan.size):
        text = message
        if plan.level == "heavy":
            text = reword(text, generator)
        if plan.level in {"light", "heavy"}:
            text = respell(text, generator)
        out.append(text)
    return out


def respell(text: str, generator: np.random.Generator) -> str:
    """Return a text with a typo per 30 letters, a look-alike, another case, an emoji."""
    signs = list(text)
    for _ in range(max(1, len(text) // 30)):
        at = int(generator.integers(1, max(2, len(signs) - 1)))
        kind = int(generator.integers(4))
        if kind == 0:
            del signs[at : at + 1]
        elif kind == 1:
            signs[at:at] = signs[at : at + 1]
        elif kind == 2:
            signs[at - 1 : at + 1] = reversed(signs[at - 1 : at + 1])
        else:
            signs[at : at + 1] = [SWAPS.get(sign, sign) for sign in signs[at : at + 1]]
    edited = "".join(signs)
    if generator.random() < 0.5:
        edited = f"{edited} {generator.choice(EMOJI)}"
    if generator.random() < 0.3:
        edited = edited.lower()
    return edited.rstrip(".!") + str(generator.choice(["", ".", "!", "!!!", "..."]))


def reword(text: str, generator: np.random.Generator) -> str:
    """Return a text with a word in eight dropped or moved, and often a new beginning or end."""
    words = text.split()
    for _ in range(max(1, len(words) // 8)):
        at = int(generator.integers(len(words)))
        word = words.pop(at)
        if generator.random() < 0.5 or not words:
            words.insert(int(generator.integers(len(words) + 1)), word)
    begin = str(generator.choice(GREETINGS)) if generator.random() < 0.5 else ""
    end = str(generator.choice(ENDINGS)) if generator.random() < 0.5 else ""
    return f"{begin}{' '.join(words)}{end}"


def paraphrases(theme: Theme, size: int, generator: np.random.Generator) -> list[str]:
    """Return comments that say the theme in different wordings, no two alike while there are any.

    First every wording once; a larger campaign goes on with two wordings of one language in one
    comment, as those who run out of sentences do.
    """
    texts = [theme.texts[at][1] for at in generator.permutation(len(theme.texts))]
    couples = [
        f"{one} {other}"
        for (lang, one), (its, other) in itertools.permutations(theme.texts, 2)
        if lang == its
    ]
    generator.shuffle(couples)
    return list(itertools.islice(itertools.cycle([*texts, *couples]), size))
