"""One mailbox: a thread that holds it, looks into its folders, and waits for the server to tell of more."""

import contextlib
import threading
import time
from dataclasses import dataclass
from datetime import timedelta

from config.machine import Imap
from config.masking import masked
from daemon.intake.imap import GONE, REFUSED, TROUBLE, Connection, NoIdle
from daemon.intake.imap_folder import FolderReader
from daemon.intake.imap_house import House
from daemon.intake.room import NoRoom
from daemon.line import Line
from daemon.log import get_logger
from daemon.oauth import OauthError, Tokens
from daemon.pulse import Heart, beat, beating
from daemon.seams import poll_seconds
from daemon.store import StoreError, mailboxes
from daemon.store.mailboxes import LostLease

COMPARE_EVERY = timedelta(days=1)
LOOKS = 20
"""In a row, while each finds something; what is left then is found by the next poll."""
ERROR_LENGTH = 300
ROUND_SECONDS = 60.0
"""For names, the database, and what is done between two answers of the server."""

log = get_logger(__name__)


@dataclass(frozen=True)
class Pace:
    """How long a mailbox waits, in seconds.

    Attributes:
        poll: A look on a fresh connection after so long, whatever IDLE told or did not tell.
        renew: An IDLE is begun anew after so long; RFC 2177 allows 29 minutes, routers forget sooner.
        first_wait: After an error; twice as long after each further one, up to `longest_wait`.
        tick: The lease is kept so often.
    """

    poll: float
    renew: float = 300
    first_wait: float = 5
    longest_wait: float = 300
    tick: float = 20


class MailboxReader(threading.Thread):
    """Reads one mailbox until told to stop.

    Attributes:
        state: What it does: starting, reading, listening, resting, failing, elsewhere (another daemon reads it), ended.
        error: What went wrong last, until a look succeeds.
        is_replaced: Another reader reads this mailbox now, as the same daemon: what it holds is not ours to leave.
    """

    def __init__(self, house: House, mailbox: Imap, pace: Pace | None = None) -> None:
        super().__init__(name=f"mailbox {mailbox.id}", daemon=True)
        self.mailbox = mailbox
        self.state = "starting"
        self.error: str | None = None
        self.is_replaced = False
        self._house = house
        self._pace = pace or Pace(poll_seconds(mailbox.poll.minutes * 60))
        oauth, directory = mailbox.oauth, house.settings().directory
        self._tokens = Tokens(oauth, mailbox.username, directory) if oauth else None
        self._folders = [FolderReader(house, mailbox, name) for name in mailbox.folders]
        self._begin_with = 0
        self._ending = threading.Event()
        self._line = Line()
        self._held_at = 0.0
        self._wait = self._pace.first_wait
        self._taken = 0
        self._heart: Heart | None = None

    @property
    def stands_still(self) -> bool:
        """Whether it was not heard of for too long, or has died."""
        return self._heart is not None and self._heart.overdue > 0

    def give_up(self) -> None:
        """Another reads this mailbox instead; should this thread ever go on, it ends."""
        self.is_replaced = True
        self.end()
        self.miss_no_more()

    def miss_no_more(self) -> None:
        """It was told to end; whether it does is its own matter."""
        if self._heart is not None:
            self._heart.end()

    def end(self) -> None:
        """Tell it to stop, whatever it waits for; returns at once."""
        self._ending.set()
        self._line.cut()

    def keep(self) -> None:
        """Keep the lease while the server takes its time over a command, but no longer than it may; from any thread.

        Raises:
            StoreError: The database is away.
        """
        is_due = time.monotonic() - self._held_at >= self._pace.tick
        if is_due and self.state == "reading" and not self._line.is_overdue and not self._ending.is_set():
            self._hold()

    def run(self) -> None:
        """Session after session; whatever goes wrong, the next one is tried."""
        with beating(self.name.replace(" ", ":"), ROUND_SECONDS) as self._heart:
            self._go_on()
        self.state = "ended"
        if not self.is_replaced:
            with contextlib.suppress(StoreError):
                self._house.write(self.mailbox.id, mailboxes.release)

    def _go_on(self) -> None:
        while not self._ending.is_set():
            beat()
            try:
                if self._hold():
                    self._session()
                else:
                    self.state = "elsewhere"
                    self._pause(self._pace.tick)
            except LostLease:
                self.state = "elsewhere"
                self._pause(self._pace.first_wait)
            except NoRoom as error:  # the server is well, and need not hear of us until there is room
                self.state, self.error = "failing", str(error)
                self._pause(self._pace.first_wait)
            except Exception as error:
                if not self._ending.is_set():
                    self._failed(error)

    def _session(self) -> None:
        """A look on a fresh connection, then the server is listened to until the next is due."""
        until = time.monotonic() + self._pace.poll
        self._house.room.demand()
        self.state = "reading"
        settings = self._house.settings()
        largest = settings.postroom.limits.size
        connection = Connection(self.mailbox, settings.directory, largest, self._tokens, self._line)
        try:
            self._look_everywhere(connection)
            self._succeeded()
            if self.mailbox.idle and connection.can_idle:
                with contextlib.suppress(NoIdle):
                    self._listen(connection, until)
        finally:
            connection.close()
        self._rest(until)

    def _look_everywhere(self, connection: Connection) -> None:
        """All folders; one that fails does not keep the others from being read, now or in the next session."""
        failure: Exception | None = None
        first, number = self._begin_with, len(self._folders)
        for index in ((first + turn) % number for turn in range(number)):
            self._begin_with = (index + 1) % number
            try:
                self._look(connection, self._folders[index], fresh=True)
            except GONE:
                raise
            except REFUSED as error:
                failure = failure or error
        self._begin_with = 0
        if failure is not None:
            raise failure
        self._compare(connection)

    def _look(self, connection: Connection, folder: FolderReader, *, fresh: bool) -> None:
        """Until nothing is new: what came while we read is not told again in IDLE."""
        for turn in range(LOOKS):
            beat()
            found = folder.look(connection, fresh=fresh and turn == 0)
            if not (found or connection.has_news()) or self._ending.is_set():
                break

    def _listen(self, connection: Connection, until: float) -> None:
        """IDLE on the first folder; the others wait for the next fresh connection."""
        first = self._folders[0]
        if len(self._folders) > 1:
            self._look(connection, first, fresh=False)
        self.state = "listening"
        while (left := until - time.monotonic()) > 0 and not self._ending.is_set():
            span = min(self._pace.renew, left)
            if connection.wait_for_news(span, tick=self._tick, every=self._pace.tick, last=span == left):
                self.state = "reading"
                self._look(connection, first, fresh=False)
                self._succeeded()
                self.state = "listening"

    def _rest(self, until: float) -> None:
        self.state = "resting"
        while (left := until - time.monotonic()) > 0 and not self._pause(min(left, self._pace.tick)):
            self._tick()

    def _pause(self, seconds: float) -> bool:
        """Wait; whether it is told to stop."""
        beat(seconds)
        return self._ending.wait(seconds)

    def _tick(self) -> None:
        beat(self._pace.tick)
        if not self._ending.is_set() and not self._hold():
            raise LostLease(self.mailbox.id)

    def _hold(self) -> bool:
        now, self._held_at = self._house.clock.now(), time.monotonic()
        return self._house.write(self.mailbox.id, lambda c, holder: mailboxes.hold(c, holder, now), sync=False)

    def _succeeded(self) -> None:
        account, now = self.mailbox.id, self._house.clock.now()
        self._house.write(account, lambda c, _: mailboxes.succeeded(c, account, now), sync=False)
        self._wait, self.error = self._pace.first_wait, None

    def _failed(self, error: Exception) -> None:
        known = isinstance(error, (*TROUBLE, StoreError, OauthError, ValueError))
        self.state, self.error = "failing", masked(str(error) or type(error).__name__)[:ERROR_LENGTH]
        self._house.count(f"mailbox_errors_{self.mailbox.id}")
        log.warning("mailbox-failed", mailbox=self.mailbox.id, error=self.error, exc_info=None if known else error)
        if (taken := sum(folder.taken for folder in self._folders)) > self._taken:  # slow, but it gets on
            self._taken, self._wait = taken, self._pace.first_wait
        self._pause(self._wait)
        self._wait = min(self._wait * 2, self._pace.longest_wait)

    def _compare(self, connection: Connection) -> None:
        """Once a day: is there anything in the folders that the ledger knows nothing of?"""
        house, now, account = self._house, self._house.clock.now(), self.mailbox.id
        with house.store.read() as reading:
            last = mailboxes.compared_at(reading, account)
        if last is None or now - last < COMPARE_EVERY:
            return
        forgotten = {folder.name: number for folder in self._folders if (number := folder.compare(connection))}
        log.info("mailbox-compared", mailbox=account, overlooked=sum(forgotten.values()))
        letters = []
        if forgotten:
            told = "\n".join(f"{number} in folder {name}" for name, number in forgotten.items())
            text = (
                f"Once a day the folders of mailbox {account} are compared with the ledger. Mails were there that had "
                "been neither taken nor left alone, or that the server had said were gone:\n\n"
                f"{told}\n\nThey are fetched now.\n"
            )
            letters = [house.letter(f"mailbox:compared:{account}:{now.date()}", f"mails in {account} overlooked", text)]
        house.write(account, lambda c, _: mailboxes.compared(c, account, now), letters)
