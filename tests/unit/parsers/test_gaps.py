"""What free text adds to a reading: gaps are filled only with what can be nobody else's."""

from urllib.parse import quote

import pytest

from parsers import gaps
from parsers.read import parse
from parsers.records import Hints, Reading, Vehicle

LISTING = "https://suchen.mobile.de/fahrzeuge/details.html?id=412345678"
OTHER = "https://suchen.mobile.de/fahrzeuge/details.html?id=412345679"
PLAIN = Hints(own=("verkauf@muster.example", "desk@muster.example"), own_phone="030 5550100")
FORM = Hints(source_type="website", kind="lead", own=PLAIN.own, own_phone=PLAIN.own_phone)
PORTAL = Hints(source_type="mobile.de", kind="lead", language="de", senders=("mobile.de",), own=PLAIN.own)
WORKSHOP = Hints(source_type="booking-tool", kind="booking", own=PLAIN.own)


def mail(
    body: str,
    *head: str,
    sender: str = "Eva Beispiel <eva@kunde.example>",
    subject: str = "Frage",
    kind: str = "text/plain",
) -> bytes:
    lines = [f"From: {sender}", "To: leads@muster.example", f"Subject: {subject}", *head]
    return "\r\n".join([*lines, f"Content-Type: {kind}; charset=utf-8", "", body]).encode()


def read(raw: bytes, hints: Hints = PLAIN) -> Reading:
    (reading,) = parse(raw, hints).readings
    return reading


def test_a_persons_mail_stays_unsorted_and_can_be_answered() -> None:
    reading = read(
        mail(
            "Guten Tag, mein Name ist Eva Beispiel, bitte rufen Sie mich unter 0151 23456789 an.\n"
            "Mein Auto: Kennzeichen B-AB 1234, FIN WVWZZZ1KZAW123456"
        )
    )
    assert reading.kind == "unsorted"
    assert reading.customer
    assert (reading.customer.emails, reading.customer.phones) == (("eva@kunde.example",), ("+4915123456789",))
    assert reading.vehicles == (Vehicle(vin="WVWZZZ1KZAW123456", plate="B-AB 1234"),)
    assert reading.origins["customer.phones"] == reading.origins["vehicles.0.vin"] == "text"


def test_a_source_says_what_kind_a_form_without_labels_is() -> None:
    text = "Name: Eva Beispiel\nE-Mail: eva@kunde.example\nNachricht: Bitte Termin, Tel. 0151 23456789"
    assert read(mail(text, sender="wordpress@muster.example"), WORKSHOP).kind == "booking"


@pytest.mark.parametrize(
    "text",
    [
        "Bitte 0151 23456789 oder meinen Mann, 030 123456",
        "Tel. 0151 23456789, abends 0151 23456780",
    ],
)
def test_two_numbers_are_alternatives(text: str) -> None:
    reading = read(mail(text))
    assert reading.customer
    assert reading.customer.phones == ()
    assert len(reading.alternatives["customer.phones"]) == 2


@pytest.mark.parametrize(
    ("text", "hints"),
    [
        ("Ich habe Sie unter 030 5550100 nicht erreicht", PLAIN),
        ("Siehe unten\n\nAm 22.11.2026 schrieb Verkauf <v@muster.example>:\n> Tel. 030 123456", PLAIN),
        ("Siehe unten\n-----Ursprüngliche Nachricht-----\nTel. 030 123456", PLAIN),
        ("See below\nOn Mon, 23 Nov 2026 at 10:00, Sales <s@muster.example> wrote:\nTel. 030 123456", PLAIN),
        ("FYI\nFrom: Sales <s@muster.example>\nTel. 030 123456", PLAIN),
        ("请看\n发件人: 销售 <s@muster.example>\n电话 030 123456", PLAIN),
        ("Kunden-Nr. 030 123456", PLAIN),
    ],
)
def test_numbers_of_others_are_nobodys(text: str, hints: Hints) -> None:
    reading = read(mail(text), hints)
    assert reading.customer
    assert reading.customer.phones == ()
    assert "customer.phones" not in reading.alternatives


def test_a_portals_signature_is_at_most_an_alternative() -> None:
    text = "Name: Eva Beispiel\nFahrzeug: VW Golf\nE-Mail: eva@kunde.example\n\nIhr Team, Hotline 030 81097500"
    reading = read(mail(text, sender="mobile.de <anfragen@mobile.de>"), PORTAL)
    assert reading.customer
    assert reading.customer.phones == ()


def test_the_message_field_is_the_persons_own() -> None:
    text = "Name: Eva Beispiel\nE-Mail: eva@kunde.example\nFahrzeug: VW Golf\nNachricht: Bitte 0151 23456789 anrufen"
    reading = read(mail(text, sender="wordpress@muster.example"), FORM)
    assert reading.customer
    assert reading.customer.phones == ("+4915123456789",)
    assert reading.origins["customer.phones"] == "text"


def test_a_labelled_number_is_not_touched() -> None:
    text = "Name: Eva Beispiel\nTelefon: 030 123456\nNachricht: oder 0151 23456789\nFahrzeug: VW Golf"
    reading = read(mail(text, sender="wordpress@muster.example"), FORM)
    assert reading.customer
    assert reading.customer.phones == ("+4930123456",)


def test_a_vin_beside_the_wanted_car_is_not_the_wanted_cars() -> None:
    text = "Name: Eva Beispiel\nE-Mail: e@k.example\nFahrzeug: VW Golf\nNachricht: Mein Altwagen: WVWZZZ1KZAW123456"
    reading = read(mail(text, sender="wordpress@muster.example"), FORM)
    assert [car.vin for car in reading.vehicles] == [None]
    assert reading.alternatives["vehicles.0.vin"] == ("WVWZZZ1KZAW123456",)


def test_a_vin_with_a_part_exchange_is_not_sure() -> None:
    reading = read(mail("Ich gebe meinen Wagen in Zahlung, FIN WVWZZZ1KZAW123456"))
    assert reading.vehicles == ()
    assert reading.alternatives["vehicles.0.vin"] == ("WVWZZZ1KZAW123456",)


def test_a_booking_is_about_the_customers_own_car() -> None:
    text = "Name: Eva Beispiel\nE-Mail: e@k.example\nWunschtermin: 25.11.2026\nNachricht: Kennzeichen B-AB 1234"
    reading = read(mail(text, sender="wordpress@muster.example"), WORKSHOP)
    assert reading.kind == "booking"
    assert [(car.role, car.plate) for car in reading.vehicles] == [("own", "B-AB 1234")]


@pytest.mark.parametrize(
    "body",
    [
        f"Ist der Wagen noch da? {LISTING}",
        f"{LISTING}&utm_source=x\nund noch einmal {LISTING}",
        f"https://eur01.safelinks.protection.outlook.com/?url={quote(LISTING, safe='')}&data=05",
        f"{LISTING}\nhttps://www.mobile.de/ https://muster.example/impressum",
    ],
)
def test_a_listing_is_the_wanted_car(body: str) -> None:
    assert read(mail(body)).vehicles == (Vehicle(role="wanted", listing_id="412345678", listing_url=LISTING),)


def test_a_listing_behind_a_link_of_the_html() -> None:
    body = f'<p>Guten Tag</p><a href="https://c.example/?u={quote(LISTING, safe="")}&amp;x=1">Zum Inserat</a>'
    assert read(mail(body, kind="text/html")).vehicles[0].listing_id == "412345678"


def test_two_listings_are_none() -> None:
    assert read(mail(f"{LISTING} oder {OTHER}?")).vehicles == ()


def test_a_labelled_link_loses_its_tracker() -> None:
    text = f"Name: Eva\nE-Mail: e@k.example\nLink zum Fahrzeug: https://c.example/?u={quote(LISTING, safe='')}"
    reading = read(mail(text, sender="wordpress@muster.example"), FORM)
    assert [(car.listing_url, car.listing_id) for car in reading.vehicles] == [(LISTING, "412345678")]
    assert reading.origins["vehicles.0.listing_id"] == "label"


def test_a_price_that_a_person_writes_is_an_alternative() -> None:
    reading = read(mail(f"Würden Sie 12.000 € nehmen? {LISTING}"))
    assert reading.vehicles[0].price is None
    assert reading.alternatives["vehicles.0.price"] == ("12000.00 EUR",)


def test_a_price_in_a_sources_subject_is_the_one_asked() -> None:
    text = "Naam: Eva\nE-mail: e@k.example\nBericht: nog beschikbaar?"
    subject = "Interesse in VW Golf 12.345 €"
    raw = mail(f"{text}\n{LISTING}", sender="noreply@mobile.de", subject=subject)
    price = read(raw, PORTAL).vehicles[0].price
    assert price
    assert (price.amount, price.currency) == ("12345.00", "EUR")


def test_a_mailto_link_of_a_source_names_the_person() -> None:
    body = (
        "<table><tr><td>Name</td><td>Eva Beispiel</td></tr><tr><td>Fahrzeug</td><td>VW Golf</td></tr></table>"
        '<a href="mailto:eva@kunde.example">Antworten</a> <a href="mailto:hilfe@mobile.de">Hilfe</a>'
        '<a href="mailto:verkauf@muster.example">Händler</a><a href="mailto:info@werbung.example">Info</a>'
    )
    reading = read(mail(body, sender="noreply@mobile.de", kind="text/html"), PORTAL)
    assert reading.customer
    assert reading.customer.emails == ("eva@kunde.example",)


def test_newsletters_are_left_alone() -> None:
    raw = mail(f"Tel. 030 123456 {LISTING}", "List-Id: <x.example>", sender="news@werbung.example")
    assert parse(raw, PLAIN).readings == ()


def test_adf_is_not_searched() -> None:
    adf = (
        "<?adf version='1.0'?><adf><prospect><customer><contact><name>Eva Beispiel</name></contact>"
        "<comments>Call 0151 23456789</comments></customer><vehicle><make>VW</make></vehicle></prospect></adf>"
    )
    reading = read(mail(adf, sender="leads@portal.example"), FORM)
    assert reading.customer
    assert reading.customer.phones == ()


def test_a_gap_filled_twice_is_filled_once() -> None:
    raw = mail("Bitte 0151 23456789 anrufen")
    reading = read(raw)
    from parsers.document import parse as taken_apart

    again = gaps.completed(reading, taken_apart(raw, PLAIN), PLAIN, "person", alone=True)
    assert again == reading
