"""The outbox: one row for each mail to one recipient, from waiting to sent, or to where a person looks at it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    bindparam,
    case,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.sql.dml import ReturningUpdate

from daemon.store import seals, tally
from daemon.store.engine import DatabaseTime, insert_once
from daemon.store.messages import leased_by
from daemon.store.schema import TO_SEND, UNFINISHED, notice, outbox, record, rendered

STANDSTILL = "alarm:standstill:"
"""How the keys of the letters begin that go out while nothing else does: the admin's, that say so."""
LEASE = timedelta(seconds=30)
"""Renewed while a letter is in hand, however slow the relay: else it would go out twice."""


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """A composed mail to be kept until it is sent."""

    dedupe: str
    """Purpose, causing action or run, and recipient: what makes it the same mail."""
    purpose: str
    category: str | None = None
    record_id: int | None = None
    revision: int | None = None
    """Of its record; of several records, the sum of theirs: it changes when any of them does."""
    site: str | None = None
    recipient: str
    sender: str
    subject: str
    message_id: str
    content: bytes
    held: str | None = None
    """Why it is not to be sent unless a person says so."""
    correspondent: str | None = None
    """Whom the caps count it for (`rules.brakes`); None where they do not."""
    customer: bool = False
    """Whether it goes to a customer."""


class InHand(msgspec.Struct, frozen=True):
    """A letter claimed for sending."""

    id: int
    purpose: str
    recipient: str
    sender: str
    message_id: str
    attempts: int
    created_at: datetime
    content: bytes
    lease: str
    reached_data: bool = False
    """An earlier attempt ended in doubt: a relay may have it."""


_THIS = outbox.c.id == bindparam("the_letter")
_UNTOUCHED = (_THIS, outbox.c.state == "waiting", outbox.c.reached_data.is_(False))
_OURS = (_THIS, outbox.c.state == "sending", outbox.c.lease == bindparam("our_lease"))
_SENDING = (UNFINISHED, outbox.c.state == "sending")
# Built once: SQLAlchemy keeps what it compiled by the statement object.
_KNOWN = select(outbox.c.id).where(outbox.c.dedupe == bindparam("dedupe"))
_PUT_BYTES = insert(rendered)
_KEPT = select(outbox).where(*_UNTOUCHED).with_for_update()  # no sender may take it while its words change
_CHANGE = update(outbox).where(*_UNTOUCHED)
_CHANGE_BYTES = update(rendered).where(rendered.c.outbox == bindparam("the_letter"))
_MARK = update(outbox).where(*_OURS)
_GIVE_BACK = _MARK.values(state="waiting", lease=None, lease_until=None, attempts=outbox.c.attempts - 1)
_carried = select(notice.c.record).where(notice.c.outbox == outbox.c.id).correlate(outbox)
_revision_now = case(
    (
        outbox.c.record.is_(None),
        select(func.sum(record.c.revision)).where(record.c.id.in_(_carried)).correlate(outbox).scalar_subquery(),
    ),
    else_=select(record.c.revision).where(record.c.id == outbox.c.record).correlate(outbox).scalar_subquery(),
)
_CURRENT = or_(outbox.c.reached_data, outbox.c.revision.is_(None), _revision_now == outbox.c.revision)


def _claiming(*these: ColumnElement[bool]) -> ReturningUpdate[Any]:
    """The statement that claims what is due of these letters."""
    due = (
        select(outbox.c.id)
        .where(
            TO_SEND,
            outbox.c.next_try_at <= bindparam("now"),
            or_(outbox.c.lease_until.is_(None), outbox.c.lease_until < DatabaseTime()),
            _CURRENT,
            *these,
        )
        .order_by(outbox.c.next_try_at, outbox.c.id)
        .limit(bindparam("most"))
        .with_for_update(skip_locked=True)
        .cte("due")  # as a plain subquery PostgreSQL may run it more than once, and take more than it was told to
    )
    return (
        update(outbox)
        .where(outbox.c.id.in_(select(due.c.id)))
        .values(state="sending", attempts=outbox.c.attempts + 1, lease_until=DatabaseTime(LEASE))
        .returning(
            outbox.c.id,
            outbox.c.purpose,
            outbox.c.recipient,
            outbox.c.sender,
            outbox.c.message_id,
            outbox.c.attempts,
            outbox.c.created_at,
            outbox.c.next_try_at,
            outbox.c.reached_data,
        )
    )


_CLAIM = _claiming()
_CLAIM_AT_STANDSTILL = _claiming(outbox.c.dedupe.startswith(STANDSTILL))
_RENEW = (
    update(outbox)
    .where(*_SENDING, outbox.c.lease.in_(bindparam("leases", expanding=True)))
    .values(lease_until=DatabaseTime(LEASE))
)
_BYTES = select(rendered.c.outbox, rendered.c.bytes).where(rendered.c.outbox.in_(bindparam("letters", expanding=True)))
_OUTDATED = (
    select(outbox.c.id, outbox.c.message_id, outbox.c.record)
    .where(
        TO_SEND,
        outbox.c.state == "waiting",
        outbox.c.reached_data.is_(False),
        _revision_now > outbox.c.revision,
    )
    .limit(bindparam("most"))
)
_NEXT = select(func.min(outbox.c.next_try_at)).where(TO_SEND)


def put(connection: Connection, letter: Letter, at: datetime) -> int | None:
    """Keep a letter for sending; its key, or None if the same mail is there already."""
    if connection.execute(_KNOWN, {"dedupe": letter.dedupe}).scalar() is not None:
        return None
    row = {
        "revision": letter.revision,
        "subject": letter.subject,
        "dedupe": letter.dedupe,
        "purpose": letter.purpose,
        "category": letter.category,
        "record": letter.record_id,
        "site": letter.site,
        "recipient": letter.recipient,
        "sender": letter.sender,
        "message_id": letter.message_id,
        "correspondent": letter.correspondent,
        "customer": letter.customer,
        "state": "held" if letter.held else "waiting",
        "last_error": letter.held,
        "created_at": at,
        "next_try_at": at,
    }
    sealed = {**row, "seal": seals.letter({**row, "rendered": letter.content})}
    key: int | None = insert_once(connection, outbox.c.dedupe, sealed)
    if key is None:
        return None
    connection.execute(_PUT_BYTES, {"outbox": key, "bytes": letter.content})
    return key


def rewrite(connection: Connection, outbox_id: int, letter: Letter) -> bool:
    """Replace the words of a letter that has not reached any relay; its Message-ID stays."""
    this = {"the_letter": outbox_id}
    kept = connection.execute(_KEPT, this).mappings().first()
    if kept is None:
        return False
    words: dict[str, object] = {"revision": letter.revision, "subject": letter.subject}
    connection.execute(_CHANGE_BYTES, {"bytes": letter.content, **this})
    seal = seals.letter({**kept, **words, "rendered": letter.content})
    held = {"state": "held", "last_error": letter.held} if letter.held else {}
    return connection.execute(_CHANGE, {**words, **held, "seal": seal, **this}).rowcount == 1


def withdraw(connection: Connection, outbox_id: int) -> bool:
    """What the letter says no longer holds, and no relay has seen it."""
    done = connection.execute(_CHANGE, {"the_letter": outbox_id, "state": "withdrawn"}).rowcount == 1
    return done and _count(connection, "withdrawn")


def outdated(connection: Connection, limit: int) -> list[tuple[int, str, bool]]:
    """Letters that no relay has seen and whose record has a newer revision: key, Message-ID, whether of several."""
    return [(row.id, row.message_id, row.record is None) for row in connection.execute(_OUTDATED, {"most": limit})]


def claim(connection: Connection, *, now: datetime, lease: str, limit: int, standstill: bool = False) -> list[InHand]:
    """Take the letters that are due, oldest first; from here until it is marked the outcome counts as unknown.

    Args:
        connection: A writing transaction.
        now: UTC.
        lease: Fencing token of this claim.
        limit: At most so many.
        standstill: Only those that go out all the same.
    """
    taken = {"now": now, "most": limit, "lease": lease}
    statement = _CLAIM_AT_STANDSTILL if standstill else _CLAIM
    rows = sorted(connection.execute(statement, taken), key=lambda row: (row.next_try_at, row.id))
    if not rows:
        return []
    found = connection.execute(_BYTES, {"letters": [row.id for row in rows]})
    contents = {row.outbox: row.bytes for row in found}
    return [
        InHand(
            id=r.id,
            purpose=r.purpose,
            recipient=r.recipient,
            sender=r.sender,
            message_id=r.message_id,
            attempts=r.attempts,
            created_at=r.created_at,
            content=contents[r.id],
            lease=lease,
            reached_data=r.reached_data,
        )
        for r in rows
    ]


def mark(
    connection: Connection,
    letter: InHand,
    state: str,
    *,
    at: datetime,
    next_try_at: datetime | None = None,
    error: str | None = None,
    reached_data: bool = False,
) -> bool:
    """Say how an attempt ended; False if the letter was not ours any more."""
    values: dict[str, object] = {"state": state, "lease": None, "lease_until": None, "last_error": error}
    if state == "sent":
        values["sent_at"] = at
    if next_try_at is not None:
        values["next_try_at"] = next_try_at
    if reached_data:
        values["reached_data"] = True
    ours = {"the_letter": letter.id, "our_lease": letter.lease}
    done = connection.execute(_MARK, {**values, **ours}).rowcount == 1
    return done and (state != "sent" or _count(connection, state))


def _count(connection: Connection, state: str) -> bool:
    """One more letter is done with."""
    tally.count(connection, {tally.What(tally.LETTER, state): 1})
    return True


def give_back(connection: Connection, letters: list[InHand], why: str | None = None) -> bool:
    """Letters that were claimed and not tried keep their place; `why` is noted for the first."""
    if why is not None:
        connection.execute(_MARK, {"the_letter": letters[0].id, "our_lease": letters[0].lease, "last_error": why})
    connection.execute(_GIVE_BACK, [{"the_letter": one.id, "our_lease": one.lease} for one in letters])
    return True


def renew(connection: Connection, leases: Sequence[str]) -> None:
    """Letters of these leases are still in hand."""
    connection.execute(_RENEW, {"leases": leases})


def in_hand(connection: Connection, lease: str) -> int:
    """How many letters a lease still holds."""
    query = select(func.count()).select_from(outbox).where(*_SENDING, outbox.c.lease == lease)
    return connection.execute(query).scalar_one()


def undo_claims(connection: Connection, leases: Sequence[str]) -> None:
    """Letters that were claimed, perhaps, and of which none was tried."""
    query = update(outbox).where(*_SENDING, outbox.c.lease.in_(leases))
    free = {"state": "waiting", "lease": None, "lease_until": None, "attempts": outbox.c.attempts - 1}
    connection.execute(query.values(free))


def recover(
    connection: Connection,
    now: datetime,
    *,
    holder: str | None = None,
    expired: bool = False,
    spared: Sequence[str] = (),
) -> int:
    """Letters whose sender is gone are tried again; how many of them may have gone out.

    That is the first of each batch at most, for its sender marks each letter before the next one's contents leave. Its
    outcome is unknown; its Message-ID stays, so that a reader of both can tell. The others were not tried.

    Args:
        connection: A writing transaction.
        now: When they may be tried again.
        holder: Only those of this holder's leases; None for anybody's.
        expired: Only those whose lease ran out.
        spared: Not those of these leases: they are in our own hands.
    """
    left = select(outbox.c.id, outbox.c.lease).where(
        *_SENDING, leased_by(outbox.c.lease, holder), outbox.c.lease.not_in(spared)
    )
    if expired:
        left = left.where(outbox.c.lease_until < DatabaseTime())
    left = left.with_for_update(skip_locked=True)
    batches: dict[str, list[int]] = {}
    for row in connection.execute(left.order_by(outbox.c.next_try_at, outbox.c.id)):
        batches.setdefault(row.lease, []).append(row.id)
    free = {"lease": None, "lease_until": None}
    doubtful = {**free, "state": "unknown", "reached_data": True, "next_try_at": now}
    for first, *others in batches.values():
        connection.execute(update(outbox).where(outbox.c.id == first).values(doubtful))
        untried = update(outbox).where(outbox.c.id.in_(others)).values(**free, state="waiting")
        connection.execute(untried.values(attempts=outbox.c.attempts - 1))
    return len(batches)


def act_on(connection: Connection, outbox_id: int, action: str, now: datetime) -> bool:
    """What a person does with a letter: `retry` now, `hold` it, or `drop` it; whether it was possible."""
    allowed: dict[str, tuple[tuple[str, ...], dict[str, object]]] = {
        "retry": (
            ("waiting", "unknown", "held", "failed"),
            # The doubt is settled: a person wants it to go out, whether or not a relay has it already.
            {"state": "waiting", "next_try_at": now, "lease": None, "reached_data": False},
        ),
        "hold": (("waiting", "unknown"), {"state": "held"}),
        "drop": (("waiting", "unknown", "held", "failed"), {"state": "withdrawn"}),
    }
    states, values = allowed[action]
    if action == "retry":  # held for a reason that a person has looked at: it goes out as it is, not written again
        held = outbox.c.id == outbox_id, outbox.c.state == "held", outbox.c.last_error.is_not(None)
        connection.execute(update(outbox).where(*held).values(revision=None))
    done = connection.execute(update(outbox).where(outbox.c.id == outbox_id, outbox.c.state.in_(states)).values(values))
    return done.rowcount == 1 and (action != "drop" or _count(connection, "withdrawn"))


def next_due(connection: Connection) -> datetime | None:
    """When the next letter may be tried."""
    return connection.execute(_NEXT).scalar()
