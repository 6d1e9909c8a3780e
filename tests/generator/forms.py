"""A filled-in form: fields in the order of the mail, and what has to be read from them."""

import random
from dataclasses import dataclass, field
from typing import Any

from tests.generator import makers, words

TEXTS = ("comments", "complaint.text")
"""Fields whose values may have several lines."""


@dataclass
class Filled:
    """One field of a form."""

    name: str
    """As the dictionaries call it."""
    label: str
    written: str


@dataclass
class Form:
    """One request: its fields, and the reading's values by dotted path (`customer.emails.0`, `vehicles.0.make`)."""

    language: str
    kind: str
    filled: list[Filled] = field(default_factory=list)
    expected: dict[str, Any] = field(default_factory=dict)

    def add(self, rng: random.Random, name: str, value: makers.Value, *paths: str) -> None:
        """Fill in a field with one of its labels; `paths` are where the reading has it."""
        self.filled.append(Filled(name, rng.choice(words.LABELS[self.language][name]), value.written))
        self.expected.update(dict.fromkeys(paths, value.read))

    def part(self, names: tuple[str, ...]) -> list[Filled]:
        return [one for one in self.filled if one.name.startswith(names)]


def fill(rng: random.Random, language: str, kind: str | None = None, *, plain: bool = False) -> Form:
    """Fill in a form with new values: some fields absent, the rest in any order, the customer's words last.

    Args:
        rng: Where the values come from.
        language: Of labels and values.
        kind: lead, booking or complaint; any of them by default.
        plain: Only what is always read the same: no labels that nobody knows.
    """
    form = Form(language, kind or rng.choice(("lead", "lead", "lead", "booking", "complaint")))
    _person(rng, form)
    {"lead": _wish, "booking": _visit, "complaint": _own_car}[form.kind](rng, form)
    if not plain and rng.random() < 0.3:
        value = rng.choice(words.ANSWERS[language])
        form.add(rng, "unknown", makers.Value(value, value))
        form.expected[f"extra.{form.filled[-1].label}"] = value
    rng.shuffle(form.filled)
    if form.kind == "complaint":
        form.add(rng, "complaint.text", makers.message(rng, language), "complaint.text")
    elif rng.random() < 0.85:
        form.add(rng, "comments", makers.message(rng, language), "comments")
    return form


def _person(rng: random.Random, form: Form) -> None:
    first, last = makers.person(rng, form.language)
    if form.language != "zh" and rng.random() < 0.35:
        form.add(rng, "customer.first_name", makers.Value(first, first), "customer.first_name")
        form.add(rng, "customer.last_name", makers.Value(last, last), "customer.last_name")
        form.expected["customer.name"] = f"{first} {last}"
    else:
        form.add(rng, "customer.name", makers.name(first, last), "customer.name")
    if rng.random() < 0.9:
        form.add(rng, "customer.email", makers.email(rng, first, last), "customer.emails.0")
    if rng.random() < 0.85:
        form.add(rng, "customer.phone", makers.phone(rng, form.language), "customer.phones.0")
    if rng.random() < 0.4:
        form.add(rng, "customer.address.street", makers.street(rng, form.language), "customer.address.street")
        _town(rng, form)


def _town(rng: random.Random, form: Form) -> None:
    code, city = rng.choice(words.TOWNS[form.language])
    together = f"{code} {city}"
    if form.language not in ("zh", "en") and rng.random() < 0.5:
        form.add(rng, "customer.address.postal_city", makers.Value(together, None))
    else:
        form.add(rng, "customer.address.postal_code", makers.Value(code, None))
        form.add(rng, "customer.address.city", makers.Value(city, None))
    form.expected |= {"customer.address.postal_code": code, "customer.address.city": city}


def _car(rng: random.Random, form: Form) -> None:
    make, model = rng.choice(words.CARS)
    if rng.random() < 0.5:
        form.add(rng, "vehicle.title", makers.Value(f"{make} {model}", None))
    else:
        form.add(rng, "vehicle.make", makers.Value(make, make))
        form.add(rng, "vehicle.model", makers.Value(model, model))
    form.expected |= {"vehicles.0.make": make, "vehicles.0.model": model}


def _maybe(rng: random.Random, form: Form, chance: float, name: str, value: makers.Value, path: str) -> None:
    if rng.random() < chance:
        form.add(rng, name, value, path)


def _wish(rng: random.Random, form: Form) -> None:
    language = form.language
    _car(rng, form)
    _maybe(rng, form, 0.4, "vehicle.year", makers.year(rng), "vehicles.0.year")
    _maybe(rng, form, 0.3, "vehicle.vin", makers.vin(rng), "vehicles.0.vin")
    _maybe(rng, form, 0.4, "vehicle.odometer", makers.odometer(rng, language), "vehicles.0.odometer")
    _maybe(rng, form, 0.5, "vehicle.price", makers.price(rng, language), "vehicles.0.price")
    _maybe(rng, form, 0.4, "vehicle.listing_id", makers.code(rng), "vehicles.0.listing_id")
    _maybe(rng, form, 0.3, "vehicle.listing_url", makers.link(rng), "vehicles.0.listing_url")
    _maybe(rng, form, 0.2, "vehicle.stock_number", makers.code(rng), "vehicles.0.stock_number")
    _maybe(rng, form, 0.3, "external_id", makers.code(rng), "external_ids.0.value")
    _maybe(rng, form, 0.3, "requested_at", makers.moment(rng, language, makers.day(rng)), "requested_at")


def _own_car(rng: random.Random, form: Form) -> None:
    _car(rng, form)
    _maybe(rng, form, 0.8, "vehicle.plate", makers.plate(rng, form.language), "vehicles.0.plate")
    _maybe(rng, form, 0.3, "vehicle.vin", makers.vin(rng), "vehicles.0.vin")
    _maybe(rng, form, 0.4, "vehicle.odometer", makers.odometer(rng, form.language), "vehicles.0.odometer")


def _visit(rng: random.Random, form: Form) -> None:
    language, when = form.language, makers.day(rng)
    _own_car(rng, form)
    if rng.random() < 0.5:
        form.add(rng, "booking.starts_at", makers.moment(rng, language, when), "booking.starts_at")
    else:
        form.add(rng, "booking.date", makers.date(rng, language, when))
        form.add(rng, "booking.time", makers.time(rng, language, when))
        form.expected["booking.starts_at"] = f"{when:%Y-%m-%dT%H:%M:%S}"
    services = rng.sample(words.SERVICES[language], rng.randrange(1, 4))
    written = ("、" if language == "zh" else ", ").join(services)
    form.add(rng, "booking.services", makers.Value(written, services), "booking.services")
