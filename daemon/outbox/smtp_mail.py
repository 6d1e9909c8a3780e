"""One mail over a connection to a relay: what an attempt ended in is told by how far it came.

Everything before the contents leave may be tried again, here or elsewhere. Once they leave, only a clear answer counts:
2xx is sent, 4xx and 5xx are refused, and anything else, silence included, is unknown.
"""

import contextlib
import smtplib

from config.masking import masked
from daemon.outbox.outcome import MayGo, Outcome
from daemon.outbox.smtp_line import Line
from daemon.store.outgoing import InHand

NOT_LOGGED_IN = (530, 534, 535, 538)
"""RFC 4954: it wants credentials, or others, or TLS; no fault of the mail."""
CLOSING = 421

_GONE = (OSError, smtplib.SMTPException)


class _Answered(Exception):  # noqa: N818
    """The relay answered a command with something else than was wished for."""

    def __init__(self, code: int, text: bytes) -> None:
        super().__init__(masked(f"{code} {text.decode('utf-8', 'replace')}")[:500])
        self.code = code


def hand_over(line: Line, envelope_sender: str, letter: InHand, may_go: MayGo) -> tuple[Outcome, bool]:
    """Hand over one mail; how it ended, and whether the connection is in order and may be used again."""
    content = _dotted(letter.content)
    cannot = _cannot_take(line, letter, len(content))
    if cannot:
        return Outcome("failed", cannot), True
    left = False
    try:
        _announce(line, envelope_sender, letter, len(content))
        may_go()
        _expect(*line.docmd("DATA"), wanted=(354,))
        left = True
        line.send(content)
        _expect(*line.getreply())
    except _Answered as answer:
        return _refused(line, answer, left=left)
    except _GONE as error:
        return Outcome("unknown" if left else "waiting", words_of(error), left, down=not left), False
    except ValueError as error:  # a line end, or no ASCII, where an address should be: smtplib sends no such command
        return Outcome("failed", words_of(error)), False
    line.sent += 1
    return Outcome("sent", reached_data=True), True


def _announce(line: Line, envelope_sender: str, letter: InHand, size: int) -> None:
    parameters = f" SIZE={size}" if line.has_extn("size") else ""
    recipient = _in_ascii(letter.recipient)
    if not recipient.isascii():
        parameters += " BODY=8BITMIME SMTPUTF8"
    line.command_encoding = "ascii" if recipient.isascii() else "utf-8"
    code, text = line.docmd(f"MAIL FROM:<{envelope_sender}>{parameters}")
    if 500 <= code < 600 and envelope_sender != letter.sender:
        # Some relays let an account send from its very own address only: then bounces name no letter.
        code, text = line.docmd(f"MAIL FROM:<{letter.sender}>{parameters}")
    _expect(code, text)
    _expect(*line.docmd(f"RCPT TO:<{recipient}>"))


def _refused(line: Line, answer: _Answered, *, left: bool) -> tuple[Outcome, bool]:
    """The relay's answer was no, or not to be understood."""
    clear = 400 <= answer.code < 600
    if left and not clear:
        return Outcome("unknown", str(answer), reached_data=True), False
    down = not left and (answer.code == CLOSING or answer.code in NOT_LOGGED_IN or not clear)
    outcome = Outcome("failed" if answer.code >= 500 and not down else "waiting", str(answer), down=down)
    return outcome, not down and answer.code != CLOSING and _is_reset(line)


def _is_reset(line: Line) -> bool:
    with contextlib.suppress(*_GONE):
        return line.rset()[0] == 250
    return False


def _cannot_take(line: Line, letter: InHand, size: int) -> str | None:
    """What the relay has said beforehand that it will not do."""
    announced = line.esmtp_features.get("size", "")
    limit = int(announced) if announced.isdigit() else 0
    if 0 < limit < size:
        return f"the mail has {size} bytes, and the relay takes {limit} at most"
    if not _in_ascii(letter.recipient).isascii() and not line.has_extn("smtputf8"):
        return f"{letter.recipient} is not an ASCII address, and the relay does not know SMTPUTF8"
    return None


def _in_ascii(recipient: str) -> str:
    """The address with its domain as the DNS knows it; a local part has no such form."""
    local, _, domain = recipient.rpartition("@")
    if domain.isascii():
        return recipient
    with contextlib.suppress(UnicodeError):
        domain = domain.encode("idna").decode("ascii")
    return f"{local}@{domain}"


def _expect(code: int, text: bytes, wanted: tuple[int, ...] = ()) -> None:
    """Go on with the wanted codes, or else with any that means yes."""
    if not (code in wanted if wanted else 200 <= code < 300):
        raise _Answered(code, text)


def _dotted(content: bytes) -> bytes:
    """Lines that begin with a dot get another one (RFC 5321 4.5.2); the final dot."""
    body = content.replace(b"\r\n.", b"\r\n..")
    start = b"." if body.startswith(b".") else b""
    return start + body + (b".\r\n" if body.endswith(b"\r\n") else b"\r\n.\r\n")


def words_of(error: Exception) -> str:
    """What went wrong, in at most 500 characters; a relay may repeat what we logged in with."""
    if isinstance(error, smtplib.SMTPResponseException):
        text = error.smtp_error
        said = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
        return masked(f"{error.smtp_code} {said}")[:500]
    return masked(str(error))[:500] or type(error).__name__
