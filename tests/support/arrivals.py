"""Mails of made-up sources over a year, by models of which the detector of early silence knows nothing.

Every source has a weekday and hour profile of its own, fewer mails on holidays and closed days, and one campaign week
with five times the mails. The models differ in what chance does beside that.
"""

import random
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from math import exp
from zoneinfo import ZoneInfo

from rules.daybook import DayBook, instant

WEEK = (*(((480, 1080),),) * 5, ((540, 780),), ())
CHRISTMAS = tuple((date(year, 12, 24), date(year + 1, 1, 1)) for year in (2025, 2026, 2027))
BERLIN = DayBook(ZoneInfo("Europe/Berlin"), WEEK, closures=CHRISTMAS, region="DE-BE")
MUNICH = DayBook(ZoneInfo("Europe/Berlin"), WEEK, region="DE-BY")
COPENHAGEN = DayBook(ZoneInfo("Europe/Copenhagen"), WEEK, region="DK")
SHANGHAI = DayBook(ZoneInfo("Asia/Shanghai"), WEEK, region="CN")
SITES = (BERLIN, MUNICH, COPENHAGEN, SHANGHAI)

HISTORY = 56
"""Days before the year that counts."""
YEAR = HISTORY + 365
RATES = (0.5, 1.0, 2.0, 5.0, 10.0, 20.0)
"""Mails a day."""

_OFFICE = (*[0.05] * 7, 0.5, *[2.0] * 10, 1.0, 0.7, 0.5, 0.5, 0.3, 0.1)
_EVENING = (*[0.1] * 7, 0.3, 0.5, 0.8, *[1.0] * 6, 1.2, 1.5, 2.0, 2.5, 2.5, 2.0, 1.0, 0.4)
_HOURS = (_OFFICE, _EVENING, (1.0,) * 24)
_CAMPAIGN = 5.0


@dataclass(frozen=True, slots=True)
class Made:
    """A source and its mails; `expected` is the mean the mails were drawn from, without chance and campaign."""

    book: DayBook
    rate: float
    begins: datetime
    """Of the year that counts, after the history."""
    mails: list[datetime]
    hours: list[float]
    """UTC timestamps of the hours in which something was drawn."""
    expected: list[float]
    """Mails to be expected before each of these hours."""

    def between(self, last: datetime, until: datetime) -> float:
        """Mails to be expected from a moment to another, to the hour."""
        return self._before(until) - self._before(last)

    def _before(self, at: datetime) -> float:
        return self.expected[bisect_right(self.hours, at.timestamp()) - 1]


Chance = Callable[[random.Random, int, list[float]], list[float]]
"""From the means of a day's hours to the moments of its mails, in hours."""


def _moments(rng: random.Random, means: list[float]) -> list[float]:
    return [hour + rng.random() for hour, mean in enumerate(means) for _ in range(poisson(rng, mean))]


def even(rng: random.Random, _day: int, means: list[float]) -> list[float]:
    """Poisson."""
    return _moments(rng, means)


def uneven_days(rng: random.Random, _day: int, means: list[float]) -> list[float]:
    """Each day's rate is multiplied by a gamma of shape 2: counts of days are negative binomial, k = 2."""
    level = rng.gammavariate(2, 0.5)
    return _moments(rng, [mean * level for mean in means])


def uneven_hours(rng: random.Random, _day: int, means: list[float]) -> list[float]:
    """The same for each hour."""
    return _moments(rng, [mean * rng.gammavariate(2, 0.5) for mean in means])


class UnevenWeeks:
    """The same for each week, with a shape of its own choice: days of a week belong together."""

    def __init__(self, shape: float) -> None:
        self._shape, self._level = shape, 1.0

    def __call__(self, rng: random.Random, day: int, means: list[float]) -> list[float]:
        if day % 7 == 0:
            self._level = rng.gammavariate(self._shape, 1 / self._shape)
        return _moments(rng, [mean * self._level for mean in means])


def clumps(rng: random.Random, _day: int, means: list[float]) -> list[float]:
    """Three mails at a time on average, within some half an hour each."""
    starts = _moments(rng, [mean / 3 for mean in means])
    return [start + rng.expovariate(2) for start in starts for _ in range(1 + poisson(rng, 2))]


MODELS: dict[str, Callable[[], Chance]] = {
    "Poisson": lambda: even,
    "uneven days, k = 2": lambda: uneven_days,
    "uneven hours, k = 2": lambda: uneven_hours,
    "uneven weeks, k = 8": lambda: UnevenWeeks(8),
    "clumps of 3": lambda: clumps,
}


def poisson(rng: random.Random, mean: float) -> int:
    """A Poisson number; the means of hours are small."""
    if mean > 50:
        return poisson(rng, mean / 2) + poisson(rng, mean / 2)
    count, product, floor = 0, rng.random(), exp(-mean)
    while product > floor:
        count, product = count + 1, product * rng.random()
    return count


def make(seed: str, model: str, rate: float, book: DayBook | None = None, start: date | None = None) -> Made:
    """Eight weeks and a year of one source; the same for the same arguments."""
    rng = random.Random(seed)  # noqa: S311 - not for secrets
    book = book or rng.choice(SITES)
    start = start or date(2026, 1, 5) + timedelta(days=rng.randrange(365))
    hours = rng.choice(_HOURS)
    shares = [hour / sum(hours) for hour in hours]
    week = [*(rng.uniform(0.8, 1.2) for _ in range(5)), rng.uniform(0.2, 1), rng.uniform(0.05, 0.8)]
    free = {"holiday": rng.uniform(0.1, 0.6), "closed": rng.uniform(0.2, 1.0)}
    campaign = rng.randrange(20, YEAR - 7)
    chance = MODELS[model]()
    mails, begins, means = [], [], []
    for offset in range(YEAR):
        day = start + timedelta(days=offset)
        level = rate * 7 * week[day.weekday()] / sum(week) * free.get(book.hours(day)[1] or "", 1.0)
        midnight = instant(day, 0, book.zone)
        usual = [level * share for share in shares]
        real = [_CAMPAIGN * mean for mean in usual] if campaign <= offset < campaign + 7 else usual
        mails += [midnight + timedelta(hours=moment) for moment in chance(rng, offset, real)]
        begins += [midnight.timestamp() + 3600 * hour for hour in range(24)]
        means += usual
    year = instant(start + timedelta(days=HISTORY), 0, book.zone)
    return Made(book, rate, year.astimezone(UTC), sorted(mails), begins, list(accumulate(means, initial=0.0)))
