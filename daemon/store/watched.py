"""Since when sources and time zones are watched, and what controllers were told of silent sources."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select, text, update

from daemon.store import sources
from daemon.store.engine import insert_missing
from daemon.store.source_tables import silent_source, watched
from rules.silence import Heard
from rules.watching import Told

SOURCE, ZONE = "source", "zone"
_NOT_CLEARED = text("silent_source.cleared_at IS NULL")


def keep(connection: Connection, names: Iterable[str], zones: Iterable[str], at: datetime) -> None:
    """Note what the settings name now, each with the time at which it was first seen; forget what they do not name."""
    named = sorted({*((SOURCE, name) for name in names), *((ZONE, name) for name in zones)})
    known = {(row[0], row[1]) for row in connection.execute(select(watched.c.sort, watched.c.name))}
    fresh = [{"sort": sort, "name": name, "since": at} for sort, name in named if (sort, name) not in known]
    if fresh:
        insert_missing(connection, watched, fresh)
    for sort, name in sorted(known - set(named)):
        connection.execute(delete(watched).where(watched.c.sort == sort, watched.c.name == name))
        if sort == SOURCE:
            connection.execute(delete(silent_source).where(silent_source.c.source == name))


def since(connection: Connection, sort: str, names: Iterable[str] | None = None) -> dict[str, datetime]:
    """When each source or zone was first seen; all of them, or those of these names."""
    query = select(watched.c.name, watched.c.since).where(watched.c.sort == sort)
    if names is not None:
        query = query.where(watched.c.name.in_(list(names)))
    return {row[0]: row[1] for row in connection.execute(query)}


def heard(connection: Connection, names: Iterable[str], now: datetime) -> Mapping[str, Heard]:
    """What is known of the mails of sources; one that no daemon saw yet counts from now on."""
    these = list(names)
    seen, last = since(connection, SOURCE, these), sources.last_mails(connection, these, now)
    return {name: Heard(seen_at=seen.get(name, now), last_at=last.get(name)) for name in these}


def told(connection: Connection, controller: str | None = None) -> list[Told]:
    """All that controllers were told, or one of them, and that was not cleared."""
    columns = silent_source.c
    query = select(columns.source, columns.controller, columns.since, columns.told_at, columns.times)
    if controller is not None:
        query = query.where(columns.controller == controller)
    ordered = query.where(_NOT_CLEARED).order_by(columns.controller, columns.source)
    return [Told(*row) for row in connection.execute(ordered)]


def tell(connection: Connection, news: Sequence[Told]) -> None:
    """Controllers are told of silent sources: the first time, or once more."""
    for one in news:
        row = silent_source.c.source == one.source, silent_source.c.controller == one.controller
        values = {"since": one.since, "told_at": one.told_at, "times": one.times, "cleared_at": None}
        if connection.execute(update(silent_source).where(*row).values(values)).rowcount == 0:
            connection.execute(insert(silent_source).values(source=one.source, controller=one.controller, **values))


def clear(connection: Connection, controller: str, names: Collection[str], at: datetime) -> bool:
    """A controller's sources send again; False if somebody else said so of one already, then nothing is changed."""
    these = silent_source.c.controller == controller, silent_source.c.source.in_(names), _NOT_CLEARED
    still = connection.execute(select(silent_source.c.source).where(*these).with_for_update()).all()
    if len(still) != len(names):
        return False
    connection.execute(update(silent_source).where(*these).values(cleared_at=at))
    return True


def number_silent(connection: Connection) -> int:
    """How many sources are silent, as far as anybody was told."""
    found = connection.execute(select(func.count(silent_source.c.source.distinct())).where(_NOT_CLEARED)).scalar()
    return int(found or 0)
