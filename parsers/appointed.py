"""The day and time of a workshop visit, its end and its price, as people of the workshop write them behind a command.

`Do 9 Uhr` is `thu 09:00`, `3.12. 9:00-10:30` is `12-03 09:00` until `10:30`: what the day is called is decided here,
which day that is by `rules.appointed`, which knows when it was written. What is not clear in every part stays as it
is: nobody is invited for a time that a program guessed.
"""

import re
import unicodedata
from typing import NamedTuple

from config.values import DAYS
from parsers.amounts import priced
from parsers.clean import single_line
from parsers.command_words import head, squeezed, table
from parsers.until import Found, date_at, front, time_of_day, unfilled

_LIMIT = 120
_TO = re.compile(r"\s{0,3}(?:[-–—~～至到]|(?:bis|to|til|till|until|indtil)\b)\s{0,3}")
_LEADS = re.compile(r"(?:von|from|fra|从)\s{0,3}")
_NUMBER = r"(?<![\d:.,])\d{1,6}(?:[.,']\d{3})?(?:[.,]\d{1,2}|,-)?"
_SIGN = r"(?:€|eur\b|euros?\b|dkk\b|kr\b\.?|cny\b|rmb\b|元|￥|¥|£|gbp\b|chf\b|usd\b|\$)"
_PRICE = re.compile(rf"(?:\bfor\b|\bfür\b|\bca\.|约)?\s?(?:{_SIGN}\s?{_NUMBER}|{_NUMBER}\s?{_SIGN})")
_AFTERNOON = re.compile(r"下午|晚上")
_SAYS_HALF = re.compile(r"\d\s?[ap]\.?m\b|上午|下午|晚上|中午|早上")


class Appointed(NamedTuple):
    """What a line says of a visit; what it does not say is None."""

    at: str | None = None
    """`2026-12-03 09:00`, `12-03 09:00`, `thu 09:00`, `thu 12-03 09:00`, `tomorrow 09:00`; as written where it cannot
    be read."""
    until: str | None = None
    """`10:30`."""
    price: str | None = None
    """`129.00 EUR`."""


def appointed(text: str, region: str = "DE") -> Appointed:
    """Read what stands behind `offer`, `schedule` and `pre-book`.

    Args:
        text: The line without the command.
        region: ISO country of the site: it decides `3/12`, and whose crowns `kr` are.
    """
    written = single_line(text, _LIMIT)
    told = unicodedata.normalize("NFKC", text[: _LIMIT + 1]).casefold()
    price, told = _priced(told, region)
    if not unfilled(told):
        return Appointed(price=price)
    when = _when(told, region) if len(text) <= _LIMIT else None
    return Appointed(when.at, when.until, price) if when else Appointed(at=written)


def clock_time(text: str) -> str | None:
    """A time of day and nothing else, as `10:30`; None where it is none."""
    found = time_of_day(unicodedata.normalize("NFKC", text[:_LIMIT]).casefold(), bare=True)
    return found[0] if found and not unfilled(found[1]) else None


def _priced(text: str, region: str) -> tuple[str | None, str]:
    """The one amount beside a currency, and the text without it."""
    found = list(_PRICE.finditer(text))
    if len(found) != 1:
        return None, text
    read = next(priced(found[0][0], language={"SE": "sv", "NO": "no"}.get(region)), None)
    if read is None:
        return None, text
    return f"{read.amount} {read.currency}", f"{text[: found[0].start()]} {text[found[0].end() :]}"


def _when(text: str, region: str) -> Appointed | None:
    day = _day(text, region)
    if day is not None:
        span = _span(day[1])
        return Appointed(f"{day[0]} {span.at}", span.until) if span and not span.rest else None
    span = _span(text)  # the hour first: `9:00 tomorrow`
    day = _day(span.rest, region) if span else None
    return Appointed(f"{day[0]} {span.at}", span.until) if span and day and not unfilled(day[1]) else None


def _day(text: str, region: str) -> Found | None:
    """The day at the front: a date, a weekday, both, or one seen from today."""
    text = front(text)
    while (named := head(text, "days")) is None and (filler := head(text, "words.fill")) is not None:
        text = front(filler.rest)
    if named is None:
        return date_at(text, region)
    name = text[: len(text) - len(named.rest)]
    dated = date_at(unfilled(named.rest), region)
    if named.meaning not in DAYS:
        return None if dated else (named.meaning, named.rest)
    if squeezed(name) in table("words.next week"):
        return None  # some day of it
    return (f"{named.meaning} {dated[0]}", dated[1]) if dated else (named.meaning, named.rest)


class _Span(NamedTuple):
    at: str
    until: str | None
    rest: str


def _span(text: str) -> _Span | None:
    """A time of day, with its end if there is one; None where one of them is not clear."""
    text = front(text)
    if leads := _LEADS.match(text):
        text = text[leads.end() :]
    first = time_of_day(text, bare=True)
    if first is None:
        return None
    to = _TO.match(first[1])
    if to is None:
        return _Span(first[0], None, unfilled(first[1]))
    behind = first[1][to.end() :]
    end = time_of_day(behind, bare=True)
    if end is None:
        return None
    said = text[: len(text) - len(first[1])], behind[: len(behind) - len(end[1])]
    until = _same_half(said[0], said[1], end[0])
    return _Span(first[0], until, unfilled(end[1])) if until and until > first[0] else None


def _same_half(first: str, second: str, end: str) -> str | None:
    """The end of a span, in the half of the day that its beginning names; None for `2-4 pm`, which is not clear."""
    halves = bool(_SAYS_HALF.search(first)), bool(_SAYS_HALF.search(second))
    if halves == (False, True):
        return None
    if halves == (True, False) and _AFTERNOON.search(first) and end < "12":
        return f"{int(end[:2]) + 12}{end[2:]}"
    return end
