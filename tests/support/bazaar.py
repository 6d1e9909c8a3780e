"""Mails of Bazaar, an exchange that nobody knows: three people ask for three cars."""

from collections.abc import Callable

from parsers.records import Hints

PEOPLE = (
    ("Eva Beispiel", "eva.beispiel@kunde.example", "0171 2345678", "VW Golf Variant", "24.500 EUR", "48151623"),
    ("Jonas Probe", "jonas.probe@web.example", "+49 30 5550123", "Audi A4 Avant", "31.900 EUR", "48151777"),
    ("Lena Weber", "lena.weber@post.example", "0160 5550199", "Skoda Octavia", "18.750 EUR", "48152001"),
)
"""Name, mail address, phone, car, price, number of the advertisement."""
DE = Hints(region="DE")


def mail(body: str, subject: str = "Neue Anfrage", *, reply_to: str = "", kind: str = "plain") -> bytes:
    head = f"From: Bazaar <noreply@bazaar.example>\n{f'Reply-To: {reply_to}' if reply_to else 'X-Form: 1'}\n"
    return (
        f"{head}To: leads@muster.example\nSubject: {subject}\nDate: Mon, 23 Nov 2026 10:15:00 +0100\n"
        f"MIME-Version: 1.0\nContent-Type: text/{kind}; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n{body}"
    ).encode()


def each(body: Callable[[tuple[str, ...]], bytes]) -> list[bytes]:
    """A mail of each of them."""
    return [body(person) for person in PEOPLE]
