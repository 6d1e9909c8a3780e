"""Times as sources and customers write them: explicit formats only, nothing is guessed from free words."""

import re
import unicodedata
from datetime import datetime
from functools import lru_cache

_LIMIT = 120

MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan januar januari janvier janv gennaio gen jän jänner",
            "february feb februar februari février fevrier févr fevr febbraio febr",
            "march mar märz maerz mär mrz marts maart mrt mars marzo",
            "april apr avril avr aprile",
            "may mai maj mei maggio mag",
            "june jun juni juin giugno giu",
            "july jul juli juillet juil luglio lug",
            "august aug augustus août aout agosto ago",
            "september sep sept septembre settembre set",
            "october oct oktober okt octobre ottobre ott",
            "november nov novembre",
            "december dec dezember dez décembre decembre déc dicembre dic",
        ),
        start=1,
    )
    for name in names.split()
}
_WEEKDAY = re.compile(
    r"^\(?(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?\b|"
    r"^\(?(?:montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonnabend|sonntag|mo|di|mi|do|fr|sa|so|"
    r"mandag|tirsdag|onsdag|torsdag|fredag|lørdag|søndag|man|tirs?|ons|tors?|fre|lør|søn|"
    r"maandag|dinsdag|woensdag|donderdag|vrijdag|zaterdag|zondag|ma|wo|vr|za|zo|"
    r"lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|lun|mer|jeu|ven|sam|dim|"
    r"lunedì|martedì|mercoledì|giovedì|venerdì|sabato|domenica|gio|sab|dom)\b|"
    r"^\(?(?:星期|周|礼拜)[一二三四五六日天]"
)
_LEAD = r"^[\s,.)(]*(?:(?:am|den|der|d\.|on|the|op|le|il|the)\s)?\s*"
_NAME = r"[^\W\d_]{3,9}"
_DATES = tuple(
    re.compile(_LEAD + pattern)
    for pattern in (
        r"(?P<y>\d{4})[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})(?!\d)",
        r"(?P<y>\d{4})\s?年\s?(?P<m>\d{1,2})\s?月\s?(?P<d>\d{1,2})\s?[日号]?",
        r"(?P<y>(?:19|20)\d{2})(?P<m>\d{2})(?P<d>\d{2})(?!\d)",
        r"(?P<d>\d{1,2})\.\s?(?P<m>\d{1,2})\.\s?(?P<y>\d{4}|\d{2})(?!\d)",
        r"(?P<a>\d{1,2})[/-](?P<b>\d{1,2})[/-](?P<y>\d{4}|\d{2})(?!\d)",
        r"(?P<a>\d{1,2})/(?P<b>\d{1,2})\s(?P<y>\d{4})(?!\d)",
        rf"(?P<d>\d{{1,2}})(?:\.|st|nd|rd|th|er)?[\s-]\s?(?:of\s)?(?P<name>{_NAME})\.?,?[\s-]\s?(?P<y>\d{{4}})(?!\d)",
        rf"(?P<name>{_NAME})\.?\s(?P<d>\d{{1,2}})(?:st|nd|rd|th)?,?\s(?P<y>\d{{4}})(?!\d)",
    )
)
_ZONES = {"cet": "+01:00", "mez": "+01:00", "cest": "+02:00", "mesz": "+02:00"}
_ZONE = r"(?P<zone>(?:utc|gmt)?\s?[+-]\d{1,2}(?::?\d{1,2})?|z|utc|gmt|(?:ce|me)s?[tz]\b)?"
_TIME = re.compile(
    r"^[\s,.]*(?:t|[-–—|/]|kl\b\.?|klokken\b|um\b|at\b|om\b|à|alle\b|ore\b|ab\b|from\b|@|ca\b\.?)?[\s:]*"
    r"(?P<half>上午|下午|晚上|中午|早上|凌晨)?\s?"
    r"(?P<h>\d{1,2})(?:\s?[:.h点时：]\s?(?P<min>\d{1,2})(?:\s?[:.分]\s?(?P<s>\d{2}))?(?:[.,]\d{1,9})?\s?分?|(?P<full>\s?(?:点|时|h|uhr|uur)[整半]?))?"
    r"(?!\d)\s?(?:(?P<ampm>[ap])\.?\s?m\b\.?)?\s?(?:uhr\b|uur\b|heures\b|o'clock\b|h\b)?\s?" + _ZONE
)
_COMPACT = re.compile(r"^\s?t?(?P<h>\d{2})(?P<min>\d{2})(?P<s>\d{2})?\s?" + _ZONE + r"(?!\d)")
# what may follow a time without changing it: the end of a span, a zone's or a weekday's name in brackets
_TAIL = re.compile(
    r"^\s*(?:(?:-|–|bis|to|til|tot|à|alle)\s*\d{1,2}(?:[:.]\d{2})?\s?(?:[ap]\.?m\.?|uhr|uur)?)?[\s.,;]*"
    r"(?:\([^()]{0,60}\))?[\s.,;]*$"
)
# a date alone; what begins like the end of a span is a time
_END = re.compile(r"^[\s.,;]*(?:\([^()]{0,60}\))?[\s.,;]*$")
_OFFSET = re.compile(r"([+-])(\d{1,2})(?::?(\d{1,2}))?")
_PM = {"p": 12, "下午": 12, "晚上": 12}


@lru_cache(maxsize=2048)
def instant(text: str, language: str | None = None) -> str | None:
    """Read a date, with its time if it has one.

    Args:
        text: A labelled value.
        language: BCP 47 tag; it decides `12/03/2026` (`en` alone means the United States: month first). Without a
            language such a date is read only if one order is possible.

    Returns:
        ISO 8601: `2026-11-25`, `2026-11-25T14:30:00` (local, as written) or with `Z` or an offset; None for anything
        that is not wholly a date and time of the years 1900 to 2099.
    """
    rest = " ".join(unicodedata.normalize("NFKC", text[:_LIMIT]).lower().split())
    rest = _without_weekday(rest)
    day = _day(rest, language)
    if day is None:
        return _time_first(rest, language)
    date, rest = day
    if _END.match(rest):
        return date
    time = _time(_without_weekday(rest.lstrip()))
    return f"{date}T{time[0]}" if time and _TAIL.match(time[1]) else None


def _time_first(text: str, language: str | None) -> str | None:
    """`11:00am - Tuesday, February 7, 2023 (Pacific Time)`."""
    time = _time(text)
    if time is None:
        return None
    rest = _without_weekday(re.sub(r"^[\s,-]*(?:(?:am|on|den)\s)?", "", time[1]))
    day = _day(rest, language)
    return f"{day[0]}T{time[0]}" if day and _TAIL.match(day[1]) else None


def _without_weekday(text: str) -> str:
    found = _WEEKDAY.match(text)
    return text[found.end() :].lstrip(" .,)") if found else text


def _day(text: str, language: str | None) -> tuple[str, str] | None:
    """The date at the start of the text as ISO 8601, and what follows it."""
    for pattern in _DATES:
        if found := pattern.match(text):
            date = _date(found.groupdict(), language)
            return (date, text[found.end() :]) if date else None
    return None


def _date(parts: dict[str, str | None], language: str | None) -> str | None:
    year = int(parts["y"] or 0)
    year += 2000 if len(parts["y"] or "") == 2 else 0
    for month, day in _orders(parts, language):
        try:
            date = datetime(year, month, day)  # noqa: DTZ001 - only a check of the calendar
        except ValueError:
            continue
        return f"{date:%Y-%m-%d}" if 1900 <= year < 2100 else None
    return None


def _orders(parts: dict[str, str | None], language: str | None) -> tuple[tuple[int, int], ...]:
    """Possible (month, day) pairs, the more likely first."""
    if parts.get("name"):
        month = MONTHS.get(parts["name"] or "")
        return ((month, int(parts["d"] or 0)),) if month else ()
    if not parts.get("a"):
        month, day = int(parts["m"] or 0), int(parts["d"] or 0)
        return ((month, day), (day, month))  # a source wrote Y-d-m: only an impossible month shows it
    first, second = int(parts["a"] or 0), int(parts["b"] or 0)
    if language is None and first != second and max(first, second) <= 12:
        return ()
    month_first = (language or "").lower() in ("en", "en-us")
    orders = ((first, second), (second, first))
    return orders if month_first else orders[::-1]


def _time(text: str) -> tuple[str, str] | None:
    """The time at the start of the text as ISO 8601 with its offset if any, and what follows it."""
    found = _COMPACT.match(text) or _TIME.match(text)
    if found is None:
        return None
    parts = found.groupdict()
    if not any(parts.get(key) for key in ("min", "full", "half", "ampm")) and "kl" not in found[0]:
        return None
    hour, minute, second = (int(parts[key] or 0) for key in ("h", "min", "s"))
    if "半" in (parts.get("full") or ""):
        minute = 30
    half = parts.get("ampm") or parts.get("half")
    if half == "晚上" and hour == 12:
        return None  # the midnight at the end of the day, or at its beginning
    if (half in _PM and hour < 12) or (half == "中午" and hour < 4):
        hour += 12
    elif half in ("a", "凌晨") and hour == 12:
        hour = 0
    if hour > 23 or minute > 59 or second > 59:
        return None
    return f"{hour:02}:{minute:02}:{second:02}{_offset(parts['zone'])}", text[found.end() :]


def _offset(zone: str | None) -> str:
    if not zone:
        return ""
    if zone in _ZONES:
        return _ZONES[zone]
    found = _OFFSET.search(zone)
    if found is None:
        return "Z"
    hours, minutes = int(found[2]), int((found[3] or "0").ljust(2, "0"))
    return f"{found[1]}{hours:02}:{minutes:02}" if hours <= 14 and minutes < 60 else ""
