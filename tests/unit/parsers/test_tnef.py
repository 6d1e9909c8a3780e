"""winmail.dat files written here: the format as MS-OXTNEF has it, and as strangers break it."""

import struct
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers import rtf, tnef
from parsers.read import parse

START = tnef.SIGNATURE + b"\x01\x00"
RENDER = struct.pack("<BHHI", 2, 0x9002, 6, 14) + bytes(14) + b"\0\0"
IMESSAGE = bytes.fromhex("0703020000000000c000000000000046")


def attribute(level: int, name: int, value: bytes) -> bytes:
    return struct.pack("<BHHI", level, name, 6, len(value)) + value + struct.pack("<H", sum(value) & 0xFFFF)


def properties(*items: tuple[int, int, bytes]) -> bytes:
    out = struct.pack("<I", len(items))
    for kind, name, value in items:
        out += struct.pack("<HHII", kind, name, 1, len(value)) + value + bytes(-len(value) % 4)
    return out


def unicode(name: int, text: str) -> tuple[int, int, bytes]:
    return 0x1F, name, text.encode("utf-16-le") + b"\0\0"


def file(name: str, data: bytes) -> bytes:
    return RENDER + attribute(2, 0x800F, data) + attribute(2, 0x9005, properties(unicode(0x3707, name)))


def mail(winmail: bytes, text: str = "") -> bytes:
    return (
        (
            b"From: eva@kunde.example\nSubject: x\nContent-Type: multipart/mixed; boundary=b\n\n"
            b"--b\nContent-Type: text/plain\n\n" + text.encode() + b"\n--b\nContent-Type: application/ms-tnef\n\n"
        )
        + winmail
        + b"\n--b--\n"
    )


PACKED = struct.pack("<IIII", 9, 1 << 31, 0x75465A4C, 0)
BODY = attribute(1, 0x9003, properties(unicode(0x1000, "Grüße aus dem Äther")))


def test_body_and_files_come_out() -> None:
    found = parse(mail(START + BODY + file("../Schein.pdf", b"%PDF-1.7")))
    assert found.text == "Grüße aus dem Äther"
    assert [(one.name, one.type, one.size) for one in found.attachments] == [("Schein.pdf", "application/pdf", 8)]


def test_the_mails_own_text_goes_before() -> None:
    assert parse(mail(START + BODY, "Eigener Text")).text == "Eigener Text"


def test_an_enclosed_message_is_a_message() -> None:
    inner = START + attribute(
        1, 0x9003, properties(unicode(0x1000, "Innen"), unicode(0x0037, "Betreff"), unicode(0x0C1A, "Eva"),
                              unicode(0x5D01, "eva@kunde.example"))
    ) + file("innen.txt", b"x")  # fmt: skip
    value = struct.pack("<I", 1) + struct.pack("<HHII", 0x0D, 0x3701, 1, len(IMESSAGE + inner)) + IMESSAGE + inner
    found = parse(mail(START + BODY + RENDER + attribute(2, 0x9005, value + bytes(3))))
    assert [(one.name, one.type) for one in found.attachments] == [
        (None, "message/rfc822"),
        ("innen.txt", "application/octet-stream"),
    ]


def test_what_cannot_be_read_stays_an_attachment() -> None:
    found = parse(mail(b"no tnef at all"))
    assert [one.type for one in found.attachments] == ["application/ms-tnef"]
    assert "winmail.dat holds nothing that can be read" in found.defects


def test_words_in_rtf() -> None:
    plain = rb"{\rtf1\ansi{\fonttbl{\f0 Arial;}}\f0 Gr\'fc\'dfe\par aus \u304\'3f{\*\gen x}Berlin\emdash}"
    packed = struct.pack("<IIII", len(plain) + 12, len(plain), 0x414C454D, 0) + plain
    assert rtf.to_text(rtf.unpacked(packed, 1000)) == "Grüße\naus İBerlin—"


def test_packed_rtf() -> None:
    """The first example of MS-OXRTFCP 4.1."""
    packed = bytes.fromhex(
        "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0"
    )
    assert rtf.unpacked(packed, 1000) == b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=400), st.integers(0, 200))
def test_broken_files_are_read_up_to_the_break(noise: bytes, at: int) -> None:
    whole = START + BODY + file("a.pdf", b"%PDF")
    tnef.opened(whole[:at] + noise)
    tnef.opened(START + attribute(1, 0x9003, noise) + attribute(2, 0x9005, noise))
    rtf.to_text(noise)
    rtf.unpacked(struct.pack("<IIII", 0, 1 << 30, 0x75465A4C, 0) + noise, 1000)


@pytest.mark.parametrize(
    "content",
    [
        START + attribute(1, 0x9003, struct.pack("<I", 0xFFFFFFFF) + bytes(1 << 20)),
        START + attribute(1, 0x9003, struct.pack("<IHHI", 1, 0x101F, 0x1000, 0xFFFFFFFF) + bytes(1 << 20)),
        START + attribute(1, 0x9004, struct.pack("<I", 0xFFFFFFFF)),
        START + attribute(1, 0x8008, b"") * 500_000,
        START + RENDER * 200_000,
        START + attribute(1, 0x9003, properties((0x102, 0x1009, PACKED + b"\xff\x00\x0f" * 300_000))),
    ],
    ids=["properties", "values", "recipients", "attributes", "files", "rtf"],
)  # fmt: skip
def test_bombs_take_no_time(content: bytes) -> None:
    began = time.process_time()
    parse(mail(content))
    assert time.process_time() - began < 3
