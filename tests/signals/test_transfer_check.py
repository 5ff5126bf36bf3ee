"""Copies among strangers are counted per window; ordinary talk gives nothing."""

import datetime

from invented import ordinary, row, table

from pipeline.core import paths
from pipeline.signals.behaviour_model import load_model
from pipeline.signals.transfer_check import transfer, windows

MODEL = load_model(paths.BEHAVIOUR)
TEXT = "Vakar domē solīja jaunus soliņus parkā, bet naudas atkal nav nevienam"


def test_ordinary_talk_is_not_flagged() -> None:
    found = transfer("people", table(ordinary(400)), MODEL, cut=0.5, days=30)
    assert (found.flagged, found.accounts, found.by_kind) == (0.0, 0.0, {})
    assert found.n_posts == 400


def test_copies_of_many_profiles_are_counted_with_their_accounts() -> None:
    rows = ordinary(400)
    start = rows[100]["created_at"]
    for at in range(20):
        moment = start + datetime.timedelta(seconds=11 * at)
        rows.append(row(9_000 + at, TEXT, f"copy-{at}", None))
        rows[-1]["created_at"] = moment
    found = transfer("copies", table(rows), MODEL, cut=0.5, days=3_650)
    assert found.flagged == round(20 / 420 * 10_000, 1)
    assert found.accounts == round(20 / found.n_accounts, 3)
    assert set(found.by_kind) == {"same_text"}
    assert found.in_clusters == found.flagged


def test_windows_hold_every_comment_once_and_are_no_longer_than_asked() -> None:
    comments = table(ordinary(400, hours=24 * 40.0))
    parts = list(windows(comments, 7))
    assert len(parts) > 3
    assert sum(part.num_rows for part in parts) == comments.num_rows
    for part in parts:
        times = part.column("created_at").to_pylist()
        assert max(times) - min(times) <= datetime.timedelta(days=7)
