"""Times become UTC, however they were written."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.errors import PipelineError
from pipeline.sources.dates import check_date_format, is_plausible, parse_time

RIGA = ZoneInfo("Europe/Riga")
NOON = datetime(2026, 3, 1, 12, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    "written",
    [
        "2026-03-01T12:05:00Z",
        "2026-03-01T12:05:00+0000",
        "2026-03-01T12:05:00+00:00",
        "2026-03-01T14:05:00+02:00",
        "2026-03-01T14:05:00+02",
        "2026-03-01 14:05:00 +0200",
        "2026-03-01 12:05:00 UTC",
        "2026-03-01T14:05:00",
        "2026-03-01 14:05:00",
        "2026-03-01 14:05",
        "2026-03-01T12:05:00.000Z",
        "  2026-03-01 14:05:00\n",
        "01.03.2026 14:05",
        "1.3.2026 14:05:00",
        "01.03.2026. 14:05",
        "01.03.2026, 14:05",
        "20260301140500",
        "1772366700",
        "1772366700.0",
        "1772366700000",
        "1772366700000000",
        1772366700,
        1772366700.0,
        1772366700000,
        datetime(2026, 3, 1, 14, 5),  # noqa: DTZ001 without a zone on purpose
        datetime(2026, 3, 1, 12, 5, tzinfo=UTC),
    ],
)
def test_every_common_form_of_a_time_is_read(written: object) -> None:
    assert parse_time(written, RIGA) == NOON


@pytest.mark.parametrize("written", ["2026-03-01", "01.03.2026", "01.03.2026.", "20260301"])
def test_a_day_is_its_midnight_in_the_zone_of_the_settings(written: str) -> None:
    assert parse_time(written, RIGA) == datetime(2026, 2, 28, 22, 0, tzinfo=UTC)
    assert parse_time(date(2026, 3, 1), RIGA) == datetime(2026, 2, 28, 22, 0, tzinfo=UTC)


@pytest.mark.parametrize("written", [None, "", "   ", float("nan")])
def test_an_absent_time_is_none(written: object) -> None:
    assert parse_time(written, RIGA) is None


@pytest.mark.parametrize(
    "written",
    [
        "13.45.2026",
        "31.02.2026 10:00",
        "2026-13-01",
        "01/03/2026 14:05",
        "vakar",
        "вчера",
        "25:61",
        "9" * 400,
        10**400,
        float("inf"),
        -1e300,
        True,
        ["2026-03-01"],
        "0001-01-01T00:00:00+14:00",
    ],
)
def test_what_is_not_a_date_is_an_error(written: object) -> None:
    with pytest.raises(ValueError):
        parse_time(written, RIGA)


def test_a_time_that_occurs_twice_in_autumn_is_the_earlier_one() -> None:
    assert parse_time("2026-10-25 03:30", RIGA) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_a_time_that_spring_skips_keeps_the_offset_of_winter() -> None:
    assert parse_time("2026-03-29 03:30", RIGA) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


def test_a_named_format_is_the_only_one_that_is_read() -> None:
    assert parse_time("03/01/2026 14:05", RIGA, "%m/%d/%Y %H:%M") == NOON
    with pytest.raises(ValueError):
        parse_time("2026-03-01 14:05", RIGA, "%m/%d/%Y %H:%M")


@pytest.mark.parametrize("wrong", ["%Q", "%H:%M", "%d.%m", "", "2026-03-01", "%"])
def test_a_format_without_year_month_and_day_is_refused(wrong: str) -> None:
    with pytest.raises(PipelineError, match="date format"):
        check_date_format(wrong)


@pytest.mark.parametrize("right", ["%d/%m/%Y %H:%M", "%y%m%d", "%Y-%m-%dT%H:%M:%S%z", "%d %b %Y"])
def test_a_whole_format_is_accepted(right: str) -> None:
    check_date_format(right)


@given(st.datetimes(min_value=datetime(1995, 1, 2), max_value=datetime(2100, 1, 1)))  # noqa: DTZ001 hypothesis wants them so
def test_iso_text_and_epoch_of_one_moment_agree(moment: datetime) -> None:
    moment = moment.replace(tzinfo=UTC, microsecond=0)
    assert parse_time(moment.isoformat(), RIGA) == moment
    assert parse_time(int(moment.timestamp()), RIGA) == moment
    assert parse_time(str(int(moment.timestamp()) * 1000), RIGA) == moment


@pytest.mark.parametrize(
    ("moment", "plausible"),
    [
        (datetime(1970, 1, 1, tzinfo=UTC), False),
        (datetime(1994, 12, 31, tzinfo=UTC), False),
        (datetime(2026, 3, 1, tzinfo=UTC), True),
        (datetime(2026, 3, 3, tzinfo=UTC), True),
        (datetime(2026, 3, 5, tzinfo=UTC), False),
    ],
)
def test_times_before_the_web_and_after_tomorrow_are_implausible(
    moment: datetime, plausible: bool
) -> None:
    assert is_plausible(moment, datetime(2026, 3, 1, 12, tzinfo=UTC)) is plausible
