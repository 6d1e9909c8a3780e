"""The one composer of outgoing mail: words and cleaned values in, the bytes that go to the relay out.

Nothing a stranger wrote becomes a header, a recipient or a MIME boundary: values are cleaned, addresses validated, and
the header names of the finished mail are compared with the expected ones. Bytes are assembled by hand, because
`EmailMessage` costs more than all other steps of sending together. CRLF line ends, 7-bit, lines of at most 76
characters (an attached original keeps its own, at most 998). A recipient with an international local part stands as it
is in To, and nothing else does. RFC 5322, 6532, 2045-2047, 3834, 2919.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from typing import Final

from daemon.outbox.body import CRLF, LINE, body, encoded_words
from parsers.clean import single_line
from parsers.enclosures import Enclosure
from templates.model import Calendar

MAX_ORIGINAL: Final = 10 << 20
"""Originals above this size (bytes) are not attached; the caller says so in the mail (`MailCard.attached`)."""

MAX_VALUE: Final = 500
"""Characters of a free header value; longer ones are cut."""

_ADDRESS = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?"
)
_MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,200}@[!-;=?-~]{1,250}>")
_TOKEN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,200}")
_PLAIN = re.compile(r"[ -~]*")
_LONG_WORD = re.compile(r"[^ ]{61}")
_FIELD_NAME = re.compile(rb"^([!-9;-~]+):", re.MULTILINE)


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
    auto_submitted: str | None = "auto-generated"
    """None for what a person wrote: no header says that a program did, or keeps programs from answering (RFC 3834)."""
    attachments: tuple[Enclosure, ...] = ()
    original: bytes | None = None
    """The mail that the record came from, as received."""
    calendar: Calendar | None = None
    """Goes as the last alternative, which mail programs offer to answer, and once more as a file (RFC 6047, 2.4)."""


def compose(mail: OutgoingMail) -> bytes:
    """Build the mail's bytes, ready for SMTP DATA (dots are doubled by smtplib).

    Raises:
        ComposeError: An address, id or token is malformed, the date is naive, or the headers are not the expected ones.
    """
    headers = _headers(mail)
    body_type, content = body(mail.text, mail.html, mail.attachments, mail.original, mail.message_id, mail.calendar)
    names = [*headers, *body_type]
    head = b"".join(f"{name}: {value}\r\n".encode() for name, value in (headers | body_type).items())
    _verify(head, names)
    return head + CRLF + content


def _verify(head: bytes, names: list[str]) -> None:
    """Make sure that the head holds the expected fields, each once, and nothing else."""
    found = [name.decode("ascii") for name in _FIELD_NAME.findall(head)]
    lines = head.split(CRLF)
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
        "Auto-Submitted": token(mail.auto_submitted) if mail.auto_submitted else None,
        "X-Auto-Response-Suppress": "All" if mail.auto_submitted else None,
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
    if _PLAIN.fullmatch(words) and "=?" not in words and len(words) <= LINE - 10:
        escaped = words.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"\r\n <{plain}>'
    return f"{encoded_words(words, len('From: '))}\r\n <{plain}>"


def is_message_id(text: str) -> bool:
    """Whether a text is a Message-ID in its brackets."""
    return _MESSAGE_ID.fullmatch(text) is not None


def message_id(text: str) -> str:
    """A Message-ID in its brackets."""
    if not is_message_id(text):
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
        return encoded_words(value, used)
    lines, line = [], ""
    for word in value.split(" "):
        if line and used + len(line) + 1 + len(word) > LINE:
            lines.append(line)
            line, used = word, 1
        else:
            line = f"{line} {word}" if line else word
    return "\r\n ".join([*lines, line])
