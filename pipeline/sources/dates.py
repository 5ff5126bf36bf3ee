"""Times as people and platforms write them become UTC."""

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from pipeline.core.errors import PipelineError

DAY_FIRST = re.compile(
    r"(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})\.?,?(?:[T\s]+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?)?"
)
DIGITS = re.compile(r"\d+(?:\.\d+)?")
UTC_NAME = re.compile(r"\s?(?:UTC|GMT)$")
SPACED_ZONE = re.compile(r"\s([+-]\d{2}:?(?:\d{2})?)$")
COMPACT = {8: "%Y%m%d", 14: "%Y%m%d%H%M%S"}
EARLIEST = datetime(1995, 1, 1, tzinfo=UTC)
"""Before this nobody left comments on the web: the value is a default or a unit error."""
SLACK = timedelta(days=2)
"""Clocks and zones differ; beyond this a time in the future is wrong."""


def parse_time(value: object, zone: ZoneInfo, date_format: str | None = None) -> datetime | None:
    """Return a time in UTC, or None for an absent value; times without a zone are in `zone`.

    A local time that occurs twice in autumn is the earlier one; one that a spring change skips is
    read with the offset before the change. Raises ValueError for what is not a date.
    """
    if value is None or value == "" or value != value:
        return None
    if isinstance(value, bool):
        raise ValueError("a truth value is not a date")
    if isinstance(value, int | float):
        return from_epoch(value)
    if isinstance(value, date):
        return to_utc(as_datetime(value), zone)
    text = str(value).strip()
    if not text:
        return None
    if date_format is not None:
        return to_utc(datetime.strptime(text, date_format), zone)  # noqa: DTZ007 to_utc adds it
    if DIGITS.fullmatch(text) and len(text) not in COMPACT:
        return from_epoch(float(text))
    return to_utc(read_written(text), zone)


def read_written(text: str) -> datetime:
    """Return the time of an ISO 8601 or day-first text; raises ValueError for any other."""
    if text.isdecimal() and len(text) in COMPACT:
        return datetime.strptime(text, COMPACT[len(text)])  # noqa: DTZ007 the caller adds the zone
    if match := DAY_FIRST.fullmatch(text):
        day, month, year, hour, minute, second = (int(part or 0) for part in match.groups())
        return datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 the caller adds the zone
    return datetime.fromisoformat(SPACED_ZONE.sub(r"\1", UTC_NAME.sub("+00:00", text)))


def as_datetime(value: date) -> datetime:
    """Return a day as its midnight, and a time as it is."""
    if isinstance(value, datetime):
        return value
    return datetime(value.year, value.month, value.day)  # noqa: DTZ001 the caller adds the zone


def to_utc(moment: datetime, zone: ZoneInfo) -> datetime:
    """Return the moment in UTC; raises ValueError where the calendar ends."""
    try:
        aware = moment if moment.tzinfo else moment.replace(tzinfo=zone)
        return aware.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("beyond the calendar") from error


def from_epoch(number: float) -> datetime:
    """Return the time that seconds, milliseconds or microseconds since 1970 name."""
    try:
        seconds = float(number)
        for unit in (1_000, 1_000_000):
            seconds = seconds if seconds < 1e11 else float(number) / unit
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError) as error:
        raise ValueError("beyond the calendar") from error


def is_plausible(moment: datetime, now: datetime) -> bool:
    """Tell whether a comment can have been written at this moment."""
    return EARLIEST <= moment <= now + SLACK


def check_date_format(date_format: str) -> None:
    """Raise PipelineError when `date_format` is not one that Python's strptime can read."""
    try:
        sample = datetime(2026, 3, 1, 14, 5, tzinfo=UTC).strftime(date_format)
        parsed = datetime.strptime(sample, date_format)  # noqa: DTZ007 only its day is compared
    except ValueError as error:
        raise bad_format(date_format) from error
    if (parsed.year, parsed.month, parsed.day) != (2026, 3, 1):
        raise bad_format(date_format)


def bad_format(date_format: str) -> PipelineError:
    """Return the error for a date format that does not name year, month and day."""
    return PipelineError(
        f"date format {date_format!r} does not name a year, a month and a day",
        "Write it with %Y %m %d %H %M %S, for example --date-format '%d/%m/%Y %H:%M'.",
    )
