"""Business time: counted within opening hours, in UTC, right over clock changes, holidays and closures.

A step is due at the end of its last counted minute: two hours from 16:00 with closing at 18:00 are over at 18:00, not
on the next morning. Seconds are kept. For delivery the closing minute counts as closed: nobody reads what comes then.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from config.values import Duration
from rules.daybook import DayBook, Span
from rules.moments import day_and_time, days_words, week_words

LOOK_AHEAD = 400
"""Days that are searched for open hours: a year, its closures and a month."""

_DAY = timedelta(days=1)


class NeverOpens(ValueError):  # noqa: N818 - what is wrong with the hours
    """The hours do not hold the time that is to be counted; the text says so for an admin."""


def add(book: DayBook, start: datetime, duration: Duration, began: str = "opened") -> tuple[datetime, str]:
    """Count a duration in business time: minutes and hours while open, working days to their closing.

    Days (`7d`) are 24 hours each and run through.

    Args:
        book: The hours that count.
        start: UTC.
        duration: What is to be counted.
        began: What happened at the start, for the words.

    Returns:
        When it is due, UTC, and the arithmetic in words, in the place's own time.

    Raises:
        NeverOpens: The hours do not hold the duration within `LOOK_AHEAD` days.
    """
    if duration.unit == "d":
        return elapsed(book, start, duration, began)
    if duration.unit == "wd":
        due = _working_days(book, start, duration)
    else:
        due = _open_time(book, start, timedelta(minutes=duration.minutes), f"{duration} of open time")
    first, last = book.local(start), book.local(due)
    counted = [week_words(book.week), *days_words(book, first.date(), last.date())]
    return due, f"{began} {day_and_time(first)}, counts {', '.join(counted)}, due {day_and_time(last, first)}"


def elapsed(book: DayBook, start: datetime, duration: Duration, began: str = "opened") -> tuple[datetime, str]:
    """Count a duration on the wall clock: open or not, elapsed time runs; working days end at their closing.

    Raises:
        NeverOpens: As in `add`, for working days.
    """
    if duration.unit == "wd":
        return add(book, start, duration, began)
    due = start + timedelta(minutes=duration.minutes)
    first, last = book.local(start), book.local(due)
    return due, f"{began} {day_and_time(first)}, counts {duration} elapsed, due {day_and_time(last, first)}"


def add_left(book: DayBook, start: datetime, left: timedelta, clock: str, began: str) -> tuple[datetime, str]:
    """Count the rest of a time that stood still, on its own clock; to the second.

    Args:
        book: The hours that count.
        start: UTC; where it goes on.
        left: What was left of it.
        clock: `business` or `wall`.
        began: What happened at the start, for the words.

    Raises:
        NeverOpens: As in `add`.
    """
    due = _open_time(book, start, left, "an opening") if clock == "business" else start + left
    first, last = book.local(start), book.local(due)
    ours = [week_words(book.week), *days_words(book, first.date(), last.date())]
    counted = ", ".join(ours) if clock == "business" else "elapsed time"
    return due, f"{began} {day_and_time(first)}, counts {counted}, due {day_and_time(last, first)}"


def working_days_between(book: DayBook, first: datetime, last: datetime) -> int:
    """Working days after the local day of the first moment, up to that of the last."""
    day, final = book.local(first).date(), book.local(last).date()
    return sum(bool(book.spans(day + n * _DAY)) for n in range(1, (final - day).days + 1))


def is_open(book: DayBook, at: datetime) -> bool:
    """Whether a moment (UTC) lies within the hours; closing time itself does not."""
    return any(start <= at < end for start, end in book.spans(book.local(at).date()))


def next_open(book: DayBook, at: datetime) -> datetime:
    """The moment itself where it lies within the hours, else the next opening; UTC.

    Raises:
        NeverOpens: No opening within `LOOK_AHEAD` days.
    """
    start, _ = next(_spans_from(book, at))
    return max(start, at)


def between(book: DayBook, first: datetime, last: datetime) -> timedelta:
    """Business time from one moment to another (UTC); nothing where the second is not later."""
    total = timedelta()
    day, final = book.local(first).date(), book.local(last).date()
    while day <= final:
        total += sum(
            (max(min(end, last) - max(start, first), timedelta()) for start, end in book.spans(day)), timedelta()
        )
        day += _DAY
    return total


def opening_of(book: DayBook, day: date) -> datetime:
    """The first opening on a local day or after it, UTC.

    Raises:
        NeverOpens: No opening within `LOOK_AHEAD` days.
    """
    return next_open(book, datetime.combine(day, datetime.min.time(), book.zone).astimezone(UTC))


def _open_time(book: DayBook, start: datetime, left: timedelta, sought: str) -> datetime:
    if not left:
        return start
    for opens, closes in _spans_from(book, start, sought):
        begin = max(opens, start)
        if left <= closes - begin:
            return begin + left
        left -= closes - begin
    raise AssertionError("the spans end by raising")


def _working_days(book: DayBook, start: datetime, duration: Duration) -> datetime:
    """The closing of the n-th working day after the local day of the start."""
    if duration.amount == 0:
        return start
    left = duration.amount
    today = book.local(start).date()
    for offset in range(1, LOOK_AHEAD + 1):
        if spans := book.spans(today + offset * _DAY):
            left -= 1
            if left == 0:
                return spans[-1][1]
    raise NeverOpens(_never(book, start, f"{duration.amount} working days"))


def _spans_from(book: DayBook, start: datetime, sought: str = "an opening") -> Iterator[Span]:
    """Open spans that end after a moment, in order; raises where the search ends."""
    today = book.local(start).date()
    for offset in range(LOOK_AHEAD + 1):
        for span in book.spans(today + offset * _DAY):
            if span[1] > start:
                yield span
    raise NeverOpens(_never(book, start, sought))


def _never(book: DayBook, start: datetime, sought: str) -> str:
    hours = week_words(book.week)
    return f"no {sought} within {LOOK_AHEAD} days of {book.local(start).date().isoformat()} (hours: {hours})"
