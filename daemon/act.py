"""The I/O half of the one door: load a record, apply the action, write, and repeat when somebody else was faster."""

import secrets
from datetime import datetime

import msgspec
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from config.models import Settings
from daemon.store import Store, records
from rules.apply import apply
from rules.model import Action, Effects, Opening, Record, Refused
from rules.reference import make

REPEATS = 5


def act(store: Store, settings: Settings, ref: str, action: Action, now: datetime) -> Record:
    """Do something to a record.

    Raises:
        Refused: There is no such record, or the action is not possible.
        StoreError: The database could not do it.
    """
    for _ in range(REPEATS):
        with store.read() as connection:
            kept = records.load(connection, ref)
            asked = with_past(connection, kept, action) if kept else action
        if kept is None:
            raise Refused(f"there is no record {ref}")
        after, effects = apply(kept.record, asked, settings, now)

        def write(
            connection: Connection, kept: records.Kept = kept, after: Record = after, effects: Effects = effects
        ) -> None:
            records.save(connection, kept, after, effects, action, settings.digest, now)

        try:
            store.write(write).result()
        except records.Changed:
            continue
        return after
    raise Refused(f"{ref} is being changed by others all the time; try again")


def with_past(connection: Connection, kept: records.Kept, action: Action) -> Action:
    """What is to be undone, beside the action that asks for it."""
    if action.name != "undo" or (found := records.last_action(connection, kept)) is None:
        return action
    return msgspec.structs.replace(action, last=found[0], before=found[1])


def new_reference(kind: str) -> str:
    """A reference nobody can guess from another; at six characters one of a million meets another, so writes repeat."""
    return make(kind, secrets.randbits(30))


def open_by_hand(store: Store, settings: Settings, opening: Opening, action: Action, now: datetime) -> Record:
    """Open a record without a mail (telephone, counter).

    Raises:
        Refused: The action is not possible.
        StoreError: The database could not do it.
    """
    for _ in range(REPEATS):
        fresh = msgspec.structs.replace(opening, ref=new_reference(opening.decision.kind))
        asked = msgspec.structs.replace(action, opening=fresh)
        opened, effects = apply(None, asked, settings, now)
        try:
            store.write(
                lambda c, o=opened, e=effects, a=asked: records.open_record(c, o, e, a, settings.digest, now)  # type: ignore[misc]
            ).result()
        except IntegrityError:
            continue
        return opened
    raise Refused("no free reference was found; try again")
