"""Requests of one mail put together from what its levels read."""

import pytest

from parsers.merge import marked
from parsers.records import Customer, Dealer, Reading, Review, Vehicle
from parsers.several import combined


def lead(name: str | None = None, mail: str | None = None, model: str | None = None, **others: object) -> Reading:
    person = Customer(name=name, emails=(mail,) if mail else ()) if name or mail else None
    cars = (Vehicle(role="wanted", model=model),) if model else ()
    return Reading(kind="lead", customer=person, vehicles=cars, **others)  # type: ignore[arg-type]


ANNA, JOERG = lead("Anna Beispiel", "anna@x.example"), lead("Jörg Probe", "joerg@x.example")
CALLER = Reading(kind="lead", customer=Customer(name="Anna Beispiel", phones=("+491712345678",)))


@pytest.mark.parametrize(
    ("levels", "people"),
    [
        ([("table", (ANNA,)), ("label", (ANNA,))], ["Anna Beispiel"]),
        ([("table", (ANNA, JOERG)), ("label", (JOERG, ANNA))], ["Anna Beispiel", "Jörg Probe"]),
        ([("table", (ANNA,)), ("label", (JOERG,))], ["Anna Beispiel", "Jörg Probe"]),
        ([("layout", (lead("Anna"),)), ("label", (ANNA,))], ["Anna Beispiel"]),
        ([("layout", (lead(None, "anna@x.example"),)), ("label", (CALLER,))], ["Anna Beispiel"]),
        ([("layout", (lead(None, "joerg@x.example"),)), ("label", (ANNA,))], [None, "Anna Beispiel"]),
        ([("table", (lead(None, "joerg@x.example"),)), ("label", (CALLER,))], [None, "Anna Beispiel"]),
        ([("layout", (lead(model="Golf"),)), ("label", (ANNA, JOERG))], ["Anna Beispiel", "Jörg Probe"]),
        ([("adf", (ANNA,)), ("label", (JOERG,))], ["Anna Beispiel"]),
        ([("label", (ANNA, ANNA))], ["Anna Beispiel"]),
        ([("table", ()), ("label", ())], []),
    ],
)
def test_one_person_is_one_request(levels: list[tuple[str, tuple[Reading, ...]]], people: list[str]) -> None:
    assert [reading.customer.name if reading.customer else None for reading in combined(levels)] == people


def test_two_cars_of_one_person_are_two_requests() -> None:
    golf, polo = lead("Anna", "anna@x.example", "Golf"), lead("Anna", "anna@x.example", "Polo")
    assert len(combined([("label", (golf, polo))])) == 2
    filled = combined([("table", (golf, polo)), ("label", (lead("Anna", None, "Polo", comments="Hallo"),))])
    assert [reading.comments for reading in filled] == [None, "Hallo"]


def test_gaps_are_filled_and_conflicts_kept_where_it_is_one_person() -> None:
    high = marked(lead("Anna Beispiel", "anna@x.example", "Golf"), "table")
    low = marked(lead("Anna Beispiel", None, "Polo", comments="Hallo", dealer=Dealer(name="Muster")), "label")
    (found,) = combined([("table", (high,)), ("label", (low,))])
    assert (found.comments, found.dealer, found.vehicles[0].model) == ("Hallo", Dealer(name="Muster"), "Golf")
    assert found.alternatives == {"vehicles.0.model": ("Polo",)}
    assert (found.origins["comments"], found.origins["vehicles.0.model"]) == ("label", "table")


def test_text_beside_adf_that_names_nobody_gives_no_person() -> None:
    low = Reading(kind="lead", customer=Customer(company="Muster Motors"), comments="Imprint", interest="buy")
    (found,) = combined([("adf", (lead("Anna"),)), ("label", (low,))])
    assert (found.customer, found.comments, found.interest) == (Customer(name="Anna"), None, "buy")


def test_reviews_are_one_where_their_author_is() -> None:
    def review(author: str, **others: str) -> Reading:
        return Reading(kind="review", review=Review(author=author, **others))

    found = combined([
        ("layout", (review("Kim", rating="5"), review("Lee", rating="1"))),
        ("label", (review("Lee", text="Slow."), review("Sam", text="Fine."))),
    ])  # fmt: skip
    assert [(one.review.author, one.review.rating, one.review.text) for one in found if one.review] == [
        ("Kim", "5", None), ("Lee", "1", "Slow."), ("Sam", None, "Fine.")
    ]  # fmt: skip
