"""What time does to records: steps whose time has come happen, each once, by the one door."""

from collections.abc import Sequence
from concurrent.futures import Future
from datetime import datetime

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from daemon.act import Change, write_change
from daemon.log import get_logger
from daemon.seams import crash_point
from daemon.shift import Shift
from daemon.store import deadlines, preferences, records
from daemon.store.deadlines import Claimed, Due
from daemon.store.messages import LostLease
from rules.alerting import LATE_AFTER, together_at
from rules.apply import apply
from rules.deadlines import falls_due
from rules.model import Refused
from rules.sites import site_named
from rules.visit_reminders import ANNOUNCE, announced

BATCH = 100

log = get_logger(__name__)


class Deadlines:
    """One batch at a time: claim records whose steps are due, let these happen, write."""

    def __init__(self, shift: Shift) -> None:
        self._shift = shift
        self._together: datetime | None = None

    def step(self) -> bool:
        """Fire a batch of what is due; whether there was anything."""
        shift, now = self._shift, self._shift.clock.now()
        with shift.store.read() as connection:
            if not deadlines.is_due(connection, now):
                return False
        lease = shift.leases.new()
        try:
            claiming = shift.store.write(lambda c: deadlines.claim(c, now=now, lease=lease, limit=BATCH), sync=False)
            if claimed := claiming.result():
                crash_point("after-claim-deadlines")
                self._fire(claimed, now)
        finally:
            shift.leases.let_go(lease)
        return bool(claimed)

    def next_due(self) -> datetime | None:
        """When the next step is due that nobody has in hand."""
        with self._shift.store.read() as connection:
            return deadlines.next_due(connection)

    def _fire(self, claimed: Sequence[Claimed], now: datetime) -> None:
        """Each record's steps in a transaction of their own; the writer thread commits those that wait together."""
        crash_point("before-fire")
        writing = [(one, self._begun(one, now)) for one in claimed]
        for one, write in writing:
            if write is None:
                continue
            try:
                write.result()
            except (records.Changed, LostLease, IntegrityError):
                self._give_back(one)  # somebody was faster; what still holds is due still
            else:
                late = sum(_is_late(due, now) for due in one.due)
                self._shift.count("deadlines_fired", len(one.due))
                self._shift.count("deadlines_late", late)
        crash_point("after-fire")

    def _begun(self, one: Claimed, now: datetime) -> "Future[None] | None":
        """Begin to write what the record's steps lead to; None where they cannot happen now."""
        shift = self._shift
        late = [_is_late(due, now) for due in one.due]
        try:
            changes = self._changes(one, now, together=self._together_from(now) if any(late) else None)
        except Refused as refused:
            log.error("deadline-refused", ref=one.kept.record.ref, why=str(refused))  # noqa: TRY400 - no fault of ours
            shift.count("deadlines_refused")
            shift.store.write(lambda c: deadlines.set_aside(c, one)).result()
            return None

        def write(connection: Connection) -> None:
            for change in changes:
                write_change(connection, change, shift.settings.digest, now)
            deadlines.fire(connection, one, late, now)

        return shift.store.write(write)

    def _changes(self, one: Claimed, now: datetime, together: datetime | None) -> list[Change]:
        """The record after each of its steps.

        Args:
            one: The record in hand.
            now: UTC.
            together: Of what is found late: when all of it is told. Only the last step is: the others are past.
        """
        changes: list[Change] = []
        kept = one.kept
        for due in self._telling(one, now):
            action = falls_due(due, _found_late(together, last=due is one.due[-1]))
            after, effects = apply(kept.record, action, self._shift.settings, now)
            changes.append(Change(kept, after, effects, action))
            kept = records.Kept(kept.id, after)
        return changes

    def _telling(self, one: Claimed, now: datetime) -> tuple[Due, ...]:
        """The steps that something follows from: of the reminders of a visit that of its customer, if any."""
        shift, steps = self._shift, [due.step for due in one.due if due.effect == ANNOUNCE]
        if not steps:
            return one.due
        try:
            site = site_named(shift.settings, one.kept.record.site)
        except KeyError:
            return one.due  # the door says why not
        with shift.store.read() as connection:
            prefers = preferences.prefers(connection, one.kept.record)
        his = announced(one.kept.record, steps, prefers, site, now)
        return tuple(due for due in one.due if due.effect != ANNOUNCE or due.step == his)

    def _together_from(self, now: datetime) -> datetime:
        """One time for all that is found late in one go, so that each reader gets one mail."""
        if self._together is None or not now < self._together <= together_at(now):
            self._together = together_at(now)
            log.warning("deadlines-late", told_at=self._together.isoformat())
        return self._together

    def _give_back(self, one: Claimed) -> None:
        log.info("deadline-repeated", ref=one.kept.record.ref)
        self._shift.store.write(lambda c: deadlines.release(c, one)).result()


def _is_late(due: Due, now: datetime) -> bool:
    return now - due.due_at > LATE_AFTER


def _found_late(together: datetime | None, *, last: bool) -> dict[str, str] | None:
    """What is said of a step beside when it was due."""
    if together is None:
        return None
    return {"together": together.isoformat()} if last else {"late": "outage"}
