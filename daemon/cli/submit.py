"""Give one mail to the running daemon, as any other server would."""

import re
import smtplib
import socket
import ssl
from email.parser import BytesHeaderParser
from email.utils import parseaddr

from config.models import Settings
from daemon.cli.output import FINDINGS, OK, TRY_AGAIN, complain, fail, line
from daemon.control import NotRunning, ask
from daemon.shift import data_directory

SECONDS = 60
_ANY = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - what is listened to, not what we listen to
_NO_OTHER = b"PROXY UNKNOWN\r\n"
_LINE_END = re.compile(rb"\r\n|\n")


def submit(settings: Settings, raw: bytes, to: tuple[str, ...], sender: str | None, name: str) -> int:
    """Send a mail and print the answers.

    Args:
        settings: They say where the daemon listens.
        raw: The mail; its line ends become those of SMTP.
        to: Envelope recipients.
        sender: Envelope sender; None takes the mail's own.
        name: What to call the mail in messages.

    Returns:
        0 accepted, 1 refused for good, 75 to be tried again.
    """
    host, port = _place(settings)
    content = _LINE_END.sub(b"\r\n", raw)
    try:
        kind = _AsBalancer if settings.postroom.smtp.proxy else smtplib.SMTP
        with kind(host, port, timeout=SECONDS) as client:
            _secure(client, settings)
            return _dialogue(client, content, to, sender if sender is not None else _sender(raw, settings), name)
    except smtplib.SMTPResponseException as error:
        return _answered(error.smtp_code, error.smtp_error, name)
    except (OSError, smtplib.SMTPException) as error:
        complain(f"{name}: {host}:{port} does not take it now: {error}")
        return TRY_AGAIN


class _AsBalancer(smtplib.SMTP):
    """Begins as the daemon expects it behind a balancer, and speaks for itself (`daemon.intake.proxy`)."""

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:  # as smtplib.SMTP_SSL does
        opened: socket.socket = super()._get_socket(host, port, timeout)  # type: ignore[misc]
        opened.sendall(_NO_OTHER)
        return opened


def _place(settings: Settings) -> tuple[str, int]:
    """Where the daemon listens; it says so itself where the system chose the port."""
    if not settings.postroom.smtp.listen:
        fail(TRY_AGAIN, "the daemon has no SMTP listener: [smtp] listen is empty")
    host, _, port = settings.postroom.smtp.listen[0].rpartition(":")
    if port == "0":
        try:
            told = ask(data_directory(settings), {"do": "status"})["smtp"][0]
        except NotRunning as error:
            fail(TRY_AGAIN, str(error))
        host, _, port = told.rpartition(":")
    host = host.strip("[]")
    return _ANY.get(host, host), int(port)


def _secure(client: smtplib.SMTP, settings: Settings) -> None:
    """Encrypt where the daemon demands it; it must show the certificate of the configuration."""
    client.ehlo_or_helo_if_needed()
    smtp = settings.postroom.smtp
    if smtp.require_tls and smtp.tls_certificate:
        context = ssl.create_default_context(cafile=str(smtp.tls_certificate))
        context.check_hostname = False
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        client.starttls(context=context)


def _dialogue(client: smtplib.SMTP, content: bytes, to: tuple[str, ...], sender: str, name: str) -> int:
    client.ehlo_or_helo_if_needed()
    options = [f"size={len(content)}"] if client.has_extn("size") else []
    code, answer = client.mail(sender, options)
    if code >= 400:
        return _answered(code, answer, name)
    refused = []
    for address in to:
        code, answer = client.rcpt(address)
        if code >= 400:
            refused.append(_answered(code, answer, f"{name} to {address}"))
    if len(refused) == len(to):
        return max(refused)
    code, answer = client.data(content)
    return max(_answered(code, answer, name), *refused, OK)


def _answered(code: int, answer: bytes | str, name: str) -> int:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    (line if code < 400 else complain)(f"{name}: {code} {text}")
    return OK if code < 400 else TRY_AGAIN if code < 500 else FINDINGS


def _sender(raw: bytes, settings: Settings) -> str:
    """Address of the mail's From; the admin's where it has none that can be sent."""
    try:
        address = parseaddr(str(BytesHeaderParser().parsebytes(raw[: 64 << 10])["From"] or ""))[1]
    except (ValueError, IndexError):  # the standard library's parser on headers of strangers
        address = ""
    sendable = address.isascii() and address.isprintable() and " " not in address and "@" in address
    return address if sendable else settings.postroom.admin
