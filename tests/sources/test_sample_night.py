"""The sample night is what its README says, and every usable comment of it is labelled."""

import csv
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pipeline.core.paths import SAMPLE_NIGHT
from pipeline.core.settings import IngestSettings, ValidateSettings
from pipeline.core.tables import COMMENT, read_table
from pipeline.stages import ingest, validate

LABELS = {
    *("insult", "obscenity", "threat", "hate", "sexual", "advertising", "agitation", "bot"),
    *("personal_data", "disinformation", "anti_state"),
}


def labelled() -> list[dict[str, str]]:
    path = SAMPLE_NIGHT.parent / "night-labels.tsv"
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle, delimiter="\t"))


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("night")
    ingest.run(IngestSettings(), SAMPLE_NIGHT, folder / "ingest", secret=b"k")
    validate.run(ValidateSettings(), folder / "ingest", folder / "validated")
    return folder / "validated"


def test_every_usable_comment_is_labelled_once(night: Path) -> None:
    kept = read_table(night / "comments.parquet", COMMENT, "saruna validate").to_pylist()
    keys = [(row["source"], row["comment_id"]) for row in kept]
    assert sorted(keys) == sorted((row["source"], row["comment_id"]) for row in labelled())
    assert len(keys) >= 320


def test_labels_fit_their_slices() -> None:
    for row in labelled():
        labels = set(filter(None, row["labels"].split(",")))
        assert labels <= LABELS
        assert bool(labels) == (row["slice"] == "violation")


def test_a_third_is_criticism_and_a_fifth_violations() -> None:
    rows = labelled()
    shares = {name: n / len(rows) for name, n in Counter(row["slice"] for row in rows).items()}
    assert 0.30 < shares["criticism"] < 0.40
    assert 0.17 < shares["violation"] < 0.25


def test_the_bad_rows_are_rejected_with_their_reasons(night: Path) -> None:
    reasons = Counter(pq.read_table(night / "rejects.parquet").column("reason").to_pylist())
    assert reasons == {"empty_text": 3, "duplicate_id": 2, "bad_date": 1, "wrong_columns": 1}


def test_the_night_is_one_day_with_threads_replies_and_withheld_authors(night: Path) -> None:
    rows = read_table(night / "comments.parquet", COMMENT, "saruna validate").to_pylist()
    assert {str(row["created_at"].date()) for row in rows} == {"2026-03-01"}
    assert {row["channel"] for row in rows} == {"site", "app", "facebook", "instagram", "youtube"}
    ids = {row["comment_id"] for row in rows}
    replies = [row for row in rows if row["parent_id"]]
    assert len(replies) > 60
    assert {row["parent_id"] for row in replies} <= ids
    assert 20 < sum(row["author_key"] is None for row in rows) < 100
    texts = Counter(row["text"] for row in rows)
    assert sum(n > 1 for n in texts.values()) >= 5
