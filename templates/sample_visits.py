"""Bookings to try the mails of a workshop's team on. All of it is invented."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import msgspec

from parsers import records as r
from rules.model import Record
from rules.visit import Visit
from templates.model import RenderItem, RenderJob

REASON = "the customer proposes another time"
TEXT = "Guten Tag,\nam Donnerstag geht es leider erst ab 14 Uhr. Passt das auch?\n\nViele Grüße\nKarin Beispiel"
_DAY = datetime(2026, 12, 3, tzinfo=UTC)
_BOOKED = r.Vehicle(role="own", make="Volkswagen", model="Golf", plate="B-KB 1414", vin="WVWZZZCDZMW000001")
PRECONDITIONS = ("parts", "work-order")


class _Row(NamedTuple):
    ref: str
    state: str
    part: str
    name: str
    car: str
    day: int | None
    """Days from 3 December on; None where no time is agreed."""
    hour: int = 8


_ROWS: Sequence[_Row] = (
    _Row("B-2F4MZ8-C", "scheduled", "past", "Jens Muster", "Octavia", -1),
    _Row("B-7KQ2M4-V", "countered", "ours", "Karin Beispiel", "Golf", 0),
    _Row("B-5T0QW8-9", "new", "ours", "Lena Probe", "Fabia", None),
    _Row("B-9X3RT6-K", "offered", "theirs", "Ole Eksempel", "Superb", 1),
    _Row("B-4H8YN2-M", "arrived", "today", "Wei Zhang", "ID.4", 0, 7),
    _Row("B-6C1VB5-T", "scheduled", "today", "Ina Muster", "Polo", 0, 13),
    _Row("B-8D7JS3-E", "pre-booked", "next", "Max Probe", "Tiguan", 1, 9),
)


def with_visit(job: RenderJob, ref: str = "B-7KQ2M4-V") -> RenderJob:
    """A mail about one booking: its customer was offered a time, and wants another one."""
    visit = Visit(
        uid=f"{ref.lower()}@post.muster.example",
        sequence=1,
        invited=True,
        wanted=("2026-12-03", "2026-12-04T09:00"),
        starts_at=_DAY.replace(hour=8),
        ends_at=_DAY.replace(hour=9, minute=30),
        zone=job.site.timezone,
        proposed_at=_DAY.replace(hour=13),
        proposed_until=_DAY.replace(hour=14, minute=30),
        services=("Inspektion", "Bremsen prüfen"),
        price=r.Money("238.00", "EUR"),
        remarks="Bitte das Serviceheft mitbringen.",
        adviser="Eva Muster",
        courtesy_car="yes",
        preferred=True,
        ready=("parts",),
        answer="declined",
        reminder=3,
    )
    reading = msgspec.structs.replace(job.record.reading, kind="booking", vehicles=(_BOOKED,), interest="service")
    record = msgspec.structs.replace(
        job.record, ref=ref, kind="booking", team="service", state="countered", reading=reading, visit=visit
    )
    site = msgspec.structs.replace(job.site, preconditions=PRECONDITIONS)
    return msgspec.structs.replace(job, record=record, site=site)


def with_visits(job: RenderJob) -> RenderJob:
    """The daily list, a row of each part at least."""
    first = with_visit(job)
    others = tuple(
        RenderItem(
            record=_record(first.record, row),
            part=row.part,
            since=job.notice.at - timedelta(days=2),
            overdue=row.part == "past",
            reply_to=job.reply_to,
        )
        for row in _ROWS
    )
    return msgspec.structs.replace(first, others=others, later=4, reply_to=None)


def _record(like: Record, row: _Row) -> Record:
    reading = msgspec.structs.replace(
        like.reading,
        customer=r.Customer(name=row.name),
        vehicles=(msgspec.structs.replace(_BOOKED, model=row.car),),
    )
    starts = _DAY.replace(hour=row.hour) + timedelta(days=row.day) if row.day is not None else None
    asks = row.state == "countered"
    visit = msgspec.structs.replace(
        like.visit or Visit(uid=row.ref, zone="Europe/Berlin"),
        starts_at=starts,
        ends_at=starts + timedelta(hours=1) if starts else None,
        proposed_at=like.visit.proposed_at if asks and like.visit else None,
        proposed_until=like.visit.proposed_until if asks and like.visit else None,
        courtesy_car="yes" if row.state == "arrived" else None,
    )
    return msgspec.structs.replace(like, ref=row.ref, state=row.state, reading=reading, visit=visit, assignee=None)
