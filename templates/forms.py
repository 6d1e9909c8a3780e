"""How values are written in a language: times, amounts, distances, phone numbers, and the links made of them.

Values come from strangers: what does not have the expected shape is shown as it was written, never refused.
"""

import re
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from urllib.parse import quote
from zoneinfo import ZoneInfo

from parsers import clean
from parsers.clean import single_line
from parsers.records import Distance, Money
from templates.words import Words, counted

_SEPARATORS = tuple(mark.encode() for mark in ("\x85", "\u2028", "\u2029"))
_CONTROLS = bytes(b if (b >= 32 and b != 127) or b in b"\t\n" else 10 if b in b"\r\v\f" else 32 for b in range(256))
_AMOUNT = re.compile(r"-?\d{1,15}(\.\d{1,2})?")
_MAILBOX = re.compile(r"[A-Za-z0-9.!#$*+/=^_`{|}~'-]{1,64}@[\w.-]{1,253}")
_WEB = re.compile(r"https?://[^\s<>\"'\\^`{|}]{1,2000}", re.IGNORECASE)


def one_line(text: object, limit: int = 500) -> str:
    """A text as one line without control, line separator and reordering characters, cut to `limit` characters."""
    line = single_line(str(text), limit + 1) or ""
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def lines(text: str | None) -> tuple[str, ...]:
    """The lines of a text, without blank ones at both ends and never two blank ones in a row."""
    said = clean.block(text)
    return tuple(said.split("\n")) if said else ()


def printable(text: str) -> str:
    """A finished text with LF line ends, without control characters and lone surrogates."""
    # Over bytes: ten times faster than regular expressions over text, and this runs over every mail that goes out.
    raw = text.encode("utf-8", "replace").replace(b"\r\n", b"\n")
    for separator in _SEPARATORS:
        raw = raw.replace(separator, b"\n")
    return raw.translate(_CONTROLS).decode("utf-8")


@lru_cache(maxsize=4096)
def phone(number: str) -> str:
    """An E.164 number in its international form (`+49 30 1234567`); anything else as written."""
    if not number.startswith("+"):
        return one_line(number, 60)
    import phonenumbers

    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return one_line(number, 60)
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def call_link(number: str) -> str | None:
    """A `tel:` link (RFC 3966), if the number has at least three digits."""
    digits = "".join(c for c in number if c in "0123456789")
    return f"tel:{'+' if number.lstrip().startswith('+') else ''}{digits}" if 3 <= len(digits) <= 20 else None


def write_link(address: str, subject: str, body: str | None = None) -> str | None:
    """A `mailto:` link (RFC 6068); none for an address that could name a second recipient or a header.

    The body goes first: `parsers.ours` knows a command link by it, however the subject was written out again.
    """
    if not _MAILBOX.fullmatch(address):
        return None
    told = f"body={quote(body, safe='')}&" if body else ""
    return f"mailto:{quote(address, safe='@')}?{told}subject={quote(one_line(subject, 150), safe='')}"


def web_link(url: str) -> str | None:
    """The address itself, if it leads to a web page and nowhere else."""
    return url if _WEB.fullmatch(url) else None


def _in_units(value: timedelta) -> tuple[str, int]:
    """Minutes below two hours, hours below two days, else days; whole hours and days are called so."""
    minutes = max(1, int(value.total_seconds() / 60 + 0.5))
    for unit, size in (("day", 24 * 60), ("hour", 60)):
        if minutes >= 2 * size or minutes == size:
            return unit, (minutes + size // 2) // size
    return "minute", minutes


def _offset(local: datetime) -> str:
    """`UTC+1`, `UTC-3:30`, `UTC`."""
    minutes = int((local.utcoffset() or timedelta()).total_seconds() / 60)
    hours, rest = divmod(abs(minutes), 60)
    ahead = f"{'-' if minutes < 0 else '+'}{hours}" if minutes else ""
    return f"UTC{ahead}{f':{rest:02}' if rest else ''}"


class Forms:
    """The forms of one language and one site's local time."""

    def __init__(self, words: Words, timezone: str) -> None:
        self._words = words
        self._zone = ZoneInfo(timezone)

    def moment(self, value: datetime | str | None) -> str:
        """A time in the site's local time and the language's form.

        Text is ISO 8601; without an offset it is local already, without a time it is a day.
        """
        if value is None:
            return ""
        if isinstance(value, str):
            try:
                parsed = datetime.fromisoformat(value.strip())
            except ValueError:
                return one_line(value, 100)
            if len(value.strip()) <= 10:
                return self._write("date", parsed)
            if parsed.tzinfo is None:
                return self._write("datetime", parsed)
            value = parsed
        return self._local("datetime", value)

    def time(self, value: datetime) -> str:
        """The time of day alone, of an end that lies on the day of its beginning."""
        return self._local("time", value)

    def _local(self, form: str, value: datetime) -> str:
        try:
            local = value.astimezone(self._zone)
        except OverflowError:  # the years 1 and 9999 have no neighbours
            return self._write(form, value)
        twice = (
            local.replace(fold=1 - local.fold).utcoffset() != local.utcoffset()
        )  # the hour that a clock change repeats
        return f"{self._write(form, local)}{f' ({_offset(local)})' if twice else ''}"

    def short(self, at: datetime) -> str:
        """Day and time in the site's local time, for a button."""
        return self._write("short", at.astimezone(self._zone))

    def zone(self, at: datetime) -> str:
        """Whose time this is: the zone's name, and how far it is from UTC at a moment."""
        return ", ".join(dict.fromkeys((self._zone.key, _offset(at.astimezone(self._zone)))))

    def duration(self, value: timedelta, table: str = "units") -> str:
        """A length of time in its fitting unit: `45 minutes`, `14 hours`, `9 days`; `ago` says how long since."""
        unit, number = _in_units(value)
        return counted(self._words[table][unit], number, n=self.number(number))

    def _write(self, form: str, at: datetime) -> str:
        names = self._words["forms"]
        text: str = names[form].format(
            weekday=names["weekdays"][at.weekday()],
            day=at.day,
            month=names["months"][at.month - 1],
            number=at.month,
            year=at.year,
            hour=at.hour,
            minute=at.minute,
        )
        return text

    def number(self, value: Decimal | int) -> str:
        """A number with the language's marks for thousands and decimals."""
        marks = {",": self._words["forms"]["thousands"], ".": self._words["forms"]["decimal"]}
        return "".join(marks.get(c, c) for c in f"{value:,}")

    def money(self, money: Money | None, *, cents: bool = False) -> str:
        """An amount with its currency.

        Args:
            money: Of an unknown currency, the amount stands alone; what is no number stands as it was written.
            cents: Also where there are none, as in an estimate; else only where there are any.
        """
        if money is None:
            return ""
        if not _AMOUNT.fullmatch(money.amount):
            return one_line(f"{money.amount} {money.currency or ''}", 60)
        amount = Decimal(money.amount).quantize(Decimal("0.01"))
        text = self.number(amount if cents or amount != int(amount) else int(amount))
        if money.currency is None:
            return text
        currency = self._words["currencies"].get(money.currency, one_line(money.currency, 10) + "\u00a0")
        written: str = self._words["forms"]["money"].format(amount=text, currency=currency)
        return written.strip()

    def distance(self, distance: Distance | None) -> str:
        """A distance with its unit, if that is known."""
        return f"{self.number(distance.value)}\u00a0{distance.unit or ''}".strip() if distance else ""

    def size(self, size: int) -> str:
        """A number of bytes as people say it, in steps of a thousand: 840 B, 482 kB, 1.2 MB."""
        if size < 1_000:
            return f"{size}\u00a0B"
        if size < 1_000_000:
            return f"{size // 1_000}\u00a0kB"
        return f"{self.number(Decimal(size // 100_000) / 10)}\u00a0MB"

    phone = staticmethod(phone)
    lines = staticmethod(lines)
    one_line = staticmethod(one_line)
