"""Files of Outlook (winmail.dat) written attribute by attribute, as MS-OXTNEF has them."""

import struct

START = b"\x78\x9f\x3e\x22\x01\x00"
RENDER = struct.pack("<BHHI", 2, 0x9002, 6, 14) + bytes(14) + b"\0\0"
MESSAGE = bytes.fromhex("0703020000000000c000000000000046")
"""IID_IMessage, before an enclosed message."""


def attribute(level: int, name: int, value: bytes) -> bytes:
    """One attribute of the mail (level 1) or of an attachment (level 2)."""
    return struct.pack("<BHHI", level, name, 6, len(value)) + value + struct.pack("<H", sum(value) & 0xFFFF)


def properties(*items: tuple[int, int, bytes]) -> bytes:
    """Properties by type, number and value."""
    out = struct.pack("<I", len(items))
    for kind, name, value in items:
        out += struct.pack("<HHII", kind, name, 1, len(value)) + value + bytes(-len(value) % 4)
    return out


def unicode(name: int, text: str) -> tuple[int, int, bytes]:
    """A property that is a text."""
    return 0x1F, name, text.encode("utf-16-le") + b"\0\0"


def file(name: str, data: bytes) -> bytes:
    """An attachment."""
    return RENDER + attribute(2, 0x800F, data) + attribute(2, 0x9005, properties(unicode(0x3707, name)))


def rtf(text: bytes) -> bytes:
    """The body as RTF that is not packed."""
    packed = struct.pack("<IIII", len(text) + 12, len(text), 0x414C454D, 0) + text
    return attribute(1, 0x9003, properties((0x102, 0x1009, packed)))


BODY = attribute(1, 0x9003, properties(unicode(0x1000, "Grüße aus dem Äther")))


def enclosed(*attributes: bytes) -> bytes:
    """An attachment that is a message."""
    inner = MESSAGE + START + b"".join(attributes)
    value = struct.pack("<I", 1) + struct.pack("<HHII", 0x0D, 0x3701, 1, len(inner)) + inner
    return RENDER + attribute(2, 0x9005, value + bytes(3))
