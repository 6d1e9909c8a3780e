"""A record as ADF: what was read, written and read again is the same, whatever strangers put into it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from parsers.read import parse
from parsers.records import Booking, Complaint, Customer, Distance, ExternalId, Hints, Money, Reading, Vehicle
from rules.model import Record
from templates.adf import SOURCE, write_adf
from tests.support.samples import corpus

__all__ = ["corpus"]

US = Hints(region="US")
HEAD = "From: crm@partner.example\r\nSubject: Lead\r\nContent-Type: {type}\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"


def record(reading: Reading) -> Record:
    return Record(
        ref="L-7KQ2M4-2",
        kind=reading.kind,
        site="berlin",
        state="new",
        language="de",
        received_at=datetime(2026, 11, 22, 9, tzinfo=UTC),
        reading=reading,
    )


def mail(body: bytes, kind: str = "text/plain; charset=utf-8") -> bytes:
    return HEAD.format(type=kind).encode() + body


def read_again(reading: Reading, hints: Hints = US) -> list[dict[str, Any]]:
    """The readings of the written record, without our own number and without where each value came from."""
    return [plain(one) for one in parse(mail(write_adf(record(reading)).encode()), hints).readings]


def plain(reading: Reading) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(reading))
    told["external_ids"] = [one for one in told.get("external_ids", []) if one.get("source") != SOURCE]
    return {name: value for name, value in told.items() if name not in ("origins", "alternatives")}


def of_adf(raw: bytes) -> Iterator[Reading]:
    return (one for one in parse(raw, US).readings if "adf" in one.origins.values())


def assert_the_same(readings: list[Reading]) -> None:
    for reading in readings:
        asked = plain(reading)
        (again,) = read_again(reading)
        if "requested_at" not in asked:
            assert again.pop("requested_at") == "2026-11-22T09:00:00+00:00", "ADF demands a time: that of the receipt"
        assert again == asked


OURS = sorted(path for path in Path("tests/golden").rglob("*.eml") if b"<adf" in path.read_bytes().lower())


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.stem)
def test_our_samples_come_out_as_they_went_in(path: Path) -> None:
    readings = list(of_adf(path.read_bytes()))
    assert readings
    assert_the_same(readings)


def test_the_corpus_comes_out_as_it_went_in(corpus: Path) -> None:
    paths = sorted((corpus / "adf").glob("*.xml"))
    readings = [one for path in paths for one in of_adf(mail(path.read_bytes(), "text/xml"))]
    assert len(readings) > 20
    assert_the_same(readings)


FULL = Reading(
    kind="lead",
    interest="test-drive",
    requested_at="2026-11-22T10:00:00+01:00",
    comments='Ist er <b>noch</b> da?\nBitte & danke: "morgen" ]]> Ende',
    external_ids=(ExternalId(source="mobile.de", value="4711"),),
    customer=Customer(name="Eva Beispiel", emails=("eva@kunde.example",), phones=("+493012345678",)),
    vehicles=(
        Vehicle(
            role="wanted",
            make="VW",
            model="Golf & Co",
            condition="used",
            stock_number="A-1",
            odometer=Distance(12800, "km"),
            price=Money("24500.00", "EUR"),
            plate="B-EX 1234",
            listing_url="https://portal.example/1?a=1&b=2",
        ),
        Vehicle(role="trade-in", make="Opel", model="Astra", year="2014"),
    ),
)


def test_a_whole_record() -> None:
    xml = write_adf(record(FULL))
    prospect = etree.fromstring(xml.encode()).find("prospect")
    assert prospect is not None
    assert [(one.get("source"), one.get("sequence"), one.text) for one in prospect.findall("id")] == [
        ("mobile.de", None, "4711"),
        ("Postroom", "2", "L-7KQ2M4-2"),
    ]
    assert [one.get("interest") for one in prospect.findall("vehicle")] == ["test-drive", "trade-in"]
    assert prospect.findtext("vehicle/comments") == "Plate: B-EX 1234\nListing: https://portal.example/1?a=1&b=2"
    assert prospect.findtext("customer/comments") == FULL.comments
    (again,) = read_again(FULL, Hints(region="DE"))
    for name in ("interest", "customer", "external_ids"):
        asked = plain(FULL)[name]
        told = again[name]
        assert told == asked or (name == "customer" and asked.items() <= told.items())


def test_a_request_of_another_kind_keeps_its_words() -> None:
    complaint = Reading(kind="complaint", complaint=Complaint(text="Zu laut."), booking=Booking(remarks="Bitte bald."))
    assert "<comments>Zu laut.\n\nBitte bald.</comments>" in write_adf(record(complaint))


TEXT = st.text(min_size=1, max_size=40)


@given(name=TEXT, words=TEXT, label=TEXT, value=TEXT, number=TEXT)
def test_nothing_that_a_stranger_wrote_becomes_markup(
    name: str, words: str, label: str, value: str, number: str
) -> None:
    hostile = Reading(
        kind="lead",
        comments=words,
        customer=Customer(name=name, emails=(value,)),
        vehicles=(Vehicle(make=value, stock_number=number),),
        external_ids=(ExternalId(source=value, value=number),),
        extra={label: value, "vehicle3.x.y": value, "customer.contact.phone.time": value},
    )
    tree = etree.fromstring(write_adf(record(hostile)).encode())
    known = {"adf", "prospect", "id", "requestdate", "vehicle", "make", "stock", "customer", "contact", "name", "email"}
    known |= {"comments", "vehicle3", "x", "y"}
    assert {str(one.tag) for one in tree.iter(etree.Element)} - known <= set(label.split("."))
