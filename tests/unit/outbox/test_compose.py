"""The composer: whatever strangers wrote, the mail has the expected headers, one recipient and its words intact."""

import email
import email.policy
from dataclasses import replace
from datetime import UTC, datetime
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import parseaddr
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daemon.outbox.compose import ComposeError, OutgoingMail, compose
from templates.forms import printable

MAIL = OutgoingMail(
    sender="desk@muster.example",
    sender_name="Autohaus Muster Berlin",
    to="verkauf@muster.example",
    reply_to="desk+7kq2m49.abcdefgh@muster.example",
    subject="Anfrage: Karin Beispiel",
    text="Hallo\n",
    html="<p>Hallo</p>",
    message_id="<l-7kq2m4-2.1@mail.muster.example>",
    date=datetime(2026, 11, 20, 13, 42, 7, tzinfo=UTC),
    references=("<l-7kq2m4-2@mail.muster.example>",),
    list_id="sales.berlin.mail.muster.example",
    category="action",
    reference="L-7KQ2M4-2",
)
HEADERS = [
    "From",
    "To",
    "Reply-To",
    "Subject",
    "Date",
    "Message-ID",
    "In-Reply-To",
    "References",
    "Auto-Submitted",
    "X-Auto-Response-Suppress",
    "List-Id",
    "X-Postroom-Category",
    "X-Postroom-Record",
    "MIME-Version",
    "Content-Type",
]


def parse(raw: bytes) -> EmailMessage:
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


@pytest.mark.parametrize(
    "subject",
    [
        "Anfrage: Karin Beispiel",
        "Anfrage: Jürgen Müßig, Škoda Octavia",
        "咨询:王小明,大众高尔夫 " * 12,
        "👩‍👩‍👧‍👦 " * 30,
        "=?utf-8?q?nested?= and so on",
        "one " * 100,
        "x" * 300,
        "",
        'quotes " and \\ and (brackets) <a@b>',
    ],
)
def test_subject_comes_back_as_it_was(subject: str) -> None:
    raw = compose(replace(MAIL, subject=subject))
    assert parse(raw)["Subject"] == subject.strip()
    assert max(map(len, raw.split(b"\r\n\r\n")[0].split(b"\r\n"))) <= 76


@pytest.mark.parametrize(
    "name",
    [
        "Autohaus Muster",
        'Auto "Müller" GmbH, Süd',
        'A "b" \\ c',
        "大众汽车北京 " * 8,
        "n" * 200,
        "a@b.example, c",
        "=?x?=",
        "x;y:z",
    ],
)
def test_sender_name_comes_back_as_it_was(name: str) -> None:
    message = email.message_from_bytes(compose(replace(MAIL, sender_name=name)))
    # Not by the modern parser: in names it puts a space between encoded words (RFC 2047, 6.2 says none).
    written, address = parseaddr(message["From"])
    assert (str(make_header(decode_header(written))), address) == (name.strip(), "desk@muster.example")


def test_without_a_name_the_address_stands_alone() -> None:
    assert b"From: desk@muster.example\r\n" in compose(replace(MAIL, sender_name=""))


@given(st.text(), st.text())
@settings(max_examples=200, deadline=None)
def test_any_words_survive_the_way(text: str, html: str) -> None:
    raw = compose(replace(MAIL, text=text + "\n", html=html + "\n"))
    message = parse(raw)
    for form, sent in (("plain", text), ("html", html)):
        part = message.get_body((form,))
        assert part is not None
        # By bytes: the standard library breaks decoded lines at more characters than CR and LF.
        assert part.get_payload(decode=True) == printable(sent + "\n").replace("\n", "\r\n").encode()
    assert raw.isascii()
    assert raw.replace(b"\r\n", b"").count(b"\n") == raw.replace(b"\r\n", b"").count(b"\r") == 0
    assert max(map(len, raw.split(b"\r\n"))) <= 76


BAD_ADDRESSES = [
    " ",
    "a",
    "@b.example",
    "a@",
    "a@b.example, c@d.example",
    "a@b.example\r\nBcc: c@d.example",
    "a@b.example\n",
    "<a@b.example>",
    "Max <a@b.example>",
    "a b@c.example",
    "a..b@c.example",
    "a@b@c.example",
    '"a b"@c.example',
    "ä\u2028@b.example",
    "a@-b.example",
    "a" * 65 + "@b.example",
    "a@" + "b" * 255,
    "a\0@b.example",
    "a@b.example\u2028",
    "a@\u2028.example",
]


@pytest.mark.parametrize("field", ["to", "sender", "reply_to"])
@pytest.mark.parametrize("address", BAD_ADDRESSES)
def test_what_is_not_one_address_is_refused(field: str, address: str) -> None:
    with pytest.raises(ComposeError, match="is not one mail address"):
        compose(replace(MAIL, **{field: address}))  # type: ignore[arg-type]


@pytest.mark.parametrize("field", ["sender", "reply_to"])
def test_our_own_addresses_are_in_ascii(field: str) -> None:
    with pytest.raises(ComposeError, match="is not one mail address"):
        compose(replace(MAIL, **{field: "ä@b.example"}))  # type: ignore[arg-type]


def test_an_international_recipient_stands_as_it_is() -> None:
    mail = compose(replace(MAIL, to="büro@müller.example"))
    assert "\r\nTo: büro@xn--mller-kva.example\r\n".encode() in mail
    assert mail.replace("ü".encode(), b"").isascii()


def test_domain_in_other_letters_is_written_in_ascii() -> None:
    assert parse(compose(replace(MAIL, to="info@müller.example")))["To"] == "info@xn--mller-kva.example"


@pytest.mark.parametrize(
    "change",
    [
        {"message_id": "<a@b>\r\nBcc: c@d.example"},
        {"message_id": "a@b"},
        {"references": ("<a@b>", "<c d@e>")},
        {"list_id": "sales.berlin>\r\nBcc: x"},
        {"category": "action\n"},
        {"reference": "L 1"},
        {"auto_submitted": "no\u2028"},
        {"auto_submitted": "auto-replied\r\nBcc: x"},
        {"date": datetime(2026, 11, 20)},  # noqa: DTZ001
    ],
)
def test_malformed_values_of_our_own_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ComposeError):
        compose(replace(MAIL, **change))


def test_headers_mark_the_mail_as_automatic_and_thread_it() -> None:
    message = parse(compose(MAIL))
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["X-Auto-Response-Suppress"] == "All"
    assert message["List-Id"] == "<sales.berlin.mail.muster.example>"
    assert message["In-Reply-To"] == message["References"] == "<l-7kq2m4-2@mail.muster.example>"
    assert message["Date"] == "Fri, 20 Nov 2026 13:42:07 +0000"
    assert "Precedence" not in message


def test_what_a_person_wrote_is_not_marked_as_automatic() -> None:
    message = parse(compose(replace(MAIL, auto_submitted=None)))
    assert message.keys() == [name for name in HEADERS if name not in ("Auto-Submitted", "X-Auto-Response-Suppress")]


def test_optional_headers_are_left_out() -> None:
    bare = replace(MAIL, reply_to=None, references=(), list_id=None, category=None, reference=None, html=None)
    optional = ("Reply-To", "In-Reply-To", "References", "List-Id", "X-Postroom-Category", "X-Postroom-Record")
    assert parse(compose(bare)).keys() == [
        *(name for name in HEADERS if name not in optional),
        "Content-Transfer-Encoding",
    ]


def test_long_threads_are_folded() -> None:
    references = tuple(f"<{n}.{'x' * 40}@mail.muster.example>" for n in range(30))
    raw = compose(replace(MAIL, references=references))
    assert parse(raw)["References"].split() == list(references)
    assert max(map(len, raw.split(b"\r\n"))) <= 78


def attached(original: bytes) -> EmailMessage:
    *_, part = parse(compose(replace(MAIL, original=original))).iter_attachments()
    assert part.get_filename() == "original.eml"
    return part


@pytest.mark.parametrize(
    "original",
    [b"Subject: x\r\n\r\nHallo\r\n", b"Subject: x\n\nHallo\n", b"Subject: x\r\rHallo\r", b"Subject: x\n\r\nHallo\r"],
)
def test_plain_original_is_attached_as_a_mail(original: bytes) -> None:
    part = attached(original)
    assert (part.get_content_type(), part["Content-Transfer-Encoding"]) == ("message/rfc822", "7bit")
    inner = part.get_content()
    assert (inner["Subject"], inner.get_content()) == ("x", "Hallo\r\n")


@pytest.mark.parametrize(
    "original",
    [b"Subject: J\xc3\xbcrgen\r\n\r\nx", b"A: b\r\n\r\n" + b"x" * 999, b"A: b\r\n\r\n\0", b"\xff" * 5000],
    ids=["8-bit", "long line", "NUL", "bytes"],
)
def test_other_originals_are_attached_as_a_file_byte_for_byte(original: bytes) -> None:
    part = attached(original)
    assert (part.get_content_type(), part["Content-Transfer-Encoding"]) == ("application/octet-stream", "base64")
    assert part.get_content() == original


def test_original_cannot_close_our_parts() -> None:
    first = compose(replace(MAIL, original=b"A: b\r\n\r\nx"))
    boundary = parse(first).get_boundary()
    hostile = f"A: b\r\n\r\n--{boundary}--\r\n--{boundary}\r\nContent-Type: text/html\r\n\r\n<b>\r\n".encode()
    message = parse(compose(replace(MAIL, original=hostile)))
    assert [part.get_content_type() for part in message.iter_attachments()] == ["message/rfc822"]
    assert message.get_boundary() != boundary


def test_same_mail_is_the_same_bytes() -> None:
    assert compose(replace(MAIL, original=b"x")) == compose(replace(MAIL, original=b"x"))
