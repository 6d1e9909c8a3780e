"""schema.org in mails: JSON-LD and microdata as items, and the requests that are made of them."""

import json
from typing import Any

import pytest

from parsers import document, json_ld, markup, microdata, read
from parsers.items import Item
from parsers.records import Hints, Money, Reading

HEAD = b"From: Buchung <noreply@buchung.example>\r\nTo: service@leads.muster.example\r\nSubject: Neu\r\n"


def mail(body: str, head: bytes = HEAD) -> bytes:
    return head + b"Content-Type: text/html; charset=utf-8\r\n\r\n" + body.encode()


def script(data: object) -> str:
    return f'<script type="application/ld+json">{data if isinstance(data, str) else json.dumps(data)}</script>'


def readings(*things: object, hints: Hints | None = None, head: bytes = HEAD) -> tuple[Reading, ...]:
    found = document.parse(mail("".join(map(script, things)), head), hints)
    return markup.readings(found, found.hints)


def names(items: list[Item]) -> list[str | None]:
    return [item.text("name") for item in items]


EVENT = '{"@type": "Event", "name": "Inspektion"}'
SCRIPTS: dict[str, tuple[str, list[str]]] = {
    "one": (EVENT, ["Inspektion"]),
    "array": (f"[{EVENT}, {EVENT}]", ["Inspektion", "Inspektion"]),
    "graph": (f'{{"@context": "https://schema.org", "@graph": [{EVENT}]}}', ["Inspektion"]),
    "comma at the end": ('{"@type": "Event", "name": "Inspektion", }', ["Inspektion"]),
    "comment before": (f"// Termin\n{EVENT}", ["Inspektion"]),
    "comments with a web address kept": ('/* x */{"@type": "Event", "name": "http://x // y", }', ["http://x // y"]),
    "in CDATA": (f"//<![CDATA[\n{EVENT}\n//]]>", ["Inspektion"]),
    "in a comment": (f"<!--\n{EVENT}\n-->", ["Inspektion"]),
    "line end inside a text": ('{"@type": "Event", "name": "Inspek\ntion"}', ["Inspek\ntion"]),
    "escaped as HTML": (EVENT.replace('"', "&quot;"), ["Inspektion"]),
    "two after each other": (EVENT + EVENT, ["Inspektion", "Inspektion"]),
    "prefixed": ('{"@type": "http://schema.org/Event", "schema:name": "Inspektion"}', ["Inspektion"]),
    "value object": ('{"@type": "Event", "name": {"@value": "Inspektion", "@language": "de"}}', ["Inspektion"]),
    "named elsewhere": ('{"@graph": [{"@id": "#x", "@type": "Event", "name": "A"}, {"@id": "#x"}]}', ["A", "A"]),
    "names itself": ('{"@id": "#x", "@type": "Event", "name": "A", "superEvent": {"@id": "#x"}}', ["A"]),
    "empty": ("", []),
    "empty object": ("{}", []),
    "no object": ("[1, null, true, [[]]]", []),
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_json_ld(name: str) -> None:
    """formats.md part 2: broken JSON, arrays, empty blocks."""
    text, expected = SCRIPTS[name]
    items, defects = json_ld.items(script(text))
    assert (names(items), defects) == (expected, [])


@pytest.mark.parametrize("text", ['{"@type": "Event"', "<html>", "{'a': 1}", "[" * 100_000, '{"a":' * 50_000])
def test_json_that_is_none_is_noted(text: str) -> None:
    assert json_ld.items(script(text)) == ([], ["JSON-LD that is no JSON"])


def test_json_ld_inside_microdata() -> None:
    page = f'<div itemscope itemtype="http://schema.org/Hotel">{script(EVENT)}</div>'
    assert names(json_ld.items(page)[0]) == ["Inspektion"]


VALUES = {
    '<b itemprop="x"> a <i>b</i><br>c </b>': "a b c",
    '<meta itemprop="x" content="a">': "a",
    '<a itemprop="x" href="https://a.example/">b</a>': "https://a.example/",
    '<link itemprop="x" href="http://schema.org/InStock">': "http://schema.org/InStock",
    '<img itemprop="x" src="a.png" alt="b">': "a.png",
    '<time itemprop="x" datetime="2026-11-12">heute</time>': "2026-11-12",
    '<time itemprop="x">heute</time>': "heute",
    '<data itemprop="x" value="5">fünf</data>': "5",
    '<span itemprop="x y">a</span>': "a",
    '<div><p><span itemprop="x">a</span></p></div>': "a",
    '<span itemprop="x">a<script>b</script></span>': "a",
}


@pytest.mark.parametrize("inner", VALUES)
def test_microdata_values(inner: str) -> None:
    (item,) = microdata.items(f'<div itemscope itemtype="https://schema.org/Event">{inner}</div>')
    assert (item.types, item.text("x")) == (("Event",), VALUES[inner])


def test_microdata_in_a_paragraph_that_a_div_would_end() -> None:
    """The example in Gmail's own documentation."""
    (item,) = microdata.items('<p itemscope itemtype="Order">1<div itemprop="name">A</div></p><p>x')
    assert item.text("name") == "A"


def test_microdata_by_reference() -> None:
    page = (
        '<div itemscope itemref="a b c"></div><p id="a" itemprop="name">A</p><div id="b"><b itemprop="url">B</b></div>'
    )
    (item,) = microdata.items(page)
    assert (item.text("name"), item.text("url")) == ("A", "B")


PERSON = {"@type": "Person", "name": "Petra Probe", "email": "petra@kunde.example", "telephone": "030 1234567"}
VISIT = {
    "@type": "EventReservation",
    "reservationNumber": "W-1",
    "reservationStatus": "http://schema.org/ReservationConfirmed",
    "underName": PERSON,
    "reservationFor": {"@type": "Event", "name": "Inspektion", "startDate": "2026-11-12T08:30:00+01:00"},
}
CAR = {
    "@type": "Car",
    "name": "2019 Volkswagen Golf",
    "vehicleIdentificationNumber": "WVWZZZ1KZAW000123",
    "sku": "A-17",
    "mileageFromOdometer": {"@type": "QuantitativeValue", "value": "45000", "unitCode": "KMT"},
    "offers": {
        "@type": "Offer",
        "price": "12345.50",
        "priceCurrency": "EUR",
        "itemCondition": "http://schema.org/UsedCondition",
    },
}
DEALER = {"@type": "AutoDealer", "name": "Autohaus Muster"}


def test_a_visit() -> None:
    (reading,) = readings(VISIT, CAR, DEALER)
    assert reading.kind == "booking"
    assert reading.booking is not None
    assert reading.customer is not None
    assert (reading.booking.starts_at, reading.booking.services) == ("2026-11-12T08:30:00+01:00", ("Inspektion",))
    assert (reading.booking.status, reading.external_ids[0].value) == ("confirmed", "W-1")
    assert (reading.customer.name, reading.customer.phones) == ("Petra Probe", ("+49301234567",))
    assert reading.dealer is not None
    assert reading.dealer.name == "Autohaus Muster"
    assert set(reading.origins.values()) == {"markup"}


def test_a_car_of_a_listing() -> None:
    (reading,) = readings(CAR, PERSON, hints=Hints(kind="lead"))
    (car,) = reading.vehicles
    assert (reading.kind, car.role, car.make, car.model, car.year) == ("lead", "wanted", "Volkswagen", "Golf", "2019")
    assert (car.vin, car.stock_number, car.condition) == ("WVWZZZ1KZAW000123", "A-17", "used")
    assert car.price == Money(amount="12345.50", currency="EUR")
    assert car.odometer is not None
    assert (car.odometer.value, car.odometer.unit) == (45000, "km")


def test_an_offer_names_its_car() -> None:
    offer = {
        "@type": "Offer",
        "price": 9999,
        "priceCurrency": "EUR",
        "itemOffered": {"@type": "Car", "name": "VW Polo"},
    }
    (reading,) = readings(offer, hints=Hints(source_type="website"))
    assert reading.vehicles[0].make == "Volkswagen"
    assert reading.vehicles[0].price == Money(amount="9999.00", currency="EUR")


def test_a_review_of_a_house() -> None:
    review = {
        "@type": "Review",
        "author": {"@type": "Person", "name": "Anna"},
        "reviewRating": {"@type": "Rating", "ratingValue": 4, "bestRating": 5},
        "reviewBody": "Gut.",
        "publisher": {"@type": "Organization", "name": "Portal"},
        "itemReviewed": DEALER,
    }
    (reading,) = readings(review, PERSON)
    assert reading.kind == "review"
    assert reading.customer is None
    assert reading.review is not None
    shown = reading.review
    assert (shown.author, shown.rating, shown.best_rating, shown.text, shown.platform) == (
        "Anna",
        "4",
        "5",
        "Gut.",
        "Portal",
    )
    assert reading.dealer is not None


def test_an_order() -> None:
    order = {
        "@type": "Order",
        "orderNumber": 77,
        "customer": PERSON,
        "orderDate": "2026-11-04",
        "seller": DEALER,
        "acceptedOffer": [{"@type": "Offer", "itemOffered": {"@type": "Product", "name": "Winterräder"}}],
    }
    (reading,) = readings({"@type": "Invoice", "referencesOrder": order})
    assert (reading.kind, reading.external_ids[0].value, reading.external_ids[0].source) == (
        "lead",
        "77",
        "Autohaus Muster",
    )
    assert (reading.requested_at, reading.extra) == ("2026-11-04", {"ordered": "Winterräder"})


NOTHING: dict[str, list[Any]] = {
    "flight": [{"@type": "FlightReservation", "reservationNumber": "X", "underName": PERSON}],
    "hotel": [{"@type": "LodgingReservation", "reservationNumber": "X", "underName": PERSON}],
    "concert": [{"@type": "Event", "name": "Konzert", "startDate": "2026-11-12"}],
    "review of a book": [{"@type": "Review", "reviewBody": "Gut", "itemReviewed": {"@type": "Book", "name": "X"}}],
    "book of a page": [
        {"@type": "WebPage", "mainEntity": {"@type": "Book", "review": {"@type": "Review", "reviewBody": "x"}}}
    ],
    "list of cars": [CAR, {**CAR, "vehicleIdentificationNumber": "WVWZZZ1KZAW000124"}],
    "list of cars as a list": [
        {
            "@type": "ItemList",
            "itemListElement": [
                {"@type": "ListItem", "item": CAR},
                {"@type": "ListItem", "item": {"@type": "Car", "name": "VW Up"}},
            ],
        }
    ],
    "two persons": [PERSON, {"@type": "Person", "name": "Karl"}],
    "our own person": [{**PERSON, "email": "verkauf@muster.example"}],
    "platform's person": [{**PERSON, "email": "service@mobile.de"}],
    "dealer alone": [DEALER],
    "article": [{"@type": "BlogPosting", "author": PERSON, "headline": "Neues"}],
    "search box": [{"@type": "WebSite", "potentialAction": {"@type": "SearchAction"}}],
    "product": [{"@type": "Product", "name": "Anvil", "offers": {"@type": "Offer", "price": "1"}}],
}


@pytest.mark.parametrize("name", NOTHING)
def test_what_makes_no_request(name: str) -> None:
    assert readings(*NOTHING[name]) == ()


def test_an_event_of_a_source_of_bookings_is_one() -> None:
    event = {"@type": "Event", "name": "Inspektion", "startDate": "2026-11-12T08:30"}
    (reading,) = readings(event, hints=Hints(kind="booking"))
    assert reading.booking is not None
    assert reading.booking.starts_at == "2026-11-12T08:30:00"


def test_what_is_described_twice_is_one() -> None:
    assert len(readings(VISIT, VISIT)) == 1
    assert len(readings(VISIT, {**VISIT, "reservationNumber": "W-2"})) == 2


def test_several_reviews_stay_several() -> None:
    reviews = [{"@type": "Review", "author": f"A{n}", "reviewRating": n, "reviewBody": f"Text {n}"} for n in (1, 2, 3)]
    found = read.parse(mail(script(reviews))).readings
    assert [reading.review.rating for reading in found if reading.review] == ["1", "2", "3"]


def test_the_table_beside_completes_the_markup() -> None:
    table = "<table><tr><th>Kennzeichen</th><td>B-PP 123</td></tr><tr><th>Name</th><td>Petra Probe</td></tr></table>"
    (reading,) = read.parse(mail(script(VISIT) + table)).readings
    assert reading.vehicles[0].plate == "B-PP 123"
    assert (reading.origins["vehicles.0.plate"], reading.origins["customer.name"]) == ("table", "markup")


def test_the_table_of_somebody_else_does_not() -> None:
    table = "<table><tr><th>Name</th><td>Karl Kunde</td></tr><tr><th>Telefon</th><td>030 7654321</td></tr></table>"
    (reading,) = read.parse(mail(script(VISIT) + table)).readings
    assert reading.customer is not None
    assert (reading.customer.name, reading.customer.phones) == ("Petra Probe", ("+49301234567",))
