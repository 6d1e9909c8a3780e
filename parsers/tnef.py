"""Outlook's `winmail.dat` (application/ms-tnef, MS-OXTNEF): body, attachments and enclosed messages.

A reader of our own, as tnefparse 1.4 walks counts that a stranger wrote (four thousand million properties in 30
bytes) and copies the rest of the file for every attribute. Here every count, length and depth is bounded, and what
cannot be read ends the reading: what was found until then is kept.
"""

import struct
from contextlib import suppress
from dataclasses import dataclass, field

from parsers import charset, rtf
from parsers.clean import single_line

SIGNATURE = b"\x78\x9f\x3e\x22"
TYPES = ("application/ms-tnef", "application/vnd.ms-tnef")

_ATTRIBUTES = 2_000
_PROPERTIES = 2_000
_VALUES = 100
"""Values of one property."""
_FILES = 100
_DEPTH = 3
"""Messages enclosed in enclosed messages."""
_TEXT = 1 << 20

_BODY, _PROPS, _BEGIN, _TITLE, _DATA, _FILE_PROPS, _CODEPAGE, _SUBJECT = (
    0x800C, 0x9003, 0x9002, 0x8010, 0x800F, 0x9005, 0x9007, 0x8004,
)  # fmt: skip
"""Attributes (MS-OXTNEF 2.1.3.2)."""
_MESSAGE = bytes.fromhex("0703020000000000c000000000000046")
"""IID_IMessage before an enclosed message."""
_FIXED = {0x02: 4, 0x03: 4, 0x04: 4, 0x05: 8, 0x06: 8, 0x07: 8, 0x0A: 4, 0x0B: 4, 0x14: 8, 0x40: 8, 0x48: 16, 0x01: 0}
"""Property type -> bytes; two-byte values are padded to four (MS-OXTNEF 2.1.3.4)."""
_COUNTED = (0x0D, 0x1E, 0x1F, 0x102)


class _Cut(Exception):  # noqa: N818
    """The file ends, or contradicts itself."""


@dataclass
class File:
    """An attachment as it is named and declared inside."""

    name: str | None = None
    type: str | None = None
    data: bytes = b""
    message: "Opened | None" = None


@dataclass
class Opened:
    """What a winmail.dat holds."""

    text: str | None = None
    html: str | None = None
    subject: str | None = None
    sender: tuple[str | None, str] = (None, "")
    files: list[File] = field(default_factory=list)
    codepage: str = "cp1252"


def opened(data: bytes, depth: int = 0) -> Opened | None:
    """Read the file; None if it is none, or nothing in it can be read."""
    if not data.startswith(SIGNATURE):
        return None
    found = Opened()
    with suppress(_Cut, struct.error):
        _attributes(data, found, depth)
    return found if found.files or found.text or found.html else None


def _attributes(data: bytes, found: Opened, depth: int) -> None:
    at = 6
    for _ in range(_ATTRIBUTES):
        if at + 9 > len(data):
            return
        name, length = struct.unpack_from("<xHxxI", data, at)
        if name == _BEGIN and len(found.files) >= _FILES:
            return
        value = _slice(data, at + 9, length)
        at += 9 + length + 2  # a checksum follows, which says nothing about a stranger
        _attribute(found, name, value, depth)


def _attribute(found: Opened, name: int, value: bytes, depth: int) -> None:
    if name == _BEGIN:
        found.files.append(File())
    elif name == _CODEPAGE:
        found.codepage = _codec(value)
    elif name == _BODY:
        found.text = found.text or _decoded(value, found.codepage)
    elif name == _SUBJECT:
        found.subject = single_line(_decoded(value, found.codepage))
    elif name == _PROPS:
        _message(found, _properties(value))
    elif found.files and name == _TITLE:
        found.files[-1].name = found.files[-1].name or _decoded(value, found.codepage)
    elif found.files and name == _DATA:
        found.files[-1].data = value
    elif found.files and name == _FILE_PROPS:
        _file(found.files[-1], _properties(value), found.codepage, depth)


def _message(found: Opened, props: dict[int, tuple[int, bytes]]) -> None:
    internet = _codec(props[0x3FDE][1]) if 0x3FDE in props else found.codepage
    found.text = _text(props, 0x1000, internet) or found.text
    found.html = _text(props, 0x1013, internet) or found.html
    if not (found.text and found.text.strip()) and not found.html and 0x1009 in props:
        found.text = rtf.to_text(rtf.unpacked(props[0x1009][1], _TEXT))
    found.subject = found.subject or single_line(_text(props, 0x0037, found.codepage))
    name = single_line(_text(props, 0x0C1A, found.codepage) or _text(props, 0x0042, found.codepage), 200)
    addresses = (single_line(_text(props, number, found.codepage), 320) for number in (0x5D01, 0x0C1F, 0x0065))
    address = next((one for one in addresses if one and "@" in one and " " not in one), "")
    if name or address:
        found.sender = (name, address)


def _file(file: File, props: dict[int, tuple[int, bytes]], codepage: str, depth: int) -> None:
    names = (_text(props, number, codepage) for number in (0x3707, 0x3704, 0x3001))
    file.name = next((name for name in names if name), file.name)
    file.type = single_line(_text(props, 0x370E, codepage), 100)
    kind, data = props.get(0x3701, (0, b""))
    if kind == 0x0D and data.startswith(_MESSAGE) and depth < _DEPTH:
        file.message = opened(data[len(_MESSAGE) :], depth + 1)
    file.data = data or file.data


def _properties(data: bytes) -> dict[int, tuple[int, bytes]]:
    """First value of each property with its type; a file that ends too early gives those before its end."""
    found: dict[int, tuple[int, bytes]] = {}
    with suppress(_Cut, struct.error):
        (count,) = struct.unpack_from("<I", data, 0)
        at = 4
        for _ in range(min(count, _PROPERTIES)):
            kind, name = struct.unpack_from("<HH", data, at)
            at = _behind_name(data, at + 4, name)
            value, at = _value(data, at, kind)
            found.setdefault(name, (kind & 0xFFF, value))
    return found


def _behind_name(data: bytes, at: int, name: int) -> int:
    if name < 0x8000:
        return at
    (named,) = struct.unpack_from("<I", data, at + 16)
    if not named:
        return at + 24
    (length,) = struct.unpack_from("<I", data, at + 20)
    return at + 24 + _padded(length)


def _value(data: bytes, at: int, kind: int) -> tuple[bytes, int]:
    many, kind, count = kind & 0x1000, kind & 0xFFF, 1
    if many or kind in _COUNTED:
        (count,) = struct.unpack_from("<I", data, at)
        at += 4
    first = b""
    if count > _VALUES or (kind not in _COUNTED and kind not in _FIXED):
        raise _Cut
    for number in range(count):
        length = _FIXED.get(kind, 0)
        if kind in _COUNTED:
            (length,) = struct.unpack_from("<I", data, at)
            at += 4
        value = _slice(data, at, length)
        first = value if number == 0 else first
        at += _padded(length)
    return first, at


def _slice(data: bytes, at: int, length: int) -> bytes:
    if at + length > len(data):
        raise _Cut
    return data[at : at + length]


def _padded(length: int) -> int:
    return length + (-length % 4)


def _text(props: dict[int, tuple[int, bytes]], number: int, codepage: str) -> str | None:
    kind, value = props.get(number, (0, b""))
    if not value:
        return None
    return _decoded(value, "utf-16-le" if kind == 0x1F else codepage)


def _decoded(value: bytes, codepage: str) -> str:
    value = value[:_TEXT]
    if codepage == "utf-16-le":
        return value.decode("utf-16-le", "replace").partition("\0")[0]
    return charset.decode(value.partition(b"\0")[0], codepage)[0]


def _codec(value: bytes) -> str:
    """Windows numbers of character sets."""
    number = struct.unpack_from("<I", value.ljust(4, b"\0"))[0]
    known = {65001: "utf-8", 1200: "utf-16-le", 20127: "ascii", 20866: "koi8-r", 21866: "koi8-u", 936: "gb18030"}
    if number in known:
        return known[number]
    if 28591 <= number <= 28605:
        return f"iso-8859-{number - 28590}"
    return f"cp{number}" if 0 < number < 20000 and charset.codec(f"cp{number}") else "cp1252"
