"""Who asks a second time for the same thing, as tables; and what must never be joined, as properties."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.models import Settings
from parsers.records import Alert, Booking, Call, Customer, ExternalId, Reading, Vehicle
from rules.model import Known
from rules.second import Judged, contacts_at, contacts_of, verdict

House = Callable[..., Settings]

EVA = "eva@kunde.example"
PERSON = Customer(emails=(EVA,))
VIN, OTHER_VIN = "WVWZZZ1KZAW000001", "WVWZZZ1KZAW000002"
OPEN = Known(ref="L-000005-Y", site="berlin", kind="lead", state="new", contacts=(f"mail:{EVA}",))


def known(**what: Any) -> Known:
    return Known(**{name: getattr(OPEN, name) for name in ("ref", "site", "kind", "state", "contacts")} | what)


def asks(**car: Any) -> Reading:
    return Reading(kind="lead", customer=PERSON, vehicles=(Vehicle(**{"role": "wanted"} | car),) if car else ())


CONTACTS = [
    (
        Customer(emails=("Eva@Kunde.example",), phones=("+491715550123",)),
        ("mail:eva@kunde.example", "phone:+491715550123"),
    ),
    (Customer(emails=("noreply@kunde.example", "no-reply-7@kunde.example")), ()),
    (Customer(emails=("kontakt-7@mobile.de", "abc@mail.kleinanzeigen.de")), ()),
    (Customer(phones=("5550177", "030 5550177", "+49")), ()),
    (Customer(emails=("verkauf@muster.example", "eva@muster.example", "sub@mail.muster.example")), ()),
    (Customer(phones=("+49305550100",)), ()),
    (Customer(phones=("+49305550101",)), ("phone:+49305550101",)),
    (Customer(), ()),
    (None, ()),
]


@pytest.mark.parametrize(("person", "wanted"), CONTACTS)
def test_by_what_a_person_is_known(house: House, person: Customer | None, wanted: tuple[str, ...]) -> None:
    site = house(phone="030 / 555 01 00").sites["berlin"]
    assert contacts_at(Reading(customer=person), site) == wanted


def test_the_caller_of_a_telephone_lead_is_a_person() -> None:
    assert contacts_of(Reading(kind="lead", call=Call(number="+491715550123"))) == ("phone:+491715550123",)


def test_contacts_are_bounded() -> None:
    many = tuple(f"m{n}@kunde.example" for n in range(1000))
    assert len(contacts_of(Reading(customer=Customer(emails=many, phones=("+491715550123",) * 1000)))) == 10


JOINS = [
    ("no car on either side", asks(), known()),
    (
        "a question about the car of the first",
        asks(),
        known(vehicles=(f"vin:{VIN.lower()}",), cars=("volkswagen/golf",)),
    ),
    ("the same car by VIN", asks(vin=VIN), known(vehicles=(f"vin:{VIN.lower()}",))),
    (
        "the same VIN in another listing",
        asks(vin=VIN, listing_id="9"),
        known(vehicles=(f"vin:{VIN.lower()}", "listing@mobile-berlin:8")),
    ),
    (
        "another exchange has an id of its own",
        asks(listing_id="9", make="VW", model="Golf"),
        known(vehicles=("listing@autoscout:8",), cars=("volkswagen/golf",)),
    ),
    ("the house's stock number is the same everywhere", asks(stock_number="A 17"), known(vehicles=("stock:a17",))),
    (
        "a page is the same however it was come by",
        asks(listing_url="https://www.mobile.de/auto/7?utm_source=x&id=3#top"),
        known(vehicles=("url@mobile.de:/auto/7?id=3",)),
    ),
    (
        "pages of different sites say nothing",
        asks(listing_url="https://muster.example/golf"),
        known(vehicles=("url@mobile.de:/auto/7?id=3",)),
    ),
    ("VW and Volkswagen", asks(make="VW", model="Golf"), known(cars=("volkswagen/golf",))),
    ("a model with and without its trim", asks(make="VW", model="Golf VII Variant"), known(cars=("volkswagen/golf",))),
    ("only the model", asks(model="Golf"), known(cars=("volkswagen/golf",))),
    ("one of two cars", asks(vin=VIN), known(vehicles=(f"vin:{OTHER_VIN.lower()}", f"vin:{VIN.lower()}"))),
    (
        "what is given in part exchange is another car anyway",
        asks(role="trade-in", vin=OTHER_VIN),
        known(vehicles=(f"vin:{VIN.lower()}",)),
    ),
]


@pytest.mark.parametrize(("reading", "one"), [case[1:] for case in JOINS], ids=[case[0] for case in JOINS])
def test_the_same_request(reading: Reading, one: Known) -> None:
    judged = verdict(reading, "lead", "mobile-berlin", "berlin", [one])
    assert (judged.again, judged.related) == (OPEN.ref, ())
    assert judged.because == "the same person (mail), and nothing differs"


OWN = [
    ("another VIN", asks(vin=OTHER_VIN), known(vehicles=(f"vin:{VIN.lower()}",)), "it has another vin"),
    (
        "another VIN in the same listing",
        asks(vin=OTHER_VIN, listing_id="8"),
        known(vehicles=(f"vin:{VIN.lower()}", "listing@mobile-berlin:8")),
        "it has another vin",
    ),
    ("another plate", asks(plate="B-MU 2"), known(vehicles=("plate:bmu1",)), "it has another plate"),
    (
        "another listing of the same exchange",
        asks(listing_id="9", make="VW", model="Golf"),
        known(vehicles=("listing@mobile-berlin:8",), cars=("volkswagen/golf",)),
        "it has another listing",
    ),
    (
        "another page",
        asks(listing_url="https://mobile.de/auto/7?id=4"),
        known(vehicles=("url@mobile.de:/auto/7?id=3",)),
        "it has another url",
    ),
    ("another model", asks(make="VW", model="Polo"), known(cars=("volkswagen/golf",)), "it is another model"),
    ("another make", asks(make="Skoda"), known(cars=("volkswagen/golf",)), "it is another model"),
    (
        "a second car beside the first",
        Reading(kind="lead", customer=PERSON, vehicles=(Vehicle(vin=VIN), Vehicle(vin=OTHER_VIN))),
        known(vehicles=(f"vin:{VIN.lower()}",)),
        "it has another vin",
    ),
    ("another kind", asks(), known(kind="complaint"), "it is a complaint"),
]


@pytest.mark.parametrize(("reading", "one", "why"), [case[1:] for case in OWN], ids=[case[0] for case in OWN])
def test_a_request_of_its_own(reading: Reading, one: Known, why: str) -> None:
    judged = verdict(reading, "lead", "mobile-berlin", "berlin", [one])
    assert (judged.again, judged.related) == (None, (OPEN.ref,))
    assert judged.because == f"the same person asks for something else than L-000005-Y: {why}"


NUMBERED = [
    ("booking", Reading(kind="booking", booking=Booking(uid="b")), ("a",), False),
    ("booking", Reading(kind="booking", booking=Booking(uid="a")), ("a",), True),
    ("booking", Reading(kind="booking", booking=Booking()), ("a",), True),
    ("alert", Reading(kind="alert", alert=Alert(id="b")), ("a",), False),
    ("check-in", Reading(kind="check-in", external_ids=(ExternalId(value="b"),)), ("a",), False),
    ("lead", Reading(kind="lead", external_ids=(ExternalId(value="b"),)), (), True),
    ("review", Reading(kind="review"), (), False),
]


@pytest.mark.parametrize(("kind", "reading", "numbers", "joins"), NUMBERED)
def test_what_has_a_number_of_its_own(kind: str, reading: Reading, numbers: tuple[str, ...], joins: bool) -> None:
    reading = msgspec.structs.replace(reading, customer=PERSON)
    judged = verdict(reading, kind, None, "berlin", [known(kind=kind, numbers=numbers)])
    assert (judged.again is not None) == joins


def test_of_two_persons_in_a_mail_each_has_only_their_own() -> None:
    mia = Reading(kind="lead", customer=Customer(emails=("mia@kunde.example",)))
    assert verdict(mia, "lead", None, "berlin", [OPEN]) == Judged()


def test_the_newest_of_several_is_joined_and_nobody_is_related_to_nothing() -> None:
    newest = known(ref="L-000006-Z")
    assert verdict(asks(), "lead", None, "berlin", [newest, OPEN]).again == "L-000006-Z"
    assert verdict(asks(), "lead", None, "berlin", []).because is None


words = st.text(alphabet="ab1 -", max_size=4)
cars = st.builds(
    Vehicle,
    role=st.sampled_from([None, "wanted", "own"]),
    make=st.none() | st.sampled_from(["VW", "Skoda"]),
    model=st.none() | words,
    vin=st.none() | st.sampled_from([VIN, OTHER_VIN]),
    plate=st.none() | words,
    listing_id=st.none() | words,
    listing_url=st.none() | st.text(max_size=30) | words.map("https://mobile.de/{}".format),
)
persons = st.sampled_from([PERSON, Customer(emails=("mia@kunde.example",)), None])
readings = st.builds(
    Reading,
    kind=st.sampled_from(["lead", "booking"]),
    customer=persons,
    vehicles=st.lists(cars, max_size=3).map(tuple),
)
knowns = st.builds(
    Known,
    ref=st.sampled_from(["L-000005-Y", "L-000006-Z"]),
    site=st.sampled_from(["berlin", "copenhagen"]),
    kind=st.sampled_from(["lead", "booking"]),
    state=st.just("new"),
    contacts=st.sampled_from([OPEN.contacts, ("mail:mia@kunde.example",)]),
    vehicles=st.lists(st.sampled_from([f"vin:{VIN.lower()}", f"vin:{OTHER_VIN.lower()}", "plate:a"])).map(tuple),
    cars=st.lists(st.sampled_from(["volkswagen/golf", "skoda/", "/a b"])).map(tuple),
)


@given(readings, st.lists(knowns, max_size=3, unique_by=lambda one: one.ref))
def test_never_across_sites_persons_or_kinds_nor_to_another_car(reading: Reading, records: list[Known]) -> None:
    judged = verdict(reading, reading.kind, "mobile-berlin", "berlin", records)
    joined = next((one for one in records if one.ref == judged.again), None)
    assert {one.ref for one in records if one.site != "berlin"}.isdisjoint({judged.again, *judged.related})
    assert not (judged.again and judged.related)
    if joined is None:
        return
    assert joined.kind == reading.kind
    assert reading.customer is not None
    assert joined.contacts == (f"mail:{reading.customer.emails[0]}",)
    vins = {name for name in joined.vehicles if name.startswith("vin:")}
    beside = ("trade-in", "own") if reading.kind == "lead" else ("trade-in",)
    asked = {f"vin:{car.vin.lower()}" for car in reading.vehicles if car.vin and car.role not in beside}
    assert not vins or asked <= vins


PHONE = "phone:+493012345678"
SHARED = [
    ("other names", "Boris Muster", "boris@firma.example", ("karin beispiel",), ("mail:karin@firma.example",), False),
    ("the same name", "Karin Beispiel", "k.b@privat.example", ("karin beispiel",), ("mail:karin@firma.example",), True),
    ("another of the same first name", "Karin Muster", None, ("karin beispiel",), (), False),
    ("a name in short", "Beispiel", None, ("karin beispiel",), ("mail:karin@firma.example",), True),
    ("other addresses and no names", None, "boris@firma.example", (), ("mail:karin@firma.example",), False),
    ("a call", None, None, ("karin beispiel",), ("mail:karin@firma.example",), True),
    ("names of one part in Chinese", "王小明", None, ("李雷",), (), False),
]


@pytest.mark.parametrize(
    ("name", "mail", "names", "mails", "same"), [row[1:] for row in SHARED], ids=[r[0] for r in SHARED]
)
def test_a_telephone_number_alone_may_be_a_whole_companys(
    name: str | None, mail: str | None, names: tuple[str, ...], mails: tuple[str, ...], same: bool
) -> None:
    person = Customer(name=name, emails=(mail,) if mail else (), phones=("+493012345678",))
    one = known(contacts=(PHONE,), names=names, mails=mails)
    judged = verdict(Reading(kind="lead", customer=person), "lead", None, "berlin", [one])
    assert (judged.again is not None) is same
    assert judged.related == (() if same else (one.ref,))
