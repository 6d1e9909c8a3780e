"""How the value of each field is read, by its type; and labels whose one value holds several fields."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from parsers import clean, values
from parsers.dictionary import make_of, meaning

if TYPE_CHECKING:
    from parsers.form import Form

TEXTS = frozenset(["comments", "complaint.text", "review.text", "booking.remarks"])
"""Fields that hold a person's own words, of several lines."""

_CURRENCIES = {
    **dict.fromkeys(("DE", "AT", "NL", "BE", "FR", "IT", "ES", "LU", "IE", "FI", "PT"), "EUR"),
    **{
        "DK": "DKK",
        "SE": "SEK",
        "NO": "NOK",
        "CH": "CHF",
        "GB": "GBP",
        "US": "USD",
        "CA": "CAD",
        "CN": "CNY",
        "PL": "PLN",
    },
}
_NO_REPLY = re.compile(r"(?:no|do-?_?not)[-_.]?reply|mailer-daemon|postmaster|notification", re.IGNORECASE)
_POSTAL_CITY = re.compile(r"(?:[A-Z]{1,2}-)?(?P<code>\d{4,6}(?:\s?[A-Z]{2}\b)?)[\s,/]+(?P<city>\D.{1,80})")
_BROKEN = re.compile(r"(?P<line>^[^\n]{30,300}[^\n,;])\n(?=[a-zäöüåæøéèàç])", re.MULTILINE)
"""A long line of a list that a mail program broke; what begins with a small letter is no work of its own."""
_LIST = re.compile(r"\s*[;\n、，•|]\s*|,\s+|\s\+\s")
_URL = re.compile(r"https?://[^\s<>\"]{3,1000}")

Reader = Callable[["Form", str], object]


def line(form: "Form", value: str) -> str | None:
    """Any words, as one line."""
    return clean.single_line(value, 300)


def _text(form: "Form", value: str) -> str | None:
    return clean.block(value)


def _emails(form: "Form", value: str) -> tuple[str, ...] | None:
    address = values.email(value)
    return None if address is None or _NO_REPLY.search(address.split("@")[0]) else (address,)


def _phones(form: "Form", value: str) -> tuple[str, ...] | None:
    number = values.phone(value, form.hints.region)
    return (number,) if number and len(number) > 4 else None


def _ids(form: "Form", value: str) -> tuple[str, ...] | None:
    """What another system calls the request: a code with digits, or one word."""
    code = clean.single_line(value, 100)
    if code is None or (" " in code and not any(map(str.isdigit, code))):
        return None
    return (code,)


def _services(form: "Form", value: str) -> tuple[str, ...] | None:
    drive = meaning("interests", value, whole=True)
    if drive == "test-drive":
        form.put("interest", drive)
    whole = _BROKEN.sub(r"\g<line> ", value)
    parts = (clean.single_line(part.strip(" -*"), 200) for part in _LIST.split(whole))
    return tuple(part for part in parts if part)[:30] or None


def _condition(form: "Form", value: str) -> str | None:
    return meaning("conditions", value, whole=True) or clean.single_line(value, 60)


def _distance(form: "Form", value: str) -> object:
    return values.distance(value, "mi" if form.hints.region in ("US", "GB") else "km")


def _answer(form: "Form", value: str) -> bool | None:
    answer = meaning("answers", value, whole=True) or meaning("answers", value)
    return None if answer is None else answer == "yes"


READERS: dict[str, Reader] = {
    **dict.fromkeys(TEXTS, _text),
    "customer.email": _emails,
    "customer.phone": _phones,
    "customer.address.country": lambda form, value: values.country(value) or clean.single_line(value, 60),
    "requested_at": lambda form, value: values.instant(value, form.language),
    "external_id": _ids,
    "vehicle.year": lambda form, value: values.year(value),
    "vehicle.condition": _condition,
    "vehicle.vin": lambda form, value: values.vin(value),
    "vehicle.plate": lambda form, value: values.plate(value, form.hints.region),
    "vehicle.listing_url": lambda form, value: found[0] if (found := _URL.search(value)) else None,
    "vehicle.odometer": _distance,
    "vehicle.price": lambda form, value: values.money(value, _CURRENCIES.get(form.hints.region), form.language),
    "booking.ends_at": lambda form, value: values.instant(value, form.language),
    "booking.services": _services,
    "call.number": lambda form, value: values.phone(value, form.hints.region),
    "call.started_at": lambda form, value: values.instant(value, form.language),
    "call.accepted": _answer,
}
"""Field -> reader; None for words that cannot be read as that. All others are any words in one line."""


def _name(form: "Form", field: str, value: str) -> bool:
    """`Max Muster <max@x.de>` holds both, lines below may hold a number; a sender needs one of them to count."""
    value, *below = value.split("\n")
    for line in below:
        found = _emails(form, line)
        content = found or _phones(form, line)
        form.put("customer.email" if found else "customer.phone", content) if content else None
    address = _emails(form, value)
    if field == "from" and address is None and not below:
        return False
    if address:
        form.put("customer.email", address)
    name = clean.single_line(re.sub(r"[<(\[]?[^\s<>()\[\]]{1,80}@[^\s<>()\[\]]{1,200}[>)\]]?", " ", value), 200)
    if name and name.strip("\"' "):
        form.put("customer.name", name.strip("\"' "))
    return bool(name or address)


def _postal_city(form: "Form", field: str, value: str) -> bool:
    found = _POSTAL_CITY.match(value.strip())
    if found:
        form.put("customer.address.postal_code", found["code"])
        form.put("customer.address.city", clean.single_line(found["city"], 100))
    return found is not None


def _address(form: "Form", field: str, value: str) -> bool:
    """`Hauptstr. 1, 10115 Berlin`: the part with the postal code is the town, what stands before it the street."""
    parts = [part.strip() for part in re.split(r"\n|,\s*", value) if part.strip()]
    town = next((i for i, part in enumerate(parts) if _postal_city(form, field, part)), len(parts))
    street = clean.single_line(", ".join(parts[:town]), 200)
    if street:
        form.put("customer.address.street", street)
    return bool(parts)


def _interest(form: "Form", field: str, value: str) -> bool:
    """What is asked for: a kind of request, or the car itself."""
    says = meaning("interests", value)
    kind = meaning("kinds", value)
    if says:
        form.put("interest", says)
    elif kind:
        form.put("kind", kind)
    elif make_of(value)[0]:
        return _title(form, "vehicle.title", value)
    return bool(says)


def _title(form: "Form", field: str, value: str) -> bool:
    """`2017 VW Golf https://…`: make, model, year and address of a listing; separate labels win."""
    role = field.partition(".")[0]
    link = _URL.search(value)
    if link:
        form.put(f"{role}.listing_url", link[0])
    line = clean.single_line(_URL.sub(" ", value).strip(" -–|\n"), 200) or ""
    year = re.match(r"((?:19|20)\d{2})\s+(?=\D)", line)
    if year:
        form.put(f"{role}.year", year[1])
        line = line[year.end() :]
    make, model = make_of(line)
    for name, content in (("make", make), ("model", model)):
        if content and f"{role}.{name}" not in form.fields:
            form.put(f"{role}.{name}", content)
    return bool(line or link)


COMPOUND: dict[str, Callable[["Form", str, str], bool]] = {
    "customer.name": _name,
    "from": _name,
    "customer.address": _address,
    "customer.address.postal_city": _postal_city,
    "interest": _interest,
    "vehicle.title": _title,
}
