"""Forget a person at a site: first what would be done, then, if that is wanted, mail by mail and record by record."""

from collections.abc import Iterator, Sequence
from datetime import datetime

import msgspec

from config.models import Settings
from daemon.act import act
from daemon.log import get_logger
from daemon.person.find import Found, elsewhere
from daemon.person.search import Mention, told_beside, told_of
from daemon.shift import database_url
from daemon.store import Store, erasing, expired, letters_erased, person, remains
from rules.erasing import ERASE, ON_REQUEST
from rules.model import Action, Actor
from rules.transition import OPEN_STATES

log = get_logger(__name__)


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What erasing a person comes to."""

    records: tuple[str, ...]
    mails: int
    """That stand for these records."""
    loose: tuple[int, ...]
    """Mails that mention the person and stand for no record."""
    letters: tuple[int, ...]
    """Outgoing mails that name the person and are not about these records alone."""
    shared: dict[int, tuple[str, ...]]
    """Mails that stand for other people's records, too, and are erased all the same: mail, their references."""
    elsewhere: dict[int, list[str]]
    """Mails of theirs that stand for other people's records only, or for erased ones: mail, their references."""
    in_the_way: tuple[str, ...]
    """What is still open: until it is done with nothing is erased."""
    left: tuple[str, ...]
    """What is not touched, and why."""


def planned(settings: Settings, store: Store, found: Found, mentions: Sequence[Mention]) -> Plan:
    """Work out what would be done; nothing is written.

    Args:
        settings: The settings in force.
        store: Where all of it lies.
        found: The person.
        mentions: Mails that stand for no record and name the person.
    """
    loose = [one.message for one in mentions]
    keys = [one.id for one in found.records]
    named = list(told_of(store, found))
    with store.read() as connection:
        linked = {row["id"] for row in person.mails_of(connection, keys)}
        others = {mail: tuple(person.others_of(connection, mail, keys)) for mail in sorted(linked)}
        sent = elsewhere(connection, found)
        named += told_beside(connection, found, [mail for mail, refs in others.items() if refs])
        obstacles = letters_erased.obstacles(connection, keys)
        gone = {ref for ref in found.refs if expired.is_erased(connection, ref)}  # somebody begins again
    waiting = {one["id"]: letters_erased.in_the_way(one, is_whole=False) for one in named}
    unread = [f"mail {one.message} waits to be read" for one in mentions if one.is_pending]
    obstacles += [f"outgoing mail {letter} {why}" for letter, why in waiting.items() if why is not None]
    return Plan(
        records=tuple(ref for ref in found.refs if ref not in gone),
        mails=len(linked),
        loose=tuple(loose),
        letters=tuple(letter for letter, why in waiting.items() if why is None),
        shared={mail: refs for mail, refs in others.items() if refs},
        elsewhere=sent,
        in_the_way=(*_open(found), *unread, *dict.fromkeys(obstacles)),
        left=(
            *(f"{ref} has one of the contacts and is another person's" for ref in found.beside),
            *(f"mail {mail} of theirs belongs to {', '.join(refs)}" for mail, refs in sent.items()),
        ),
    )


def _open(found: Found) -> Iterator[str]:
    for one in found.records:
        if one.record.state in OPEN_STATES:
            yield f"{one.record.ref} is {one.record.state}: close it first, with `postroom do {one.record.ref} done`"


def erase(settings: Settings, store: Store, plan: Plan, site: str, by: Actor, now: datetime) -> bool:
    """Do it; whether also nothing lies on in the database's log and free pages.

    Each mail and each record is a transaction of its own, the records last: by them the person is found again by
    whoever has to begin anew.

    Raises:
        Refused: A record was changed meanwhile, so that it is not to be erased as it is.
        OnItsWay: A mail that tells of one is being sent.
        StoreError: The database could not do it.
    """
    action = Action(name=ERASE, actor=by, args={"why": ON_REQUEST})
    for mail in plan.loose:
        store.write(lambda c, mail=mail: erasing.erase_mail(c, mail, action, now)).result()  # type: ignore[misc]
    for letter in plan.letters:
        store.write(lambda c, letter=letter: letters_erased.erase_letter(c, letter)).result()  # type: ignore[misc]
    for ref in plan.records:
        act(store, settings, ref, action, now)
    log.info("person-erased", site=site, records=len(plan.records), mails=plan.mails + len(plan.loose))
    return remains.clear(database_url(settings))
