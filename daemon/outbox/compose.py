"""The one composer of outgoing mail: words and cleaned values in, the bytes that go to the relay out.

Nothing a stranger wrote becomes a header, a recipient or a MIME boundary: values are cleaned, addresses validated, and
the header names of the finished mail are compared with the expected ones. Bytes are assembled by hand, because
`EmailMessage` costs more than all other steps of sending together. CRLF line ends, 7-bit, lines of at most 76
characters (an attached original keeps its own, at most 998). A recipient with an international local part stands as it
is in To, and nothing else does. RFC 5322, 6532, 2045-2047, 3834, 2919.
"""

import re
from base64 import b64encode
from binascii import b2a_base64, b2a_qp
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from hashlib import sha256
from typing import Final

from parsers.clean import single_line
from templates.forms import printable

MAX_ORIGINAL: Final = 10 << 20
"""Originals above this size (bytes) are not attached; the caller says so in the mail (`MailCard.attached`)."""

MAX_VALUE: Final = 500
"""Characters of a free header value; longer ones are cut."""

_LINE = 76
_CRLF = b"\r\n"
_ADDRESS = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?"
)
_MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,200}@[!-;=?-~]{1,250}>")
_TOKEN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,200}")
_PLAIN = re.compile(r"[ -~]*")
_LONG_WORD = re.compile(r"[^ ]{61}")
_FIELD_NAME = re.compile(rb"^([!-9;-~]+):", re.MULTILINE)
_BARE = re.compile(rb"\r\n|\r|\n")


class ComposeError(Exception):
    """The mail cannot be composed safely; the text says which value is at fault."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingMail:
    """One mail to one recipient; every text may hold what a stranger wrote."""

    sender: str
    sender_name: str = ""
    to: str
    reply_to: str | None = None
    subject: str
    text: str
    html: str | None = None
    message_id: str
    date: datetime
    """Aware."""
    references: tuple[str, ...] = ()
    """Message-IDs of the record's thread, oldest first; the last one becomes In-Reply-To."""
    list_id: str | None = None
    """`sales.berlin.mail.example`, without brackets."""
    category: str | None = None
    reference: str | None = None
    """The record's reference."""
    auto_submitted: str = "auto-generated"
    original: bytes | None = None
    """The mail that the record came from, as received."""


def compose(mail: OutgoingMail) -> bytes:
    """Build the mail's bytes, ready for SMTP DATA (dots are doubled by smtplib).

    Raises:
        ComposeError: An address, id or token is malformed, the date is naive, or the headers are not the expected ones.
    """
    headers = _headers(mail)
    body_type, body = _body(mail)
    names = [*headers, *body_type]
    head = b"".join(f"{name}: {value}\r\n".encode() for name, value in (headers | body_type).items())
    _verify(head, names)
    return head + _CRLF + body


def _verify(head: bytes, names: list[str]) -> None:
    """Make sure that the head holds the expected fields, each once, and nothing else."""
    found = [name.decode("ascii") for name in _FIELD_NAME.findall(head)]
    lines = head.split(_CRLF)
    if found != names or any(len(line) > 998 or b"\n" in line or b"\r" in line or b"\0" in line for line in lines):
        raise ComposeError(f"the header fields would be {', '.join(found)}")


def _headers(mail: OutgoingMail) -> dict[str, str]:
    if mail.date.tzinfo is None:
        raise ComposeError("the date has no time zone")
    headers = {
        "From": mailbox(mail.sender_name, mail.sender),
        "To": address(mail.to, international=True),
        "Reply-To": address(mail.reply_to) if mail.reply_to else None,
        "Subject": unstructured(mail.subject, len("Subject: ")),
        "Date": format_datetime(mail.date),
        "Message-ID": message_id(mail.message_id),
        "In-Reply-To": message_id(mail.references[-1]) if mail.references else None,
        "References": "\r\n ".join(map(message_id, mail.references)) or None,
        "Auto-Submitted": token(mail.auto_submitted),
        "X-Auto-Response-Suppress": "All",
        "List-Id": f"<{token(mail.list_id)}>" if mail.list_id else None,
        "X-Postroom-Category": token(mail.category) if mail.category else None,
        "X-Postroom-Record": token(mail.reference) if mail.reference else None,
        "MIME-Version": "1.0",
    }
    return {name: value for name, value in headers.items() if value is not None}


def address(text: str, *, international: bool = False) -> str:
    """A bare address, its domain in ASCII.

    Args:
        text: The address.
        international: Letters and digits of any script may stand before the @ (RFC 6532); whether a relay takes such
            mail is the sender's to find out.

    Raises:
        ComposeError: It is not one plain address.
    """
    local, at, domain = text.rpartition("@")
    try:
        plain = f"{local}{at}{domain if domain.isascii() else domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        plain = ""
    shape = "".join("x" if c.isalnum() and not c.isascii() else c for c in plain) if international else plain
    if len(local.encode("utf-8", "replace")) > 64 or len(plain) > 254 or not _ADDRESS.fullmatch(shape):
        raise ComposeError(f"{clean(text)[:80]!r} is not one mail address")
    return plain


def mailbox(name: str, text: str) -> str:
    """A display name and an address; the name can neither end its quotes nor add a recipient."""
    plain, words = address(text), clean(name)
    if not words:
        return plain
    if _PLAIN.fullmatch(words) and "=?" not in words and len(words) <= _LINE - 10:
        escaped = words.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"\r\n <{plain}>'
    return f"{_encoded_words(words, len('From: '))}\r\n <{plain}>"


def message_id(text: str) -> str:
    """A Message-ID in its brackets."""
    if not _MESSAGE_ID.fullmatch(text):
        raise ComposeError(f"{clean(text)[:80]!r} is not a Message-ID")
    return text


def token(text: str) -> str:
    """A value of our own making: letters, digits, dot, dash, underscore."""
    if not _TOKEN.fullmatch(text):
        raise ComposeError(f"{clean(text)[:80]!r} cannot stand in a header")
    return text


def clean(text: str) -> str:
    """A header value as one line, without control and line separator characters."""
    return single_line(text, MAX_VALUE) or ""


def unstructured(text: str, used: int) -> str:
    """A free text, folded, as encoded words where it is more than short ASCII words (RFC 2047).

    Args:
        text: Any text; it is cleaned.
        used: Characters that stand before it on its line.
    """
    value = clean(text)
    if not _PLAIN.fullmatch(value) or "=?" in value or _LONG_WORD.search(value):
        return _encoded_words(value, used)
    lines, line = [], ""
    for word in value.split(" "):
        if line and used + len(line) + 1 + len(word) > _LINE:
            lines.append(line)
            line, used = word, 1
        else:
            line = f"{line} {word}" if line else word
    return "\r\n ".join([*lines, line])


def _encoded_words(text: str, used: int) -> str:
    """UTF-8 encoded words of at most 75 characters, cut between characters; the first leaves room for `used`."""
    words: list[str] = []
    chunk = b""
    room = (_LINE - used - 12) // 4 * 3
    for character in text:
        encoded = character.encode("utf-8")
        if len(chunk) + len(encoded) > room:
            words.append(f"=?utf-8?b?{b64encode(chunk).decode('ascii')}?=")
            chunk, room = b"", 45
        chunk += encoded
    words.append(f"=?utf-8?b?{b64encode(chunk).decode('ascii')}?=")
    return "\r\n ".join(words)


def _body(mail: OutgoingMail) -> tuple[dict[str, str], bytes]:
    """The mail's body with the header fields that describe it."""
    fields, body = _text_part("plain", mail.text)
    if mail.html is not None:
        parts = [_part(fields, body), _part(*_text_part("html", mail.html))]
        fields, body = _multipart("alternative", parts, mail.message_id)
    if mail.original is not None:
        parts = [_part(fields, body), _part(*_original_part(mail.original))]
        fields, body = _multipart("mixed", parts, mail.message_id)
    return fields, body


def _part(fields: dict[str, str], body: bytes) -> bytes:
    return "".join(f"{name}: {value}\r\n" for name, value in fields.items()).encode("ascii") + _CRLF + body


def _multipart(subtype: str, parts: list[bytes], seed: str) -> tuple[dict[str, str], bytes]:
    """Parts under a boundary that stands in none of them; the same mail always gets the same one."""
    n = 0
    while True:
        # "=_" cannot stand in quoted-printable or base64 (RFC 2045, 6.7); the loop is for attached originals.
        boundary = f"=_{subtype}_{sha256(f'{seed}{n}'.encode('utf-8', 'replace')).hexdigest()[:24]}"
        mark = boundary.encode("ascii")
        if not any(mark in part for part in parts):
            break
        n += 1
    opening = b"--" + mark + _CRLF
    body = b"".join(opening + part + _CRLF for part in parts)
    return {"Content-Type": f'multipart/{subtype};\r\n boundary="{boundary}"'}, body + b"--" + mark + b"--" + _CRLF


def _text_part(subtype: str, text: str) -> tuple[dict[str, str], bytes]:
    """A text in whichever encoding is shorter: base64 for scripts that are not Latin."""
    text = printable(text)
    raw = text.encode("utf-8").replace(b"\n", _CRLF)
    foreign = len(raw) - len(text) > len(text) // 2
    fields = {
        "Content-Type": f"text/{subtype}; charset=utf-8",
        "Content-Transfer-Encoding": "base64" if foreign else "quoted-printable",
    }
    return fields, _base64(raw) if foreign else b2a_qp(raw, istext=True)


def _base64(raw: bytes) -> bytes:
    encoded = b2a_base64(raw, newline=False)
    return b"".join(encoded[i : i + _LINE] + _CRLF for i in range(0, len(encoded), _LINE))


def _original_part(original: bytes) -> tuple[dict[str, str], bytes]:
    """The mail as received: as message/rfc822 where 7-bit lines allow it, else as a file.

    message/rfc822 must not be encoded (RFC 2046, 5.2.1), and 8-bit bytes would need a relay with 8BITMIME.
    """
    fields = {"Content-Disposition": 'attachment; filename="original.eml"'}
    lines = _BARE.split(original)
    if original.isascii() and b"\0" not in original and max(map(len, lines)) <= 998:
        return {"Content-Type": "message/rfc822", "Content-Transfer-Encoding": "7bit", **fields}, _CRLF.join(lines)
    content_type = 'application/octet-stream; name="original.eml"'
    return {"Content-Type": content_type, "Content-Transfer-Encoding": "base64", **fields}, _base64(original)
