"""Persons, cars, houses and places of schema.org as the shapes of a reading."""

from decimal import Decimal, InvalidOperation

from parsers import items, sender, values
from parsers.clean import single_line
from parsers.dictionary import make_of
from parsers.document import Document
from parsers.items import Item
from parsers.records import Customer, Dealer, Distance, Hints, Money, PostalAddress, Provider, Vehicle

CARS = ("Vehicle", "Car", "Motorcycle", "MotorizedBicycle", "BusOrCoach")
DEALERS = ("AutoDealer", "AutoRepair", "AutoBodyShop", "AutomotiveBusiness", "MotorcycleDealer", "AutoRental")
HOUSES = (*DEALERS, "Organization", "LocalBusiness", "Corporation", "Store")

_UNITS = dict.fromkeys(("SMI", "MI", "MILE", "MILES"), "mi") | dict.fromkeys(("KMT", "KM", "KILOMETER"), "km")
"""UN/CEFACT codes and words."""


def person(item: Item | None, document: Document, hints: Hints) -> Customer | None:
    """Whom an item names as customer; nobody where it is one of our house or a platform."""
    if item is None:
        return None
    name = single_line(item.text("name"), 200)
    first, last = single_line(item.text("givenName"), 100), single_line(item.text("familyName"), 100)
    points = [item, *item.items("contactPoint")]
    written = [text for one in points if (text := one.text("email"))]
    emails = tuple(dict.fromkeys(found for text in written if (found := values.email(text))))[:10]
    own = sender.personal(document, emails, automatic=False)
    if emails and not own:
        return None
    numbers = [text for one in points if (text := one.text("telephone"))]
    phones = (values.phone(text, hints.region) for text in numbers)
    company = name if item.is_a(*HOUSES) else single_line(item.text("worksFor", "affiliation"), 200)
    if name and not first and not last:
        first, last, guessed = values.name_parts(name)
        company = company or guessed
    customer = Customer(
        name=name or " ".join(filter(None, (first, last))) or None,
        first_name=first,
        last_name=last,
        company=company,
        emails=own,
        phones=tuple(dict.fromkeys(number for number in phones if number))[:10],
        address=address(item.item("address")),
    )
    return None if customer == Customer() else customer


def vehicle(item: Item) -> Vehicle | None:
    """A car, or an offer of one; a product only with a VIN."""
    offer = item if item.is_a("Offer") else item.item("offers")
    car = item.item("itemOffered") if item.is_a("Offer") else item
    if car is None or not (car.is_a(*CARS) or "vehicleIdentificationNumber" in car.properties):
        return None
    year, title = _title(single_line(car.text("name"), 200) or "")
    make, model = make_of(title)
    brand = single_line(car.text("brand", "manufacturer"), 100)
    condition = items.bare_type(car.text("itemCondition") or (offer.text("itemCondition") if offer else "") or "")
    found = Vehicle(
        role="wanted",
        make=make or brand,
        model=single_line(car.text("model"), 200) or single_line(model.removeprefix(brand or "").strip(), 200),
        trim=single_line(car.text("vehicleConfiguration"), 200),
        year=values.year(car.text("vehicleModelDate", "modelDate", "productionDate") or "") or year,
        condition={"NewCondition": "new", "UsedCondition": "used"}.get(condition),
        vin=values.vin(car.text("vehicleIdentificationNumber") or ""),
        stock_number=single_line(car.text("sku"), 100),
        listing_url=link(car.text("url")) or link(offer.text("url") if offer else None),
        odometer=_distance(car.item("mileageFromOdometer"), car.text("mileageFromOdometer")),
        price=_price(offer) if offer else None,
    )
    return None if found == Vehicle(role="wanted") else found


def _title(name: str) -> tuple[str | None, str]:
    """`2019 Volkswagen Golf` begins with its year."""
    first, _, rest = name.partition(" ")
    return (first, rest.strip()) if rest and values.year(first) == first else (None, name)


def dealer(item: Item | None, *, is_named: bool = False) -> Dealer | None:
    """The dealer, where the item is one; `is_named` takes any house."""
    if item is None or not item.is_a(*(HOUSES if is_named else DEALERS)):
        return None
    name = single_line(item.text("name", "legalName"), 200)
    return Dealer(name=name, id=single_line(item.text("identifier", "branchCode"), 100)) if name else None


def provider(item: Item | None) -> Provider | None:
    """The service that the request came by."""
    name = single_line(item.text("name"), 200) if item else None
    return Provider(name=name) if name else None


def place(item: Item | None) -> str | None:
    """Name and address of a place in one line."""
    if item is None:
        return None
    where = address(item.item("address"))
    town = " ".join(filter(None, (where.postal_code, where.city))) if where else None
    street = where.street if where else item.text("address")
    return single_line(", ".join(filter(None, (item.text("name"), street, town))), 300)


def address(item: Item | None) -> PostalAddress | None:
    """An address (schema.org/PostalAddress)."""
    if item is None:
        return None
    country = single_line(item.text("addressCountry"), 60)
    found = PostalAddress(
        street=single_line(item.text("streetAddress"), 200),
        postal_code=single_line(item.text("postalCode"), 20),
        city=single_line(item.text("addressLocality"), 100),
        region=single_line(item.text("addressRegion"), 100),
        country=(values.country(country) or country) if country else None,
    )
    return None if found == PostalAddress() else found


def link(text: str | None) -> str | None:
    """A web address; None for anything else."""
    line = single_line(text, 1_000)
    return line if line and line.lower().startswith(("https://", "http://")) and " " not in line else None


def _distance(item: Item | None, written: str | None) -> Distance | None:
    """`mileageFromOdometer` as a QuantitativeValue with its UN/CEFACT unit, or as text."""
    if item is None:
        return values.distance(written) if written else None
    unit = (item.text("unitCode", "unitText") or "").upper()
    return values.distance(item.text("value") or "", _UNITS.get(unit))


def _price(offer: Item) -> Money | None:
    """A number with a point for the decimals (schema.org/price), in the currency beside it."""
    inner = offer.item("priceSpecification") or offer
    text, currency = inner.text("price"), (inner.text("priceCurrency") or offer.text("priceCurrency") or "").upper()
    code = currency if len(currency) == 3 and currency.isalpha() and currency.isascii() else None
    try:
        amount = Decimal((text or "").strip())
    except InvalidOperation:
        return values.money(text, code) if text else None
    return Money(amount=f"{amount:.2f}", currency=code) if 0 < amount < 10**9 else None
