"""Mails that a colleague passes on, with what hangs on them, arrive at the team as the customer's."""

from email.message import EmailMessage

from tests.support.client import new_key, send
from tests.support.daemon import WEBSITE, Installation
from tests.support.sink import Sink
from tests.support.waiting import wait_until


def test_a_forwarded_mail_is_told_as_the_inner_mail(house: Installation, shared_sink: Sink) -> None:
    key = new_key()
    mail = EmailMessage()
    mail["From"], mail["To"] = "Paula Post <paula@muster.example>", WEBSITE
    mail["Subject"] = f"WG: Frage {key}"
    mail["Message-ID"] = f"<{key}@muster.example>"
    mail.set_content(
        "Bitte heute noch anrufen.\n\n"
        f"Von: Eva Kunde <kunde-{key}@kunde.example>\nGesendet: Sonntag, 8. November 2026 18:04\n"
        f"An: Paula Post <paula@muster.example>\nBetreff: Frage {key}\n\nIst der rote Golf noch da?\n"
    )
    mail.add_attachment(b"%PDF-1.7", maintype="application", subtype="pdf", filename="../Schein.pdf")
    mail.add_attachment(b"MZ" + bytes(4_000), maintype="image", subtype="jpeg", filename="golf.jpg")
    send(house, mail.as_bytes(), sender="paula@muster.example")
    told = wait_until(lambda: shared_sink.about(f"kunde-{key}@"), 20, f"a notification about {key}")[0].parsed()
    part = next(part for part in told.walk() if part.get_content_type() == "text/plain")
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    text = " ".join(content.decode().split())
    assert "Ist der rote Golf noch da?" in text
    assert "Eva Kunde" in text
    assert "Weitergeleitet von: Paula Post <paula@muster.example>" in text
    assert "Notiz dazu: Bitte heute noch anrufen." in text
    assert "Schein.pdf (8\u00a0B)".replace("\u00a0", " ") in text.replace("\u00a0", " ")
    assert "golf.jpg (Vorsicht: Programm, 4 kB)" in text.replace("\u00a0", " ")
