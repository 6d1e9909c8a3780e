"""Debian's Dovecot as a private IMAP server on loopback: its own settings, sockets, users and mail; Dovecot needs root.

Any user name is an account with a mailbox of its own; all have the same password.
"""

import itertools
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.peers.certificates import Authority, Certificate
from tests.support.ports import free_ports
from tests.support.waiting import wait_until

OWNER = "nobody"
"""Whose the mail is; Dovecot opens no mailbox of root."""
START_SECONDS = 20
STOP_SECONDS = 10
_numbers = itertools.count()

SETTINGS = """\
base_dir = {run}
state_dir = {run}/state
log_path = {log}
listen = 127.0.0.1
protocols = imap
default_internal_user = dovecot
default_login_user = dovenull
ssl = yes
ssl_cert = <{certificate.file}
ssl_key = <{certificate.key}
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_failure_delay = 0
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={owner.pw_uid} gid={owner.pw_gid} home={mail}/%u
}}
first_valid_uid = 1
mail_location = maildir:~/Maildir
mail_fsync = never
namespace inbox {{
  inbox = yes
  separator = /
}}
protocol imap {{
  mail_max_userip_connections = 100
}}
service imap-login {{
  service_count = 0
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
"""


class Dovecot:
    """A running server.

    Attributes:
        port: IMAP, with STARTTLS offered.
        tls_port: IMAP inside TLS.
        ca_file: PEM of the authority that signed its certificate for localhost and 127.0.0.1.
        user: An account.
        password: Of every account.
    """

    user = "verkauf"
    password = "kein-geheimnis"

    def __init__(self, directory: Path, home: Path) -> None:
        """Write its settings.

        Args:
            directory: For certificates, settings and log.
            home: For sockets and mail; a short path that other users may enter.
        """
        directory.mkdir(parents=True, exist_ok=True)
        self.log_file = directory / "dovecot.log"
        self._settings = directory / "dovecot.conf"
        self._mail = home / "mail"
        self._owner = pwd.getpwnam(OWNER)
        self._process: subprocess.Popen[bytes] | None = None
        self.port, self.tls_port = free_ports(2)
        authority = Authority(directory / "certificates")
        self.ca_file = authority.ca_file
        self._mail.mkdir()
        os.chown(self._mail, self._owner.pw_uid, self._owner.pw_gid)
        self._write_settings(home / "run", authority.issue("dovecot"))

    def _write_settings(self, run: Path, certificate: Certificate) -> None:
        text = SETTINGS.format(
            run=run,
            log=self.log_file,
            certificate=certificate,
            password=self.password,
            owner=self._owner,
            mail=self._mail,
            port=self.port,
            tls_port=self.tls_port,
        )
        self._settings.write_text(text)

    # Running it.

    def start(self) -> None:
        """Start, and wait until it greets."""
        # It forgets the mark of `tests.support.orphans` with all of its environment.
        command = ["setpriv", "--pdeathsig=TERM", _program("dovecot"), "-F", "-c", str(self._settings)]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT,
                                         start_new_session=True)  # fmt: skip
        wait_until(self._greets, START_SECONDS, "Dovecot greets")

    def _greets(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, f"Dovecot does not start:\n{self.log_file.read_text()[-2000:]}"
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 2) as probe:
            return probe.recv(4) == b"* OK"
        return False

    def stop(self) -> None:
        """End it; sessions get BYE."""
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    # Its mailboxes.

    def deliver(self, raw: bytes, folder: str = "INBOX", *, user: str | None = None) -> None:
        """Put a mail into a folder that exists, as a delivery agent does: written aside, then moved in.

        Like Dovecot's own agent it tells the size, as it is and with CRLF, in the file's name.
        """
        maildir = self._maildir(user or self.user, folder)
        name = f"{int(time.time())}.M{time.time_ns() // 1000 % 1_000_000}P{os.getpid()}Q{next(_numbers)}.test"
        bare_newlines = raw.count(b"\n") - raw.count(b"\r\n")
        name += f",S={len(raw)},W={len(raw) + bare_newlines}"
        written = maildir / "tmp" / name
        written.write_bytes(raw)
        os.chown(written, self._owner.pw_uid, self._owner.pw_gid)
        written.rename(maildir / "new" / name)

    def _maildir(self, user: str, folder: str) -> Path:
        inbox = self._mail / user / "Maildir"
        maildir = inbox if folder == "INBOX" else inbox / f".{folder.replace('/', '.')}"
        if not (maildir / "new").is_dir():
            self.doveadm("mailbox", "status", "messages", folder, user=user)
        return maildir

    def doveadm(self, *args: str, user: str | None = None, given: bytes = b"") -> str:
        """Run `doveadm`, a command of one or two words first: `doveadm("mailbox", "delete", "Old")`.

        Args:
            args: The command and its arguments; `-u` is added.
            user: Whose mailbox.
            given: Standard input.
        """
        words = 2 if args[0] == "mailbox" or args[:2] == ("flags", "add") or args[:2] == ("flags", "remove") else 1
        command = [_program("doveadm"), "-c", str(self._settings), "-f", "tab", *args[:words], "-u", user or self.user]
        done = subprocess.run([*command, *args[words:]], input=given, capture_output=True, timeout=60, check=False)
        assert done.returncode == 0, f"doveadm {args}: {done.stderr.decode()}"
        return done.stdout.decode()

    def count(self, folder: str = "INBOX", *, user: str | None = None) -> int:
        """How many mails a folder has."""
        return int(self.doveadm("mailbox", "status", "messages", folder, user=user).split()[-1])

    def flags(self, folder: str = "INBOX", *, user: str | None = None) -> list[tuple[str, ...]]:
        """Flags of each mail of a folder, by UID; without \\Recent."""
        return list(self.flags_by_uid(folder, user=user).values())

    def flags_by_uid(self, folder: str = "INBOX", *, user: str | None = None) -> dict[int, tuple[str, ...]]:
        """Flags of each mail of a folder; without \\Recent."""
        lines = self.doveadm("fetch", "uid flags", "mailbox", folder, user=user).splitlines()[1:]
        rows = sorted((int(uid), words.split()) for uid, _, words in (line.partition("\t") for line in lines))
        return {uid: tuple(word for word in words if word != "\\Recent") for uid, words in rows}


@contextmanager
def dovecot(directory: Path) -> Iterator[Dovecot]:
    """A server that runs, ended and with its mail removed at the end.

    Args:
        directory: Where certificates, settings and the log are kept.
    """
    with tempfile.TemporaryDirectory(prefix="dovecot-", ignore_cleanup_errors=True) as name:
        home = Path(name)
        home.chmod(0o755)  # the login processes and the mail's owner are no root
        server = Dovecot(directory, home)
        server.start()
        try:
            yield server
        finally:
            server.stop()


def _program(name: str) -> str:
    path = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin:/usr/bin")
    assert path, f"{name} is missing: install Debian's package dovecot-imapd"
    return path
