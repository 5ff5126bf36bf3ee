"""Public sets with authors and times: real comments to plant campaigns in, and labelled accounts.

An absent set is None, never an error; who asks for it reports it as skipped.
"""

import csv
import datetime
import gzip
import json
import math
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.core.tables import COMMENT

VK = Path("bots/vk-mkwm2022/mkwm2022_available_media.csv.gz")
BOT_OR_NOT = Path("bots/bot-or-not-challenge")
GILANI = Path("bots/gilani2017-features")
CRESCI = Path("bots/cresci2017-features")
JUBINS = Path("bots/twitter-jubins")
GUARDEEC = Path("bots/vk-guardeec/MKVKTT2021__answers.csv")
CHALLENGES = ("30", "31", "32")
BANDS = ("1k", "100k", "1M", "10M")
SOURCES, N_SOURCES = "source_identity", 7
NOT_A_FEATURE = {"screen_name", "source_identity", "user_id", "ground_truth_class"}


@dataclass(frozen=True)
class Account:
    """The posts of a labelled account, in order of time."""

    seconds: tuple[float, ...]
    texts: tuple[str, ...]
    is_bot: bool


@dataclass(frozen=True)
class FeatureSet:
    """Accounts as numbers: `table` has shape (accounts, features)."""

    features: tuple[str, ...]
    table: npt.NDArray[np.float64]
    is_bot: npt.NDArray[np.bool_]


def vk_comments(external: Path) -> pa.Table | None:
    """Return the VK comments as a comment table, each media page as a thread of its own."""
    path = external / VK
    if not path.is_file():
        return None
    with gzip.open(path, "rt", encoding="utf-8", newline="") as handle:
        rows = [
            {
                **dict.fromkeys(COMMENT.names),
                "comment_id": str(number),
                "source": "vk",
                "channel": row["media"],
                "author_key": row["user_id_hashed"],
                "created_at": datetime.datetime.fromisoformat(row["datetime"]).replace(
                    tzinfo=datetime.UTC
                ),
                "text": row["text"] or "",
            }
            for number, row in enumerate(csv.DictReader(handle))
        ]
    return pa.Table.from_pylist(rows, schema=COMMENT)


def bot_or_not(external: Path, challenge: str) -> list[Account] | None:
    """Return the accounts of one set of the Bot or Not challenge."""
    posts = external / BOT_OR_NOT / f"dataset.posts_users.{challenge}.json"
    bots = external / BOT_OR_NOT / f"dataset.bots.{challenge}.txt"
    if not posts.is_file() or not bots.is_file():
        return None
    raw = json.loads(posts.read_text(encoding="utf-8"))
    names = set(bots.read_text(encoding="utf-8").split())
    by_author: dict[str, list[tuple[float, str]]] = defaultdict(list)
    for post in raw["posts"]:
        moment = datetime.datetime.fromisoformat(post["created_at"].replace("Z", "+00:00"))
        by_author[post["author_id"]].append((moment.timestamp(), post["text"]))
    accounts = []
    for user in raw["users"]:
        own = sorted(by_author[user["id"]])
        seconds, texts = zip(*own, strict=True) if own else ((), ())
        accounts.append(Account(tuple(seconds), tuple(texts), user["id"] in names))
    return accounts


def gilani(external: Path) -> FeatureSet | None:
    """Return the accounts of Gilani 2017 in all four bands of followers."""
    if not (external / GILANI).is_dir():
        return None
    rows: list[dict[str, str]] = []
    truth: list[bool] = []
    for kind in ("bots", "humans"):
        for band in BANDS:
            path = external / GILANI / f"{kind}.{band}.csv"
            with path.open(encoding="utf-8", newline="") as handle:
                own = list(csv.DictReader(handle, skipinitialspace=True))
            rows += own
            truth += [kind == "bots"] * len(own)
    names = tuple(name for name in rows[0] if name.strip() not in NOT_A_FEATURE)
    table = np.array(
        [[number(row[name]) for name in names] + posted_from(row[SOURCES]) for row in rows]
    )
    names += tuple(f"source_{code}" for code in range(N_SOURCES))
    return FeatureSet(names, table, np.array(truth))


def posted_from(codes: str) -> list[float]:
    """Return which kinds of program an account posts from; written as `[2;0]`."""
    own = set(codes.strip("[] ").split(";"))
    return [float(str(code) in own) for code in range(N_SOURCES)]


def cresci(external: Path) -> FeatureSet | None:
    """Return the accounts of Cresci 2017: spambots and fake followers against genuine ones."""
    path = external / CRESCI / "df_features.parquet"
    if not path.is_file():
        return None
    raw = pq.read_table(path)
    temporal = pq.read_table(external / CRESCI / "features_temporal.parquet")
    extra = [name for name in temporal.column_names if name not in raw.column_names]
    raw = raw.join(temporal.select(["user_id", *extra]), "user_id")
    names = tuple(name for name in raw.column_names if name not in NOT_A_FEATURE)
    columns = [raw.column(name).to_numpy().astype(np.float64) for name in names]
    truth = [name != "genuine" for name in raw.column("ground_truth_class").to_pylist()]
    return FeatureSet(names, np.stack(columns, axis=1), np.array(truth))


def jubins(external: Path) -> FeatureSet | None:
    """Return the accounts of the jubins set by what platforms tell of a profile.

    Names and descriptions stay out: many of its bots call themselves so.
    """
    if not (external / JUBINS).is_dir():
        return None
    rows: list[list[float]] = []
    truth: list[bool] = []
    for file, is_bot in (("bots_data.csv", True), ("nonbots_data.csv", False)):
        with (external / JUBINS / file).open(encoding="latin-1", newline="") as handle:
            own = [profile_numbers(row) for row in csv.DictReader(handle)]
        rows += own
        truth += [is_bot] * len(own)
    return FeatureSet(PROFILE, np.array(rows), np.array(truth))


def people_right(external: Path) -> tuple[int, int] | None:
    """Return how often people who judged VK profiles were right, and how often they answered.

    The set has ids alone, so nothing can be learned from it; it says what people reach.
    """
    path = external / GUARDEEC
    if not path.is_file():
        return None
    with path.open(encoding="utf-8", newline="") as handle:
        said = [(row["answer"], row["ground_truth_label"]) for row in csv.DictReader(handle)]
    answered = [(answer, truth) for answer, truth in said if answer in ("BOT", "USER")]
    return sum(answer == truth for answer, truth in answered), len(answered)


PROFILE = (
    *("log_followers", "log_following", "log_posts", "log_ratio", "default_profile"),
    *("has_no_picture", "is_verified", "age_days", "posts_per_day"),
)
"""What `jubins` returns of a profile."""
CRAWLED = datetime.datetime(2017, 6, 1, tzinfo=datetime.UTC)


def profile_numbers(row: dict[str, str]) -> list[float]:
    """Return the numbers of one profile, in the order of PROFILE."""
    followers, following, posts = (
        number(row[name]) for name in ("followers_count", "friends_count", "statuses_count")
    )
    age = age_days(row["created_at"])
    return [
        math.log1p(followers),
        math.log1p(following),
        math.log1p(posts),
        math.log1p(followers) - math.log1p(following),
        flag(row["default_profile"]),
        flag(row["default_profile_image"]),
        flag(row["verified"]),
        age,
        posts / max(age, 1.0),
    ]


def age_days(text: str) -> float:
    """Return the days from a date to the crawl of the jubins set, not a number when it is none."""
    for form in ("%a %b %d %H:%M:%S %z %Y", "%m/%d/%Y %H:%M", "%m/%d/%y %H:%M"):
        try:
            moment = datetime.datetime.strptime(text.strip().strip('"'), form)  # noqa: DTZ007
        except ValueError:
            continue
        return (CRAWLED - moment.replace(tzinfo=datetime.UTC)).total_seconds() / 86_400
    return math.nan


def number(text: str | None) -> float:
    """Return a number, not a number where there is none."""
    try:
        return float(text or "nan")
    except ValueError:
        return math.nan


def flag(text: str | None) -> float:
    """Return 1 for a true value and 0 for all others."""
    return float((text or "").strip().upper() == "TRUE")
