"""All mailboxes of this daemon: started, swapped on reload, ended; the admin is told of one that cannot be read."""

import contextlib
import threading
import time
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, RowMapping

from config.machine import Imap
from config.models import Settings
from daemon.intake.imap_house import House
from daemon.log import get_logger
from daemon.pulse import Heart, beating
from daemon.store import StoreError, mailboxes, outgoing
from daemon.store.outgoing import Letter

if TYPE_CHECKING:
    from daemon.intake.mailbox import MailboxReader, Pace

WATCH_SECONDS = 5.0
TEST_CLOCK_WATCH_SECONDS = 0.2
END_SECONDS = 2.0
ROUND_SECONDS = 60.0

log = get_logger(__name__)


class Mailboxes:
    """A thread for each mailbox, and one that watches them: a mailbox that hangs cannot tell of itself."""

    def __init__(self, house: House, pace: "Pace | None" = None) -> None:
        self._house = house
        self._pace = pace
        self._readers: dict[str, MailboxReader] = {}
        self._since: dict[str, datetime] = {}
        """When each mailbox was begun with here: the time before is not counted as an outage."""
        self._changing = threading.Lock()
        self._ending = threading.Event()
        self._watcher: threading.Thread | None = None

    def use(self, settings: Settings) -> None:
        """Start what is new, end what is gone, and both for what was changed; waits for what it ends."""
        with self._changing:
            self._use(settings)

    def _use(self, settings: Settings) -> None:
        wanted = {one.id: one for one in settings.postroom.imap} if "imap" in settings.postroom.roles else {}
        ended = [one for key, one in self._readers.items() if wanted.get(key) != one.mailbox]
        _end(ended)
        for reader in ended:
            reader.is_replaced = reader.mailbox.id in wanted
            reader.miss_no_more()
            del self._readers[reader.mailbox.id], self._since[reader.mailbox.id]
        for key, mailbox in wanted.items():
            if key not in self._readers:
                self._start(mailbox)
        if self._readers and self._watcher is None:
            self._watcher = threading.Thread(target=self._watch, name="mailbox watch", daemon=True)
            self._watcher.start()

    def renew(self, loop: str) -> None:
        """Begin anew with the mailbox of a loop that stands still: its thread is left behind, whatever it hangs in."""
        with self._changing:
            for key, reader in self._readers.items():
                if loop == f"mailbox:{key}" and reader.stands_still and not self._ending.is_set():
                    reader.give_up()
                    self._house.count("mailbox_renewals")
                    since = self._since[key]
                    self._start(reader.mailbox)
                    self._since[key] = since
                    return

    def close(self) -> None:
        """End all; a thread that waits for a name or a connection is left behind."""
        self._ending.set()
        _end(list(self._readers.values()))
        if self._watcher is not None:
            self._watcher.join(END_SECONDS)

    @property
    def counters(self) -> dict[str, int]:
        """Mails and errors by mailbox, since the start."""
        return dict(self._house.counters)

    def standing(self) -> list[dict[str, Any]]:
        """How each configured mailbox stands, for `status` and metrics."""
        with self._house.store.read() as connection:
            rows = mailboxes.standing(connection)
        return standing_of(self._house.settings().postroom.imap, rows, self._readers)

    def _start(self, mailbox: Imap) -> None:
        from daemon.intake.mailbox import MailboxReader  # a daemon without mailboxes needs no IMAP

        self._since[mailbox.id] = self._house.clock.now()
        self._readers[mailbox.id] = reader = MailboxReader(self._house, mailbox, self._pace)
        reader.start()

    def _watch(self) -> None:
        with beating("mailboxes", ROUND_SECONDS) as heart:
            self._keep_watch(heart)

    def _keep_watch(self, heart: Heart) -> None:
        seconds = TEST_CLOCK_WATCH_SECONDS if self._house.clock.is_test else WATCH_SECONDS
        while not self._ending.wait(seconds):
            heart.beat(seconds)
            try:
                for reader in list(self._readers.values()):
                    reader.keep()
                self._look_at_outages()
            except StoreError:
                log.warning("mailboxes-not-watched")
            except Exception:
                log.exception("mailboxes-not-watched")

    def _look_at_outages(self) -> None:
        now = self._house.clock.now()
        with self._house.store.read() as connection:
            rows = {row["account"]: row for row in mailboxes.standing(connection)}
        for key, reader in list(self._readers.items()):
            row, since = rows.get(key), self._since.get(key)
            if row is None or since is None:
                continue
            last, told = row["last_success"], row["told_at"]
            if told is None and (now - max(since, last or since)).total_seconds() >= reader.mailbox.alarm.minutes * 60:
                self._tell(key, told, now, self._outage(reader, last, now))
            elif told is not None and last is not None and last > told:
                self._tell(key, told, None, self._well_again(reader, told))

    def _tell(self, account: str, before: datetime | None, at: datetime | None, letter: Letter) -> None:
        """Write the letter and that it was written; not if another daemon was faster."""
        now = self._house.clock.now()

        def write(connection: Connection) -> None:
            if mailboxes.tell(connection, account, before, at):
                outgoing.put(connection, letter, now)

        self._house.store.write(write).result()
        self._house.wake()

    def _outage(self, reader: "MailboxReader", last: datetime | None, now: datetime) -> Letter:
        mailbox = reader.mailbox
        read = f"It was last read at {last:%Y-%m-%d %H:%M} UTC." if last else "It was never read."
        text = (
            f"Mailbox {mailbox.id} ({mailbox.username} at {mailbox.host}) cannot be read.\n\n{read}\n"
            f"{f'The last error: {reader.error}' if reader.error else f'It is {reader.state}.'}\n\n"
            "It is tried again all the time; you will be told when it is well.\n"
        )
        key = f"mailbox:out:{mailbox.id}:{now.isoformat()}"
        return self._house.letter(key, f"mailbox {mailbox.id} cannot be read", text)

    def _well_again(self, reader: "MailboxReader", told: datetime) -> Letter:
        text = (
            f"Mailbox {reader.mailbox.id} is read again. You were told at {told:%Y-%m-%d %H:%M} UTC that it was not.\n"
        )
        key = f"mailbox:well:{reader.mailbox.id}:{told.isoformat()}"
        return self._house.letter(key, f"mailbox {reader.mailbox.id} is read again", text)


def standing_of(
    configured: Iterable[Imap], rows: Iterable[RowMapping], readers: "dict[str, MailboxReader] | None" = None
) -> list[dict[str, Any]]:
    """How each configured mailbox stands.

    Args:
        configured: The mailboxes.
        rows: What the store says.
        readers: Those of this daemon; None if none runs.
    """
    known = {row["account"]: row for row in rows}
    found = []
    for mailbox in configured:
        row, reader = known.get(mailbox.id), (readers or {}).get(mailbox.id)
        last = row["last_success"] if row else None
        found.append(
            {
                "id": mailbox.id,
                "account": f"{mailbox.username} at {mailbox.host}",
                "folders": list(mailbox.folders),
                "state": reader.state if reader else "not read here",
                "error": reader.error if reader else None,
                "last_success": last.isoformat() if last else None,
                "found": int(row["found"]) if row else 0,
                "waiting": int(row["waiting"]) if row else 0,
            }
        )
    return found


def _end(readers: Iterable["MailboxReader"]) -> None:
    """Tell all to stop, then wait for them together."""
    for reader in readers:
        reader.end()
    until = time.monotonic() + END_SECONDS
    for reader in readers:
        with contextlib.suppress(RuntimeError):  # it was never started
            reader.join(max(0.0, until - time.monotonic()))
