"""The chance that a gap between two mails of a source lasts as long as it does, or longer."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import accumulate, pairwise
from math import exp, inf, log, log1p

from rules.daybook import DayBook, Span
from rules.quiet_history import Counted, Day, day_of
from rules.quiet_profile import Profile

HORIZON = 60
"""Days after the last mail in which a limit is sought: the longest fixed limit in use is a fraction of that."""
_USUAL = 1.5
"""Below this surprise (-ln of the chance) a gap is an ordinary one and tells nothing of the long ones."""
_DOUBT = 12.0
"""Long gaps of the past that it takes to distrust the model."""
_JUDGED = 2000
"""Latest gaps that are looked at."""
_PRECISION = 30.0
"""Seconds to which a limit is found."""
_LEAST = 1e-300
"""A chance below that is not told from none."""
_ONE = timedelta(days=1)


class Course:
    """The surprise of a silence (-ln of its chance) as it lasts, from the last mail on.

    Each day has a rate of its own, so that a day without a mail where `e` were expected has the chance (1 + e/k)^-k;
    days are independent. How sure the profile is of its rate joins all days in the same way.
    """

    def __init__(self, profile: Profile, days: Iterable[Day], last: float, silences: Sequence[Span] = ()) -> None:
        self._profile, self._days, self._last = profile, tuple(days), last
        self._silences = [(start.timestamp(), end.timestamp()) for start, end in silences]

    def surprise(self, at: float) -> float:
        """Of a silence that lasts until a moment (UTC timestamp); it never falls."""
        burden = self._none()
        for day in self._days:
            if day.begins >= at:
                break
            burden = self._with(burden, day, at)
        return self._surprise(burden)

    def reaches(self, surprise: float) -> float | None:
        """When the silence is as surprising as that, as a UTC timestamp; None where no day seen ahead is enough."""
        burden = self._none()
        for day in self._days:
            after = self._with(burden, day, day.ends)
            if self._surprise(after) >= surprise:
                return self._moment(burden, day, surprise)
            burden = after
        return None

    def _moment(self, burden: list[float], day: Day, surprise: float) -> float:
        low, high = max(day.begins, self._last), day.ends
        while high - low > _PRECISION:
            middle = (low + high) / 2
            if self._surprise(self._with(burden, day, middle)) >= surprise:
                high = middle
            else:
                low = middle
        return high

    def _expected(self, day: Day, until: float) -> float:
        begin, end = max(day.begins, self._last), min(day.ends, until)
        total = self._profile.within(day.kind, begin - day.begins, end - day.begins)
        for start, stop in self._silences:
            first, final = max(start, begin), min(stop, end)
            if first < final:
                total -= self._profile.within(day.kind, first - day.begins, final - day.begins)
        return max(total, 0.0)

    def _none(self) -> list[float]:
        return [0.0] * len(self._profile.unevenness)

    def _with(self, burden: list[float], day: Day, until: float) -> list[float]:
        """What speaks against chance after one more day, for each unevenness that is believed."""
        expected = self._expected(day, until)
        return [
            before + (expected if one.shape == inf else one.shape * log1p(expected / one.shape))
            for before, one in zip(burden, self._profile.unevenness, strict=True)
        ]

    def _surprise(self, burden: list[float]) -> float:
        chance = sum(
            one.belief * exp(-log1p(one.doubt * against) / one.doubt)
            for against, one in zip(burden, self._profile.unevenness, strict=True)
        )
        return -log(max(chance, _LEAST))


def ahead(book: DayBook, last: float) -> Iterator[Day]:
    """The local days from that of the last mail on."""
    first = datetime.fromtimestamp(last, UTC).astimezone(book.zone).date()
    return (day_of(book, first + offset * _ONE) for offset in range(HORIZON))


def stretch(profile: Profile, days: Sequence[Counted], signs: Sequence[float]) -> float:
    """How much more surprising the long gaps of the past were than the model allows for; at least 1.

    Beyond any surprise, that of gaps which go further is 1 more on average if the model is right. Mails that come in
    clumps, or any rhythm the profile does not have, show here.

    Args:
        profile: Learned from these days.
        days: As from `quiet_history.counted`.
        signs: As from `quiet_history.signs_of_life`.
    """
    begins = [day.day.begins for day in days]
    before = list(accumulate((profile.expected[day.day.kind][24] for day in days), initial=0.0))
    found, excess = 0, 0.0
    places = [
        (sign, place)
        for sign in signs[-_JUDGED:]
        if (place := bisect_right(begins, sign) - 1) >= 0 and sign < days[-1].day.ends
    ]
    passed = [before[place] + profile.within(days[place].day.kind, 0.0, sign - begins[place]) for sign, place in places]
    for ((last, first), (sign, final)), (start, end) in zip(pairwise(places), pairwise(passed), strict=True):
        if end - start <= _USUAL or not all(day.counts for day in days[first : final + 1]):
            continue
        surprise = Course(profile, (day.day for day in days[first : final + 1]), last).surprise(sign)
        if surprise > _USUAL:
            found, excess = found + 1, excess + surprise - _USUAL
    return max(1.0, (excess + _DOUBT) / (found + _DOUBT))


def demanded(surprise: float, stretched: float) -> float:
    """The surprise of the model at which a gap is truly as surprising as that."""
    return _USUAL + stretched * (surprise - _USUAL) if surprise > _USUAL else surprise


def believed(surprise: float, stretched: float) -> float:
    """What a surprise of the model is truly worth: the reverse of `demanded`."""
    return _USUAL + (surprise - _USUAL) / stretched if surprise > _USUAL else surprise
