"""Early silence: from when on is the gap after a source's last mail too long to be chance?

The answer keeps the expected number of false alarms per source and year at what is asked for: each gap between two
mails is one chance of a false alarm, so each is given that number divided by the gaps of a year.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from math import exp, log

import msgspec

from rules.daybook import DayBook, Span, instant
from rules.quiet_chance import HORIZON, Course, ahead, believed, demanded, stretch
from rules.quiet_history import counted, signs_of_life
from rules.quiet_profile import learn

LEAST_WEEKS = 8
LEAST_MAILS = 20
FALSE_ALARMS = 0.2
"""Expected false alarms per source and year, as shipped."""
FRIDAY = (4, 7 * 60)
"""Weekday and minute of the local day at which the fixed limits are looked at, as shipped."""

_LEAST_SURPRISE = 3.0
"""However many false alarms are allowed: a gap that one in twenty outlasts is no silence."""
_WEEKS_A_YEAR = 365.25 / 7
_ONE = timedelta(days=1)


class Quiet(msgspec.Struct, frozen=True):
    """What is known of a source's silence at a moment. Times are UTC."""

    weeks: int = 0
    """Whole weeks of history, from the first mail that is looked at to the last."""
    mails: int = 0
    """Mails of history; those within a minute are one."""
    last_at: datetime | None = None
    usual: timedelta | None = None
    """The mean gap of an ordinary week, by the present rate."""
    limit_at: datetime | None = None
    """From when on the present gap is silence; None while `off_because`."""
    chance: float | None = None
    """That a gap lasts as long as the present one or longer; None where too little is known."""
    silent: bool = False
    """Whether the limit has passed."""
    next_at: datetime | None = None
    """When it can be silence at the earliest, if no mail comes; None where it is, or cannot become so."""
    off_because: str | None = None
    """Why nothing can be said ahead of the fixed limit."""

    @property
    def rhythm(self) -> str:
        """The usual gap in words: `5 a day`, `3 a week`, `one in 12 days`; empty where it is not known."""
        if self.usual is None:
            return ""
        for name, span in (("hour", timedelta(hours=1)), ("day", _ONE), ("week", 7 * _ONE)):
            if (times := span / self.usual) >= 1.5:
                return f"{times:.0f} a {name}"
        return f"one in {max(self.usual / _ONE, 1):.0f} days"


def quiet(
    arrivals: Iterable[datetime],
    book: DayBook,
    now: datetime,
    *,
    fixed: timedelta | None,
    alarms: float = FALSE_ALARMS,
    silences: Sequence[Span] = (),
    looked_at: tuple[int, int] = FRIDAY,
) -> Quiet:
    """Judge the silence of one source.

    The limit depends on the mails alone, not on `now`: it stands until the next mail comes.

    Args:
        arrivals: When its verified mails came, aware, in any order; those of the `LOOK_BACK` before the last are used.
        book: Zone, holidays and closures of the site; its hours play no part.
        now: UTC.
        fixed: The source's fixed limit; None where it is off.
        alarms: Expected false alarms per source and year.
        silences: Planned ones, UTC: nothing is expected in them, and nothing learned from them.
        looked_at: Weekday and minute of the local day at which the fixed limit is looked at.
    """
    signs = signs_of_life(arrivals, now)
    if not signs:
        return Quiet(off_because="no mail yet")
    days = counted(book, signs, silences, fixed)
    last = signs[-1]
    weeks = int((last - signs[0]) // (7 * 86400))
    known = Quiet(weeks=weeks, mails=len(signs), last_at=datetime.fromtimestamp(last, UTC))
    if weeks < LEAST_WEEKS or len(signs) < LEAST_MAILS:
        came = _came(len(signs), timedelta(seconds=signs[-1] - signs[0]))
        return _off(known, f"{came}, needs {LEAST_MAILS} in {LEAST_WEEKS} weeks")
    profile = learn(days)
    if profile is None:
        return _off(known, "all of its mails came in planned silences or on free days")
    known = msgspec.structs.replace(known, usual=timedelta(weeks=1) / profile.per_week)
    stretched = stretch(profile, days, signs)
    course = Course(profile, ahead(book, last), last, silences)
    chance = exp(-believed(course.surprise(max(now.timestamp(), last)), stretched))
    known = msgspec.structs.replace(known, chance=chance)
    wanted = max(log(profile.per_week * _WEEKS_A_YEAR / alarms), _LEAST_SURPRISE)
    limit = course.reaches(demanded(wanted, stretched))
    told = told_at(datetime.fromtimestamp(last, UTC), fixed, book, looked_at) if fixed else None
    return _judged(known, datetime.fromtimestamp(round(limit), UTC) if limit else None, told, now)


def told_at(last: datetime, fixed: timedelta, book: DayBook, looked_at: tuple[int, int] = FRIDAY) -> datetime:
    """When the fixed limit tells of a silence: the first look at it, on its weekday, once the limit has passed; UTC."""
    weekday, minute = looked_at
    passed = last + fixed
    day = book.local(passed).date()
    day += (weekday - day.weekday()) % 7 * _ONE
    look = instant(day, minute, book.zone)
    return look if look >= passed else instant(day + 7 * _ONE, minute, book.zone)


def _judged(known: Quiet, limit: datetime | None, told: datetime | None, now: datetime) -> Quiet:
    """With its limit, where that is ahead of the fixed one."""
    if limit is None or (told is not None and limit >= told):
        sooner = ", the fixed limit tells sooner" if told else ""
        return _off(known, f"too rare ({known.rhythm}): beyond chance after {_span(known.last_at, limit)}{sooner}")
    silent = now >= limit
    return msgspec.structs.replace(known, limit_at=limit, silent=silent, next_at=None if silent else limit)


def _came(mails: int, within: timedelta) -> str:
    """`1 mail`, `5 mails in 2 days`, `168 mails in 7 weeks`: in whole weeks, where there is one."""
    if mails == 1:
        return "1 mail"
    number, name = (within // (7 * _ONE), "week") if within >= 7 * _ONE else (max(1, round(within / _ONE)), "day")
    return f"{mails} mails in {number} {name}{'' if number == 1 else 's'}"


def _span(last: datetime | None, limit: datetime | None) -> str:
    if last is None or limit is None:
        return f"more than {HORIZON} days"
    return f"{(limit - last) / _ONE:.0f} days"


def _off(known: Quiet, because: str) -> Quiet:
    return msgspec.structs.replace(known, off_because=because)
