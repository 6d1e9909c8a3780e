from parsers.merge import marked, merged
from parsers.records import Customer, Money, Reading, Vehicle


def test_gaps_are_filled_and_conflicts_kept() -> None:
    high = marked(Reading(kind="lead", customer=Customer(name="Eve", phones=("+49301234567",))), "adf")
    low = marked(
        Reading(
            comments="Hello",
            customer=Customer(name="Eva", emails=("eve@example.de",), phones=("030 1234567", "030 7654321")),
            extra={"Farbe": "rot"},
        ),
        "label",
    )
    both = merged(high, low)
    assert both.kind == "lead"
    assert both.customer == Customer(name="Eve", emails=("eve@example.de",), phones=("+49301234567",))
    assert both.comments == "Hello"
    assert both.alternatives == {"customer.name": ("Eva",), "customer.phones": ("030 7654321",)}
    assert both.origins == {
        "customer.name": "adf",
        "customer.phones": "adf",
        "customer.emails": "label",
        "comments": "label",
        "extra.Farbe": "label",
    }


def test_cars_meet_by_role_and_a_price_is_one_value() -> None:
    high = marked(Reading(vehicles=(Vehicle(role="wanted", make="VW", price=Money("1.00")),)), "table")
    cars = (Vehicle(role="trade-in", make="Audi"), Vehicle(make="VW", model="Golf", price=Money("2.00", "EUR")))
    both = merged(high, marked(Reading(vehicles=cars), "label"))
    assert both.vehicles == (Vehicle(role="wanted", make="VW", model="Golf", price=Money("1.00")),)
    assert both.alternatives == {"vehicles.0.price": ("2.00 EUR",)}
    assert (both.origins["vehicles.0.make"], both.origins["vehicles.0.model"]) == ("table", "label")


def test_nothing_below_changes_nothing() -> None:
    high = marked(Reading(kind="lead", comments="x"), "adf")
    assert merged(high, Reading()) == high
