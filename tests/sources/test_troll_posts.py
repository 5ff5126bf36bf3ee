"""Posts of known trolls become comments; what they pass on can be left out."""

import csv
import datetime
import gzip
from pathlib import Path

import pytest

from pipeline.core.tables import COMMENT
from pipeline.sources.behaviour_sets import Account
from pipeline.sources.troll_posts import FILES, PLACEHOLDER, TROLLS, people_posts, troll_posts

ROWS = (
    ("b", "Второй пост про дороги", "2016-04-02 10:05:00", ""),
    ("a", "Pirmais ieraksts par tiltu", "2016-04-01 09:00:00", ""),
    ("a", "чужой пост", "2016-04-01 09:01:00", "R"),
    ("c", "чужой пост с ответом", "2016-04-03 09:01:00", "Q"),
)


@pytest.fixture
def external(tmp_path: Path) -> Path:
    (tmp_path / TROLLS).mkdir(parents=True)
    with gzip.open(tmp_path / TROLLS / FILES["sample"], "wt", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["author_id", "content", "publish_date", "post_type"])
        writer.writerows(ROWS)
    return tmp_path


@pytest.mark.parametrize(
    ("passed_on", "authors"), [(False, ["a", "b"]), (True, ["a", "a", "b", "c"])]
)
def test_posts_come_in_order_of_time_and_reposts_when_asked(
    external: Path, passed_on: bool, authors: list[str]
) -> None:
    found = troll_posts(external, "sample", passed_on=passed_on)
    assert found is not None
    assert found.schema == COMMENT
    assert found.column("author_key").to_pylist() == authors
    first = datetime.datetime(2016, 4, 1, 9, tzinfo=datetime.UTC)
    assert found.column("created_at")[0].as_py() == first


def test_an_absent_file_is_none(external: Path) -> None:
    assert troll_posts(external, "timelines", passed_on=True) is None


def test_people_are_kept_apart_from_bots_and_lose_the_placeholder_of_links() -> None:
    accounts = [
        Account((1e9, 1e9 + 60), (f"labrīt {PLACEHOLDER}", "добрый день"), is_bot=False),
        Account((1e9,), ("pērc lēti",), is_bot=True),
    ]
    found = people_posts(accounts)
    assert found.column("text").to_pylist() == ["labrīt", "добрый день"]
    assert found.column("author_key").to_pylist() == ["person-0", "person-0"]
