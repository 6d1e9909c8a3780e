"""What went out lately, for the caps and the brake; and notices that they stop."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, case, func, select, text, update

from daemon.store.schema import ALERTS, notice, outbox
from rules.brakes import DAY, HOUR, Sent

# In the words of the partial indexes, so that SQLite uses them.
_LATELY = (
    text("outbox.correspondent IS NOT NULL"),
    outbox.c.state != "withdrawn",
    outbox.c.created_at > bindparam("day"),
)
_BY_CORRESPONDENT = (
    select(
        outbox.c.correspondent,
        func.sum(case((outbox.c.created_at > bindparam("hour"), 1), else_=0)).label("hour"),
        func.count().label("day"),
        func.min(case((outbox.c.created_at > bindparam("hour"), outbox.c.created_at))).label("first_in_hour"),
        func.min(outbox.c.created_at).label("first_in_day"),
    )
    .where(outbox.c.correspondent.in_(bindparam("who", expanding=True)), *_LATELY)
    .group_by(outbox.c.correspondent)
)
_CUSTOMERS = select(func.count(), func.min(outbox.c.created_at)).where(
    text("outbox.customer"), outbox.c.state != "withdrawn", outbox.c.created_at > bindparam("hour")
)
_ALERTS = (
    select(outbox.c.recipient, func.count().label("number"), func.min(outbox.c.created_at).label("oldest"))
    .where(
        ALERTS,
        outbox.c.recipient.in_(bindparam("readers", expanding=True)),
        outbox.c.created_at > bindparam("hour"),
        outbox.c.state != "withdrawn",
    )
    .group_by(outbox.c.recipient)
)
_DROP = (
    update(notice)
    .where(notice.c.id == bindparam("the_notice"), notice.c.outbox.is_(None))
    .values(withdrawn_at=bindparam("the_time"), withdrawn_because=bindparam("the_reason"))
)
_HOLD = (
    update(notice)
    .where(notice.c.id == bindparam("the_notice"), notice.c.outbox.is_(None))
    .values(held_until=bindparam("the_time"))
)


def sent(connection: Connection, correspondents: Sequence[str], now: datetime, readers: Sequence[str] = ()) -> Sent:
    """What went out before: to each of these correspondents, to customers, and by the clock to these readers.

    Args:
        connection: A reading connection.
        correspondents: As `rules.brakes.correspondent_of` names them.
        now: UTC.
        readers: Addresses of the house.
    """
    since = {"hour": now - HOUR, "day": now - DAY}
    found = connection.execute(_BY_CORRESPONDENT, {**since, "who": correspondents}).all() if correspondents else []
    customers, oldest = connection.execute(_CUSTOMERS, {"hour": since["hour"]}).one()
    alerts = connection.execute(_ALERTS, {**since, "readers": readers}).all() if readers else []
    return Sent(
        hour={row.correspondent: int(row.hour) for row in found},
        day={row.correspondent: row.day for row in found},
        first_in_hour={row.correspondent: row.first_in_hour for row in found if row.first_in_hour},
        first_in_day={row.correspondent: row.first_in_day for row in found},
        customers=customers,
        oldest_customer=oldest,
        alerts=_by_reader((row.recipient, row.number) for row in alerts),
        oldest_alert={row.recipient.casefold(): row.oldest for row in sorted(alerts, key=lambda row: row.oldest)[::-1]},
    )


def _by_reader(rows: Iterable[tuple[str, int]]) -> Mapping[str, int]:
    """Numbers by address, however it is written."""
    numbers = Counter[str]()
    for address, number in rows:
        numbers[address.casefold()] += number
    return numbers


def drop(connection: Connection, stopped: Iterable[tuple[int, str]], at: datetime) -> None:
    """These notices are told to nobody: key and why."""
    if rows := [{"the_notice": key, "the_reason": why, "the_time": at} for key, why in stopped]:
        connection.execute(_DROP, rows)


def hold(connection: Connection, waiting: Iterable[tuple[int, datetime]]) -> None:
    """These notices wait: key and until when."""
    if rows := [{"the_notice": key, "the_time": until} for key, until in waiting]:
        connection.execute(_HOLD, rows)
