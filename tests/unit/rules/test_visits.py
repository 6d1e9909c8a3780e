"""What a booking knows of its visit: as it is opened, what a team says of it, what its customer answers."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from config.models import Settings
from parsers.records import Booking, Customer, Money, Parsed, Reading, Vehicle
from rules.apply import apply
from rules.booking_cycle import DETAILS
from rules.decide import decide_mail
from rules.model import Action, Actor, Context, Done, Effects, Envelope, Opening, Record, Refused
from rules.visit import Visit
from rules.visits import local_time, may_accept, visit_of
from tests.unit.rules.visiting import AGREED, BOOKING, NOW, do, visiting

House = Callable[..., Settings]
At = Callable[[str], datetime]
NOTHING = Visit(uid=AGREED.uid, zone=AGREED.zone, services=("Inspektion",))


def the(record: Record) -> Visit:
    assert record.visit is not None
    return record.visit


def opened(settings: Settings, reading: Reading) -> Record:
    envelope = Envelope(recipient="m@leads.example", accepted_at=NOW)
    mail = decide_mail(Parsed(digest="", readings=(reading,)), envelope, settings, Context(), NOW)
    opening = Opening(
        ref="B-000005-Y",
        site=mail.site,
        reading=reading,
        decision=mail.decisions[0],
        received_at=NOW,
    )
    return apply(None, Action(name="open", actor=Actor("source"), opening=opening), settings, NOW)[0]


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("2026-12-03T09:00:00+01:00", ("2026-12-03T09:00",)),
        ("2026-12-03T08:00:00Z", ("2026-12-03T09:00",)),
        ("2026-12-03T09:00:00", ("2026-12-03T09:00",)),
        ("2026-12-03", ("2026-12-03",)),
        ("next week", ()),
        ("0001-01-01T00:00:00+14:00", ()),
        (None, ()),
    ],
)
def test_a_booking_is_opened_with_its_visit(house: House, said: str | None, wanted: tuple[str, ...]) -> None:
    asked = Booking(starts_at=said, services=("Inspektion", " "), remarks="Bitte anrufen.")
    record = opened(house(currency="EUR"), Reading(kind="booking", booking=asked, extra={"price": "99,-"}))
    assert record.visit == Visit(
        uid="b-000005-y@post.example",
        zone="Europe/Berlin",
        wanted=wanted,
        services=("Inspektion",),
        price=Money("99.00", "EUR"),
        remarks="Bitte anrufen.",
    )


def test_several_wanted_times_are_kept(house: House) -> None:
    others: dict[str, tuple[str, ...]] = {"booking.starts_at": ("2026-12-04T08:00:00+01:00", "2026-12-03T09:00")}
    asked = Reading(kind="booking", booking=Booking(starts_at="2026-12-03T09:00"), alternatives=others)
    assert the(opened(house(), asked)).wanted == ("2026-12-03T09:00", "2026-12-04T08:00")


def test_other_kinds_have_no_visit(house: House) -> None:
    assert opened(house(), Reading(kind="lead", booking=Booking(starts_at="2026-12-03"))).visit is None


def reread(settings: Settings, record: Record, reading: Reading) -> Record:
    opening = Opening(
        ref=record.ref,
        site=record.site,
        reading=reading,
        decision=decide_mail(
            Parsed(digest="", readings=(reading,)), Envelope(recipient="m@leads.example", accepted_at=NOW), settings,
            Context(), NOW,
        ).decisions[0],
        received_at=NOW,
    )  # fmt: skip
    return do(settings, record, "reparse", "command", {"message": "1", "fields": "x"}, opening=opening)[0]


def test_what_is_read_as_a_booking_has_its_visit_from_then_on(house: House) -> None:
    unsorted = opened(house(), Reading(kind="unsorted"))
    assert unsorted.visit is None
    again = reread(house(), unsorted, Reading(kind="booking", booking=Booking(starts_at="2026-12-03T09:00")))
    assert (again.kind, the(again).wanted) == ("booking", ("2026-12-03T09:00",))


def test_reading_again_leaves_what_people_said(house: House) -> None:
    first, better = (Booking(services=("Servic",)), Booking(starts_at="2026-12-03T09:00", services=("Service",)))
    record = opened(house(), Reading(kind="booking", booking=first))
    assert the(reread(house(), record, Reading(kind="booking", booking=better))).services == ("Service",)
    named = replace(record, visit=replace(the(record), services=("Bremsen",)))
    assert the(reread(house(), named, Reading(kind="booking", booking=better))).services == ("Bremsen",)
    agreed = replace(record, state="scheduled", visit=replace(the(record), starts_at=NOW))
    assert the(reread(house(), agreed, Reading(kind="booking", booking=better))) == agreed.visit


@pytest.mark.parametrize(
    ("text", "zone", "utc"),
    [
        ("2026-12-03T09:00", "Europe/Berlin", "2026-12-03T08:00Z"),
        ("2026-12-03 9:00", "Europe/Berlin", "2026-12-03T08:00Z"),
        ("2026-07-03 09:00:30", "Europe/Copenhagen", "2026-07-03T07:00Z"),
        ("2026-12-03 09:00", "Asia/Shanghai", "2026-12-03T01:00Z"),
        ("2026-12-03T09:00+01:00", "Asia/Shanghai", "2026-12-03T08:00Z"),
        ("2026-12-03T09:00Z", "Asia/Shanghai", "2026-12-03T09:00Z"),
        ("2026-10-25T02:30", "Europe/Berlin", "2026-10-25T00:30Z"),  # twice: the first
        ("2026-10-25T03:00", "Europe/Berlin", "2026-10-25T02:00Z"),
        ("2026-03-29T01:59", "Europe/Berlin", "2026-03-29T00:59Z"),
        ("2026-03-29T03:00", "Europe/Berlin", "2026-03-29T01:00Z"),
    ],
)
def test_local_times(house: House, at: At, text: str, zone: str, utc: str) -> None:
    assert local_time(text, house(timezone=zone).sites["berlin"]) == at(utc)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("2026-03-29T02:00", "does not exist: the clock is put forward then"),
        ("2026-03-29T02:59", "does not exist"),
        ("2026-02-30T09:00", "is no day and time"),
        ("2026-12-03", "is no day and time"),
        ("2026-12-03T24:01", "is no day and time"),
        ("0001-01-01T00:00", "is no day and time"),
        ("9999-12-31T23:59", "is no day and time"),
        ("2100-12-31T23:59+99:99", "is no day and time"),
        ("tomorrow", "is no day and time"),
        ("x" * 10_000, "is no day and time"),
    ],
)
def test_times_that_are_none(house: House, text: str, why: str) -> None:
    with pytest.raises(Refused, match=why) as refused:
        local_time(text, house(timezone="Europe/Copenhagen").sites["berlin"])
    assert len(str(refused.value)) < 120


@pytest.mark.parametrize("name", ["offer", "schedule", "pre-book"])
def test_all_that_can_be_said_of_a_visit(house: House, name: str) -> None:
    args = {
        "at": "2026-05-29T10:00",
        "until": "12:30",
        "services": "Ölwechsel; Inspektion ;",
        "price": "129,00 EUR",
        "remarks": "Bitte Räder mitbringen.",
        "adviser": "Eva Beispiel",
        "courtesy-car": "yes",
        "preferred": "yes",
        "plate": "b-ex 1234",
    }
    assert {*args} == {"at", *DETAILS}
    after, _ = do(house(), visiting("waiting", NOTHING, resubmit_at=NOW), name, "team", args)
    assert after.visit == Visit(
        uid=NOTHING.uid,
        zone=NOTHING.zone,
        invited=True,
        starts_at=datetime(2026, 5, 29, 8, tzinfo=UTC),
        ends_at=datetime(2026, 5, 29, 10, 30, tzinfo=UTC),
        services=("Ölwechsel", "Inspektion"),
        price=Money("129.00", "EUR"),
        remarks="Bitte Räder mitbringen.",
        adviser="Eva Beispiel",
        courtesy_car="yes",
        preferred=True,
    )
    assert (after.assignee, after.resubmit_at) == ("eva@muster.example", None)
    assert [car.plate for car in after.reading.vehicles] == ["B-EX 1234"]
    emptied = {"price": "", "remarks": "", "adviser": "", "courtesy-car": "", "preferred": "no"}
    again, _ = do(house(), replace(after, state="asked"), "offer", "team", emptied)
    told = the(again)
    assert (told.price, told.remarks, told.adviser, told.courtesy_car, told.preferred) == (
        None,
        None,
        None,
        None,
        False,
    )


WANTED = {"starts_at": None, "ends_at": None, "wanted": ("2026-05-28T09:00",)}
PROPOSED = {"proposed_at": datetime(2026, 5, 29, 9, tzinfo=UTC)}


@pytest.mark.parametrize("name", ["offer", "schedule"])
@pytest.mark.parametrize(
    ("state", "fields", "at_", "hours"),
    [
        ("new", WANTED, "2026-05-28T09:00+02:00", 2),
        ("asked", WANTED, "2026-05-28T09:00+02:00", 2),
        ("asked", {"wanted": ("2026-05-28T09:00",)}, "2026-05-27T10:00+02:00", 1),
        ("accepted", {}, "2026-05-27T10:00+02:00", 1),
        ("countered", PROPOSED, "2026-05-29T11:00+02:00", 1),
        (
            "countered",
            {**PROPOSED, "proposed_until": datetime(2026, 5, 29, 12, tzinfo=UTC)},
            "2026-05-29T11:00+02:00",
            3,
        ),
        ("moving", PROPOSED, "2026-05-29T11:00+02:00", 1),
    ],
)
def test_a_time_that_is_not_said(
    house: House, at: At, name: str, state: str, fields: dict[str, Any], at_: str, hours: int
) -> None:
    """What the customer proposes, else what was said before, else what he wants; and as long as it was to be."""
    settings = house(booking={"length": "2h"})
    told = the(do(settings, visiting(state, replace(AGREED, **fields)), name, "team", {})[0])
    assert (told.starts_at, told.ends_at) == (at(at_), at(at_) + timedelta(hours=hours))
    assert (told.proposed_at, told.proposed_until) == (None, None)


@pytest.mark.parametrize(
    ("state", "fields"),
    [
        ("new", {"starts_at": None, "wanted": ()}),
        ("new", {"starts_at": None, "wanted": ("2026-05-28",)}),
        ("new", {"starts_at": None, "wanted": ("2026-05-28T09:00", "2026-05-29T09:00")}),
        ("declined", {}),
        ("postponed", {}),
        ("moving", {}),
    ],
)
def test_a_time_that_nobody_knows(house: House, state: str, fields: dict[str, Any]) -> None:
    """Of what the customer does not want, and of several wishes, none is taken for granted."""
    with pytest.raises(Refused, match="offer needs at=2026-12-03T09:00"):
        do(house(), visiting(state, replace(AGREED, **fields)), "offer", "team", {})


def test_a_visit_that_is_moved_lasts_as_long_as_before(house: House, at: At) -> None:
    long = replace(AGREED, ends_at=datetime(2026, 5, 27, 12, tzinfo=UTC))
    told = the(do(house(), visiting("scheduled", long), "schedule", "team", {"at": "2026-05-28T09:00"})[0])
    assert told.ends_at == at("2026-05-28T13:00+02:00")


def test_a_length_in_working_days(house: House, at: At) -> None:
    settings = house(booking={"length": "2wd"})
    told = the(do(settings, visiting("new", NOTHING), "schedule", "team", {"at": "2026-05-22T09:00"})[0])
    assert told.ends_at == at("2026-05-27T17:00+02:00")  # Whit Monday lies between


@pytest.mark.parametrize(
    ("method", "partstat", "wanted", "answer"),
    [
        (None, None, ("2026-12-03T09:00",), None),
        ("REQUEST", "needs-action", ("2026-12-03T09:00",), None),
        ("COUNTER", "tentative", ("2026-12-03T09:00",), None),
        ("REPLY", "declined", (), "declined"),
        ("REPLY", "accepted", (), "accepted"),
        ("CANCEL", None, (), "declined"),
    ],
)
def test_what_a_calendar_answers_is_no_wish(
    house: House, method: str | None, partstat: str | None, wanted: tuple[str, ...], answer: str | None
) -> None:
    asked = Booking(starts_at="2026-12-03T09:00:00+01:00", method=method, partstat=partstat)
    settings = house()
    visit = visit_of("B-1", Reading(kind="booking", booking=asked), settings.sites["berlin"], settings)
    assert (visit.wanted, visit.answer) == (wanted, answer)


UNKNOWN = replace(BOOKING.reading, customer=Customer())
NO_CAR = replace(BOOKING.reading, vehicles=())


@pytest.mark.parametrize(
    ("name", "fields", "why"),
    [
        ("schedule", {"reading": UNKNOWN}, "neither name, telephone number nor mail address of the customer is known"),
        ("offer", {"reading": NO_CAR}, "neither make, plate nor VIN of the vehicle is known"),
        ("pre-book", {"reading": NO_CAR}, "neither make, plate nor VIN of the vehicle is known"),
        ("schedule", {"visit": replace(NOTHING, services=())}, "schedule needs services="),
        ("offer", {"visit": replace(NOTHING, services=()), "reading": NO_CAR}, "offer needs services=.*; neither make"),
    ],
)
def test_what_the_workshop_must_know(house: House, name: str, fields: dict[str, Any], why: str) -> None:
    with pytest.raises(Refused, match=why):
        do(house(), replace(visiting("new", NOTHING), **fields), name)


def test_a_car_that_no_program_found_in_the_request_is_named_by_its_plate(house: House) -> None:
    after, _ = do(
        house(),
        visiting("new", NOTHING, reading=NO_CAR),
        "offer",
        "team",
        {"at": "2026-05-28T09:00", "plate": "b-mx 1234"},
    )
    assert after.state == "offered"
    assert [(car.role, car.plate) for car in after.reading.vehicles] == [("own", "B-MX 1234")]
    golf = replace(BOOKING.reading, vehicles=(Vehicle(role="wanted", plate="B-W 1"), Vehicle(role="own", model="Golf")))
    after, _ = do(
        house(),
        visiting("new", NOTHING, reading=golf),
        "offer",
        "team",
        {"at": "2026-05-28T09:00", "plate": "B-MX 1234"},
    )
    assert [(car.model, car.plate) for car in after.reading.vehicles] == [(None, "B-W 1"), ("Golf", "B-MX 1234")]
    told, _ = do(house(), after, "offer", "team", {"plate": "B-MX 99"})
    assert the(told).sequence == the(after).sequence + 1, "the entry names the car"
    with pytest.raises(Refused, match="plate 'rot' cannot be read"):
        do(house(), after, "offer", "team", {"plate": "rot"})
    with pytest.raises(Refused, match="nothing would change"):
        do(house(), after, "offer", "team", {"plate": "B-MX 1234"})


def test_by_telephone_the_car_may_be_named_later(house: House) -> None:
    assert do(house(), visiting("new", NOTHING, reading=NO_CAR), "schedule")[0].state == "scheduled"


@pytest.mark.parametrize(
    ("args", "why"),
    [
        ({"until": "08:00"}, "until 08:00 is not after the beginning"),
        ({"until": "soon"}, "'.* soon' is no day and time|'soon' is no day and time"),
        ({"price": "billig"}, "price 'billig' cannot be read"),
        ({"preferred": "perhaps"}, "preferred is yes or no, not 'perhaps'"),
        ({"services": ";".join(map(str, range(21)))}, "a visit has 20 services at most"),
        ({"colour": "red"}, "unknown argument 'colour'"),
    ],
)
def test_details_that_cannot_be_read(house: House, args: dict[str, str], why: str) -> None:
    with pytest.raises(Refused, match=why):
        do(house(), visiting("new", NOTHING), "offer", "team", {"at": "2026-05-28T09:00"} | args)


@pytest.mark.parametrize(("state", "name"), [("offered", "offer"), ("scheduled", "schedule")])
def test_what_says_nothing_new_is_not_told_twice(house: House, state: str, name: str) -> None:
    with pytest.raises(Refused, match=f"nothing would change: 2026-05-27 10:00 is {state} already"):
        do(house(), visiting(state), name, "team", {"at": "2026-05-27T10:00"})
    assert do(house(), visiting(state), name, "team", {"price": "10 EUR"})[0].state == state


CHECKLIST = {"preconditions": {"plan": "offer", "parts": "schedule", "car-wash": "warn"}}


def test_the_checklist_gates_a_step_and_those_behind_it(house: House) -> None:
    settings, record = house(booking=CHECKLIST), visiting("offered")
    with pytest.raises(Refused, match="offer waits for plan: say ready what=plan once it is so"):
        do(settings, record, "offer")
    with pytest.raises(Refused, match="schedule waits for plan, parts"):
        do(settings, record, "schedule")
    planned, _ = do(settings, record, "ready", "team", {"what": "plan"})
    assert the(planned).ready == ("plan",)
    assert do(settings, planned, "pre-book")[0].state == "pre-booked"
    with pytest.raises(Refused, match="schedule waits for parts"):
        do(settings, planned, "schedule")
    assert not may_accept(planned, settings.sites["berlin"])
    with pytest.raises(Refused, match="schedule waits for parts"):
        do(settings, planned, "accept", "customer")
    assert do(settings, planned, "agree", "customer")[0].state == "accepted"
    all_ready, _ = do(settings, planned, "ready", "team", {"what": "parts"})
    assert may_accept(all_ready, settings.sites["berlin"])
    assert do(settings, all_ready, "accept", "customer")[0].state == "scheduled"
    none, _ = do(settings, all_ready, "ready", "team", {"what": "parts", "no": "yes"})
    assert the(none).ready == ("plan",)


def test_a_site_may_want_to_see_every_yes(house: House) -> None:
    assert not may_accept(visiting("offered"), house(booking={"accepted": "ask"}).sites["berlin"])
    assert may_accept(visiting("offered"), house().sites["berlin"])


def test_what_only_warns_is_told_to_whoever_goes_on(house: House) -> None:
    settings = house(booking=CHECKLIST)
    ready = replace(AGREED, ready=("plan", "parts"))
    _, effects = do(settings, visiting("new", ready), "schedule")
    [warning] = [one for one in effects.notices if one.role == "team"]
    assert (warning.to, warning.because) == ("eva@muster.example", "not ready yet: car-wash")
    _, effects = do(settings, visiting("new", ready), "schedule", "command")
    assert [one.role for one in effects.notices] == ["customer"]


@pytest.mark.parametrize("what", ["Parts", "tyres"])
def test_what_is_not_on_the_checklist(house: House, what: str) -> None:
    with pytest.raises(Refused, match=f"berlin has no precondition '{what}'"):
        do(house(booking=CHECKLIST), visiting("new"), "ready", "team", {"what": what})


@pytest.mark.parametrize(("days", "kept"), [("1", 1), ("4", 4), ("off", 0), (" OFF ", 0), ("0", 0)])
def test_a_customer_says_when_he_is_reminded(house: House, days: str, kept: int) -> None:
    after, effects = do(house(), visiting("scheduled"), "prefer", "customer", {"days": days})
    assert (the(after).reminder, after.state, effects) == (kept, "scheduled", Effects())


@pytest.mark.parametrize("days", ["5", "-1", "two"])
def test_reminders_that_there_are_not(house: House, days: str) -> None:
    with pytest.raises(Refused, match=f"days '{days}' cannot be, write 1, 2, 3, 4 or off"):
        do(house(), visiting("scheduled"), "prefer", "customer", {"days": days})


@pytest.mark.parametrize(
    ("state", "name", "answer"),
    [
        ("offered", "accept", "accepted"),
        ("offered", "agree", "accepted"),
        ("offered", "reject", "declined"),
        ("offered", "postpone", "tentative"),
        ("offered", "counter", "tentative"),
        ("offered", "tentative", "tentative"),
        ("scheduled", "confirm", "accepted"),
        ("scheduled", "cancel", "declined"),
        ("scheduled", "look", None),
        ("scheduled", "stale", None),
    ],
)
def test_what_the_customers_calendar_says(house: House, at: At, state: str, name: str, answer: str | None) -> None:
    said = {"stamp": "2026-05-20T09:59:00+02:00"} | ({"at": "2026-05-29T09:00"} if name == "counter" else {})
    after, _ = do(house(), visiting(state), name, "customer", said)
    assert (the(after).answer, the(after).answered_at) == (answer, at("2026-05-20T09:59+02:00") if answer else None)
    assert after.thread is not None
    assert after.thread.ids == ("<7@kunde.example>",)
    older, _ = do(house(), replace(after, state=state), name, "customer", said | {"stamp": "2026-05-19T09:59:00Z"})
    assert the(older).answered_at == the(after).answered_at


@pytest.mark.parametrize("stamp", ["yesterday", "2026-05-20T09:59:00"])
def test_a_stamp_without_its_zone(house: House, stamp: str) -> None:
    with pytest.raises(Refused, match="is no time with its zone"):
        do(house(), visiting("offered"), "accept", "customer", {"stamp": stamp})


def test_what_he_proposes_is_kept_until_somebody_says_something(house: House, at: At) -> None:
    said = {"at": "2026-05-29T09:00", "until": "10:30"}
    countered, _ = do(house(), visiting("offered"), "counter", "customer", said)
    told = the(countered)
    assert (told.starts_at, told.proposed_at) == (AGREED.starts_at, at("2026-05-29T09:00+02:00"))
    assert told.proposed_until == at("2026-05-29T10:30+02:00")
    for name, role in (("decline", "team"), ("ask", "team"), ("reject", "customer"), ("postpone", "customer")):
        after, _ = do(house(), countered, name, role)  # type: ignore[arg-type]
        assert (the(after).proposed_at, the(after).proposed_until) == (None, None)
        assert the(after).starts_at == AGREED.starts_at


def test_only_what_was_offered_can_stand(house: House) -> None:
    asked = visiting("countered", replace(NOTHING, proposed_at=NOW + timedelta(days=9)))
    with pytest.raises(Refused, match="no time was offered that could stand"):
        do(house(), asked, "decline")
    with pytest.raises(Refused, match="2026-05-27 10:00 has passed"):
        do(house(), visiting("countered"), "decline", now=NOW + timedelta(days=9))


def test_an_offer_that_has_passed_cannot_be_taken(house: House) -> None:
    with pytest.raises(Refused, match="2026-05-27 10:00 has passed"):
        do(house(), visiting("offered"), "accept", "customer", now=NOW + timedelta(days=9))


@pytest.mark.parametrize("state", ["cancelled", "done"])
@pytest.mark.parametrize(("name", "role"), [("reopen", "team"), ("write", "customer")])
def test_what_is_open_again_has_no_time(house: House, state: str, name: str, role: Any) -> None:
    after, _ = do(house(), visiting(state), name, role, {})
    assert (after.state, the(after).starts_at, the(after).sequence) == ("new", None, AGREED.sequence + 1)


@pytest.mark.parametrize(
    ("state", "name", "role", "raised"),
    [
        ("new", "offer", "team", 1),
        ("scheduled", "offer", "team", 1),
        ("scheduled", "schedule", "team", 1),
        ("accepted", "schedule", "team", 1),
        ("new", "pre-book", "team", 1),
        ("offered", "decline", "team", 1),
        ("countered", "decline", "team", 0),
        ("moving", "decline", "team", 0),
        ("scheduled", "cancel", "team", 1),
        ("scheduled", "cancel", "customer", 1),
        ("offered", "accept", "customer", 1),
        ("offered", "agree", "customer", 0),
        ("offered", "reject", "customer", 0),
        ("scheduled", "counter", "customer", 0),
        ("moving", "confirm", "customer", 0),
        ("offered", "ask", "team", 0),
        ("scheduled", "arrived", "team", 0),
        ("scheduled", "done", "team", 0),
    ],
)
def test_what_changes_the_calendar_entry_raises_its_number(
    house: House, state: str, name: str, role: Any, raised: int
) -> None:
    assert the(do(house(), visiting(state), name, role)[0]).sequence == AGREED.sequence + raised
    uninvited = replace(AGREED, sequence=0, invited=False)
    assert the(do(house(), visiting(state, uninvited), name, role)[0]).sequence == 0


def test_the_first_entry_has_the_number_0_and_is_one_for_life(house: House) -> None:
    record = visiting("new", visit_of("B-000005-Y", BOOKING.reading, house().sites["berlin"], house()))
    first, _ = do(house(), record, "offer", "team", {"at": "2026-05-28T09:00", "services": "Inspektion"})
    second, _ = do(house(), first, "offer", "team", {"at": "2026-05-29T09:00"})
    assert [(the(one).sequence, the(one).invited) for one in (record, first, second)] == [
        (0, False),
        (0, True),
        (1, True),
    ]
    assert {the(one).uid for one in (record, first, second)} == {"b-000005-y@post.example"}


def test_a_customer_without_an_address_is_not_invited(house: House) -> None:
    person = replace(BOOKING.reading, customer=Customer(name="Max", phones=("+4930123456",)))
    after, effects = do(house(), visiting("new", NOTHING, reading=person), "schedule")
    assert (after.state, the(after).invited, effects.notices) == ("scheduled", False, ())
    assert {one.effect for one in effects.deadlines} == {"announce"}


@pytest.mark.parametrize(
    ("before", "name", "since"),
    [
        ("moving", "take", "confirm"),
        ("moving", "spam", "write"),
        ("offered", "take", "write"),
        ("scheduled", "done", "write"),
    ],
)
def test_undo_does_not_go_behind_what_the_customer_said(house: House, before: str, name: str, since: str) -> None:
    first = visiting(before)
    second, _ = do(house(), first, name)
    back: dict[str, Any] = {"before": first, "last": Done(name=name, actor=Actor("team", "eva@muster.example"), at=NOW)}
    assert do(house(), second, "undo", **back)[0].state == before
    third, _ = do(house(), second, since, "customer")
    if third.state == "spam":
        assert do(house(), third, "undo", **back)[0].state == before
        return
    with pytest.raises(Refused, match=f"the customer has written since: {name} cannot be taken back"):
        do(house(), third, "undo", **back)


def test_undo_leaves_the_visit_as_it_is_now(house: House) -> None:
    first = visiting("scheduled")
    second, _ = do(house(), first, "arrived")
    third, _ = do(house(), second, "prefer", "customer", {"days": "4"})
    back: dict[str, Any] = {
        "before": first,
        "last": Done(name="arrived", actor=Actor("team", "eva@muster.example"), at=NOW),
    }
    undone, _ = do(house(), third, "undo", **back)
    assert (undone.state, undone.visit) == ("scheduled", replace(AGREED, reminder=4))


def test_records_go_through_json_without_loss() -> None:
    assert msgspec.json.decode(msgspec.json.encode(BOOKING), type=Record) == BOOKING
