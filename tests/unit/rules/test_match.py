from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from config.models import Conditions, Settings
from parsers.records import (
    Complaint,
    Customer,
    Dealer,
    Parsed,
    PostalAddress,
    Reading,
    Vehicle,
)
from rules.match import Facts, in_postcodes, judge, present
from rules.model import Envelope

House = Callable[..., Settings]
At = Callable[[str], datetime]
MakeFacts = Callable[..., Facts]

READING = Reading(
    kind="lead",
    language="de",
    interest="buy",
    comments="Ist eine Probefahrt\nmöglich?",
    customer=Customer(name="Eva", emails=("eva@kunde.example",), address=PostalAddress(postal_code="10115")),
    vehicles=(
        Vehicle(role="wanted", make="Volkswagen", model="Golf GTI"),
        Vehicle(role="trade-in", make="BMW", vin="X"),
    ),
    extra={"Wunschtermin": "morgen"},
)
BARE = Reading()


@pytest.fixture
def facts(house: House, at: At) -> MakeFacts:
    def make(
        reading: Reading = READING,
        site: str = "berlin",
        source: str | None = "mobile-berlin",
        now: str = "2026-05-20T10:00+02:00",
        **parsed: Any,
    ) -> Facts:
        settings = house()
        return Facts(
            reading=reading,
            parsed=Parsed(digest="", subject="Anfrage Golf", **parsed),
            envelope=Envelope(recipient="M@Leads.example", accepted_at=at(now)),
            site=settings.sites[site],
            source=settings.sources[source] if source else None,
            settings=settings,
            now=at(now),
        )

    return make


MATCHES = [
    ({}, True, "matches everything"),
    ({"source": "mobile-*"}, True, "source is 'mobile-berlin'"),
    ({"source": "autoscout"}, False, "source is 'mobile-berlin', rule wants autoscout"),
    ({"type": "mobile.de"}, True, "type is 'mobile.de'"),
    ({"site": ["potsdam", "berlin"]}, True, "site is 'berlin'"),
    ({"unit": "gruppe"}, True, "unit is 'gruppe'"),
    ({"unit": "nord"}, False, "unit is 'ost' and 'gruppe', rule wants nord"),
    ({"kind": ["booking", "review"]}, False, "kind is 'lead', rule wants booking or review"),
    ({"brand": "VW"}, True, "brand is 'vw'"),
    ({"brand": "volkswagen"}, True, "brand is 'Volkswagen'"),
    ({"make": ["vw", "skoda", "seat"]}, False, "make is 'Volkswagen', rule wants vw, skoda or seat"),
    ({"make": "bmw"}, False, "make is 'Volkswagen', rule wants bmw"),
    ({"model": "golf*"}, True, "model is 'Golf GTI'"),
    ({"language": "de"}, True, "language is 'de'"),
    ({"recipient": "m@leads.example"}, True, "recipient is 'M@Leads.example'"),
    ({"postcode": "10000-14999"}, True, "postcode is '10115'"),
    ({"postcode": ["2*", "15000-15999"]}, False, "postcode is '10115', rule wants 2* or 15000-15999"),
    ({"interest": "lease"}, False, "interest is 'buy', rule wants lease"),
    ({"has": "customer.phones"}, False, "has no customer.phones"),
    ({"has": ["customer.phones", "vehicles.vin"]}, True, "has vehicles.vin"),
    ({"text": "probefahrt*möglich"}, True, "text has 'probefahrt*möglich'"),
    ({"text": "golf"}, True, "text has 'golf'"),
    ({"text": ["wartung", "tüv"]}, False, "text has no wartung or tüv"),
    ({"class": "person"}, True, "class is 'person'"),
    ({"open": True}, True, "berlin is open"),
    ({"open": False}, False, "berlin is open, rule wants closed"),
    ({"not": {"make": "bmw"}}, True, "not excluded: make is 'Volkswagen', rule wants bmw"),
    ({"not": {"kind": "lead"}}, False, "excluded: kind is 'lead'"),
    ({"site": "berlin", "kind": "lead"}, True, "site is 'berlin', kind is 'lead'"),
    ({"site": "berlin", "kind": "booking", "make": "bmw"}, False, "kind is 'lead', rule wants booking"),
]


@pytest.mark.parametrize(("when", "matched", "because"), MATCHES)
def test_conditions(facts: MakeFacts, when: dict[str, Any], matched: bool, because: str) -> None:
    assert judge(Conditions.model_validate(when), facts()) == (matched, because)


@pytest.mark.parametrize(
    ("when", "because"),
    [
        ({"make": "vw"}, "no make, rule wants vw"),
        ({"postcode": "1*"}, "no postcode, rule wants 1*"),
        ({"source": "m"}, "no source, rule wants m"),
        ({"language": "de"}, "no language, rule wants de"),
        ({"interest": "buy"}, "no interest, rule wants buy"),
        ({"open": True}, "copenhagen is closed, rule wants open"),
    ],
)
def test_what_is_not_there_does_not_match_and_says_so(facts: MakeFacts, when: dict[str, Any], because: str) -> None:
    bare = facts(BARE, site="copenhagen", source=None, now="2026-05-20T12:30+02:00")
    assert judge(Conditions.model_validate(when), bare) == (False, because)


def test_text_looks_into_complaints_and_into_all_of_a_mail_that_nobody_understands(facts: MakeFacts) -> None:
    angry = Reading(kind="complaint", complaint=Complaint(text="Der Motor ist defekt"))
    assert judge(Conditions(text=("motor",)), facts(angry))[0]
    assert judge(Conditions(text=("rechnung",)), facts(BARE, text="Die Rechnung fehlt"))[0]
    assert not judge(Conditions(text=("rechnung",)), facts(text="Die Rechnung fehlt"))[0]


def test_a_hostile_value_is_cut_in_the_reason(facts: MakeFacts) -> None:
    reading = Reading(vehicles=(Vehicle(make="x" * 5000),))
    assert len(judge(Conditions(make=("vw",)), facts(reading))[1]) < 100


@pytest.mark.parametrize(
    ("path", "there"),
    [
        ("comments", True),
        ("customer.address.postal_code", True),
        ("customer.emails", True),
        ("vehicles.vin", True),
        ("vehicles.plate", False),
        ("extra", True),
        ("extra.wunschtermin", True),
        ("extra.other", False),
        ("consent", False),
        ("booking", False),
        ("booking.uid", False),
        ("__class__", False),
        ("comments.strip", False),
        ("", True),
        ("customer..name", False),
    ],
)
def test_presence_of_fields(path: str, there: bool) -> None:
    assert present(READING, path) is there


@pytest.mark.parametrize(
    ("code", "ranges", "inside"),
    [
        ("10115", ["10000-14999"], True),
        ("D-10115", ["10000-14999"], True),
        ("15000", ["10000-14999"], False),
        ("1011", ["10000-14999"], False),
        ("101150", ["10000-14999"], False),
        ("SW1A 1AA", ["sw1*"], True),
        ("1234 AB", ["1234AB"], True),
        ("ü", ["10000-14999"], False),
        ("10115", ["a-b-c"], False),
    ],
)
def test_postcodes(code: str, ranges: list[str], inside: bool) -> None:
    assert in_postcodes(code, ranges) is inside


def test_dealer_is_a_field_like_others() -> None:
    assert present(Reading(dealer=Dealer(id="7")), "dealer.id")
