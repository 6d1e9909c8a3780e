"""An IMAP server that misbehaves on demand, line by line, as no real one does when asked.

What the script leaves alone is answered as RFC 3501 has it, as far as a reader of mail needs it.
"""

import re
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import NamedTuple

DROP = b"\0drop"
"""At the end of an answer: close the connection."""
HANG = b"\0hang"
"""At the end of an answer: nothing more, with the connection open, until the server is closed."""

CAPABILITIES = "IMAP4rev1 IDLE UIDPLUS MOVE"
_DATE = "21-Nov-2026 08:00:00 +0000"


class Command(NamedTuple):
    """What a script is asked about.

    Attributes:
        session: Number of the connection, from 1.
        name: In capitals, with UID before it where it is said; GREETING for the moment of the connection, EXISTS when
            a mail came in while the client idles.
        rest: Its arguments.
        tag: Of the client.
    """

    session: int
    name: str
    rest: str
    tag: str


Script = Callable[[Command], bytes | None]
"""Gives the whole answer, with DROP or HANG at its end if wanted, or None for the usual one."""


def ok(command: Command, *lines: str) -> bytes:
    """An answer: untagged lines, then OK."""
    return "".join(f"{line}\r\n" for line in (*lines, f"{command.tag} OK done")).encode()


class ScriptedImap:
    """A server in threads of its own, with one folder that is called whatever the client calls it.

    Attributes:
        port: On loopback, without TLS; any user may come in.
        mails: By UID; `deliver` wakes those who idle.
        flags: By UID.
        uid_validity: Of the folder.
        script: May be swapped at any time.
        commands: All that clients said.
        hanging: How many sessions get no more answers.
    """

    def __init__(self) -> None:
        self.mails: dict[int, bytes] = {}
        self.flags: dict[int, set[str]] = {}
        self.uid_validity = 1
        self.script: Script = lambda command: None
        self.commands: list[Command] = []
        self.changed = threading.Condition()
        self.ending = threading.Event()
        self.sessions = self.hanging = 0
        server = self._server = _Server(("127.0.0.1", 0), _Session)
        server.owner = self
        self.port = int(server.server_address[1])
        self._thread = threading.Thread(target=server.serve_forever, args=(0.05,), name="imap script", daemon=True)
        self._thread.start()

    def deliver(self, raw: bytes) -> int:
        """One more mail; its UID."""
        with self.changed:
            uid = max(self.mails, default=0) + 1
            self.mails[uid], self.flags[uid] = raw, set()
            self.changed.notify_all()
        return uid

    def said(self, name: str) -> list[Command]:
        """Commands of one name."""
        return [command for command in list(self.commands) if command.name == name]

    def fetched(self, uid: int, items: str) -> bytes:
        """One FETCH answer with what was asked for."""
        raw, number = self.mails[uid], sorted(self.mails).index(uid) + 1
        parts = [f"UID {uid}", f"FLAGS ({' '.join(sorted(self.flags[uid]))})"]
        if "INTERNALDATE" in items.upper():
            parts.append(f'INTERNALDATE "{_DATE}"')
        if "RFC822.SIZE" in items.upper():
            parts.append(f"RFC822.SIZE {len(raw)}")
        head = f"* {number} FETCH ({' '.join(parts)}".encode()
        if "BODY" in items.upper():
            return head + b" BODY[] {%d}\r\n" % len(raw) + raw + b")\r\n"
        return head + b")\r\n"

    def close(self) -> None:
        """End it with all its sessions."""
        self.ending.set()
        with self.changed:
            self.changed.notify_all()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)


@contextmanager
def script_imap() -> Iterator[ScriptedImap]:
    """A server that runs until the end of the block."""
    server = ScriptedImap()
    try:
        yield server
    finally:
        server.close()


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    owner: ScriptedImap


class _Session(socketserver.StreamRequestHandler):
    """One connection."""

    server: _Server
    request: socket.socket

    def handle(self) -> None:
        self.owner = self.server.owner
        self.known = 0
        with self.owner.changed:
            self.owner.sessions += 1
            self.number = self.owner.sessions
        with suppress(OSError):
            going = self._answer(Command(self.number, "GREETING", "", "*"), lambda _: b"* OK ready\r\n")
            while going and (line := self.rfile.readline(1 << 20)):
                going = self._line(line.decode("utf-8", "replace").strip())

    def _line(self, line: str) -> bool:
        tag, _, rest = line.partition(" ")
        name, _, rest = rest.partition(" ")
        if name.upper() == "UID":
            second, _, rest = rest.partition(" ")
            name = f"UID {second}"
        command = Command(self.number, name.upper(), rest, tag)
        going = self._answer(command, self._usual)
        if going and command.name == "IDLE":
            return self._idle(command)
        return going and command.name != "LOGOUT"

    def _answer(self, command: Command, usual: Callable[[Command], bytes]) -> bool:
        """Answer as the script says; whether the session goes on."""
        self.owner.commands.append(command)
        answer = self.owner.script(command)
        answer = usual(command) if answer is None else answer
        self.wfile.write(answer.removesuffix(DROP).removesuffix(HANG))
        if answer.endswith(HANG):
            self.owner.hanging += 1
            self.owner.ending.wait()
        return not answer.endswith((DROP, HANG))

    def _idle(self, command: Command) -> bool:
        """Tell of new mail until the client says DONE."""
        done = threading.Event()
        teller = threading.Thread(target=self._tell, args=(done,), daemon=True)
        teller.start()
        line = self.rfile.readline(1 << 10)
        done.set()
        with self.owner.changed:
            self.owner.changed.notify_all()
        teller.join(10)
        return bool(line) and self._answer(command._replace(name="DONE"), ok)

    def _tell(self, done: threading.Event) -> None:
        while True:
            with self.owner.changed:
                self.owner.changed.wait_for(lambda: done.is_set() or len(self.owner.mails) != self.known)
            if done.is_set():
                return
            with suppress(OSError):
                self._answer(Command(self.number, "EXISTS", "", "*"), self._usual)

    # What a good server says.

    def _usual(self, command: Command) -> bytes:
        match command.name:
            case "CAPABILITY":
                return ok(command, f"* CAPABILITY {CAPABILITIES}")
            case "LIST":
                return ok(command, '* LIST (\\HasNoChildren) "/" INBOX')
            case "SELECT" | "EXAMINE":
                return self._select(command)
            case "EXISTS":
                return self._exists()
            case "NOOP" if len(self.owner.mails) != self.known:
                return self._exists() + ok(command)
            case "STATUS":
                count = len(self.owner.mails)
                return ok(command, f"* STATUS INBOX (MESSAGES {count} UIDNEXT {self._next()} "
                                   f"UIDVALIDITY {self.owner.uid_validity} UNSEEN {count})")  # fmt: skip
            case "UID SEARCH":
                found = re.search(r"\bUID ([\d:*,]+)", command.rest, re.IGNORECASE)
                uids = self._uids(found[1]) if found else sorted(self.owner.mails)
                return ok(command, " ".join(["* SEARCH", *map(str, uids)]))
            case "UID FETCH":
                named, _, items = command.rest.partition(" ")
                return b"".join(self.owner.fetched(uid, items) for uid in self._uids(named)) + ok(command)
            case "UID STORE":
                return self._store(command)
            case "IDLE":
                return b"+ idling\r\n"
            case "LOGOUT":
                return ok(command, "* BYE logging out")
        return ok(command)

    def _next(self) -> int:
        return max(self.owner.mails, default=0) + 1

    def _exists(self) -> bytes:
        self.known = len(self.owner.mails)
        return f"* {self.known} EXISTS\r\n".encode()

    def _select(self, command: Command) -> bytes:
        return self._exists() + ok(
            command,
            "* 0 RECENT",
            "* FLAGS (\\Seen \\Answered \\Flagged \\Deleted \\Draft)",
            "* OK [PERMANENTFLAGS (\\Seen \\Flagged \\Deleted \\*)] all",
            f"* OK [UIDVALIDITY {self.owner.uid_validity}] valid",
            f"* OK [UIDNEXT {self._next()}] next",
        )

    def _uids(self, named: str) -> list[int]:
        """UIDs of a set; `n:*` is never empty, the last one being at least `*` (RFC 3501, 6.4.8)."""
        existing, found = sorted(self.owner.mails), set()
        for part in named.split(",") if existing else ():
            ends = [existing[-1] if end == "*" else int(end) for end in part.split(":")]
            found |= {uid for uid in existing if min(ends) <= uid <= max(ends)}
        return sorted(found)

    def _store(self, command: Command) -> bytes:
        named, how, flags = command.rest.split(" ", 2)
        for uid in self._uids(named):
            new = set(flags.strip("()").split())
            self.owner.flags[uid] = self.owner.flags[uid] - new if how[0] == "-" else self.owner.flags[uid] | new
        return ok(command)
