"""Days and lengths of time as people write them, in the form that `rules.resubmission` reads.

`in 2 Tagen` is `2d`, `morgen um 9 Uhr` is `tomorrow 09:00`, `3. december` is `12-03`: what the day is called is decided
here, which day that is by the rules, which know the time.
"""

import re
import unicodedata
from collections.abc import Mapping

from config.values import DAYS
from parsers.clean import single_line
from parsers.command_words import Head, head
from parsers.dates import MONTHS

_LIMIT = 80
_COUNT = re.compile(r"(\d{1,4})\s{0,2}")
_COUNTED = "2d"
"""The day after tomorrow."""
_PUNCTUATION = " \t.,;:!-–—。，"
_DATES = tuple(
    map(
        re.compile,
        (
            r"(?P<y>\d{4})[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})(?!\d)t?",
            r"(?:(?P<y>\d{4})\s?年\s?)?(?P<m>\d{1,2})\s?月\s?(?P<d>\d{1,2})\s?[日号]?",
            r"(?P<d>\d{1,2})\.\s?(?P<m>\d{1,2})\.(?:\s?(?P<y>\d{4})|(?P<short>\d{2}))?(?![\d:])",
            r"(?P<a>\d{1,2})/(?P<b>\d{1,2})(?:/(?P<y>\d{4})|/(?P<short>\d{2}))?(?![\d:/])",
            r"(?P<d>\d{1,2})\.(?P<m>0?[1-9]|1[0-2])(?![\d.:])",
            r"(?P<d>\d{1,2})(?:\.|st|nd|rd|th)?\s?(?P<name>[^\W\d_]{3,9})\.?(?:,?\s?(?P<y>\d{4})(?!\d))?",
            r"(?P<name>[^\W\d_]{3,9})\.?\s(?P<d>\d{1,2})(?:st|nd|rd|th)?(?![\d:])(?:,?\s?(?P<y>\d{4})(?!\d))?",
        ),
    )
)
_TIME = re.compile(
    r"(?P<half>上午|下午|晚上|中午|早上)?\s?(?P<h>\d{1,2})(?!\d)"
    r"(?:\s?:(?P<min>\d{2})(?!\d)|\.(?P<dot>\d{2})(?![\d.])|(?P<full>\s?[点时])(?:(?P<thirty>半)|(?P<zh>\d{1,2})分?)?)?\s?(?P<ampm>[ap]\.?m\b\.?)?"
)
_AFTERNOON = ("下午", "晚上")
_MONTH_FIRST = frozenset(["US", "CN", "TW", "CA", "PH"])
"""Countries where `12/3` is the third of December; everywhere else it is the twelfth of March."""

Found = tuple[str, str]
"""A piece in its fixed form, and what stands behind it."""


def until(text: str, region: str = "DE") -> str | None:
    """Put what somebody wrote behind `later` into its fixed form.

    Args:
        text: The rest of the line.
        region: ISO country of the site.

    Returns:
        The fixed form; where it cannot be read, the text in one line; None for an empty one.
    """
    told = unicodedata.normalize("NFKC", text[:_LIMIT]).casefold()
    for shape in (_length, _day_and_time, _time_and_day):
        found = shape(told, region)
        if found is not None and not unfilled(found[1]):  # nothing that somebody wrote is passed over
            return found[0]
    return single_line(text, _LIMIT)


def front(text: str) -> str:
    """A text without the punctuation at its front."""
    return text.lstrip(_PUNCTUATION)


def unfilled(text: str) -> str:
    """What is left of a text without the words at its front that say nothing."""
    text = front(text)
    while (filler := head(text, "words.fill")) is not None:
        text = front(filler.rest)
    return text


def _length(text: str, region: str) -> Found | None:
    text = unfilled(text)
    counted = _COUNT.match(text)
    number = Head(str(int(counted[1])), text[counted.end() :]) if counted else head(text, "numbers")
    unit = head(number.rest, "units") if number else None
    return (f"{number.meaning}{unit.meaning}", unit.rest) if number and unit else None


def _day_and_time(text: str, region: str) -> Found | None:
    day = _day(text, region)
    if day is None or not unfilled(day[1]):
        return day
    time = time_of_day(day[1], bare=True)
    return _at(day[0], time[0], time[1]) if time else None


def _time_and_day(text: str, region: str) -> Found | None:
    """The hour first: `9:00 tomorrow`; alone it is today's."""
    time = time_of_day(text)
    if time is None or not unfilled(time[1]):
        return time and _at("today", *time)
    day = _day(time[1], region)
    return _at(day[0], time[0], day[1]) if day else None


def _at(day: str, time: str, rest: str) -> Found | None:
    """A day with its hour; what only counts days has none."""
    return None if day == _COUNTED else (f"{day} {time}", rest)


def _day(text: str, region: str) -> Found | None:
    text = front(text)
    while (named := head(text, "days")) is None and (filler := head(text, "words.fill")) is not None:
        text = front(filler.rest)
    if named is None:
        return date_at(text, region)
    dated = date_at(unfilled(named.rest), region)  # Thursday, 3 December
    return dated if dated and named.meaning in DAYS else (named.meaning, named.rest)


def date_at(text: str, region: str) -> Found | None:
    """A date at the front, as `2026-12-03` or `12-03`."""
    for pattern in _DATES:
        if (match := pattern.match(text)) and (date := _date(match.groupdict(), region)):
            return date, text[match.end() :]
    return None


def _date(parts: dict[str, str | None], region: str) -> str | None:
    day, month = parts.get("d") or parts.get("a") or "0", parts.get("m") or parts.get("b") or "0"
    if parts.get("a") and region.upper() in _MONTH_FIRST:
        day, month = month, day
    number = MONTHS.get(parts["name"] or "", 0) if parts.get("name") else int(month)
    if not (1 <= number <= 12 and 1 <= int(day) <= 31):
        return None
    year = parts.get("y") or (f"20{parts['short']}" if parts.get("short") else None)
    return f"{year}-{number:02}-{int(day):02}" if year else f"{number:02}-{int(day):02}"


def time_of_day(text: str, *, bare: bool = False) -> Found | None:
    """A time of day; an hour alone only behind `at`, before `o'clock`, or (`bare`) behind a day."""
    text = unfilled(text)
    at = head(text, "words.at")
    text = at.rest.lstrip(" .") if at else text
    match = _TIME.match(text)
    if match is None:
        return None
    parts, rest = match.groupdict(), text[match.end() :]
    clock = head(rest, "words.clock")
    if not (at or clock or bare or any(parts[key] for key in ("min", "dot", "full", "ampm", "half"))):
        return None
    time = clock_of(parts)
    return (time, clock.rest if clock else rest) if time else None


def clock_of(parts: Mapping[str, str | None]) -> str | None:
    """The time of day, `14:30`, of the groups of a pattern; None where a day has no such time.

    Args:
        parts: `h`; minutes as `min`, `dot` or `zh`, half an hour as `thirty`; half of the day as `ampm` or `half`.
    """
    hour, minute = int(parts["h"] or 0), int(parts["min"] or parts["dot"] or parts["zh"] or 0)
    minute = 30 if parts["thirty"] else minute
    half = (parts["ampm"] or "").lower()
    if (half.startswith("p") or parts["half"] in _AFTERNOON) and hour < 12:
        hour += 12
    elif half.startswith("a") and hour == 12:
        hour = 0
    return f"{hour:02}:{minute:02}" if hour < 24 and minute < 60 else None
