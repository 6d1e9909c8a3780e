"""Records, their revisions, deadlines and notices."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import (
    CompoundSelect,
    Connection,
    Insert,
    RowMapping,
    bindparam,
    func,
    insert,
    or_,
    select,
    union_all,
    update,
)

from config.names import KINDS
from daemon.store import seals, terms
from daemon.store.schema import deadline, message, message_record, notice, record, revision
from rules.lifecycle import PASSIVE
from rules.model import Action, Actor, Deadline, Done, Effects, Envelope, Notice, Record
from rules.transition import STATES

_encode = msgspec.json.Encoder().encode
# Built once: SQLAlchemy keeps what it compiled by the statement object.
_OPEN = insert(record).returning(record.c.id, sort_by_parameter_order=True)
_ADVANCE = update(record).where(record.c.id == bindparam("the_record"), record.c.revision == bindparam("read"))
_APPEND = insert(revision)
_BEFORE = select(revision.c.seal).where(revision.c.record == bindparam("the_record"), revision.c.n == bindparam("read"))
_SET = insert(deadline).returning(deadline.c.id, sort_by_parameter_order=True)
_END = update(deadline).where(
    deadline.c.record == bindparam("the_record"), deadline.c.fired_at.is_(None), deadline.c.ended_at.is_(None)
)
_END_SOME = _END.where(
    or_(
        deadline.c.until.is_(None),
        deadline.c.until.like(bindparam("by_action")),
        deadline.c.step.in_(bindparam("rests", expanding=True)),
    )
)
_TAKE_BACK = (
    update(deadline)
    .where(
        deadline.c.record == bindparam("the_record"),
        deadline.c.revision < bindparam("taken_back"),
        deadline.c.ended_by >= bindparam("taken_back"),
    )
    .values(ended_at=None, ended_by=None)
)
_END_THOSE_SINCE = _END.where(deadline.c.revision >= bindparam("taken_back"))
_NEXT_STEP = select(func.min(deadline.c.due_at)).where(
    deadline.c.record == bindparam("the_record"), deadline.c.fired_at.is_(None), deadline.c.ended_at.is_(None)
)
_DUE_AT = update(record).where(record.c.id == bindparam("the_record")).values(due_at=bindparam("the_time"))
_TELL = insert(notice).returning(notice.c.id, sort_by_parameter_order=True)
_LINK = insert(message_record)
_decode_record = msgspec.json.Decoder(Record).decode
_decode_args = msgspec.json.Decoder(dict[str, str]).decode


class Changed(Exception):  # noqa: N818 - a reason to repeat, not a fault
    """A record has a newer revision than the one that was read, or a person another record; read and write again."""


class Kept(msgspec.Struct, frozen=True):
    """A record with its key."""

    id: int
    record: Record


def open_record(
    connection: Connection, opened: Record, effects: Effects, action: Action, settings: str, at: datetime
) -> int:
    """Write a new record with its first revision and what follows from it; its key."""
    return open_records(connection, [(opened, effects, action)], settings, at)[0]


def open_records(
    connection: Connection, openings: Sequence[tuple[Record, Effects, Action]], settings: str, at: datetime
) -> list[int]:
    """Write new records, all of a batch with a handful of statements; their keys in the same order."""
    rows = [
        {**_columns(opened, effects), "ref": opened.ref, "received_at": opened.received_at}
        for opened, effects, _ in openings
    ]
    keys = _insert(connection, _OPEN, rows)
    first = [
        {"record": key, "n": opened.revision, "at": at, **_what(action), "data": row["data"], "settings": settings}
        for key, row, (opened, _, action) in zip(keys, rows, openings, strict=True)
    ]
    _append(connection, [(row, None, effects) for row, (_, effects, _) in zip(first, openings, strict=True)])
    return keys


def save(
    connection: Connection, kept: Kept, after: Record, effects: Effects, action: Action, settings: str, at: datetime
) -> None:
    """Write the next revision of a record.

    Raises:
        Changed: Somebody else was faster.
    """
    columns = _columns(after, effects)
    if not effects.deadlines and not effects.ends_deadlines:
        del columns["due_at"]
    this = {"the_record": kept.id, "read": kept.record.revision}
    if connection.execute(_ADVANCE, {**columns, **this}).rowcount != 1:
        raise Changed(kept.record.ref)
    before = connection.execute(_BEFORE, this).scalar()
    told = {**_what(action), "data": columns["data"], "settings": settings}
    if effects.takes_back is not None:
        _take_back(connection, kept.id, effects.takes_back, after.revision, at)
    _append(connection, [({"record": kept.id, "n": after.revision, "at": at, **told}, before, effects)])
    if effects.spares is not None:
        move_on(connection, kept.id)


def _take_back(connection: Connection, key: int, taken_back: int, by: int, at: datetime) -> None:
    """The deadlines that an undone revision ended hold again; those that it set do not, nor those set since.

    A customer who writes to what was done or put off ends what still ran, and sets new ones: beside the old ones the
    record would have two clocks.
    """
    this = {"the_record": key, "taken_back": taken_back}
    connection.execute(_END_THOSE_SINCE, {**this, "ended_at": at, "ended_by": by})
    connection.execute(_TAKE_BACK, this)
    move_on(connection, key)


def move_on(connection: Connection, key: int) -> None:
    """A record is due when the first of its open deadlines is."""
    due_at = connection.execute(_NEXT_STEP, {"the_record": key}).scalar()
    connection.execute(_DUE_AT, {"the_record": key, "the_time": due_at})


def last_action(connection: Connection, kept: Kept) -> tuple[Done, Record] | None:
    """What was done last to a record by somebody's will, and the record before it; None if it was only opened.

    What merely came in or was asked, such as a further mail or `status`, is passed over.
    """
    query = select(revision).where(revision.c.record == kept.id, revision.c.n <= kept.record.revision)
    for row in connection.execute(query.order_by(revision.c.n.desc())).mappings():
        if row["n"] in kept.record.undone or row["action"] in PASSIVE:
            continue
        if row["n"] == 1:
            return None
        before = select(revision.c.data).where(revision.c.record == kept.id, revision.c.n == row["n"] - 1)
        done = Done(name=row["action"], actor=Actor(row["actor_role"], row["actor"]), at=row["at"])
        return done, _decode_record(connection.execute(before).scalar_one())
    return None


def before_join(connection: Connection, kept: Kept, ref: str) -> Record | None:
    """A record as it was before another one was joined to it; None if none of that name is."""
    joins = (revision.c.record == kept.id, revision.c.action == "join")
    for row in connection.execute(select(revision.c.n, revision.c.args).where(*joins).order_by(revision.c.n.desc())):
        if _decode_args(row.args).get("ref") == ref and row.n not in kept.record.undone:
            before = select(revision.c.data).where(revision.c.record == kept.id, revision.c.n == row.n - 1)
            return _decode_record(connection.execute(before).scalar_one())
    return None


def first_envelope(connection: Connection, kept: Kept) -> Envelope:
    """How the mail came that opened a record; of one without a mail, when it was opened."""
    came = func.coalesce(message.c.received_at, message.c.accepted_at).label("came")
    opened = (message_record.c.record == kept.id, message_record.c.how == "opened")
    query = (
        select(message.c.recipient, message.c.sender, message.c.channel, came)
        .join(message_record, message_record.c.message == message.c.id)
        .where(*opened)
    )
    row = connection.execute(query).first()
    if row is None:
        return Envelope(recipient="", channel="hand", accepted_at=kept.record.received_at)
    return Envelope(recipient=row.recipient, sender=row.sender, channel=row.channel, accepted_at=row.came)


def link(connection: Connection, links: Sequence[tuple[int, int, int, str]]) -> None:
    """Say which record a mail's reading opened or was attached to: message, reading, record, how."""
    if links:
        names = ("message", "reading", "record", "how")
        connection.execute(_LINK, [dict(zip(names, one, strict=True)) for one in links])


def load(connection: Connection, ref: str) -> Kept | None:
    """The current revision of a record."""
    row = connection.execute(select(record.c.id, record.c.data).where(record.c.ref == ref)).first()
    return Kept(row.id, _decode_record(row.data)) if row else None


def kept(key: int, data: str) -> Kept:
    """A record from its row."""
    return Kept(key, _decode_record(data))


def as_of(connection: Connection, ref: str, at: datetime) -> Record | None:
    """A record as it was at a time; None if it was not there yet."""
    query = (
        select(revision.c.data)
        .join(record, record.c.id == revision.c.record)
        .where(record.c.ref == ref, revision.c.at <= at)
        .order_by(revision.c.n.desc())
        .limit(1)
    )
    data = connection.execute(query).scalar()
    return _decode_record(data) if data else None


def revisions(connection: Connection, ref: str) -> list[RowMapping]:
    """Every revision of a record with who did what when, oldest first."""
    query = select(revision).join(record, record.c.id == revision.c.record).where(record.c.ref == ref)
    return list(connection.execute(query.order_by(revision.c.n)).mappings())


def deadlines(connection: Connection, ref: str) -> list[RowMapping]:
    """Every deadline of a record, in order of time."""
    query = select(deadline).join(record, record.c.id == deadline.c.record).where(record.c.ref == ref)
    return list(connection.execute(query.order_by(deadline.c.cycle, deadline.c.due_at)).mappings())


def listing(
    connection: Connection,
    *,
    site: str | None = None,
    kind: str | None = None,
    states: Sequence[str] = (),
    limit: int = 100,
) -> list[Kept]:
    """The newest records, oldest of them first; without states, of any."""
    query = select(record.c.id, record.c.data).order_by(record.c.id.desc()).limit(limit)
    if site is not None or kind is not None or states:
        query = query.where(record.c.id.in_(_newest(site, kind, states or STATES, limit)))
    return [Kept(row.id, _decode_record(row.data)) for row in reversed(connection.execute(query).all())]


def _newest(site: str | None, kind: str | None, states: Sequence[str], limit: int) -> CompoundSelect[int]:
    """Keys of the newest of each state: an index has these in order, but not those of several states.

    The indexes begin with the site, with the kind, or with both: without either each kind is asked for.
    """
    newest = select(record.c.id).order_by(record.c.id.desc()).limit(limit)
    if site is not None:
        newest = newest.where(record.c.site == site)
    kinds = [kind] if site is not None or kind is not None else list(KINDS)
    parts = (
        newest.where(record.c.state == state, *([record.c.kind == one] if one is not None else [])).subquery()
        for state in states
        for one in kinds
    )
    return union_all(*(select(part.c.id) for part in parts))


def refs_of_message(connection: Connection, message_id: int) -> list[str]:
    """References of the records that a mail opened or was attached to."""
    query = (
        select(record.c.ref)
        .join(message_record, message_record.c.record == record.c.id)
        .where(message_record.c.message == message_id)
        .order_by(message_record.c.reading)
    )
    return list(connection.execute(query).scalars())


def notices(connection: Connection, ref: str) -> list[RowMapping]:
    """Every notice of a record."""
    query = select(notice).join(record, record.c.id == notice.c.record).where(record.c.ref == ref)
    return list(connection.execute(query.order_by(notice.c.id)).mappings())


def _columns(now: Record, effects: Effects) -> dict[str, object]:
    return {
        "site": now.site,
        "kind": now.kind,
        "state": now.state,
        "team": now.team,
        "source": now.source,
        "category": now.category,
        "revision": now.revision,
        "due_at": min((d.due_at for d in effects.deadlines), default=None),
        "data": _encode(now).decode(),
    }


def _what(action: Action) -> dict[str, object]:
    return {
        "action": action.name,
        "actor_role": action.actor.role,
        "actor": action.actor.name,
        "args": _encode(action.args).decode(),
    }


def _append(connection: Connection, steps: Sequence[tuple[dict[str, object], str | None, Effects]]) -> None:
    """Revisions, each sealed after the one before, and their effects: the only place where they are written."""
    for row, _, effects in steps:
        if effects.ends_deadlines:
            _end(connection, row, effects)
    deadlines = [[_of(row, _deadline_columns(one)) for one in effects.deadlines] for row, _, effects in steps]
    notices = [[_of(row, _notice_columns(one)) for one in effects.notices] for row, _, effects in steps]
    _number(connection, _SET, deadlines)
    _number(connection, _TELL, notices)
    rows = []
    for (row, before, _), due, told in zip(steps, deadlines, notices, strict=True):
        sealed = {**row, "deadlines_seal": seals.deadlines(due), "notices_seal": seals.notices(told)}
        rows.append({**sealed, "seal": seals.revision(sealed, before)})
    connection.execute(_APPEND, rows)


def _end(connection: Connection, row: dict[str, object], effects: Effects) -> None:
    """End all open deadlines, or those that end by the action, and those whose time stands still from now on."""
    this = {"the_record": row["record"], "ended_at": row["at"], "ended_by": row["n"]}
    if effects.spares is None:
        connection.execute(_END, this)
    else:
        connection.execute(_END_SOME, {**this, "by_action": f"% {effects.spares} %", "rests": list(effects.rests)})


def _of(revised: dict[str, object], columns: dict[str, object]) -> dict[str, object]:
    return {"record": revised["record"], "revision": revised["n"], **columns}


def _number(connection: Connection, statement: Insert, groups: list[list[dict[str, object]]]) -> None:
    """Write the rows of all groups, and give each the key it has now."""
    rows = [row for group in groups for row in group]
    for row, key in zip(rows, _insert(connection, statement, rows), strict=True):
        row["id"] = key


def _insert(connection: Connection, statement: Insert, rows: Sequence[dict[str, object]]) -> list[int]:
    """Write rows; their keys in the same order."""
    return list(connection.execute(statement, rows).scalars()) if rows else []


def _deadline_columns(one: Deadline) -> dict[str, object]:
    return {
        "step": one.step,
        "cycle": one.cycle,
        "due_at": one.due_at,
        "deliver_at": one.deliver_at,
        "effect": one.effect,
        "target": one.to,
        "because": one.because,
        "until": terms.ends_by(one),
        "terms": terms.written(one),
    }


def _notice_columns(one: Notice) -> dict[str, object]:
    return {"purpose": one.purpose, "recipient": one.to, "at": one.at, "way": one.way, "data": _encode(one).decode()}
