"""What a form's fields hold: each value is read by its type, and what has no field is kept under its label."""

import re
from collections.abc import Callable

from parsers import clean, values
from parsers.dictionary import make_of, meaning
from parsers.records import Booking, Hints, Reading
from parsers.shapes import Fields, assemble

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
_LIST = re.compile(r"\s*[;\n、，•|]\s*|,\s+|\s\+\s")
_URL = re.compile(r"https?://[^\s<>\"]{3,1000}")
_MOST_EXTRA = 80
_WEAK = frozenset([None, "requested_at"])
"""A sender and a date alone are the head of a forwarded mail, not a form."""
_IDENTIFYING = (
    "customer.name",
    "customer.first",
    "customer.last",
    "customer.email",
    "customer.phone",
    "vehicle.",
    "call.",
    "review.author",
    "review.text",
)
TEXTS = frozenset(["comments", "complaint.text", "review.text", "booking.remarks"])

Reader = Callable[["Form", str], object]


class Form:
    """The fields of one request as they are read, and the rest by label."""

    def __init__(self, hints: Hints, language: str | None) -> None:
        self.hints = hints
        self.language = language
        self.fields: Fields = {}
        self.labels: dict[str, str] = {}
        self.extra: dict[str, str] = {}
        self.consent: dict[str, str] = {}
        self.alternatives: dict[str, tuple[str, ...]] = {}
        self.known = 0

    def take(self, label: str, value: str, field: str | None) -> None:
        """Keep one value: in its field if it can be read as that, else under its label."""
        if field == "-":
            return
        field = field or None  # a layout's label without a field is known as a label, and kept under its name
        if field is None or not self.read(label, field, value):
            self.keep(label, value)

    def keep(self, label: str, value: str) -> None:
        """Keep a value that has no field."""
        name = clean.single_line(label, 100)
        text = clean.block(value, 2_000)
        if name and text and len(self.extra) < _MOST_EXTRA:
            self.extra.setdefault(name, text)

    def read(self, label: str, field: str, value: str) -> bool:
        """Keep a value in its field; False where it cannot be read as that."""
        self.known += field not in _WEAK
        if field.startswith("consent."):
            self.consent[field.removeprefix("consent.")] = clean.single_line(value, 200) or ""
            return True
        compound = _COMPOUND.get(field.replace("trade.", "vehicle.", 1))
        if compound:
            return compound(self, field, value)
        reader = _READERS.get(field.replace("trade.", "vehicle.", 1), _line)
        content = reader(self, value)
        if content is None:
            return False
        self.put(field, content)
        self.labels.setdefault(field, label)
        return True

    def put(self, field: str, content: object) -> None:
        """The first value stays; lists and texts grow, others become alternatives."""
        before = self.fields.get(field)
        if before is None:
            self.fields[field] = content
        elif isinstance(before, tuple) and isinstance(content, tuple):
            self.fields[field] = tuple(dict.fromkeys((*before, *content)))[:20]
        elif field in TEXTS and content != before:
            self.fields[field] = clean.block(f"{before}\n\n{content}")
        elif isinstance(content, str) and content != before:
            others = self.alternatives.get(field, ())
            self.alternatives[field] = tuple(dict.fromkeys((*others, content)))[:10]

    def reading(self, origin: str, least: int = 2) -> Reading | None:
        """The request, if the form names at least so many things, a person or a car among them.

        Where one is enough, the source's words are known, and another level may name the person.
        """
        self._settle_times()
        kind = self._kind()
        if kind != "booking":
            self._release_booking()
        identified = least == 1 or any(f.startswith(_IDENTIFYING) for f in self.fields)
        if self.known < least or not identified:
            return None
        return assemble(self, kind, origin)

    def _kind(self) -> str:
        if any(f.startswith("complaint.") for f in self.fields):
            return "complaint"
        if "review.rating" in self.fields and len([f for f in self.fields if f.startswith("review.")]) > 1:
            return "review"
        if "alert.score" in self.fields and len([f for f in self.fields if f.startswith("alert.")]) > 1:
            return "alert"
        if self.fields.get("interest") in ("test-drive", "buy", "lease", "sell"):
            return "lead"
        if self.fields.get("kind"):
            return str(self.fields["kind"])
        if "booking.starts_at" in self.fields or "booking.services" in self.fields:
            return "booking"
        return self.hints.kind or "lead"

    def _settle_times(self) -> None:
        """A date and a time of day in labels of their own are one start; words that name no time are a remark."""
        day = self.fields.pop("booking.date", None)
        time = self.fields.pop("booking.time", None)
        start = self.fields.get("booking.starts_at")
        both = f"{day or start} {time or start}" if (day or start) and (time or (day and start)) else ""
        for text in (both, f"{start or day or ''}", f"{day or ''}"):
            read = values.instant(text, self.language)
            if read:
                self.fields["booking.starts_at"] = read
                return
        wish = " ".join(str(part) for part in (start, day, time) if part)
        self.fields.pop("booking.starts_at", None)
        if wish and (start or day):
            self.labels["booking.remarks"] = self.labels.get("booking.starts_at") or self.labels["booking.date"]
            self.put("booking.remarks", wish)
            self.fields.setdefault("kind", "booking")
        elif wish:
            self.keep(self.labels["booking.time"], wish)

    def _release_booking(self) -> None:
        """Times and services of something that is no workshop visit (a test drive) stay readable."""
        for name in Booking.__struct_fields__:
            content = self.fields.pop(f"booking.{name}", None)
            if content:
                text = ", ".join(content) if isinstance(content, tuple) else str(content)
                self.keep(self.labels.get(f"booking.{name}") or self.labels.get("booking.date") or name, text)


def _line(form: Form, value: str) -> str | None:
    return clean.single_line(value, 300)


def _text(form: Form, value: str) -> str | None:
    return clean.block(value)


def _emails(form: Form, value: str) -> tuple[str, ...] | None:
    address = values.email(value)
    return None if address is None or _NO_REPLY.search(address.split("@")[0]) else (address,)


def _phones(form: Form, value: str) -> tuple[str, ...] | None:
    number = values.phone(value, form.hints.region)
    return (number,) if number and len(number) > 4 else None


def _ids(form: Form, value: str) -> tuple[str, ...] | None:
    line = clean.single_line(value, 100)
    return (line,) if line else None


def _services(form: Form, value: str) -> tuple[str, ...] | None:
    drive = meaning("interests", value, whole=True)
    if drive == "test-drive":
        form.put("interest", drive)
    parts = (clean.single_line(part.strip(" -*"), 200) for part in _LIST.split(value))
    return tuple(part for part in parts if part)[:30] or None


def _condition(form: Form, value: str) -> str | None:
    return meaning("conditions", value, whole=True) or clean.single_line(value, 60)


def _distance(form: Form, value: str) -> object:
    return values.distance(value, "mi" if form.hints.region in ("US", "GB") else "km")


def _answer(form: Form, value: str) -> bool | None:
    answer = meaning("answers", value, whole=True) or meaning("answers", value)
    return None if answer is None else answer == "yes"


_READERS: dict[str, Reader] = {
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


def _name(form: Form, field: str, value: str) -> bool:
    """`Max Muster <max@x.de>` holds both; a sender's line counts only where no label names the person."""
    address = _emails(form, value)
    if field == "from" and address is None:
        return False
    if address:
        form.put("customer.email", address)
    name = clean.single_line(re.sub(r"[<(\[]?[^\s<>()\[\]]{1,80}@[^\s<>()\[\]]{1,200}[>)\]]?", " ", value), 200)
    if name and name.strip("\"' "):
        form.put("customer.name", name.strip("\"' "))
    return bool(name or address)


def _postal_city(form: Form, field: str, value: str) -> bool:
    found = _POSTAL_CITY.match(value.strip())
    if found:
        form.put("customer.address.postal_code", found["code"])
        form.put("customer.address.city", clean.single_line(found["city"], 100))
    return found is not None


def _address(form: Form, field: str, value: str) -> bool:
    """`Hauptstr. 1, 10115 Berlin`: the part with the postal code is the town, what stands before it the street."""
    parts = [part.strip() for part in re.split(r"\n|,\s*", value) if part.strip()]
    town = next((i for i, part in enumerate(parts) if _postal_city(form, field, part)), len(parts))
    street = clean.single_line(", ".join(parts[:town]), 200)
    if street:
        form.put("customer.address.street", street)
    return bool(parts)


def _interest(form: Form, field: str, value: str) -> bool:
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


def _title(form: Form, field: str, value: str) -> bool:
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


_COMPOUND: dict[str, Callable[[Form, str, str], bool]] = {
    "customer.name": _name,
    "from": _name,
    "customer.address": _address,
    "customer.address.postal_city": _postal_city,
    "interest": _interest,
    "vehicle.title": _title,
}
