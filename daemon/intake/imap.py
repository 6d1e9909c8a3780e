"""A connection to a mailbox (IMAP4rev1, RFC 3501): what is asked of it, and what its library gets wrong.

Only lists of numbers are given to `fetch`: IMAPClient 4 refuses string ranges. A search for `N:*` also gives the last
mail if its UID is lower (RFC 3501 9). A fetch may succeed without a body. An IDLE whose connection is gone answers at
once, for ever, with nothing. Every wait is bounded.
"""

import contextlib
import imaplib
import ssl
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, NamedTuple

from imapclient import IMAPClient, SocketTimeout

from config.machine import Imap
from config.secrets import reveal
from daemon.intake.imap_narrowing import Narrowing
from daemon.intake.imap_wire import Client
from daemon.line import Line
from daemon.oauth import Tokens
from daemon.seams import poll_seconds

CONNECT_SECONDS = 15
READ_SECONDS = 60
PATIENCE_POLLS = 4
"""A test that polls within seconds waits no minute for a server that says nothing."""
GOODBYE_SECONDS = 2
ANSWER_SECONDS = 10
"""How long the server may take to begin or end an IDLE: whoever is still there answers at once."""
WINDOW = 50_000
"""UIDs asked for at once: imaplib refuses lines of more than a million characters."""
WINDOWS = 200
"""At most so many one after the other; what lies beyond is asked for at once."""
MOST_UIDS = 1_000_000
"""Of an answer: a folder with more mails is none that leads come to."""
HIGHEST_UID = (1 << 32) - 1
"""RFC 3501 9."""
ANY_UID = HIGHEST_UID + 1
"""Stands for `*`."""
ANSWER_BYTES = 64 << 20
"""Of one fetch, beside one largest mail: twice what we ask for, as a size that a server tells may be wrong."""
ANSWER_BYTES_SECONDS = 1200.0
"""For them: 32 MB at 256 kbit/s take 17 minutes."""
FACTS_AT_ONCE = 500
EARLY_ANSWERS = 3
"""So many empty answers in a row before the time: the connection is gone. TLS gives one now and then."""

GONE, REFUSED = imaplib.IMAP4.abort, imaplib.IMAP4.error
"""The connection is gone; the server will not do this (each of the first is also one of the second)."""
TROUBLE = (REFUSED, OSError, EOFError)
"""What a server or the network may do to us."""


class DeadLink(ConnectionError):  # noqa: N818
    """The server said goodbye, or answers no more."""


class NoIdle(Exception):  # noqa: N818
    """The server offers IDLE and refuses it."""


class Selected(NamedTuple):
    """A folder as the server shows it; uidnext is None where it does not say."""

    uidvalidity: int
    uidnext: int | None


class Body(NamedTuple):
    """A mail, and when its server received it, if it says so."""

    content: bytes
    received_at: datetime | None


class Connection:
    """One connection, logged in. Used by one thread; its line may be cut by another."""

    def __init__(
        self, mailbox: Imap, directory: Path, largest: int, tokens: Tokens | None = None, line: Line | None = None
    ) -> None:
        """Connect and log in.

        Args:
            mailbox: Where, and as whom.
            directory: Of the configuration, which the names of secrets count from.
            largest: Bytes of the largest mail that is fetched.
            tokens: Of a mailbox with `oauth`.
            line: To cut it by; one of its own without.

        Raises:
            ValueError: The secret is missing, or cannot be told to this server.
            OauthError: No token could be had.
            TROUBLE: The server is not there, not the one it should be, or does not know us.
        """
        secret = reveal(mailbox.password, directory) if mailbox.password else ""
        token = tokens.bearer() if tokens else None
        self._patience = min(READ_SECONDS, PATIENCE_POLLS * poll_seconds(READ_SECONDS))
        timeout = SocketTimeout(connect=CONNECT_SECONDS, read=self._patience)
        implicit = mailbox.tls == "implicit"
        self._line = line or Line()
        tls = None if mailbox.tls == "off" else self._line.bound(verified_tls(mailbox.ca_file))
        self._idling = False
        self._largest = largest
        try:
            self._client = Client((mailbox.host, mailbox.port), self._line, tls if implicit else None, timeout)
        except BaseException:
            self._line.let_go()
            raise
        try:
            if mailbox.tls == "starttls":
                self._client.starttls(tls)
            if token is None:
                self._log_in(mailbox.username, secret)
            else:
                self._client.oauth2_login(mailbox.username, token)
        except BaseException as error:
            if tokens and isinstance(error, REFUSED):
                tokens.forget()
            self.close()
            raise

    @property
    def can_idle(self) -> bool:
        """Whether the server tells of new mail by itself (RFC 2177)."""
        return bool(self._client.has_capability("IDLE"))

    def select(self, folder: str, *, readonly: bool) -> Selected:
        """Go to a folder.

        Raises:
            TROUBLE: There is none, or it has no UIDVALIDITY: nothing in it could be told from anything else.
        """
        told = self._client.select_folder(folder, readonly=readonly)
        if not told.get(b"UIDVALIDITY"):
            raise IMAPClient.Error(f"folder {folder} has no UIDVALIDITY")
        self.has_news()  # the number of mails belongs to the answer itself
        return Selected(told[b"UIDVALIDITY"], told.get(b"UIDNEXT"))

    def uids(self, first: int, uidnext: int | None, narrowing: Narrowing | None = None) -> list[int]:
        """UIDs from `first` on, ascending; with those that the server cannot be asked about, whether they are there."""
        return self._search(first, uidnext, narrowing or Narrowing())

    def highest(self) -> int:
        """The highest UID that is there; 0 in an empty folder. What comes later has a higher one."""
        return max((uid for uid in self._client.search(["UID", "*"]) if uid <= HIGHEST_UID), default=0)

    def uids_since(self, day: date, last: int, narrowing: Narrowing | None = None) -> list[int]:
        """UIDs up to `last` of mails received on that day or later, ascending; the day is the server's."""
        return [uid for uid in self._search(1, last + 1, narrowing or Narrowing(), "SINCE", day) if uid <= last]

    def there(self, uids: Sequence[int]) -> set[int]:
        """Which of these UIDs are there."""
        return set(self._client.search(["UID", ",".join(map(str, uids))])) & set(uids) if uids else set()

    def larger(self, uids: Sequence[int], size: int) -> list[int]:
        """Which of these UIDs are of mails with more bytes."""
        found: list[int] = []
        for part in parts(uids, FACTS_AT_ONCE):
            told = set(self._client.search(["UID", ",".join(map(str, part)), "LARGER", size]))
            found += [uid for uid in part if uid in told]
        return found

    def sizes(self, uids: Sequence[int]) -> dict[int, int]:
        """Bytes of mails; without those that the server says nothing of."""
        found = {}
        for part in parts(uids, FACTS_AT_ONCE):
            for uid, told in self._client.fetch(part, ["RFC822.SIZE"]).items():
                if isinstance(told.get(b"RFC822.SIZE"), int):
                    found[uid] = told[b"RFC822.SIZE"]
        return found

    def received(self, uids: Sequence[int], narrowing: Narrowing | None = None) -> dict[int, datetime]:
        """When the server received mails; without those that it says nothing of."""
        narrowing, found = narrowing or Narrowing(), {}
        for part in parts(uids, FACTS_AT_ONCE):
            for answer in narrowing.ask("INTERNALDATE", part, lambda some: self._client.fetch(some, ["INTERNALDATE"])):
                for uid, told in answer.items():
                    if (at := _aware(told.get(b"INTERNALDATE"))) is not None:
                        found[uid] = at
        return found

    def bodies(self, uids: Sequence[int]) -> dict[int, Body]:
        """Fetch mails, whose flags stay as they are; left out is what came without its text, or unasked."""
        with self._client._imap.allowing(ANSWER_BYTES + self._largest, ANSWER_BYTES_SECONDS):
            told = self._client.fetch(list(uids), ["INTERNALDATE", "BODY.PEEK[]"])
        return {
            uid: Body(content, _aware(one.get(b"INTERNALDATE")))
            for uid, one in told.items()
            if uid in uids and isinstance(content := one.get(b"BODY[]"), bytes) and content
        }

    def flag(self, uids: Sequence[int], flag: str) -> None:
        """Set a flag."""
        self._client.add_flags(list(uids), [flag], silent=True)

    def move(self, uids: Sequence[int], folder: str) -> None:
        """Move mails; where the server cannot (RFC 6851), copy them and take the originals away.

        Those flagged as deleted were copied already before we were interrupted. Without UIDPLUS (RFC 4315) they stay
        there, flagged: an EXPUNGE would take others' mails too.
        """
        if not self._client.folder_exists(folder):
            self._client.create_folder(folder)
        if self._client.has_capability("MOVE"):
            self._client.move(list(uids), folder)
            return
        flags = self._client.get_flags(list(uids))
        left = [uid for uid in uids if uid in flags and b"\\Deleted" not in flags[uid]]
        if left:
            self._client.copy(left, folder)
            self._client.delete_messages(left, silent=True)
        if self._client.has_capability("UIDPLUS"):
            self._client.uid_expunge(list(uids))

    def has_news(self) -> bool:
        """Whether the server told of more mails beside its answers since the folder was selected."""
        # Nothing public shows what came unasked.
        told: list[bytes | None] = self._client._imap.response("EXISTS")[1]
        return told != [None]

    def wait_for_news(self, seconds: float, *, tick: Callable[[], None], every: float, last: bool) -> bool:
        """Wait in IDLE for new mail.

        Args:
            seconds: At most so long; servers end an IDLE after half an hour.
            tick: Called now and then.
            every: Seconds between calls of `tick`.
            last: The connection will not be used after a wait in vain, so that nothing has to be brought to an end.

        Returns:
            Whether there is new mail.

        Raises:
            DeadLink: The connection is gone.
            NoIdle: The server will not.
        """
        self._begin_idle()
        self._line.begin(seconds + ANSWER_SECONDS)
        until, early, news = time.monotonic() + seconds, 0, False
        ticked = time.monotonic()
        while not news and not self._has_buffered() and (left := until - time.monotonic()) > 0:
            began, span = time.monotonic(), min(every, left)
            told = self._client.idle_check(timeout=span)
            early = early + 1 if not told and time.monotonic() - began < span / 2 else 0
            if early >= EARLY_ANSWERS or any(one[0] == b"BYE" for one in told):
                raise DeadLink("the server ended the connection")
            news = _tells_of_mail(told)
            if time.monotonic() - ticked >= every:
                ticked = time.monotonic()
                tick()
        if last and not news and time.monotonic() >= until:
            return False
        self._client.socket().settimeout(ANSWER_SECONDS)
        _, told = self._client.idle_done()
        self._client.socket().settimeout(self._patience)
        self._idling = False
        return news or _tells_of_mail(told)

    def close(self) -> None:
        """Say goodbye if that is quickly done, and close."""
        with contextlib.suppress(*TROUBLE, ValueError, AttributeError):
            self._client.socket().settimeout(GOODBYE_SECONDS)
            if self._idling or self._client._imap.state == "NONAUTH":
                self._client.shutdown()
            else:
                self._client.logout()
        with contextlib.suppress(*TROUBLE):
            self._client.shutdown()
        self._line.let_go()

    def _log_in(self, username: str, secret: str) -> None:
        """By LOGIN where that will do, else by AUTHENTICATE PLAIN, which knows all characters (RFC 4616)."""
        offered = self._client._imap.capabilities
        in_ascii = all(word.isascii() and word.isprintable() for word in (username, secret))
        if not in_ascii or "LOGINDISABLED" in offered:
            if "AUTH=PLAIN" not in offered:
                raise ValueError("the server offers no AUTH=PLAIN, and LOGIN is off or knows ASCII only")
            self._client.plain_login(username, secret)
            return
        quoted = username.replace("\\", "\\\\").replace('"', '\\"')
        self._client.login(f'"{quoted}"', secret)  # the library quotes the password only

    def _search(self, first: int, uidnext: int | None, narrowing: Narrowing, *more: object) -> list[int]:
        """UIDs from `first` on that fit, ascending; what the server says beside the question is left out."""
        question, begin, found = " ".join(["SEARCH", *map(str, more)]), first, set[int]()
        for window in _windows(first, uidnext, narrowed=narrowing.is_needed):
            for told in narrowing.ask(question, window, lambda some: self._found(some, *more)):
                found |= told
                if len(found) > MOST_UIDS:
                    raise GONE(f"the server names more than {MOST_UIDS} mails")
        return sorted(found | narrowing.alone(question, begin, HIGHEST_UID))

    def _found(self, uids: Sequence[int], *more: object) -> set[int]:
        first, last = uids[0], uids[-1]
        named = f"{first}:{'*' if last == ANY_UID else last}"
        return {uid for uid in self._client.search(["UID", named, *more]) if first <= uid <= min(last, HIGHEST_UID)}

    def _begin_idle(self) -> None:
        self._client.socket().settimeout(ANSWER_SECONDS)
        try:
            self._client.idle()
        except GONE:
            raise
        except REFUSED as error:
            if "BYE" in str(error):
                raise DeadLink("the server ended the connection") from error
            raise NoIdle(str(error)) from error
        self._idling = True

    def _has_buffered(self) -> bool:
        """Whether an answer lies in a buffer of ours, where waiting for the socket would miss it."""
        sock = self._client.socket()
        sock.setblocking(False)
        try:
            return bool(self._client._imap.file.peek(1))  # the library has no look into its buffer
        except (BlockingIOError, ssl.SSLWantReadError):
            return False
        finally:
            sock.settimeout(self._patience)


def verified_tls(ca_file: Path | None) -> ssl.SSLContext:
    """TLS 1.2 or newer; the server's certificate and name are verified."""
    context = ssl.create_default_context(cafile=ca_file)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def parts(items: Sequence[int], size: int) -> Iterator[list[int]]:
    """Slices of at most `size`."""
    for start in range(0, len(items), size):
        yield list(items[start : start + size])


def _windows(first: int, uidnext: int | None, *, narrowed: bool) -> Iterator[range]:
    """What is searched one after the other.

    `n:*` also finds what is behind a wrong UIDNEXT; but it always names the last mail (RFC 3501 9), which may be the
    one that the server cannot be asked about.
    """
    for _ in range(WINDOWS):
        if uidnext is None or uidnext - first <= WINDOW:
            break
        yield range(first, first + WINDOW)
        first += WINDOW
    if not narrowed:
        yield range(first, ANY_UID + 1)
        return
    if uidnext is not None and uidnext > first:
        yield range(first, uidnext)
        first = uidnext
    yield range(first, HIGHEST_UID + 1)


def _tells_of_mail(told: Iterable[Sequence[Any]]) -> bool:
    return any(len(one) > 1 and one[1] == b"EXISTS" for one in told)


def _aware(told: object) -> datetime | None:
    if not isinstance(told, datetime) or told.tzinfo is None:
        return None
    with contextlib.suppress(OverflowError):  # in the year 1 or 9999
        return told.astimezone(UTC)
    return None
