"""Small values that admins write as text: durations, times of day, days, opening hours, sizes."""

import re
from dataclasses import dataclass

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

NIGHT = (60, 240)
"""Minutes of the local day, from and to, between which no job runs: clocks change then."""
Interval = tuple[int, int]
"""Minutes of the local day, from and to; 480, 1080 is 08:00-18:00. The end may be 1440."""

_DURATION = re.compile(r"(\d{1,6})(m|h|wd|d)")
_TIME = re.compile(r"(\d{1,2}):(\d{2})")
_SIZE = re.compile(r"(\d{1,9})\s*(B|KiB|MiB|GiB)?")
_SIZE_UNITS = {"": 1, "B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}


@dataclass(frozen=True, slots=True)
class Duration:
    """A length of time as written: `30m`, `2h`, `7d` (24 h each) or `2wd` (working days)."""

    amount: int
    unit: str

    def __str__(self) -> str:
        return f"{self.amount}{self.unit}"

    @property
    def minutes(self) -> int:
        """Minutes of a fixed length.

        Raises:
            ValueError: Working days have no fixed length.
        """
        if self.unit == "wd":
            raise ValueError("working days have no fixed length")
        return self.amount * {"m": 1, "h": 60, "d": 1440}[self.unit]


def parse_duration(text: object, *, examples: str = "30m, 2h, 7d or 2wd (working days)") -> Duration:
    """Read `30m`, `2h`, `7d` or `2wd`; the examples are for the error."""
    if isinstance(text, Duration):
        return text
    match = _DURATION.fullmatch(text.strip()) if isinstance(text, str) else None
    if match is None:
        raise ValueError(f"'{text}' is not a duration, write {examples}")
    return Duration(int(match[1]), match[2])


def parse_silence(text: object) -> Duration | str:
    """Read how long a source may be silent: a fixed length of time, or `off`."""
    if text == "off":
        return "off"
    duration = parse_duration(text, examples="7d or off")
    if duration.unit == "wd":
        raise ValueError(f"'{text}' counts working days, silence counts all, write 7d or off")
    return duration


def parse_elapsed(text: object) -> Duration | str:
    """Read how long something may wait: a fixed length of time, or `off`."""
    if text == "off":
        return "off"
    duration = parse_duration(text, examples="10m, 2h, 1d or off")
    if duration.unit == "wd" or not duration.amount:
        raise ValueError(f"'{text}' is no length of time or counts working days, write 10m, 2h, 1d or off")
    return duration


def parse_early(value: object) -> float | str:
    """Read how many false alarms a year are to be expected of early silence, or `off`."""
    if value == "off":
        return "off"
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 52:
        raise ValueError(f"'{value}' is not a number of false alarms a year, write 0.2 (at most 52) or off")
    return float(value)


def parse_time(text: str) -> int:
    """Read `08:00` as minutes of the day; `24:00` is the end of the day."""
    match = _TIME.fullmatch(text.strip())
    minutes = int(match[1]) * 60 + int(match[2]) if match and int(match[2]) < 60 else 1441
    if minutes > 1440:
        raise ValueError(f"'{text.strip()}' is not a time of day, write 08:00")
    return minutes


def parse_intervals(text: object) -> tuple[Interval, ...]:
    """Read `07:00-12:00, 13:00-17:00`; an empty text or `closed` means no hours."""
    if isinstance(text, tuple):
        return text
    if not isinstance(text, str):
        raise ValueError('is not opening hours, write "08:00-18:00"')  # noqa: TRY004 - pydantic collects ValueError
    intervals: list[Interval] = []
    for part in filter(None, (p.strip() for p in text.split(","))):
        if part == "closed":
            continue
        start_text, dash, end_text = part.partition("-")
        if not dash:
            raise ValueError(f"'{part}' is not a span of hours, write 08:00-18:00")
        start, end = parse_time(start_text), parse_time(end_text)
        if start >= end:
            raise ValueError(f"'{part}' ends before it begins")
        if intervals and start < intervals[-1][1]:
            raise ValueError(f"'{part}' overlaps or precedes the span before it")
        intervals.append((start, end))
    return tuple(intervals)


def format_intervals(intervals: tuple[Interval, ...]) -> str:
    """Write opening hours as admins do; the opposite of `parse_intervals`."""
    spans = (f"{start // 60:02}:{start % 60:02}-{end // 60:02}:{end % 60:02}" for start, end in intervals)
    return ", ".join(spans) or "closed"


def parse_days(text: str) -> tuple[int, ...]:
    """Read `mon-fri`, `sat` or `mon,wed` as weekday numbers, Monday being 0."""
    days: list[int] = []
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        for name in (first, last) if dash else (first,):
            if name not in DAYS:
                raise ValueError(f"'{name}' is not a weekday, write {', '.join(DAYS)} or mon-fri")
        start = DAYS.index(first)
        end = DAYS.index(last) if dash else start
        days.extend((start + i) % 7 for i in range((end - start) % 7 + 1))
    return tuple(days)


def parse_wait(text: object) -> Duration:
    """Read how long mails wait for others: minutes or hours, at most a day; `0m` is at once."""
    duration = parse_duration(text)
    if duration.unit not in ("m", "h") or duration.minutes > 1440:
        raise ValueError(f"'{text}' is not a short wait, write 10m or 1h, at most 24h")
    return duration


def parse_time_of_day(text: object) -> int:
    """Read `16:30` as minutes of the local day."""
    if isinstance(text, int) and not isinstance(text, bool):
        return text
    minutes = parse_time(text) if isinstance(text, str) else 1440
    if minutes >= 1440:
        raise ValueError(f"'{text}' is not a time of day, write 08:00")
    return minutes


def parse_time_or_off(text: object) -> int | str:
    """Read a time of day, or `off`."""
    try:
        return "off" if text == "off" else parse_time_of_day(text)
    except ValueError as error:
        raise ValueError(f"{error} or off") from error


def parse_job_time(text: object) -> int:
    """Read the local time of a job; not one that a change of the clock may skip or bring twice."""
    minutes = parse_time_of_day(text)
    if NIGHT[0] <= minutes < NIGHT[1]:
        raise ValueError(
            f"'{format_time(minutes)}' lies between 01:00 and 03:59, which a change of the clock may skip or bring "
            "twice: write an earlier or a later time"
        )
    return minutes


def parse_job_time_or_off(text: object) -> int | str:
    """Read the local time of a job, or `off`."""
    if text == "off":
        return "off"
    parse_time_or_off(text)  # its words, where it is no time at all
    return parse_job_time(text)


def format_time(minutes: int | str) -> str:
    """Write a time of day as admins do; the opposite of `parse_time_or_off`."""
    return minutes if isinstance(minutes, str) else f"{minutes // 60:02}:{minutes % 60:02}"


def parse_size(text: object) -> int:
    """Read `25MiB` as bytes; a bare number counts bytes."""
    if isinstance(text, int) and not isinstance(text, bool):
        return text
    match = _SIZE.fullmatch(text.strip()) if isinstance(text, str) else None
    if match is None:
        raise ValueError(f"'{text}' is not a size, write 25MiB")
    return int(match[1]) * _SIZE_UNITS[match[2] or ""]
