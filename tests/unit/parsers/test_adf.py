"""ADF: every line of the expectations, in every way that ADF travels, and the variants that no sample shows."""

import base64
import html
import json
import quopri
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from parsers import adf, document, read
from parsers.clean import LINE_LIMIT
from parsers.document import Document
from parsers.records import Hints, Reading
from tests.unit.parsers import adf_expectations as expectations

Make = Callable[..., Document]
HINTS = Hints()

FROM = b"From: leads@service.example\r\nTo: berlin@leads.muster.example\r\nSubject: Lead\r\nMIME-Version: 1.0\r\n"
TEXT = b"Content-Type: text/plain; charset=utf-8\r\n\r\nA lead is attached.\r\n"


def body(raw: bytes) -> bytes:
    return FROM + b"Content-Type: text/plain; charset=utf-8\r\n\r\n" + raw


def in_base64(raw: bytes) -> bytes:
    head = b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    return FROM + head + base64.encodebytes(raw)


def in_quoted_printable(raw: bytes) -> bytes:
    head = b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    return FROM + head + quopri.encodestring(raw)


def mixed(first: bytes, second: bytes) -> bytes:
    head = FROM + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
    return head + b"--b\r\n" + first + b"\r\n--b\r\n" + second + b"\r\n--b--\r\n"


def attached(kind: str, name: str = "") -> Callable[[bytes], bytes]:
    disposition = f'Content-Disposition: attachment; filename="{name}"\r\n' if name else ""
    head = f"Content-Type: {kind}\r\n{disposition}Content-Transfer-Encoding: base64\r\n\r\n".encode()
    return lambda raw: mixed(TEXT, head + base64.encodebytes(raw))


def escaped(raw: bytes) -> bytes:
    shown = html.escape(raw.decode(), quote=False).replace("\n", "<br>\n")
    head = b"Content-Type: text/html; charset=utf-8\r\n\r\n"
    return FROM + head + f"<html><body><p>New lead</p><div>{shown}</div></body></html>".encode()


def naked_in_html(raw: bytes) -> bytes:
    return FROM + b"Content-Type: text/html; charset=utf-8\r\n\r\n<html><body>" + raw + b"</body></html>"


def twice(raw: bytes) -> bytes:
    return mixed(body(raw).split(b"MIME-Version: 1.0\r\n")[1], b"Content-Type: application/xml\r\n\r\n" + raw)


WAYS: dict[str, Callable[[bytes], bytes]] = {
    "body": body,
    "base64": in_base64,
    "quoted-printable": in_quoted_printable,
    "application/xml": attached("application/xml"),
    "text/xml": attached("text/xml", "lead.xml"),
    "octet-stream .xml": attached("application/octet-stream", "lead.XML"),
    "octet-stream .adf": attached("application/octet-stream", "lead.adf"),
    "escaped in HTML": escaped,
    "naked in HTML": naked_in_html,
    "body and attachment": twice,
}


def lines(corpus: Path) -> list[dict[str, Any]]:
    text = (corpus / "adf" / "expected.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize("way", WAYS)
def test_every_line_of_the_expectations(corpus: Path, way: str) -> None:
    wrong: dict[str, list[str]] = {}
    for line in lines(corpus):
        mail = WAYS[way]((corpus / line["file"]).read_bytes())
        found = read.parse(mail, HINTS)
        differences = expectations.differences(line, list(found.readings))
        if differences or any(":" in defect for defect in found.defects):
            wrong[line["file"]] = [*differences, *found.defects]
    assert wrong == {}


def test_what_has_no_place_of_its_own_is_kept(corpus: Path) -> None:
    lost = {}
    for line in lines(corpus):
        found = read.parse(body((corpus / line["file"]).read_bytes()), HINTS)
        if missing := expectations.lost(line, list(found.readings)):
            lost[line["file"]] = missing
    assert lost == {}


def adf_of(mail: Make, markup: str, hints: Hints = HINTS) -> tuple[Reading, ...]:
    return adf.readings(mail("Content-Type: text/plain; charset=utf-8", markup), hints)


def test_the_origin_of_every_field_is_noted(mail: Make) -> None:
    contact = "<contact><name part='first'>Eve</name><email>eve@example.de</email></contact>"
    comments = "<comments>Preferred Date: 2026-11-24\nOdometer reading: none</comments>"
    (reading,) = adf_of(mail, f"<adf><prospect><customer>{contact}{comments}</customer></prospect></adf>")
    assert reading.origins["customer.name"] == reading.origins["customer.emails"] == "adf"
    assert {path: level for path, level in reading.origins.items() if level != "adf"}


def one(mail: Make, inner: str, hints: Hints = HINTS) -> Reading:
    (reading,) = adf_of(mail, f"<adf><prospect>{inner}</prospect></adf>", hints)
    return reading


@pytest.mark.parametrize(
    "markup",
    [
        '<?xml version="1.0"?><?adf version="1.0"?><adf><prospect><id source="a">1</id></prospect></adf>',
        '<?ADF VERSION "1.0"?><?XML VERSION “1.0”?>\n<ADF><Prospect><ID Source="a">1</ID></Prospect></ADF>',
        '<adf:adf xmlns:adf="urn:adf"><adf:prospect><adf:id source="a">1</adf:id></adf:prospect></adf:adf>',
        '<adf:adf><adf:prospect><adf:id source="a">1</adf:id></adf:prospect></adf:adf>',
        '<prospect status="new"><id source="a">1</id></prospect>',
        '<adf version="1.0"><prospect><id sequence=1 source=a>1</id></prospect></adf>',
        '<adf><prospect><id sequence="1" source=“a”>1</id></prospect></adf>',
        '<adf><prospect><id source="a" value="1"/></prospect></adf>',
        'Dear dealer,\n\n<adf>\n<prospect><id source="a">1</id></prospect>\n</adf>\n\nRegards <service>',
        '<adf><prospect><id source="a">1</id><vehicle interest="buy" status="new"/></prospect></adf>',
        '<adf><prospect><id source="a">1</id><!-- a -- b --></prospect></adf>',
        '<adf><prospect><id source="a">1</id><vehicle><make>',
    ],
)
def test_prologs_roots_and_attributes(mail: Make, markup: str) -> None:
    (reading,) = adf_of(mail, markup)
    assert [(i.source, i.value) for i in reading.external_ids] == [("a", "1")]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2026-01-19 16:40:00 -0600", "2026-01-19T16:40:00-06:00"),
        ("20260119T164000-0600", "2026-01-19T16:40:00-06:00"),
        ("2026-01-19T16:40:00-06:0", "2026-01-19T16:40:00-06:00"),
        ("2025-09-22T18:07", "2025-09-22T18:07:00"),
        ("2008-06-25T8:47:50", "2008-06-25T08:47:50"),
        ("2024-25-06 10:00:00", "2024-06-25T10:00:00"),
        ("2024-01-02T03:04:05.678Z", "2024-01-02T03:04:05Z"),
        ("soon", None),
        ("2024-13-32T25:61:61", None),
    ],
)
def test_requestdates(mail: Make, written: str, read: str | None) -> None:
    reading = one(mail, f"<requestdate>{written}</requestdate>")
    expected = {"requested_at": read} if read else {"extra": {"requestdate": written}}
    assert {"requested_at": reading.requested_at} == expected or reading.extra == expected.get("extra")


@pytest.mark.parametrize(
    ("phone", "region", "read"),
    [
        ("<phone>030 1234567</phone>", "DE", "+49301234567"),
        ("<cellphone>20 12 34 56</cellphone>", "DK", "+4520123456"),
        ("<phone type='cell'>+86 138 0013 8000</phone>", "DE", "+8613800138000"),
        ("<phone type='fax'>030 1234567</phone>", "DE", None),
        ("<phone>(604) 123-4567</phone>", "DE", "(604) 123-4567"),
        ("<phone/>", "DE", None),
    ],
)
def test_phones(mail: Make, phone: str, region: str, read: str | None) -> None:
    inner = f"<customer><contact><name>Eve</name>{phone}</contact></customer>"
    customer = one(mail, inner, Hints(region=region)).customer
    assert customer is not None
    assert customer.phones == ((read,) if read else ())


def test_the_preferred_phone_comes_first(mail: Make) -> None:
    phones = '<phone>030 1111111</phone><phone preferredcontact="1">030 2222222</phone>'
    customer = one(mail, f"<customer><contact>{phones}</contact></customer>").customer
    assert customer is not None
    assert customer.phones == ("+49302222222", "+49301111111")


def test_what_is_made_of_parts_is_no_longer_than_any_line(mail: Make) -> None:
    parts = "".join(f"<name part='{part}'>{part * 80}</name>" for part in ("first", "last"))
    address = "".join(f"<street line='{number}'>{'Straße ' * 60}</street>" for number in (1, 2))
    customer = one(mail, f"<customer><contact>{parts}<address>{address}</address></contact></customer>").customer
    assert customer is not None
    assert customer.name == f"{'first' * 80} {'last' * 80}"[:LINE_LIMIT]
    assert customer.address is not None
    assert len(customer.address.street or "") == LINE_LIMIT


def test_trade_in_before_the_wanted_car(mail: Make) -> None:
    inner = (
        "<vehicle interest='trade-in' status='USED'><make>VW</make><odometer units='miles'>13,200</odometer></vehicle>"
        "<vehicle status='brand-new'><make>Audi</make><price currency='EUR'>0.00</price>"
        "<price currency='eur'>24500</price><stocknumber>A1</stocknumber></vehicle>"
    )
    old, new = one(mail, inner).vehicles
    assert (old.role, old.condition, new.role, new.condition) == ("trade-in", "used", "wanted", None)
    assert old.odometer is not None
    assert (old.odometer.value, old.odometer.unit) == (13200, "mi")
    assert new.price is not None
    assert (new.price.amount, new.price.currency, new.stock_number) == ("24500.00", "EUR", "A1")


@pytest.mark.parametrize("written", ["€€€", "ÃUR", "1EU", "Euro", ""])
def test_what_is_no_code_is_no_currency(mail: Make, written: str) -> None:
    (car,) = one(mail, f"<vehicle><make>VW</make><price currency='{written}'>24500</price></vehicle>").vehicles
    assert (car.price and car.price.amount, car.price and car.price.currency) == ("24500.00", None)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("<comments><![CDATA[<p>One</p><p>Two &amp; three</p>]]></comments>", "One\n\nTwo & three"),
        ("<comments>M & M GmbH &mdash; R&D</comments>", "M & M GmbH — R&D"),
        ("<comment>less < more</comment>", "less < more"),
        ("<comments>a\x07b</comments>", "ab"),
    ],
)
def test_comments(mail: Make, written: str, read: str) -> None:
    for inner in (written, f"<customer>{written}</customer>", f"<customer><contact>{written}</contact></customer>"):
        assert one(mail, inner).comments == read


def test_latin_1_under_a_false_label() -> None:
    markup = '<?xml version="1.0" encoding="UTF-8"?><adf><prospect><id>Bjørn</id></prospect></adf>'.encode("latin-1")
    raw = FROM + b"Content-Type: application/xml\r\n\r\n" + markup
    (reading,) = adf.readings(document.parse(raw), HINTS)
    assert reading.external_ids[0].value == "Bjørn"


@pytest.mark.parametrize(
    "markup",
    [
        '<!DOCTYPE adf [<!ENTITY x SYSTEM "file:///etc/passwd">]><adf><prospect><id>&x;</id></prospect></adf>',
        '<adf><!DOCTYPE adf [<!ENTITY x SYSTEM "file:///etc/passwd">]><prospect><id>&x;</id></prospect></adf>',
        "<!DOCTYPE adf [<!ENTITY a 'ha'><!ENTITY x '&a;&a;&a;'>]><adf><prospect><id>&x;</id></prospect></adf>",
    ],
)
def test_entities_are_never_expanded(mail: Make, markup: str) -> None:
    (reading,) = adf_of(mail, markup)
    assert reading.external_ids[0].value == "&x;"


@pytest.mark.parametrize(
    "markup",
    [
        "<adf>" + "<a>" * 100_000,
        "<adf>" + "<prospect>" * 100_000,
        "<adf><prospect>" + "<vehicle>" * 50_000 + "</prospect></adf>",
        "<adf><prospect>" + "<id>1</id>" * 50_000 + "</prospect></adf>",
        "<adf><prospect>" + "<x>1</x>" * 50_000 + "</prospect></adf>",
        "<adf" + " a=b" * 100_000 + ">",
        "<!DOCTYPE [" * 50_000 + "<adf><prospect/></adf>",
        "<adf>" + "<!DOCTYPE [" * 50_000,
        "<adf>" + "&" * 500_000,
        "<adf>" + "<!--" * 100_000,
        "<adf>" + "</adf>" * 100_000,
        "&lt;adf&gt;" * 50_000,
    ],
)
def test_hostile_markup_ends(mail: Make, markup: str) -> None:
    readings = adf_of(mail, markup)
    assert len(readings) <= adf.PROSPECTS
    assert all(len(reading.extra) <= 102 for reading in readings)


def test_dealer_and_service_are_never_the_customer() -> None:
    inner = (
        "<customer><contact><name>Eve</name></contact></customer>"
        "<vendor><contact><name>Sales</name><phone>030 1</phone><email>sales@muster.example</email></contact></vendor>"
        "<provider><name>Portal</name><email>help@portal.example</email><phone>030 22222222</phone></provider>"
    )
    lead = f"<adf><prospect>{inner}</prospect></adf>".encode()
    text = TEXT + b"\r\nDealer: Autohaus Muster\r\nPhone: 030 22222222\r\nE-mail: sales@muster.example\r\n"
    (reading,) = read.parse(mixed(text, b"Content-Type: application/xml\r\n\r\n" + lead), HINTS).readings
    assert reading.customer is not None
    assert (reading.customer.name, reading.customer.emails, reading.customer.phones) == ("Eve", (), ())
    assert reading.dealer is not None
    assert reading.dealer.name == "Sales"
