"""What a source usually does: mails by weekday, hour and kind of day, how fast, and how unevenly.

Everything is estimated towards the side on which an alarm comes later: what is not known counts as little to be
expected. docs/early-silence.md has the model in words and what it was measured to do.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import exp, inf, lgamma, log, sqrt
from statistics import median

from rules.quiet_history import CLOSED, HOLIDAY, Counted

_GROUPS = ((0, 1, 2, 3, 4), (5,), (6,))
_DOUBT_DAY, _DOUBT_HOURS, _DOUBT_HOUR, _DOUBT_SPECIAL = 3.0, 12.0, 4.0, 4.0
"""Mails against which what was counted is weighed: of a weekday, of a day's hours, of one hour, of free days."""
_HALF_LIFE = 56.0
"""Days after which a day counts half for the rate."""
_RECENT = 182
"""Days that tell how uneven days are."""
_DRIFT, _DRIFT_WEEKS = 0.01, 8
"""Relative variance of the rate of a week that is assumed beforehand, and the weeks it takes to think otherwise."""
_CAUTION = 0.5
"""Standard errors that are added to what weeks were seen to differ: few weeks cannot show it."""
_UNEVEN = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 64.0, inf)
"""Shapes k of the gamma that each day's rate is multiplied by (mean 1, variance 1/k); `inf` is plain Poisson."""
_BELIEVED = 1e-7
"""Explanations that are believed less play no part: an alarm is about chances of 1e-3 to 1e-5."""


@dataclass(frozen=True, slots=True)
class Unevenness:
    """One way in which days may differ: its shape, how well it explains the past, and how sure the rate is then."""

    shape: float
    belief: float
    doubt: float
    """Relative variance of the number of mails that are to be expected."""


@dataclass(frozen=True, slots=True)
class Profile:
    """What is to be expected of a source."""

    expected: tuple[tuple[float, ...], ...]
    """Mails by kind of day from midnight to each hour, 25 values; the last is the day's."""
    unevenness: tuple[Unevenness, ...]

    @property
    def per_week(self) -> float:
        """Mails in a week without free days."""
        return sum(row[24] for row in self.expected[:HOLIDAY])

    def within(self, kind: int, begins: float, ends: float) -> float:
        """Mails expected between two times of a day, in seconds since its midnight."""
        return self._until(kind, ends) - self._until(kind, begins)

    def _until(self, kind: int, seconds: float) -> float:
        row, hour = self.expected[kind], int(seconds // 3600)
        if hour >= 24:
            return row[24]
        return row[hour] + (seconds / 3600 - hour) * (row[hour + 1] - row[hour]) if seconds > 0 else 0.0


def learn(days: Sequence[Counted]) -> Profile | None:
    """The profile of a source; None where nothing was seen on a usual day.

    Args:
        days: As from `quiet_history.counted`, oldest first.
    """
    known = [day for day in days if day.counts]
    usual = [day for day in known if day.day.kind < HOLIDAY]
    if not any(day.mails for day in usual):
        return None
    rows = _rows(known, usual)
    totals = [sum(row) for row in rows]
    means = [totals[day.day.kind] for day in known]
    mails = _without_campaigns(known, means)
    newest = days[-1].day.begins
    weights = [2.0 ** ((day.day.begins - newest) / 86400 / _HALF_LIFE) for day in known]
    pace = _dot(weights, mails) / _dot(weights, means)
    means = [pace * mean for mean in means]
    expected = tuple(tuple(accumulate((pace * cell for cell in row), initial=0.0)) for row in rows)
    return Profile(expected, _unevenness(mails, means, weights))


def _rows(known: Sequence[Counted], usual: Sequence[Counted]) -> list[list[float]]:
    """Mails by hour for each kind of day, as if the rate had been the same all the time."""
    by_day = [[day for day in usual if day.day.kind == kind] for kind in range(HOLIDAY)]
    seen = [len(days) for days in by_day]
    cells = [_columns(days) for days in by_day]
    counts = [sum(row) for row in cells]
    mean = sum(counts) / sum(seen)
    all_hours = _hours(_columns(usual), [1 / 24] * 24)
    rows: list[list[float]] = []
    for group in _GROUPS:
        level = _weighed(sum(counts[kind] for kind in group), mean * sum(seen[kind] for kind in group), _DOUBT_DAY)
        hours = _hours([sum(hour) for hour in zip(*(cells[kind] for kind in group), strict=True)], all_hours)
        for kind in group:
            day_level = mean * level * _weighed(counts[kind], mean * level * seen[kind], _DOUBT_DAY)
            shape = [day_level * hour for hour in hours]
            rows.append(
                [
                    cell * _weighed(count, cell * seen[kind], _DOUBT_HOUR)
                    for cell, count in zip(shape, cells[kind], strict=True)
                ]
            )
    for kind in (HOLIDAY, CLOSED):  # nothing is expected of such days until they were seen
        free = [day.mails for day in known if day.day.kind == kind]
        rows.append([mean * hour * sum(free) / (mean * len(free) + _DOUBT_SPECIAL) for hour in all_hours])
    return rows


def _columns(days: Sequence[Counted]) -> list[int]:
    return [sum(hour) for hour in zip(*(day.hours for day in days), strict=True)] or [0] * 24


def _hours(counts: Sequence[int], otherwise: Sequence[float]) -> list[float]:
    """Shares of the hours of a day, smoothed over their neighbours; with few mails as is usual otherwise."""
    total = sum(counts) + _DOUBT_HOURS
    smooth = [(counts[hour - 1] + 2 * counts[hour] + counts[(hour + 1) % 24]) / 4 for hour in range(24)]
    return [(count + _DOUBT_HOURS * share) / total for count, share in zip(smooth, otherwise, strict=True)]


def _weighed(count: float, expected: float, doubt: float) -> float:
    """How much more or less came than expected; near 1 where both are small beside the doubt."""
    return (count + doubt) / (expected + doubt)


def _without_campaigns(known: Sequence[Counted], means: Sequence[float]) -> list[float]:
    """Mails by day, with weeks far above the usual cut back: a campaign is over as suddenly as it began."""
    weeks = _weeks(len(known))
    sums = [(sum(day.mails for day in known[week]), sum(means[week])) for week in weeks]
    rates = [mails / mean for mails, mean in sums if mean > 0]
    usual = median(rates) or median(rate for rate in rates if rate)  # most weeks may be empty
    kept = [float(day.mails) for day in known]
    for week, (mails, mean) in zip(weeks, sums, strict=True):
        level = usual * mean
        most = level + 3 * sqrt(level + level * level / 12)
        if mails > most:
            kept[week] = [most / mails * count for count in kept[week]]
    return kept


def _unevenness(mails: Sequence[float], means: Sequence[float], weights: Sequence[float]) -> tuple[Unevenness, ...]:
    """How well each shape explains the past days, older days counting less."""
    recent = [
        (weight, round(count), mean)
        for count, mean, weight in zip(mails[-_RECENT:], means[-_RECENT:], weights[-_RECENT:], strict=True)
        if mean > 0
    ]
    fits = [sum(weight * _log_chance(count, mean, shape) for weight, count, mean in recent) for shape in _UNEVEN]
    best = max(fits)
    beliefs = [belief if (belief := exp(fit - best)) > _BELIEVED else 0.0 for fit in fits]
    total = _dot(weights, means)
    squares = [weight * weight for weight in weights]
    counting = _dot(squares, means) / total**2
    days = sum(square * mean * mean for square, mean in zip(squares, means, strict=True)) / total**2
    drifts = _drifts(mails, means, weights)
    return tuple(
        Unevenness(shape, belief / sum(beliefs), counting + days / shape + drift)
        for shape, belief, drift in zip(_UNEVEN, beliefs, drifts, strict=True)
        if belief
    )


def _drifts(mails: Sequence[float], means: Sequence[float], weights: Sequence[float]) -> list[float]:
    """How much whole weeks differ (relative variance) beyond what their mails and uneven days explain, per shape."""
    spread = poisson = squares = days = seen = 0.0
    for week in _weeks(len(mails)):
        weight, mean = weights[week.stop - 1], sum(means[week])
        spread += weight * (sum(mails[week]) - mean) ** 2
        poisson += weight * mean
        squares += weight * mean * mean
        days += weight * _dot(means[week], means[week])
        seen += weight
    before = _DRIFT_WEEKS * squares / seen
    drifts = []
    for shape in _UNEVEN:
        chance = poisson + days / shape
        drift = (max(0.0, spread - chance) + before * _DRIFT) / (squares + before)
        drifts.append(drift + _CAUTION * sqrt(2 / seen) * chance / squares)
    return drifts


def _weeks(days: int) -> list[slice]:
    """Runs of seven days that end with the last one; what is left over at the beginning is the last of them."""
    return [slice(max(0, end - 7), end) for end in range(days, 0, -7)]


def _log_chance(count: int, mean: float, shape: float) -> float:
    """Of a count of a day, up to what is the same for all shapes: negative binomial, or Poisson."""
    if shape == inf:
        return count * log(mean) - mean
    return (
        lgamma(shape + count)
        - lgamma(shape)
        - (shape + count) * log(shape + mean)
        + shape * log(shape)
        + count * log(mean)
    )


def _dot(left: Sequence[float], right: Sequence[float]) -> float:
    return sum(a * b for a, b in zip(left, right, strict=True))
