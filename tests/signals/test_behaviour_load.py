"""The load is as large as asked, the same every time, and what it costs is told."""

from pipeline.core import paths
from pipeline.core.tables import COMMENT
from pipeline.signals.behaviour_load import invented, measure
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
