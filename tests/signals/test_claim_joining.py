"""A night's claims: what is kept of its comments, and the tables beside its scores."""

import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from claims_material import SHIPPED, encode, matcher_of, read_claims

from pipeline.core.policy import load_policy
from pipeline.core.tables import score_schema, write_table
from pipeline.signals.claims.joining import speak, write_tables
from pipeline.signals.claims.night import ClaimSignal

RUMOUR = "Dome no maija slēgs baseinu un pārdos to celtniekiem"
ASKED = "Vai tiešām dome no maija slēgs baseinu un pārdos to?"
OTHERS = [
    "Paldies skolotājai par brīnišķīgo koncertu skolā vakar vakarā",
    "Autobuss šorīt atkal nepienāca laikā un nokavēju darbu",
    "В парке сломаны качели и разбиты фонари у лавочки",
    "Ezera ielā jau nedēļu nav neviena dzīvas gaismas staba",
]
START = datetime.datetime(2026, 3, 1, tzinfo=datetime.UTC)


def signal_in(folder: Path) -> ClaimSignal:
    matcher = matcher_of(read_claims(SHIPPED / "own.tsv"))
    return ClaimSignal(matcher.index.claims, matcher, folder, has_vectors=True)


def speak_of(texts: list[str], claims: ClaimSignal) -> None:
    chunk = pa.table(
        {
            "comment_id": [f"c{at}" for at in range(len(texts))],
            "author_key": [f"a{at}" for at in range(len(texts))],
            "created_at": [START + datetime.timedelta(hours=at) for at in range(len(texts))],
        }
    )
    pairs = [(text, "lv") for text in texts]
    vectors = encode(texts)
    speak(claims, chunk, pairs, {pair: vectors[at] for at, pair in enumerate(pairs)})


def scores_in(folder: Path, claim_id: str) -> Path:
    schema = score_schema(load_policy().labels)
    piece = dict.fromkeys(("start", "end", "weight"))
    named = [{**piece, "label": "disinformation", "kind": "claim", "detail": claim_id}]
    row = dict.fromkeys(schema.names)
    row |= {"comment_id": "c0", "source": "s", "model_version": "m", "evidence": named}
    row |= {"lang": "lv", "not_assessed": [], "scored_at": START}
    write_table(folder / "scores.parquet", pa.Table.from_pylist([row], schema))
    return folder / "scores.parquet"


def test_a_night_counts_its_emerging_groups_and_names_only_the_claims_of_its_evidence(
    tmp_path: Path,
) -> None:
    claims = signal_in(tmp_path)
    speak_of([RUMOUR] * 6 + OTHERS + [ASKED] * 6, claims)
    known = claims.matcher.index.claims[3].claim_id
    scores = scores_in(tmp_path, known)
    schema = score_schema(load_policy().labels)
    assert write_tables(claims, scores, schema) == 1, "questions assert nothing"
    (group,) = pq.read_table(tmp_path / "emerging.parquet").to_pylist()
    assert (group["size"], group["n_authors"]) == (6, 6)
    named = pq.read_table(tmp_path / "claims.parquet").column("claim_id").to_pylist()
    assert named == [known]


def test_without_vectors_no_groups_are_told(tmp_path: Path) -> None:
    claims = signal_in(tmp_path)
    claims.has_vectors = False
    speak_of([RUMOUR] * 6, claims)
    scores = scores_in(tmp_path, claims.matcher.index.claims[0].claim_id)
    assert write_tables(claims, scores, score_schema(load_policy().labels)) == 0
    assert not (tmp_path / "emerging.parquet").exists()
