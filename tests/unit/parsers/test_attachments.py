import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.attachments import NAME_LIMIT, contradiction, is_program, safe_name, shown_type
from parsers.read import parse


@pytest.mark.parametrize(
    ("given_name", "name"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\x\\a.pdf", "a.pdf"),
        ("golf\r\nBcc: x.jpg", "golf Bcc_ x.jpg"),
        ("rech\u202egpj.exe", "rechgpj.exe"),
        ("CON", "_CON"),
        ("nul.txt", "_nul.txt"),
        ("com1", "_com1"),
        ("console.txt", "console.txt"),
        ('a<b>:"|?*.pdf', "a_b______.pdf"),
        (" .hidden. ", "hidden"),
        ("..", None),
        ("/", None),
        ("", None),
        (None, None),
        ("试驾.pdf", "试驾.pdf"),
        ("x" * 300 + ".pdf", "x" * (NAME_LIMIT - 4) + ".pdf"),
    ],
)
def test_names(given_name: str | None, name: str | None) -> None:
    assert safe_name(given_name) == name


@given(st.text())
def test_any_name_is_safe(text: str) -> None:
    name = safe_name(text)
    if name is not None:
        assert 0 < len(name) <= NAME_LIMIT
        assert name.isprintable() or "\u200d" in name or "\u200c" in name or not name.isascii()
        assert not set(name) & set('/\\<>:"|?*\0\r\n')
        assert name == name.strip(". ")


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"%PDF-1.7", "application/pdf"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"PK\x03\x04" + bytes(26) + b"a.txt", "application/zip"),
        (
            b"PK\x03\x04" + bytes(26) + b"[Content_Types].xml" + bytes(40) + b"word/document.xml",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ),
        (b"MZ\x90\0", "application/x-msdownload"),
        (b"Hello", None),
        (b"", None),
    ],
)
def test_first_bytes_show_what_a_file_is(head: bytes, kind: str | None) -> None:
    assert shown_type(head) == kind


@pytest.mark.parametrize(
    ("declared", "head", "found"),
    [
        ("application/pdf", b"%PDF-1.7", None),
        ("application/pdf", b"MZ", "application/x-msdownload"),
        ("image/jpg", b"\xff\xd8\xff", None),
        ("image/jpeg", b"\x89PNG\r\n\x1a\n", "image/png"),
        ("application/octet-stream", b"%PDF-1.7", "application/pdf"),
        ("application/msword", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", None),
        ("application/vnd.ms-excel", b"PK\x03\x04", None),
        ("text/plain", b"Hallo", None),
    ],
)
def test_a_type_that_contradicts_is_told(declared: str, head: bytes, found: str | None) -> None:
    assert contradiction(declared, head) == found


@pytest.mark.parametrize(
    ("name", "head", "program"),
    [
        ("rechnung.pdf", b"%PDF", False),
        ("rechnung.pdf", b"MZ", True),
        ("rechnung.pdf.exe", b"", True),
        ("x.JS", b"", True),
        ("run", b"#!/bin/sh", True),
        ("exe", b"", False),
        (None, b"", False),
    ],
)
def test_programs(name: str | None, head: bytes, program: bool) -> None:
    assert is_program(name, head) is program


def test_a_mail_lists_what_hangs_on_it() -> None:
    raw = (
        b"From: eva@kunde.example\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nHallo\n--b\n"
        b"Content-Type: application/pdf\nContent-Transfer-Encoding: base64\n"
        b'Content-Disposition: attachment; filename*0="../Rech"; filename*1*=%6eung.pdf\n\nTVqQAAMAAAA=\n--b--\n'
    )
    (found,) = parse(raw).attachments
    assert (found.name, found.type, found.size) == ("Rechnung.pdf", "application/pdf", 8)
    assert (found.found, found.executable) == ("application/x-msdownload", True)
