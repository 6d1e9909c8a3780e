"""Header fields of one mail or part: always text, always one line, whatever stands in the bytes.

RFC 5322 (fields, addresses), RFC 2047 (encoded words), RFC 2231 (parameters), each read the way mails break it.
"""

import binascii
import re
from urllib.parse import unquote_to_bytes

from parsers import charset
from parsers.clean import single_line

VALUE_LIMIT = 64 * 1024
"""Bytes of one field that are looked at."""
ADDRESS_LIMIT = 1_000
"""Addresses that are read from one field."""

Address = tuple[str | None, str]
"""Display name, if any, and the address as written."""

_WORD = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?([^?]*)\?=")
_PARAMETER = re.compile(r';\s*([^=;\s]{1,60})\s*=\s*("(?:[^"\\]|\\.)*"|[^;]*)', re.DOTALL)
_ADDRESS_TOKEN = re.compile(r'"((?:[^"\\]|\\.)*)"|\(((?:[^()\\]|\\.)*)\)|<([^<>]*)>|([,;])|([^",;<>()]+)|.', re.DOTALL)


class Headers:
    """Fields in order of appearance, by lower-case name, decoded on demand."""

    __slots__ = ("_addresses", "_fields", "_lines", "_others")

    def __init__(self, fields: dict[str, list[bytes]], others: tuple[str, ...]) -> None:
        self._fields = fields
        self._others = others
        self._lines: dict[str, str | None] = {}
        self._addresses: dict[str, list[Address]] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._fields

    def names(self) -> tuple[str, ...]:
        """Names of all fields, lower case, in order of first appearance."""
        return tuple(self._fields)

    def bytes_of(self, name: str) -> bytes:
        """The first field as it stands, unfolded; empty where there is none."""
        values = self._fields.get(name)
        return values[0].replace(b"\r", b"").replace(b"\n", b"") if values else b""

    def count(self, name: str) -> int:
        """How often the field stands in the header."""
        return len(self._fields.get(name, ()))

    def raw(self, name: str) -> str:
        """The first field with encoded words left as they are; empty where there is none."""
        return self._text(self.bytes_of(name)) if name in self._fields else ""

    def raw_fields(self, name: str) -> list[str]:
        """Every field of that name, the topmost first, with encoded words left as they are."""
        return [self._text(value) for value in self._fields.get(name, ())]

    def get(self, name: str) -> str | None:
        """The first field, decoded and cleaned to one line."""
        if name not in self._fields:
            return None
        if name not in self._lines:
            self._lines[name] = single_line(decode_words(self.raw(name), self._others))
        return self._lines[name]

    def all(self, name: str) -> list[str]:
        """Every field of that name, decoded and cleaned to one line."""
        values = (decode_words(self._text(v), self._others) for v in self._fields.get(name, ()))
        return [clean for v in values if (clean := single_line(v))]

    def decoded(self, text: str) -> str:
        """Decode the encoded words of a text that was taken from these fields."""
        return decode_words(text, self._others)

    def addresses(self, name: str) -> list[Address]:
        """Mailboxes of the first field. Names are decoded last, so none of them can add an address."""
        if name not in self._addresses:
            self._addresses[name] = [
                (single_line(decode_words(display or "", self._others)), address)
                for display, address in split_addresses(self.raw(name))
            ]
        return self._addresses[name]

    def _text(self, value: bytes) -> str:
        value = value[:VALUE_LIMIT].replace(b"\r", b"").replace(b"\n", b"")
        return charset.decode(value, None, self._others)[0]


def decode_words(text: str, others: tuple[str, ...] = ("cp1252",)) -> str:
    """Decode RFC 2047 encoded words; white space between two of them falls away, all other stays.

    Neighbours in one character set are joined before decoding, as senders cut characters in half.
    """
    if "=?" not in text:
        return text
    pieces: list[str] = []
    pending, label, last = b"", "", 0
    for match in _WORD.finditer(text):
        between = text[last : match.start()]
        adjacent = bool(pending) and not between.strip()
        name = match[1].partition("*")[0]  # RFC 2231 puts a language behind the character set
        if pending and not (adjacent and name.lower() == label.lower()):
            pieces.append(charset.decode(pending, label, others)[0])
            pending = b""
        if not adjacent:
            pieces.append(between)
        pending, label, last = pending + _word_bytes(match[2], match[3]), name, match.end()
    pieces.append(charset.decode(pending, label, others)[0] if pending else "")
    return "".join(pieces) + text[last:]


def _word_bytes(encoding: str, text: str) -> bytes:
    data = text.encode("utf-8", "replace")
    if encoding in "qQ":
        return binascii.a2b_qp(data, header=True)
    return unbase64(data)


def unbase64(data: bytes) -> bytes:
    """Decode base64 with what is broken left out: foreign characters, missing padding, a cut end."""
    try:
        return binascii.a2b_base64(data)
    except binascii.Error:
        kept = re.sub(rb"[^A-Za-z0-9+/]", b"", data)
        usable = len(kept) - (len(kept) % 4 == 1)
        return binascii.a2b_base64(kept[:usable] + b"=" * (-usable % 4))


def parameters(value: str) -> tuple[str, dict[str, str]]:
    """Split `type/subtype; name=value` into the bare value, lower case, and its parameters (RFC 2231 joined)."""
    if ";" not in value:
        return value.strip().lower(), {}
    value = value[:VALUE_LIMIT]
    found: dict[str, str] = {}
    for match in _PARAMETER.finditer(value):
        text = match[2].strip()
        if text[:1] == '"':
            text = re.sub(r"\\(.)", r"\1", text[1:-1], flags=re.DOTALL)
        found.setdefault(match[1].lower(), text)
    joined = _continued(found) if any("*" in name for name in found) else found
    return value.partition(";")[0].strip().lower(), joined


def _continued(found: dict[str, str]) -> dict[str, str]:
    """Join `name*0*=utf-8''…; name*1=…` and decode the percent signs."""
    joined = {name: text for name, text in found.items() if "*" not in name}
    for base in dict.fromkeys(name.partition("*")[0] for name in found if "*" in name):
        pieces = [(found.get(f"{base}*{n}*"), found.get(f"{base}*{n}")) for n in range(100)]
        marked = found.get(f"{base}*", "") + "".join(coded or plain or "" for coded, plain in pieces)
        label, _, rest = marked.partition("'") if marked.count("'") >= 2 else ("", "", "''" + marked)
        text = rest.partition("'")[2] if label else marked
        joined.setdefault(base, charset.decode(unquote_to_bytes(text), label or None)[0])
    return joined


def split_addresses(value: str) -> list[tuple[str | None, str]]:
    """Read mailboxes the way mails write them, without raising.

    An unquoted comma in a display name (`Muster, Max <max@example.de>`) does not make a second mailbox; a name that
    looks like an address does not become one; groups are opened up.
    """
    found: list[tuple[str | None, str]] = []
    name, bare, angle, comment = [], "", None, None
    for match in _ADDRESS_TOKEN.finditer(value[:VALUE_LIMIT] + ","):
        quoted, remark, in_angle, comma, plain = match.groups()
        if quoted is not None:
            name.append(re.sub(r"\\(.)", r"\1", quoted, flags=re.DOTALL))
        elif remark is not None:
            comment = remark
        elif in_angle is not None:
            angle = in_angle
        elif plain is not None:
            bare = plain.rpartition(":")[2] if ":" in plain and "@" not in plain.partition(":")[0] else plain
            name.append(bare.strip())
        elif comma is not None:
            if angle is not None or "@" in bare:
                found.append(_mailbox(name, bare, angle, comment))
                name, bare, angle, comment = [], "", None, None
            elif comma == "," and name:
                name.append(",")
            if len(found) >= ADDRESS_LIMIT:
                break
    return [(display, address) for display, address in found if address]


def _mailbox(name: list[str], bare: str, angle: str | None, comment: str | None) -> tuple[str | None, str]:
    if angle is None:
        address, display = bare.strip(), comment or ""
    else:
        address, display = angle.rpartition(":")[2], " ".join(name).replace(" ,", ",")
    cleaned = single_line(address, 320) or ""
    local, _, domain = cleaned.rpartition("@")
    return display.strip(" ,\"'") or None, cleaned if local and domain and " " not in cleaned else ""
