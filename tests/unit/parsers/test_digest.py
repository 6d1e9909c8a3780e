import pytest

from parsers.digest import digest
from parsers.document import parse

MAIL = (
    b"Received: from a\r\nFrom: max@example.de\r\nTo: x@muster.example\r\nSubject: Golf\r\n"
    b"Message-ID: <1@example.de>\r\nDate: Mon, 2 Nov 2026 10:00:00 +0100\r\n\r\nGuten Tag\r\n"
)


@pytest.mark.parametrize(
    "same",
    [
        MAIL.replace(b"\r\n", b"\n"),
        MAIL + b"\r\n\r\n",
        MAIL.rstrip(),
        MAIL.replace(b"from a", b"from b"),
        b"Return-Path: <x@y>\r\nDelivered-To: z\r\n" + MAIL,
        MAIL.replace(b"Subject: Golf", b"Subject:\r\n  Golf"),
    ],
)
def test_the_same_mail_on_another_way(same: bytes) -> None:
    assert digest(parse(same)) == digest(parse(MAIL))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"Golf", b"Polo"),
        (b"<1@", b"<2@"),
        (b"Guten Tag", b"Guten  Tag"),
        (b"To: x", b"To: y"),
        (b"10:00:00", b"10:00:01"),
        (b"Date:", b"Content-Type: text/html\r\nDate:"),
    ],
)
def test_another_mail(old: bytes, new: bytes) -> None:
    assert digest(parse(MAIL.replace(old, new))) != digest(parse(MAIL))


def test_form() -> None:
    assert len(digest(parse(b""))) == 64
