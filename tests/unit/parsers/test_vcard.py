"""Cards: what is read of them, and when a card tells who the customer is."""

import pytest

from parsers import document, read, vcard, vcard_text
from parsers.records import Customer, PostalAddress, Reading

FROM_CUSTOMER = (
    "From: Jens Jensen <jens@kunde.example>\r\nTo: website@leads.muster.example\r\nSubject: Ring til mig\r\n"
)
FROM_FORM = FROM_CUSTOMER.replace("Jens Jensen <jens@kunde.example>", "Formular <wordpress@muster.example>")
CARD = (
    "BEGIN:VCARD\nVERSION:3.0\nN:Jensen;Jens;;;\nFN:Jens Jensen\nTEL;TYPE=CELL:+4520304050\nEMAIL:jens@kunde.example\n"
)
END = "END:VCARD\n"


def mail(*cards: str, head: str = FROM_CUSTOMER, kind: str = "text/vcard; charset=utf-8") -> bytes:
    text = "--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nHej, ring til mig.\r\n"
    parts = "".join(f"--b\r\nContent-Type: {kind}\r\n\r\n{card}\r\n" for card in cards)
    return f"{head}Content-Type: multipart/mixed; boundary=b\r\n\r\n{text}{parts}--b--\r\n".encode()


def readings(raw: bytes) -> tuple[Reading, ...]:
    mail = document.parse(raw)
    return vcard.readings(mail, mail.hints)


def customer(*lines: str, head: str = FROM_FORM) -> Customer | None:
    (reading,) = readings(mail("\n".join(["BEGIN:VCARD", *lines, "END:VCARD", ""]), head=head))
    return reading.customer


CARDS: dict[str, tuple[tuple[str, ...], Customer]] = {
    "2.1, quoted-printable": (
        (
            "N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:M=C3=BCller;Max",
            "FN;ENCODING=QUOTED-PRINTABLE:Max M=C3=\n=BCller",
        ),
        Customer(name="Max Müller", first_name="Max", last_name="Müller"),
    ),
    "2.1, another charset": (
        ("FN;CHARSET=ISO-8859-1;ENCODING=QUOTED-PRINTABLE:Max M=FCller",),
        Customer(name="Max Müller", first_name="Max", last_name="Müller"),
    ),
    "3.0, escaped and folded": (
        ("FN:Dr. Max", "  Müller\\, MBA", "N:Müller;Max;;Dr.;MBA", "ORG:Fisch \\; Sohn GmbH;Einkauf"),
        Customer(name="Dr. Max Müller, MBA", first_name="Max", last_name="Müller", company="Fisch ; Sohn GmbH"),
    ),
    "4.0, addresses as URIs": (
        (
            "FN:Max Müller",
            "N:Müller;Max;;;",
            "TEL;VALUE=uri;PREF=1:tel:+49-171-5550123;ext=1",
            "EMAIL:mailto:max@kunde.example",
        ),
        Customer(
            name="Max Müller",
            first_name="Max",
            last_name="Müller",
            emails=("max@kunde.example",),
            phones=("+491715550123",),
        ),
    ),
    "preferred first, no fax": (
        (
            "FN:Max Müller",
            "N:Müller;Max",
            "TEL;WORK:030 1234567",
            "TEL;FAX;WORK:030 1234568",
            "TEL;CELL;PREF:0171 5550123",
        ),
        Customer(name="Max Müller", first_name="Max", last_name="Müller", phones=("+491715550123", "+49301234567")),
    ),
    "address, grouped": (
        ("FN:Max Müller", "N:Müller;Max", "item1.ADR;type=HOME:;;Hauptstr. 5;Berlin;;10115;Deutschland"),
        Customer(
            name="Max Müller",
            first_name="Max",
            last_name="Müller",
            address=PostalAddress(street="Hauptstr. 5", postal_code="10115", city="Berlin", country="DE"),
        ),
    ),
    "number read by the card's country": (
        ("FN:Jens Jensen", "N:Jensen;Jens", "TEL:20 30 40 50", "ADR:;;Havnegade 4;Odense;;5000;Danmark"),
        Customer(
            name="Jens Jensen",
            first_name="Jens",
            last_name="Jensen",
            phones=("+4520304050",),
            address=PostalAddress(street="Havnegade 4", postal_code="5000", city="Odense", country="DK"),
        ),
    ),
    "company": (
        ("FN:Fisch GmbH", "ORG:Fisch GmbH", "KIND:org", "EMAIL:info@fisch.example"),
        Customer(name="Fisch GmbH", company="Fisch GmbH", emails=("info@fisch.example",)),
    ),
    "Chinese name": (("FN:王小明", "N:王;小明;;;"), Customer(name="王小明", first_name="小明", last_name="王")),
    "no FN": (("N:Müller;Max;;;",), Customer(name="Max Müller", first_name="Max", last_name="Müller")),
    "another card inside": (
        (
            "FN:Max Müller",
            "N:Müller;Max",
            "AGENT:",
            "BEGIN:VCARD",
            "FN:Somebody",
            "EMAIL:agent@else.example",
            "END:VCARD",
        ),
        Customer(name="Max Müller", first_name="Max", last_name="Müller"),
    ),
    "photo": (
        ("FN:Max Müller", "N:Müller;Max", "PHOTO;ENCODING=b:AAAA", " BBBB:CC", "", "TEL:words"),
        Customer(name="Max Müller", first_name="Max", last_name="Müller"),
    ),
}


@pytest.mark.parametrize("name", CARDS)
def test_cards(name: str) -> None:
    """formats.md part 2 and 6: the clients' exports in 2.1, 3.0 and 4.0."""
    lines, expected = CARDS[name]
    assert customer(*lines) == expected


def test_card_without_end() -> None:
    assert [card.name for card in vcard_text.cards("BEGIN:VCARD\nFN:Max Müller\n")] == ["Max Müller"]


@pytest.mark.parametrize("kind", ["text/vcard", "text/x-vcard", 'application/octet-stream; name="JENS.VCF"'])
def test_ways_to_travel(kind: str) -> None:
    (reading,) = readings(mail(CARD + END, kind=kind))
    assert reading.customer is not None
    assert reading.customer.phones == ("+4520304050",)
    assert set(reading.origins.values()) == {"vcard"}


def test_the_senders_card_completes_the_sender() -> None:
    (reading,) = read.parse(mail(CARD + "LANG:da\n" + END)).readings
    assert reading.customer is not None
    assert (reading.customer.emails, reading.customer.phones) == (("jens@kunde.example",), ("+4520304050",))
    assert reading.comments == "Hej, ring til mig."
    assert reading.language == "da"


@pytest.mark.parametrize("written", ["àà", "d", "12", "中文"])
def test_what_is_no_language_is_none(written: str) -> None:
    (reading,) = readings(mail(CARD + f"LANG:{written}\n" + END))
    assert reading.language is None


NOT_THE_CUSTOMER: dict[str, tuple[bytes, dict[str, str]]] = {
    "somebody else's": (
        mail(CARD.replace("jens@", "anna@").replace("Jens Jensen", "Anna Jensen") + END),
        {"contact card": "Anna Jensen, anna@kunde.example, +4520304050"},
    ),
    "two cards": (
        mail(CARD + END, "BEGIN:VCARD\nFN:Anna\n" + END),
        {"contact card": "Jens Jensen, jens@kunde.example, +4520304050; Anna"},
    ),
    "our own signature card": (mail(CARD.replace("kunde.example", "muster.example") + END, head=FROM_FORM), {}),
    "our own, without an address": (
        mail("BEGIN:VCARD\nFN:Verkauf\nTEL:030 1\n" + END, head=FROM_FORM.replace("wordpress", "anna")),
        {},
    ),
    "a platform's": (mail(CARD.replace("jens@kunde.example", "service@mobile.de") + END), {}),
}


@pytest.mark.parametrize("name", NOT_THE_CUSTOMER)
def test_cards_that_are_not_the_customers(name: str) -> None:
    raw, extra = NOT_THE_CUSTOMER[name]
    found = readings(raw)
    assert all(reading.customer is None for reading in found)
    assert {label: text for reading in found for label, text in reading.extra.items()} == extra


def test_the_same_card_twice_is_one() -> None:
    (reading,) = readings(mail(CARD + END, CARD + END))
    assert reading.customer is not None


def test_a_form_keeps_its_kind_beside_a_card() -> None:
    form = b"Name: Jens Jensen\r\nBil: VW ID.4\r\nTelefon: 20304050\r\n"
    (reading,) = read.parse(mail(CARD + END).replace(b"Hej, ring til mig.\r\n", form)).readings
    assert reading.kind == "lead"
    assert reading.vehicles[0].model == "ID.4"
