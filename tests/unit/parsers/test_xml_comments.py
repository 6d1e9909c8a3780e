"""XML in comments of HTML: formats.md part 3, AutoScout24 calls, of which no authentic sample is public."""

import pytest

from parsers import document, read, xml_comments
from parsers.records import Hints, Reading

HEAD = b"From: AutoScout24 <no-reply@rtm.autoscout24.com>\r\nTo: as24@leads.muster.example\r\nSubject: Anruf\r\n"


def readings(*comments: str, hints: Hints | None = None) -> tuple[Reading, ...]:
    shown = "".join(f"<!--{comment}-->" for comment in comments)
    raw = HEAD + b"Content-Type: text/html; charset=utf-8\r\n\r\n" + f"<p>Anruf</p>{shown}<p>030 99</p>".encode()
    mail = document.parse(raw, hints)
    return xml_comments.readings(mail, mail.hints)


CALLS = {
    "elements": "<Call><CallerNumber>0171 5550123</CallerNumber><CallStart>2026-11-03T14:05:12+01:00</CallStart>"
    "<CallStatus>{status}</CallStatus><Make>VW</Make></Call>",
    "words with bars": "<lead><call><caller_number>0171 5550123</caller_number><start_time>2026-11-03T14:05:12+01:00"
    "</start_time><result>{status}</result></call><vehicle><make>VW</make></vehicle></lead>",
    "attributes": '<call caller="0171 5550123" timestamp="2026-11-03T14:05:12+01:00" state="{status}"/>'
    "<vehicle><make>VW</make></vehicle>",
    "prefix and prolog": '\n<?xml version="1.0"?>\n<as:Calls xmlns:as="urn:x"><as:Caller>0171 5550123</as:Caller>'
    "<as:DateTime>2026-11-03T14:05:12+01:00</as:DateTime><as:Accepted>{status}</as:Accepted></as:Calls>",
    "German": "<Anruf><Anrufer>0171 5550123</Anrufer><Anrufzeit>2026-11-03T14:05:12+01:00</Anrufzeit>"
    "<CallTime>2026-11-03T14:05:12+01:00</CallTime><Status>{status}</Status></Anruf>",
    "not well-formed": "<Call><Caller>0171 5550123</Caller><Time>x</Tim><CallTime>2026-11-03T14:05:12+01:00</CallTime>"
    "<Status>{status}</Status><Note>A & B",
}


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize(("status", "accepted"), [("accepted", True), ("MISSED", False), ("0", False)])
def test_calls(name: str, status: str, accepted: bool) -> None:
    (reading,) = readings(CALLS[name].format(status=status))
    assert reading.call is not None
    assert (reading.call.number, reading.call.started_at) == ("+491715550123", "2026-11-03T14:05:12+01:00")
    assert reading.call.accepted is accepted
    assert reading.customer is not None
    assert reading.customer.phones == ("+491715550123",)
    assert reading.origins["call.number"] == "xml"
    assert reading.language is None


def test_a_lead_of_a_person() -> None:
    (reading,) = readings(
        "<Lead><LeadId>4711</LeadId><Customer><FirstName>Petra</FirstName><LastName>Probe</LastName>"
        "<Email>petra@kunde.example</Email><Phone>030 1234567</Phone><City>Berlin</City></Customer>"
        "<Vehicle><Make>VW</Make><Model>Golf</Model><Price currency='EUR'>12345</Price>"
        "<Mileage unit='km'>13200</Mileage>"
        "</Vehicle><TradeIn><Make>BMW</Make></TradeIn><Message>Ist er <![CDATA[<noch>]]> da?</Message></Lead>"
    )
    person = reading.customer
    assert person is not None
    assert person.address is not None
    assert (person.name, person.emails, person.phones) == ("Petra Probe", ("petra@kunde.example",), ("+49301234567",))
    assert person.address.city == "Berlin"
    assert [(car.role, car.make) for car in reading.vehicles] == [("wanted", "VW"), ("trade-in", "BMW")]
    assert reading.vehicles[0].price is not None
    assert reading.vehicles[0].price.amount == "12345.00"
    assert reading.external_ids[0].value == "4711"
    assert reading.comments == "Ist er <noch> da?"


@pytest.mark.parametrize("house", ["Dealer", "Vendor", "Seller", "Provider", "Haendler"])
def test_what_stands_in_a_house_is_not_the_customers(house: str) -> None:
    (reading,) = readings(
        f"<Call><{house}><Name>Autohaus Muster</Name><Phone>030 999000</Phone>"
        f"<Email>a@muster.example</Email><City>Ulm</City>"
        f"</{house}><Caller>0171 5550123</Caller><CalledNumber>030 999001</CalledNumber><Status>missed</Status></Call>"
    )
    assert reading.customer is not None
    assert (reading.customer.name, reading.customer.emails) == (None, ())
    assert reading.customer.phones == ("+491715550123",)
    assert reading.customer.address is None
    assert "030 999001" in reading.extra.values()


NO_XML = [
    "[if mso]><xml><Name>Max</Name><Phone>030 1234567</Phone></xml><![endif]",
    " <tr><td>Name: Max</td><td>Phone: 030 1234567</td></tr> ",
    " <o:OfficeDocumentSettings><Name>Max</Name></o:OfficeDocumentSettings> ",
    " Name: Max Phone: 030 1234567 ",
    "<lead></lead>",
    "<lead><unknown>x</unknown></lead>",
    "<lead",
    "<>< / ></>",
]


@pytest.mark.parametrize("comment", NO_XML)
def test_comments_that_hold_nothing(comment: str) -> None:
    assert readings(comment) == ()


def test_adf_in_a_comment_is_adf() -> None:
    adf = "<adf><prospect><customer><contact><name part='full'>Max Muster</name></contact></customer></prospect></adf>"
    assert readings(adf) == ()


def test_nothing_is_declared_or_fetched() -> None:
    declared = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    (reading,) = readings(f"<?xml version='1.0'?>{declared}<lead><Name>Max &x;</Name><Phone>030 1</Phone></lead>")
    assert "root:" not in str(reading)


def test_two_calls_of_one_mail() -> None:
    calls = [CALLS["elements"].format(status=status) for status in ("accepted", "missed")]
    raw = HEAD + b"Content-Type: text/html\r\n\r\n" + f"<!--{calls[0]}--><!--{calls[1]}-->".encode()
    assert [reading.call.accepted for reading in read.parse(raw).readings if reading.call] == [True, False]
