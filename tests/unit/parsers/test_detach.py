"""Attachments taken off a mail: which go along, under which name and type, and which do not."""

from email.message import EmailMessage
from typing import Any

import pytest

from parsers.detach import BYTES, COUNT, detached
from parsers.enclosures import Enclosures, LeftOut

PDF, JPEG, EXE = b"%PDF-1.4\n", b"\xff\xd8\xff\xe0", b"MZ\x90"


def mail(*files: tuple[str | None, str, bytes], **more: Any) -> bytes:
    message = EmailMessage()
    message["From"], message["Subject"] = "anna@muster.example", "Re: Golf"
    message.set_content("Hallo")
    for name, kind, content in files:
        maintype, _, subtype = kind.partition("/")
        message.add_attachment(content, maintype=maintype, subtype=subtype, filename=name, **more)
    return message.as_bytes()


def taken(raw: bytes) -> list[tuple[str, str]]:
    return [(one.name, one.type) for one in detached(raw, mails=False).taken]


def test_a_mail_without_attachments_has_none() -> None:
    assert detached(mail(), mails=True) == Enclosures()
    assert detached(b"", mails=True) == Enclosures()


@pytest.mark.parametrize(
    ("name", "declared", "content", "shown"),
    [
        ("a.pdf", "application/pdf", PDF, ("a.pdf", "application/pdf")),
        ("../../etc/passwd", "application/pdf", PDF, ("passwd", "application/pdf")),
        ("C:\\temp\\Bild\u202egpj.jpg", "image/png", JPEG, ("Bildgpj.jpg", "image/jpeg")),
        ("a\r\nBcc: x@y.example", "application/pdf", PDF, ("a Bcc_ x@y.example", "application/pdf")),
        (None, "application/pdf", PDF, ("attachment-1", "application/pdf")),
        ("a.txt", "text/plain", "ä".encode(), ("a.txt", "text/plain")),
        ("x", "multipart/mixed", b"--", ("x", "text/plain")),
        ("x", "application/x y\x00", b"..", ("x", "application/octet-stream")),
    ],
)
def test_names_and_types_are_safe(name: str | None, declared: str, content: bytes, shown: tuple[str, str]) -> None:
    raw = mail((name and "NAME", "application/marker", content))
    given = (name or "").encode("utf-8", "surrogateescape").decode("latin-1").replace("\\", "\\\\")
    raw = raw.replace(b"NAME", given.encode("latin-1").replace(b"\r\n", b"\r\n "))
    raw = raw.replace(b"application/marker", declared.encode())
    assert taken(raw) == [shown]


@pytest.mark.parametrize(
    ("name", "kind", "content"),
    [
        ("setup.exe", "application/octet-stream", b"x"),
        ("Rechnung.pdf.scr", "application/pdf", b"x"),
        ("Rechnung.pdf", "application/pdf", EXE),
        ("makro.docm", "application/msword", b"x"),
        ("x.sh", "text/plain", b"#!/bin/sh"),
    ],
)
def test_programs_stay_behind(name: str, kind: str, content: bytes) -> None:
    found = detached(mail((name, kind, content), ("a.pdf", "application/pdf", PDF)), mails=True)
    assert [one.name for one in found.taken] == ["a.pdf"]
    assert found.left == (LeftOut(name, "program"),)


def test_enclosed_mails_go_to_the_house_only_and_as_files() -> None:
    outer = EmailMessage()
    outer["Subject"] = "x"
    outer.set_content("Hallo")
    inner = EmailMessage()
    inner["Subject"] = "inner"
    inner.set_content("y")
    outer.add_attachment(inner)
    raw = outer.as_bytes()
    (file,) = detached(raw, mails=True).taken
    assert (file.name, file.type) == ("mail-1.eml", "application/octet-stream")
    assert b"Subject: inner" in file.content
    assert detached(raw, mails=False) == Enclosures((), (LeftOut("mail-1.eml", "mail"),))


def test_size_is_bounded_in_all() -> None:
    half = b"x" * (BYTES * 2 // 3)
    raw = mail(*((f"{n}.bin", "application/x-data", half) for n in range(2)), ("a.pdf", "application/pdf", PDF))
    found = detached(raw, mails=True)
    assert [one.name for one in found.taken] == ["0.bin", "a.pdf"]
    assert found.left == (LeftOut("1.bin", "size"),)


def test_number_is_bounded() -> None:
    found = detached(mail(*((f"{n}.pdf", "application/pdf", PDF) for n in range(COUNT + 2))), mails=True)
    assert len(found.taken) == COUNT
    assert [one.why for one in found.left] == ["number", "number"]


def test_logos_of_signatures_stay_behind_and_photos_do_not() -> None:
    logo = mail(("image001.png", "image/png", b"\x89PNG" + b"x" * 5_000), cid="<logo@x>", disposition="inline")
    photo = mail(("IMG_1.jpg", "image/jpeg", JPEG + b"x" * 60_000), cid="<photo@x>", disposition="inline")
    assert detached(logo, mails=True) == Enclosures()
    assert taken(photo) == [("IMG_1.jpg", "image/jpeg")]


PHOTO = JPEG + b"x" * 60_000
INTRODUCTION = "<p>Am 22.11.2026 um 10:00 schrieb Karin &lt;karin@beispiel.example&gt;:</p>"
QUOTATIONS = {
    "Thunderbird": INTRODUCTION + '<blockquote type="cite">Noch da? {}</blockquote>',
    "Gmail": f'<div class="gmail_quote"><div>{INTRODUCTION}</div><blockquote>Noch da? {{}}</blockquote></div>',
    "Outlook": "<div><p><b>Von:</b> Karin &lt;karin@beispiel.example&gt;<br><b>Gesendet:</b> Montag, 22. November 2026"
    "<br><b>An:</b> Verkauf<br><b>Betreff:</b> Golf</p></div><p>Noch da? {}</p>",
    "our own line": "<p>##- Ihre Antwort geht an den Kunden. -##</p><p>Neu: Anfrage {}</p>",
}


def with_pictures(html: str, *pictures: str, disposition: str = "inline", plain: str = "Hallo") -> bytes:
    """Two texts, and pictures that have their names as Content-ID."""
    message = EmailMessage()
    message["From"], message["Subject"] = "anna@muster.example", "Re: Golf"
    message.set_content(plain)
    message.add_alternative(f"<html><body>{html}</body></html>", subtype="html")
    for name in pictures:
        message.get_payload()[1].add_related(  # type: ignore[index, union-attr]
            PHOTO, "image", "jpeg", cid=f"<{name}@x>", filename=f"{name}.jpg", disposition=disposition
        )
    return message.as_bytes()


@pytest.mark.parametrize("disposition", ["inline", "attachment"])
@pytest.mark.parametrize("program", QUOTATIONS)
def test_pictures_of_the_quotation_go_to_no_customer(program: str, disposition: str) -> None:
    quoted = QUOTATIONS[program].format('<img src="cid:old@x">')
    html = f"<p>So sieht er aus: <img width=9 src=\"cid:new@x\"></p><p><img src='CID:ne%77er@x'></p>{quoted}"
    raw = with_pictures(html, "old", "new", "newer", "loose", disposition=disposition)
    assert [name for name, _ in taken(raw)] == ["new.jpg", "newer.jpg", "loose.jpg"]
    assert len(detached(raw, mails=True).taken) == 4, "the house gets all"


def test_a_picture_that_both_show_goes_along() -> None:
    quoted = QUOTATIONS["Thunderbird"].format('<img src="cid:logo@x">')
    assert taken(with_pictures(f'<p>Ja. <img src="cid:logo@x"></p>{quoted}', "logo")) == [("logo.jpg", "image/jpeg")]


def test_a_picture_that_only_a_comment_or_a_style_of_the_quotation_shows_stays_behind() -> None:
    shown = '<!--[if gte vml 1]><v:imagedata src="cid:one@x"/><![endif]--><td style="background:url(cid:two@x)"></td>'
    assert taken(with_pictures("<p>Ja.</p>" + QUOTATIONS["Outlook"].format(shown), "one", "two")) == []


def test_without_a_quotation_all_pictures_go_along() -> None:
    assert len(taken(with_pictures('<p>Hier: <img src="cid:a@x"></p>', "a", "b"))) == 2


def test_marks_that_a_writer_makes_up_do_no_harm() -> None:
    quoted = QUOTATIONS["Thunderbird"].format('<img src="cid:old@x">' * 3_000)
    assert taken(with_pictures(f"<p>⟦99⟧ ⟦⟧ ⟦99999999999999999999⟧</p>{quoted}", "old")) == []


def test_a_winmail_dat_that_cannot_be_opened_goes_to_no_customer() -> None:
    broken = mail(("winmail.dat", "application/ms-tnef", b"\x78\x9f\x3e\x22\x01\x00 broken"))
    assert detached(broken, mails=False) == Enclosures(left=(LeftOut("winmail.dat", "unreadable"),))
    assert [one.name for one in detached(broken, mails=True).taken] == ["winmail.dat"]
