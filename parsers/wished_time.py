"""A day with its time as a customer writes it, where only one can be meant: `Freitag, 3.12. um 10 Uhr`."""

import re
from datetime import date, datetime

from parsers.until import until
from parsers.visit_words import HAN, weekdays, words_of

LONGEST = 70
"""Characters; a longer text says more than a time."""
_FOUND = re.compile(r"(?:(\d{4})-)?(\d\d)-(\d\d) (\d\d):(\d\d)")
_WORD = re.compile(r"[^\W\d_]+")
_BOTH_WAYS = re.compile(r"(?<![\d/.])(0?[1-9]|1[0-2])/(0?[1-9]|1[0-2])(?![\d])")
"""The third of December, or the twelfth of March."""
_HALF = re.compile(r"[ap]\.?\s?m\b|上午|下午|早上|晚上|中午|:\d\d\s?[ap]", re.IGNORECASE)
_EARLIEST = 7
"""An hour before it is one of the afternoon, unless it says otherwise: no workshop opens then."""
_FAR = 300
"""Days: a day without its year that would lie further ahead may as well be a mistake."""


def moment(text: str, region: str = "DE", on: date | None = None) -> str | None:
    """Read a day with its time, local.

    Args:
        text: Nothing but the time; politeness around it is taken off before.
        region: ISO country of the site.
        on: The day on which it was written: a day without a year is the next one after it.

    Returns:
        `2026-12-03T10:00`; None where a day or time is missing, or may be another one.
    """
    told = " ".join(text.split()).strip(" .!。！")
    if not told or len(told) > LONGEST or _is_open(told):
        return None
    found = _FOUND.fullmatch(until(told, region) or "")
    if found is None or _may_be_another(told, int(found[4])):
        return None
    day = _day(found[1], int(found[2]), int(found[3]), on)
    if day is None or any(weekday != day.weekday() for weekday in _weekdays(told)):
        return None
    return f"{day.isoformat()}T{found[4]}:{found[5]}"


def _day(year: str | None, month: int, day: int, on: date | None) -> date | None:
    """The day, in the year that is named or the next one in which it comes; None where there is no such day."""
    if year is None and on is None:
        return None
    years = [int(year)] if year else [on.year, on.year + 1] if on else []
    for one in years:
        try:
            found = datetime(one, month, day).date()  # noqa: DTZ001 - only a check of the calendar
        except ValueError:
            continue
        if year:
            return found if 2000 <= found.year < 2100 else None
        if on and 0 <= (found - on).days <= _FAR:
            return found
    return None


def _may_be_another(told: str, hour: int) -> bool:
    """Whether the same signs can say another day, or another half of the day."""
    both = _BOTH_WAYS.search(told)
    if both and int(both[1]) != int(both[2]):
        return True
    return hour < _EARLIEST and not _HALF.search(told)


def _is_open(told: str) -> bool:
    """Whether it says from or until when, or one of several."""
    own = {word.casefold() for word in _WORD.findall(told)}
    bounds = {word for language in words_of("bounds").values() for word in language}
    return not own.isdisjoint(bounds) or any(word in told for word in bounds if word >= HAN)


def _weekdays(told: str) -> set[int]:
    """Days of the week that it names, Monday 0."""
    own = {word.casefold() for word in _WORD.findall(told)}
    return {day for word, day in weekdays().items() if word in own or (word >= HAN and word in told)}
