"""The I/O half of the one door: load a record, apply the action, write, and repeat when somebody else was faster."""

import secrets
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

import msgspec
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from config.models import Settings
from daemon.store import Store, contacts, erasing, preferences, records, standing, vehicles
from rules.apply import apply
from rules.cars import identities_of_record, with_plate
from rules.erasing import ERASE
from rules.lifecycle import PASSIVE
from rules.linking import LINKING, follow_up, names_record, opens, parting, unjoins
from rules.model import Action, Effects, Opening, Record, Refused, Standing
from rules.reference import make
from rules.second import contacts_of_record

REPEATS = 5
TIMES = frozenset({"offer", "schedule", "pre-book", "accept", "agree", "counter", "confirm"})
"""Actions that give a workshop visit a time: they must know of the other bookings of its car."""


class Change(msgspec.Struct, frozen=True):
    """A new state of a record, with the action that led to it."""

    before: records.Kept | None
    after: Record
    effects: Effects
    action: Action


def act(store: Store, settings: Settings, ref: str, action: Action, now: datetime) -> Record:
    """Do something to a record, and what follows from it to another.

    Raises:
        Refused: There is no such record, or the action is not possible.
        StoreError: The database could not do it.
    """
    for _ in range(REPEATS):
        with store.read() as connection:
            kept = records.load(connection, ref)
            if kept is None:
                raise Refused(f"there is no record {ref}")
            changes = changed(connection, kept, action, settings, now)

        def write(connection: Connection, changes: list[Change] = changes) -> None:
            for one in changes:
                write_change(connection, one, settings.digest, now)

        try:
            store.write(write).result()
        except (records.Changed, IntegrityError):
            continue
        return changes[0].after
    raise Refused(f"{ref} is being changed by others all the time; try again")


def changed(
    connection: Connection, kept: records.Kept, action: Action, settings: Settings, now: datetime
) -> list[Change]:
    """What an action makes of a record, and of the other one that it links it to.

    Raises:
        Refused: It is not possible.
    """
    kind = opens(action, kept.record) if action.name in LINKING else None
    if kind is not None:
        action = msgspec.structs.replace(action, args={**action.args, "ref": new_reference(kind)})
    action = with_past(connection, kept, action)
    after, effects = apply(kept.record, action, settings, now)
    changes = [Change(kept, after, effects, action)]
    if action.name in LINKING:
        named = names_record(action)
        target = records.load(connection, named) if named else None
        first = records.first_envelope(connection, kept)
        before, further = follow_up(action, kept.record, target.record if target else None, first, settings, now)
        linked, effects = apply(before, further, settings, now)
        changes.append(Change(target, linked, effects, further))
    elif (ref := unjoins(action, kept.record)) is not None:
        changes += _parted(connection, kept.record, ref, action, settings, now)
    return changes


def _parted(
    connection: Connection, record: Record, ref: str, action: Action, settings: Settings, now: datetime
) -> list[Change]:
    """What an undone `again` makes of the other record; nothing where the request no longer stands with that one."""
    target = records.load(connection, ref)
    before = records.before_join(connection, target, record.ref) if target else None
    if target is None or before is None or all(one.ref != record.ref for one in target.record.requests):
        return []
    further = parting(action, record, target.record, before)
    parted, effects = apply(target.record, further, settings, now)
    return [Change(target, parted, effects, further)]


def write_change(connection: Connection, change: Change, settings: str, now: datetime) -> int:
    """Write one change; the record's key.

    Raises:
        Changed: Its record, or what else is booked for its car, is no longer what the action was decided with.
        OnItsWay: It is to be erased, and a mail that tells of it is not done with.
    """
    if sets_time(change) and vehicles.beside_locked(connection, change.after) != change.action.beside:
        raise records.Changed(f"what is booked for the car of {change.after.ref}")
    if change.before is None:
        key = records.open_record(connection, change.after, change.effects, change.action, settings, now)
    else:
        key = change.before.id
        records.save(connection, change.before, change.after, change.effects, change.action, settings, now)
    if new := new_contacts(change):
        contacts.index(connection, key, new)
    visit = change.after.visit
    if change.action.name == "prefer" and visit is not None and visit.reminder is not None:
        preferences.keep(connection, change.after, visit.reminder, now)
    if change.action.name == ERASE:
        erasing.erase_record(connection, key, change.action, now)
    return key


def sets_time(change: Change) -> bool:
    """Whether it may give a workshop visit another time."""
    return change.action.name in TIMES and change.after.kind == "booking"


def new_contacts(change: Change) -> tuple[contacts.Contact, ...]:
    """By what its person and its cars are known since this change."""
    before, after = change.before.record if change.before else None, change.after
    if before is not None and (before.reading, before.requests) == (after.reading, after.requests):
        return ()
    known = set(_known_by(before)) if before else set()
    return contacts.contacts_at(after.site, (each for each in _known_by(after) if each not in known))


def _known_by(record: Record) -> tuple[str, ...]:
    return (*contacts_of_record(record), *identities_of_record(record))


def with_visits(connection: Connection, record: Record, action: Action) -> Action:
    """What an action that gives a workshop visit a time has to know: what else is booked for its car.

    Args:
        connection: A snapshot.
        record: As it is before the action.
        action: What is to happen to it.

    Raises:
        Refused: It names a car by what is no plate.
    """
    if action.name not in TIMES or record.kind != "booking":
        return action
    named = with_plate(record, action.args.get("plate"))
    return msgspec.structs.replace(action, beside=vehicles.beside(connection, named))


def with_past(connection: Connection, kept: records.Kept, action: Action) -> Action:
    """What an action has to know of the past: what is to be undone, and how the record's deadlines stand."""
    action = with_visits(connection, kept.record, action)
    if action.name not in PASSIVE:
        return msgspec.structs.replace(action, standing=standing.of(connection, kept.id))
    if action.name != "undo" or (found := records.last_action(connection, kept)) is None:
        return action
    return msgspec.structs.replace(action, last=found[0], before=found[1])


def new_reference(kind: str) -> str:
    """A reference nobody can guess from another; at six characters one of a million meets another, so writes repeat."""
    return make(kind, secrets.randbits(30))


def open_by_hand(
    store: Store, settings: Settings, opening: Opening, action: Action, now: datetime, then: Action | None = None
) -> Record:
    """Open a record without a mail (telephone, counter).

    Args:
        store: Where it is written.
        settings: The settings in force.
        opening: The request, as it was decided.
        action: Its opening.
        now: UTC.
        then: What is done to it in the same go; if that is not possible, nothing is opened.

    Raises:
        Refused: An action is not possible.
        StoreError: The database could not do it.
    """
    for _ in range(REPEATS):
        fresh = msgspec.structs.replace(opening, ref=new_reference(opening.decision.kind))
        with store.read() as connection:
            changes = opened(connection, settings, msgspec.structs.replace(action, opening=fresh), now, then)
        try:
            store.write(lambda c, made=changes: write_opened(c, made, settings.digest, now)).result()  # type: ignore[misc]
        except (IntegrityError, records.Changed):
            continue
        return changes[-1].after
    raise Refused("no free reference was found; try again")


def opened(
    connection: Connection, settings: Settings, action: Action, now: datetime, then: Action | None
) -> tuple[Change, ...]:
    """The changes that open a record, and act on it at once; they are written together by `write_opened`.

    Raises:
        Refused: An action is not possible.
    """
    record, effects = apply(None, action, settings, now)
    first = Change(None, record, effects, action)
    if then is None:
        return (first,)
    due = tuple(Standing(deadline=each) for each in effects.deadlines)
    then = msgspec.structs.replace(with_visits(connection, record, then), standing=due)
    after, further = apply(record, then, settings, now)
    return first, Change(None, after, further, then)


def write_opened(connection: Connection, changes: Sequence[Change], settings: str, now: datetime) -> int:
    """Write what opens a record and what was done to it at once; its key.

    Raises:
        Changed: What else is booked for its car is no longer what the action was decided with.
    """
    return write_further(connection, write_change(connection, changes[0], settings, now), changes, settings, now)


def write_further(connection: Connection, key: int, changes: Sequence[Change], settings: str, now: datetime) -> int:
    """Write what was done at once to a record that was just opened with the first of the changes; its key."""
    for before, change in pairwise(changes):
        kept = records.Kept(key, before.after)
        write_change(connection, msgspec.structs.replace(change, before=kept), settings, now)
    return key
