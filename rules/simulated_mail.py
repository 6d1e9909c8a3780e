"""A mail that would go out in a simulation, with what its words are made of."""

from datetime import datetime

import msgspec

from rules.bundling import rows_of
from rules.cases import Arrival, SimulatedCase
from rules.escalation import PURPOSES
from rules.model import Deadline, Done, Notice, Record
from rules.post import Telling, is_joint
from rules.setting import SettingGroup
from rules.watching import Silence


class Row(msgspec.Struct, frozen=True):
    """One of the records that a mail tells of."""

    record: Record
    notice: Notice | None = None
    due_at: datetime | None = None
    """Of a mail that tells of several: since when it is overdue, else when its next step is due, UTC."""
    arrival: Arrival | None = None
    """The mail that opened it."""
    cleared: Done | None = None
    """In a controller's list: what was done about it, where the controllers have it no more."""
    part: str | None = None
    since: datetime | None = None
    """Of the workshop's list: which part of it, and since when it stands as it does, UTC."""


class Mail(msgspec.Struct, frozen=True):
    """A mail that would go out."""

    at: datetime
    site: str
    notice: Notice
    """Its purpose, reader and language; of a mail that tells of several things, those of the mail."""
    rows: tuple[Row, ...] = ()
    joint: bool = False
    """Whether it tells of several things, lists what is open, or is about no record."""
    deadlines: tuple[Deadline, ...] = ()
    """Of what the clock tells of one record: what is still to come."""
    course: tuple[Done, ...] = ()
    """And what made each of its revisions, oldest first."""
    silences: tuple[Silence, ...] = ()
    """Sources that a report to a controller is about."""
    settings: tuple[SettingGroup, ...] = ()
    """And what the monthly overview shows."""
    later: int = 0
    """Of the workshop's list: visits that it does not name."""


def mail_of(carried: tuple[Telling[SimulatedCase], ...], now: datetime) -> Mail:
    """What goes out, of its records as they are now."""
    first = carried[0]
    notice, case = first.notice, first.case
    if is_joint(carried):
        rows = tuple(
            Row(one.record, msgspec.structs.replace(told, at=one.happened_at), one.case.due_at, one.case.arrival)
            for one, told in rows_of(carried)
        )
        purpose = "digest" if notice.way == "digest" else "bundle"
        notice = msgspec.structs.replace(notice, purpose=purpose, template=purpose)
        return Mail(now, first.record.site, notice, rows, True)
    rows = (Row(case.record, notice, None, case.arrival),)
    if notice.purpose not in PURPOSES:
        return Mail(now, case.record.site, notice, rows)
    return Mail(now, case.record.site, notice, rows, False, tuple(case.deadlines()), tuple(case.course))
