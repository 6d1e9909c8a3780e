"""Does a rule fit a reading: one test per key of `when`, each with its reason in words.

The first test that fails is named, and ends the asking.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

import msgspec

from config.lookup import units_above
from config.models import Conditions, Settings, Site, Source
from config.places import parse_postcodes
from parsers.records import Parsed, Reading, Vehicle
from rules import glob
from rules.daybook import daybook_of
from rules.hours import is_open
from rules.model import Envelope

_SHOWN = 60
"""Characters of a stranger's value that a reason shows."""

Answer = tuple[bool, str]


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """All that a rule may ask about one reading of a mail."""

    reading: Reading
    parsed: Parsed
    envelope: Envelope
    site: Site
    source: Source | None
    settings: Settings
    now: datetime
    """UTC; `open` asks about it."""


def judge(when: Conditions, facts: Facts) -> Answer:
    """Whether all conditions hold, and why, or the first that does not and why."""
    reasons = []
    for test in _tests(when, facts):
        holds, reason = test
        if not holds:
            return False, reason
        reasons.append(reason)
    return True, ", ".join(reasons) or "matches everything"


def present(value: object, path: str) -> bool:
    """Whether a dotted field of a reading is there and not empty; lists are looked through: `vehicles.vin`."""
    if isinstance(value, tuple):
        return any(present(item, path) for item in value)
    if not path:
        return value is not None and value != ""
    if isinstance(value, dict):
        return any(key.casefold() == path.casefold() and bool(found) for key, found in value.items())
    name, _, rest = path.partition(".")
    if not isinstance(value, msgspec.Struct) or name not in value.__struct_fields__:
        return False
    inner = getattr(value, name)
    return present(inner, rest) if rest or not isinstance(inner, dict) else bool(inner)


def in_postcodes(code: str, ranges: Sequence[str]) -> bool:
    """Whether a post code lies in one of the ranges (`10000-14999`) or fits one of the globs (`14*`).

    A country before the code (`D-10115`) is left out; only codes as long as the bounds lie between them.
    """
    plain = _bare(code)
    return any(_in_range(plain, text) for text in ranges)


def _in_range(code: str, text: str) -> bool:
    try:
        first, last = (_bare(bound) for bound in parse_postcodes(text))
    except ValueError:  # no range: a pattern with a dash of its own
        return glob.matches(_bare(text), code)
    if first == last:
        return glob.matches(first, code)
    return len(code) == len(first) and first <= code <= last


def _tests(when: Conditions, facts: Facts) -> Iterator[Answer]:
    for key, values in _VALUES.items():
        if wanted := getattr(when, _ATTRIBUTES.get(key, key)):
            yield _compare(key, wanted, [value for value in values(facts) if value])
    if when.postcode:
        yield _postcode(when.postcode, facts.reading)
    if when.has:
        yield _has(when.has, facts.reading)
    if when.text:
        yield _text(when.text, facts)
    if when.open is not None:
        yield _open(when.open, facts)
    if when.excluded is not None:
        holds, reason = judge(when.excluded, facts)
        yield not holds, f"not excluded: {reason}" if not holds else f"excluded: {reason}"


def _compare(key: str, wanted: Sequence[str], values: list[str]) -> Answer:
    if (hit := glob.any_of(wanted, values)) is not None:
        return True, f"{key} is '{hit[:_SHOWN]}'"
    if not values:
        return False, f"no {key}, rule wants {_either(wanted)}"
    has = " and ".join(f"'{value[:_SHOWN]}'" for value in values[:3])
    return False, f"{key} is {has}, rule wants {_either(wanted)}"


def _postcode(wanted: Sequence[str], reading: Reading) -> Answer:
    address = reading.customer.address if reading.customer else None
    code = address.postal_code if address else None
    if not code:
        return False, f"no postcode, rule wants {_either(wanted)}"
    said = f"postcode is '{code[:_SHOWN]}'"
    return (True, said) if in_postcodes(code, wanted) else (False, f"{said}, rule wants {_either(wanted)}")


def _has(wanted: Sequence[str], reading: Reading) -> Answer:
    for path in wanted:
        if present(reading, path):
            return True, f"has {path}"
    return False, f"has no {_either(wanted)}"


def _text(wanted: Sequence[str], facts: Facts) -> Answer:
    texts = [text for text in _texts(facts) if text]
    for pattern in wanted:
        if any(glob.found(pattern, text) for text in texts):
            return True, f"text has '{pattern}'"
    return False, f"text has no {_either(wanted)}"


def _texts(facts: Facts) -> tuple[str | None, ...]:
    """What a person wrote; of a mail that nothing understood, all of it."""
    reading = facts.reading
    return (
        facts.parsed.subject,
        reading.comments,
        reading.complaint.text if reading.complaint else None,
        reading.review.text if reading.review else None,
        reading.booking.remarks if reading.booking else None,
        facts.parsed.text if reading.kind == "unsorted" else None,
    )


def _open(wanted: bool, facts: Facts) -> Answer:
    is_now = is_open(daybook_of(facts.site, None), facts.now)
    said = f"{facts.site.id} is {'open' if is_now else 'closed'}"
    return (True, said) if is_now is wanted else (False, f"{said}, rule wants {'open' if wanted else 'closed'}")


def _asked_for(reading: Reading) -> list[Vehicle]:
    """The cars that the request is about: a car in part exchange is not."""
    return [vehicle for vehicle in reading.vehicles if vehicle.role != "trade-in"]


def _makes(facts: Facts) -> list[str | None]:
    return [vehicle.make for vehicle in _asked_for(facts.reading)]


_ATTRIBUTES = {"class": "mail_class"}
_VALUES: dict[str, Callable[[Facts], Sequence[str | None]]] = {
    "source": lambda f: (f.source.id if f.source else None,),
    "type": lambda f: (f.source.type if f.source else f.reading.source,),
    "site": lambda f: (f.site.id,),
    "unit": lambda f: tuple(units_above(f.settings, f.site.unit)),
    "kind": lambda f: (f.reading.kind,),
    "brand": lambda f: (*f.site.brands, *_makes(f)),
    "make": _makes,
    "model": lambda f: [vehicle.model for vehicle in _asked_for(f.reading)],
    "language": lambda f: (f.reading.language or f.parsed.language,),
    "recipient": lambda f: (f.envelope.recipient,),
    "interest": lambda f: (f.reading.interest,),
    "class": lambda f: (f.parsed.mail_class,),
}


def _either(wanted: Sequence[str]) -> str:
    return wanted[0] if len(wanted) == 1 else f"{', '.join(wanted[:-1])} or {wanted[-1]}"


def _bare(code: str) -> str:
    """A post code without country, spaces and case."""
    head, dash, tail = code.strip().upper().partition("-")
    plain = tail if dash and head.isalpha() and len(head) <= 3 else code.strip().upper()
    return plain.replace(" ", "")
