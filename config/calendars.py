"""Time zones, holiday calendars and dates as admins write them."""

from datetime import date, datetime
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from config.problems import nearest
from config.values import parse_days

MAX_CLOSURE_DAYS = 366


def check_zone(name: str) -> str:
    """Accept an IANA time zone such as `Europe/Berlin`."""
    try:
        ZoneInfo(name)
    except (OSError, ValueError) as error:  # ZoneInfoNotFoundError is a KeyError, caught below
        raise ValueError(_unknown_zone(name)) from error
    except KeyError as error:
        raise ValueError(_unknown_zone(name)) from error
    return name


def _unknown_zone(name: str) -> str:
    meant = nearest(name, available_timezones())
    return f"unknown time zone '{name}', {meant or 'write one like Europe/Berlin'}"


@cache
def check_holidays(region: str) -> str:
    """Accept a holiday calendar: `DK`, or `DE-BE` for a part of a country."""
    import holidays  # late: it is large, and only a configuration that names a calendar needs it

    country, _, part = region.partition("-")
    try:
        holidays.country_holidays(country, subdiv=part or None)
    except NotImplementedError as error:
        parts = holidays.list_supported_countries().get(country)
        if parts is None:
            raise ValueError(
                f"unknown holiday calendar '{region}', write a country like DK or a part like DE-BE"
            ) from error
        raise ValueError(f"unknown holiday calendar '{region}', parts of {country} are {', '.join(parts)}") from error
    return region


def parse_date(text: str) -> date:
    """Read `2026-12-31`."""
    try:
        return datetime.strptime(text.strip(), "%Y-%m-%d").date()  # noqa: DTZ007 - a day has no zone
    except ValueError as error:
        raise ValueError(f"'{text}' is not a date, write 2026-12-31") from error


def parse_dates(text: str) -> tuple[date, date]:
    """Read `2026-12-24..2027-01-01` or a single day as first and last day."""
    first_text, dots, last_text = text.partition("..")
    first = parse_date(first_text)
    last = parse_date(last_text) if dots else first
    if last < first:
        raise ValueError(f"'{text}' ends before it begins")
    if (last - first).days > MAX_CLOSURE_DAYS:
        raise ValueError(f"'{text}' is longer than a year")
    return first, last


def check_date(text: str) -> str:
    """Accept a day."""
    parse_date(text)
    return text


def check_dates(text: str) -> str:
    """Accept a day or a span of days."""
    parse_dates(text)
    return text


def check_days(text: str) -> str:
    """Accept `mon-fri`, `sat` or `mon,wed`."""
    parse_days(text)
    return text


def check_moment(text: str) -> str:
    """Accept an ISO 8601 time with its offset: `2026-11-23T10:00:00+01:00`."""
    try:
        aware = datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        aware = False
    if not aware:
        raise ValueError(f"'{text}' is not a time with its offset, write 2026-11-23T10:00:00+01:00")
    return text
