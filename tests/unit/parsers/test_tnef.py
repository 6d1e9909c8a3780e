"""winmail.dat files written here: the format as MS-OXTNEF has it, and as strangers break it."""

import struct
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers import rtf as rtf_text
from parsers import tnef
from parsers.attachments import safe_name
from parsers.read import parse
from tests.support.winmail import BODY, RENDER, START, attribute, enclosed, file, properties, rtf, unicode

PACKED = struct.pack("<IIII", 9, 1 << 31, 0x75465A4C, 0)


def mail(winmail: bytes, text: str = "") -> bytes:
    return (
        (
            b"From: eva@kunde.example\nSubject: x\nContent-Type: multipart/mixed; boundary=b\n\n"
            b"--b\nContent-Type: text/plain\n\n" + text.encode() + b"\n--b\nContent-Type: application/ms-tnef\n\n"
        )
        + winmail
        + b"\n--b--\n"
    )


def test_body_and_files_come_out() -> None:
    found = parse(mail(START + BODY + file("../Schein.pdf", b"%PDF-1.7")))
    assert found.text == "Grüße aus dem Äther"
    assert [(one.name, one.type, one.size) for one in found.attachments] == [("Schein.pdf", "application/pdf", 8)]


def test_the_mails_own_text_goes_before() -> None:
    assert parse(mail(START + BODY, "Eigener Text")).text == "Eigener Text"


def test_an_enclosed_message_is_a_message() -> None:
    props = properties(unicode(0x1000, "Innen"), unicode(0x0037, "Betreff"), unicode(0x0C1A, "Eva"),
                       unicode(0x5D01, "eva@kunde.example"))  # fmt: skip
    found = parse(mail(START + BODY + enclosed(attribute(1, 0x9003, props), file("innen.txt", b"x"))))
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
    assert rtf_text.to_text(rtf_text.unpacked(packed, 1000)) == "Grüße\naus İBerlin—"


def test_packed_rtf() -> None:
    """The first example of MS-OXRTFCP 4.1."""
    packed = bytes.fromhex(
        "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0"
    )
    assert rtf_text.unpacked(packed, 1000) == b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"


NOISE = st.binary(max_size=400) | st.lists(
    st.sampled_from([START, RENDER, BODY, file("../a/con", b"MZ"), rtf(b"{\\rtf1 x\\par}"), enclosed(BODY), b"\xff"])
    | st.builds(attribute, st.just(1), st.sampled_from([0x800C, 0x8004, 0x9003, 0x9007]), st.binary(max_size=60))
    | st.builds(attribute, st.just(2), st.sampled_from([0x8010, 0x800F, 0x9005]), st.binary(max_size=60)),
    max_size=12,
).map(b"".join)  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(NOISE, st.integers(0, 200))
def test_broken_files_are_read_up_to_the_break(noise: bytes, at: int) -> None:
    """What is taken out of a file is not more than stands in it, and carries safe names."""
    whole = START + BODY + file("a.pdf", b"%PDF")
    for content in (
        whole[:at] + noise,
        START + noise,
        START + attribute(1, 0x9003, noise) + attribute(2, 0x9005, noise),
    ):
        found = tnef.opened(content)
        assert found is None or _size(found) <= 2 * len(content)
        read = parse(mail(content))
        assert not [defect for defect in read.defects if defect.endswith("Error")]
        assert len(read.text or "") <= 2 * len(content)
        for one in read.attachments:
            assert one.name == safe_name(one.name)
            assert (one.type.count("/"), one.type.isprintable()) == (1, True)
            assert one.size <= 4 * len(content)


@settings(max_examples=300, deadline=None)
@given(
    st.binary(max_size=400)
    | st.lists(st.sampled_from([b"{", b"}", b"\\par", b"\\u8364?", b"\\'e4", b"x"])).map(b"".join)
)
def test_rtf_unfolds_within_bounds(noise: bytes) -> None:
    assert len(rtf_text.to_text(noise) or "") <= len(noise)
    packed = struct.pack("<IIII", 0, 1 << 30, 0x75465A4C, 0) + noise
    assert len(rtf_text.unpacked(packed, 1000)) <= 1000


def _size(found: tnef.Opened) -> int:
    """Characters and bytes of all that was taken out."""
    inside = sum(len(file.data) if file.message is None else _size(file.message) for file in found.files)
    return inside + len(found.text or "") + len(found.html or "") + len(found.subject or "")


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
