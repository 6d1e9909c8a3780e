"""The mails of a folder that wait are fetched and committed, in chunks; one that cannot be fetched blocks no other."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection as Transaction

from config.lookup import MAILBOX
from config.machine import Imap
from daemon.intake.imap import Body, Connection
from daemon.intake.imap_house import House
from daemon.intake.imap_mail import recipient_of
from daemon.log import get_logger
from daemon.seams import crash_point
from daemon.store import StoreError, mailboxes
from daemon.store.chains import Accepted
from daemon.store.mailboxes import Fetched, Folder, Holder, LostLease
from daemon.store.outgoing import Letter
from parsers.arrival import return_path
from parsers.mime import header

CHUNK = 50
"""Mails fetched at once; twice as many after each success, one after a failure."""
MOST_AT_ONCE = 200
CHUNK_BYTES = 32 << 20
SMALL = CHUNK_BYTES // MOST_AT_ONCE
"""Bytes of a mail whose size need not be known: as many as are fetched at once are within bounds."""
AHEAD = 1000
"""Mails whose sizes are asked for at once; as few and as many as `CHUNK` after a failure and a success."""
TELL_AFTER_TRIES = 5
LATER = timedelta(days=1)
"""What failed so often is tried again so much later, and keeps nothing else from being read meanwhile."""

log = get_logger(__name__)


@dataclass(frozen=True)
class _Committing:
    """Mails that are being committed; written holds how many of them were new."""

    folder: Folder
    mails: Sequence[Fetched]
    tries: Mapping[int, int]
    written: Future[int]


class Fetcher:
    """Fetches what waits in one folder; outlives its connections."""

    def __init__(self, house: House, mailbox: Imap, name: str) -> None:
        self._house = house
        self._mailbox = mailbox
        self._name = name
        self._chunk = CHUNK
        self._ahead = AHEAD
        self._committing: _Committing | None = None
        self.taken = 0
        """Mails committed since the daemon started."""

    def fetch(self, connection: Connection, folder: Folder) -> bool:
        """Fetch and commit what waits, each mail tried once; whether anything did.

        Raises:
            TROUBLE: The connection or the server failed; what was committed stays.
            NoRoom: The disk is too full for what waits.
            mailboxes.LostLease: Another daemon reads the mailbox.
        """
        tried: dict[int, int] = {}
        try:
            while tries := self._waiting(folder, tried):
                tried |= tries
                sizes = self._sizes(connection, folder, tries)
                for chunk in self._chunks(sizes):
                    self._fetch_chunk(connection, folder, {uid: tries[uid] for uid in chunk})
                self._committed()
        finally:
            self._committed()
        return bool(tried)

    def _waiting(self, folder: Folder, tried: Mapping[int, int]) -> dict[int, int]:
        """UIDs with the number of tries so far; what failed once comes alone, after all others."""
        now = self._house.clock.now()
        with self._house.store.read() as reading:
            rows = mailboxes.waiting(reading, folder, self._ahead + len(tried), now)
        left = [(uid, number) for uid, number in rows if uid not in tried]
        return {uid: number for uid, number in left if number == 0} or dict(left[:1])

    def _sizes(self, connection: Connection, folder: Folder, tries: Mapping[int, int]) -> dict[int, int]:
        """Bytes of each mail that is to be fetched; those over the limit are told of."""
        limit, uids = self._house.settings().postroom.limits.size, list(tries)
        with self._blaming(folder, tries):
            known = connection.sizes(connection.larger(uids, SMALL))
        self._ahead = min(AHEAD, self._ahead * 2)
        for uid, size in known.items():
            if size > limit:
                self._too_large(folder, uid, size)
        return {uid: known.get(uid, SMALL) for uid in uids if known.get(uid, 0) <= limit}

    @contextmanager
    def _blaming(self, folder: Folder, tries: Mapping[int, int]) -> Iterator[None]:
        """Ask the server about mails; after a failure for few, so that the one it is about is found in the end."""
        try:
            yield
        except Exception:
            self._chunk = self._ahead = 1
            if len(tries) == 1:  # perhaps it is this one that the server cannot give: others go first next time
                self._missed(folder, tries)
            raise

    def _chunks(self, sizes: Mapping[int, int]) -> Iterator[list[int]]:
        """As many mails as may be fetched at once, in number and bytes; at least one."""
        chunk: list[int] = []
        total = 0
        for uid, size in sizes.items():
            if chunk and (len(chunk) >= self._chunk or total + size > CHUNK_BYTES):
                yield chunk
                chunk, total = [], 0
            chunk.append(uid)
            total += size
        if chunk:
            yield chunk

    def _fetch_chunk(self, connection: Connection, folder: Folder, tries: Mapping[int, int]) -> None:
        """Fetch some mails while those before them are committed."""
        self._house.room.demand()
        with self._blaming(folder, tries):
            bodies = connection.bodies(list(tries))
        self._chunk = min(MOST_AT_ONCE, self._chunk * 2)
        limit = self._house.settings().postroom.limits.size
        for uid, body in list(bodies.items()):
            if len(body.content) > limit:  # its server told another size
                self._too_large(folder, uid, len(body.content))
                del bodies[uid]
        self._committed()
        self._house.room.demand(sum(len(body.content) for body in bodies.values()))
        self._take(folder, bodies, tries)
        self._not_given(connection, folder, {uid: number for uid, number in tries.items() if uid not in bodies})

    def _take(self, folder: Folder, bodies: Mapping[int, Body], tries: Mapping[int, int]) -> None:
        """Have them committed and synced; `_committed` waits for it."""
        if not bodies:
            return
        now = self._house.clock.now()
        mails = [self._accepted(uid, body, now) for uid, body in bodies.items()]
        crash_point("mailbox-before-commit")
        self._committing = _Committing(folder, mails, tries, self._begin_commit(folder, mails))

    def _begin_commit(self, folder: Folder, mails: Sequence[Fetched]) -> Future[int]:
        house = self._house
        done_at = house.clock.now() if self._mailbox.done == "leave" else None
        return house.begin_write(
            self._mailbox.id, lambda c, holder: mailboxes.take(c, house.chain, holder, folder, mails, done_at)
        )

    def _committed(self) -> None:
        """Wait until what was taken is committed; one mail that the database refuses keeps no other from it."""
        committing, self._committing = self._committing, None
        if committing is None:
            return
        try:
            new = committing.written.result()
        except LostLease:  # perhaps fetching took too long: less is sooner there
            self._chunk = 1
            raise
        except StoreError:
            raise
        except Exception:
            log.exception("mailbox-not-committed", mailbox=self._mailbox.id, mails=len(committing.mails))
            new = sum(self._commit_alone(committing, mail) for mail in committing.mails)
        self.taken += new
        crash_point("mailbox-after-commit")
        self._house.count(f"mailbox_mails_{self._mailbox.id}", new)
        self._house.wake()

    def _commit_alone(self, committing: _Committing, mail: Fetched) -> int:
        folder, uid = committing.folder, mail.uid
        try:
            return self._begin_commit(folder, [mail]).result()
        except (StoreError, LostLease):
            raise
        except Exception as error:
            why = f"the database refused it: {type(error).__name__}"
            self._missed(folder, {uid: committing.tries[uid]}, "cannot be stored", why)
            return 0

    def _accepted(self, uid: int, body: Body, now: datetime) -> Fetched:
        """As it goes to the ledger; whatever the header holds, the mail is taken."""
        recipient, sender = f"{MAILBOX}{self._mailbox.id}", ""
        try:
            fields = header(body.content)
            sender = return_path(fields)
            recipient = recipient_of(self._house.settings(), self._mailbox, fields)
        except Exception:
            log.exception("mailbox-header-not-read", mailbox=self._mailbox.id, folder=self._name, uid=uid)
        accepted = Accepted(body.content, recipient, sender, "imap", self._mailbox.host, now)
        return Fetched(uid, hashlib.sha256(body.content).hexdigest(), body.received_at, accepted)

    def _not_given(self, connection: Connection, folder: Folder, tries: Mapping[int, int]) -> None:
        """Somebody took them away before we came, or the server does not give their text now."""
        if not tries:
            return
        with self._blaming(folder, tries):
            there = connection.there(list(tries))
        gone = [uid for uid in tries if uid not in there]
        if gone:
            log.warning("mailbox-mails-gone", mailbox=self._mailbox.id, folder=self._name, uids=gone[:20])
            self._house.write(self._mailbox.id, lambda c, holder: mailboxes.settle(c, holder, folder, gone, "gone"))
        self._missed(folder, {uid: number for uid, number in tries.items() if uid in there})

    def _missed(
        self,
        folder: Folder,
        tries: Mapping[int, int],
        what: str = "cannot be fetched",
        why: str = "its server gave no text",
    ) -> None:
        """They stay waiting; one that fails too often is told of, once, and tried again a day later."""
        if not tries:
            return
        log.warning("mailbox-not-fetched", mailbox=self._mailbox.id, folder=self._name, uids=list(tries)[:20])
        more = {uid: number + 1 for uid, number in tries.items()}
        often = {uid: number for uid, number in more.items() if number >= TELL_AFTER_TRIES}
        letters = [
            self._letter(folder, uid, "not fetched", what, f"{why}, {number} times; it is tried again once a day")
            for uid, number in often.items()
            if number == TELL_AFTER_TRIES
        ]
        later = self._house.clock.now() + LATER

        def write(connection: Transaction, holder: Holder) -> None:
            mailboxes.missed(connection, holder, folder, {uid: n for uid, n in more.items() if uid not in often})
            mailboxes.missed(connection, holder, folder, often, later)

        self._house.write(self._mailbox.id, write, letters)

    def _too_large(self, folder: Folder, uid: int, size: int) -> None:
        why = f"it has {size} bytes, limits.size allows fewer"
        letter = self._letter(folder, uid, "too large", "is too large", why)
        self._house.write(
            self._mailbox.id, lambda c, holder: mailboxes.settle(c, holder, folder, [uid], "too-large"), [letter]
        )

    def _letter(self, folder: Folder, uid: int, key: str, subject: str, why: str) -> Letter:
        text = (
            f"A mail in mailbox {self._mailbox.id} was not taken: {why}.\n\n"
            f"Account {self._mailbox.username} at {self._mailbox.host}, folder {self._name}, UID {uid}.\n"
            "It is still there; please look at it.\n"
        )
        return self._house.letter(
            f"mailbox:{key}:{folder.id}:{folder.generation}:{uid}", f"a mail in {self._mailbox.id} {subject}", text
        )
