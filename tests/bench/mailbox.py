"""A mailbox behind a line with latency: a backlog read by Postroom and one by one; how soon a new mail is a record."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager

from imapclient import IMAPClient, SocketTimeout

from tests.bench import mails, servers
from tests.bench.figures import Figures, Goal, Section
from tests.bench.processes import cpu_seconds
from tests.bench.servers import Running
from tests.peers.dovecot import Dovecot, dovecot
from tests.peers.fault_proxy import FaultProxy, fault_proxy
from tests.support.waiting import pause, wait_until

OURS, ONE_BY_ONE = "Postroom", "one by one"
RATE, CPU, SOON = "mails/s", "CPU s per 1,000", "delivery to record ms"
ROUND_TRIP_SECONDS = 0.03
BACKLOG_SECONDS = 300
SOON_SECONDS = 30
IDLE_SECONDS = 0.5
"""Between two mails: each is to find the mailbox at rest."""

MAILBOX = """
[[imap]]
id = "boerse"
host = "127.0.0.1"
port = {port}
tls = "off"
username = "{user}"
password = {{ file = "{password}" }}
source = "boerse-berlin"
{since}
"""


class Books:
    """What the daemon has in its database."""

    def __init__(self, server: Running) -> None:
        self._file = server.directory / "data" / "postroom.db"

    def count(self, table: str) -> int:
        """Rows of a table."""
        with closing(sqlite3.connect(f"file:{self._file}?mode=ro", uri=True, timeout=30)) as connection:
            return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608 - ours

    def wait_for(self, table: str, number: int, seconds: float) -> float:
        """The moment at which a table has so many rows."""
        wait_until(lambda: self.count(table) >= number, seconds, f"{number} rows in {table}")
        return time.monotonic()


@contextmanager
def postroom(server: Dovecot, port: int, roles: str, *, backlog: bool) -> Iterator[Running]:
    """Postroom in front of a mailbox.

    Args:
        server: Whose account is read.
        port: Of the server, or of what stands before it.
        roles: TOML list of roles.
        backlog: Whether it reads what is there already.
    """
    with servers.spool() as directory:
        password = directory / "password"
        password.write_text(server.password)
        since = 'since = "2001-01-01"' if backlog else ""
        mailbox = MAILBOX.format(port=port, user=server.user, password=password, since=since)
        with servers.postroom(relay=9, roles=roles, more=mailbox) as running:
            yield running


def one_by_one(server: Dovecot, port: int, count: int) -> float:
    """Mails a second of a reader that asks for each mail by itself, as many do."""
    client = IMAPClient("127.0.0.1", port, ssl=False, timeout=SocketTimeout(15, 60))
    client.login(server.user, server.password)
    client.select_folder("INBOX", readonly=True)
    uids = client.search()[:count]
    began = time.monotonic()
    for uid in uids:
        assert client.fetch([uid], ["BODY.PEEK[]"])[uid][b"BODY[]"]
    took = time.monotonic() - began
    client.logout()
    return count / took


def backlog(figures: Figures, server: Dovecot, proxy: FaultProxy, count: int) -> None:
    """From the first connection until all is committed."""
    before = proxy.connections
    with postroom(server, proxy.port, '["smtp", "imap"]', backlog=True) as running:
        wait_until(lambda: proxy.connections > before, SOON_SECONDS, "a connection")
        began, cpu = time.monotonic(), cpu_seconds(running.pid)
        took = Books(running).wait_for("message", count, BACKLOG_SECONDS) - began
        figures.add(OURS, RATE, count / took)
        figures.add(OURS, CPU, (cpu_seconds(running.pid) - cpu) * 1000 / count)


def new_mail(figures: Figures, server: Dovecot, proxy: FaultProxy, count: int, first: int) -> None:
    """From the delivery into a mailbox at rest until the record is committed."""
    idling: list[bytes] = []
    proxy.up.watch = idling.append
    with postroom(server, proxy.port, '["smtp", "imap", "work"]', backlog=False) as running:
        books = Books(running)
        wait_until(lambda: any(b" IDLE\r\n" in data for data in idling), SOON_SECONDS, "the daemon listens")
        for number in range(1, count + 1):
            pause(IDLE_SECONDS)
            began = time.monotonic()
            server.deliver(mails.make("form", first + number, servers.RECIPIENT))
            figures.add(OURS, SOON, (books.wait_for("record", number, SOON_SECONDS) - began) * 1000)


def run(rounds: int, count: int, single: int, fresh: int) -> Section:
    """Both ways to read a backlog in turn, then new mails.

    Args:
        rounds: How often each.
        count: Mails of the backlog.
        single: How many of them are read one by one.
        fresh: New mails.
    """
    figures = Figures("mailbox")
    servers.find("dovecot", "dovecot-imapd")
    with ExitStack() as stack:
        directory = stack.enter_context(servers.spool())
        server = stack.enter_context(dovecot(directory))
        proxy = stack.enter_context(fault_proxy(server.port))
        proxy.delay(ROUND_TRIP_SECONDS / 2)
        for number in range(count):
            server.deliver(mails.make("form", number, servers.RECIPIENT))
        server.count()  # so that nobody's first look pays for the index
        for _ in range(rounds):
            figures.add(ONE_BY_ONE, RATE, one_by_one(server, proxy.port, single))
            backlog(figures, server, proxy, count)
        new_mail(figures, server, proxy, fresh, count)
    return Section(figures, goals(figures))


def goals(figures: Figures) -> list[Goal]:
    """What must be reached."""
    soon = figures.values.get((OURS, SOON), [float("nan")])
    return [
        Goal("mailbox behind 30 ms: rate / one by one", lambda: figures.ratio(RATE, OURS, ONE_BY_ONE), ">=", 30, 80),
        Goal("new mail in an idle mailbox to record, slowest ms", lambda: max(soon), "<=", 2_000),
    ]
