"""What the latest mails of each source were made of, and what the ledger knows of its rhythm."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, bindparam, case, delete, func, insert, select, update

from daemon.store.engine import insert_missing
from daemon.store.schema import message
from daemon.store.source_tables import source_hour, source_mail
from parsers.records import Shape

KEEP = 500
"""Mails of a source that are kept here; the ledger has them all."""

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Shape).decode
_OF = source_mail.c.source == bindparam("of")
_NEWEST = (source_mail.c.at.desc(), source_mail.c.message.desc())
# Built once: SQLAlchemy keeps what it compiled by the statement object.
_KEEP = insert(source_mail)
_FORGET = delete(source_mail).where(source_mail.c.message.in_(bindparam("messages", expanding=True)))
_LATEST = (
    select(source_mail.c.message, source_mail.c.source, source_mail.c.at, source_mail.c.shape)
    .where(_OF)
    .order_by(*_NEWEST)
    .limit(bindparam("most"))
)
_FIRST_TOO_MANY = select(source_mail.c.at).where(_OF).order_by(*_NEWEST).offset(KEEP).limit(1)
_PRUNE = delete(source_mail).where(_OF, source_mail.c.at <= bindparam("until")).returning(source_mail.c.at)
_HOURS_KEPT = timedelta(days=400)
_came = func.coalesce(message.c.received_at, message.c.accepted_at)
_COUNTED = ("opened", "attached", "ignored")
"""Fates of mails that show that a source lives; its newsletters do not."""


class Seen(msgspec.Struct, frozen=True):
    """A mail of a source: its number, when it came in, what it is made of."""

    message: int
    source: str
    at: datetime
    shape: Shape


class Rhythm(msgspec.Struct, frozen=True):
    """How many requests came from a source, and when the last did, as far as they are known to be its own."""

    last: datetime | None
    mails: int
    week: int
    month: int
    unverified: int
    """Of the last 30 days, beside the others: anybody may have sent them."""
    again: int
    """Of the month's: second requests, which opened no record."""


def keep(connection: Connection, mails: Sequence[Seen]) -> None:
    """Note what mails were made of, each once."""
    if mails:
        rows = [
            {"message": one.message, "source": one.source, "at": one.at, "shape": _encode(one.shape).decode()}
            for one in mails
        ]
        connection.execute(_KEEP, rows)


def replace(connection: Connection, mails: Sequence[Seen]) -> None:
    """Note what mails that were read again are made of by today's reading."""
    if mails:
        connection.execute(_FORGET, {"messages": [one.message for one in mails]})
        keep(connection, mails)


def latest(connection: Connection, source: str, limit: int = KEEP) -> list[Seen]:
    """The latest mails of a source, the newest last."""
    rows = connection.execute(_LATEST, {"of": source, "most": limit}).all()
    return [Seen(row.message, row.source, row.at, _decode(row.shape)) for row in reversed(rows)]


def prune(connection: Connection, source: str) -> int:
    """Forget what older mails than those that are kept were made of, but not when they came; how many those were."""
    until = connection.execute(_FIRST_TOO_MANY, {"of": source}).scalar()
    if until is None:
        return 0
    gone = sorted(connection.execute(_PRUNE, {"of": source, "until": until}).scalars())
    _count(connection, source, gone)
    return len(gone)


def _count(connection: Connection, source: str, times: Sequence[datetime]) -> None:
    """Add mails to their hours; those that were counted before, and came back by being read again, are not."""
    hours = source_hour.c.source == source
    counted = connection.execute(select(func.max(source_hour.c.last)).where(hours)).scalar()
    fresh = [at for at in times if counted is None or at > counted]
    if not fresh:
        return
    by_hour: dict[datetime, list[datetime]] = {}
    for at in fresh:
        by_hour.setdefault(at.replace(minute=0, second=0, microsecond=0), []).append(at)
    rows = [{"source": source, "hour": hour, "mails": 0, "last": each[0]} for hour, each in by_hour.items()]
    insert_missing(connection, source_hour, rows)
    for hour, each in by_hour.items():
        values = {"mails": source_hour.c.mails + len(each), "last": each[-1]}
        connection.execute(update(source_hour).where(hours, source_hour.c.hour == hour).values(values))
    connection.execute(delete(source_hour).where(hours, source_hour.c.hour < fresh[-1] - _HOURS_KEPT))


def rhythms(connection: Connection, now: datetime) -> dict[str, Rhythm]:
    """When the last mail of each source came and how many did, by one walk through the ledger."""
    own, month = message.c.verified.is_not(None), _came > now - timedelta(days=30)
    query = (
        select(
            message.c.source,
            func.max(case((own, _came))),
            _number(own),
            _number(own, _came > now - timedelta(days=7)),
            _number(own, month),
            _number(message.c.verified.is_(None), month),
            _number(own, month, message.c.fate == "attached"),
        )
        .where(message.c.source.is_not(None), message.c.fate.in_(_COUNTED))
        .group_by(message.c.source)
    )
    return {row[0]: Rhythm(*row[1:]) for row in connection.execute(query)}


def _number(*that: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((and_(*that), 1), else_=0))


def last_mails(connection: Connection, names: Iterable[str], now: datetime) -> dict[str, datetime]:
    """When the last verified mail of each of these sources came; such as are dated ahead do not count."""
    query = (
        select(source_mail.c.source, func.max(source_mail.c.at))
        .where(source_mail.c.source.in_(list(names)), source_mail.c.at <= now)
        .group_by(source_mail.c.source)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def last_by_source(connection: Connection, now: datetime) -> dict[str, datetime]:
    """The same of all sources that ever sent."""
    names = select(source_mail.c.source).distinct()
    return last_mails(connection, connection.execute(names).scalars(), now)


def arrivals(connection: Connection, source: str) -> list[datetime]:
    """When the verified mails of a source came, of a year and more, the newest last.

    Of older ones only the hour is known: they are spread over it.
    """
    query = select(source_mail.c.at).where(source_mail.c.source == source).order_by(*_NEWEST).limit(KEEP)
    latest = list(reversed(list(connection.execute(query).scalars())))
    hours = select(source_hour.c.hour, source_hour.c.mails).where(source_hour.c.source == source)
    before = [
        hour + timedelta(hours=1) * (number + 0.5) / mails
        for hour, mails in connection.execute(hours.order_by(source_hour.c.hour))
        for number in range(mails)
    ]
    return [*before, *latest]


def median_gap(times: Iterable[datetime]) -> timedelta | None:
    """The usual time between two mails; None for fewer than three.

    Args:
        times: In order.
    """
    gaps = sorted(after - before for before, after in pairwise(times))
    return gaps[len(gaps) // 2] if len(gaps) > 1 else None
