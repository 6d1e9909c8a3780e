"""The mails of a folder that wait are fetched and committed, in chunks; one that cannot be fetched blocks no other."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from datetime import datetime

from config.machine import Imap
from daemon.intake.imap import Body, Connection
from daemon.intake.imap_house import House
from daemon.intake.imap_mail import header_of, recipient_of, sender_of
from daemon.log import get_logger
from daemon.seams import crash_point
from daemon.store import mailboxes
from daemon.store.chains import Accepted
from daemon.store.mailboxes import Fetched, Folder
from daemon.store.outgoing import Letter

CHUNK = 50
"""Mails fetched at once; twice as many after each success, half as many after each failure."""
MOST_AT_ONCE = 200
CHUNK_BYTES = 32 << 20
SMALL = CHUNK_BYTES // MOST_AT_ONCE
"""Bytes of a mail whose size need not be known: as many as are fetched at once are within bounds."""
AHEAD = 1000
TELL_AFTER_TRIES = 5

log = get_logger(__name__)


class Fetcher:
    """Fetches what waits in one folder; outlives its connections."""

    def __init__(self, house: House, mailbox: Imap, name: str) -> None:
        self._house = house
        self._mailbox = mailbox
        self._name = name
        self._chunk = CHUNK
        self._committing: Future[int] | None = None
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
                sizes = self._sizes(connection, folder, list(tries))
                for chunk in self._chunks(sizes):
                    self._fetch_chunk(connection, folder, {uid: tries[uid] for uid in chunk})
                self._committed()
        finally:
            self._committed()
        return bool(tried)

    def _waiting(self, folder: Folder, tried: Mapping[int, int]) -> dict[int, int]:
        """UIDs with the number of tries so far."""
        with self._house.store.read() as reading:
            rows = mailboxes.waiting(reading, folder, AHEAD + len(tried))
        return {uid: number for uid, number in rows if uid not in tried}

    def _sizes(self, connection: Connection, folder: Folder, uids: Sequence[int]) -> dict[int, int]:
        """Bytes of each mail that is to be fetched; those over the limit are told of."""
        limit = self._house.settings().postroom.limits.size
        known = connection.sizes(connection.larger(uids, SMALL))
        for uid, size in known.items():
            if size > limit:
                self._too_large(folder, uid, size)
        return {uid: known.get(uid, SMALL) for uid in uids if known.get(uid, 0) <= limit}

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
        try:
            bodies = connection.bodies(list(tries))
        except Exception:
            self._chunk = max(1, self._chunk // 2)
            if len(tries) == 1:  # perhaps it is this one that the server cannot give: others go first next time
                self._missed(folder, tries)
            raise
        self._chunk = min(MOST_AT_ONCE, self._chunk * 2)
        limit = self._house.settings().postroom.limits.size
        for uid, body in list(bodies.items()):
            if len(body.content) > limit:  # its server told another size
                self._too_large(folder, uid, len(body.content))
                del bodies[uid]
        self._committed()
        self._house.room.demand(sum(len(body.content) for body in bodies.values()))
        self._take(folder, bodies)
        self._not_given(connection, folder, {uid: number for uid, number in tries.items() if uid not in bodies})

    def _take(self, folder: Folder, bodies: Mapping[int, Body]) -> None:
        """Have them committed and synced; `_committed` waits for it."""
        if not bodies:
            return
        house, now = self._house, self._house.clock.now()
        mails = [self._accepted(uid, body, now) for uid, body in bodies.items()]
        done_at = now if self._mailbox.done == "leave" else None
        crash_point("mailbox-before-commit")
        self._committing = house.begin_write(
            self._mailbox.id, lambda c, holder: mailboxes.take(c, house.chain, holder, folder, mails, done_at)
        )

    def _committed(self) -> None:
        """Wait until what was taken is committed."""
        committing, self._committing = self._committing, None
        if committing is not None:
            new = committing.result()
            self.taken += new
            crash_point("mailbox-after-commit")
            self._house.count(f"mailbox_mails_{self._mailbox.id}", new)
            self._house.wake()

    def _accepted(self, uid: int, body: Body, now: datetime) -> Fetched:
        header = header_of(body.content)
        recipient = recipient_of(self._house.settings(), self._mailbox, header)
        accepted = Accepted(body.content, recipient, sender_of(header), "imap", self._mailbox.host, now)
        return Fetched(uid, hashlib.sha256(body.content).hexdigest(), body.received_at, accepted)

    def _not_given(self, connection: Connection, folder: Folder, tries: Mapping[int, int]) -> None:
        """Somebody took them away before we came, or the server does not give their text now."""
        if not tries:
            return
        there = connection.there(list(tries))
        gone = [uid for uid in tries if uid not in there]
        if gone:
            log.warning("mailbox-mails-gone", mailbox=self._mailbox.id, folder=self._name, uids=gone[:20])
            self._house.write(self._mailbox.id, lambda c, holder: mailboxes.settle(c, holder, folder, gone, "gone"))
        self._missed(folder, {uid: number for uid, number in tries.items() if uid in there})

    def _missed(self, folder: Folder, tries: Mapping[int, int]) -> None:
        """They stay waiting; one that fails too often is told of, once."""
        if not tries:
            return
        log.warning("mailbox-not-fetched", mailbox=self._mailbox.id, folder=self._name, uids=list(tries)[:20])
        more = {uid: number + 1 for uid, number in tries.items()}
        letters = [
            self._letter(folder, uid, "not fetched", "cannot be fetched", f"its server gave no text {number} times")
            for uid, number in more.items()
            if number == TELL_AFTER_TRIES
        ]
        self._house.write(self._mailbox.id, lambda c, holder: mailboxes.missed(c, holder, folder, more), letters)

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
