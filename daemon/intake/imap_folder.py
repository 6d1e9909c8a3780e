"""One folder of a mailbox: what is new is fetched, committed, and only then flagged or moved."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import TypeVar

from sqlalchemy import Connection as Transaction

from config.machine import Imap
from daemon.intake.imap import Connection, Facts, Selected
from daemon.intake.imap_house import House
from daemon.intake.imap_mail import header_of, recipient_of, sender_of
from daemon.log import get_logger
from daemon.seams import crash_point
from daemon.store import mailboxes
from daemon.store.chains import Accepted
from daemon.store.mailboxes import Fetched, Folder, Holder
from daemon.store.outgoing import Letter

T = TypeVar("T")

CHUNK = 50
"""Mails fetched at once; twice as many after each success, half as many after each failure."""
MOST_AT_ONCE = 200
CHUNK_BYTES = 32 << 20
AHEAD = 500
TELL_AFTER_TRIES = 5
CUTOFF_OF_LAST = 1000
"""At the first reading the newest of so many mails at the folder's end says until when mails are left alone."""

log = get_logger(__name__)


class FolderReader:
    """Reads one folder; outlives its connections."""

    def __init__(self, house: House, mailbox: Imap, name: str) -> None:
        self.name = name
        self._house = house
        self._mailbox = mailbox
        self._chunk = CHUNK

    def look(self, connection: Connection, *, fresh: bool) -> bool:
        """Take what is new, and finish what was taken; whether there was anything.

        Args:
            connection: Logged in.
            fresh: It was just made: the folder may have been made anew since the last.

        Raises:
            TROUBLE: The connection or the server failed; what was committed stays.
            mailboxes.LostLease: Another daemon reads the mailbox.
        """
        selected = connection.select(self.name, readonly=self._mailbox.done == "leave")
        folder = self._find(connection, self._place(connection, selected, fresh=fresh), selected)
        fetched = self._fetch(connection, folder)
        return self._finish(connection, folder) or fetched

    def compare(self, connection: Connection) -> int:
        """Look for mails that are there and in no row; they are fetched with the next look. How many there were."""
        selected = connection.select(self.name, readonly=True)
        store = self._house.store
        with store.read() as reading:
            folder = mailboxes.folder_of(reading, self._mailbox.id, self.name)
            known = mailboxes.known_uids(reading, folder) if folder else set()
        if folder is None or folder.uidvalidity != selected.uidvalidity:
            return 0
        there = connection.uids(folder.skipped_to + 1, selected.uidnext)
        forgotten = [uid for uid in there if uid <= folder.last_uid and uid not in known]
        if forgotten:
            self._write(lambda c, holder: mailboxes.found(c, holder, folder, forgotten))
        return len(forgotten)

    def _place(self, connection: Connection, selected: Selected, *, fresh: bool) -> Folder:
        """The folder as we know it; begun, or begun again, where UIDs mean nothing of what they meant."""
        with self._house.store.read() as reading:
            folder = mailboxes.folder_of(reading, self._mailbox.id, self.name)
            newest = mailboxes.newest_taken(reading, folder) if folder and fresh else None
        if folder is None:
            return self._begin(connection, selected)
        if folder.uidvalidity != selected.uidvalidity:
            return self._begin_again(connection, selected, folder, "its UIDVALIDITY changed")
        counts_back = selected.uidnext is not None and selected.uidnext <= folder.last_uid
        if counts_back and not connection.uids(folder.last_uid, None):  # else its UIDNEXT is wrong
            return self._begin_again(connection, selected, folder, "it counts UIDs anew")
        if newest is not None:
            uid, received_at = newest
            now = connection.facts([uid]).get(uid)
            if now is not None and now.received_at is not None and now.received_at != received_at:
                return self._begin_again(connection, selected, folder, f"its UID {uid} is another mail")
        return folder

    def _begin(self, connection: Connection, selected: Selected) -> Folder:
        """First reading: mails since the date that is configured, else none of those that are there."""
        last, since = _last_uid(connection, selected), self._mailbox.since
        if since is not None:
            day = datetime.combine(datetime.fromisoformat(since).date(), time.min, UTC)
            cutoff: datetime | None = day - timedelta(microseconds=1)
            chosen = _received_after(connection, cutoff, last)
        else:
            there = connection.uids(max(1, last - CUTOFF_OF_LAST), selected.uidnext) if last else []
            times = [one.received_at for one in connection.facts(there).values() if one.received_at is not None]
            cutoff, chosen = max(times, default=None), []
        log.info("mailbox-begun", mailbox=self._mailbox.id, folder=self.name, left_alone_to=last, to_fetch=len(chosen))
        return self._start(selected, Folder(0, self._mailbox.id, self.name, 1, 0, 0, last, cutoff, 0), last, chosen)

    def _begin_again(self, connection: Connection, selected: Selected, folder: Folder, why: str) -> Folder:
        """All is looked at again; what was taken before is known by its digest."""
        last = _last_uid(connection, selected)
        chosen = _received_after(connection, folder.cutoff, last)
        log.warning("mailbox-begun-again", mailbox=self._mailbox.id, folder=self.name, why=why, to_look_at=len(chosen))
        again = Folder(
            folder.id, folder.account, folder.name, folder.generation + 1, 0, 0, last, folder.cutoff, folder.mails
        )
        return self._start(selected, again, last, chosen)

    def _start(self, selected: Selected, blank: Folder, last: int, chosen: Sequence[int]) -> Folder:
        begun = Folder(
            blank.id,
            blank.account,
            blank.name,
            blank.generation,
            selected.uidvalidity,
            last,
            last,
            blank.cutoff,
            blank.mails,
        )
        return self._write(lambda c, holder: mailboxes.begin(c, holder, begun, chosen))

    def _find(self, connection: Connection, folder: Folder, selected: Selected) -> Folder:
        uids = connection.uids(folder.last_uid + 1, selected.uidnext)
        if not uids:
            return folder
        # No sync: what a power cut undoes is found again.
        return self._write(lambda c, holder: mailboxes.found(c, holder, folder, uids), sync=False)

    def _fetch(self, connection: Connection, folder: Folder) -> bool:
        """Fetch what waits, each mail tried once; whether anything did."""
        tried: dict[int, int] = {}
        while True:
            with self._house.store.read() as reading:
                rows = mailboxes.waiting(reading, folder, AHEAD + len(tried))
            tries = {uid: number for uid, number in rows if uid not in tried}
            if not tries:
                return bool(tried)
            tried |= tries
            facts = connection.facts(list(tries))
            self._without_facts(connection, folder, {uid: n for uid, n in tries.items() if uid not in facts})
            limit = self._house.settings().postroom.limits.size
            for uid in [uid for uid in tries if uid in facts and facts[uid].size > limit]:
                self._too_large(folder, uid, facts[uid].size)
            fitting = {uid: facts[uid] for uid in tries if uid in facts and facts[uid].size <= limit}
            for chunk in self._chunks(fitting):
                self._fetch_chunk(connection, folder, chunk, facts, tries)

    def _chunks(self, facts: Mapping[int, Facts]) -> Iterator[list[int]]:
        """As many mails as may be fetched at once, in number and bytes; at least one."""
        chunk: list[int] = []
        size = 0
        for uid, one in facts.items():
            if chunk and (len(chunk) >= self._chunk or size + one.size > CHUNK_BYTES):
                yield chunk
                chunk, size = [], 0
            chunk.append(uid)
            size += one.size
        if chunk:
            yield chunk

    def _fetch_chunk(
        self,
        connection: Connection,
        folder: Folder,
        chunk: Sequence[int],
        facts: Mapping[int, Facts],
        tries: Mapping[int, int],
    ) -> None:
        try:
            bodies = connection.bodies(chunk)
        except Exception:
            self._chunk = max(1, self._chunk // 2)
            if len(chunk) == 1:  # perhaps it is this one that the server cannot give: others go first next time
                self._missed(folder, {chunk[0]: tries[chunk[0]]})
            raise
        self._chunk = min(MOST_AT_ONCE, self._chunk * 2)
        self._take(folder, bodies, facts)
        self._missed(folder, {uid: tries[uid] for uid in chunk if uid not in bodies})

    def _take(self, folder: Folder, bodies: Mapping[int, bytes], facts: Mapping[int, Facts]) -> None:
        """Commit and sync."""
        if not bodies:
            return
        house, now = self._house, self._house.clock.now()
        mails = [self._accepted(uid, content, facts[uid].received_at, now) for uid, content in bodies.items()]
        done_at = now if self._mailbox.done == "leave" else None
        crash_point("mailbox-before-commit")
        new = self._write(lambda c, holder: mailboxes.take(c, house.chain, holder, folder, mails, done_at))
        crash_point("mailbox-after-commit")
        house.count(f"mailbox_mails_{self._mailbox.id}", new)
        house.wake()

    def _accepted(self, uid: int, content: bytes, received_at: datetime | None, now: datetime) -> Fetched:
        header = header_of(content)
        recipient = recipient_of(self._house.settings(), self._mailbox, header)
        accepted = Accepted(content, recipient, sender_of(header), "imap", self._mailbox.host, now)
        return Fetched(uid, hashlib.sha256(content).hexdigest(), received_at, accepted)

    def _without_facts(self, connection: Connection, folder: Folder, tries: Mapping[int, int]) -> None:
        """Somebody took them away before we came, or the server does not tell of them now."""
        if not tries:
            return
        there = connection.there(list(tries))
        gone = [uid for uid in tries if uid not in there]
        if gone:
            log.warning("mailbox-mails-gone", mailbox=self._mailbox.id, folder=self.name, uids=gone[:20])
            self._write(lambda c, holder: mailboxes.settle(c, holder, folder, gone, "gone"))
        self._missed(folder, {uid: number for uid, number in tries.items() if uid in there})

    def _missed(self, folder: Folder, tries: Mapping[int, int]) -> None:
        """They stay waiting; who fails too often is told of, once."""
        if not tries:
            return
        log.warning("mailbox-not-fetched", mailbox=self._mailbox.id, folder=self.name, uids=list(tries)[:20])
        more = {uid: number + 1 for uid, number in tries.items()}
        letters = [
            self._letter(folder, uid, "not fetched", "cannot be fetched", f"its server gave no text {number} times")
            for uid, number in more.items()
            if number == TELL_AFTER_TRIES
        ]
        self._write(lambda c, holder: mailboxes.missed(c, holder, folder, more), letters)

    def _too_large(self, folder: Folder, uid: int, size: int) -> None:
        letter = self._letter(
            folder, uid, "too large", "is too large", f"it has {size} bytes, limits.size allows fewer"
        )
        self._write(lambda c, holder: mailboxes.settle(c, holder, folder, [uid], "too-large"), [letter])

    def _letter(self, folder: Folder, uid: int, key: str, subject: str, why: str) -> Letter:
        text = (
            f"A mail in mailbox {self._mailbox.id} was not taken: {why}.\n\n"
            f"Account {self._mailbox.username} at {self._mailbox.host}, folder {self.name}, UID {uid}.\n"
            "It is still there; please look at it.\n"
        )
        return self._house.letter(
            f"mailbox:{key}:{folder.id}:{folder.generation}:{uid}", f"a mail in {self._mailbox.id} {subject}", text
        )

    def _finish(self, connection: Connection, folder: Folder) -> bool:
        """Flag or move the originals of what is committed; whether there were any."""
        house, mailbox, any_ = self._house, self._mailbox, False
        while mailbox.done != "leave":
            with house.store.read() as reading:
                uids = mailboxes.unfinished(reading, folder, AHEAD)
            if not uids:
                break
            any_ = True
            if mailbox.done == "flag":
                connection.flag(uids, mailbox.flag)
            else:
                connection.move(uids, mailbox.move_to)
            crash_point("mailbox-after-done")
            self._finished(folder, uids)
        return any_

    def _finished(self, folder: Folder, uids: Sequence[int]) -> None:
        now = self._house.clock.now()
        self._write(lambda c, _: mailboxes.finish(c, folder, uids, now), sync=False)

    def _write(
        self, work: Callable[[Transaction, Holder], T], letters: Sequence[Letter] = (), *, sync: bool = True
    ) -> T:
        return self._house.write(self._mailbox.id, work, letters, sync=sync)


def _last_uid(connection: Connection, selected: Selected) -> int:
    """The highest UID there is or was; 0 in an empty folder."""
    if selected.uidnext is not None:
        return selected.uidnext - 1
    return max(connection.uids(1, None), default=0)


def _received_after(connection: Connection, cutoff: datetime | None, last: int) -> list[int]:
    """UIDs up to `last` of mails that the server received later; all without a cutoff.

    A search knows days only, and those of the server's zone, so a day more is asked for.
    """
    if cutoff is None:
        return [uid for uid in connection.uids(1, last + 1) if uid <= last]
    uids = [uid for uid in connection.uids_since((cutoff - timedelta(days=1)).date()) if uid <= last]
    facts = connection.facts(uids)
    return [
        uid for uid in uids if (one := facts.get(uid)) is None or one.received_at is None or one.received_at > cutoff
    ]
