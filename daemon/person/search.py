"""Mails that mention a person and stand for no record of theirs: out-of-office answers, bounces, lists, alarms."""

from collections.abc import Iterator, Sequence
from email import message_from_bytes
from email.message import Message

import msgspec
from sqlalchemy import Connection, RowMapping

from config.lookup import ADMIN_SITE, site_of
from config.models import Settings
from daemon.desk.plan import hints_for
from daemon.errands import Parse
from daemon.outbox.body import ORIGINAL
from daemon.person.find import Found
from daemon.reader import Reader, ReaderDied
from daemon.store import Store, person
from daemon.store.person import Loose
from parsers.records import Parsed

DIGITS = 9
"""Of a telephone number's end, in which all ways to write it agree."""
_BETWEEN = str.maketrans("", "", " -/().\N{NO-BREAK SPACE}")


class Needles:
    """What says that a text is about the person: their addresses, numbers, and the references of their records."""

    def __init__(self, found: Found) -> None:
        tokens = (ref.replace("-", "") for ref in found.refs)
        self._words = tuple(each.casefold() for each in (*found.mails, *found.refs, *tokens))
        self._numbers = tuple(number[-DIGITS:] for number in found.phones)

    def are_in(self, text: str) -> bool:
        """Whether one of them stands there."""
        folded = text.casefold()
        if any(word in folded for word in self._words):
            return True
        bare = folded.translate(_BETWEEN) if self._numbers else ""
        return any(number in bare for number in self._numbers)


class Mention(msgspec.Struct, frozen=True):
    """A mail that mentions the person, or one that could not be looked through."""

    message: int
    is_unread: bool = False
    is_pending: bool = False
    """It waits to be read: nobody knows yet what becomes of it."""


def mentions(settings: Settings, store: Store, found: Found, reader: Reader) -> Iterator[list[Mention]]:
    """Look through all mails of the site that stand for no record; an answer for each few of them."""
    needles, after = Needles(found), 0
    while True:
        with store.read() as connection:
            mails = person.loose(connection, found.site, after)
        if not mails:
            return
        after = mails[-1].id
        ours = [one for one in mails if _is_of_site(settings, one, found.site)]
        yield [said for one in ours if (said := _mention(settings, one, needles, reader)) is not None]


def _is_of_site(settings: Settings, one: Loose, site: str) -> bool:
    """Mails that were never read belong to whose address they came to."""
    place = site_of(settings, one.recipient)[1]
    return one.site == site or (one.site is None and place is not None and place.id == site)


def _mention(settings: Settings, one: Loose, needles: Needles, reader: Reader) -> Mention | None:
    if any(needles.are_in(text) for text in (one.sender, *texts(one.content))):
        return Mention(one.id, is_pending=one.is_pending)
    try:
        (answer,) = reader.ask([Parse(one.content, hints_for(settings, one.recipient))])
    except ReaderDied:
        return Mention(one.id, is_unread=True)
    if answer.parsed is None:
        return Mention(one.id, is_unread=True)
    return Mention(one.id, is_pending=one.is_pending) if needles.are_in(_words(answer.parsed)) else None


def _words(parsed: Parsed) -> str:
    return msgspec.json.encode(parsed).decode()


def told_of(store: Store, found: Found) -> Iterator[RowMapping]:
    """Outgoing mails that name the person among others: daily lists, bundles, alarms to the admin.

    A controller of several sites has one list of all, which counts as one site's: of the others' lists those that name
    one of the records. By an address or number they may mean the same person there, which is that site's own.
    """
    here, anywhere, after = Needles(found), Needles(msgspec.structs.replace(found, contacts=())), 0
    while True:
        with store.read() as connection:
            letters: Sequence[RowMapping] = person.about_several(connection, after)
        if not letters:
            return
        after = letters[-1]["id"]
        for row in letters:
            needles = here if row["site"] in (found.site, ADMIN_SITE, None) else anywhere
            if _is_named(needles, row):
                yield row


def told_beside(connection: Connection, found: Found, mails: Sequence[int]) -> list[RowMapping]:
    """Outgoing mails about the other records of these mails that name the person: the mail goes along with some."""
    needles, own = Needles(found), [one.id for one in found.records]
    return [row for row in person.letters_beside(connection, mails, own) if _is_named(needles, row)]


def _is_named(needles: Needles, letter: RowMapping) -> bool:
    said = (letter["dedupe"], letter["recipient"], letter["subject"], *texts(letter["rendered"]))
    return needles.are_in("\n".join(said))


def texts(content: bytes) -> Iterator[str]:
    """What a mail says as it is and decoded, also in a mail that goes along with it or came back."""
    yield content.decode("utf-8", "replace")
    for part in _parts(content):
        payload = part.get_payload(decode=True)
        if isinstance(payload, bytes):
            yield from texts(payload) if part.get_filename() == ORIGINAL else (payload.decode("utf-8", "replace"),)


def _parts(content: bytes) -> list[Message]:
    try:
        return list(message_from_bytes(content).walk())
    except RecursionError:  # thousands of parts in each other: the reader, who gives up in time, has read what there is
        return []
