"""What labels say less in a person's own letter than in a form: a signature asks nothing, a plate is of any car."""

import msgspec

from parsers import labels, sender
from parsers.document import Document
from parsers.records import Reading, Vehicle

_CONTACTS = ("customer.", "consent.", "language")
_BY_LABEL = frozenset(["table", "label"])
_FILLED = frozenset(["header", "text"])


def settled(reading: Reading, mail: Document) -> Reading:
    """The reading of a person's mail that no source sent, with no more than a letter's labels can tell."""
    levels = set(reading.origins.values())
    if reading.kind != "lead" or not levels & _BY_LABEL or levels - _BY_LABEL - _FILLED or not _is_letter(mail):
        return reading
    if _is_signature(reading):
        return msgspec.structs.replace(reading, kind="unsorted")
    return msgspec.structs.replace(reading, vehicles=tuple(map(_of_anybody, reading.vehicles)))


def _is_letter(mail: Document) -> bool:
    """Whether the person in From wrote it, and not as a form, which begins with a label."""
    return sender.author(mail) is not None and not labels.begins_labelled(mail.text or "")


def _is_signature(reading: Reading) -> bool:
    """Whether the labels say nothing but who writes and how to reach him."""
    told = [path for path, origin in reading.origins.items() if origin in _BY_LABEL]
    return all(path.startswith(_CONTACTS) for path in told) and not reading.vehicles


def _of_anybody(car: Vehicle) -> Vehicle:
    """A car with its plate or VIN is as often the writer's own; only one that is advertised is asked for."""
    advertised = car.listing_id or car.listing_url or car.stock_number
    known = car.plate or car.vin
    return msgspec.structs.replace(car, role=None) if car.role == "wanted" and known and not advertised else car
