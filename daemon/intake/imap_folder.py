"""One folder of a mailbox: what is new is fetched, committed, and only then flagged or moved."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import TypeVar

import msgspec
from sqlalchemy import Connection as Transaction

from config.machine import Imap
from daemon.intake.imap import Connection, Selected
from daemon.intake.imap_fetch import Fetcher
from daemon.intake.imap_house import House
from daemon.intake.imap_narrowing import Narrowing
from daemon.log import get_logger
from daemon.seams import crash_point
from daemon.store import mailboxes
from daemon.store.mailboxes import Folder, Holder

T = TypeVar("T")

FINISHED_AT_ONCE = 500
CUTOFF_OF_LAST = 1000
"""At the first reading the newest of so many mails at the folder's end says until when mails are left alone."""

log = get_logger(__name__)


class FolderReader:
    """Reads one folder; outlives its connections."""

    def __init__(self, house: House, mailbox: Imap, name: str) -> None:
        self.name = name
        self._house = house
        self._mailbox = mailbox
        self._fetcher = Fetcher(house, mailbox, name)
        self._narrowing = Narrowing()
        self._finish_first = False
        """The last look failed in fetching: so as not to be in vain again, the next begins with finishing."""

    @property
    def taken(self) -> int:
        """How many mails were committed since the daemon started."""
        return self._fetcher.taken

    def look(self, connection: Connection, *, fresh: bool) -> bool:
        """Take what is new, and finish what was taken; whether there was anything.

        Args:
            connection: Logged in.
            fresh: It was just made: the folder may have been made anew since the last.

        Raises:
            TROUBLE: The connection or the server failed; what was committed stays.
            NoRoom: The disk is too full for what is new.
            mailboxes.LostLease: Another daemon reads the mailbox.
        """
        selected = self._select(connection, readonly=self._mailbox.done == "leave")
        folder = self._find(connection, self._place(connection, selected, fresh=fresh), selected)
        finish_first, self._finish_first = self._finish_first, False
        finished = finish_first and self._finish(connection, folder)
        self._finish_first = True
        fetched = self._fetcher.fetch(connection, folder)
        self._finish_first = False
        return self._finish(connection, folder) or fetched or finished

    def compare(self, connection: Connection) -> int:
        """Look for mails that are there and in no row, or were gone; they are fetched with the next look.

        A server whose copies lag behind, or that repairs itself, has no such mail for a moment.

        Returns:
            How many there were.
        """
        selected = self._select(connection, readonly=True)
        store = self._house.store
        with store.read() as reading:
            folder = mailboxes.folder_of(reading, self._mailbox.id, self.name)
            known, gone = mailboxes.known_uids(reading, folder) if folder else (set(), set())
        if folder is None or folder.uidvalidity != selected.uidvalidity:
            return 0
        there = connection.uids(min({folder.skipped_to + 1, *gone}), selected.uidnext, self._narrowing)
        forgotten = [uid for uid in there if folder.skipped_to < uid <= folder.last_uid and uid not in known]
        back = gone.intersection(there)
        if forgotten:
            self._write(lambda c, holder: mailboxes.found(c, holder, folder, forgotten))
        if back:
            self._write(lambda c, holder: mailboxes.back(c, holder, folder, back))
        return len(forgotten) + len(back)

    def _select(self, connection: Connection, *, readonly: bool) -> Selected:
        selected = connection.select(self.name, readonly=readonly)
        if self._narrowing.uidvalidity != selected.uidvalidity:
            self._narrowing = Narrowing(selected.uidvalidity)
        return selected

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
        if counts_back and not connection.uids(folder.last_uid, None, self._narrowing):  # else its UIDNEXT is wrong
            return self._begin_again(connection, selected, folder, "it counts UIDs anew")
        if newest is not None:
            uid, received_at = newest
            now = connection.received([uid], self._narrowing).get(uid)
            if now is not None and now != received_at:
                return self._begin_again(connection, selected, folder, f"its UID {uid} is another mail")
        return folder

    def _begin(self, connection: Connection, selected: Selected) -> Folder:
        """First reading: mails since the date that is configured, else none of those that are there."""
        last, since = self._highest(connection, selected), self._mailbox.since
        if since is not None:
            day = date.fromisoformat(since)
            cutoff: datetime | None = datetime.combine(day, time.min, UTC) - timedelta(microseconds=1)
            chosen = connection.uids_since(day, last, self._narrowing)
        else:
            there = connection.uids(max(1, last - CUTOFF_OF_LAST), selected.uidnext, self._narrowing) if last else []
            cutoff, chosen = max(connection.received(there, self._narrowing).values(), default=None), []
        log.info("mailbox-begun", mailbox=self._mailbox.id, folder=self.name, left_alone_to=last, to_fetch=len(chosen))
        begun = Folder(0, self._mailbox.id, self.name, 1, selected.uidvalidity, last, last, cutoff, 0)
        return self._write(lambda c, holder: mailboxes.begin(c, holder, begun, chosen))

    def _begin_again(self, connection: Connection, selected: Selected, folder: Folder, why: str) -> Folder:
        """All is looked at again; what was taken before is known by its digest."""
        last = self._highest(connection, selected)
        chosen = _received_after(connection, folder.cutoff, last, self._narrowing)
        log.warning("mailbox-begun-again", mailbox=self._mailbox.id, folder=self.name, why=why, to_look_at=len(chosen))
        again = msgspec.structs.replace(
            folder,
            generation=folder.generation + 1,
            uidvalidity=selected.uidvalidity,
            last_uid=last,
            skipped_to=last,
        )
        return self._write(lambda c, holder: mailboxes.begin(c, holder, again, chosen))

    def _highest(self, connection: Connection, selected: Selected) -> int:
        """The highest UID; where the server cannot even be asked for its last mail, by a search in parts."""
        if self._narrowing.is_needed:
            return max(connection.uids(1, selected.uidnext, self._narrowing), default=0)
        with self._narrowing.trying():
            return connection.highest()

    def _find(self, connection: Connection, folder: Folder, selected: Selected) -> Folder:
        uids = connection.uids(folder.last_uid + 1, selected.uidnext, self._narrowing)
        if not uids:
            return folder
        # No sync: what a power cut undoes is found again.
        return self._write(lambda c, holder: mailboxes.found(c, holder, folder, uids), sync=False)

    def _finish(self, connection: Connection, folder: Folder) -> bool:
        """Flag or move the originals of what is committed; whether there were any."""
        house, mailbox, any_ = self._house, self._mailbox, False
        while mailbox.done != "leave":
            with house.store.read() as reading:
                uids = mailboxes.unfinished(reading, folder, FINISHED_AT_ONCE)
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

    def _write(self, work: Callable[[Transaction, Holder], T], *, sync: bool = True) -> T:
        return self._house.write(self._mailbox.id, work, sync=sync)


def _received_after(connection: Connection, cutoff: datetime | None, last: int, narrowing: Narrowing) -> list[int]:
    """UIDs up to `last` of mails that the server received later; all without a cutoff.

    A search knows days only, and those of the server's zone, so a day more is asked for.
    """
    if cutoff is None:
        return [uid for uid in connection.uids(1, last + 1, narrowing) if uid <= last]
    uids = connection.uids_since((cutoff - timedelta(days=1)).date(), last, narrowing)
    times = connection.received(uids, narrowing)
    return [uid for uid in uids if uid not in times or times[uid] > cutoff]
