"""Random sessions of SMTP and LMTP that never bring a mail to its end."""

import random
import re

from tests.support.daemon import WEBSITE

_TO = WEBSITE.encode()
_EHLO, _HELO, _LHLO = b"EHLO client.example", b"HELO client.example", b"LHLO client.example"
_GREETINGS = ((_EHLO,), (_HELO,), (_LHLO,), (_EHLO, _LHLO), (_LHLO, _EHLO))
_MAIL = (b"MAIL FROM:<a@kunde.example>", b"RCPT TO:<" + _TO + b">", b"DATA")
_BODY = (b"Subject: hello", b"", b"hello", b".", b"..", b" .", b".\0", b"." + b"x" * 70)
_ODD = (
    b"MAIL FROM:<>", b"MAIL FROM:<a@kunde.example> SIZE=99999999999", b"MAIL FROM:<a@kunde.example> BODY=8BITMIME",
    b"MAIL FROM:a@kunde.example", b"MAIL FROM:<a@kunde.example", b"MAIL FROM:<\"a b\"@kunde.example> SMTPUTF8=1",
    b"MAIL FROM:<@a,@b:c@kunde.example>", b"MAIL FROM:<(a)b@[127.0.0.1]>", b"MAIL", b"MAIL FROM:", b"RCPT TO:",
    b"RCPT TO:<postmaster>", b"RCPT TO:<nobody@leads.muster.example>", b"RCPT TO:<" + _TO + b"> NOTIFY=NEVER",
    b"RCPT TO:\"" + _TO + b"\"", b"RCPT TO:<\xff\xfe@leads.muster.example>", b"RCPT TO: <" + _TO + b" >",
    b"NOOP", b"NOOP \0", b"RSET", b"RSET now", b"VRFY \xff\xfe", b"VRFY root", b"EXPN all", b"HELP", b"HELP MAIL",
    b"HELP \xe4", b"QUIT", b"QUIT now", b"STARTTLS", b"STARTTLS x", b"AUTH", b"AUTH PLAIN", b"AUTH PLAIN AAAA",
    b"AUTH LOGIN", b"BDAT 10 LAST", b"XCLIENT ADDR=127.0.0.1", b"PROXY TCP4 1.1.1.1 2.2.2.2 1 2", b"ETRN x", b"TURN",
    b"GET / HTTP/1.1", b"POST / HTTP/1.1", b"CONNECT x:25 HTTP/1.1", b"SSH-2.0-x", b"\x16\x03\x01\x02\x00\x01\x00",
    b"EHLO", b"EHLO \xff", b"LHLO", b"\xd6\xc4", b" ", b"\t", b"\0", b"%s%n%x", b"__class__", b"__init__ x",
)  # fmt: skip
_NEWLINES = (b"\r\n",) * 12 + (b"\n", b"\r", b"\r\n\r\n", b"")
_DOT = re.compile(rb"\n(\.\r\n)")


def stream(chance: random.Random) -> bytes:
    """All that one client says. A dot that could end a mail is moved aside, so that none may ever be stored."""
    lines = [*chance.choice(_GREETINGS)] if chance.random() < 0.9 else []
    for _ in range(chance.randrange(1, 12)):
        kind = chance.random()
        if kind < 0.35:
            lines += _MAIL[: chance.randrange(1, 4)]
        elif kind < 0.5:
            lines += chance.choices(_BODY, k=chance.randrange(1, 6))
        else:
            lines.append(chance.choice(_ODD))
    said = b"".join(_mutated(line, chance) + chance.choice(_NEWLINES) for line in lines)
    while _DOT.search(said):
        said = _DOT.sub(rb"\n \1", said)
    return said


def _mutated(line: bytes, chance: random.Random) -> bytes:
    kind = chance.randrange(24)
    at = chance.randrange(len(line) + 1)
    match kind:
        case 0:
            return line[:at] + bytes([chance.randrange(256)]) + line[at:]
        case 1:
            return line[:at] + line[at + 1 :]
        case 2:
            return line.swapcase()
        case 3:
            return line[:at] + line[at:] * chance.randrange(2, 20)
        case 4:
            return line[:at] + chance.choice(
                (b"\0", b"\r", b"\n", b"\x1b[2J", b"\xc3\x28", b"<", b">", b'"', b"\\", b"(")
            )
        case 5 if not chance.randrange(20):
            return line + b"x" * chance.choice((600, 5_000, 300_000))
        case 6:
            return chance.randbytes(chance.randrange(1, 60))
        case _:
            return line
