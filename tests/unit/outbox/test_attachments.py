"""Files that go along: bytes, names and types come back as the standard library reads them, whatever they are."""

import email
import email.policy
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daemon.outbox.compose import OutgoingMail, compose
from parsers.attachments import safe_name
from parsers.document import parse
from parsers.enclosures import Enclosure

MAIL = OutgoingMail(
    sender="desk@muster.example",
    to="karin@beispiel.example",
    subject="Re: Golf",
    text="Hallo\n",
    message_id="<1@muster.example>",
    date=datetime(2026, 11, 20, 9, 0, tzinfo=UTC),
)
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
NAMES = st.text(max_size=200).map(safe_name).filter(bool)
TYPES = st.sampled_from(
    ["application/pdf", "image/jpeg", "text/plain", "text/html", "text/calendar", "application/octet-stream", DOCX]
)
FILES = st.builds(
    Enclosure,
    name=NAMES,
    type=TYPES,
    content=st.binary(max_size=3_000),
    charset=st.sampled_from([None, "utf-8", "iso-8859-1"]),
)


def read(raw: bytes) -> EmailMessage:
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


@given(st.lists(FILES, min_size=1, max_size=4), st.booleans(), st.booleans())
@settings(max_examples=200, deadline=None)
def test_files_survive_the_way(files: list[Enclosure], with_html: bool, with_original: bool) -> None:
    html = "<p>Hallo</p>" if with_html else None
    original = b"Subject: x\r\n\r\ny" if with_original else None
    raw = compose(replace(MAIL, attachments=tuple(files), html=html, original=original))
    message = read(raw)
    parts = list(message.iter_attachments())
    assert len(parts) == len(files) + with_original
    for part, file in zip(parts, files, strict=False):
        assert (part.get_filename(), part.get_content_type()) == (file.name, file.type)
        assert part.get_payload(decode=True) == file.content
        assert part.get_content_disposition() == "attachment"
        assert part.get_content_charset() == file.charset
    body = message.get_body(("plain",))
    assert body is not None
    assert body.get_payload(decode=True) == b"Hallo\r\n"
    assert raw.isascii()
    assert raw.replace(b"\r\n", b"").count(b"\n") == raw.replace(b"\r\n", b"").count(b"\r") == 0
    assert max(map(len, raw.split(b"\r\n"))) <= 100


@given(st.lists(FILES, min_size=1, max_size=4))
@settings(max_examples=50, deadline=None)
def test_our_own_parser_reads_the_same(files: list[Enclosure]) -> None:
    found = parse(compose(replace(MAIL, attachments=tuple(files)))).others
    assert [(part.name, part.data) for part in found] == [(file.name, file.content) for file in files]


@pytest.mark.parametrize(
    "name",
    [
        "Angebot für Frau Müller.pdf",
        "报价单 高尔夫.pdf",
        "n" * 116 + ".pdf",
        "ü" * 116 + ".pdf",
        "👩‍👩‍👧‍👦.jpg",
        "a'b (1); c=d%20, e.pdf",
        "=_utf-8_q_x_=.pdf",
        "utf-8''x.pdf",
        "50 % mehr*0*.pdf",
    ],
)
def test_names_that_need_care(name: str) -> None:
    raw = compose(replace(MAIL, attachments=(Enclosure(name=name, type="application/pdf", content=b"x"),)))
    (part,) = read(raw).iter_attachments()
    assert part.get_filename() == name
    assert max(map(len, raw.split(b"\r\n"))) <= 78
