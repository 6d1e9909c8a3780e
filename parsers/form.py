"""What a form's fields hold: each value is read by its type, and what has no field is kept under its label."""

from parsers import clean, values
from parsers.dictionary import names_a_wanted_car, spoken_of
from parsers.form_values import COMPOUND, READERS, TEXTS, line
from parsers.records import Booking, Hints, Reading
from parsers.shapes import Fields, assemble

__all__ = ["TEXTS", "Form"]

_MOST_EXTRA = 80
_WEAK = frozenset([None, "requested_at"])
"""A sender and a date alone are the head of a forwarded mail, not a form."""
_OFFERED = frozenset(["vehicle.price", "vehicle.stock_number", "vehicle.listing_id"])
"""What only the car of an offer has."""
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


class Form:
    """The fields of one request as they are read, and the rest by label."""

    def __init__(self, hints: Hints, language: str | None, subject: str = "") -> None:
        self.hints: Hints = hints
        self.subject: str = subject
        self.language: str | None = language
        self.fields: Fields = {}
        self.labels: dict[str, str] = {}
        self.extra: dict[str, str] = {}
        self.consent: dict[str, str] = {}
        self.alternatives: dict[str, tuple[str, ...]] = {}
        self.known = 0

    @property
    def locale(self) -> str | None:
        """The language as it is written in the site's country: English dates begin with the month in two of them."""
        return f"en-{self.hints.region}" if self.language == "en" and self.hints.region else self.language

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
        compound = COMPOUND.get(field.replace("trade.", "vehicle.", 1))
        if compound:
            self.labels.setdefault(field, label)
            return compound(self, field, value)
        reader = READERS.get(field.replace("trade.", "vehicle.", 1), line)
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
        if "booking.services" in self.fields or ("booking.starts_at" in self.fields and not self._is_for_sale()):
            return "booking"
        return self.hints.kind or "lead"

    def _is_for_sale(self) -> bool:
        """Whether a time can only be that of a visit to a car that is for sale, not of a workshop visit."""
        if spoken_of("interests", self.subject) == "test-drive":
            self.fields.setdefault("interest", "test-drive")
            return True
        if not _OFFERED.isdisjoint(self.fields):
            return True
        labels = (self.labels[f] for f in ("vehicle.title", "vehicle.make", "vehicle.model") if f in self.labels)
        return any(map(names_a_wanted_car, labels))

    def _settle_times(self) -> None:
        """A date and a time of day in labels of their own are one start; words that name no time are a remark."""
        day = self.fields.pop("booking.date", None)
        time = self.fields.pop("booking.time", None)
        start = self.fields.get("booking.starts_at")
        both = f"{day or start} {time or start}" if (day or start) and (time or (day and start)) else ""
        for text in (both, f"{start or day or ''}", f"{day or ''}"):
            read = values.instant(text, self.locale)
            if read:
                self.fields["booking.starts_at"] = read
                return
        wish = " ".join(str(part) for part in (start, day, time) if part)
        self.fields.pop("booking.starts_at", None)
        if wish and (start or day):
            self.labels["booking.remarks"] = self.labels.get("booking.starts_at") or self.labels["booking.date"]
            self.put("booking.remarks", wish)
            if not self._is_for_sale():
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
