"""Which zone a time of a calendar is in: by its IANA or Windows name, else by the rules that the calendar brings.

The rules are followed here, for the year in question only: the library hands them to one that expands every
recurrence from 1601 on, or every second if a stranger's rule says so.
"""

import re
from calendar import monthrange
from datetime import date, datetime, timedelta, timezone
from functools import lru_cache
from zoneinfo import ZoneInfo

from parsers.calendar_text import Line

_OFFSET = re.compile(r"([+-])(\d\d)(\d\d)(?:\d\d)?")
_STAMP = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)Z?)?")
_BY_DAY = re.compile(r"([+-]?[1-5])?(MO|TU|WE|TH|FR|SA|SU)")
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
Observance = list[Line]


@lru_cache(maxsize=512)
def known(name: str) -> str | None:
    """The IANA name of a zone that is known by this name, or by Microsoft's; None for any other."""
    from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

    for candidate in (name, WINDOWS_TO_OLSON.get(name)):
        try:
            return ZoneInfo(candidate).key if candidate else None
        except (ValueError, OSError, KeyError):  # not found, or a folder, or a path
            continue
    return None


def own(observances: list[Observance], moment: datetime) -> timezone | None:
    """The offset that a VTIMEZONE gives to a local time (RFC 5545 3.6.5); None where it gives none."""
    latest: tuple[datetime, Observance] | None = None
    for observance in observances:
        onset = _onset({line.name: line.value for line in observance}, moment)
        if onset and (latest is None or onset >= latest[0]):
            latest = onset, observance
    standard = [one for one in observances if one[0].value == "STANDARD"] or observances
    chosen = latest[1] if latest else standard[0] if standard else []
    return _offset(next((line.value for line in chosen if line.name == "TZOFFSETTO"), ""))


def _offset(written: str) -> timezone | None:
    found = _OFFSET.fullmatch(written)
    if not found or int(found[2]) > 14 or int(found[3]) > 59:
        return None
    distance = timedelta(hours=int(found[2]), minutes=int(found[3]))
    return timezone(-distance if found[1] == "-" else distance)


def _onset(lines: dict[str, str], moment: datetime) -> datetime | None:
    """The last time before the moment at which the observance began."""
    start = _stamp(lines.get("DTSTART", ""))
    if start is None:
        return None
    onsets = [start, *filter(None, (_stamp(one) for one in lines.get("RDATE", "").split(",")[:200]))]
    parts = dict(part.partition("=")[::2] for part in lines.get("RRULE", "").upper().split(";")[:20])
    if parts.get("FREQ") == "YEARLY":
        end = _stamp(parts.get("UNTIL", ""))
        years = [year for year in (moment.year - 1, moment.year) if start.year <= year]
        if parts.get("COUNT", "").isdigit():
            years = [year for year in years if year < start.year + int(parts["COUNT"][:4])]
        found = (_in_year(parts, start, year) for year in years)
        onsets += [one for one in found if one and (end is None or one <= end)]
    return max((one for one in onsets if one <= moment), default=None)


def _in_year(parts: dict[str, str], start: datetime, year: int) -> datetime | None:
    """When the rule falls in a year: `BYMONTH=10;BYDAY=-1SU`, or a day of the month."""
    month = int(parts["BYMONTH"]) if parts.get("BYMONTH", "").isdecimal() else start.month
    if not 1 <= month <= 12 or not 1 <= year <= 9999:
        return None
    length = monthrange(year, month)[1]
    days = [int(day) for day in parts.get("BYMONTHDAY", "").split(",") if day.isdecimal()]
    by_day = _BY_DAY.fullmatch(parts.get("BYDAY", ""))
    if by_day:
        first = 1 + (_DAYS.index(by_day[2]) - date(year, month, 1).weekday()) % 7
        weekdays = range(first, length + 1, 7)
        days = [day for day in days if day in weekdays] if days else list(weekdays)
        number = int(by_day[1] or 1)
        days = days[number - 1 : number] if number > 0 else days[number : number + 1 or None]
    day = days[0] if days else None if by_day else start.day
    return start.replace(year=year, month=month, day=day) if day and 1 <= day <= length else None


def _stamp(written: str) -> datetime | None:
    found = _STAMP.fullmatch(written.strip())
    try:
        return datetime(*(int(part or 0) for part in found.groups())) if found else None  # type: ignore[arg-type]  # noqa: DTZ001
    except ValueError:
        return None
