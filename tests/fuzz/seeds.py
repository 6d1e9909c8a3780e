"""Where a guided run begins: our golden mails, whole and in the pieces that each target takes."""

from collections.abc import Iterator
from pathlib import Path

from parsers import document
from tests.fuzz.fields import NAMES, VALUES
from tests.fuzz.targets import HINTS
from tests.support import winmail

GOLDEN = sorted((Path(__file__).parent.parent / "golden").rglob("*.eml"))
_TYPES = {
    "text": ("text/plain",),
    "html": ("text/html",),
    "adf": ("application/xml", "text/xml", "application/x-adf+xml"),
    "calendar": ("text/calendar", "application/ics"),
    "vcard": ("text/vcard", "text/x-vcard"),
    "learn": ("text/plain",),
    "answer": ("text/plain", "text/html"),
}
"""Target -> types of the parts whose content it takes."""
_ADF = b"""<?xml version='1.0'?><?adf version='1.0'?>
<adf><prospect><requestdate>2026-11-22T10:15:00+01:00</requestdate>
<vehicle interest='buy' status='used'><year>2019</year><make>VW</make><model>Golf</model><vin>WVWZZZ1KZAW000001</vin>
<odometer units='km'>12345</odometer><price currency='EUR'>24500</price></vehicle>
<customer><contact><name part='first'>Max</name><name part='last'>Muster</name><email>max@kunde.example</email>
<phone type='cellphone'>0171 2345678</phone><address><street line='1'>Hauptstr. 1</street><postalcode>10115</postalcode>
<country>DE</country></address></contact><comments>Farbe: rot\nLieferung: sofort</comments></customer>
<vendor><id>D7</id><vendorname>Muster</vendorname></vendor></prospect></adf>
"""
_CARD = b"""BEGIN:VCARD
VERSION:3.0
N:Muster;Max;;;
FN:Max Muster
ORG:Muster GmbH
TEL;TYPE=CELL:0171 2345678
EMAIL:max@kunde.example
ADR;TYPE=HOME:;;Hauptstr. 1;Berlin;;10115;Deutschland
END:VCARD
"""
_PAGES = (
    b"""<script type="application/ld+json">{"@context":"https://schema.org","@type":"EventReservation","reservationFor":
{"@type":"Event","name":"Inspektion","startDate":"2026-11-24T08:30:00+01:00"},
"underName":{"@type":"Person","name":"Max Muster","email":"max@kunde.example"}}</script>""",
    b"""<div itemscope itemtype='http://schema.org/Order'><meta itemprop=orderNumber content=A1>
<div itemprop=customer itemscope itemtype='http://schema.org/Person'><b itemprop=name>Max Muster</b></div></div>""",
    b"""<!-- <call><caller><number>0171 2345678</number></caller><start>2026-11-22T10:15:00</start>
<status>missed</status></call> -->""",
)
_RESULTS = (
    b"dmarc=pass header.from=kunde.example",
    b'dkim=pass (2048) header.d=kunde.example header.s=s header.b="ab"; spf=fail reason="x;y" smtp.mailfrom=a@b',
    b"auth=none; spf=pass smtp.mailfrom=kunde.example; dmarc=pass (p=reject) header.from=kunde.example",
)
_TNEF = (
    winmail.START + winmail.BODY + winmail.file("Schein.pdf", b"%PDF-1.7"),
    winmail.START + winmail.rtf(rb"{\rtf1\ansi{\fonttbl{\f0 Arial;}}\f0 Name: Max\par Gr\'fc\u8364?e}"),
    winmail.START + winmail.BODY + winmail.enclosed(winmail.BODY, winmail.file("a.txt", b"x")),
)
_MORE = {"adf": (_ADF,), "vcard": (_CARD,), "html": _PAGES, "results": _RESULTS, "tnef": _TNEF}


def seeds(target: str) -> Iterator[bytes]:
    """First inputs of a target; where its first byte chooses something, every choice in turn."""
    for number, content in enumerate(_contents(target)):
        yield content if target in ("document", "fields", "results") else bytes([number % (5 * len(HINTS))]) + content


def _contents(target: str) -> Iterator[bytes]:
    if target in ("document", "mail"):
        yield from (path.read_bytes() for path in GOLDEN)
    elif target == "values":
        yield from (value.encode() for value in VALUES.values())
    elif target == "fields":
        rows = {name: bytes([NAMES.index(name)]) + value.encode() for name, value in VALUES.items()}
        yield from (b"\n\n".join((rows["customer.name"], rows["customer.phone"], row)) for row in rows.values())
        yield b"\n\n".join(rows.values())
    else:
        yield from _parts(_TYPES.get(target, ()))
        yield from _MORE.get(target, ())


def _parts(types: tuple[str, ...]) -> Iterator[bytes]:
    for path in GOLDEN if types else ():
        mail = document.parse(path.read_bytes())
        for one in (mail, *mail.nested):
            yield from (part.text.encode() for part in one.leaves if part.type in types)
