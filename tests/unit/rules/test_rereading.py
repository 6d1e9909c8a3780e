"""What today's reading changes in a record, and what it leaves."""

from typing import Any

import pytest

from parsers.records import Customer, Distance, ExternalId, Money, Reading, Vehicle
from rules.rereading import BY_A_PERSON, STAYS, compared, flat, owned_by_people, paired

CAR = Vehicle(role="wanted", make="VW", price=Money("24500.00", "EUR"))
HELD = Reading(
    kind="lead",
    comments="Noch da?",
    customer=Customer(name="Eva Beispiel", emails=("eva@kunde.example",)),
    vehicles=(CAR,),
    extra={"Wunschpreis": "23000"},
)


def reading(**fields: object) -> Reading:
    return Reading(**{name: fields.get(name, getattr(HELD, name)) for name in Reading.__struct_fields__})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("today", "changes"),
    [
        (HELD, []),
        (reading(origins={"comments": "layout"}, alternatives={"comments": ("x",)}), []),
        (reading(comments="Ja?"), [("comments", "Noch da?", "Ja?")]),
        (reading(comments=None), [("comments", "Noch da?", None)]),
        (
            reading(extra={}, vehicles=(Vehicle(role="wanted", make="VW", price=Money("23000.00", "EUR")),)),
            [
                ("vehicles.0.price", "24500.00 EUR", "23000.00 EUR"),
                ("extra.Wunschpreis", "23000", None),
            ],
        ),
        (
            reading(vehicles=(CAR, Vehicle(role="trade-in", odometer=Distance(9000, "km")))),
            [("vehicles.1.role", None, "trade-in"), ("vehicles.1.odometer", None, "9000 km")],
        ),
        (
            reading(customer=Customer(name="Eva Beispiel", emails=("eva@kunde.example", "e@kunde.example"))),
            [("customer.emails", "eva@kunde.example", "eva@kunde.example, e@kunde.example")],
        ),
    ],
)
def test_differences(today: Reading, changes: list[tuple[str, str | None, str | None]]) -> None:
    found = compared(HELD, today, frozenset())
    assert [(one.field, one.before, one.after) for one in found.changes] == changes
    assert found.is_new == bool(changes)
    assert found.reading == today
    assert compared(found.reading, today, frozenset()).changes == ()


def test_what_a_person_changed_is_left() -> None:
    today = reading(
        comments="Ja?", customer=Customer(name="Eva B.", emails=("neu@kunde.example",)), extra={}, vehicles=()
    )
    owned = frozenset(["customer.name", "vehicles.0.price", "extra.Wunschpreis"])
    found = compared(HELD, today, owned)
    assert {one.field for one in found.changes if one.left == BY_A_PERSON} == owned
    assert found.reading.customer == Customer(name="Eva Beispiel", emails=("neu@kunde.example",))
    assert found.reading.comments == "Ja?"
    assert found.reading.extra == {"Wunschpreis": "23000"}
    assert found.reading.vehicles == (Vehicle(price=Money("24500.00", "EUR")),)
    assert found.is_new
    again = compared(found.reading, today, owned)
    assert not again.is_new, "a second run has nothing to do"


def test_the_kind_stays_where_somebody_works_on_it() -> None:
    found = compared(HELD, reading(kind="booking"), frozenset(), may_become=False)
    assert [(one.field, one.left) for one in found.changes] == [("kind", STAYS)]
    assert (found.reading.kind, found.is_new) == ("lead", False)
    assert compared(HELD, reading(kind="booking"), frozenset()).reading.kind == "booking"


def test_only_people_own_fields() -> None:
    first, corrected = reading(), reading(comments="Ist er noch da?")
    by_parser = reading(comments="Ist er noch da?", customer=Customer(name="Eva"))
    history = [("open", first), ("take", first), ("correct", corrected), ("reparse", by_parser), ("note", by_parser)]
    assert owned_by_people(history) == {"comments"}
    assert owned_by_people(history[:2]) == frozenset()
    assert owned_by_people([]) == frozenset()


def test_every_value_has_its_name() -> None:
    assert flat(HELD) == {
        "kind": "lead",
        "comments": "Noch da?",
        "customer.name": "Eva Beispiel",
        "customer.emails": "eva@kunde.example",
        "vehicles.0.role": "wanted",
        "vehicles.0.make": "VW",
        "vehicles.0.price": "24500.00 EUR",
        "extra.Wunschpreis": "23000",
    }


def of(name: str | None, **fields: Any) -> Reading:
    return Reading(kind="lead", customer=Customer(name=name) if name else None, **fields)


EVA, KARL, NOBODY = of("Eva Beispiel"), of("Karl Kunde"), of(None)
OTHER = of("Karl Kunde", external_ids=(ExternalId(value="8"),))
PAIRED = [
    ("as before", [EVA, KARL], [EVA, KARL], {0: 0, 1: 1}),
    ("in another order", [EVA, KARL], [KARL, EVA], {0: 1, 1: 0}),
    ("the first is not read any more", [EVA, KARL], [KARL], {1: 0}),
    ("one more is read before", [KARL], [EVA, KARL], {0: 1}),
    ("one alone was misread", [EVA], [KARL], {0: 0}),
    ("one of two was misread", [EVA, KARL], [of("Eva"), of("Kunde Autohaus")], {0: 0, 1: 1}),
    ("nobody was named", [NOBODY, KARL], [EVA], {0: 0}),
    ("another person stands in its place", [EVA, NOBODY], [KARL], {}),
    ("the numbers differ", [OTHER, EVA], [of("Karl Kunde", external_ids=(ExternalId(value="9"),))], {}),
    ("nothing is read any more", [EVA], [], {}),
]


@pytest.mark.parametrize(("held", "today", "pairs"), [row[1:] for row in PAIRED], ids=[row[0] for row in PAIRED])
def test_each_record_meets_its_own_request(held: list[Reading], today: list[Reading], pairs: dict[int, int]) -> None:
    assert paired(dict(enumerate(held)), today) == pairs
