"""The part walk: against the standard library on real mails, and against its limits."""

import email
import time
from email.message import Message
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers import document, mime

OPAQUE = ("message/rfc822", "message/global", "message/delivery-status", "message/external-body", "message/partial")
AGREEING = 0.90
"""The rest are mails broken in ways where the standard library drops text or parts and we keep them."""


def stdlib_leaves(message: Message) -> list[tuple[str, bytes | None]]:
    kind = message.get_content_type()
    if message.is_multipart() and kind.startswith("multipart/"):
        return [leaf for part in message.get_payload() for leaf in stdlib_leaves(part)]  # type: ignore[arg-type]
    if message.is_multipart() or kind in OPAQUE:
        return [(kind, None)]
    data = message.get_payload(decode=True)
    return [(kind, data.strip().replace(b"\r\n", b"\n") if isinstance(data, bytes) else None)]


def our_leaves(raw: bytes) -> list[tuple[str, bytes | None]]:
    return [
        (leaf.type, None if leaf.type.startswith("message/") else leaf.data.strip().replace(b"\r\n", b"\n"))
        for leaf in mime.walk(raw, ("cp1252",)).leaves
    ]


def test_reads_real_mails_as_the_standard_library_does(corpus: Path) -> None:
    files = [path for path in sorted((corpus / "mime").rglob("*")) if path.is_file()]
    agreeing, broken_only = 0, []
    for path in files:
        raw = path.read_bytes()
        theirs = email.message_from_bytes(raw)
        if our_leaves(raw) == stdlib_leaves(theirs):
            agreeing += 1
        else:
            broken_only.append(path.name)
    assert agreeing / len(files) >= AGREEING, broken_only


def nested(depth: int) -> bytes:
    head = "".join(f"Content-Type: multipart/mixed; boundary=b{i}\r\n\r\n--b{i}\r\n" for i in range(depth))
    return head.encode() + b"Content-Type: text/plain\r\n\r\ninnermost\r\n"


def parts(count: int) -> bytes:
    return b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * count + b"--b--\r\n"


@pytest.mark.parametrize(
    ("raw", "defect"),
    [
        (nested(2000), "nested deeper than 50 parts"),
        (parts(5000), "more than 500 parts"),
        (b"X-A: b\r\n" * 5000 + b"\r\nbody", "header over the limit"),
        (b"X-A: " + b"b" * 400_000 + b"\r\n\r\nbody", "header over the limit"),
        (b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--bx\n" * 500_000, "too many lines that look like"),
        (b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\ncut", "multipart never closed"),
        (b"Content-Type: multipart/mixed\r\n\r\nx", "multipart without its boundary"),
        (b"Content-Type: multipart/mixed; boundary=\r\n\r\n" + b"--\n" * 500_000, "multipart without its boundary"),
    ],
)
def test_limits_leave_a_defect_and_what_could_be_read(raw: bytes, defect: str) -> None:
    start = time.perf_counter()
    found = document.parse(raw)
    assert any(defect in text for text in found.defects)
    assert len(found.leaves) <= mime.PART_COUNT
    assert found.text is not None or defect == "header over the limit" or "nested" in defect
    assert time.perf_counter() - start < 3


def test_body_behind_a_header_over_the_limit_is_read() -> None:
    assert document.parse(b"X-A: b\r\n" * 5000 + b"\r\nbody").text == "body"


@pytest.mark.parametrize("written", [b"text/html\0", b"text/\x1bhtml", "text/\u202ehtml".encode()])
def test_a_type_holds_nothing_that_cannot_be_seen(written: bytes) -> None:
    assert document.parse(b"Content-Type: " + written + b"\r\n\r\n<b>x</b>").leaves[0].type == "text/html"


@given(st.binary(max_size=400))
def test_any_bytes_are_a_document(raw: bytes) -> None:
    for prefix in (b"", b"Content-Type: multipart/mixed; boundary=b\n\n--b\n", b"Content-Type: text/html\n\n"):
        found = document.parse(prefix + raw)
        assert isinstance(found.text, str | None)
        assert all(isinstance(part.data, bytes) for part in found.leaves)


@given(st.text("ABC/+=\r\n \t!é0").map(str.encode), st.sampled_from(["image/jpeg", "text/plain"]))
def test_size_is_the_length_of_what_is_decoded(body: bytes, kind: str) -> None:
    head = f"Content-Type: {kind}\r\nContent-Transfer-Encoding: base64\r\n\r\n".encode()
    (leaf,) = mime.walk(head + body, ("cp1252",)).leaves
    assert leaf.size == len(leaf.data)
