"""Invented comments with authors and times, for the tests of behaviour."""

import datetime
from typing import Any

import numpy as np
import pyarrow as pa

from pipeline.core.tables import COMMENT
from pipeline.signals.traces import Traces, read_traces, trace_table

START = datetime.datetime(2026, 3, 1, 8, 0, tzinfo=datetime.UTC)
NOW = START + datetime.timedelta(days=2)
MESSAGE = "Domes jaunais tilts ir naudas izšķērdēšana, pieprasām visu dokumentu publiskošanu!"
OTHER = "Новый мост думы это выброшенные деньги, требуем опубликовать все документы по стройке"
WORDS = [
    "ielas",
    "sniegs",
    "tīra",
    "kāpēc",
    "dome",
    "bērni",
    "skola",
    "trotuārs",
    "apgaismojums",
    "rītā",
    "vakarā",
    "parks",
    "soliņi",
    "autobuss",
    "brauc",
    "maksā",
    "nodokļi",
    "ceļš",
    "bedres",
    "remonts",
    "tilts",
    "upe",
    "ledus",
    "pagalms",
    "kaimiņi",
    "māja",
    "dārzs",
    "veikals",
    "tirgus",
    "koncerts",
    "svētki",
    "eglīte",
    "bibliotēka",
    "pulciņš",
    "sēde",
    "lēmums",
    "budžets",
    "sapulce",
    "iedzīvotāji",
    "beidzot",
    "joprojām",
    "rindā",
    "stāvvieta",
    "zīme",
    "luksofors",
    "gājēji",
    "velosipēds",
    "celiņš",
    "smilts",
    "traktors",
    "konteiners",
]


def row(number: int, text: str, author: str | None, seconds: float | None, **more: Any) -> Any:
    """One row of the comment table, `seconds` after START."""
    created = None if seconds is None else START + datetime.timedelta(seconds=seconds)
    empty = dict.fromkeys(COMMENT.names)
    told = {"comment_id": str(number), "source": "site", "text": text, "author_key": author}
    return {**empty, **told, "created_at": created, **more}


def table(rows: list[Any]) -> pa.Table:
    """The rows as a comment table."""
    return pa.Table.from_pylist(rows, schema=COMMENT)


def ordinary(n: int = 400, seed: int = 1, hours: float = 30.0) -> list[Any]:
    """Comments of many people who each say something else, over a day and a half."""
    rng = np.random.default_rng(seed)
    times = np.sort(rng.uniform(0, hours * 3600, n))
    return [
        row(
            number,
            " ".join(rng.choice(WORDS, size=int(rng.integers(5, 14)))),
            f"person-{int(rng.integers(n // 2))}",
            float(times[number]),
        )
        for number in range(n)
    ]


def traces_of(rows: list[Any]) -> Traces:
    """The traces of rows."""
    return read_traces(trace_table(table(rows), NOW), NOW)
