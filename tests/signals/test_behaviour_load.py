"""The load is as large as asked, the same every time, and what it costs is told."""

import numpy as np

from pipeline.core import paths
from pipeline.core.tables import COMMENT
from pipeline.signals.behaviour_load import drawn_vectors, invented, measure, traced
from pipeline.signals.behaviour_model import load_model

TEXTS = [f"ielas {at} vakar dome solīja {at * 7} jaunus soliņus parkā {at * 3}" for at in range(60)]


def test_a_load_has_the_comments_that_were_asked_for() -> None:
    tables = list(invented(TEXTS, 300))
    assert sum(each.num_rows for each in tables) == 300
    assert all(each.schema == COMMENT for each in tables)
    assert tables[0].equals(next(invented(TEXTS, 300)))
    assert len(set(tables[0].column("author_key").to_pylist())) > 50


def test_what_a_load_costs_is_told() -> None:
    found = measure(TEXTS, 2_000, load_model(paths.BEHAVIOUR))
    assert found.n_comments == 2_000
    assert 0 <= found.n_flagged <= 2_000
    assert found.cpu_seconds > 0
    assert found.peak_megabytes > 10


def test_a_load_has_vectors_when_asked() -> None:
    without, own = (traced(TEXTS, 120, vectors=each).column("vector") for each in (False, True))
    assert without.null_count == 120
    assert own.null_count == 0
    model = load_model(paths.BEHAVIOUR)
    assert measure(TEXTS, 600, model, vectors=True).n_comments == 600


def test_drawn_vectors_are_of_length_one_and_come_in_the_pieces_asked_for() -> None:
    pieces = list(drawn_vectors([70, 30], width=64))
    assert [each.shape for each in pieces] == [(70, 64), (30, 64)]
    drawn = np.concatenate(pieces)
    assert np.allclose(np.linalg.norm(drawn, axis=1), 1, atol=1e-5)
