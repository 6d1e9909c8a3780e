"""When somebody would like to come: the days and hours of a letter that are clear; all others are left to a person.

`am Freitag, 4.12. ab 9 Uhr` is clear, `nach dem 4.12.` is not, nor is `3/4` where both could be the month. A weekday
that does not fit its date makes nothing clear.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from parsers.dates import MONTHS
from parsers.until import clock_of
from parsers.visit_words import HAN, has_word, sentences, weekdays, words_of

LIMIT = 4_000
"""Characters of a letter that are looked at."""
MOST = 12
"""Days of one letter."""
_AHEAD, _AHEAD_WITHOUT_YEAR = 400, 200
"""Days: what lies further ahead is a mistake, or was meant of the past."""
_DAY_FIRST = frozenset(
    ["DE", "AT", "CH", "LU", "DK", "SE", "NO", "FI", "NL", "BE", "FR", "IT", "ES", "PT", "PL", "GB", "IE", "AU", "NZ"]
)
_MONTH_FIRST = frozenset(["US", "CN", "TW"])
"""Where `3/4` has one order only; in all other countries it is not clear."""
_FROM_HOUR = 6
"""An hour below, without minutes or half of the day, may be of the afternoon."""
_SHORT = frozenset(
    ["jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "oct", "okt", "nov", "dec", "dez", "mai", "maj"]
)
"""Months in three letters, without those that are words of their own (`ago`, `set`)."""
_NAMES = "|".join(sorted((name for name in MONTHS if len(name) > 3 or name in _SHORT), key=len, reverse=True))
_DATES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(?<![\d.-])(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})(?!\d)",
        r"(?:(?P<y>\d{4})\s?年\s?)?(?<!\d)(?P<m>\d{1,2})\s?月\s?(?P<d>\d{1,2})\s?[日号]",
        r"(?<![\d.,])(?P<d>\d{1,2})\.\s?(?P<m>\d{1,2})\.(?:\s?(?P<y>20\d\d)(?!\d)|(?P<short>\d\d)(?![\d:]))?(?!\d)",
        r"(?<![\d/])(?P<a>\d{1,2})/(?P<b>\d{1,2})(?:/(?P<y>20\d\d)|/(?P<short>\d\d))?(?![\d/])",
        rf"(?<!\d)(?P<d>\d{{1,2}})(?:\.|st|nd|rd|th)?\s?(?:of\s)?(?P<name>{_NAMES})\b\.?(?:,?\s?(?P<y>20\d\d)(?!\d))?",
        rf"\b(?P<name>{_NAMES})\.?\s(?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?![\d:.])(?:,?\s(?P<y>20\d\d)(?!\d))?",
    )
)
_WEEKDAYS = weekdays()
_ANY_WEEKDAY = "|".join(sorted(_WEEKDAYS, key=len, reverse=True))
_LONG = "|".join(sorted((name for name in _WEEKDAYS if len(name) > 4 or name[0] >= HAN), key=len, reverse=True))
_BEFORE = words_of("before")
_BETWEEN = "|".join(_BEFORE["date"])
_WEEKDAY_BEFORE = re.compile(
    rf"(?:^|[^\w]|(?<=[一-鿿]))({_ANY_WEEKDAY})[\s.,(]{{0,3}}(?:(?:{_BETWEEN})[\s.]{{1,2}})?$", re.IGNORECASE
)
_WEEKDAY_AFTER = re.compile(rf"^[\s,(（]{{0,3}}({_LONG})(?![^\W一-鿿])", re.IGNORECASE)
_LEADS = "|".join(word for word in _BEFORE["day"] if word[0] < HAN)
_WEEKDAY_ALONE = re.compile(
    rf"\b(?:{_LEADS})\s{{1,2}}(?P<latin>{'|'.join(n for n in _LONG.split('|') if n[0] < HAN)})\b"
    r"(?![\s,.(]{0,4}\d{1,2}[./])"
    rf"|(?P<next>下?)(?:这|本)?(?P<han>{'|'.join(n for n in _LONG.split('|') if n[0] >= HAN)})",
    re.IGNORECASE,
)
_RELATIVE = re.compile(
    "|".join(rf"(?P<in{days}>{'|'.join(words)})" for days, words in words_of("relative").items()), re.IGNORECASE
)
_MORNING = re.compile(r"(?:\b(?:guten|am|jeden|ab|bis)\s{1,2}$)", re.IGNORECASE)
"""`Guten Morgen`, `am Morgen`: the time of day, not the day after."""
_VAGUE_BEFORE = re.compile(
    rf"\b(?:{'|'.join(_BEFORE['vague'])})(?:\s{{1,2}}(?:{_BETWEEN}))?[\s.]{{1,2}}$", re.IGNORECASE
)
_VAGUE_AFTER = re.compile(
    r"^\s?(?:之前|以前|前|之后|以后|后|起|or later|or earlier|oder später|eller senere)", re.IGNORECASE
)
_HOUR_LEADS = "|".join(dict.fromkeys((*_BEFORE["clock"], *_BEFORE["unsure"])))
_HOUR = re.compile(
    rf"(?P<leads>(?:\b(?:{_HOUR_LEADS})\b\.?\s{{0,2}}){{0,2}})(?P<half>上午|下午|晚上|中午|早上)?\s?"
    r"(?<![\d.,:/-])(?P<h>\d{1,2})(?:\s?[:：]\s?(?P<min>\d\d)|\.(?P<dot>\d\d)(?![\d.]))?(?!\d)"
    r"\s?(?P<clock>uhr\b|o'clock\b|[点时](?P<thirty>半)?(?:(?P<zh>\d{1,2})分)?)?\s?(?P<ampm>[ap]\.?m\b\.?)?",
    re.IGNORECASE,
)
_SPAN = re.compile(
    r"^\s{0,2}(?:-|–|—|bis|to|und|and|og|til|until|至|到|oder|or|eller|或)\s{0,2}(?:kl\.?\s?)?\d", re.IGNORECASE
)
_REACH = 40
"""Characters between a day and its hour."""


class _Day(NamedTuple):
    """A day that a sentence names, with the place of its words; None where it is named and not clear."""

    start: int
    end: int
    day: date | None


def wanted(text: str, sent: date | None, region: str = "DE") -> tuple[str, ...]:
    """The clear times of a letter, in its order.

    Args:
        text: What the customer wrote, with the subject above it.
        sent: Day of the mail where its writer was; None where it does not say, and nothing is clear.
        region: ISO country of the site.

    Returns:
        Local times, ISO 8601 without offset, ten characters for a day without a clear hour. Nothing where two words
        contradict each other.
    """
    if sent is None:
        return ()
    found: dict[str, set[str | None]] = {}
    for sentence in sentences(unicodedata.normalize("NFKC", text[:LIMIT])):
        if has_word(sentence, "not"):
            continue
        days = sorted(_days(sentence, sent, region))[:MOST]
        for number, one in enumerate(days):
            if one.day is None:
                return ()
            until = days[number + 1].start if number + 1 < len(days) else len(sentence)
            since = days[number - 1].end if number else 0
            found.setdefault(one.day.isoformat(), set()).add(_hour(sentence, one, since, until))
    return tuple(_with_hour(day, {hour for hour in hours if hour}) for day, hours in found.items())


def _with_hour(day: str, hours: set[str]) -> str:
    return f"{day}T{next(iter(hours))}:00" if len(hours) == 1 else day


def _days(sentence: str, sent: date, region: str) -> Iterator[_Day]:
    """The days of a sentence from its mail's on; those that are vague or long past are left out."""
    dated = list(_without_overlap(list(_dated(sentence, sent, region))))
    named = [*_relative(sentence, sent), *_weekdays(sentence, sent)]
    taken = [(one.start - 4, one.end + 4) for one in dated]
    beside = [one for one in named if not any(one.start < end and start < one.end for start, end in taken)]
    for one in (*dated, *beside):
        if _VAGUE_BEFORE.search(sentence[max(0, one.start - 20) : one.start]) or _VAGUE_AFTER.match(
            sentence[one.end :]
        ):
            continue
        if one.day is None or one.day >= sent:
            yield one


def _without_overlap(days: Sequence[_Day]) -> Iterator[_Day]:
    for one in days:
        if not any(
            other.end - other.start > one.end - one.start and one.start < other.end and other.start < one.end
            for other in days
        ):
            yield one


def _dated(sentence: str, sent: date, region: str) -> Iterator[_Day]:
    for pattern in _DATES:
        for found in pattern.finditer(sentence):
            start, end, weekday = _weekday_beside(sentence, found.start(), found.end())
            parts = found.groupdict()
            alone = "a" in parts and not (parts["y"] or parts["short"])
            if alone and weekday is None and not _introduced(sentence, found.start()):
                continue  # `24/7`, `1/2`
            days = {day for each in _orders(parts, region) if (day := _near(each, parts, sent))}
            fitting = {day for day in days if weekday in (None, day.weekday())}
            if days:
                yield _Day(start, end, fitting.pop() if len(fitting) == 1 else None)


def _introduced(sentence: str, start: int) -> bool:
    return re.search(rf"\b(?:{_BETWEEN})[\s.]{{1,2}}$", sentence[max(0, start - 8) : start], re.IGNORECASE) is not None


def _weekday_beside(sentence: str, start: int, end: int) -> tuple[int, int, int | None]:
    """Where the words begin and end with a weekday before or behind the date, and which one it is."""
    before = _WEEKDAY_BEFORE.search(sentence[max(0, start - 24) : start])
    if before:
        return max(0, start - 24) + before.start(1), end, _WEEKDAYS[before[1].lower()]
    after = _WEEKDAY_AFTER.match(sentence[end : end + 16])
    return (start, end + after.end(), _WEEKDAYS[after[1].lower()]) if after else (start, end, None)


def _orders(parts: dict[str, str | None], region: str) -> Iterator[tuple[int, int]]:
    """Possible (month, day) pairs: both, where the country does not say which one is meant."""
    if parts.get("name"):
        yield MONTHS[(parts["name"] or "").lower()], int(parts["d"] or 0)
    elif parts.get("a"):
        first, second = int(parts["a"] or 0), int(parts["b"] or 0)
        if region.upper() not in _MONTH_FIRST:
            yield second, first
        if region.upper() not in _DAY_FIRST:
            yield first, second
    else:
        yield int(parts["m"] or 0), int(parts["d"] or 0)


def _near(pair: tuple[int, int], parts: dict[str, str | None], sent: date) -> date | None:
    """The date in its year, or the next one from the mail's day on; None for no date, and for one too far ahead."""
    year = int(parts.get("y") or 0) or (2000 + int(parts["short"] or 0) if parts.get("short") else 0)
    for each in [year] if year else [sent.year, sent.year + 1]:
        try:
            day = date(each, *pair)
        except ValueError:
            continue
        if year or day >= sent:
            ahead = (day - sent).days
            return day if ahead <= (_AHEAD if year else _AHEAD_WITHOUT_YEAR) else None
    return None


def _relative(sentence: str, sent: date) -> Iterator[_Day]:
    for found in _RELATIVE.finditer(sentence):
        bounded = found[0][0] >= HAN or _stands_alone(sentence, found.start(), found.end())
        is_day = found[0].lower() != "morgen" or not (_MORNING.search(sentence[: found.start()]) or found[0][0] == "M")
        if bounded and is_day:
            yield _Day(found.start(), found.end(), sent + timedelta(days=int((found.lastgroup or "in0")[2:])))


def _stands_alone(sentence: str, start: int, end: int) -> bool:
    return not (sentence[start - 1 : start].isalnum() or sentence[end : end + 1].isalnum())


def _weekdays(sentence: str, sent: date) -> Iterator[_Day]:
    """`on Friday` is the coming one; on a Friday nobody knows which. `下周五` is that of the week after this one."""
    for found in _WEEKDAY_ALONE.finditer(sentence):
        wanted_day = _WEEKDAYS[(found["latin"] or found["han"]).lower()]
        ahead = (wanted_day - sent.weekday()) % 7
        if found["next"]:
            yield _Day(found.start(), found.end(), sent + timedelta(days=7 - sent.weekday() + wanted_day))
        elif ahead:
            yield _Day(found.start(), found.end(), sent + timedelta(days=ahead))


def _hour(sentence: str, one: _Day, since: int, until: int) -> str | None:
    """The only hour that stands beside a day, as HH:MM; None where there is none, or it is a span or only about."""
    behind = sentence[one.end : min(until, one.end + _REACH)]
    before = sentence[max(since, one.start - _REACH // 2) : one.start]
    hours = list(_hours(behind)) or list(_hours(before))
    return hours[0] if len(hours) == 1 else None


def _hours(text: str) -> Iterator[str | None]:
    for found in _HOUR.finditer(text):
        parts = found.groupdict()
        leads = re.findall(r"[^\W\d_]+", parts["leads"].lower())
        if not (leads or any(parts[key] for key in ("min", "clock", "ampm", "half"))):
            continue
        unsure = bool(set(leads) & set(_BEFORE["unsure"])) or _SPAN.match(text[found.end() :]) is not None
        yield None if unsure else _of_day(parts)


def _of_day(parts: dict[str, str | None]) -> str | None:
    """The time of day; a small hour alone may be one of the afternoon."""
    told = any(parts[key] for key in ("ampm", "half", "min", "dot"))
    return clock_of(parts) if told or int(parts["h"] or 0) >= _FROM_HOUR else None
