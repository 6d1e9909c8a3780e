"""Notices on their way into mails without a database: what is due goes out, what no longer holds does not.

The daemon asks the same questions of its tables (`daemon.outbox.bundle`); here they lie in a heap. The simulator and
the simulated week of the tests send by this.
"""

from collections import deque
from collections.abc import Iterable
from datetime import datetime
from heapq import heappop, heappush
from itertools import count
from typing import Generic, TypeVar

import msgspec

from config.machine import Brakes
from rules.brakes import DAY, HOUR, Sent, correspondent_of, is_alert, judged
from rules.bundling import SHARED, mails_of
from rules.escalation import PURPOSES
from rules.holding import still_holds
from rules.model import Notice, Record


class Case(msgspec.Struct, eq=False):
    """A record as it is now."""

    record: Record


C = TypeVar("C", bound=Case)


class Telling(msgspec.Struct, Generic[C], frozen=True, eq=False):
    """A notice with the record that it is about, as that is when it goes out."""

    case: C
    notice: Notice
    happened_at: datetime
    """What it tells of, UTC; it may wait for others."""
    revision: int
    """That led to it."""

    @property
    def record(self) -> Record:
        """As it is now."""
        return self.case.record


class Post(Generic[C]):
    """Takes notices and gives the mails that are due, under the brakes."""

    def __init__(self, brakes: Brakes) -> None:
        self._brakes = brakes
        self._waiting: list[tuple[datetime, int, Telling[C]]] = []
        self._numbers = count()
        self._lately = _Lately()

    def put(self, one: Telling[C], until: datetime | None = None) -> None:
        """Keep a notice until its time, or until the brakes let it go."""
        heappush(self._waiting, (until or one.notice.at, next(self._numbers), one))

    def next_due(self) -> datetime | None:
        """When the next notice may go out, UTC."""
        return self._waiting[0][0] if self._waiting else None

    def take(self, now: datetime) -> list[tuple[Telling[C], ...]]:
        """The mails that go out now, each with the notices that it carries."""
        sending, waiting, braked = list[Telling[C]](), self._waiting, False
        while waiting and waiting[0][0] <= now:
            one = heappop(waiting)[2]
            if still_holds(one):
                sending.append(one)
                braked = braked or _counts(one.notice)
        if braked:
            sending = self._let_go(sending, now)
        if not sending:
            return []
        if len(sending) > 1:
            sending.sort(key=lambda one: one.notice.at)
        mails = mails_of(sending)
        for mail in mails:
            self._lately.went(mail, now)
        return mails

    def _let_go(self, due: list[Telling[C]], now: datetime) -> list[Telling[C]]:
        """Those that no brake stops; what the clock tells and had to wait goes with all the others."""
        notices = [one.notice for one in due]
        sending = []
        for one, said in zip(due, judged(notices, self._lately.sent(notices, now), self._brakes, now), strict=True):
            if said.what == "send":
                sending.append(one)
            elif said.until is not None:
                self.put(_bundled(one) if one.notice.purpose in PURPOSES else one, said.until)
        return sending


def is_joint(mail: tuple[Telling[C], ...]) -> bool:
    """Whether a mail tells of several things at once."""
    return len(mail) > 1 and mail[0].notice.way in SHARED


def _counts(notice: Notice) -> bool:
    return notice.correspondent is not None or notice.role == "customer" or is_alert(notice)


def _bundled(one: Telling[C]) -> Telling[C]:
    return msgspec.structs.replace(one, notice=msgspec.structs.replace(one.notice, way="bundle"))


class _Lately:
    """What went out within the last day, as the caps and brakes count it."""

    def __init__(self) -> None:
        self._customers = deque[datetime]()
        self._correspondents: dict[str, deque[datetime]] = {}
        self._alerts: dict[str, deque[datetime]] = {}

    def went(self, mail: tuple[Telling[C], ...], now: datetime) -> None:
        """A mail goes out."""
        notice = mail[0].notice
        if len(mail) > 1 and is_joint(mail):
            return
        if notice.role == "customer":
            self._customers.append(now)
        if notice.correspondent:
            self._correspondents.setdefault(correspondent_of(notice.correspondent), deque()).append(now)
        if is_alert(notice):
            self._alerts.setdefault(notice.to.casefold(), deque()).append(now)

    def sent(self, notices: Iterable[Notice], now: datetime) -> Sent:
        """What counts for these."""
        _forget(self._customers, now - HOUR)
        who, readers = set[str](), set[str]()
        for one in notices:
            if one.correspondent:
                who.add(correspondent_of(one.correspondent))
            if is_alert(one):
                readers.add(one.to.casefold())
        oldest = self._customers[0] if self._customers else None
        if not who and not readers:
            return Sent(customers=len(self._customers), oldest_customer=oldest)
        by_day = {name: _since(self._correspondents.get(name), now - DAY) for name in who}
        last_hour = now - HOUR
        by_hour = {name: [at for at in times if at > last_hour] for name, times in by_day.items()}
        alerts = {name: _since(self._alerts.get(name), now - HOUR) for name in readers}
        return Sent(
            hour={name: len(times) for name, times in by_hour.items()},
            day={name: len(times) for name, times in by_day.items()},
            first_in_hour={name: times[0] for name, times in by_hour.items() if times},
            first_in_day={name: times[0] for name, times in by_day.items() if times},
            customers=len(self._customers),
            oldest_customer=oldest,
            alerts={name: len(times) for name, times in alerts.items()},
            oldest_alert={name: times[0] for name, times in alerts.items() if times},
        )


def _since(times: deque[datetime] | None, since: datetime) -> deque[datetime]:
    if times is None:
        return deque()
    _forget(times, since)
    return times


def _forget(times: deque[datetime], until: datetime) -> None:
    while times and times[0] <= until:
        times.popleft()
