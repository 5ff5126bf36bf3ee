"""Posts of accounts that a platform named as trolls, as comments; the set has no people in it.

An absent file is None, never an error; who asks for it reports it as skipped.
"""

import csv
import datetime
import gzip
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from pipeline.core.tables import COMMENT
from pipeline.sources.behaviour_sets import Account

TROLLS = Path("bots/ira-trolls")
FILES = {"sample": "ira_ru_sample.csv.gz", "timelines": "ira_ru_timelines_60accounts.csv.gz"}
"""Up to 55 posts of each of 1,356 accounts, and all Russian posts of 60 accounts."""
OWN = ""
"""The kind of a post that is neither passed on (R) nor quoted (Q)."""
PLACEHOLDER = "https://t.co/twitter_link"
"""What the challenge has written in the place of every address: as a link it would join all."""
Row = tuple[str, datetime.datetime, str]


def troll_posts(external: Path, name: str, *, passed_on: bool) -> pa.Table | None:
    """Return the posts of a file of FILES; without `passed_on` those alone that quote nobody."""
    path = external / TROLLS / FILES[name]
    if not path.is_file():
        return None
    with gzip.open(path, "rt", encoding="utf-8", newline="") as handle:
        rows = [
            (row["author_id"], moment(row["publish_date"]), row["content"])
            for row in csv.DictReader(handle)
            if passed_on or row["post_type"] == OWN
        ]
    return as_comments(rows)


def people_posts(accounts: Sequence[Account]) -> pa.Table:
    """Return the posts of the labelled people among accounts, without their masked addresses."""
    rows = [
        (f"person-{at}", datetime.datetime.fromtimestamp(second, datetime.UTC), bare(text))
        for at, each in enumerate(accounts)
        if not each.is_bot
        for second, text in zip(each.seconds, each.texts, strict=True)
    ]
    return as_comments(rows)


def bare(text: str) -> str:
    """Return a text without the placeholder of addresses."""
    return text.replace(PLACEHOLDER, "").strip()


def moment(text: str) -> datetime.datetime:
    """Return a time of the set, which is UTC to the minute."""
    return datetime.datetime.fromisoformat(text).replace(tzinfo=datetime.UTC)


def as_comments(rows: Sequence[Row]) -> pa.Table:
    """Return rows of author, time and text as a comment table, in order of time."""
    made = [
        {
            **dict.fromkeys(COMMENT.names),
            "comment_id": str(number),
            "source": "twitter",
            "author_key": author,
            "created_at": time,
            "text": text,
        }
        for number, (author, time, text) in enumerate(sorted(rows, key=lambda row: row[1]))
    ]
    return pa.Table.from_pylist(made, schema=COMMENT)
