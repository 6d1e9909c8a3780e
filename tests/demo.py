"""See Postroom run: the example group on loopback ports, its sample mails sent in, and what became of each.

`make run` starts this. It plays the part of the outside world only: everything is done by the `postroom` command.
DEMO_ONCE=1 ends it after the table instead of waiting for mails and Ctrl-C.
"""

import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import tomllib
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from email.parser import BytesHeaderParser
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

from rich.console import Console
from rich.markup import escape
from rich.table import Table

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "build" / "demo"
POSTROOM = Path(sys.executable).parent / "postroom"
START_SECONDS = 60
SETTLE_SECONDS = 60

console = Console(width=None if sys.stdout.isatty() else 150)

QUERY = """
    SELECT message.id, message.subject, message.source, message.fate, message.reason,
           group_concat(DISTINCT record.ref || ' ' || record.kind) AS records,
           group_concat(DISTINCT outbox.message_id || ' ' || outbox.recipient) AS mails
    FROM message
    LEFT JOIN message_record ON message_record.message = message.id
    LEFT JOIN record ON record.id = message_record.record
    LEFT JOIN outbox ON outbox.record = record.id
    WHERE message.id > ? GROUP BY message.id ORDER BY message.accepted_at, message.id
"""
UNSETTLED = """
    SELECT (SELECT count(*) FROM message WHERE fate = 'pending')
         + (SELECT count(*) FROM notice WHERE outbox IS NULL AND withdrawn_at IS NULL AND way = 'own')
         + (SELECT count(*) FROM outbox WHERE state IN ('waiting', 'sending'))
"""


class Trouble(Exception):  # noqa: N818 - told to a person, not raised at a program
    """Why the demonstration cannot go on."""


class Fate(NamedTuple):
    """One accepted mail and what became of it."""

    id: int
    subject: str | None
    source: str | None
    fate: str
    reason: str | None
    records: str | None
    mails: str | None


def run(*args: str | Path) -> None:
    """Run a postroom command to its end."""
    done = subprocess.run([POSTROOM, *args], capture_output=True, text=True, check=False)
    if done.returncode:
        raise Trouble(f"postroom {' '.join(map(str, args))}: {done.stderr or done.stdout}")


def load(name: str) -> dict[str, Any]:
    """One file of the demonstration's configuration."""
    return tomllib.loads((SITE / name).read_text("utf-8"))


def endpoint(listen: str) -> tuple[str, int]:
    """Host and port of `127.0.0.1:2525`."""
    host, _, port = listen.rpartition(":")
    return host.strip("[]"), int(port)


def demand_free(what: str, listen: str) -> None:
    """Say so plainly if somebody else has the port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(endpoint(listen))
        except OSError as error:
            raise Trouble(
                f"{what} wants {listen}, but: {error.strerror}.\nEnd what listens there (perhaps another `make run`; "
                f"`ss -ltnp` names it), or give config/example/postroom.toml another port."
            ) from None


def sample_mails() -> list[tuple[Path, str]]:
    """The shipped sample mails and the addresses that the example's own tests send them to."""
    seen: dict[tuple[Path, str], None] = {}
    for name in sorted(SITE.rglob("*.toml")):
        for test in tomllib.loads(name.read_text("utf-8")).get("test", []) if name.name != "postroom.toml" else []:
            seen[(name.parent / test["mail"], test["to"])] = None
    return list(seen)


@contextmanager
def daemon(health: str) -> Iterator[subprocess.Popen[bytes]]:
    """The daemon, ready; ended cleanly on the way out."""
    with (SITE / "postroom.log").open("wb") as log:
        # A session of its own: Ctrl-C in the terminal reaches us, and we end the daemon in order.
        process = subprocess.Popen([POSTROOM, "run", "-c", SITE], stdout=log, stderr=log, start_new_session=True)
    try:
        wait_ready(process, health)
        yield process
    finally:
        process.terminate()
        if process.wait(30):
            raise Trouble(f"the daemon ended with {process.returncode}; see {SITE / 'postroom.log'}")


def wait_ready(process: subprocess.Popen[bytes], health: str) -> None:
    """Wait until the daemon says that it takes mail."""
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if process.poll() is not None:
            raise Trouble(f"the daemon did not start:\n{(SITE / 'postroom.log').read_text('utf-8')[-3000:]}")
        try:
            with urllib.request.urlopen(f"http://{health}/-/ready", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise Trouble(f"the daemon was not ready after {START_SECONDS} s; see {SITE / 'postroom.log'}")


class Ledger:
    """What the daemon has written, read beside it."""

    def __init__(self) -> None:
        data = SITE / load("postroom.toml")["data"]
        files = [path for path in data.iterdir() if path.suffix in {".sqlite", ".sqlite3", ".db"}]
        self.file = files[0]
        self.last = 0

    def query(self, sql: str, *args: int) -> list[tuple[Any, ...]]:
        """Rows of one reading query."""
        with closing(sqlite3.connect(f"file:{self.file}?mode=ro", uri=True, timeout=30)) as connection:
            return connection.execute(sql, args).fetchall()

    def settle(self) -> None:
        """Wait until every mail has its fate and every notification is out."""
        until = time.monotonic() + SETTLE_SECONDS
        while self.query(UNSETTLED)[0][0]:
            if time.monotonic() > until:
                raise Trouble(f"some mails are still on their way after {SETTLE_SECONDS} s; see `postroom status`")
            time.sleep(0.1)

    def news(self) -> list[Fate]:
        """Mails since the last call; only those that are settled count as seen."""
        rows = [Fate(*row) for row in self.query(QUERY, self.last)]
        self.last = max([self.last, *(row.id for row in rows)])
        return rows


def mailboxes() -> list[Path]:
    """The folders that take the place of a relay."""
    urls = [relay["url"] for relay in load("postroom.toml")["relay"]]
    return [SITE / url.removeprefix("maildir:") for url in urls if url.startswith("maildir:")]


def notifications() -> dict[str, Path]:
    """Message-ID of every mail that went out -> its file."""
    found: dict[str, Path] = {}
    for path in (path for box in mailboxes() for path in box.rglob("new/*")):
        headers = BytesHeaderParser().parsebytes(path.read_bytes())
        found[str(headers["Message-ID"]).strip().strip("<>")] = path
    return found


def show(fates: list[Fate]) -> None:
    """The table: what came in, what became of it, who was told, and where that mail lies."""
    files = notifications()
    table = Table(title="What became of the mails", title_justify="left", show_lines=True)
    for column in ("Subject", "Source", "Fate", "Record"):
        table.add_column(column, overflow="fold")
    table.add_column("Team mail and its file", no_wrap=True)
    for fate in fates:
        told = [entry.partition(" ")[::2] for entry in (fate.mails or "").split(",") if entry]
        letters = [
            f"{to}\n  {files[key].name if (key := own_id.strip('<>')) in files else '(not sent)'}"
            for own_id, to in told
        ]
        cells = (
            fate.subject or "(none)",
            fate.source or "-",
            fate.fate if fate.records else f"{fate.fate}: {fate.reason or ''}",
            (fate.records or "-").replace(",", "\n"),
            "\n".join(letters) or "-",
        )
        table.add_row(*map(escape, cells))
    console.print(table)


def tell_how_to_go_on(example_to: str) -> None:
    """What a person can try now."""
    here = SITE.relative_to(ROOT)
    boxes = ", ".join(str(box.relative_to(ROOT)) for box in mailboxes())
    console.print(f"\nNotifications lie in [bold]{boxes}/new[/], one file each (a Maildir: any mail program opens it).")
    console.print("Send a mail of your own, from another terminal in this directory:")
    console.print(f"  [bold].venv/bin/postroom send my.eml --to {escape(example_to)} -c {here}[/]")
    console.print("and look at it:")
    console.print(f"  [bold].venv/bin/postroom records -c {here}[/]")
    console.print(f"  [bold].venv/bin/postroom why REF -c {here}[/]       (why it went there)")
    console.print(f"  [bold].venv/bin/postroom ledger -c {here}[/]        (every mail accounted for)")


def follow(process: subprocess.Popen[bytes], ledger: Ledger) -> None:
    """Show every further mail until Ctrl-C."""
    console.print("\nWaiting for mails; Ctrl-C ends the daemon.")
    while process.poll() is None:
        time.sleep(0.5)
        if ledger.query("SELECT 1 FROM message WHERE id > ? LIMIT 1", ledger.last):
            ledger.settle()
            show(ledger.news())
    raise Trouble(f"the daemon ended by itself; see {SITE / 'postroom.log'}")


def demonstrate() -> None:
    """The whole story, from an empty directory to Ctrl-C."""
    shutil.rmtree(SITE, ignore_errors=True)
    SITE.parent.mkdir(exist_ok=True)
    run("init", SITE)
    settings = load("postroom.toml")
    smtp = settings.get("smtp", {}).get("listen", ["127.0.0.1:2525"])[0]
    health = settings.get("health", {}).get("listen", "127.0.0.1:9125")
    demand_free("SMTP", smtp)
    demand_free("The health port", health)
    console.print(f"Starting Postroom on {smtp} with the example group in {SITE.relative_to(ROOT)} ...")
    with daemon(health) as process:
        mails = sample_mails()
        for mail, to in mails:
            run("send", mail, "--to", to, "-c", SITE)
        ledger = Ledger()
        ledger.settle()
        show(ledger.news())
        tell_how_to_go_on(mails[0][1])
        if os.environ.get("DEMO_ONCE") != "1":
            follow(process, ledger)


def interrupted(signum: int, frame: FrameType | None) -> None:
    """SIGTERM is as good as Ctrl-C."""
    raise KeyboardInterrupt


def main() -> int:
    """Exit code 0 also after Ctrl-C: that is the usual end."""
    signal.signal(signal.SIGTERM, interrupted)
    try:
        demonstrate()
    except KeyboardInterrupt:
        console.print("\nEnded; the daemon has closed its books.")
    except Trouble as trouble:
        console.print(f"[red]{escape(str(trouble))}[/]")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
