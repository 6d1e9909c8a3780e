"""What holds of anything that was read, whatever the bytes were: a rule for every field of every shape.

The shapes are walked by their types, so that a field which is added has to be given its rule here (a test says so).
"""

import types
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Literal, TypeGuard, get_args, get_origin, get_type_hints

import msgspec

from config.fields import FORM_FIELDS, KEPT, placeholders
from parsers.layout import Block, Layout
from parsers.levels import LEVELS
from parsers.records import (
    Alert,
    Answer,
    Attachment,
    Behalf,
    Booking,
    Call,
    Command,
    Complaint,
    Customer,
    Dealer,
    Distance,
    ExternalId,
    FailedRecipient,
    Forwarded,
    Money,
    Parsed,
    PostalAddress,
    Provider,
    Reading,
    Review,
    Shape,
    Vehicle,
)
from tests.fuzz.rules import (
    ADDRESS,
    ATTACHED_NAME,
    DAY_OR_INSTANT,
    INSTANT,
    LANGUAGE,
    LINE,
    PHONE,
    PROSE,
    Rule,
    each,
    keyed,
    like,
    line,
    number,
    one_of,
    prose,
)

ROOTS: tuple[type[msgspec.Struct], ...] = (Parsed, Layout)
"""What a mail becomes, and what samples of a source become."""
_ORIGINS = (*(name for name, _ in LEVELS), "header", "text")
_URL = like(r"https?://\S+", 1_000)
_FIELD = one_of(*FORM_FIELDS)
_PATH = like(r"[a-z_]+(\.(\d+|[a-z_]+))*|extra\.[^\n]+", 200)
_PATTERNS = each(LINE, 200)

RULES: dict[type[msgspec.Struct], dict[str, Rule]] = {
    Money: {"amount": like(r"-?\d{1,20}\.\d\d", 24), "currency": like("[A-Z]{3}", 3)},
    Distance: {"value": number(10**12)},
    ExternalId: {"source": LINE, "value": LINE},
    PostalAddress: dict.fromkeys(("street", "postal_code", "city", "region", "country"), LINE),
    Customer: {
        **dict.fromkeys(("name", "first_name", "last_name", "company"), LINE),
        "emails": each(ADDRESS, 20),
        "phones": each(PHONE, 20),
    },
    Vehicle: {
        **dict.fromkeys(("make", "model", "trim", "year", "condition", "stock_number", "listing_id"), LINE),
        "vin": like("[A-HJ-NPR-Z0-9]{17}", 17),
        "plate": line(20),
        "listing_url": _URL,
    },
    Dealer: {"name": LINE, "id": LINE},
    Provider: {"name": LINE},
    Booking: {
        **dict.fromkeys(("uid", "method", "zone", "status", "partstat", "location"), LINE),
        "sequence": number(10**9),
        "starts_at": DAY_OR_INSTANT,
        "ends_at": DAY_OR_INSTANT,
        "services": each(LINE, 50),
        "remarks": PROSE,
        "url": _URL,
    },
    Review: {**dict.fromkeys(("platform", "author", "rating", "best_rating", "area"), LINE), "text": PROSE},
    Complaint: {"category": LINE, "text": PROSE},
    Alert: dict.fromkeys(("id", "score", "threshold"), LINE),
    Call: {"number": PHONE, "started_at": DAY_OR_INSTANT},
    Reading: {
        "kind": like("[a-z][a-z-]{0,30}", 31),
        "source": LINE,
        "language": LANGUAGE,
        "requested_at": DAY_OR_INSTANT,
        "interest": LINE,
        "comments": PROSE,
        "external_ids": each(None, 20),
        "vehicles": each(None, 20),
        "consent": keyed(like("[a-z_]+", 40), LINE, 20),
        "extra": keyed(LINE, PROSE, 200),
        "origins": keyed(_PATH, one_of(*_ORIGINS), 400),
        "alternatives": keyed(_PATH, each(PROSE, 50), 200),
    },
    Attachment: {
        "name": ATTACHED_NAME,
        "type": line(100),
        "size": number(10**9),
        "found": like("[a-z]+/[a-z0-9.+-]+", 80),
    },
    Forwarded: {
        **dict.fromkeys(("by_name", "sender_name", "subject", "date"), LINE),
        "by": ADDRESS,
        "sender": ADDRESS,
        "to": each(ADDRESS, 50),
        "note": prose(4_000),
    },
    FailedRecipient: {
        "recipient": ADDRESS,
        "action": one_of("failed", "delayed", "delivered", "relayed", "expanded"),
        "status": like(r"[245]\.\d{1,3}\.\d{1,3}", 9),
        "diagnostic": LINE,
    },
    Shape: {
        "structure": LINE,
        "fields": each(like(r"[a-z_-]+(\.[a-z_]+)*", 100), 100),
        "unknown": each(LINE, 50),
    },
    Command: {
        "name": like("[a-z]+(-[a-z]+)?", 20),
        "args": keyed(like("[a-z]+", 10), prose(4_000), 3),
        "written": line(200),
    },
    Answer: {
        "commands": each(None, 10),
        "text": PROSE,
        "doubt": LINE,
        "to": each(ADDRESS, 50),
        "cc": each(ADDRESS, 50),
    },
    Behalf: {"commands": each(None, 10)},
    Parsed: {
        **dict.fromkeys(("class_because", "no_answer", "message_id", "sender_name", "subject"), LINE),
        "digest": like("[0-9a-f]{64}", 64),
        "readings": each(None, 300),
        "defects": each(LINE, 50),
        "sender": ADDRESS,
        "reply_to": ADDRESS,
        "date": INSTANT,
        "language": LANGUAGE,
        "text": PROSE,
        "new_text": PROSE,
        "bounce": each(None, 50),
        "attachments": each(None, 500),
        "authenticated": like(r"[a-z0-9_-]+(\.[a-z0-9_-]+)+", 254),
        "flags": each(None, 2),
        "references": each(like(r"<[!-~]+>", 252), 20),
        "own_record": line(40),
    },
    Layout: {
        "labels": keyed(LINE, one_of(*FORM_FIELDS, KEPT), 200),
        "subjects": _PATTERNS,
        "lines": _PATTERNS,
        "blocks": each(None, 50),
        "endings": _PATTERNS,
        "split": LINE,
        "noise": _PATTERNS,
        "language": LANGUAGE,
    },
    Block: {"after": LINE, "fields": each(_FIELD, 50)},
}
"""Shape -> field -> rule, for all that is no shape itself and no fixed choice (`Literal`, `bool`)."""


def broken(found: msgspec.Struct) -> list[str]:
    """What does not hold, as dotted paths with the reason; empty if all does."""
    wrong = [f"{path}: {why}" for path, why in _wrong(found, type(found).__name__)]
    try:  # Literals, and whatever a type annotation says that nothing checks at run time
        copy = msgspec.json.decode(msgspec.json.encode(found), type=type(found))
    except msgspec.MsgspecError as error:
        return [*wrong, str(error)]
    return wrong if copy == found else [*wrong, "it does not survive its own JSON"]


def _wrong(found: msgspec.Struct, path: str) -> Iterator[tuple[str, str]]:
    rules = RULES[type(found)]
    for name in found.__struct_fields__:
        value = getattr(found, name)
        if value is None:
            continue
        if (rule := rules.get(name)) and (why := rule(value)):
            yield f"{path}.{name}", why
        for place, inner in enumerate(value if isinstance(value, tuple) else (value,)):
            if isinstance(inner, msgspec.Struct):
                if not (msgspec.to_builtins(inner) or isinstance(inner, (Answer, Behalf))):  # these may be empty
                    yield f"{path}.{name}", "a shape that says nothing"
                yield from _wrong(inner, f"{path}.{name}[{place}]")
    if isinstance(found, Reading):
        yield from _unfounded(found, path)
    if isinstance(found, Parsed):
        yield from ((f"{path}.defects", one) for one in found.defects if one.endswith(("Error", "Exception", "Exit")))
    if isinstance(found, Layout):
        named = {field for pattern in (*found.subjects, *found.lines) for field in placeholders(pattern)}
        yield from ((path, f"{field!r} is no field") for field in named - FORM_FIELDS)


def _unfounded(reading: Reading, path: str) -> Iterator[tuple[str, str]]:
    """Notes about fields that do not exist, and origins of fields that say nothing."""
    for field in reading.origins:
        if _at(reading, field) in (None, (), {}):
            yield f"{path}.origins", f"{field!r} is empty"
    for field in reading.alternatives:
        if not _is_field(Reading, field):
            yield f"{path}.alternatives", f"{field!r} is no field"


def _at(reading: Reading, field: str) -> object:
    found: Any = reading
    head, _, rest = field.partition(".")
    for step in (head, rest) if head in ("extra", "consent") else field.split("."):
        if isinstance(found, tuple):
            found = found[int(step)] if step.isdigit() and int(step) < len(found) else None
        else:
            found = found.get(step) if isinstance(found, dict) else getattr(found, step, None)
    return found


@lru_cache(maxsize=1024)
def _is_field(shape: type[msgspec.Struct], field: str) -> bool:
    name, _, rest = field.partition(".")
    hints = get_type_hints(shape)
    if name not in hints or not rest or get_origin(hints[name]) is dict:
        return name in hints
    inner = next((part for part in _parts(hints[name]) if _is_shape(part)), None)
    return inner is not None and _is_field(inner, rest.lstrip("0123456789").removeprefix("."))


def shapes(kind: type[msgspec.Struct]) -> set[type[msgspec.Struct]]:
    """A shape and all that it may hold."""
    inner = {part for hint in get_type_hints(kind).values() for part in _parts(hint) if _is_shape(part)}
    return {kind}.union(*map(shapes, inner))


def needing_rules(kind: type[msgspec.Struct]) -> set[str]:
    """The fields of a shape that its type leaves open: texts, numbers, lists and tables."""
    return {name for name, hint in get_type_hints(kind).items() if any(map(_is_open, _parts(hint)))}


def _is_shape(part: object) -> TypeGuard[type[msgspec.Struct]]:
    return isinstance(part, type) and issubclass(part, msgspec.Struct)


def _is_open(part: object) -> bool:
    return part in (str, int, float) or get_origin(part) in (tuple, dict)


def _parts(hint: object) -> Iterator[object]:
    """A type, and what it is made of; the words of a Literal are no types."""
    yield hint
    if get_origin(hint) is not Literal:
        for part in get_args(hint):
            yield from _parts(part) if part is not types.NoneType else ()
